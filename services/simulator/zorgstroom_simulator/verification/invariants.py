"""What must always hold, tried on random systems and random plans; a failure names the seed that shows it again.

    verify_invariants(seed=17, cases=1)      # tries the system and the plan of seed 17 only

Systems are made through `zorgstroom_simulator.systems`: one to three locations of any size, all rules, light to too
full. Plans are random actions on one of the smallest regions of the shipped dataset, over a few weeks. The checks are
pure functions of what went in and what came out (`checks`, `plan_checks`), so tests can show that each of them sees a
mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from zorgstroom.dataset import DEFAULT_DATASET, load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Horizon
from zorgstroom_simulator.blocks import PREPARE, block_of, decode
from zorgstroom_simulator.compute import LocalCompute
from zorgstroom_simulator.engines import Engine
from zorgstroom_simulator.engines.registry import ENGINES
from zorgstroom_simulator.experiment import (
    Experiment,
    ReplicationTables,
    simulate_baseline,
    simulate_plan,
    simulate_replication,
)
from zorgstroom_simulator.measure import measure
from zorgstroom_simulator.scope import Outcome
from zorgstroom_simulator.verification.checks import (
    capacity_kept,
    more_beds_lose_fewer,
    one_place_each,
    same_by_engines,
    states_match,
    stays_given,
)
from zorgstroom_simulator.verification.found import Found
from zorgstroom_simulator.verification.little import census_check
from zorgstroom_simulator.verification.plan_checks import (
    does_something,
    first_day,
    same_before,
    same_in_any_order,
    stays_counted,
    waterfall_sums,
)
from zorgstroom_simulator.verification.random_plans import RandomActions
from zorgstroom_simulator.verification.random_systems import random_case, single_station
from zorgstroom_simulator.verification.results import InvariantLine

#: One random plan for so many random systems: a plan takes seconds, a system hundredths.
SYSTEMS_PER_PLAN = 10
#: Instants at which everybody must be in one place, beside every midnight.
INSTANTS = 8
#: Mistakes of one case that are listed.
MOST_FAILURES = 5
#: Regions that are tried: the smallest with at least two hospitals.
SMALLEST_REGIONS = 4
#: Weeks of a random plan.
HORIZON = Horizon(weeks=4, warmup_weeks=1)
#: Actions of a random plan, and replications of the runs that are done again elsewhere.
ACTIONS, REPLICATIONS = 3, 2

#: What a case found, by invariant.
Findings = Mapping[str, Found]

#: In the order in which they are told.
INVARIANTS = (
    "census",
    "one_place",
    "capacity",
    "stays",
    "same_seed",
    "engines",
    "any_order",
    "before_start",
    "more_beds",
    "every_lever",
    "waterfall",
)


@dataclass(frozen=True)
class PlanSettings:
    """On what random plans are tried."""

    dataset: Dataset
    regions: Sequence[Region | None]
    horizon: Horizon
    #: The engines that must agree with the one that is tried.
    others: Mapping[str, Engine]
    #: For `LocalCompute`: where processes find their work, and what they are told.
    prepare: str
    setup: str


def verify_invariants(seed: int, cases: int, engine: str = "simpy") -> list[InvariantLine]:
    """Try every invariant on `cases` random systems, of seeds `seed`, `seed` + 1, ..., and on a plan for every tenth.

    Takes about 30 ms a system and 10 s a plan.
    """
    dataset = load_dataset(DEFAULT_DATASET)
    settings = PlanSettings(
        dataset, smallest_regions(dataset), HORIZON, other_engines(engine), PREPARE, DEFAULT_DATASET
    )
    return lines(_cases(seed, cases, engine, settings))


def other_engines(engine: str) -> dict[str, Engine]:
    """Return all engines but this one."""
    return {name: other for name, other in ENGINES.items() if name != engine}


def _cases(seed: int, cases: int, engine: str, settings: PlanSettings) -> Iterator[tuple[int, Findings]]:
    for number in range(cases):
        yield seed + number, try_system(seed + number, ENGINES[engine], settings.others)
        if number % SYSTEMS_PER_PLAN == 0:
            yield seed + number, try_plan(seed + number, engine, settings)
    # Once: it starts processes and simulates everything three times.
    yield seed, {"any_order": any_order(seed, engine, settings)}


def lines(cases: Iterable[tuple[int, Findings]]) -> list[InvariantLine]:
    """Return a line per invariant from what each case found; a failure begins with the seed of its case."""
    number = dict.fromkeys(INVARIANTS, 0)
    together = dict.fromkeys(INVARIANTS, Found())
    for seed, findings in cases:
        for invariant, found in findings.items():
            number[invariant] += 1
            together[invariant] += _shortened(found).about(f"seed {seed}")
    return [
        InvariantLine(name, number[name], together[name].comparisons, together[name].failures)
        for name in INVARIANTS
        if number[name]
    ]


def _shortened(found: Found) -> Found:
    more = len(found.failures) - MOST_FAILURES
    if more <= 0:
        return found
    return Found(found.comparisons, (*found.failures[:MOST_FAILURES], f"and {more} more"))


def try_system(seed: int, engine: Engine, others: Mapping[str, Engine]) -> Findings:
    """Run the random system of a seed and look at what came out; `others` must agree with it."""
    case = random_case(seed)
    trial, again = case.execute(engine), case.execute(engine)
    tables = trial.patients, trial.journeys, trial.network
    rng = np.random.default_rng([seed, 3])
    instants = rng.integers(0, case.days * 1440, INSTANTS)
    same = () if trial.journeys.equals(again.journeys) else ("the same run again gives other journeys",)
    return {
        "census": census_check(*tables),
        "one_place": one_place_each(*tables, instants) + states_match(*tables),
        "capacity": capacity_kept(*tables),
        "stays": stays_given(*tables, case.days * 720),
        "same_seed": Found(1, same),
        "engines": same_by_engines(tables, others),
        "more_beds": more_beds(seed, engine),
    }


def more_beds(seed: int, engine: Engine) -> Found:
    """Try the single station of a seed with one bed more, twice, on the same patients."""
    found = Found()
    before = None
    for beds in range(3):
        case = single_station(seed, beds + 1 + seed % 7)
        trial = case.execute(engine)
        if before is not None:
            found += more_beds_lose_fewer(before, trial.journeys)
        before = trial.journeys
    return found


def try_plan(seed: int, engine: str, settings: PlanSettings) -> Findings:
    """Run the random plan of a seed against today and look at what came out."""
    rng = np.random.default_rng([seed, 4])
    actions, experiment = _random_plan(rng, seed, engine, settings)
    single = actions.scenario([actions.one(rng, seed)])
    baseline, plan = simulate_baseline(experiment, 0), simulate_plan(experiment, 0)
    instants = rng.integers(0, experiment.calendar.days * 1440, INSTANTS)
    sides = [
        _side(experiment, outcome, instants, name, settings.others)
        for name, outcome in (("baseline", baseline), ("plan", plan))
    ]
    findings = {name: sides[0][name] + sides[1][name] for name in sides[0]}
    findings["before_start"] = same_before(baseline, plan, first_day(experiment))
    del baseline, plan
    findings["every_lever"] = does_something(replace(experiment, scenario=single), 0)
    findings["waterfall"] = waterfall_sums(experiment, [0])
    return findings


def _random_plan(
    rng: np.random.Generator, seed: int, engine: str, settings: PlanSettings
) -> tuple[RandomActions, Experiment]:
    region = settings.regions[seed % len(settings.regions)]
    actions = RandomActions(settings.dataset, region, settings.horizon)
    plan = actions.plan(rng, ACTIONS, later=True)
    return actions, Experiment(settings.dataset, plan, region, seed, engine)


def _side(
    experiment: Experiment,
    outcome: Outcome,
    instants: np.ndarray,
    scenario: str,
    others: Mapping[str, Engine],
) -> dict[str, Found]:
    tables = outcome.table, outcome.journeys, outcome.network
    scope = experiment.scope
    plan = experiment.plan if scenario == "plan" else None
    found = {
        "census": census_check(*tables),
        "one_place": one_place_each(*tables, instants) + states_match(*tables),
        "capacity": capacity_kept(*tables),
        "engines": same_by_engines(tables, others),
        "stays": stays_given(*tables, scope.start)
        + stays_counted(scope, outcome, measure(scope, outcome, scenario, 0, plan)),
    }
    return {name: one.about(scenario) for name, one in found.items()}


def any_order(seed: int, engine: str, settings: PlanSettings) -> Found:
    """Do some replications of the plan of a seed here in order, and in another order by one process and by two."""
    rng = np.random.default_rng([seed, 4])
    _, experiment = _random_plan(rng, seed, engine, settings)
    here = [simulate_replication(experiment, number) for number in range(REPLICATIONS)]
    found = Found()
    for jobs in (1, 2):
        order = [*range(REPLICATIONS)][::-1]
        found += same_in_any_order(here, _elsewhere(experiment, order, jobs, settings)).about(
            f"{jobs} processes, order {order}"
        )
    return found


def _elsewhere(
    experiment: Experiment, order: Sequence[int], jobs: int, settings: PlanSettings
) -> Callable[[], Sequence[ReplicationTables]]:
    def simulated() -> Sequence[ReplicationTables]:
        compute = LocalCompute(settings.prepare, settings.setup, jobs)
        try:
            futures = [compute.submit(block_of(experiment, [number])) for number in order]
            return [result for future in futures for result in decode(future.result())]
        finally:
            compute.close()

    return simulated


def smallest_regions(dataset: Dataset) -> list[Region]:
    """Return the regions of the care offices with the fewest inhabitants that have at least two hospitals."""
    names = sorted({area.zorgkantoorregio for area in dataset.areas})
    regions = [Region("zorgkantoorregio", name) for name in names]
    people = dataset.population[dataset.base_year].sum(axis=1)
    hospitals = np.array([location.role == "klinisch" for location in dataset.locations])
    able = [region for region in regions if (dataset.locations_in(region) & hospitals).sum() >= 2]
    return sorted(able, key=lambda region: int(people[dataset.areas_in(region)].sum()))[:SMALLEST_REGIONS]
