"""Capacity that moves along with patients: less where they leave, more where they go, on a day of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import Close, MovingCapacity
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.flows import acute_among_movers
from zorgstroom.planning.rounding import largest_remainder, round_half_up
from zorgstroom.planning.state import (
    BED_POOLS,
    DueCapacity,
    Setting,
    State,
    Step,
    back_again,
    carry_out_due,
)
from zorgstroom.planning.work import work_of_profile

#: Work of a pool per location: {pool: float64[L]}.
Work = Mapping[str, FloatArray]
#: Dataset, profile, whether in need of an IC, working days, acute share -> the work of one person a year.
UnitWork = Callable[[Dataset, int, bool, int, float], Work]


def with_moving_capacity(action: MovingCapacity, step: Step, setting: Setting) -> Step:
    """Return the step with the capacity that goes along: at once, or due some calendar months later.

    What senders lose and what receivers get come on one day, unless both have it for a time or it is on its way for
    some months. When the action ends, all of it goes back.

    Each sender loses, per pool, the part `capacity_follows` of the capacity for the work that leaves it: the work
    itself for rooms, planned admissions and clinics; work at the target load for beds and day places. It never
    loses more than it has. The receivers share, in proportion to the work they get, what the senders lose less
    `staff_not_moving`. Beds are whole, by largest remainder.
    """
    if not action.capacity_follows or not step.transfers:
        return step
    less_day, more_day = (
        max(setting.day_after_months(action, action.after_months + (later or 0)), setting.start_day)
        for later in (action.overlap_months, action.arrives_after_months)
    )
    due: list[DueCapacity] = []
    for pool, (lost, gained) in sorted(_changes(action, step, setting).items()):
        if less_day == more_day:
            both = [more - less for less, more in zip(lost, gained, strict=True)]
            due += _due(setting, less_day, pool, both)
        else:
            due += _due(setting, less_day, pool, [-less for less in lost])
            due += _due(setting, more_day, pool, gained)
    if isinstance(action, Close):
        due += back_again(due, setting.end_day(action))
    state, now = carry_out_due(replace(step.after, due=(*step.after.due, *due)), setting.start_day)
    return replace(step, after=state, capacities=(*step.capacities, *now))


def _due(setting: Setting, day: int, pool: str, changes: Sequence[int]) -> list[DueCapacity]:
    return [
        DueCapacity(setting.action, day, row, pool, change) for row, change in enumerate(changes) if change
    ]


def _changes(action: MovingCapacity, step: Step, setting: Setting) -> dict[str, tuple[list[int], list[int]]]:
    """Return per pool how much each location loses and how much it gets, in the pool's unit."""
    working_days = int(Calendar(setting.calendar.demand_year, 0, 52).working_days().sum())
    leaving, arriving = moving_work(setting.dataset, step, working_days)
    state = step.after
    # By id, so that what is left over in rounding does not depend on the order of the table.
    rows = sorted(range(len(state.locations)), key=lambda row: state.locations[row].id)
    changes: dict[str, tuple[list[int], list[int]]] = {}
    for pool in leaving:
        scale = _capacity_per_work(setting.dataset, pool) * action.capacity_follows
        wanted = largest_remainder([float(leaving[pool][row]) * scale for row in rows])
        lost = [min(amount, _present(state, row, pool)) for row, amount in zip(rows, wanted, strict=True)]
        gained = round_half_up(sum(lost) * (1 - action.staff_not_moving))
        places = [float(arriving[pool][row]) if _can_have(state, row, pool) else 0.0 for row in rows]
        changes[pool] = ([0] * len(rows), [0] * len(rows))
        for row, less, more in zip(rows, lost, largest_remainder(places, gained), strict=True):
            changes[pool][0][row], changes[pool][1][row] = less, more
    return changes


def unit_work(dataset: Dataset, profile: int, in_need: bool, working_days: int, acute_share: float) -> Work:
    """Return `planning.work.work_of_profile` of one person a year at every location."""
    one = np.ones(len(dataset.locations))
    return work_of_profile(dataset, profile, one, one * in_need, working_days, acute_share)


def moving_work(
    dataset: Dataset, step: Step, working_days: int, work_of: UnitWork = unit_work
) -> tuple[Work, Work]:
    """Return the work that leaves each location and the work that arrives, with the case mix patients bring along.

    `work_of` says what one patient of a profile brings to each pool; the last axis of its arrays is L.
    """
    leaving: dict[str, FloatArray] = {}
    arriving: dict[str, FloatArray] = {}
    for move, pairs in zip(step.moves, step.pairs, strict=True):
        acute = acute_among_movers(dataset.profiles[move.profile], move)
        # Work is proportional to persons: of one without an IC, and of one with.
        without, within = (
            work_of(dataset, move.profile, in_need, working_days, acute) for in_need in (False, True)
        )
        # Few locations send patients; the others would only cost time.
        source = np.flatnonzero(pairs.any(axis=(0, 2)))
        for pool in without:
            amounts = (
                without[pool][..., source, None] * pairs[0][source]
                + within[pool][..., source, None] * pairs[1][source]
            )
            left = np.zeros(without[pool].shape)
            left[..., source] = amounts.sum(axis=-1)
            leaving[pool] = leaving.get(pool, 0.0) + left
            arriving[pool] = arriving.get(pool, 0.0) + amounts.sum(axis=-2)
    return leaving, arriving


def _capacity_per_work(dataset: Dataset, pool: str) -> float:
    """Return how much capacity, in its unit, a unit of work needs."""
    kind = pool.partition(":")[0]
    if kind in BED_POOLS:
        return 1 / dataset.parameter("ward_target_load")
    if kind == "day":
        return 1000 / dataset.parameter("day_turns") / dataset.parameter("ward_target_load")
    return 1000.0


def _present(state: State, row: int, pool: str) -> int:
    return state.capacities.get((state.locations[row].id, pool), 0)


def _can_have(state: State, row: int, pool: str) -> bool:
    """Return whether capacity means something here: a clinic too small for a queue has none to add to."""
    return not pool.startswith("clinic:") or (state.locations[row].id, pool) in state.capacities
