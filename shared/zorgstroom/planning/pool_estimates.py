"""What the load before a run means for who waits: rows per pool with an estimate of queueing theory.

Estimates, not outcomes: they leave out that pools wait for each other (a free room without a free bed), public
holidays, and that patients are sent on. The simulation counts all that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.lists import Lists, lists_of
from zorgstroom.planning.load import NO_WORK, LoadOnDay, Loads
from zorgstroom.planning.pool_work import PATIENTS, PLANNED, SQUARES, WEEKS, WORK
from zorgstroom.planning.queue_estimate import QueueEstimate
from zorgstroom.planning.sides import Side
from zorgstroom.planning.state import BED_POOLS
from zorgstroom.queueing.formulas import erlang_b, pollaczek_khinchine

#: Expected load above which a queue grows without end, and below which a standing list melts away.
FULL_LOAD, EASY_LOAD = 1.01, 0.99
#: Smallest change of load worth a row.
NOTICEABLE_LOAD = 0.005


@dataclass(frozen=True)
class PoolLoad:
    """Load of a pool of a location, without the plan and with it."""

    location: str
    pool: str
    #: In the unit people use: beds, places, or minutes, admissions, visits per working day.
    capacity_today: float
    capacity_plan: float
    #: None: work without any capacity.
    load_today: float | None
    load_plan: float | None
    #: Highest load from a day on which the plan changes something, and that day of the run.
    load_worst: float | None
    worst_day: int
    estimate_today: QueueEstimate
    estimate_plan: QueueEstimate
    #: Weeks patients are known to wait here today, by published or own figures; None without planned patients.
    known_weeks: float | None

    @property
    def change(self) -> float:
        """Change of the load after all actions; without capacity on one side, all of it."""
        return _number(self.load_plan) - _number(self.load_today)

    @property
    def made_too_full(self) -> bool:
        """Whether the plan brings more work than can be done, or more of it than today, at any time."""
        worst = _number(self.load_worst)
        return worst > FULL_LOAD and worst - _number(self.load_today) >= NOTICEABLE_LOAD

    @property
    def changes(self) -> bool:
        """Whether the plan changes load or capacity by as much as can be written down."""
        return (
            abs(self.change) >= NOTICEABLE_LOAD
            or abs(_number(self.load_worst) - _number(self.load_today)) >= NOTICEABLE_LOAD
            or self.capacity_today != self.capacity_plan
        )


#: A load without capacity, for comparing: above everything.
_ENDLESS = 1000.0


def _number(load: float | None) -> float:
    return _ENDLESS if load is None else load


def pool_loads(
    loads: Loads,
    dataset: Dataset,
    locations: BoolArray | None = None,
    lists: Side[Lists] | None = None,
    *,
    only_changed: bool = False,
) -> list[PoolLoad]:
    """Return a row per pool with capacity or work, of these locations bool[L] (None: all).

    `lists`: those of `planning.lists.lists_of`, where they are known already. `only_changed`: rows of which `changes`
    is true. First what the plan makes too full, then what it changes most, then the fullest.
    """
    after, lists = loads.days[-1], lists or lists_of(loads)
    growth = Side(lists.today.growth_per_week, lists.plan.growth_per_week)
    today_load, plan_load = loads.today.load, after.load
    by_day = np.stack([day.load for day in loads.days])
    # Nowhere a number: no such pool on any day.
    worst_days = np.where(np.isnan(by_day), -np.inf, by_day).argmax(axis=0)
    worst = np.take_along_axis(by_day, worst_days[None], axis=0)[0]
    there = _present(loads, locations)
    if only_changed:
        there &= _changed(loads, today_load, plan_load, worst)
    turns = dataset.parameter("day_turns")
    rows = []
    for pool, row in np.argwhere(there).tolist():
        name = loads.pools[pool]
        unit = turns if name == "day" else 1.0
        planned = float(loads.today.measures[PLANNED, pool, row])
        waits = name.partition(":")[0] not in (*BED_POOLS, "day") and planned > 0
        known = float(loads.today.measures[WEEKS, pool, row]) / planned if waits else None
        rows.append(
            PoolLoad(
                location=dataset.locations[row].id,
                pool=name,
                capacity_today=_capacity(loads.today, pool, row) / unit,
                capacity_plan=_capacity(after, pool, row) / unit,
                load_today=_load(float(today_load[pool, row])),
                load_plan=_load(float(plan_load[pool, row])),
                load_worst=_load(float(worst[pool, row])),
                worst_day=loads.days[int(worst_days[pool, row])].day,
                estimate_today=_estimate(loads, loads.today, lists.today, growth.today, pool, row),
                estimate_plan=_estimate(loads, after, lists.plan, growth.plan, pool, row),
                known_weeks=known,
            )
        )
    rows.sort(
        key=lambda item: (
            not item.made_too_full,
            -_number(item.load_worst) if item.made_too_full else 0.0,
            -round(abs(item.change), 3),
            -_number(item.load_plan),
            item.location,
            item.pool,
        )
    )
    return rows


def too_full(loads: Loads, locations: BoolArray) -> Side[int]:
    """Return how many pools of these locations bool[L] get more work than they can do."""
    return Side(
        *(
            int((np.nan_to_num(day.load[:, locations], posinf=np.inf) > FULL_LOAD).sum())
            for day in (loads.today, loads.days[-1])
        )
    )


def _present(loads: Loads, locations: BoolArray | None) -> BoolArray:
    """Return where a pool has capacity at some time, or work that finds none: bool[Q, L]."""
    there = np.zeros(loads.today.capacity.shape, np.bool_)
    for day in (loads.today, *loads.days):
        there |= (day.capacity > 0) | np.isinf(day.load)
    return there if locations is None else there & locations


def _changed(loads: Loads, today: FloatArray, plan: FloatArray, worst: FloatArray) -> BoolArray:
    """Return where `PoolLoad.changes` is true: bool[Q, L]."""
    before, after, highest = (
        np.nan_to_num(np.minimum(load, _ENDLESS), nan=0.0) for load in (today, plan, worst)
    )
    capacities = [np.nan_to_num(day.capacity) for day in (loads.today, loads.days[-1])]
    return np.asarray(
        (np.abs(after - before) >= NOTICEABLE_LOAD)
        | (np.abs(highest - before) >= NOTICEABLE_LOAD)
        | (capacities[0] != capacities[1])
    )


def _capacity(day: LoadOnDay, pool: int, row: int) -> float:
    capacity = float(day.capacity[pool, row])
    return 0.0 if np.isnan(capacity) else capacity


def _load(load: float) -> float | None:
    """Return a load, 0 where there is no pool yet, None for work without capacity."""
    if np.isinf(load):
        return None
    return 0.0 if np.isnan(load) else load


def _estimate(
    loads: Loads, day: LoadOnDay, lists: Lists, growth_per_week: FloatArray, pool: int, row: int
) -> QueueEstimate:
    """Return what queueing theory says of one pool on one day."""
    measures, capacity = day.measures[:, pool, row], _capacity(day, pool, row)
    work, patients = float(measures[WORK]), float(measures[PATIENTS])
    kind = loads.pools[pool].partition(":")[0]
    if capacity <= 0:
        return QueueEstimate("no_capacity" if np.isinf(day.load[pool, row]) else "fits")
    if kind in BED_POOLS:
        return QueueEstimate("beds", blocked=erlang_b(round(capacity), work))
    load = work / capacity
    if work <= NO_WORK or patients <= 0:
        return QueueEstimate("fits")
    if kind == "day":
        if load <= FULL_LOAD:
            return QueueEstimate("fits")
        growth = (work - capacity) / (work / patients) * loads.working_days_per_week
        return QueueEstimate("grows", growth_per_week=growth)
    growth, arriving = float(growth_per_week[pool, row]), float(lists.load[pool, row])
    if arriving > FULL_LOAD:
        return QueueEstimate("grows", growth_per_week=growth)
    if load > FULL_LOAD:
        return QueueEstimate("held_back", growth_per_week=growth)
    if arriving >= EASY_LOAD:
        return QueueEstimate("stays")
    mean = work / patients / capacity
    variance = max(0.0, float(measures[SQUARES]) / patients / capacity**2 - mean**2)
    days = pollaczek_khinchine(patients * arriving / load, mean, variance**0.5)
    return QueueEstimate("shrinks", growth_per_week=growth, queue_weeks=days / loads.working_days_per_week)
