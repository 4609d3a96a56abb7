"""`capacity` and `workforce`: pools get another size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from zorgstroom.domain.scenario import Capacity, LocationFilter, Profession, Workforce
from zorgstroom.planning.changes import CapacityChange
from zorgstroom.planning.regions import scope_of
from zorgstroom.planning.rounding import largest_remainder, round_half_up
from zorgstroom.planning.state import (
    BED_POOLS,
    DueCapacity,
    Setting,
    State,
    Step,
    back_again,
    filter_mask,
    unchanged_step,
)

#: The pools a profession staffs, by the first part of their id. Day places have ward nurses; operating
#: rooms and other procedure rooms have one staff; planned admissions without a room need none of their own.
POOLS_STAFFED: Mapping[Profession, tuple[str, ...]] = {
    "ward_nurse": ("ward", "day"),
    "ic_nurse": ("ic",),
    "or_staff": ("or", "proc"),
    "clinic_staff": ("clinic",),
}


def change_capacity(action: Capacity, state: State, setting: Setting) -> Step:
    """A pool gets a new size: `set`, or the present one plus `add`, or plus `percent`."""
    place = (action.location, action.pool)
    changed = {place: new_capacity(action, state.capacities[place])}
    return _with_capacities(state, setting, changed, setting.end_day(action))


def new_capacity(action: Capacity, present: int) -> int:
    """Return the capacity after the action, in the unit of the pool; may be below zero (a mistake).

    `add` and `set` are in beds, or in minutes, places, admissions or visits per working day.
    """
    unit = 1 if kind_of(action.pool) in BED_POOLS else 1000
    if action.set is not None:
        return round_half_up(action.set * unit)
    if action.add is not None:
        return present + round_half_up(action.add * unit)
    assert action.percent is not None
    return round_half_up(present * (100 + action.percent) / 100)


def kind_of(pool: str) -> str:
    """Return the kind of a pool: ``ward`` of ``ward:surgical``."""
    return pool.partition(":")[0]


def change_workforce(action: Workforce, state: State, setting: Setting) -> Step:
    """Every pool that a profession staffs at these locations gets some percent more or less.

    Beds are whole: first the total, then the locations, then the wards of a location, each by largest
    remainder, so that small changes do not vanish where all units are small.
    """
    factor = (100 + action.percent) / 100
    pools = pools_of(action, state, setting)
    beds = {place: state.capacities[place] for place in pools if kind_of(place[1]) in BED_POOLS}
    changed = _whole_beds(beds, factor)
    changed |= {
        place: round_half_up(state.capacities[place] * factor) for place in pools if place not in beds
    }
    ordered = {place: changed[place] for place in pools}
    return _with_capacities(state, setting, ordered, setting.end_day(action))


def pools_of(action: Workforce, state: State, setting: Setting) -> list[tuple[str, str]]:
    """Return the (location id, pool) of some size that the profession staffs, by location and then pool."""
    dataset = setting.dataset
    chosen = scope_of(action.within, dataset, setting.region)
    if action.types is not None or action.locations is not None:
        chosen = chosen & filter_mask(dataset, LocationFilter(types=action.types, locations=action.locations))
    kinds = POOLS_STAFFED[action.profession]
    return sorted(
        (location, pool)
        for (location, pool), capacity in state.capacities.items()
        if capacity > 0 and kind_of(pool) in kinds and chosen[dataset.location_index[location]]
    )


def _whole_beds(beds: Mapping[tuple[str, str], int], factor: float) -> dict[tuple[str, str], int]:
    """Return beds times the factor in whole beds, right in total and within one per location and per ward."""
    by_location: dict[str, list[str]] = {}
    for location, pool in beds:
        by_location.setdefault(location, []).append(pool)
    locations = list(by_location)
    totals = largest_remainder(
        [sum(beds[name, pool] for pool in by_location[name]) * factor for name in locations]
    )
    result: dict[tuple[str, str], int] = {}
    for name, total in zip(locations, totals, strict=True):
        parts = largest_remainder([float(beds[name, pool]) for pool in by_location[name]], total)
        result |= {(name, pool): part for pool, part in zip(by_location[name], parts, strict=True)}
    return result


def _with_capacities(
    state: State, setting: Setting, changed: Mapping[tuple[str, str], int], end: int | None
) -> Step:
    """Return the step in which pools get these sizes; those that stay as they are make no change.

    On the day `end`, if any, what the pools got more or less goes again, whatever else has changed meanwhile.
    """
    real = {place: size for place, size in changed.items() if size != state.capacities[place]}
    changes, given = [], []
    for (location, pool), size in real.items():
        row = setting.dataset.location_index[location]
        more = size - state.capacities[location, pool]
        changes.append(CapacityChange(setting.action, setting.start_day, row, pool, size))
        given.append(DueCapacity(setting.action, setting.start_day, row, pool, more))
    due = (*state.due, *back_again(given, end))
    after = replace(state, capacities={**state.capacities, **real}, due=due)
    return replace(unchanged_step(state, setting), after=after, capacities=tuple(changes))
