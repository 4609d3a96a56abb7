"""Where only distance counts and capacity is without end, the full simulation does what the national method says.

A country where everybody prefers the nearest provider by far, and where all areas fall ill alike: the method's own
assumptions. Patients are drawn and choose one by one; the method is given the expected volumes of today.
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.support.patients import sample_patients
from tests.support.small_dataset import make_dataset, make_profile

from zorgstroom.dataset.model import Dataset, Figure, VolumeNorm
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.national.beside import beside_tables, read_run
from zorgstroom.national.case import Area, Case, Decision, Intervention, Norm, Place, Value
from zorgstroom.national.outcome import outcome_of
from zorgstroom.national.planned import planned_case
from zorgstroom.national.redistribution import Redistributed, redistribute
from zorgstroom.national.tables import Cell
from zorgstroom.national.travel import band_of, travel_of
from zorgstroom.planning.plan import Steps, compile_plan, take_steps
from zorgstroom.reporting.national_beside import compare
from zorgstroom.reporting.readings import Readings
from zorgstroom.tables import to_parquet
from zorgstroom_simulator.choice import apply_moves, choose
from zorgstroom_simulator.experiment import Experiment, simulate_replication
from zorgstroom_simulator.outcome import Outcome, make_outcome

pytestmark = pytest.mark.unit

#: As many times the inhabitants of the small country; with one patient a year for every thousand of them.
INHABITANTS = 30
CARE = make_profile("stent", rate_per_1000=(1.0,) * 6, wait_first_visit_weeks=0.0, wait_treatment_weeks=0.0)
MINIMUM = 2_500


def country() -> Dataset:
    """Return the small country where distance decides, with three providers."""
    offers = np.array([[True], [True], [True], [False]])
    dataset = make_dataset(profiles=[CARE], offers=offers)
    beta = Figure("", "beta_basic", 20.0, "per minute", "assumed", "low", "S1")
    norm = VolumeNorm("stent", "stent", MINIMUM, "", "", "in_force", "high", "S1", "")
    return dataclasses.replace(
        dataset,
        parameters={**dataset.parameters, "beta_basic": beta},
        norms=(norm,),
        # Nobody is as far from one as from the other.
        travel_hundredths=dataset.travel_hundredths + np.array([[0, 3, 7, 11]], np.int32),
        population={year: people * INHABITANTS for year, people in dataset.population.items()},
        attraction=np.zeros_like(dataset.attraction),
        expected_volume=np.zeros_like(dataset.expected_volume),
        capacities={place: amount * 1000 * INHABITANTS for place, amount in dataset.capacities.items()},
    )


def by_the_method(
    dataset: Dataset, choices: dict[str, Decision], minimum: int | None
) -> tuple[Case, Redistributed]:
    """Return what the method says, given the volumes that follow from a patient per thousand inhabitants."""
    inhabitants = dataset.population[dataset.base_year].sum(axis=1).tolist()
    nearest = dataset.travel_hundredths[:, :3].argmin(axis=1)
    volumes = {
        (dataset.locations[row].id, "stent"): Value(
            Fraction(sum(people for people, at in zip(inhabitants, nearest, strict=True) if at == row), 1000),
            "own",
        )
        for row in range(3)
    }
    norm = Norm(
        "stent",
        {"nl": "Stent", "en": "Stent"},
        None if minimum is None else Fraction(minimum),
        Fraction(1),
        True,
        True,
    )
    case = Case(
        name="",
        year="",
        confidential=False,
        geography="",
        areas=tuple(
            Area(area.id, area.name, people) for area, people in zip(dataset.areas, inhabitants, strict=True)
        ),
        places=tuple(Place(item.id, item.name, item.organisation_id) for item in dataset.locations),
        travel=tuple(map(tuple, dataset.travel_hundredths.tolist())),
        transfer=tuple(map(tuple, dataset.transfer_hundredths.tolist())),
        interventions=(Intervention("stent", norm.names, "stent", "surgery", "stent"),),
        norms=(norm,),
        volumes=volumes,
        decisions={(place, "stent"): decision for place, decision in choices.items()},
        overrides={},
        own_proxies={},
        national_proxies={},
        key_figures={},
    )
    return case, redistribute(case, norm)


def planned(dataset: Dataset, at: list[str], top_up: bool) -> Steps:
    action = {"concentrate": {"profiles": ["stent"], "at": at, "rule": "nearest", "top_up": top_up}}
    return take_steps(
        Scenario.model_validate({"zorgstroom": 1, "name": "Proef", "actions": [action]}), dataset, None
    )


CASES = [
    (["NOORD", "ZUID"], {"NOORD": "keeps", "MIDDEN": "stops", "ZUID": "keeps"}),
    (["MIDDEN"], {"NOORD": "stops", "MIDDEN": "keeps", "ZUID": "stops"}),
    (["MIDDEN", "ZUID"], {"NOORD": "stops", "MIDDEN": "keeps", "ZUID": "keeps"}),
]


@pytest.mark.parametrize("top_up", [False, True])
@pytest.mark.parametrize(("at", "choices"), CASES)
def test_simulated_patients_go_where_the_method_sends_them(
    at: list[str], choices: dict[str, str], top_up: bool
) -> None:
    dataset = country()
    decisions = {
        place: Decision("stops" if choice == "stops" else "keeps") for place, choice in choices.items()
    }
    _, method = by_the_method(dataset, decisions, MINIMUM if top_up else None)
    steps = planned(dataset, at, top_up)
    expected = np.array([float(method.after.get(row, 0)) for row in range(4)])

    # Expected flows: to rounding; a step 2 moves whole parts per thousand of who is there.
    flows = steps.end.flows[0].sum(axis=(0, 1))
    assert np.allclose(flows, expected, atol=expected.max() / 1000 if top_up else 1e-6)

    # Simulated patients: to chance, four standard deviations.
    patients = sample_patients(dataset, Calendar(2025, 0, 52), 1, 0)
    patients = patients.take(patients.minute >= 0)
    after = choose(dataset, patients, np.arange(len(patients)), dataset.offers)
    for step in steps.steps:
        after = apply_moves(dataset, patients, after, list(step.moves))
    seen = np.bincount(after, minlength=4)
    assert len(patients) > 7_500
    assert np.all(np.abs(seen - expected) < 4 * np.sqrt(expected + 1) + expected.max() / 1000)


def test_they_travel_as_far_as_the_method_says() -> None:
    dataset = country()
    case, method = by_the_method(
        dataset, {"NOORD": Decision("keeps"), "MIDDEN": Decision("stops"), "ZUID": Decision("keeps")}, None
    )
    patients = sample_patients(dataset, Calendar(2025, 0, 52), 1, 0)
    patients = patients.take(patients.minute >= 0)
    before = choose(dataset, patients, np.arange(len(patients)), dataset.offers)
    (step,) = planned(dataset, ["NOORD", "ZUID"], False).steps
    after = apply_moves(dataset, patients, before, list(step.moves))
    extra = (
        dataset.travel_hundredths[patients.area, after] - dataset.travel_hundredths[patients.area, before]
    ).tolist()
    expected = travel_of(case, method).patients_in
    for band, number in expected.items():
        seen = sum(band_of(minutes) == band for minutes in extra)
        assert abs(seen - number) < 4 * np.sqrt(float(number) + 1)
    assert expected["15-20"] + expected["20-25"] > 1_000


@pytest.fixture(scope="module")
def simulated() -> tuple[Dataset, Scenario, Outcome]:
    """A plan that asks for the method, simulated with its queues where there is room for all."""
    dataset = country()
    expected = dataset.expected_volume.copy()
    case, _ = by_the_method(dataset, {"NOORD": Decision("keeps")}, None)
    for (place, _), value in case.volumes.items():
        expected[dataset.location_index[place], 0] = round(value.value * 1000)
    dataset = dataclasses.replace(dataset, expected_volume=expected, norms=())
    document = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "Proef",
            "method": "national-tranche-1",
            "horizon": {"weeks": 26, "warmup_weeks": 4},
            "actions": [
                {
                    "concentrate": {
                        "profiles": ["stent"],
                        "at": ["NOORD", "ZUID"],
                        "rule": "nearest",
                    }
                }
            ],
        }
    )
    made = Experiment(dataset, document, None, 1)
    outcome = make_outcome(
        made,
        [simulate_replication(made, 0)],
        run_id="proef",
        created="2026-01-01T00:00:00+00:00",
        wall_seconds=1.0,
        peak_memory_mb=1.0,
    )
    return dataset, document, outcome


def test_queues_change_nothing_when_there_is_room_for_all(
    tmp_path: Path, simulated: tuple[Dataset, Scenario, Outcome]
) -> None:
    dataset, _, made = simulated
    case, method = by_the_method(
        dataset, {"NOORD": Decision("keeps"), "MIDDEN": Decision("stops"), "ZUID": Decision("keeps")}, None
    )
    (tmp_path / "comparison.parquet").write_bytes(to_parquet(made.tables["comparison"]))
    outcome = outcome_of(case)
    volumes, travel, _ = beside_tables(outcome, read_run(tmp_path), "en")
    for row in volumes.rows:
        found = dict(zip(volumes.columns, row, strict=True))
        for seen, expected in (("simulated_before", "before"), ("simulated_after", "after")):
            by_method = amount(found[expected])
            assert abs(amount(found[seen]) - by_method) < 4 * np.sqrt(by_method * 2 + 1)
    moved = [(amount(cells[3]), amount(cells[4])) for cells in travel.rows]
    assert moved[-1][0] == sum(number for number, _ in moved[:-1]) == method.flows()[1, 0]
    assert all(abs(seen - number) < 4 * np.sqrt(number * 2 + 1) for number, seen in moved)


def test_the_report_of_a_plan_that_asks_for_the_method_says_the_same_on_both_sides(
    simulated: tuple[Dataset, Scenario, Outcome],
) -> None:
    dataset, document, made = simulated
    plan = compile_plan(document, dataset, None)
    planned = planned_case(document, dataset, None, plan)
    assert {key[0]: item.choice for key, item in planned.case.decisions.items()} == {
        "NOORD": "keeps",
        "MIDDEN": "stops",
        "ZUID": "keeps",
    }
    readings = Readings(made.tables["comparison"])
    rows = compare(outcome_of(planned.case), readings, made.tables["flows"], 1, 26)
    by_what = {(row.location, row.what, row.band): row for row in rows}
    patients = {"before", "after", "leaving", "arriving", "band"}
    for row in rows:
        if row.what in patients:
            assert row.simulated is not None
            expected = float(row.method or 0)
            assert abs(row.simulated.mean - expected) < 4 * np.sqrt(expected * 2 + 1), row
    # A whole number of beds, rooms and staff for each of them: as many times as there are patients.
    for what, each in (("or_hours", 1.5), ("nursing_days", 3.0)):
        row = by_what["MIDDEN", what, ""]
        assert row.method == Fraction(each) * -(by_what["MIDDEN", "leaving", ""].method or 0)
        assert row.simulated is not None
        assert abs(row.simulated.mean / float(row.method) - 1) < 0.05
    gone = by_what["MIDDEN", "staff_hours", ""]
    assert gone.simulated is not None
    assert gone.method is not None
    assert abs(gone.simulated.mean / float(gone.method) - 1) < 0.05
    # Bands of who leaves are all who leave; what leaves one comes at the others.
    bands = [row.method or 0 for row in rows if row.what == "band" and row.location == "MIDDEN"]
    assert sum(bands) == by_what["MIDDEN", "leaving", ""].method == by_what["", "leaving", ""].method
    changes = [row.method or 0 for row in rows if row.what in ("change", "or_hours") and row.location]
    assert sum(changes) == 0
    # The section of the report holds the same rows, and every one says what it rests on.
    (section,) = [item for item in made.impact.sections if item.id == "national_beside"]
    assert len(section.rows) == len(rows)
    assert all(row[-1] is not None for row in section.rows if row[3] is not None)


def amount(cell: Cell) -> float:
    assert isinstance(cell, int | Fraction)
    return float(cell)
