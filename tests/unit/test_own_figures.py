"""Own figures: a template that is filled in becomes a dataset in which they win, or a list of every mistake."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import json
import math
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook
from tests.support.own_figures import VALUE, Filling, filled_folder, filled_workbook, row_of

from zorgstroom import cli
from zorgstroom.dataset import dataset_folder, load_dataset
from zorgstroom.dataset.checking import check_dataset, dataset_warnings
from zorgstroom.dataset.derived import write_derived
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset.own import sheets, workbook
from zorgstroom.dataset.own.importing import import_own, usable_dataset, with_own_figures
from zorgstroom.dataset.own.numbers import Ambiguous, NotANumber, parse_date, parse_number, parse_yes
from zorgstroom.dataset.own.store import OWN_TABLE
from zorgstroom.dataset.own.template import template_xlsx
from zorgstroom.dataset.provenance import figures_per_confidence, provenance
from zorgstroom.errors import InvalidInput, NotFound
from zorgstroom.text import LANGUAGES, Language
from zorgstroom.text.numbers import number
from zorgstroom_simulator.calibrate import calibrate

pytestmark = pytest.mark.unit

#: One figure of each kind, in the ways people write them.
FILLING: Filling = {
    ("Bedden", "ward:surgical"): 96,
    ("Bedden", "day"): "44,5",
    ("Kamers en spreekuren", "or"): "510,25",
    ("Kamers en spreekuren", "clinic:surgery"): 160.5,
    ("Volumes", "hip_replacement"): "640",
    ("Volumes", "oesophagus"): 33,
    ("Wachttijden", "clinic:surgery"): "5",
    ("Wachttijden", "hip_replacement"): 5.5,
    ("Aanbod", "sarcoma"): "nee",
}


@pytest.fixture(scope="module")
def base() -> Dataset:
    return load_dataset()


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a dataset with one figure of each kind."""
    folder = tmp_path_factory.mktemp("own")
    import_own(filled_workbook(folder / "cijfers.xlsx", FILLING), folder / "mijn")
    return folder / "mijn"


@pytest.fixture(scope="module")
def small_workbook() -> bytes:
    content = io.BytesIO()
    book = openpyxl.Workbook()
    for title in ("Bedden", "Volumes"):
        sheet = book.create_sheet(title)
        sheet.append(["Locatiecode", "Code", "Eigen waarde", dt.datetime(2025, 3, 1)])
        sheet.append(["MST", "day", 40.5, "=1+1"])
        sheet.append([True, "#REF!", " x ", dt.time(3, 4)])
        sheet.row_dimensions[3].hidden = True
        sheet.merge_cells("A5:B6")
    book.save(content)
    return content.getvalue()


def capacity(dataset: Dataset, pool: str) -> int:
    return dataset.capacities["MST", pool]


def volume(dataset: Dataset, location: str, profile: str) -> float:
    cell = dataset.location_index[location], dataset.profile_index[profile]
    return float(dataset.expected_volume[cell]) / 1000


def mistakes(path: Path, base: Dataset) -> list[tuple[str, str]]:
    """Return (place, key) of every mistake."""
    with pytest.raises(InvalidInput) as caught:
        with_own_figures(path, base)
    for language in LANGUAGES:
        assert "{" not in caught.value.message(language)
    return [(problem.where, problem.key) for problem in caught.value.problems]


# What people write


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        (" 12,5 ", 12.5),
        ("12.5", 12.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567),
        ("1 234,5", 1234.5),
        ("1\u00a0234", 1234),
        ("0,125", 0.125),
        ("0.125", 0.125),
        ("1234,567", 1234.567),
        ("-3", -3),
        ("−3", -3),
    ],
)
def test_numbers_are_read_in_dutch_and_english(text: str, value: float) -> None:
    assert parse_number(text) == value


@given(value=st.floats(0, 1e9), language=st.sampled_from(LANGUAGES))
def test_numbers_are_read_as_zorgstroom_writes_them(value: float, language: Language) -> None:
    assert parse_number(number(value, language, 1)) == pytest.approx(round(value, 1))


@given(text=st.text(alphabet="0123456789.,- ", max_size=12))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    with contextlib.suppress(Ambiguous, NotANumber):
        assert math.isfinite(parse_number(text))


@pytest.mark.parametrize("text", ["1.234", "1,234", "12.500", "-1,000"])
def test_a_number_with_two_meanings_is_refused(text: str) -> None:
    with pytest.raises(Ambiguous) as caught:
        parse_number(text)
    assert {abs(caught.value.dutch), abs(caught.value.english)} == {
        abs(float(text.replace(",", "."))),
        abs(float(text.replace(",", "").replace(".", ""))),
    }


@pytest.mark.parametrize(
    "text", ["", "ca. 12", "12 bedden", "12%", "1.23.456", "1,2,3", "nan", "inf", "1e9", "٣", "9" * 40, "=1"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(NotANumber):
        parse_number(text)


def test_dates_and_yes_or_no() -> None:
    assert parse_date("1-2-2025") == "2025-02-01"
    assert [parse_date(text) for text in ("2025", "2025-12-31")] == ["2025", "2025-12-31"]
    assert [parse_date(text) for text in ("31-02-2025", "12/2025", "volgt")] == [None] * 3
    assert [parse_yes(text) for text in ("Ja", "no", "1", "misschien")] == [True, False, True, None]


# From template to dataset


def test_own_figures_win(imported: Path, base: Dataset) -> None:
    dataset = load_dataset(imported)

    assert capacity(dataset, "ward:surgical") == 96
    assert capacity(dataset, "day") == 44_500
    # 510.25 hours in a week of five days.
    assert capacity(dataset, "or") == round(510.25 * 60 / 5 * 1000)
    assert capacity(dataset, "clinic:surgery") == round(160.5 / 5 * 1000)
    assert volume(dataset, "MST", "hip_replacement") == pytest.approx(640, rel=0.005)
    assert volume(dataset, "MST", "oesophagus") == pytest.approx(33, rel=0.005)
    assert volume(dataset, "MST", "sarcoma") == 0
    assert not dataset.offers[dataset.location_index["MST"], dataset.profile_index["sarcoma"]]
    surgery = base.specialties[base.specialty_index["surgery"]].wait_first_visit_weeks
    hip = base.profiles[base.profile_index["hip_replacement"]].wait_treatment_weeks
    assert dataset.wait_permille == {
        ("MST", "clinic:surgery"): round(5 / surgery * 1000),
        ("MST", "hip_replacement"): round(5.5 / hip * 1000),
    }


def test_the_country_keeps_its_patients(imported: Path, base: Dataset) -> None:
    dataset = load_dataset(imported)
    before, after = base.expected_volume.sum(axis=0), dataset.expected_volume.sum(axis=0)
    assert after == pytest.approx(before, rel=1e-4, abs=200)


def test_what_no_figure_touches_stays(imported: Path, base: Dataset) -> None:
    dataset = load_dataset(imported)
    touched = [base.profile_index[name] for name in ("hip_replacement", "oesophagus", "sarcoma")]
    others = [index for index in range(len(base.profiles)) if index not in touched]
    for name in ("offers", "attraction", "expected_volume"):
        assert (getattr(dataset, name)[:, others] == getattr(base, name)[:, others]).all()
    assert (dataset.travel_hundredths == base.travel_hundredths).all()
    # Children and births follow none of the three.
    same = [place for place in base.capacities if place[1] in ("ward:child", "ward:mother", "ic:nicu")]
    assert len(same) > 50
    assert all(dataset.capacities[place] == base.capacities[place] for place in same)


def test_one_number_changes_that_number_and_nothing_else(tmp_path: Path, base: Dataset) -> None:
    path = filled_workbook(tmp_path / "een.xlsx", {("Bedden", "ic:adult"): 15})
    dataset = with_own_figures(path, base).dataset

    assert {**base.capacities, ("MST", "ic:adult"): 15} == dataset.capacities
    for name in ("offers", "attraction", "expected_volume"):
        assert (getattr(dataset, name) == getattr(base, name)).all()
    assert [(figure.value, figure.unit) for figure in dataset.own] == [(15, "beds")]
    assert dataset.own[0].default == base.capacities["MST", "ic:adult"]


def test_all_forms_of_the_template_give_the_same_dataset(tmp_path: Path, imported: Path) -> None:
    english = {"Bedden": "Beds", "Kamers en spreekuren": "Rooms and clinics"}
    english |= {"Wachttijden": "Waits", "Aanbod": "Offers"}
    files = {"Bedden": "bedden", "Kamers en spreekuren": "kamers", "Volumes": "volumes"}
    files |= {"Wachttijden": "wachttijden", "Aanbod": "aanbod"}
    english_files = {"Bedden": "beds", "Kamers en spreekuren": "rooms", "Volumes": "volumes"}
    english_files |= {"Wachttijden": "waits", "Aanbod": "offers"}

    def named(names: dict[str, str]) -> Filling:
        return {(names.get(sheet, sheet), subject): value for (sheet, subject), value in FILLING.items()}

    paths = [
        filled_workbook(tmp_path / "en.xlsx", named(english), language="en"),
        filled_folder(tmp_path / "nl", named(files)),
        filled_folder(tmp_path / "en", named(english_files), language="en"),
    ]
    for turn, path in enumerate(paths):
        dataset = import_own(path, tmp_path / f"uit-{turn}").dataset
        assert dataset.digest == load_dataset(imported).digest


def test_the_dataset_is_right_and_says_what_it_is(imported: Path, base: Dataset) -> None:
    assert [problem.line("en") for problem in check_dataset(imported)] == []
    dataset = load_dataset(imported)
    assert dataset.id == "medisch-spectrum-twente"
    assert dataset.based_on == f"{base.id} {base.version}"
    assert dataset.version == f"{base.version}+own"
    assert dataset.digest != base.digest
    known = figures_per_confidence(imported)["known", "high"]
    assert known == figures_per_confidence(dataset_folder("nl2025"))["known", "high"] + len(FILLING)
    assert sum(entry.table == "own_figures" for entry in provenance(imported)) == len(FILLING)


def test_calibrating_makes_the_derived_tables_of_the_import_again(tmp_path: Path, imported: Path) -> None:
    """Byte for byte, whichever of the two made them last."""
    made, fit = calibrate(imported)
    write_derived(made, tmp_path, fit)
    again = {path.name: path.read_bytes() for path in (tmp_path / "derived").iterdir()}
    before = {path.name: path.read_bytes() for path in (imported / "derived").iterdir()}
    assert again.keys() == before.keys()
    assert [name for name in before if again[name] != before[name]] == []


def test_derived_tables_mark_what_is_known(imported: Path) -> None:
    def marks(table: str, subject: str) -> dict[str, str]:
        with (imported / "derived" / table).open(encoding="utf-8", newline="") as handle:
            rows = [row for row in csv.DictReader(handle) if row["location_id"] == "MST"]
        return {row[subject]: row["basis"] for row in rows}

    capacities = marks("capacities.csv", "pool")
    assert {pool for pool, basis in capacities.items() if basis == "known"} == {
        *("ward:surgical", "day", "or", "clinic:surgery"),
    }
    assert marks("offers.csv", "profile_id")["hip_replacement"] == "assumed"


def test_source_and_date_of_all_figures_hold_where_a_row_has_none(tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        book["Uitleg"]["B3"] = "Jaarverslag"
        book["Uitleg"]["B4"] = "31-12-2025"
        row = row_of(book["Bedden"], "day")
        book["Bedden"].cell(row, VALUE + 1).value = "Capaciteitsplan"
        book["Bedden"].cell(row, VALUE + 2).value = 2024

    filling = {("Bedden", "day"): 40, ("Bedden", "ic:adult"): 16}
    path = filled_workbook(tmp_path / "bron.xlsx", filling, change)
    own = {figure.subject: figure for figure in with_own_figures(path, base).dataset.own}
    assert (own["day"].source, own["day"].date) == ("Capaciteitsplan", "2024")
    assert (own["ic:adult"].source, own["ic:adult"].date) == ("Jaarverslag", "2025-12-31")


def test_a_location_that_starts_with_care_gets_its_volume(tmp_path: Path, base: Dataset) -> None:
    column = base.profile_index["bladder_cystectomy"]
    assert not base.offers[base.location_index["SKB"], column]
    filling: Filling = {("Aanbod", "bladder_cystectomy"): "ja", ("Volumes", "bladder_cystectomy"): 25}
    path = filled_workbook(tmp_path / "start.xlsx", filling, locations=("SKB",))
    dataset = with_own_figures(path, base).dataset
    assert dataset.offers[base.location_index["SKB"], column]
    assert volume(dataset, "SKB", "bladder_cystectomy") == pytest.approx(25, rel=0.005)


# Confidential


def test_own_figures_are_confidential_until_they_say_otherwise(tmp_path: Path, imported: Path) -> None:
    def change(book: Workbook) -> None:
        book["Uitleg"]["B1"] = "Nee"

    path = filled_workbook(tmp_path / "open.xlsx", FILLING, change)
    opened = import_own(path, tmp_path / "open").dataset
    secret = load_dataset(imported)
    assert (opened.confidential, secret.confidential) == (False, True)
    assert opened.own == secret.own
    assert opened.digest != secret.digest


def test_without_a_word_about_it_they_are_treated_as_confidential(tmp_path: Path, base: Dataset) -> None:
    folder = filled_folder(tmp_path / "csv", {("bedden", "day"): 60})
    (folder / "uitleg.csv").unlink()
    imported = with_own_figures(folder, base)
    assert imported.dataset.confidential
    assert [warning.key for warning in imported.warnings] == ["own.confidential_assumed"]


# Mistakes in figures

OR = ("Kamers en spreekuren", "or")


@pytest.mark.parametrize(
    ("place", "value", "key"),
    [
        (OR, "veel", "own.not_number"),
        (OR, "1.234", "own.ambiguous"),
        (OR, -5, "own.negative"),
        (OR, 25_000, "own.above_maximum"),
        (OR, "=1+1", "own.formula_without_value"),
        (("Bedden", "ward:surgical"), 96.5, "own.not_whole"),
        (("Aanbod", "sarcoma"), "misschien", "own.not_yes_no"),
        (("Volumes", "hip_replacement"), 0, "own.volume_zero"),
        (("Volumes", "hip_replacement"), 400_000, "own.volume_impossible"),
        (("Volumes", "transplant"), 5, "own.volume_without_offer"),
        (("Wachttijden", "hip_replacement"), 500, "own.above_maximum"),
    ],
)
def test_a_mistake_is_named_with_its_cell(
    place: tuple[str, str], value: object, key: str, tmp_path: Path, base: Dataset
) -> None:
    rows: list[int] = []

    def change(book: Workbook) -> None:
        row = row_of(book[place[0]], place[1])
        book[place[0]].cell(row, VALUE).value = value  # type: ignore[assignment]
        rows.append(row)

    path = filled_workbook(tmp_path / "fout.xlsx", {}, change)
    assert mistakes(path, base) == [(f"fout.xlsx:{place[0]}!I{rows[0]}", key)]


def rename(row: int, column: int, value: object) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        book["Bedden"].cell(row, column).value = value  # type: ignore[assignment]

    return change


@pytest.mark.parametrize(
    ("column", "value", "key"),
    [
        (1, "MTS", "own.unknown_location_near"),
        (1, "Ξ", "own.unknown_location"),
        (1, None, "own.cell_empty"),
        (3, "ward:surgica", "own.unknown_subject_near"),
        (3, "ic:nicu", "own.no_pool"),
        (5, "minuten per dag", "own.other_unit.beds"),
        (11, "binnenkort", "own.not_date"),
    ],
)
def test_a_wrong_row_is_named(column: int, value: object, key: str, tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        row = row_of(book["Bedden"], "ward:surgical")
        book["Bedden"].cell(row, column).value = value  # type: ignore[assignment]

    path = filled_workbook(tmp_path / "fout.xlsx", {("Bedden", "ward:surgical"): 90}, change)
    [(where, found)] = mistakes(path, base)
    assert found == key
    # A name that is not known, or missing, is pointed at itself.
    if "unknown" in key or "empty" in key:
        assert where.partition("!")[2][0] == "?AxC"[column]


def test_the_nearest_known_name_is_suggested(tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        book["Bedden"].cell(row_of(book["Bedden"], "ward:surgical"), 3).value = "ward:surgica"

    path = filled_workbook(tmp_path / "fout.xlsx", {("Bedden", "ward:surgical"): 90}, change)
    with pytest.raises(InvalidInput) as caught:
        with_own_figures(path, base)
    assert "'ward:surgica'" in caught.value.message("nl")
    assert "Bedoelt u 'ward:surgical'?" in caught.value.message("nl")
    assert "Do you mean 'ward:surgical'?" in caught.value.message("en")


def test_every_mistake_is_named_at_once(tmp_path: Path, base: Dataset) -> None:
    filling: Filling = {
        OR: "x",
        ("Bedden", "day"): -1,
        ("Aanbod", "sarcoma"): "?",
        ("Volumes", "lung"): "1.234",
    }
    path = filled_workbook(tmp_path / "fouten.xlsx", filling)
    assert sorted(key for _, key in mistakes(path, base)) == [
        *("own.ambiguous", "own.negative", "own.not_number", "own.not_yes_no"),
    ]


def test_too_many_mistakes_end_with_their_number(tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        for place in range(300):
            book["Bedden"].append([f"Q{place}", "", "day", "", "", "", "", "", 1])

    found = mistakes(filled_workbook(tmp_path / "veel.xlsx", {}, change), base)
    assert len(found) == 201
    assert found[-1] == ("", "own.more_problems")


def test_a_figure_given_twice_is_named_with_the_other(tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        book["Bedden"].append(["MST", "", "day", "", "", "", "", "", 50])

    path = filled_workbook(tmp_path / "dubbel.xlsx", {("Bedden", "day"): 40}, change)
    assert [key for _, key in mistakes(path, base)] == ["own.twice"]


def test_nobody_can_be_the_last_to_stop(tmp_path: Path, base: Dataset) -> None:
    column = base.profile_index["congenital_heart"]
    centres = [
        location.id for location, offers in zip(base.locations, base.offers[:, column], strict=True) if offers
    ]

    def change(book: Workbook) -> None:
        for row in range(2, book["Aanbod"].max_row + 1):
            if book["Aanbod"].cell(row, 3).value == "congenital_heart":
                book["Aanbod"].cell(row, VALUE).value = "nee"

    path = filled_workbook(tmp_path / "laatste.xlsx", {}, change, locations=tuple(centres))
    assert {key for _, key in mistakes(path, base)} == {"own.last_provider"}


def test_a_location_cannot_give_what_it_has_no_place_for(tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        book["Aanbod"].append(["SKB", "", "congenital_heart", "", "", "", "", "", "ja"])

    path = filled_workbook(tmp_path / "hart.xlsx", {}, change, locations=("SKB",))
    assert [key for _, key in mistakes(path, base)] == ["own.not_able"]


def test_a_template_without_own_values_is_refused(tmp_path: Path, base: Dataset) -> None:
    assert mistakes(filled_workbook(tmp_path / "leeg.xlsx", {}), base) == [("", "own.nothing_filled")]


@pytest.mark.parametrize(("value", "key"), [(2_000, "own.far_above"), (50, "own.far_below")])
def test_what_looks_like_another_unit_is_warned_about(
    value: float, key: str, tmp_path: Path, base: Dataset
) -> None:
    default = base.capacities["MST", "clinic:surgery"] / 200
    assert default * 5 < 2_000
    assert default / 5 > 20
    filling = {("Kamers en spreekuren", "clinic:surgery"): value if key == "own.far_above" else 20}
    warnings = with_own_figures(filled_workbook(tmp_path / "ver.xlsx", filling), base).warnings
    assert key in {warning.key for warning in warnings}


def test_too_little_for_the_expected_patients_is_warned_about(tmp_path: Path, base: Dataset) -> None:
    hours = base.capacities["MST", "or"] / 12_000
    short = filled_workbook(tmp_path / "krap.xlsx", {OR: round(hours * 0.8)})
    ample = filled_workbook(tmp_path / "ruim.xlsx", {OR: round(hours * 1.1)})
    assert [warning.key for warning in with_own_figures(short, base).warnings] == ["own.too_little"]
    assert not with_own_figures(ample, base).warnings


def test_messages_name_place_and_subject_besides_their_codes(tmp_path: Path, base: Dataset) -> None:
    filling: Filling = {("Volumes", "transplant"): 5}
    with pytest.raises(InvalidInput) as caught:
        with_own_figures(filled_workbook(tmp_path / "fout.xlsx", filling), base)
    place = base.locations[base.location_index["MST"]].name
    care = base.profiles[base.profile_index["transplant"]]
    message = caught.value.message("nl")
    assert f"{care.name_nl} (transplant) heeft een eigen volume, maar {place} (MST) geeft" in message
    assert f"{care.name_en} (transplant) has an own volume" in caught.value.message("en")
    short = filled_workbook(tmp_path / "krap.xlsx", {OR: 10})
    told = [warning.message("nl") for warning in with_own_figures(short, base).warnings]
    assert all(line.startswith(f"{place} (MST), Operatiekamers (or): ") for line in told)
    assert any("eigen capaciteit 10" in line for line in told)


def test_a_few_percent_too_little_makes_a_list_grow_but_fits_in_beds(tmp_path: Path, base: Dataset) -> None:
    hours, beds = base.capacities["MST", "or"] / 12_000, base.capacities["MST", "ward:surgical"]
    assert 0.9 * beds < round(beds * 0.95) < beds
    rooms = filled_workbook(tmp_path / "kamers.xlsx", {OR: round(hours * 0.95)})
    wards = filled_workbook(tmp_path / "bedden.xlsx", {("Bedden", "ward:surgical"): round(beds * 0.95)})
    enough = filled_workbook(tmp_path / "genoeg.xlsx", {OR: round(hours * 0.99)})
    assert [warning.key for warning in with_own_figures(rooms, base).warnings] == ["own.too_little"]
    assert not with_own_figures(wards, base).warnings
    assert not with_own_figures(enough, base).warnings


# What people do to workbooks


def test_moved_and_extra_columns_titles_and_own_sheets_do_no_harm(tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        sheet = book["Bedden"]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        del book["Bedden"]
        moved = book.create_sheet(" bedden ")
        moved.append(["Cijfers van het ziekenhuis"])
        moved.append([])
        for row in rows:
            moved.append(["x", row[VALUE - 1], None, *row[: VALUE - 1], "opmerking", *row[VALUE:]])
        book.create_sheet("Kladblok").append(["Locatie", "Bedden", "dinsdag"])

    path = filled_workbook(tmp_path / "verbouwd.xlsx", {("Bedden", "day"): 40}, change)
    assert [figure.value for figure in with_own_figures(path, base).dataset.own] == [40]


def test_names_may_stand_for_codes(tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        book["Bedden"].append(["mst enschede", "", "Dagbehandeling", "", "", "", "", "", 41])
        name = base.profiles[base.profile_index["lung"]].name_nl
        book["Volumes"].append(["MST", "", name.upper(), "", "", "", "", "", 77])

    dataset = with_own_figures(filled_workbook(tmp_path / "namen.xlsx", {}, change), base).dataset
    assert [(figure.subject, figure.value) for figure in dataset.own] == [("day", 41), ("lung", 77)]


def test_hidden_rows_count_and_are_mentioned(tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        book["Bedden"].row_dimensions[row_of(book["Bedden"], "day")].hidden = True

    path = filled_workbook(tmp_path / "verborgen.xlsx", {("Bedden", "day"): 48}, change)
    imported = with_own_figures(path, base)
    assert [figure.value for figure in imported.dataset.own] == [48]
    assert [warning.key for warning in imported.warnings] == ["own.hidden_rows"]


def test_merged_cells_are_refused(tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        book["Bedden"].merge_cells("I2:I4")

    path = filled_workbook(tmp_path / "samen.xlsx", {("Bedden", "ward:surgical"): 90}, change)
    assert mistakes(path, base) == [("samen.xlsx:Bedden!I2:I4", "own.merged")]


def test_a_number_that_excel_made_a_date_is_refused(tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        cell = book["Wachttijden"].cell(row_of(book["Wachttijden"], "hip_replacement"), VALUE)
        cell.value, cell.number_format = 46_145, "d-mmm"

    path = filled_workbook(tmp_path / "datum.xlsx", {}, change)
    with pytest.raises(InvalidInput) as caught:
        with_own_figures(path, base)
    assert [problem.key for problem in caught.value.problems] == ["own.date_for_number"]
    assert "2026-05-03" in caught.value.message("nl")


def edited(path: Path, part: str, old: str, new: str) -> Path:
    """Replace text in a part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    # The libraries that write XML spell an empty element in three ways.
    text = parts[part].decode().replace(" />", "/>").replace("<v></v>", "<v/>")
    assert old in text
    parts[part] = text.replace(old, new).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_formula_counts_with_the_value_that_was_stored(tmp_path: Path, base: Dataset) -> None:
    path = filled_workbook(tmp_path / "formule.xlsx", {("Bedden", "day"): "=20*2"})
    edited(path, "xl/worksheets/sheet2.xml", "<f>20*2</f><v/>", "<f>20*2</f><v>40</v>")
    assert [figure.value for figure in with_own_figures(path, base).dataset.own] == [40]


def test_a_number_beyond_all_numbers_is_above_the_maximum(tmp_path: Path, base: Dataset) -> None:
    path = filled_workbook(tmp_path / "groot.xlsx", {("Bedden", "day"): 4321})
    edited(path, "xl/worksheets/sheet2.xml", "<v>4321</v>", "<v>1e999</v>")
    assert [key for _, key in mistakes(path, base)] == ["own.above_maximum"]


def test_an_error_of_excel_is_named(tmp_path: Path, base: Dataset) -> None:
    path = filled_workbook(tmp_path / "formule.xlsx", {("Bedden", "day"): "=1/0"})
    with zipfile.ZipFile(path) as archive:
        text = archive.read("xl/worksheets/sheet2.xml").decode()
    cell = text[: text.index("<f>1/0</f>")].rpartition("<c ")[2]
    edited(
        path,
        "xl/worksheets/sheet2.xml",
        f"<c {cell}<f>1/0</f><v/>",
        '<c r="I2" t="e"><f>1/0</f><v>#DIV/0!</v>',
    )
    assert mistakes(path, base) == [("formule.xlsx:Bedden!I2", "own.excel_error")]


@pytest.mark.parametrize(
    ("name", "key"),
    [("Beden", "own.sheet_unknown_near"), ("Mijn cijfers 2026", "own.sheet_unknown")],
)
def test_a_renamed_sheet_is_named(name: str, key: str, tmp_path: Path, base: Dataset) -> None:
    def change(book: Workbook) -> None:
        book["Bedden"].title = name

    path = filled_workbook(tmp_path / "blad.xlsx", {("Volumes", "lung"): 70}, change)
    assert mistakes(path, base) == [(f"blad.xlsx:{name}", key)]


def test_a_renamed_heading_is_named_with_what_stands_there(tmp_path: Path, base: Dataset) -> None:
    path = filled_workbook(
        tmp_path / "kop.xlsx", {("Volumes", "lung"): 70}, rename(1, VALUE, "Eigen waarden")
    )
    with pytest.raises(InvalidInput) as caught:
        with_own_figures(path, base)
    (problem,) = caught.value.problems
    assert (problem.where, problem.key) == ("kop.xlsx:Bedden!1", "own.column_missing_near")
    assert (
        "'Eigen waarde' (of in het Engels 'Own value') ontbreekt. Er staat 'Eigen waarden'"
        in problem.line("nl")
    )


def test_a_workbook_without_sheets_of_the_template_is_refused(tmp_path: Path, base: Dataset) -> None:
    book = openpyxl.Workbook()
    book.active.append(["iets", "anders"])  # type: ignore[union-attr]
    book.save(tmp_path / "anders.xlsx")
    assert mistakes(tmp_path / "anders.xlsx", base) == [("anders.xlsx", "own.no_sheets")]


def test_csv_as_excel_saves_it_on_windows(tmp_path: Path, base: Dataset) -> None:
    folder = filled_folder(tmp_path / "csv", {("bedden", "day"): "40,5"})
    for path in folder.glob("*.csv"):
        path.write_bytes(path.read_text("utf-8-sig").replace("Standaard", "Stándaard").encode("cp1252"))
    assert [figure.value for figure in with_own_figures(folder, base).dataset.own] == [40.5]


def test_a_mistake_in_csv_has_file_and_line(tmp_path: Path, base: Dataset) -> None:
    folder = filled_folder(tmp_path / "csv", {("bedden", "day"): "x"})
    assert mistakes(folder, base) == [("bedden.csv:2", "own.not_number")]


# What nobody should do


def test_files_that_are_no_workbook(tmp_path: Path, base: Dataset) -> None:
    for name, content, key in (
        ("leeg.xlsx", b"", "own.empty_file"),
        ("tekst.xlsx", b"a;b;c", "own.no_workbook"),
        ("oud.xls", b"\xd0\xcf\x11\xe0" + bytes(100), "own.old_or_locked"),
        ("groot.xlsx", bytes(sheets.MAX_BYTES + 1), "own.too_large"),
    ):
        (tmp_path / name).write_bytes(content)
        assert mistakes(tmp_path / name, base) == [(name, key)]
    assert mistakes(tmp_path / "weg.xlsx", base)[0][1] == "own.not_there"
    (tmp_path / "map").mkdir()
    assert mistakes(tmp_path / "map", base) == [("map", "own.empty_folder")]


@pytest.mark.parametrize("keep", [0, 10, 2_000, 20_000])
def test_half_a_workbook_is_refused(keep: int, tmp_path: Path, base: Dataset) -> None:
    content = template_xlsx(base, ["MST"], "nl")
    (tmp_path / "half.xlsx").write_bytes(content[:keep])
    assert mistakes(tmp_path / "half.xlsx", base)[0][1] in ("own.empty_file", "own.no_workbook")


def test_a_part_that_is_missing_or_broken_is_refused(tmp_path: Path, base: Dataset) -> None:
    with zipfile.ZipFile(io.BytesIO(template_xlsx(base, ["MST"], "nl"))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name in ("xl/workbook.xml", "xl/worksheets/sheet2.xml", "xl/sharedStrings.xml"):
        for content in (None, b"<a><b></a>", b"", parts[name][:50]):
            broken = tmp_path / "stuk.xlsx"
            with zipfile.ZipFile(broken, "w") as archive:
                for part, old in parts.items():
                    if part != name or content is not None:
                        archive.writestr(part, old if part != name or content is None else content)
            assert mistakes(broken, base) == [("stuk.xlsx", "own.no_workbook")], (name, content)


def test_a_workbook_that_unpacks_without_end_is_refused_unread(tmp_path: Path, base: Dataset) -> None:
    path = tmp_path / "bom.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(workbook.MAX_UNPACKED + 1))
    assert path.stat().st_size < 100_000
    assert mistakes(path, base) == [("bom.xlsx", "own.unpacks_too_large")]


def test_tags_without_number_are_refused_before_they_fill_memory(
    tmp_path: Path, base: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAX_TAGS", 500)
    path = filled_workbook(tmp_path / "cellen.xlsx", FILLING)
    assert mistakes(path, base) == [("cellen.xlsx", "own.unpacks_too_large")]


def test_a_merged_range_as_large_as_a_sheet_is_named(tmp_path: Path, base: Dataset) -> None:
    path = filled_workbook(tmp_path / "samen.xlsx", FILLING)
    end = "</sheetData>"
    merged = f'{end}<mergeCells><mergeCell ref="A1:XFD1048576" /></mergeCells>'
    edited(path, "xl/worksheets/sheet2.xml", end, merged)
    assert ("samen.xlsx:Bedden!A1:XFD1048576", "own.merged") in mistakes(path, base)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet2.xml", "xl/styles.xml"])
def test_entities_are_refused(part: str, tmp_path: Path, base: Dataset) -> None:
    path = filled_workbook(tmp_path / "entiteit.xlsx", FILLING)
    with zipfile.ZipFile(path) as archive:
        start = archive.read(part).decode()[:9]
    edited(path, part, start, f'<!DOCTYPE x [<!ENTITY a "b">]>{start}')
    assert mistakes(path, base) == [("entiteit.xlsx", "own.no_workbook")]
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    # The same in another encoding, which a search for the letters alone would miss.
    parts[part] = parts[part].decode().encode("utf-16")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert mistakes(path, base) == [("entiteit.xlsx", "own.no_workbook")]


def test_a_workbook_of_the_strict_kind_is_refused(tmp_path: Path, base: Dataset) -> None:
    path = filled_workbook(tmp_path / "strikt.xlsx", FILLING)
    for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        usual, strict = "http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/"
        edited(path, part, usual, strict)
    assert mistakes(path, base) == [("strikt.xlsx", "own.no_workbook")]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_workbook_is_read_or_refused(small_workbook: bytes, data: st.DataObject) -> None:
    """Bytes of the file, or of one part in it, are changed or cut off."""
    with zipfile.ZipFile(io.BytesIO(small_workbook)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = data.draw(st.sampled_from(["", *parts]))
    content = bytearray(parts[name] if name else small_workbook)
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    if name:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for part, old in parts.items():
                archive.writestr(part, bytes(content) if part == name else old)
        content = bytearray(packed.getvalue())
    try:
        files = [sheet.file for sheet in workbook.read_workbook(bytes(content), "stuk.xlsx")]
    except InvalidInput as error:
        files = [problem.where for problem in error.problems]
    assert set(files) == {"stuk.xlsx"}


def test_more_rows_than_any_template_are_refused(tmp_path: Path, base: Dataset) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "bedden.csv").write_text(
        "Locatiecode;Code;Eigen waarde\n" + "MST;day;1\n" * (sheets.MAX_ROWS + 1)
    )
    assert mistakes(folder, base) == [("bedden.csv", "own.too_many_rows")]


def test_what_looks_like_a_formula_is_kept_as_text(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        cell = book["Bedden"].cell(row_of(book["Bedden"], "day"), VALUE + 1)
        cell.value = "=HYPERLINK(1)"
        cell.data_type = "s"

    path = filled_workbook(tmp_path / "bron.xlsx", {("Bedden", "day"): 48}, change)
    dataset = import_own(path, tmp_path / "uit").dataset
    assert dataset.own[0].source == "'=HYPERLINK(1)"
    assert "'=HYPERLINK(1)" in (tmp_path / "uit" / OWN_TABLE).read_text()


def test_control_characters_are_not_shown(tmp_path: Path, base: Dataset) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    text = "Locatiecode;Code;Eigen waarde\nMST;day;\x1b[31m" + "9" * 200 + "x\n"
    (folder / "bedden.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        with_own_figures(folder, base)
    assert "\x1b" not in caught.value.message("nl")
    assert len(caught.value.message("nl")) < 250


# Folders


def test_a_mistake_leaves_what_was_there(tmp_path: Path, imported: Path) -> None:
    shutil.copytree(imported, tmp_path / "mijn")
    before = {path: path.read_bytes() for path in (tmp_path / "mijn").rglob("*") if path.is_file()}
    wrong = filled_workbook(tmp_path / "fout.xlsx", {OR: "x"})
    with pytest.raises(InvalidInput):
        import_own(wrong, tmp_path / "mijn")
    with pytest.raises(InvalidInput):
        import_own(wrong, tmp_path / "nieuw")
    assert {path: path.read_bytes() for path in (tmp_path / "mijn").rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fout.xlsx", "mijn"]


def test_an_earlier_import_is_replaced_and_nothing_else(tmp_path: Path, imported: Path) -> None:
    shutil.copytree(imported, tmp_path / "mijn")
    path = filled_workbook(tmp_path / "een.xlsx", {("Bedden", "day"): 40})
    assert len(import_own(path, tmp_path / "mijn").dataset.own) == 1
    assert len(load_dataset(tmp_path / "mijn").own) == 1
    (tmp_path / "foto's").mkdir()
    (tmp_path / "foto's" / "zomer.jpg").write_bytes(b"1")
    with pytest.raises(InvalidInput) as caught:
        import_own(path, tmp_path / "foto's")
    assert caught.value.problems[0].key == "own.folder_not_ours"
    assert [item.name for item in (tmp_path / "foto's").iterdir()] == ["zomer.jpg"]


def test_own_figures_are_put_in_once(tmp_path: Path, imported: Path) -> None:
    path = filled_workbook(tmp_path / "een.xlsx", {("Bedden", "day"): 40})
    with pytest.raises(InvalidInput) as caught:
        import_own(path, tmp_path / "uit", imported)
    assert caught.value.problems[0].key == "own.base_has_own"


def test_figures_are_a_dataset_for_as_long_as_a_command_runs(tmp_path: Path, imported: Path) -> None:
    path = filled_workbook(tmp_path / "cijfers.xlsx", FILLING)
    with usable_dataset(str(path)) as (name, _):
        assert load_dataset(name).digest == load_dataset(imported).digest
    assert not Path(name).exists()
    for ready in ("nl2025", str(imported)):
        with usable_dataset(ready) as (name, warnings):
            assert (name, list(warnings)) == (ready, [])
    with usable_dataset("bestaat-niet") as (name, _), pytest.raises(NotFound):
        load_dataset(name)


def test_a_dataset_of_an_older_version_says_what_to_do(tmp_path: Path, imported: Path) -> None:
    shutil.copytree(imported, tmp_path / "oud")
    (tmp_path / "oud" / "ferries.csv").unlink()
    with pytest.raises(InvalidInput) as caught:
        load_dataset(tmp_path / "oud")
    assert [problem.key for problem in caught.value.problems] == ["dataset.file_missing", "own.import_again"]


def test_a_table_that_was_changed_by_hand_is_no_dataset(tmp_path: Path, imported: Path) -> None:
    shutil.copytree(imported, tmp_path / "mijn")
    table = tmp_path / "mijn" / OWN_TABLE
    table.write_text(table.read_text().replace("waits,MST", "waits,MTS"))
    with pytest.raises(InvalidInput) as caught:
        load_dataset(tmp_path / "mijn")
    assert "Bedoelt u 'MST'?" in caught.value.message("nl")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"value": "97"}, "derived/capacities.csv"),
        ({"value": "-1"}, f"{OWN_TABLE}:3"),
        ({"location_id": "MTS"}, f"{OWN_TABLE}:3"),
        ({"subject": "ward:elders"}, f"{OWN_TABLE}:3"),
        ({"unit": "liters"}, f"{OWN_TABLE}:3"),
        ({"kind": "rooms"}, f"{OWN_TABLE}:3"),
    ],
)
def test_the_check_sees_that_figures_were_changed_afterwards(
    change: dict[str, str], expected: str, tmp_path: Path, imported: Path
) -> None:
    shutil.copytree(imported, tmp_path / "mijn")
    table = tmp_path / "mijn" / OWN_TABLE
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    (row,) = (row for row in rows if row["subject"] == "ward:surgical")
    row |= change
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    table.write_text(text.getvalue())
    assert [problem.where for problem in check_dataset(tmp_path / "mijn")] == [expected]


def test_the_check_warns_about_odd_figures(tmp_path: Path) -> None:
    path = filled_workbook(tmp_path / "krap.xlsx", {OR: 20})
    dataset = import_own(path, tmp_path / "mijn").dataset
    own = [warning.key for warning in dataset_warnings(dataset) if warning.key.startswith("own.")]
    assert own == ["own.far_below", "own.too_little"]


# Commands


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = cli.run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--organisation", "MTS"), "--organisation: Organisatie 'MTS' is niet bekend. Bedoelt u 'MST'?"),
        (("--organisation", "Ξ"), "--organisation: Organisatie 'Ξ' is niet bekend. Noem haar code of naam"),
        (("--location", "MTS"), "--location: Locatie 'MTS' is niet bekend."),
        (("--location", "MST", "--out", "x.csv"), "x.csv is geen werkboek en geen map."),
        (("--location", "MST", "--out", "README"), "README is geen werkboek en geen map."),
    ],
)
def test_a_template_that_cannot_be_made_is_refused_in_words(
    arguments: tuple[str, ...],
    told: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README").write_text("van een ander")
    code, _, err = run(capsys, "dataset", "template", *arguments)
    assert code == 1
    assert told in err
    assert [item.name for item in tmp_path.iterdir()] == ["README"]


def test_from_template_to_list_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cijfers.xlsx"
    code, out, _ = run(capsys, "dataset", "template", "--organisation", "MST", "--out", path)
    assert (code, path.exists()) == (0, True)
    assert str(path) in out
    book = openpyxl.load_workbook(path)
    book["Bedden"].cell(row_of(book["Bedden"], "day"), VALUE).value = 40
    book.save(path)

    code, _, err = run(capsys, "dataset", "template", "--organisation", "MST", "--out", path)
    assert code == 1
    assert "bestaat al" in err

    code, out, _ = run(capsys, "dataset", "import", path, "--out", tmp_path / "mijn", "--name", "Proef 1")
    assert code == 0
    assert "Eigen cijfers van MST: 1 (bedden 1)" in out
    assert "Vertrouwelijk" in out

    code, out, _ = run(capsys, "dataset", "own", tmp_path / "mijn", "--json")
    record: dict[str, Any] = json.loads(out)
    assert (record["dataset"], record["confidential"]) == ("proef-1", True)
    assert [(item["own"], item["unit"], item["basis"]) for item in record["figures"]] == [
        (40, "places", "known")
    ]

    code, out, _ = run(capsys, "dataset", "own", tmp_path / "mijn")
    assert out.splitlines()[-1].split()[:1] == ["MST"]
    code, out, _ = run(capsys, "dataset", "info", tmp_path / "mijn", "--lang", "en")
    assert "Own figures of MST: 1 (beds 1)" in out
    code, out, _ = run(capsys, "dataset", "own", "nl2025")
    assert "geen eigen cijfers" in out


def test_the_template_needs_a_place_and_knows_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "map"
    code, _, err = run(capsys, "dataset", "template", "--out", out)
    assert (code, "--location" in err) == (1, True)
    code, _, err = run(capsys, "dataset", "template", "--location", "MTS", "--out", out)
    assert (code, "Bedoelt u 'MST'?" in err) == (1, True)
    code, _, _ = run(capsys, "dataset", "template", "--organisation", "Medisch Spectrum Twente", "--out", out)
    assert code == 0
    assert {path.name for path in out.iterdir()} == {
        *("uitleg.csv", "bedden.csv", "kamers.csv", "volumes.csv", "wachttijden.csv", "aanbod.csv"),
    }


def test_mistakes_end_an_import_with_all_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = filled_workbook(tmp_path / "fout.xlsx", {OR: "x", ("Bedden", "day"): "1.234"})
    code, out, err = run(capsys, "dataset", "import", path, "--out", tmp_path / "mijn")
    assert (code, out) == (1, "")
    assert err.splitlines()[0].startswith(
        "fout.xlsx:Bedden!I2: Eigen waarde: '1.234' kan 1234 of 1,234 zijn."
    )
    assert len(err.splitlines()) == 2
    assert not (tmp_path / "mijn").exists()


def test_a_plan_is_checked_on_own_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "zorgstroom: 1\nname: Proef\nregion: {roaz: Euregio}\n"
        "actions:\n  - close: {location: MST, profiles: [hip_replacement]}\n"
    )
    figures = filled_workbook(tmp_path / "cijfers.xlsx", {("Volumes", "hip_replacement"): 640})
    code, out, _ = run(capsys, "validate", plan, "--data", figures, "--json")
    assert code == 0
    (leaving,) = json.loads(out)[0]["leaving"]
    assert leaving["patients_per_year"] == pytest.approx(640, rel=0.005)

    wrong = filled_workbook(tmp_path / "fout.xlsx", {OR: "x"})
    code, _, err = run(capsys, "validate", plan, "--data", wrong)
    assert (code, "fout.xlsx:Kamers en spreekuren!" in err) == (1, True)
