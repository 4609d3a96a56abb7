"""An experiment: baseline and plan on the same patients, replication by replication.

    experiment = Experiment(dataset, scenario, region, seed=1)
    tables = combine([simulate_replication(experiment, r) for r in range(10)])

Replications are independent and keyed by their number: any process may do any of them, in any order, and the
tables are the same to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from zorgstroom.planning.expected import UTILITY_SCALE, utility
from zorgstroom.planning.plan import Plan, compile_plan
from zorgstroom.tables import canonical
from zorgstroom_simulator.choice import choose, choose_under_plan, diversion_lists
from zorgstroom_simulator.demand import ACUTE, OBSERVATION, Patients, sample_patients, with_case_mix
from zorgstroom_simulator.engines import Engine, simpy_engine
from zorgstroom_simulator.measure import Outcome, Scope, conservation, flows, measure
from zorgstroom_simulator.pathways import Waiting, engine_table, make_network, published_waits, queueing

ENGINES: dict[str, Engine] = {"simpy": simpy_engine.run}

#: Outside the region a profile of an area is simulated when a location of the region comes within this many
#: units of utility of the area's favourite: a share of the patients of about exp(-6), a quarter per cent.
REGION_REACH = 6


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
    def scope(self) -> Scope:
        """What is measured."""
        if self.region is None:
            areas = np.ones(len(self.dataset.areas), np.bool_)
            locations = np.ones(len(self.dataset.locations), np.bool_)
        else:
            areas, locations = self.dataset.areas_in(self.region), self.dataset.locations_in(self.region)
        return Scope(self.dataset, self.calendar, areas, locations)


@dataclass(frozen=True)
class ReplicationTables:
    """One replication under baseline and plan."""

    replication: int
    indicators: pa.Table
    flows: pa.Table
    conservation: pa.Table
    headline: tuple[HeadlineIndicator, ...]
    patients: int
    events: int


def region_cells(dataset: Dataset, scope: Scope) -> BoolArray:
    """Return which cells of area and profile to sample: the region's inhabitants, and who may come from outside."""
    cells = np.zeros((len(dataset.areas), len(dataset.profiles)), np.bool_)
    for index in range(len(dataset.profiles)):
        offering = dataset.offers[:, index]
        inside = offering & scope.locations
        if not inside.any():
            continue
        score = utility(dataset, index, dataset.travel_hundredths)
        gap = score[:, offering].max(axis=1) - score[:, inside].max(axis=1)
        cells[:, index] = gap <= REGION_REACH * UTILITY_SCALE
    cells[scope.areas] = True
    return cells


def sample(experiment: Experiment, replication: int) -> tuple[Patients, npt.NDArray[np.int16], Waiting]:
    """Return the patients of a replication, their baseline location, and where they stand at minute 0.

    In a region: everybody who lives there, and everybody whose baseline location is there.
    """
    dataset, scope = experiment.dataset, experiment.scope
    cells = region_cells(dataset, scope) if experiment.region else None
    patients = sample_patients(dataset, experiment.calendar, experiment.seed, replication, cells)
    waiting = published_waits(dataset, experiment.calendar, patients)
    patients = patients.take(waiting.present)
    location = choose(dataset, patients, np.arange(len(patients)), dataset.offers)
    keep = (location >= 0) & (scope.areas[patients.area] | scope.locations[location])
    patients, location = patients.take(keep), location[keep]
    patients = with_case_mix(dataset, patients, location)
    return patients, location, published_waits(dataset, experiment.calendar, patients)


def simulate_replication(experiment: Experiment, replication: int) -> ReplicationTables:
    """Simulate baseline and plan on the same patients and measure both."""
    patients, location, waiting = sample(experiment, replication)
    baseline = _run(experiment, patients, waiting, np.zeros(1, np.int64), location[:, None], None)
    if experiment.plan.moves or experiment.plan.capacities:
        days, chosen = choose_under_plan(experiment.dataset, patients, location, experiment.plan)
        plan = _run(experiment, patients, waiting, days * MINUTES_PER_DAY, chosen, experiment.plan)
    else:
        plan = baseline
    scope = experiment.scope
    moved, bands = flows(scope, baseline, plan, replication)
    indicators = pa.concat_tables(
        [
            measure(scope, baseline, "baseline", replication),
            measure(scope, plan, "plan", replication),
            bands,
        ]
    )
    counts = pa.concat_tables(
        [conservation(baseline, "baseline", replication), conservation(plan, "plan", replication)]
    )
    _check(counts)
    return ReplicationTables(
        replication=replication,
        indicators=indicators,
        flows=moved,
        conservation=counts,
        headline=_headline(indicators),
        patients=len(patients),
        events=baseline.journeys.events + plan.journeys.events,
    )


def _run(
    experiment: Experiment,
    patients: Patients,
    waiting: Waiting,
    epochs: Int64Array,
    chosen: npt.NDArray[np.int16],
    plan: Plan | None,
) -> Outcome:
    """Run the engine for one scenario."""
    dataset = experiment.dataset
    rows = np.flatnonzero(queueing(patients))
    subset = patients.take(rows)
    network = make_network(dataset, experiment.calendar, experiment.scope.locations, plan)
    diversions = np.full((len(rows), int(dataset.parameter("diversion_max_candidates"))), -1, np.int16)
    offers = plan.offers if plan else ((0, dataset.offers),)
    starts = np.array([day for day, _ in offers]) * MINUTES_PER_DAY
    epoch_of = np.maximum(np.searchsorted(epochs, subset.minute, side="right") - 1, 0)
    own = chosen[rows, epoch_of]
    bedded = (subset.flow == ACUTE) & (subset.setting <= OBSERVATION) & experiment.scope.locations[own]
    for number, (_, offering) in enumerate(offers):
        during = np.flatnonzero(bedded & (np.searchsorted(starts, subset.minute, side="right") - 1 == number))
        diversions[during] = diversion_lists(dataset, subset, during, own[during], offering)
    table = engine_table(
        dataset,
        subset,
        waiting.take(rows),
        epochs,
        chosen[rows],
        diversions,
    )
    journeys = ENGINES[experiment.engine](table, network)
    return Outcome(patients, chosen, epochs, rows, table, journeys, network)


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
    """Return the tables of `zorgstroom.tables.SCHEMAS`, canonically sorted, whatever the order of the work."""
    ordered = sorted(replications, key=lambda tables: tables.replication)
    indicators = canonical(pa.concat_tables([tables.indicators for tables in ordered]))
    return {
        "indicators": indicators,
        "flows": canonical(pa.concat_tables([tables.flows for tables in ordered])),
        "conservation": canonical(pa.concat_tables([tables.conservation for tables in ordered])),
        "comparison": compare(indicators),
    }
