"""Resilience: today and a plan under the same shocks, with the same patients.

A shock is a few actions that come on top of the plan, and in the same way on top of today: more acute patients, fewer
nurses, or a location that can do nothing for a week. What a shock costs is the difference with the same side without
it; whether a plan bears it less well is the difference of those, paired per replication.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import ActionItem, Capacity, Demand, Scenario, Workforce
from zorgstroom.planning.plan import take_steps
from zorgstroom.tables import RESILIENCE, canonical
from zorgstroom_simulator.blocks import Block, block_of, experiment_of
from zorgstroom_simulator.compute import LocalCompute, Work
from zorgstroom_simulator.experiment import Experiment, plan_on, sample
from zorgstroom_simulator.measure import measure_strain

#: What is told of every shock: of the region and of each location.
INDICATORS = ("diverted", "boarded", "outliers", "wait_treatment", "list_treatment_end")
#: A profile is acute from this part of its patients.
ACUTE_FROM = 0.5
OUTAGE = "outage:"
#: For `LocalCompute`.
PREPARE = f"{__name__}:prepare"
#: Behind a side: without the shock, in its week.
CALM = "_calm"
#: Percent more acute care and percent fewer nurses, unless something else is asked.
USUAL_PEAK, USUAL_LOSS = 20, 10


@dataclass(frozen=True)
class Shock:
    """What goes wrong, as actions on top of whatever there is."""

    id: str
    actions: tuple[ActionItem, ...]
    #: The week of the measured period it falls in, from 0; None: the whole period.
    week: int | None = None

    def window(self, calendar: Calendar) -> Calendar | None:
        """Return the week to tell of, if it is not the whole period."""
        return None if self.week is None else replace(calendar, weeks=1, weeks_before=self.week)


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

    Who is there stays; acute patients look for a bed elsewhere, planned care waits. It is told of that week alone: over
    a year nothing would be left of it.
    """
    week = calendar.weeks // 2
    start = calendar.start + dt.timedelta(weeks=calendar.warmup_weeks + week)
    until = start + dt.timedelta(weeks=1)
    pools = [pool for (place, pool), capacity in dataset.capacities.items() if place == location and capacity]
    actions = [
        Capacity(location=location, pool=pool, percent=-100, start=start, until=until) for pool in pools
    ]
    return Shock(f"{OUTAGE}{location}", tuple(ActionItem(capacity=action) for action in actions), week)


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
    """Return what is simulated, by (shock, side): first without a shock."""
    scenario = experiment.scenario
    nothing = Shock("", ())
    found: dict[tuple[str, str], Experiment] = {}
    for shock in (nothing, *shocks):
        for side, actions in (("baseline", ()), ("plan", tuple(scenario.actions))):
            found[shock.id, side] = replace(experiment, scenario=under(scenario, actions, shock))
    return found


class _Shock(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    actions: tuple[dict[str, Any], ...]
    week: int | None


class _Block(Block):
    """Replications of an experiment under some shocks."""

    shocks: tuple[_Shock, ...]


def simulate_stress(
    experiment: Experiment,
    shocks: Sequence[Shock],
    dataset_name: str,
    replications: int,
    jobs: int,
    step: Callable[[], None],
) -> pa.Table:
    """Simulate every side under every shock on `jobs` processes; return the table of `zorgstroom.tables.RESILIENCE`.

    A process does all sides of a replication, on the same patients; `step` is called after each replication.
    """
    compute = LocalCompute(PREPARE, dataset_name, min(jobs, replications))
    try:
        futures = [compute.submit(block_under(experiment, shocks, number)) for number in range(replications)]
        tables = []
        for future in as_completed(futures):
            tables.append(decode(future.result()))
            step()
        return resilience(tables)
    finally:
        compute.close()


def resilience(tables: Sequence[pa.Table]) -> pa.Table:
    """Return the table of `zorgstroom.tables.RESILIENCE` of all replications."""
    return canonical(pa.concat_tables(tables))


def decode(content: bytes) -> pa.Table:
    """Return the rows of one replication, in the bytes that its work gave."""
    with pa.ipc.open_stream(content) as reader:
        return reader.read_all()


def block_under(experiment: Experiment, shocks: Sequence[Shock], replication: int) -> bytes:
    """Return the block that simulates both sides of a replication under these shocks."""
    told = [
        {
            "id": shock.id,
            "actions": [
                item.model_dump(mode="json", by_alias=True, exclude_none=True) for item in shock.actions
            ],
            "week": shock.week,
        }
        for shock in shocks
    ]
    plain = json.loads(block_of(experiment, [replication]))
    return _Block.model_validate(plain | {"shocks": told}).model_dump_json().encode()


def prepare(dataset_name: str) -> Work:
    """Load the dataset once; return what computes replications under shocks on it."""
    return work_on(load_dataset(dataset_name))


def work_on(dataset: Dataset) -> Work:
    """Return what computes replications under shocks on a dataset."""

    def compute(content: bytes) -> bytes:
        block = _Block.model_validate_json(content)
        shocks = [
            Shock(item.id, tuple(map(ActionItem.model_validate, item.actions)), item.week)
            for item in block.shocks
        ]
        [replication] = block.replications
        table = strain_of(experiment_of(dataset, block), shocks, replication)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return bytes(sink.getvalue().to_pybytes())

    return compute


def strain_of(experiment: Experiment, shocks: Sequence[Shock], replication: int) -> pa.Table:
    """Return the rows of one replication: both sides without a shock, and under each, one after the other."""
    patients, location = sample(experiment, replication)
    weeks = {shock.id: shock.window(experiment.calendar) for shock in shocks}
    tables = []
    for (shock, side), made in sides_of(experiment, shocks).items():
        outcome = plan_on(made, patients, location, replication)
        if shock:
            wanted = {(shock, side): weeks[shock] or experiment.calendar}
        else:
            wanted = {("", side): experiment.calendar}
            wanted |= {(name, f"{side}{CALM}"): week for name, week in weeks.items() if week is not None}
        for (of_shock, as_side), calendar in wanted.items():
            scope = replace(experiment.scope, calendar=calendar)
            found = measure_strain(scope, outcome, "plan", replication)
            tables.append(_rows(found, of_shock, as_side, replication))
    return pa.concat_tables(tables)


def _rows(indicators: pa.Table, shock: str, side: str, replication: int) -> pa.Table:
    mask = pc.is_in(indicators["indicator"], pa.array(INDICATORS))
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
