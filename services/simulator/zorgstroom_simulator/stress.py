"""Resilience: today and a plan under the same shocks, with the same patients.

A shock is a few actions that come on top of the plan, and in the same way on top of today: more acute patients, fewer
nurses, or a location that can do nothing for a week. What a shock costs is the difference with the same side without
it; whether a plan bears it less well is the difference of those, paired per replication.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import ActionItem, Capacity, Demand, Scenario, Workforce
from zorgstroom.planning.plan import take_steps
from zorgstroom.tables import RESILIENCE, canonical
from zorgstroom_simulator.blocks import PREPARE, block_of, decode
from zorgstroom_simulator.compute import LocalCompute
from zorgstroom_simulator.experiment import Experiment

#: What is told of every shock: of the region and of each location.
INDICATORS = ("diverted", "boarded", "outliers", "wait_treatment", "list_treatment_end")
#: A profile is acute from this part of its patients.
ACUTE_FROM = 0.5
OUTAGE = "outage:"
#: Percent more acute care and percent fewer nurses, unless something else is asked.
USUAL_PEAK, USUAL_LOSS = 20, 10


@dataclass(frozen=True)
class Shock:
    """What goes wrong, as actions on top of whatever there is."""

    id: str
    actions: tuple[ActionItem, ...]


def peak(dataset: Dataset, share: float) -> Shock:
    """Return so much more acute care during the whole period: a hard winter."""
    profiles = [p.id for p in dataset.profiles if p.pathway == "care" and p.acute_share >= ACUTE_FROM]
    return Shock("peak", (ActionItem(demand=Demand(profiles=profiles, grow=share)),))


def fewer_nurses(share: float) -> Shock:
    """Return a loss of this part of the nurses of wards and IC during the whole period."""
    lost = [
        Workforce(profession="ward_nurse", percent=-100 * share),
        Workforce(profession="ic_nurse", percent=-100 * share),
    ]
    return Shock("nurses", tuple(ActionItem(workforce=action) for action in lost))


def outage(dataset: Dataset, calendar: Calendar, location: str) -> Shock:
    """Return a week, halfway the measured period, in which a location can admit, operate and see nobody.

    Who is there stays; acute patients look for a bed elsewhere, planned care waits.
    """
    weeks = calendar.warmup_weeks + calendar.weeks // 2
    start = calendar.start + dt.timedelta(weeks=weeks)
    until = start + dt.timedelta(weeks=1)
    pools = [pool for (place, pool), capacity in dataset.capacities.items() if place == location and capacity]
    actions = [
        Capacity(location=location, pool=pool, percent=-100, start=start, until=until) for pool in pools
    ]
    return Shock(f"{OUTAGE}{location}", tuple(ActionItem(capacity=action) for action in actions))


def usual_shocks(experiment: Experiment) -> list[Shock]:
    """Return what is tried unless something else is asked: a fifth more acute care, a tenth fewer nurses, an outage."""
    location = weakest_spot(experiment)
    return [
        peak(experiment.dataset, USUAL_PEAK / 100),
        fewer_nurses(USUAL_LOSS / 100),
        outage(experiment.dataset, experiment.calendar, location),
    ]


def weakest_spot(experiment: Experiment) -> str:
    """Return the location of the region that receives most patients under the plan; without any, the largest."""
    dataset = experiment.dataset
    received = np.zeros(len(dataset.locations))
    for step in take_steps(experiment.scenario, dataset, experiment.region).steps:
        for transfer in step.transfers:
            received += transfer.arriving * dataset.profiles[transfer.profile].weight
    beds = np.zeros(len(dataset.locations))
    for (location, pool), capacity in dataset.capacities.items():
        if pool.startswith("ward:"):
            beds[dataset.location_index[location]] += capacity
    inside = experiment.scope.locations & (beds > 0)
    weight = received * inside
    return dataset.locations[int(np.argmax(weight if weight.max() >= 1 else beds * inside))].id


def under(scenario: Scenario, actions: Sequence[ActionItem], shock: Shock) -> Scenario:
    """Return these actions with a shock on top of them, in the period and region of the scenario."""
    return scenario.model_copy(update={"actions": [*actions, *shock.actions]})


def sides_of(experiment: Experiment, shocks: Sequence[Shock]) -> dict[tuple[str, str], Experiment]:
    """Return what is simulated, by (shock, side); without a shock the plan, which comes with today."""
    scenario = experiment.scenario
    found = {("", "plan"): experiment}
    for shock in shocks:
        for side, actions in (("baseline", ()), ("plan", tuple(scenario.actions))):
            found[shock.id, side] = replace(experiment, scenario=under(scenario, actions, shock))
    return found


def simulate_stress(
    experiment: Experiment,
    shocks: Sequence[Shock],
    dataset_name: str,
    replications: int,
    jobs: int,
    step: Callable[[], None],
) -> pa.Table:
    """Simulate every side under every shock on `jobs` processes; return the table of `zorgstroom.tables.RESILIENCE`.

    In order of replication, so that a process simulates today once for all of them; `step` is called after each.
    """
    sides = sides_of(experiment, shocks)
    compute = LocalCompute(PREPARE, dataset_name, min(jobs, replications * len(sides)))
    try:
        futures = {
            compute.submit(block_of(made, [replication])): (key, replication)
            for replication in range(replications)
            for key, made in sides.items()
        }
        tables = []
        for future in as_completed(futures):
            (shock, side), replication = futures[future]
            [result] = decode(future.result())
            # The baseline of every block is the same: today without a shock.
            wanted = [("", "baseline"), ("", "plan")] if not shock else [(shock, side)]
            tables += [
                _rows(result.indicators, of_shock, as_side, replication) for of_shock, as_side in wanted
            ]
            step()
        return canonical(pa.concat_tables(tables))
    finally:
        compute.close()


def _rows(indicators: pa.Table, shock: str, side: str, replication: int) -> pa.Table:
    """Return the rows of one side: its `plan`, or of today without a shock its `baseline`."""
    scenario = "baseline" if (shock, side) == ("", "baseline") else "plan"
    mask = pc.and_(
        pc.equal(indicators["scenario"], scenario),
        pc.is_in(indicators["indicator"], pa.array(INDICATORS)),
    )
    for level in ("profile", "area", "pool", "band"):
        mask = pc.and_(mask, pc.equal(indicators[level], ""))
    found = indicators.filter(mask)
    return pa.table(
        {
            "shock": pa.repeat(shock, len(found)),
            "side": pa.repeat(side, len(found)),
            "replication": pa.repeat(pa.scalar(replication, pa.int32()), len(found)),
            **{name: found[name] for name in ("indicator", "location", "total", "count")},
        },
        schema=RESILIENCE,
    )
