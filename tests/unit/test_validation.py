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
from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.domain.scenario import Horizon, Scenario
from zorgstroom.planning.attraction import Expected, fit_attraction
from zorgstroom.planning.fit import report_fit
from zorgstroom.planning.targets import (
    Observation,
    Tally,
    Target,
    ToleranceKind,
    Use,
    deviations,
    not_accepted,
    not_fitting,
    read_targets,
    tally,
)
from zorgstroom.planning.wards import planned_beds, staffed_beds, ward_beds
from zorgstroom.text import catalogue
from zorgstroom.text.columns import aligned, markdown_table
from zorgstroom_simulator.experiment import Experiment, simulate_baseline
from zorgstroom_simulator.measure import measure
from zorgstroom_simulator.verification import baseline_command, national_work
from zorgstroom_simulator.verification.national import National, compare
from zorgstroom_simulator.verification.national_work import Replication, observe
from zorgstroom_simulator.verification.sums import Estimate, Sums, estimates

pytestmark = pytest.mark.unit


#: Relative growth of three lists whose chance alone is 30%.
WALKS = {"within": 0.34, "maybe": 0.9, "never": 1.0}


def _target(
    identifier: str,
    value: float | None,
    tolerance: float | None,
    kind: ToleranceKind = "relative",
    use: Use = "aim",
) -> Target:
    used_for = "" if use == "held_back" else "volumes"
    return Target(identifier, value, "unit", tolerance, kind, 2023, use, used_for, "known", "high", "S1", "")


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


def test_what_was_held_back_and_is_off_is_a_finding_and_no_failure() -> None:
    """What the model aims at and does not give fails a verification; the others are counted and named."""
    targets = (
        _target("births", 100, 0.05),
        _target("beds", 100, 0.05),
        _target("ages", 10, 0.05, use="informed"),
        _target("travel", 28, 0.25, use="held_back"),
        _target("waits", 10, 0.25, use="held_back"),
        _target("stays", 10, None, use="held_back"),
    )
    found = {"births": 104.0, "beds": 120.0, "ages": 12.0, "travel": 20.0, "waits": 11.0, "stays": 30.0}
    lines = deviations(targets, [Observation(name, "", value) for name, value in found.items()])
    verdicts = ["fits", "does_not_fit", "does_not_fit", "does_not_fit", "fits", "not_judged"]
    assert [line.verdict for line in lines] == verdicts
    assert [line.target.id for line in not_accepted(lines, targets)] == ["beds"]
    assert [line.target.id for line in not_fitting(lines)] == ["travel"]
    assert tally(lines) == Tally(
        judged=5, held_back=2, fits=2, held_back_fits=1, may_be_chance=0, not_judged=1
    )


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(93.0, 94.9, "does_not_fit"), (92.9, 95.1, "may_be_chance"), (None, None, "does_not_fit")],
)
def test_outside_its_tolerance_by_chance_is_not_judged(
    low: float | None, high: float | None, verdict: str
) -> None:
    """What matters is whether the interval over replications reaches into the tolerance."""
    observed = Observation("births", "", 94.0, low=low, high=high)
    (line,) = deviations((_target("births", 100, 0.05),), [observed])
    assert line.verdict == verdict


def test_replications_give_an_interval_from_three_on() -> None:
    """Quotients of 2, 4 and 6 with equal denominators: mean 4, standard deviation 2, Student's t of 4.303."""
    sums: list[Sums] = [{("wait", ""): (value, 1.0)} for value in (2.0, 4.0, 6.0)]
    estimate = estimates(sums)["wait", ""]
    half = 4.303 * 2 / 3**0.5
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((4, 4 - half, 4 + half))
    assert estimates(sums[:2])["wait", ""] == Estimate(3.0, None, None, 2.0)
    # Replications weigh by what they rest on; one without anything is left out.
    uneven: list[Sums] = [{("wait", ""): (2.0, 1.0)}, {("wait", ""): (12.0, 3.0)}, {("wait", ""): (0.0, 0.0)}]
    assert estimates(uneven)["wait", ""].value == 3.5
    assert estimates([{("wait", ""): (0.0, 0.0)}]) == {}


def test_half_of_the_shipped_figures_is_held_back_and_every_figure_has_its_name() -> None:
    """At least 20 published figures are judged, a third of them held back; a hospital's is labelled an estimate."""
    targets = read_targets(dataset_folder("nl2025"))
    judged = [t for t in targets if t.published and t.value is not None and t.tolerance is not None]
    held_back = [target for target in judged if not target.calibrated_on]
    assert len(judged) >= 20
    assert len(held_back) >= len(judged) / 3
    hospitals = [
        target.id for target in targets if target.id.partition("_")[0] in ("mumc", "umcg", "cwz", "asz")
    ]
    assert len(hospitals) == 22
    for language, words in (("nl", "(schatting van het model)"), ("en", "(model estimate)")):
        texts = catalogue(language)
        assert not [target.id for target in targets if f"target.{target.id}" not in texts]
        assert not [name for name in hospitals if not texts[f"target.{name}"].endswith(words)]
    for target in targets:
        assert (target.use == "held_back") == (not target.used_for), target.id
    # What is shown without a verdict says why.
    assert not [
        t.id
        for t in targets
        if t.value is not None and t.tolerance is None and not t.note and t.tolerance_kind != "at_least"
    ]


@pytest.fixture(scope="module")
def country() -> tuple[Dataset, list[Replication]]:
    """Three replications of 13 weeks in a small country with births, at load 1.00."""
    small = make_dataset(load=1.0)
    birth = make_profile(
        "caesarean", specialty="surgery", ward_group="mother", always_acute=True, acute_share=0.5,
        choice_class="acute", rate_per_1000=(0.0, 2.0, 8.0, 0.0, 0.0, 0.0), providers=3,
        wait_first_visit_weeks=0.0, wait_treatment_weeks=0.0,
    )  # fmt: skip
    dataset = make_dataset(profiles=(*small.profiles, birth), load=1.0)
    experiment = _experiment(dataset)
    return dataset, [national_work.simulate(experiment, number) for number in range(3)]


def _found(country: tuple[Dataset, list[Replication]]) -> National:
    dataset, made = country
    fit = report_fit(dataset, fit_attraction(dataset, dataset.offers))
    return compare(dataset, fit, read_targets(dataset_folder("nl2025")), 2025, 1, 13, made)


def test_every_target_is_something_the_model_gives(country: tuple[Dataset, list[Replication]]) -> None:
    """But for the hospitals, provinces and profiles that the small country does not have."""
    found = _found(country)
    missing = {target.id for target in found.targets} - {line.target.id for line in found.lines}
    elsewhere = (
        "mumc_",
        "umcg_",
        "cwz_",
        "asz_",
        "outside_",
        "hip_",
        "knee_",
        "injury_",
        "occupancy_",
        "travel_",
    )
    rare = {
        "bypass_neurosurgery",
        "multitrauma_level1",
        "ed_visits_noordholland_flevoland",
        "treatment_list_each",
    }
    assert not {name for name in missing if not name.startswith(elsewhere)} - rare


def test_types_and_regions_add_up_to_the_country(country: tuple[Dataset, list[Replication]]) -> None:
    """Admissions and beds-days per hospital type, per ROAZ region and of the country are the same patients."""
    found = _found(country)
    whole = {line.target.id: line for line in found.lines if not line.subject}
    for groups in (found.by_type, found.by_roaz):
        for figure, target in (("admissions", "clinical_admissions"), ("bed_days", "calendar_bed_days")):
            mine = [line for line in groups if line.figure == figure]
            assert sum(line.model for line in mine) == pytest.approx(whole[target].model)
            assert all(line.low is not None and line.low <= line.model for line in mine)
    assert {line.group for line in found.by_type} == {"umc", "topklinisch", "algemeen"}
    shares = [whole[f"age_share_{band}"].model for band in AGE_BANDS]
    assert sum(shares) == pytest.approx(100)
    assert whole["all_admissions"].model == pytest.approx(
        sum(whole[name].model for name in ("clinical_admissions", "observations", "day_admissions"))
    )
    reasons = ("ic_medical", "ic_emergency_surgery", "ic_planned_surgery")
    assert sum(whole[name].model for name in reasons) == pytest.approx(100)


def test_little_s_law_comes_with_it(country: tuple[Dataset, list[Replication]]) -> None:
    """Per queue over all replications, and as something that always held."""
    found = _found(country)
    assert {line.pool for line in found.little} >= {"or", "ward:surgical"}
    assert [check.holds for check in found.little_checks] == [True, True]
    assert found.little_checks[0].cases == 3
    _, made = country
    assert national_work.decode(national_work.encode(made[0])) == made[0]


def test_who_passes_the_nearest_hospital_is_counted_by_organisation(
    country: tuple[Dataset, list[Replication]],
) -> None:
    """Counted again visit by visit."""
    dataset, made = country
    experiment = _experiment(dataset)
    outcome = simulate_baseline(experiment, 0)
    journeys, patients, scope = outcome.journeys, outcome.queued, experiment.scope
    organisation = {index: location.organisation_id for index, location in enumerate(dataset.locations)}
    wanted = dataset.specialty_index["orthopaedics"]
    visits = [
        row
        for row in range(len(patients))
        if patients.specialty[row] == wanted and scope.start <= journeys.visit_minute[row] < scope.end
    ]
    open_to = {int(journeys.visit_location[row]) for row in visits}
    passed = total = 0
    for row in visits:
        travel = dataset.travel_hundredths[patients.area[row]]
        nearest = min(sorted(open_to), key=lambda place, travel=travel: travel[place])  # type: ignore[misc]
        weight = int(patients.weight[row])
        total += weight
        passed += weight * (organisation[nearest] != organisation[int(journeys.visit_location[row])])
    assert 0 < passed < total
    assert made[0].sums["bypass_orthopaedics", ""] == (100 * passed, total)


def _experiment(dataset: Dataset) -> Experiment:
    horizon = Horizon(demand_year=2025, weeks=13, warmup_weeks=1)
    return Experiment(dataset, Scenario(zorgstroom=1, name="baseline", horizon=horizon), None, 1)


def test_the_work_is_calibrated_for_its_year() -> None:
    """The processes that simulate get the capacities of the demand year, not those stored for the base year."""
    experiment = national_work.baseline_experiment(dataset_folder("nl2025"), 2023, 5, weeks=4)
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


def test_planned_care_of_mother_and_child_counts_as_planned(
    country: tuple[Dataset, list[Replication]],
) -> None:
    """Half of the caesareans are planned; in the model they arrive like acute patients."""
    sums = country[1][0].sums
    births = sums["hospital_births", ""][0]
    everything = sums["clinical_admissions", ""][0]
    assert births > 0
    pneumonia_and_half = sums["acute_admissions", ""][0]
    assert pneumonia_and_half < everything - births / 2 + 1


def test_the_lists_are_those_of_start_and_end(country: tuple[Dataset, list[Replication]]) -> None:
    """The national list is the sum of the lists, at both moments."""
    sums = country[1][0].sums
    each = [pair for (target, _), pair in sums.items() if target == "treatment_list_each"]
    national = sums["treatment_list", ""]
    assert national[1] == sum(pair[1] for pair in each) > 0
    assert national[0] >= sum(pair[0] for pair in each)


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
    country: tuple[Dataset, list[Replication]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With the simulation replaced by one of a small country."""
    found = _found(country)
    monkeypatch.setattr(baseline_command, "national", lambda *_: found)
    out = tmp_path / "validation"
    assert run(["verify", "baseline", "--out", str(out), "--lang", "en"]) == 1
    printed = capsys.readouterr().out
    assert "Clinical admissions (with a night)" in printed
    assert "Figures that the model aims at and does not give:" in printed
    assert "Held back, and not predicted by the model:" in printed
    document = json.loads((out / "deviations.json").read_text("utf-8"))
    assert document["accepted"] is False
    lines = {line["target"]: line for line in document["deviations"] if not line["subject"]}
    assert lines["clinical_admissions"]["value"] == 1_330_000
    assert lines["clinical_admissions"]["calibrated_on"] is True
    assert lines["clinical_admissions"]["low"] < lines["clinical_admissions"]["high"]
    assert lines["nearest_hospital_km"]["verdict"] == "does_not_fit"
    assert lines["nearest_hospital_km"]["calibrated_on"] is False


def test_a_year_without_population_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the years there are."""
    assert run(["verify", "baseline", "--year", "1999"]) == 1
    assert "2021, 2022, 2023" in capsys.readouterr().err


def test_tables_are_aligned() -> None:
    """Every column is as wide as its widest cell; Markdown escapes its own sign."""
    assert aligned([("a", "bb"), ("ccc", "d")]) == ["a    bb", "ccc  d"]
    assert aligned([]) == []
    assert "2\\|3" in markdown_table([("a", "b"), ("1", "2|3")])


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
