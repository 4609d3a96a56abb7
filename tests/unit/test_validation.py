"""The baseline beside published figures: what counts, what is accepted, and what the command does with it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from tests.support.small_dataset import make_dataset, make_profile

from zorgstroom.cli import run
from zorgstroom.dataset import dataset_folder, load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.domain.scenario import Horizon, Scenario
from zorgstroom.planning.attraction import Expected, fit_attraction
from zorgstroom.planning.targets import (
    Observation,
    Target,
    ToleranceKind,
    deviations,
    not_accepted,
    read_targets,
)
from zorgstroom.planning.wards import planned_beds, staffed_beds, ward_beds
from zorgstroom_simulator import validation_work, verify_command
from zorgstroom_simulator.console import columns, markdown
from zorgstroom_simulator.experiment import Experiment, simulate_baseline
from zorgstroom_simulator.measure import measure
from zorgstroom_simulator.validation import combine_sums, observations, observe

pytestmark = pytest.mark.unit


#: Relative growth of three lists whose chance alone is 30%.
WALKS = {"within": 0.34, "maybe": 0.9, "never": 1.0}


def _target(
    identifier: str,
    value: float | None,
    tolerance: float | None,
    kind: ToleranceKind = "relative",
) -> Target:
    return Target(identifier, value, "unit", tolerance, kind, 2023, True, "known", "high", "S1", "")


def test_a_deviation_is_judged_by_its_own_kind_of_tolerance() -> None:
    """Relative, in points, at least, and not at all."""
    targets = (
        _target("births", 100, 0.05),
        _target("occupancy", 67, 5, "points"),
        _target("beds", 100, None),
        _target("wait", None, 0.15),
        _target("wait_profiles", 0.9, None, "at_least"),
    )
    observed = [
        Observation("births", "", 104),
        Observation("occupancy", "", 73),
        Observation("beds", "", 500),
        Observation("wait", "hip", 11.0, 10.0),
        Observation("wait", "knee", 13.0, 10.0),
        Observation("unknown", "", 1.0),
    ]
    lines = deviations(targets, observed)
    assert [(line.target.id, line.subject, line.accepted) for line in lines] == [
        ("births", "", True),
        ("occupancy", "", False),
        ("beds", "", None),
        ("wait", "knee", False),
        ("wait", "hip", True),
        ("wait_profiles", "", False),
    ]
    assert lines[1].deviation == pytest.approx(6)
    assert lines[3].deviation == pytest.approx(0.3)
    assert lines[5].model == 0.5
    walk = (_target("list", 1, 0.35),)
    outcomes = [Observation("list", name, 1 + by, number=100, chance=0.3) for name, by in WALKS.items()]
    judged = {line.subject: line.accepted for line in deviations(walk, outcomes)}
    assert judged == {"within": True, "maybe": None, "never": False}
    # One profile outside is no failure by itself: nine of ten are asked.
    assert [line.target.id for line in not_accepted(lines, targets)] == ["occupancy", "wait_profiles"]


def test_the_shipped_targets_can_be_read_and_are_all_observed() -> None:
    """Every target is something the model gives; the table's references are checked with the dataset."""
    targets = read_targets(dataset_folder("nl2025"))
    dataset, sums = _year()
    # The small country has not every hospital type, and no list of a hundred.
    found = {observation.target for observation in observations(dataset, 2025, sums)}
    asked = {target.id for target in targets} - {"wait_first_visit_profiles", "wait_treatment_profiles"}
    per_type = {f"occupancy_{beds}_{kind}" for beds in ("staffed", "operational") for kind in HOSPITAL_TYPES}
    assert asked - found <= per_type | {"treatment_list_each"}


def _year() -> tuple[Dataset, dict[tuple[str, str], tuple[float, float]]]:
    """Return a small baseline with births, at load 1.00, and what a year of it gives."""
    small = make_dataset(load=1.0)
    birth = make_profile(
        "caesarean", specialty="surgery", ward_group="mother", always_acute=True, acute_share=0.5,
        choice_class="acute", rate_per_1000=(0.0, 2.0, 8.0, 0.0, 0.0, 0.0), providers=3,
        wait_first_visit_weeks=0.0, wait_treatment_weeks=0.0,
    )  # fmt: skip
    dataset = make_dataset(profiles=(*small.profiles, birth), load=1.0)
    return dataset, validation_work.simulate(_experiment(dataset), 0)


def _experiment(dataset: Dataset) -> Experiment:
    horizon = Horizon(demand_year=2025, weeks=13, warmup_weeks=1)
    return Experiment(dataset, Scenario(zorgstroom=1, name="baseline", horizon=horizon), None, 1)


def test_the_work_is_calibrated_for_its_year() -> None:
    """The processes that simulate get the capacities of the demand year, not those stored for the base year."""
    experiment = validation_work.baseline_experiment(dataset_folder("nl2025"), 2023, 5, weeks=4)
    assert (experiment.calendar.demand_year, experiment.calendar.weeks, experiment.seed) == (2023, 4, 5)
    stored = load_dataset()
    assert experiment.dataset.capacities["EMC", "or"] < stored.capacities["EMC", "or"]
    assert not experiment.plan.moves


def test_what_is_counted_is_what_happened() -> None:
    """Admissions, bed-days and births per year, counted again from the journeys one by one."""
    small = make_dataset(load=1.0)
    experiment = _experiment(small)
    outcome = simulate_baseline(experiment, 0)
    sums = observe(experiment.scope, outcome, measure(experiment.scope, outcome, "baseline", 0, None))
    patients, journeys, scope = outcome.queued, outcome.journeys, experiment.scope
    nights = admissions = in_ic = 0
    for row in range(len(patients.key)):
        if scope.start <= journeys.admission_minute[row] < scope.end and patients.nights[row] > 0:
            admissions += 1
            nights += int(patients.nights[row])
            in_ic += bool(patients.needs_ic[row])
    assert admissions > 100
    assert sums["clinical_admissions", ""] == (admissions, 13 / 52)
    assert sums["calendar_bed_days", ""] == (nights + admissions, 13 / 52)
    assert sums["adult_ic_admissions", ""][0] == in_ic
    assert sums["mean_stay", ""] == (nights + admissions, admissions)


def test_planned_care_of_mother_and_child_counts_as_planned() -> None:
    """Half of the caesareans are planned; in the model they arrive like acute patients."""
    _, sums = _year()
    births = sums["hospital_births", ""][0]
    everything = sums["clinical_admissions", ""][0]
    assert births > 0
    pneumonia_and_half = sums["acute_admissions", ""][0]
    assert pneumonia_and_half < everything - births / 2 + 1


def test_the_lists_are_those_of_start_and_end() -> None:
    """The national list is the sum of the lists, at both moments; replications add up."""
    _, sums = _year()
    each = [pair for (target, _), pair in sums.items() if target == "treatment_list_each"]
    national = sums["treatment_list", ""]
    assert national[1] == sum(pair[1] for pair in each) > 0
    assert national[0] >= sum(pair[0] for pair in each)
    assert combine_sums([sums, sums])["treatment_list", ""] == (2 * national[0], 2 * national[1])
    assert validation_work.decode(validation_work.encode(sums)) == sums


def test_beds_for_planned_patients_are_counted_on_the_mornings_they_come() -> None:
    """One patient each working day with exactly one night: on a morning today's and, but on Monday, yesterday's."""
    profile = make_profile(
        "one_night", los_nights_mean=1.0, los_nights_sd=0.0, type_shares=dict.fromkeys(HOSPITAL_TYPES, 0.25)
    )
    dataset = make_dataset(profiles=(profile,))
    persons = np.zeros(dataset.offers.shape)
    persons[0, 0] = 250
    planned = planned_beds(dataset, Expected(persons, np.zeros_like(persons)), 250)["ward:surgical"]
    assert planned.morning[0] == pytest.approx((1 + 2 + 2 + 2 + 2) / 5)
    # From seven to eleven the next day is 28 hours.
    assert planned.mean[0] == pytest.approx(250 * 28 / 24 / 364)
    # Twenty a day: the mean asks for fewer beds than the mornings do.
    busy = planned_beds(dataset, Expected(persons * 20, np.zeros_like(persons)), 250)["ward:surgical"]
    load = float(busy.mean[0])
    assert ward_beds(load, busy, 0, 0.7, 0.05, 1) == 43 > staffed_beds(load, 0.7)
    assert ward_beds(load, None, 0, 0.7, 0.05, 1) == staffed_beds(load, 0.7)


def test_the_command_prints_saves_and_fails_on_what_is_outside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the simulation replaced by one small year of the shipped country's form."""
    small, sums = _year()
    monkeypatch.setattr(verify_command, "simulate_all", lambda *_: sums)
    monkeypatch.setattr(verify_command, "calibrate", lambda folder, year: (small, None))
    out = tmp_path / "validation"
    assert run(["verify", "baseline", "--out", str(out), "--lang", "en"]) == 1
    printed = capsys.readouterr().out
    assert "Clinical admissions (with a night)" in printed
    assert "Outside its tolerance:" in printed
    document = json.loads((out / "deviations.json").read_text("utf-8"))
    assert document["accepted"] is False
    lines = {line["target"]: line for line in document["deviations"] if not line["subject"]}
    assert lines["clinical_admissions"]["value"] == 1_330_000
    assert lines["clinical_admissions"]["calibrated_on"] is True
    assert (out / "deviations.csv").read_text("utf-8").count("\n") == len(document["deviations"]) + 1
    page = (out / "deviations.md").read_text("utf-8")
    assert page.startswith("| Figure | Part |")
    assert "\n## Wait for treatment (weeks)\n" in page
    assert run(["verify", "baseline", "--json", "--lang", "nl"]) == 1
    assert json.loads(capsys.readouterr().out)["deviations"] == document["deviations"]


def test_a_year_without_population_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the years there are."""
    assert run(["verify", "baseline", "--year", "1999"]) == 1
    assert "2021, 2022, 2023" in capsys.readouterr().err


def test_tables_are_aligned() -> None:
    """Every column is as wide as its widest cell; Markdown escapes its own sign."""
    assert columns([("a", "bb"), ("ccc", "d")]) == ["a    bb", "ccc  d"]
    assert columns([]) == []
    assert "2\\|3" in markdown([("a", "b"), ("1", "2|3")])


def test_fitting_does_not_depend_on_the_order_of_locations() -> None:
    """Relabelled and turned around, every location keeps its attraction to a thousandth of a unit."""
    dataset = make_dataset(attraction=np.zeros((4, 5), np.int32))
    order = np.array([3, 2, 1, 0])
    turned = dataclasses.replace(
        dataset,
        locations=tuple(dataset.locations[i] for i in order),
        travel_hundredths=dataset.travel_hundredths[:, order],
        offers=dataset.offers[order],
        attraction=np.zeros((4, 5), np.int32),
    )
    here = fit_attraction(dataset, dataset.offers).attraction
    there = fit_attraction(turned, turned.offers).attraction
    assert np.abs(here[order] - there).max() <= 66
