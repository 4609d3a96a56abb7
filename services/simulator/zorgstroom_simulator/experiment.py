"""An experiment: baseline and plan on the same patients, replication by replication.

    experiment = Experiment(dataset, scenario, region, seed=1)
    tables = combine([simulate_replication(experiment, r) for r in range(10)])

Replications are independent and keyed by their number: any process may do any of them, in any order, and the
tables are the same to the byte.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import ConservationError
from zorgstroom.events.schemas import HeadlineIndicator
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.comparison import compare
from zorgstroom.planning.demand import ExpectedDemand, expected_demand, later_years
from zorgstroom.planning.plan import Plan, compile_plan
from zorgstroom.tables import canonical
from zorgstroom_simulator.choice import choose_under_plan, diversion_lists
from zorgstroom_simulator.daily import Daily, day_by_day
from zorgstroom_simulator.demand import (
    ACUTE,
    OBSERVATION,
    Int16Array,
    Patients,
    Sampler,
    meets_queue,
)
from zorgstroom_simulator.demand_changes import extra_patients, leave
from zorgstroom_simulator.engines.registry import ENGINES
from zorgstroom_simulator.journey_table import journeys_table
from zorgstroom_simulator.measure import conservation, count_replaced, flows, measure
from zorgstroom_simulator.memory import give_back
from zorgstroom_simulator.pathways import engine_table, make_network, published_waits
from zorgstroom_simulator.sampling import region_cells, sample_all, settle, together
from zorgstroom_simulator.scope import Outcome, Scope
from zorgstroom_simulator.years import measure_years


@dataclass(frozen=True)
class Experiment:
    """Everything that decides the numbers, besides the number of replications."""

    dataset: Dataset
    scenario: Scenario
    region: Region | None
    seed: int
    engine: str = "simpy"

    @cached_property
    def calendar(self) -> Calendar:
        """The days of the run."""
        horizon = self.scenario.horizon
        return Calendar(horizon.demand_year or self.dataset.base_year, horizon.warmup_weeks, horizon.weeks)

    @cached_property
    def plan(self) -> Plan:
        """What the scenario changes."""
        return compile_plan(self.scenario, self.dataset, self.region)

    @cached_property
    def demand(self) -> ExpectedDemand:
        """What the demand year asks for, with the factors of the horizon: the same under baseline and plan."""
        factors = self.scenario.horizon.demand_factors
        return expected_demand(self.dataset, self.calendar.demand_year, factors)

    @cached_property
    def scope(self) -> Scope:
        """What is measured."""
        if self.region is None:
            areas = np.ones(len(self.dataset.areas), np.bool_)
            locations = np.ones(len(self.dataset.locations), np.bool_)
        else:
            areas, locations = self.dataset.areas_in(self.region), self.dataset.locations_in(self.region)
        return Scope(self.dataset, self.calendar, areas, locations)

    @cached_property
    def cells(self) -> BoolArray | None:
        """Which cells of area and profile are sampled, bool[A, P]; None: all."""
        return region_cells(self.dataset, self.scope) if self.region else None


def with_plan(experiment: Experiment, plan: Plan) -> Experiment:
    """Return the same experiment with this plan in place of what its scenario compiles to."""
    made = replace(experiment)
    # The plan is a cached property: what is in its place already is not compiled.
    made.__dict__["plan"] = plan
    return made


@dataclass(frozen=True)
class ReplicationTables:
    """One replication under baseline and plan."""

    replication: int
    indicators: pa.Table
    flows: pa.Table
    conservation: pa.Table
    headline: tuple[HeadlineIndicator, ...]
    #: Today, day by day: for the check of the warm-up.
    daily: Daily
    patients: int
    events: int
    #: The indicators per year, of a run of several.
    years: pa.Table | None = None
    #: Every patient's, where that was asked for.
    journeys: pa.Table | None = None


def sample(experiment: Experiment, replication: int) -> tuple[Patients, Int16Array]:
    """Return the patients of a replication and their baseline location."""
    return sample_all(_sampler(experiment, replication), experiment.scope, experiment.cells)


def _sampler(experiment: Experiment, replication: int) -> Sampler:
    return Sampler(
        experiment.dataset,
        experiment.calendar,
        experiment.demand,
        experiment.seed,
        replication,
        later_years(experiment.dataset, experiment.calendar, experiment.scenario.horizon),
    )


def simulate_baseline(experiment: Experiment, replication: int) -> Outcome:
    """Simulate one replication as it is today."""
    patients, location = sample(experiment, replication)
    return _run(experiment, patients, np.zeros(1, np.int64), location[:, None], None)


@dataclass(frozen=True)
class Today:
    """One replication as it is today: what every plan on the same patients is compared with.

    Nothing in it changes any more, so threads may share it.
    """

    replication: int
    patients: Patients
    #: Where each goes: int16[n].
    location: Int16Array
    indicators: pa.Table
    #: The indicators per year, of a run of several.
    years: pa.Table | None
    conservation: pa.Table
    #: Day by day: for the check of the warm-up.
    daily: Daily
    events: int
    #: What happened to everybody; None where it is not kept, which saves four fifths of the memory.
    side: Outcome | None


def today_key(experiment: Experiment) -> str:
    """Return the name of what decides `simulate_today`: experiments with the same name share it."""
    region, calendar = experiment.region, experiment.calendar
    parts = {
        "dataset": experiment.dataset.digest,
        "region": None if region is None else (region.kind, region.name),
        "days": (calendar.demand_year, calendar.warmup_weeks, calendar.weeks),
        "demand": experiment.scenario.horizon.model_dump(mode="json"),
        "seed": experiment.seed,
        "engine": experiment.engine,
    }
    return json.dumps(parts, sort_keys=True)


def simulate_today(experiment: Experiment, replication: int, *, keep_side: bool = False) -> Today:
    """Simulate and measure one replication as it is today.

    `keep_side`: keep what happened to everybody, which plans that change no journey are measured on.
    """
    side = simulate_baseline(experiment, replication)
    counts = conservation(side, "baseline", replication)
    _check(counts)
    return Today(
        replication=replication,
        patients=side.patients,
        location=side.chosen[:, 0],
        indicators=measure(experiment.scope, side, "baseline", replication, None),
        years=measure_years(experiment.scope, side, "baseline", replication, None),
        conservation=counts,
        daily=day_by_day(experiment.scope, side),
        events=side.journeys.events,
        side=side if keep_side else None,
    )


def simulate_replication(
    experiment: Experiment, replication: int, *, journeys: bool = False
) -> ReplicationTables:
    """Simulate baseline and plan on the same patients and measure both.

    One side after the other, and each is let go when it is measured: only the patients stay. `journeys`: give
    the journeys too, for which both sides are kept.
    """
    keep_side = journeys or not changes_journeys(experiment)
    today = simulate_today(experiment, replication, keep_side=keep_side)
    return simulate_under(experiment, today, journeys=journeys)


def simulate_under(experiment: Experiment, today: Today, *, journeys: bool = False) -> ReplicationTables:
    """Simulate and measure the plan on the patients of `today`, which is of an experiment with the same `today_key`.

    `journeys`: give the journeys too, where `today` has kept its side.
    """
    replication = today.replication
    indicators = [today.indicators]
    if changes_journeys(experiment):
        side, location, extra, replaced = _planned(experiment, today.patients, today.location, replication)
        moved, bands = flows(experiment.scope, side, location, ~extra, replication)
        indicators += [bands, replaced]
    else:
        side = today.side or _unchanged(experiment, today)
        nobody = np.zeros(len(today.patients), np.bool_)
        moved, _ = flows(experiment.scope, side, today.location, nobody, replication)
    indicators.append(measure(experiment.scope, side, "plan", replication, experiment.plan))
    planned_years = measure_years(experiment.scope, side, "plan", replication, experiment.plan)
    counts = conservation(side, "plan", replication)
    _check(counts)
    table = pa.concat_tables(indicators)
    return ReplicationTables(
        replication=replication,
        indicators=table,
        flows=moved,
        conservation=pa.concat_tables([today.conservation, counts]),
        headline=_headline(table),
        daily=today.daily,
        patients=len(today.patients),
        events=today.events + side.journeys.events,
        years=pa.concat_tables([today.years, planned_years]) if today.years and planned_years else None,
        journeys=journeys_table(experiment.dataset, replication, today.side, side)
        if journeys and today.side
        else None,
    )


def _unchanged(experiment: Experiment, today: Today) -> Outcome:
    """Return once more what happened to everybody today."""
    return _run(experiment, today.patients, np.zeros(1, np.int64), today.location[:, None], None)


def simulate_plan(experiment: Experiment, replication: int) -> Outcome:
    """Simulate one replication under the plan only: the patients are those of `simulate_baseline`."""
    patients, location = sample(experiment, replication)
    return _planned(experiment, patients, location, replication)[0]


def plan_on(experiment: Experiment, patients: Patients, location: Int16Array, replication: int) -> Outcome:
    """Simulate the plan on patients of `sample`, who may serve other plans too; without a plan as it is today."""
    if changes_journeys(experiment):
        side = _planned(experiment, patients, location, replication)[0]
    else:
        side = _run(experiment, patients, np.zeros(1, np.int64), location[:, None], None)
    _check(conservation(side, "plan", replication))
    return side


def plan_headline(experiment: Experiment, replication: int) -> tuple[HeadlineIndicator, ...]:
    """Return the headline indicators of the plan in one replication, without simulating today."""
    changes = changes_journeys(experiment)
    side = (simulate_plan if changes else simulate_baseline)(experiment, replication)
    _check(conservation(side, "plan", replication))
    return _headline(measure(experiment.scope, side, "plan", replication, experiment.plan))


def _planned(
    experiment: Experiment, patients: Patients, location: Int16Array, replication: int
) -> tuple[Outcome, Int16Array, BoolArray, pa.Table]:
    """Simulate the plan: what happened, baseline locations, who is extra, and the table of who is replaced."""
    patients, location, extra, replaced = _under_plan(experiment, patients, location, replication)
    days, chosen = choose_under_plan(experiment.dataset, patients, location, experiment.plan)
    side = _run(experiment, patients, days * MINUTES_PER_DAY, chosen, experiment.plan)
    return side, location, extra, replaced


def changes_journeys(experiment: Experiment) -> bool:
    """Return whether any journey can be another under the plan."""
    plan, offers = experiment.plan, experiment.dataset.offers
    return bool(
        plan.moves
        or plan.capacities
        or plan.demand
        or any(not np.array_equal(offering, offers) for _, offering in plan.offers)
    )


def _under_plan(
    experiment: Experiment, patients: Patients, location: Int16Array, replication: int
) -> tuple[Patients, Int16Array, BoolArray, pa.Table]:
    """Return the plan's patients, their baseline location, who of them are extra, and the table of who is replaced."""
    dataset, changes = experiment.dataset, experiment.plan.demand
    gone, helped = leave(dataset, patients, changes)
    replaced = count_replaced(experiment.scope, patients.take(helped), location[helped], replication)
    if not changes:
        return patients, location, gone, replaced
    sampler = _sampler(experiment, replication)
    parts = [(patients.take(~gone), location[~gone])]
    for extra in extra_patients(sampler, changes, experiment.cells):
        stays = ~leave(dataset, extra, changes)[0]
        parts.append(settle(experiment.scope, extra.take(stays)))
    patients, location = together(parts)
    added = np.isin(patients.key, np.concatenate([part.key for part, _ in parts[1:]] or [patients.key[:0]]))
    return patients, location, added, replaced


def _run(
    experiment: Experiment,
    patients: Patients,
    epochs: Int64Array,
    chosen: npt.NDArray[np.int16],
    plan: Plan | None,
) -> Outcome:
    """Run the engine for one scenario."""
    dataset, scope = experiment.dataset, experiment.scope
    queues = int(np.count_nonzero(meets_queue(patients)))
    queued = patients.take(slice(0, queues))
    network = make_network(dataset, experiment.calendar, scope.locations, plan)
    diversions = np.full((queues, int(dataset.parameter("diversion_max_candidates"))), -1, np.int16)
    offers = plan.offers if plan else ((0, dataset.offers),)
    starts = np.array([day for day, _ in offers]) * MINUTES_PER_DAY
    bedded = np.flatnonzero((queued.flow == ACUTE) & (queued.setting <= OBSERVATION))
    epoch_of = np.maximum(np.searchsorted(epochs, queued.minute[bedded], side="right") - 1, 0)
    own = chosen[bedded, epoch_of]
    bedded, own = bedded[scope.locations[own]], own[scope.locations[own]]
    offer_of = np.searchsorted(starts, queued.minute[bedded], side="right") - 1
    for number, (_, offering) in enumerate(offers):
        during = offer_of == number
        diversions[bedded[during]] = diversion_lists(dataset, queued, bedded[during], own[during], offering)
    waiting = published_waits(dataset, experiment.calendar, queued)
    table = engine_table(dataset, queued, waiting, epochs, chosen[:queues], diversions)
    give_back(after=queues)
    journeys = ENGINES[experiment.engine](table, network)
    give_back(after=queues)
    return Outcome(patients, chosen, epochs, queues, table, journeys, network)


def _check(counts: pa.Table) -> None:
    """Raise ConservationError if a patient is lost or doubled."""
    for line in counts.to_pylist():
        if line["arrived"] + line["seeded"] != line["treated"] + line["in_treatment"] + line["waiting"]:
            raise ConservationError(detail=str(line))


def _headline(indicators: pa.Table) -> tuple[HeadlineIndicator, ...]:
    """Return the rows about the whole region of the headline indicators."""
    mask = pc.is_in(indicators["indicator"], pa.array([i.id for i in CATALOGUE.values() if i.headline]))
    for level in ("location", "profile", "area"):
        mask = pc.and_(mask, pc.equal(indicators[level], ""))
    return tuple(
        HeadlineIndicator(
            scenario=row["scenario"], indicator=row["indicator"], total=row["total"], count=row["count"]
        )
        for row in indicators.filter(mask).to_pylist()
    )


def combine(replications: Sequence[ReplicationTables]) -> dict[str, pa.Table]:
    """Return the tables of `zorgstroom.tables.SCHEMAS`, canonically sorted, whatever the order of the work.

    And the years and the journeys, of the replications that have them.
    """
    ordered = sorted(replications, key=lambda tables: tables.replication)
    indicators = canonical(pa.concat_tables([tables.indicators for tables in ordered]))
    combined = {
        "indicators": indicators,
        "flows": canonical(pa.concat_tables([tables.flows for tables in ordered])),
        "conservation": canonical(pa.concat_tables([tables.conservation for tables in ordered])),
        "comparison": compare(indicators),
    }
    if years := [tables.years for tables in ordered if tables.years is not None]:
        combined["years"] = canonical(pa.concat_tables(years))
    if journeys := [tables.journeys for tables in ordered if tables.journeys is not None]:
        combined["journeys"] = canonical(pa.concat_tables(journeys))
    return combined
