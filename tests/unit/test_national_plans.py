"""Plans by the national method: of a scenario, several in one workbook, and what each figure rests on."""

from __future__ import annotations

import csv
import dataclasses
import json
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_national_reading import cases, changed, example, put

from zorgstroom import cli
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.national.case import Case, Intervention, Value, bases_of
from zorgstroom.national.impact import effects, terms_of
from zorgstroom.national.measures import ACTIVITIES, PROFESSIONS
from zorgstroom.national.outcome import outcome_of
from zorgstroom.national.planned import Planned, planned_case
from zorgstroom.national.proxies import Proxies
from zorgstroom.national.reading import read_cases
from zorgstroom.national.redistribution import redistribute
from zorgstroom.national.travel import travel_of
from zorgstroom.planning.plan import compile_plan

pytestmark = pytest.mark.unit

__all__ = ["example"]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load_dataset()


def planned(dataset: Dataset, *actions: object, **fields: object) -> Planned:
    scenario = Scenario.model_validate({"zorgstroom": 1, "name": "Proef", "actions": actions, **fields})
    return planned_case(scenario, dataset, None, compile_plan(scenario, dataset, None))


def test_a_scenario_without_a_method_reads_and_counts_as_before() -> None:
    document = {"zorgstroom": 1, "name": "Proef", "actions": []}
    assert "method" not in Scenario.model_validate(document).canonical_json()
    assert Scenario.model_validate(document | {"method": "national-tranche-1"}).method is not None


def test_who_provides_it_in_the_end_stays_within_the_region_of_the_action(dataset: Dataset) -> None:
    concentrate = {"profiles": ["lung"], "at": ["MST"], "within": {"roaz": "Euregio"}, "rule": "nearest"}
    case = planned(dataset, {"concentrate": concentrate}).case
    (item,) = outcome_of(case).norms
    chosen = {case.places[place].id: decision for place, decision in item.decisions.items()}
    assert {place: decision.choice for place, decision in chosen.items()} == {
        "MST": "keeps",
        "ZGT-AL": "stops",
    }
    assert {decision.region for decision in chosen.values()} == {"roaz:Euregio"}
    index = case.place_index()
    assert item.after[index["MST"]] == item.before[index["MST"]] + item.before[index["ZGT-AL"]]
    assert item.after[index["ZGT-AL"]] == 0


def test_shares_of_a_plan_are_overrides_and_its_minimum_is_the_norm(dataset: Dataset) -> None:
    other = "RUMC"
    shares = {"MST": 0.25, other: 0.75}
    concentrate = {"profiles": ["oesophagus"], "at": [*shares], "within": {"roaz": "Euregio"}}
    case = planned(dataset, {"concentrate": {**concentrate, "rule": "directed", "shares": shares}}).case
    (item,) = outcome_of(case).norms
    flows = {(case.places[a].id, case.places[b].id): n for (a, b), n in item.flows().items()}
    gone = item.before[case.place_index()["ZGT-AL"]]
    assert flows["ZGT-AL", "MST"] == gone / 4
    assert flows["ZGT-AL", other] == gone * 3 / 4
    minimum = {"profiles": ["oesophagus"], "to_minimum": 50, "within": {"roaz": "Euregio"}}
    assert planned(dataset, {"concentrate": minimum}).case.norms[0].minimum == 50


def test_what_the_method_does_not_know_is_named(dataset: Dataset) -> None:
    found = planned(
        dataset,
        {"concentrate": {"profiles": ["lung"], "at": ["MST"], "start": "2025-06-01"}},
        {"capacity": {"location": "MST", "pool": "or", "percent": 10}},
        region={"roaz": "Euregio"},
    )
    assert (found.unknown, found.choosing, found.dated) == (("capacity",), ("lung",), True)


def test_a_plan_is_input_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, out = tmp_path / "plan.yaml", tmp_path / "uit"
    plan.write_text(
        "zorgstroom: 1\nname: Proef\nregion: {roaz: Euregio}\nactions:\n"
        "  - concentrate: {profiles: [lung], at: [MST]}\n"
    )
    assert cli.run(["national", "run", str(plan), "--out", str(out)]) == 0
    document = json.loads((out / "national.json").read_text("utf-8"))
    assert [row["location"] for row in document["redistribution"]] == ["MST", "ZGT-AL", "Totaal"]
    assert any("kiezen patiënten zelf" in row["note"] for row in document["notes"])
    for arguments in (["--plan", "A"], ["--scenario", str(tmp_path / "nog.yaml")]):
        assert cli.run(["national", "run", str(plan), *arguments]) == 1
    plan.write_text("zorgstroom: 1\nname: Proef\nactions: []\n")
    assert cli.run(["national", "run", str(plan)]) == 1
    assert "plan.yaml: In dit plan stopt" in capsys.readouterr().err


def with_plans(workbook: openpyxl.Workbook) -> None:
    """Plan B lets East keep the lung and sends the kidney elsewhere; all else is of both plans."""
    choices, overrides = workbook["Keuzes"], workbook["Overschrijvingen"]
    assert (choices["A3"].value, choices["C3"].value, choices["G1"].value) == (
        "OOST",
        "lung_resection",
        "Plan",
    )
    choices["G3"] = "Hoofdplan"
    last = choices.max_row + 1
    for column, value in zip("ACEG", ("OOST", "lung_resection", "blijft", "Deelplan"), strict=True):
        choices[f"{column}{last}"] = value
    row = overrides.max_row + 1
    while any(overrides.cell(row - 1, column).value is None for column in (1, 2)):
        row -= 1
    values: tuple[str | int, ...] = ("OOST", "kidney_local", "NOORD", 1, "deelplan")
    for column, cell in zip("ABCDE", values, strict=True):
        overrides[f"{column}{row}"] = cell


def test_several_plans_in_one_workbook(
    example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = changed(example, tmp_path / "plannen.xlsx", with_plans)
    first, second = (outcome_of(case) for case in read_cases(path, "nl2025"))
    (alone,) = (outcome_of(case) for case in read_cases(example, "nl2025"))
    assert (first.case.plan, second.case.plan) == ("Hoofdplan", "Deelplan")
    # The first is the workbook as it was; in the second nobody leaves East for the lung.
    assert [item.after for item in first.norms] == [item.after for item in alone.norms]
    index = second.case.place_index()
    by_norm = {item.norm.id: item for item in second.norms}
    assert by_norm["lung_resection"].after[index["OOST"]] > 0
    assert (index["OOST"], index["NOORD"]) in by_norm["kidney_local"].flows()
    assert (index["OOST"], index["ZUID"]) not in by_norm["kidney_local"].flows()

    out = tmp_path / "uit"
    assert cli.run(["national", "run", str(path), "--out", str(out)]) == 0
    document = json.loads((out / "national.json").read_text("utf-8"))
    assert {row["plan"] for row in document["redistribution"]} == {"Hoofdplan", "Deelplan"}
    moved = {(row["plan"], row["norm"]): row["moving_patients"] for row in document["plans"]}
    assert moved["Hoofdplan", "kidney_local"] == 35
    for plan, outcome in (("Hoofdplan", first), ("Deelplan", second)):
        for item in outcome.norms:
            assert moved[plan, item.norm.id] == pytest.approx(float(sum(item.flows().values())))
    capsys.readouterr()
    assert cli.run(["national", "run", str(path), "--scenario", str(tmp_path / "x.yaml")]) == 1
    assert "--plan: Hoofdplan, Deelplan" in capsys.readouterr().err
    assert cli.run(["national", "run", str(path), "--plan", "Deelpan"]) == 1
    assert "Deelpan" in capsys.readouterr().err
    assert cli.run(["national", "run", str(path), "--plan", "deelplan", "--json"]) == 0
    assert "plans" not in json.loads(capsys.readouterr().out)


def test_a_mistake_in_what_all_plans_share_is_named_once(example: Path, tmp_path: Path) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        with_plans(workbook)
        workbook["Keuzes"]["E2"] = "stopte"

    with pytest.raises(Exception, match="stopte") as caught:
        read_cases(changed(example, tmp_path / "voorbeeld.xlsx", change), "nl2025")
    assert str(caught.value).count("E2") <= 1


def test_the_basis_of_every_number_is_a_word_in_its_row_and_a_shade(example: Path, tmp_path: Path) -> None:
    out = tmp_path / "uit"
    assert cli.run(["national", "run", str(example), "--out", str(out)]) == 0
    book = openpyxl.load_workbook(out / "landelijke-methode.xlsx")
    shades: dict[str, set[str]] = {}
    for sheet in book.worksheets:
        heads = [cell.value for cell in next(sheet.iter_rows(max_row=1))]
        for value, basis in (("Waarde", "Grondslag"), ("Met eigen proxy's", "Grondslag")):
            if value not in heads or basis not in heads:
                continue
            for row in sheet.iter_rows(min_row=2):
                number, word = row[heads.index(value)], row[heads.index(basis)].value
                assert word, (sheet.title, number.coordinate)
                if number.value is not None:
                    shades.setdefault(str(word).rpartition(", ")[2], set()).add(number.fill.fgColor.rgb)
    # One shade for each last word, and no two alike.
    assert all(len(found) == 1 for found in shades.values())
    assert len({*map(min, shades.values())}) == len(shades) >= 3
    for name in ("herverdeling", "gebruikte-proxys", "impact-ziekenhuizen", "impact-beroepen", "van-en-naar"):
        with (out / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        assert rows
        assert all(row["Grondslag"] for row in rows), name


def test_the_firmest_basis_comes_first() -> None:
    assert bases_of(["derived", "organisation", "missing", "national"]) == (
        *("own", "national", "assumed", "missing"),
    )


def test_a_template_of_another_year_is_refused_with_sheets_columns_and_rows_that_differ(
    example: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        workbook["Uitleg"]["B3"] = 2026
        workbook["Volumes"].title = "Aantallen"
        workbook["Kengetallen"]["A1"] = "Instelling"
        workbook["Interventies en normen"]["A2"] = "lung_robot"

    path = changed(example, tmp_path / "later.xlsx", change)
    assert cli.run(["national", "run", str(path)]) == 1
    message = capsys.readouterr().err
    for part in (
        "van jaar '2026', de methode hier is die van 2024",
        "het blad 'Volumes' ontbreekt",
        "het blad 'Aantallen' is niet van het sjabloon",
        "Kengetallen: Anders dan nu: deze kolommen ontbreken: Organisatie",
        "deze kolommen zijn niet bekend: Instelling",
        "in kolom Interventie ontbreken deze regels: lung_resection",
        "in kolom Interventie zijn deze regels niet bekend: lung_robot",
    ):
        assert part in message
    template = tmp_path / "sjabloon.xlsx"
    assert cli.run(["national", "template", "--region", "roaz:Euregio", "--out", str(template)]) == 0
    later = changed(template, tmp_path / "gelijk.xlsx", put("Uitleg", "B3", 2025))
    assert cli.run(["national", "run", str(later), "--lang", "en"]) == 1
    assert "the difference is on the first sheet only" in capsys.readouterr().err


def test_the_name_of_an_organisation_leads_to_its_locations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "sjabloon.xlsx"
    arguments = ["--template", str(path), "--region", "roaz:Euregio"]
    assert cli.run(["import", "national", *arguments]) == 0
    workbook = openpyxl.load_workbook(path)
    choices = workbook["Keuzes"]
    choices["A2"], choices["E2"] = "Medisch Spectrum Twente", "blijft"
    choices["A3"], choices["E3"] = "Ziekenhuisgroep Twente", "stopt"
    workbook.save(path)
    capsys.readouterr()
    assert cli.run(["import", "national", str(path)]) == 1
    # The first has one location, the second two.
    message = capsys.readouterr().err
    assert "Keuzes!A2" not in message
    assert "Keuzes!A3: Locatiecode: " in message
    assert "Bedoelt u 'ZGT-AL' (ZGT Almelo), 'ZGT-HE' (ZGT Hengelo)" in message
    choices["A3"] = "ZGT Almelo"
    workbook.save(path)
    assert cli.run(["import", "national", str(path)]) == 0
    for wrong in ([], [str(path), "--template", str(tmp_path / "x.xlsx")]):
        assert cli.run(["import", "national", *wrong]) == 1


@given(case=cases(), parts=st.lists(st.integers(0, 4), min_size=4, max_size=4))
@settings(max_examples=40, deadline=None)
def test_totals_of_interventions_under_one_norm_conserve(case: Case, parts: list[int]) -> None:
    """Volumes split over two interventions: nobody is lost in volume, work, hours or bands."""
    interventions = tuple(Intervention(code, case.norms[0].names, "x", "surgery") for code in ("one", "two"))
    volumes = {}
    for (place, _), value in case.volumes.items():
        part = Fraction(parts["ABCD".index(place)], 4)
        volumes[place, "one"] = Value(value.value * part, "own")
        volumes[place, "two"] = Value(value.value * (1 - part), "assumed")
    proxies = {
        (code, measure): Value(Fraction(number), "national")
        for code, number in (("one", 2), ("two", 3))
        for measure in ("or_minutes", "share_admitted", "stay_without_ic", "operators", "ward_nurses")
    }
    case = dataclasses.replace(case, interventions=interventions, volumes=volumes, national_proxies=proxies)
    outcome = redistribute(case, case.norms[0])
    total = sum(value.value for (place, _), value in volumes.items() if (place, "x") in case.decisions)
    assert sum(outcome.before.values()) <= total
    assert sum(outcome.after.values()) == sum(outcome.before.values())
    changes = terms_of(case, outcome)
    for code in ("one", "two"):
        assert sum(term.patients for (_, of), terms in changes.items() if of == code for term in terms) == 0
    for row, after in outcome.after.items():
        change = sum(term.patients for code in ("one", "two") for term in changes.get((row, code), ()))
        assert change == after - outcome.before[row]
    found = effects(case, [outcome], Proxies(case))
    for what in (*ACTIVITIES, *PROFESSIONS):
        assert sum(effect.national for effect in found if effect.what == what) == 0
    assert sum(travel_of(case, outcome).patients_in.values()) == sum(outcome.before.values())
