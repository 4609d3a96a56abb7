"""What must always hold, on random systems and plans; and that each check sees a mistake when there is one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_dataset import make_dataset
from tests.support.small_work import PREPARE

from zorgstroom.domain.scenario import Horizon, Scenario
from zorgstroom.planning.plan import Plan
from zorgstroom.tables import WATERFALL
from zorgstroom_simulator.engines import NEVER, Census, Engine, Journeys, Network, PatientTable, State
from zorgstroom_simulator.engines.registry import ENGINES
from zorgstroom_simulator.experiment import (
    Experiment,
    simulate_baseline,
    simulate_plan,
    simulate_replication,
    with_plan,
)
from zorgstroom_simulator.measure import measure
from zorgstroom_simulator.scope import Outcome
from zorgstroom_simulator.systems import DAY, At, Constant, Location, Minutes, System, Unplanned, run
from zorgstroom_simulator.verification.checks import (
    capacity_kept,
    more_beds_lose_fewer,
    one_place_each,
    states_match,
    stays_given,
)
from zorgstroom_simulator.verification.found import Found
from zorgstroom_simulator.verification.invariants import (
    INVARIANTS,
    Findings,
    PlanSettings,
    any_order,
    lines,
    other_engines,
    try_plan,
    try_system,
)
from zorgstroom_simulator.verification.little import (
    as_rows,
    census_check,
    from_rows,
    little,
    little_invariants,
    together,
)
from zorgstroom_simulator.verification.plan_checks import (
    changes,
    does_something,
    first_day,
    same_before,
    same_in_any_order,
    stays_counted,
    sums_of,
)
from zorgstroom_simulator.verification.random_systems import Case, Trial

pytestmark = pytest.mark.unit

SIMPY = ENGINES["simpy"]
DATASET = make_dataset()
OTHERS = other_engines("simpy")
SETTINGS = PlanSettings(DATASET, [None], Horizon(weeks=6, warmup_weeks=1), OTHERS, PREPARE, "")
SPREAD = {
    "spread": {
        "profiles": ["hip"],
        "from": {"locations": ["NOORD"]},
        "to": {"locations": ["MIDDEN"]},
        "share": 0.5,
        "start": "2025-01-27",
    }
}


def failures(findings: Findings) -> dict[str, tuple[str, ...]]:
    return {name: found.failures for name, found in findings.items() if found.failures}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**40))
def test_what_must_hold_holds_in_any_system(seed: int) -> None:
    findings = try_system(seed, SIMPY, OTHERS)
    assert not failures(findings)
    assert all(found.comparisons for found in findings.values())


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**40))
def test_what_must_hold_holds_under_any_plan(seed: int) -> None:
    findings = try_plan(seed, "simpy", SETTINGS)
    assert not failures(findings)
    assert {*findings} == {*INVARIANTS} - {"same_seed", "more_beds", "any_order"}


def test_other_processes_in_another_order_give_the_same() -> None:
    found = any_order(5, "simpy", SETTINGS)
    assert found.comparisons == 8
    assert not found.failures


# Each check sees a mistake.


def full_system(when_full: str = "board", next_unit_full: str = "over") -> Trial:
    """Return a run of two small locations with everything: waiting, boarding, IC then ward, who is still there."""
    system = System(
        {"A": Location(units={"ic": 1, "ward": 3}), "B": Location(units={"ic": 1, "ward": 2})},
        when_full=when_full,  # type: ignore[arg-type]
        next_unit_full=next_unit_full,  # type: ignore[arg-type]
    )
    every = range(30, 20 * DAY, 400)
    flows = {
        "acute": Unplanned(
            at="A",
            route=["ward"],
            stay=[Minutes([600 + 137 * number % 2900 for number in range(len(every))])],
            arrivals=At([*every]),
            diversions=["B"],
        ),
        "intensive": Unplanned(
            at="A",
            route=["ic", "ward"],
            stay=[Constant(1000), Constant(1700)],
            arrivals=At([*range(77, 20 * DAY, 1100)]),
        ),
    }
    return Case(system, flows, 20, 1).execute(SIMPY)  # type: ignore[arg-type]


def everything(trial: Trial) -> Found:
    tables = trial.patients, trial.journeys, trial.network
    instants = np.arange(500, 20 * DAY, 997)
    found = census_check(*tables) + one_place_each(*tables, instants) + states_match(*tables)
    return found + capacity_kept(*tables) + stays_given(*tables, 10 * DAY)


@pytest.mark.parametrize("next_unit_full", ["over", "block", "wait"])
@pytest.mark.parametrize("when_full", ["board", "wait", "lose"])
def test_the_system_to_be_tampered_with_is_sound(when_full: str, next_unit_full: str) -> None:
    assert not everything(full_system(when_full, next_unit_full)).failures


def tampered(trial: Trial, **columns: object) -> tuple[PatientTable, Journeys, Network]:
    return trial.patients, dataclasses.replace(trial.journeys, **columns), trial.network  # type: ignore[arg-type]


def changed(values: np.ndarray, row: int, value: int) -> np.ndarray:
    made = values.copy()
    made[row] = value
    return made


def test_a_wrong_count_of_the_engine_is_seen() -> None:
    trial = full_system()
    for name in Census.__dataclass_fields__:
        counts = getattr(trial.journeys.census, name).copy()
        counts[7, 0, 0] += 1
        census = dataclasses.replace(trial.journeys.census, **{name: counts})
        (failure,) = census_check(*tampered(trial, census=census)).failures
        assert failure.startswith(f"{name} day 7 location 0 number 0")


def test_a_stay_other_than_the_bed_was_in_use_is_seen() -> None:
    trial = full_system()
    row = int(np.flatnonzero(trial.journeys.discharge_minute > 10 * DAY)[0])
    later = changed(trial.journeys.discharge_minute, row, 15 * DAY)
    tables = tampered(trial, discharge_minute=later)
    assert census_check(*tables).failures
    assert stays_given(*tables, 10 * DAY).failures


def test_a_patient_in_two_places_or_nowhere_is_seen() -> None:
    trial = full_system("wait", "wait")
    journeys = trial.journeys
    instants = np.arange(0, 20 * DAY, 100)
    waited = int(np.flatnonzero(journeys.bed_minute > trial.patients.minute)[0])
    nowhere = changed(journeys.state, waited, int(State.DONE))
    gone = tampered(trial, state=nowhere, bed_minute=changed(journeys.bed_minute, waited, NEVER))
    assert one_place_each(*gone, instants).failures
    two = tampered(trial, state=changed(journeys.state, waited, int(State.LOST)))
    assert one_place_each(*two, instants).failures
    assert states_match(*two).failures


def test_a_bed_that_is_not_there_is_seen() -> None:
    trial = full_system("wait")
    fewer = dataclasses.replace(trial.network, ward_beds=trial.network.ward_beds - 1)
    assert capacity_kept(trial.patients, trial.journeys, fewer).failures
    boarding = full_system("board")
    assert boarding.journeys.boarded.any()
    unmarked = tampered(boarding, boarded=np.zeros_like(boarding.journeys.boarded))
    assert capacity_kept(*unmarked).failures
    above = full_system("lose", "over")
    assert above.journeys.over_capacity.any()
    unmarked = tampered(above, over_capacity=np.zeros_like(above.journeys.over_capacity))
    assert capacity_kept(*unmarked).failures


def test_leaving_out_who_is_still_there_is_seen() -> None:
    trial = full_system()
    end = trial.network.days * DAY
    still = (trial.journeys.discharge_minute >= end) & (trial.patients.ic_minutes == 0)
    assert still.any()
    cut = np.where(still, NEVER, trial.journeys.discharge_minute)
    found = stays_given(*tampered(trial, discharge_minute=cut), 10 * DAY)
    assert any("mean stay" in failure for failure in found.failures)


@pytest.mark.parametrize("when_full", ["wait", "lose", "board"])
def test_the_public_interface_tells_stays_of_who_is_still_there_too(when_full: str) -> None:
    """Own times in, the mean of who was admitted in a window out: the long stays at the end are in it."""
    rng = np.random.default_rng(3)
    arrivals = np.sort(rng.integers(0, 60 * DAY, 300))
    own = rng.lognormal(7.5, 1.2, 300).astype(np.int64) + 1
    flow = Unplanned(at="A", route=["ward"], stay=[Minutes(own.tolist())], arrivals=At(arrivals.tolist()))
    system = System({"A": Location(units={"ward": 12})}, when_full=when_full)  # type: ignore[arg-type]
    table = run(system, {"acute": flow}, days=60)
    start = table["start"].fill_null(-1).to_numpy()
    admitted = start >= 30 * DAY
    recorded = table["end"].fill_null(0).to_numpy()[admitted] - start[admitted]
    assert recorded.sum() == own[admitted].sum()
    still = table["state"].to_numpy(zero_copy_only=False)[admitted] == "in_treatment"
    assert still.any()
    # What leaving them out would say.
    assert recorded[~still].mean() < 0.95 * own[admitted].mean()


def test_a_bed_more_that_refuses_somebody_else_is_seen() -> None:
    few, many = (full_system("lose").journeys for _ in range(2))
    helped = int(np.flatnonzero((few.state != State.LOST) & (few.diversion == 0))[0])
    assert not more_beds_lose_fewer(few, many).failures
    refused = dataclasses.replace(many, state=changed(many.state, helped, int(State.LOST)))
    assert more_beds_lose_fewer(few, refused).failures
    diverted = dataclasses.replace(many, diversion=changed(many.diversion, helped, 1))
    assert more_beds_lose_fewer(few, diverted).failures


def late(patients: PatientTable, network: Network) -> Journeys:
    """An engine that discharges one patient a day late in its journeys, not in its beds."""
    made = SIMPY(patients, network)
    rows = np.flatnonzero(made.discharge_minute > 3 * DAY)
    if len(rows):
        made.discharge_minute[rows[0]] += DAY
    return made


def changeable(patients: PatientTable, network: Network) -> Journeys:
    """An engine that is another one every time."""
    made = SIMPY(patients, network)
    changeable.calls += 1  # type: ignore[attr-defined]
    made.boarded[0] = changeable.calls % 2  # type: ignore[attr-defined]
    return made


changeable.calls = 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("engine", "broken"), [(late, {"census", "stays", "engines"}), (changeable, {"same_seed", "engines"})]
)
def test_a_broken_engine_is_named_with_the_seed_that_shows_it(engine: Engine, broken: set[str]) -> None:
    found = lines((seed, try_system(seed, engine, OTHERS)) for seed in (41, 42, 43))
    wrong = {line.invariant: line.failures for line in found if not line.holds}
    assert broken <= wrong.keys()
    for invariant in broken:
        for failure in wrong[invariant]:
            seed = int(failure.removeprefix("seed ").partition(":")[0])
            again = try_system(seed, engine, OTHERS)
            assert again[invariant].failures or engine is changeable
    assert all(line.cases == 3 for line in found)


def test_many_failures_of_one_case_are_counted() -> None:
    (line,) = lines([(7, {"stays": Found(20, tuple(map(str, range(20))))})])
    assert line.failures[0] == "seed 7: 0"
    assert line.failures[-1] == "seed 7: and 15 more"
    assert len(line.failures) == 6


# Plans


def experiment(*actions: object) -> Experiment:
    scenario = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "Proef",
            "horizon": {"weeks": 6, "warmup_weeks": 1},
            "actions": list(actions),
        }
    )
    return Experiment(DATASET, scenario, None, 1)


@pytest.fixture(scope="module")
def sides() -> tuple[Experiment, Outcome, Outcome]:
    made = experiment(SPREAD)
    return made, simulate_baseline(made, 0), simulate_plan(made, 0)


def test_a_plan_that_works_before_it_starts_is_seen(sides: tuple[Experiment, Outcome, Outcome]) -> None:
    made, baseline, plan = sides
    day = first_day(made)
    assert day == 35
    assert not same_before(baseline, plan, day).failures
    # A week later it has begun to work.
    assert same_before(baseline, plan, day + 7).failures
    earlier = plan.journeys.admission_minute.copy()
    row = int(np.flatnonzero((earlier > 0) & (earlier < day * DAY))[0])
    journeys = dataclasses.replace(
        plan.journeys, admission_minute=changed(earlier, row, int(earlier[row]) - 1)
    )
    assert same_before(baseline, dataclasses.replace(plan, journeys=journeys), day).failures
    nights = plan.patients.nights.copy()
    nights[row] += 1
    patients = dataclasses.replace(plan.patients, nights=nights)
    assert same_before(baseline, dataclasses.replace(plan, patients=patients), day).failures
    fewer = dataclasses.replace(plan, patients=plan.patients.take(slice(1, None)))
    assert same_before(baseline, fewer, day).failures == ("other patients come before the plan starts",)


def test_indicators_without_who_is_still_there_are_seen(sides: tuple[Experiment, Outcome, Outcome]) -> None:
    made, baseline, _ = sides
    scope = made.scope
    indicators = measure(scope, baseline, "baseline", 0, None)
    assert not stays_counted(scope, baseline, indicators).failures
    gone = baseline.journeys.discharge_minute < scope.end
    cut = np.where(gone, baseline.journeys.admission_minute, NEVER)
    finished = dataclasses.replace(
        baseline, journeys=dataclasses.replace(baseline.journeys, admission_minute=cut)
    )
    censored = measure(scope, finished, "baseline", 0, None)
    found = stays_counted(scope, baseline, censored).failures
    assert {failure.partition(":")[0] for failure in found} >= {"admissions_overnight", "bed_days"}


def test_an_action_that_does_nothing_and_is_not_named_is_seen() -> None:
    made = experiment(SPREAD)
    assert not does_something(made, 0).failures
    idle = with_plan(made, Plan((), (), ((0, DATASET.offers),)))
    (failure,) = does_something(idle, 0).failures
    assert failure.startswith("spread changes nothing and is not named")
    assert not changes(simulate_replication(idle, 0))
    # A pool that already has this size is named before anything is simulated.
    size = DATASET.capacities["MIDDEN", "ward:surgical"]
    assert not does_something(
        experiment({"capacity": {"location": "MIDDEN", "pool": "ward:surgical", "set": size}}), 0
    ).failures


def test_other_results_are_seen() -> None:
    made = experiment(SPREAD)
    here = [simulate_replication(made, 0)]
    other = dataclasses.replace(made, seed=2)
    assert not same_in_any_order(here, lambda: [simulate_replication(made, 0)]).failures
    assert same_in_any_order(here, lambda: [simulate_replication(other, 0)]).failures


def test_a_waterfall_that_does_not_add_up_is_seen() -> None:
    result = simulate_replication(experiment(SPREAD), 0)
    rows = [
        {"replication": 0, "indicator": "travel_mean", "part": part, "millionths": amount}
        for part, amount in (("redistribution", 10**9), ("total", 10**9 + 1))
    ]
    found = sums_of(pa.Table.from_pylist(rows, schema=WATERFALL), [result]).failures
    assert [failure.partition(": ")[2] for failure in found] == [
        f"{10**9} in parts, {10**9 + 1} in total",
        f"total {10**9 + 1} is not the difference",
    ]


# Little's law


def test_littles_law_holds_to_the_last_patient(sides: tuple[Experiment, Outcome, Outcome]) -> None:
    made, baseline, _ = sides
    found = little(made.scope, baseline)
    pools = {line.pool.partition(":")[0] for line in found}
    assert pools == {"or", "clinic", "ward", "ic"}
    census = census_check(baseline.table, baseline.journeys, baseline.network)
    law, counts = little_invariants(found, 1, [census])
    assert law.holds
    assert counts.holds
    assert (law.comparisons, counts.comparisons) == (len(found), census.comparisons)
    for line in found:
        assert line.days == 42
        assert line.length * line.days == pytest.approx(
            line.rate * line.wait * line.days + line.after - line.before
        )
    # Waits count in full: of who left a long list in these weeks most came before the run.
    longest = max(found, key=lambda line: line.length)
    assert longest.wait > 28


def test_little_sees_a_count_that_is_not_of_these_patients(
    sides: tuple[Experiment, Outcome, Outcome],
) -> None:
    made, baseline, _ = sides
    wards = baseline.journeys.census.wards.copy()
    wards[30, 0, 0] += 1
    census = dataclasses.replace(baseline.journeys.census, wards=wards)
    outcome = dataclasses.replace(baseline, journeys=dataclasses.replace(baseline.journeys, census=census))
    (law,) = little_invariants(little(made.scope, outcome), 1)
    (failure,) = law.failures
    assert failure.startswith("NOORD ward:surgical")


def test_lines_of_replications_add_up_and_travel_as_json(sides: tuple[Experiment, Outcome, Outcome]) -> None:
    made, baseline, _ = sides
    found = little(made.scope, baseline)
    assert from_rows(as_rows(found)) == found
    twice = together([found, found])
    assert len(twice) == len(found)
    by_place = {(line.location, line.pool): line for line in twice}
    for line in found:
        other = by_place[line.location, line.pool]
        assert (other.length, other.wait, other.difference) == (line.length, line.wait, line.difference)
        assert (other.days, other.census) == (2 * line.days, 2 * line.census)
