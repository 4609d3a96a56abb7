"""The template of the national method: filled in, read, refused with every mistake, and worked out by the command."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from zorgstroom import cli
from zorgstroom.dataset import load_dataset
from zorgstroom.errors import InvalidInput
from zorgstroom.national.case import Area, Case, Decision, Intervention, Norm, Override, Place, Value
from zorgstroom.national.defaults import shipped_interventions
from zorgstroom.national.measures import calculate, measures_in
from zorgstroom.national.reading import read_cases
from zorgstroom.national.redistribution import redistribute
from zorgstroom.national.travel import travel_of
from zorgstroom.tables import COMPARISON, to_parquet
from zorgstroom.text import LANGUAGES, Language, catalogue

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("example") / "voorbeeld.xlsx"
    assert cli.run(["national", "template", "--example", "--out", str(path)]) == 0
    return path


def changed(example: Path, path: Path, change: Callable[[Workbook], None]) -> Path:
    """Save the example under another name, after a change."""
    workbook = openpyxl.load_workbook(example)
    change(workbook)
    workbook.save(path)
    return path


def put(sheet: str, cell: str, value: str | float) -> Callable[[Workbook], None]:
    def change(workbook: Workbook) -> None:
        workbook[sheet][cell] = value

    return change


def mistakes(path: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_cases(path, "nl2025")
    return caught.value.message("nl")


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "expected"),
    [
        ("Volumes", "A2", "NORD", ("Volumes!A2: Locatiecode: ", "'NORD' is niet bekend. Bedoelt u 'NOORD'?")),
        ("Volumes", "C2", "lung_resections", ("Volumes!C2: ", "Bedoelt u 'lung_resection'?")),
        ("Volumes", "F2", "veertig", ("Volumes!F2: Waarde: 'veertig'",)),
        ("Volumes", "F2", "1.234", ("Volumes!F2: Waarde: '1.234' kan 1234 of 1,234 zijn",)),
        ("Volumes", "F2", -1, ("Volumes!F2: Waarde: -1 ",)),
        ("Volumes", "A3", "NOORD", ("Volumes!F3: ", "de eerste staat in voorbeeld.xlsx:Volumes!F2")),
        ("Keuzes", "E2", "stopte", ("Keuzes!E2: Keuze: ", "Bedoelt u")),
        ("Keuzes", "E11", "blijft", ("Keuzes!E11: ", "geen volume")),
        ("Keuzes", "E5", "doet het niet", ("Keuzes!E5: ", "met een volume van 50")),
        ("Keuzes", "F3", "elders", ("Keuzes!E3: ", "in regio 'elders' blijft niemand over")),
        (
            "Overschrijvingen",
            "D2",
            0.5,
            ("Overschrijvingen!D3: Aandeel: ", "samen 0.9; zij moeten samen 1 zijn"),
        ),
        (
            "Overschrijvingen",
            "C2",
            "WEST",
            ("Overschrijvingen!C2: Naar: 'WEST' blijft niet en ontvangt niet",),
        ),
        ("Kengetallen", "D2", "or_hour", ("Kengetallen!D2: ", "Bedoelt u 'or_hours'?")),
        ("Kengetallen", "C8", "chirurgi", ("Kengetallen!C8: ", "Bedoelt u 'surgery'?")),
        ("Proxy's", "C2", "visits_befor", ("Proxy's!C2: Proxy: ", "Bedoelt u 'visits_before'?")),
        (
            "Interventies en normen",
            "F2",
            "120%",
            ("Interventies en normen!F2: Deel dat verhuist: 120% is te groot",),
        ),
        ("Interventies en normen", "E9", 50, ("Interventies en normen!E10: ",)),
        (
            "Gebieden en reistijden",
            "C2",
            1000.5,
            ("Gebieden en reistijden!C2: Inwoners: '1000.5' is geen heel",),
        ),
        ("Gebieden en reistijden", "G3", "n.v.t.", ("Gebieden en reistijden!G3: WEST: 'n.v.t.'",)),
        ("Gebieden en reistijden", "G1", "WESTEN", ("geen kolom met minuten naar locatie 'WEST'",)),
        ("Ziekenhuizen", "D2", "G9", ("Ziekenhuizen!D2: Gebied: gebied 'G9' staat niet",)),
        ("Volumes", "F1", "Aantal", ("Volumes: De kopjes van dit blad zijn niet gevonden",)),
    ],
)
def test_a_mistake_is_named_with_sheet_cell_value_and_what_is_expected(
    example: Path, tmp_path: Path, sheet: str, cell: str, value: str | float, expected: tuple[str, ...]
) -> None:
    change = _two_minimums if sheet.startswith("Interventies") and cell == "E9" else put(sheet, cell, value)
    message = mistakes(changed(example, tmp_path / "voorbeeld.xlsx", change))
    assert all(part in message for part in expected), message


def _two_minimums(workbook: Workbook) -> None:
    """Nephrectomy and focal therapy are under one norm."""
    workbook["Interventies en normen"]["E9"] = 50
    workbook["Interventies en normen"]["E10"] = 40


def test_all_mistakes_are_named_at_once(example: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        workbook["Volumes"]["A2"] = "NORD"
        workbook["Keuzes"]["E2"] = "misschien"
        workbook["Proxy's"]["H3"] = "veel"

    message = mistakes(changed(example, tmp_path / "voorbeeld.xlsx", change))
    assert [part in message for part in ("Volumes!A2", "Keuzes!E2", "Proxy's!H3")] == [True] * 3


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        ("B1", "eigen-cijfers", "Dit sjabloon is van 'eigen-cijfers'; verwacht is 'national-tranche-1'."),
        ("B2", "2", "Dit sjabloon heeft versie '2', dit programma leest versie 1."),
        ("B3", 2025, "Dit sjabloon is van jaar '2025', de methode hier is die van 2024."),
        ("A3", "Iets anders", "ontbreekt 'Jaar van de methode'; dit programma leest 2024."),
    ],
)
def test_a_template_of_another_year_or_version_is_refused_with_the_difference(
    example: Path, tmp_path: Path, cell: str, value: str | float, expected: str
) -> None:
    message = mistakes(changed(example, tmp_path / "voorbeeld.xlsx", put("Uitleg", cell, value)))
    assert expected in message


def test_someone_elses_workbook_is_no_template(tmp_path: Path) -> None:
    workbook = Workbook()
    assert isinstance(workbook.active, Worksheet)
    workbook.active["A1"] = "Kassabonnen"
    workbook.save(tmp_path / "iets.xlsx")
    assert "geen sjabloon van de landelijke methode" in mistakes(tmp_path / "iets.xlsx")


def test_what_stays_empty_gets_the_default_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sjabloon.xlsx"
    assert cli.run(["national", "template", "--region", "roaz:Euregio", "--out", str(path)]) == 0
    workbook = openpyxl.load_workbook(path)
    for row in workbook["Keuzes"].iter_rows(min_row=2):
        if row[2].value == "lung_resection":
            row[4].value = {"MST": "blijft", "ZGT-AL": "stopt"}.get(str(row[0].value))
    for row in workbook["Volumes"].iter_rows(min_row=2):
        if (row[0].value, row[2].value) == ("MST", "lung_resection"):
            row[5].value = 55
    workbook.save(path)
    plan, out = tmp_path / "plan.yaml", tmp_path / "uit"
    assert cli.run(["national", "run", str(path), "--out", str(out), "--scenario", str(plan)]) == 0

    document = json.loads((out / "national.json").read_text("utf-8"))
    used = {(row["location"], row["intervention"]): row for row in document["used_volumes"]}
    lung = "Long: oncologische resectie"
    assert (used["MST", lung]["value"], used["MST", lung]["origin"]) == (55, "eigen")
    assert used["ZGT-AL", lung]["origin"] == "schatting van het model"
    assert used["ZGT-AL", lung]["source"].startswith("nl2025")
    moved = used["ZGT-AL", lung]["value"]
    rows = {row["location"]: row for row in document["redistribution"] if row["norm"] == "lung_resection"}
    assert (rows["MST"]["after"], rows["ZGT-AL"]["after"]) == (55 + moved, 0)
    inputs = {(row["location"], row["measure"]): row for row in document["inputs"]}
    assert inputs["MST", "or_minutes"]["origin"] == "landelijk, standaard"
    assert inputs["MST", "operators"]["origin"] == "aangenomen"
    assert document["confidential"] is True
    # The same choices, ready to be simulated; what the plan does otherwise is said.
    assert "uw norm is 60" in capsys.readouterr().out
    assert cli.run(["validate", str(plan)]) == 0
    (action,) = yaml.safe_load(plan.read_text("utf-8"))["actions"]
    assert action["concentrate"]["at"] == ["MST"]
    assert action["concentrate"]["rule"] == "nearest"


def test_the_command_writes_the_same_bytes_again_and_spares_what_is_not_its_own(
    example: Path, tmp_path: Path
) -> None:
    folders = [tmp_path / "een", tmp_path / "twee"]
    for folder in (*folders, folders[0]):
        assert cli.run(["national", "run", str(example), "--out", str(folder), "--lang", "en"]) == 0
    files = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    assert files[0] == files[1]
    assert {"national.json", "national-method.xlsx", "redistribution.csv"} <= files[0].keys()
    mine = tmp_path / "mijn"
    mine.mkdir()
    (mine / "brief.txt").write_text("blijft")
    assert cli.run(["national", "run", str(example), "--out", str(mine)]) == 1
    assert [path.name for path in mine.iterdir()] == ["brief.txt"]


def test_a_filled_in_template_is_not_written_over(example: Path, tmp_path: Path) -> None:
    path = tmp_path / "mijn.xlsx"
    path.write_bytes(example.read_bytes())
    assert cli.run(["national", "template", "--example", "--out", str(path)]) == 1
    assert path.read_bytes() == example.read_bytes()


def test_the_published_way_of_counting_nursing_days_can_be_chosen(example: Path, tmp_path: Path) -> None:
    path = changed(example, tmp_path / "voorbeeld.xlsx", put("Uitleg", "B8", "ja"))
    assert read_cases(path, "nl2025")[0].published_nursing_days
    assert not read_cases(example, "nl2025")[0].published_nursing_days


def test_the_source_of_all_figures_is_that_of_each_without_one(example: Path, tmp_path: Path) -> None:
    def change(workbook: Workbook) -> None:
        workbook["Uitleg"]["B7"] = "Jaarverslag"
        workbook["Volumes"]["G2"] = None

    (case,) = read_cases(changed(example, tmp_path / "voorbeeld.xlsx", change), "nl2025")
    assert case.volumes["NOORD", "lung_resection"].source == "Jaarverslag"
    assert case.volumes["OOST", "lung_resection"].source == "verzonnen"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sheet_has_a_name_that_excel_takes(language: Language) -> None:
    kinds = [key for key in catalogue(language) if key.startswith("national.sheet.")]
    names = [catalogue(language)[key] for key in kinds]
    assert len({name.casefold() for name in names}) == len(names) >= 20
    for name in names:
        assert len(name) <= 31
        assert not set(name) & set("[]:*?/\\")


def test_only_a_result_can_stand_beside(
    example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["national", "run", str(example), "--beside", str(tmp_path)]) == 1
    assert "comparison.parquet" in capsys.readouterr().err


@pytest.mark.parametrize("confidential", [False, True])
def test_a_confidential_result_beside_it_makes_all_of_it_confidential(
    example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], confidential: bool
) -> None:
    nothing = to_parquet(COMPARISON.empty_table(), confidential=confidential)
    (tmp_path / "comparison.parquet").write_bytes(nothing)
    arguments = ["national", "run", str(example), "--beside", str(tmp_path), "--json"]
    assert cli.run(arguments) == 0
    assert json.loads(capsys.readouterr().out)["confidential"] is confidential


def test_areas_of_ones_own_make_no_plan(
    example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.yaml"
    assert cli.run(["national", "run", str(example), "--scenario", str(plan)]) == 1
    assert "Met eigen gebieden" in capsys.readouterr().err
    assert not plan.exists()


def test_a_formula_names_its_measures() -> None:
    values = {"share_ic": Fraction(1, 5), "ic_stay": Fraction(2)}
    assert measures_in("share_ic * ic_stay") == ("share_ic", "ic_stay")
    assert calculate("share_ic * ic_stay", values.__getitem__) == Fraction(2, 5)


minutes = st.lists(st.integers(0, 90).map(lambda number: number * 100), min_size=4, max_size=4).map(tuple)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any country of four places and some areas, with any choices that leave somebody to go to."""
    ids = "ABCD"
    areas = draw(st.lists(st.tuples(st.integers(0, 1000), minutes), min_size=1, max_size=6))
    choices = draw(
        st.lists(st.sampled_from(["stops", "keeps", "receives", "excluded"]), min_size=3, max_size=3)
    )
    shares = draw(st.sampled_from([None, Fraction(1, 3), Fraction(1)]))
    norm = Norm(
        "x",
        {"nl": "x", "en": "x"},
        draw(st.none() | st.integers(0, 200).map(Fraction)),
        draw(st.sampled_from([Fraction(1), Fraction(1, 10)])),
        True,
        True,
    )
    overrides = {}
    if shares is not None and choices[0] == "stops":
        overrides["A", "x"] = (Override(3, shares), *([Override(0, 1 - shares)] if shares < 1 else []))
    return Case(
        name="",
        year="",
        confidential=False,
        geography="",
        areas=tuple(Area(str(row), "", people) for row, (people, _) in enumerate(areas)),
        places=tuple(Place(code, code, code) for code in ids),
        travel=tuple(travel for _, travel in areas),
        transfer=tuple(draw(minutes) for _ in ids),
        interventions=(Intervention("x", norm.names, "x", "surgery"),),
        norms=(norm,),
        volumes={(code, "x"): Value(draw(st.fractions(0, 300, max_denominator=7)), "own") for code in ids},
        decisions={
            (code, "x"): Decision(choice)  # type: ignore[arg-type]
            for code, choice in zip(ids, [*choices, "keeps"], strict=True)
        },
        overrides=overrides,
        own_proxies={},
        national_proxies={},
        key_figures={},
    )


@given(case=cases())
@settings(max_examples=150, deadline=None)
def test_what_one_loses_another_gains(case: Case) -> None:
    outcome = redistribute(case, case.norms[0])
    total = sum(outcome.before.values())
    assert sum(outcome.after_step_1.values()) == total == sum(outcome.after.values())
    assert sum(stream.patients for stream in outcome.streams) == total
    assert all(stream.patients > 0 for stream in outcome.streams)
    travel = travel_of(case, outcome)
    assert sum(travel.patients_in.values()) == total
    minimum = outcome.norm.minimum
    for step in outcome.top_ups:
        # Who gives keeps at least the norm, and nobody gets more than it misses.
        assert minimum is not None
        assert outcome.after[step.giver] >= minimum
        assert outcome.after[step.receiver] <= max(minimum, outcome.after_step_1[step.receiver])
    for place, decision in outcome.decisions.items():
        if decision.choice == "stops" and outcome.norm.moving == 1 and ("A", "x") not in case.overrides:
            assert not outcome.after[place]


def test_the_norm_for_lung_cancer_is_that_of_the_dataset() -> None:
    """One place for a norm: without it in the dataset the template leaves the cell empty."""
    dataset = load_dataset()
    norm = next(item for item in dataset.norms if item.id == "lung_60")
    raised = dataclasses.replace(norm, minimum=75)
    for norms, expected in (([raised], "75"), ([], "")):
        other = dataclasses.replace(dataset, norms=tuple(norms))
        found = {row["intervention"]: row["minimum"] for row in shipped_interventions(other)}
        assert found["lung_resection"] == expected
        assert not any(minimum for name, minimum in found.items() if name != "lung_resection")
