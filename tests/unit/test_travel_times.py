"""Travel times that a user measured: from a CSV, with every mistake named, into a dataset and its report."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset import dataset_folder, load_dataset, load_primary
from zorgstroom.dataset.checking import check_dataset
from zorgstroom.dataset.loading import dataset_digest
from zorgstroom.dataset.model import Dataset, MeasuredTravel
from zorgstroom.dataset.travel_file import read_travel
from zorgstroom.dataset.travel_times import TRAVEL_TABLE, with_measured
from zorgstroom.dataset_commands import dataset as dataset_command
from zorgstroom.domain.area import Area
from zorgstroom.errors import InvalidInput
from zorgstroom.planning.expected import UTILITY_SCALE, choice_shares, utility
from zorgstroom.reporting import doubts
from zorgstroom.reporting.rendering import render

pytestmark = pytest.mark.unit

BASE = dataset_folder("nl2025")
SMALL = make_dataset()
Pairs = dict[tuple[str, str], int]


def read(path: Path, content: str | bytes, areas: tuple[Area, ...] = SMALL.areas) -> Pairs:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_travel(path, areas, SMALL.locations)


def mistakes(path: Path, content: str | bytes) -> list[str]:
    with pytest.raises(InvalidInput) as error:
        read(path, content)
    return [problem.line("en") for problem in error.value.problems]


@pytest.mark.parametrize(
    "content",
    [
        "area,location,minutes\nGM0001,NOORD,12.5\nGM0002,ZUID,40\n",
        "gebied;locatie;reistijd;opmerking\n1;noord;12,5;x\nGM0002;ZUID;40,000;\n",
        "\ufeffMinutes\tLocation\tArea\r\n12.495\tNOORD\tgm0001\r\n\r\n40\tZUID\t0002\r\n",
        "area,NOORD,ZUID\nGM0001,12.5,\nGM0002,,40\n",
        ";ZUID;NOORD\nGM0002;40;\nGM0001;;12,50\n",
    ],
)
def test_a_table_is_read_in_every_form(tmp_path: Path, content: str) -> None:
    assert read(tmp_path / "a.csv", content) == {("GM0001", "NOORD"): 1250, ("GM0002", "ZUID"): 4000}


def test_a_gemeente_stands_for_all_its_areas_and_a_postcode_for_itself(tmp_path: Path) -> None:
    parts = [("GM0001-1", "GM0001"), ("GM0001-2", "GM0001"), ("PC1011", "GM0002"), ("PC1012", "GM0002")]
    areas = tuple(
        dataclasses.replace(SMALL.areas[0], id=name, gemeente_id=gemeente) for name, gemeente in parts
    )
    content = "area,location,minutes\nGM0001,NOORD,10\nGM0001-2,ZUID,20\n1012,NOORD,30\nPC1011,NOORD,40\n"
    assert read(tmp_path / "a.csv", content, areas) == {
        ("GM0001-1", "NOORD"): 1000,
        ("GM0001-2", "NOORD"): 1000,
        ("GM0001-2", "ZUID"): 2000,
        ("PC1012", "NOORD"): 3000,
        ("PC1011", "NOORD"): 4000,
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("GM0009,NOORD,1", "area: 'GM0009' is not known. Did you mean 'GM000"),
        ("GM0001,NORD,1", "location: 'NORD' is not known. Did you mean 'NOORD'?"),
        (",NOORD,1", "area is empty; a value is needed here."),
        ("GM0001,NOORD,", "minutes is empty; a value is needed here."),
        ("GM0001,NOORD,-1", "minutes: -1 is too small; it may not be below 0."),
        ("GM0001,NOORD,600.01", "minutes: 600.01 is too large; it may not be above 600."),
        ("GM0001,NOORD,nan", "minutes: 'nan' is not a number."),
        ("GM0001,NOORD,1e2", "minutes: '1e2' is not a number."),
        ("GM0001,NOORD,10 min", "minutes: '10 min' is not a number."),
        ("GM0001,NOORD,\u0661", "minutes: '\u0661' is not a number."),
        ("GM0003,ZUID,9", "A travel time from GM0003 to ZUID is already on line 2. Leave one of them."),
        ("3,zuid,8", "A travel time from GM0003 to ZUID is already on line 2. Leave one of them."),
        ("GM0001,NOORD", "This line has 2 fields"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    (found,) = mistakes(tmp_path / "a.csv", f"area,location,minutes\nGM0003,ZUID,8\n{line}\n")
    assert found.startswith(f"a.csv:3: {said}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "a.csv: There are no travel times in this file."),
        ("area,location,minutes\n", "a.csv: There are no travel times in this file."),
        ("area,NOORD\nGM0001,\n", "a.csv: There are no travel times in this file."),
        ("area,location\n", "a.csv:1: There is no column 'minutes'."),
        ("are,location,minutes\n", "a.csv:1: There is no column 'area'. Did you mean 'are'?"),
        ("area,NOORD,noord\nGM0001,1,2\n", "a.csv:1: header: 'NOORD' occurs twice."),
        ("area,NOORT\nGM0001,1\n", "a.csv:1: header: 'NOORT' is not known. Did you mean 'NOORD'?"),
        ("area,NOORD\nGM0001,x\n", "a.csv:2: NOORD: 'x' is not a number."),
        (b'area,location,minutes\n"' + b"x" * 200_000, "a.csv:2: This file cannot be read"),
    ],
)
def test_a_table_of_the_wrong_form_is_refused(tmp_path: Path, content: str | bytes, said: str) -> None:
    assert mistakes(tmp_path / "a.csv", content)[0].startswith(said)


def test_all_mistakes_are_named_at_once_and_no_more_than_can_be_read(tmp_path: Path) -> None:
    lines = "GM0009,NOORD,-1\nGM0001,XX,2\nGM0001,NOORD,x\n"
    found = mistakes(tmp_path / "a.csv", f"area,location,minutes\n{lines}")
    assert [line.split(": ")[0] for line in found] == ["a.csv:2", "a.csv:2", "a.csv:3", "a.csv:4"]
    many = "".join(f"GM{number},NOORD,1\n" for number in range(10_000, 15_000))
    found = mistakes(tmp_path / "a.csv", f"area,location,minutes\n{many}")
    assert len(found) == 201
    assert "4,800" in found[-1]


def test_a_file_that_is_too_large_or_not_there_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as handle:
        handle.truncate(50_000_001)
    for name, said in (("a.csv", "larger than 50 MB"), ("none.csv", "cannot be read")):
        with pytest.raises(InvalidInput, match=said):
            read_travel(tmp_path / name, SMALL.areas, SMALL.locations)


def measured(pairs: int) -> MeasuredTravel:
    """Return the first pairs of the small country as measured: 7.77 minutes each."""
    hundredths = np.full(SMALL.travel_hundredths.shape, -1, dtype=np.int32)
    hundredths.flat[:pairs] = 777
    return MeasuredTravel(hundredths, ("S1",))


def test_what_is_not_measured_keeps_the_function() -> None:
    function = SMALL.travel_hundredths
    assert with_measured(function, None) is function
    mixed = with_measured(function, measured(2))
    assert mixed.flat[:2].tolist() == [777, 777]
    assert mixed.flat[2:].tolist() == function.flat[2:].tolist()
    assert mixed.dtype == np.int32


@pytest.mark.parametrize(("pairs", "shares"), [(3, [0.25, 0.75]), (12, [1.0])])
def test_a_report_says_which_travel_times_were_measured(pairs: int, shares: list[float]) -> None:
    def rows(data: Dataset) -> list[tuple[float, str, str]]:
        found = doubts.assumptions(data, ["oesophagus"], [], ["NOORD"])
        return [(row.value, row.basis, row.source) for row in found if row.id.startswith("travel.")]

    assert rows(SMALL) == []
    given, *rest = rows(dataclasses.replace(SMALL, measured_travel=measured(pairs)))
    assert given == (shares[0], "own", "Voorbeeldcijfers")
    assert [(value, basis) for value, basis, _ in rest] == [(share, "estimated") for share in shares[1:]]


def test_a_report_says_how_many_pairs_were_measured() -> None:
    data = dataclasses.replace(SMALL, measured_travel=measured(3))
    found = doubts.assumptions(data, ["oesophagus"], [], ["NOORD"])
    label = next(row.label for row in found if row.id == "travel.measured")
    assert render(label, "nl", {}) == "gemeten reistijden (3 van 12 paren van gebied en locatie)"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(dataset_command, [*map(str, arguments)])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset in which people of Almere reach their own hospital in 95.25 minutes, and Groningen AMC in 3."""
    folder = tmp_path_factory.mktemp("travel")
    table = folder / "a.csv"
    table.write_text("area;location;minutes\nGM0034;FLEVO;95,25\nGM0014;AUMC-AMC;3\n", encoding="utf-8")
    options = ("--source", "=Navigatie\n van ons", "--date", "31-12-2025", "--lang", "nl")
    result = run("travel", table, "--out", folder / "mine", *options)
    assert result.exit_code == 0, result.output
    assert "Reistijden: 3 van " in result.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["a.csv", "mine"]
    return folder / "mine"


def test_the_dataset_has_the_minutes_given_and_the_function_elsewhere(made: Path) -> None:
    assert check_dataset(made) == []
    before, after = load_dataset("nl2025"), load_dataset(made)
    changed = {
        (after.areas[row].id, after.locations[column].id): int(after.travel_hundredths[row, column])
        for row, column in np.argwhere(before.travel_hundredths != after.travel_hundredths).tolist()
    }
    assert changed == {
        ("GM0034", "FLEVO"): 9525,
        ("GM0014-1", "AUMC-AMC"): 300,
        ("GM0014-2", "AUMC-AMC"): 300,
    }
    assert after.measured_travel is not None
    assert after.measured_travel.pairs == 3
    source = next(item for item in after.sources if item.id in after.measured_travel.sources)
    assert (source.title, source.year) == ("'=Navigatie van ons, 2025-12-31", "2025")
    assert after.id == "nl2025-travel"
    assert after.digest != before.digest


def share(data: Dataset, area: str, location: str) -> float:
    """Return which part of an area's patients with the care most locations offer go to a location."""
    profile = int(np.argmax(data.offers.sum(axis=0)))
    shares = choice_shares(
        utility(data, profile, data.travel_hundredths) / UTILITY_SCALE, data.offers[:, profile]
    )
    return float(shares[data.area_index[area], data.location_index[location]])


def test_fewer_go_where_the_way_is_longer_and_more_where_it_is_shorter(made: Path) -> None:
    before, after = load_dataset("nl2025"), load_dataset(made)
    assert share(after, "GM0034", "FLEVO") < 0.2 * share(before, "GM0034", "FLEVO")
    assert share(after, "GM0014-1", "AUMC-AMC") > 10 * share(before, "GM0014-1", "AUMC-AMC")
    # Who offers what and how much care is asked for stays.
    assert after.expected_volume.sum() == pytest.approx(before.expected_volume.sum(), rel=0.001)


def test_info_says_what_was_measured(made: Path) -> None:
    record = json.loads(run("info", made, "--json").stdout)["measured_travel"]
    assert (record["measured"], record["measured"] + record["by_function"]) == (3, record["pairs"])
    assert "Navigatie van ons, 2025-12-31" in run("info", made, "--lang", "nl").stdout
    assert json.loads(run("info", "--json").stdout)["measured_travel"] is None
    uses = json.loads(run("sources", made, "--json").stdout)["sources"]
    assert next(item["figures"] for item in uses if item["id"] == "own_travel") == 3


def test_the_measured_times_are_part_of_the_digest(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "copy")
    assert dataset_digest(tmp_path / "copy") == dataset_digest(made)
    table = tmp_path / "copy" / TRAVEL_TABLE
    table.write_text(table.read_text("utf-8").replace("95.25", "95.26"), encoding="utf-8")
    assert dataset_digest(tmp_path / "copy") != dataset_digest(made)
    table.unlink()
    assert dataset_digest(tmp_path / "copy") != dataset_digest(made)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("95.25", "95.26"), "derived/travel_hundredths.csv"),
        (lambda text: text.replace("95.25", "-1"), f"{TRAVEL_TABLE}:4"),
        (lambda text: text.replace("95.25", "inf"), f"{TRAVEL_TABLE}:4"),
        (lambda text: text.replace("GM0034", "GM9034"), f"{TRAVEL_TABLE}:4"),
        (lambda text: text.replace("FLEVO", "FLEVVO"), f"{TRAVEL_TABLE}:4"),
        (lambda text: text.replace("own_travel", "own_travl", 1), f"{TRAVEL_TABLE}:2"),
        (lambda text: text + text.splitlines()[-1] + "\n", f"{TRAVEL_TABLE}:5"),
        (lambda text: text.replace("minutes", "minuts"), TRAVEL_TABLE),
    ],
)
def test_the_check_names_a_changed_table(
    made: Path, tmp_path: Path, change: Callable[[str], str], said: str
) -> None:
    shutil.copytree(made, tmp_path / "copy")
    table = tmp_path / "copy" / TRAVEL_TABLE
    table.write_text(change(table.read_text("utf-8")), encoding="utf-8")
    assert said in [problem.where for problem in check_dataset(tmp_path / "copy")]


def test_the_check_misses_a_table_that_is_gone(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "copy")
    (tmp_path / "copy" / TRAVEL_TABLE).unlink()
    assert [problem.line("en") for problem in check_dataset(tmp_path / "copy")] == [
        f"{TRAVEL_TABLE}: This file is missing."
    ]


@pytest.mark.parametrize("minutes", ["-1", "inf", "nan", "x", "601"])
def test_a_dataset_with_impossible_minutes_is_not_loaded(made: Path, tmp_path: Path, minutes: str) -> None:
    shutil.copytree(made, tmp_path / "copy")
    table = tmp_path / "copy" / TRAVEL_TABLE
    table.write_text(table.read_text("utf-8").replace("95.25", minutes), encoding="utf-8")
    with pytest.raises(InvalidInput, match=f"{TRAVEL_TABLE}:4"):
        load_primary(tmp_path / "copy")


@pytest.mark.parametrize(
    "how", ["wrong line", "wrong date", "full folder", "measured base", "postcodes of it"]
)
def test_a_mistake_leaves_nothing_behind(made: Path, tmp_path: Path, how: str) -> None:
    out, table = tmp_path / "out", tmp_path / "a.csv"
    location = "FLEVVO" if how == "wrong line" else "FLEVO"
    table.write_text(f"area,location,minutes\nGM0034,{location},30\n", encoding="utf-8")
    if how == "full folder":
        shutil.copytree(BASE / "derived", out)
    before = sorted(item.relative_to(tmp_path) for item in tmp_path.rglob("*"))
    command = "pc4" if how == "postcodes of it" else "travel"
    base = made if how in ("measured base", "postcodes of it") else BASE
    options = ("--date", "gisteren") if how == "wrong date" else ()
    result = run(command, table, "--out", out, "--base", base, *options)
    assert result.exit_code == 1
    assert isinstance(result.exception, InvalidInput)
    assert sorted(item.relative_to(tmp_path) for item in tmp_path.rglob("*")) == before


def test_own_figures_go_on_top_and_keep_the_measured_times(made: Path, tmp_path: Path) -> None:
    figures, out = tmp_path / "figures", tmp_path / "own"
    template = run("template", "--location", "FLEVO", "--dataset", made, "--out", figures, "--lang", "nl")
    assert template.exit_code == 0, template.output
    beds = figures / "bedden.csv"
    heading, first, *_ = beds.read_text("utf-8-sig").splitlines()
    cells = first.split(";")
    cells[heading.split(";").index("Eigen waarde")] = "40"
    beds.write_text(f"{heading}\n{';'.join(cells)}\n", encoding="utf-8")
    imported = run("import", figures, "--base", made, "--out", out)
    assert imported.exit_code == 0, imported.output
    assert check_dataset(out) == []
    before, after = load_dataset(made), load_dataset(out)
    assert len(after.own) == 1
    assert after.measured_travel is not None
    assert np.array_equal(after.travel_hundredths, before.travel_hundredths)
    digest = after.digest
    (out / TRAVEL_TABLE).unlink()
    assert dataset_digest(out) != digest
    table = tmp_path / "a.csv"
    table.write_text("area,location,minutes\nGM0034,FLEVO,30\n", encoding="utf-8")
    again = run("travel", table, "--base", out, "--out", tmp_path / "again")
    assert isinstance(again.exception, InvalidInput)
    assert not (tmp_path / "again").exists()
