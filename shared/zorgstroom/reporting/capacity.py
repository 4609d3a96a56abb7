"""Does it fit: the load of every pool before and after, what comes free there and what is short here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import POOL_UNITS
from zorgstroom.planning.plan import Plan
from zorgstroom.reporting.impact import Estimate, PoolRow, PoolTotal
from zorgstroom.reporting.readings import Reading, Readings

#: Expected load above which a list grows without end.
FULL_LOAD = 1.01
#: Smallest change of load worth a row.
NOTICEABLE_LOAD = 0.005
#: Capacity left over or short that is written as 0.0 is neither.
SMALLEST_ROOM = 0.05
#: A list that grows more than chance explains: this many standard deviations of a year's arrivals.
GROWTH_SIGMAS = 3.0


def planned_capacities(dataset: Dataset, plan: Plan) -> dict[tuple[str, str], int]:
    """Return the capacities after all actions, in stored units."""
    changes = {
        (dataset.locations[change.location].id, change.pool): change.capacity for change in plan.capacities
    }
    return {**dataset.capacities, **changes}


def pool_scale(pool: str) -> int:
    """Return how many stored units make one unit people use: 1 for beds, 1,000 for the rest."""
    return 1000 if "per mille" in POOL_UNITS[pool.split(":", maxsplit=1)[0]] else 1


def pools(
    readings: Readings, dataset: Dataset, after_plan: Mapping[tuple[str, str], int], weeks: int
) -> list[PoolRow]:
    """Return the pools whose load or capacity changes, or whose list the plan makes grow; the fullest first.

    Both scenarios count the same patients, so the load of a pool the plan does not touch is equal to the
    last digit. A pool that was too small without the plan too says something about our derivation only.
    """
    own = {(figure.location_id, figure.subject) for figure in dataset.own}
    rows = []
    for reading in readings.of("load", lambda row: bool(row.location and row.pool)):
        place = (reading.location, reading.pool)
        before, after = dataset.capacities.get(place, 0), after_plan.get(place, 0)
        growth = readings.at("list_growth", location=reading.location, pool=reading.pool)
        arrivals = readings.at("list_arrivals", location=reading.location, pool=reading.pool)
        growing = _is_too_full(reading) or _grows(growth, arrivals)
        fills = growing and reading.baseline.mean <= FULL_LOAD and reading.difference.mean > 0
        if not (fills or abs(reading.difference.mean) >= NOTICEABLE_LOAD or before != after):
            continue
        occupancy = readings.at("occupancy", location=reading.location, pool=reading.pool)
        scale = pool_scale(reading.pool)
        rows.append(
            PoolRow(
                location=reading.location,
                pool=reading.pool,
                capacity_baseline=before / scale,
                capacity_plan=after / scale,
                load_baseline=reading.baseline.mean,
                load_plan=reading.plan.mean,
                occupancy_baseline=occupancy.baseline if occupancy else None,
                occupancy_plan=occupancy.plan if occupancy else None,
                growing=growing,
                growth_per_week=_per_week(growth.plan, weeks) if growth else None,
                room=_room(reading, after / scale),
                own=place in own,
            )
        )
    rows.sort(key=lambda row: (not row.growing, -row.load_plan, row.location, row.pool))
    return rows


def totals(rows: Sequence[PoolRow]) -> list[PoolTotal]:
    """Return per kind of capacity what comes free and what is short over all places, in the order of kinds."""
    found = []
    for kind in POOL_UNITS:
        rooms = [room for row in rows if row.pool.partition(":")[0] == kind and (room := room_of(row))]
        if rooms:
            free, short = [room for room in rooms if room > 0], [room for room in rooms if room < 0]
            found.append(
                PoolTotal(
                    kind=kind,
                    freed=sum(free),
                    short=-sum(short),
                    places_freed=len(free),
                    places_short=len(short),
                )
            )
    return found


def room_of(row: PoolRow) -> float:
    """Return what a place has left over (above zero) or is short (below), as far as it can be written down."""
    room = row.room.mean if row.room else 0.0
    return room if abs(room) >= SMALLEST_ROOM else 0.0


def _room(load: Reading, capacity_plan: float) -> Estimate | None:
    """Return how much capacity is left over when the load is to stay what it is today.

    The work of the plan would need ``capacity x load after / load before``. Nothing without work today:
    then there is no load to keep.
    """
    if load.baseline.mean <= 0:
        return None
    unit = -capacity_plan / load.baseline.mean
    difference = load.difference
    low, high = difference.low, difference.high
    return Estimate(
        mean=difference.mean * unit,
        low=None if high is None else high * unit,
        high=None if low is None else low * unit,
    )


def _is_too_full(load: Reading) -> bool:
    """Whether more comes than can be done, as far as the patients of so many years tell.

    Loads of today are 1.00 and differ from it by chance from year to year. A plan that adds work to a pool meets
    the same patients; of one that does not, the load must be too high beyond chance.
    """
    if load.plan.mean <= FULL_LOAD:
        return False
    return load.difference.mean > 0 or load.plan.low is None or load.plan.low > FULL_LOAD


def _grows(growth: Reading | None, arrivals: Reading | None) -> bool:
    """Whether a list grows more than chance explains, in every way we can tell."""
    if growth is None or growth.plan.low is None:
        return False
    chance = GROWTH_SIGMAS * math.sqrt(arrivals.plan.mean) if arrivals else 0.0
    return growth.plan.low > 0 and growth.plan.mean > chance


def _per_week(growth: Estimate, weeks: int) -> Estimate:
    """Growth between the mean of the first and of the last quarter, which lie three quarters apart."""
    apart = weeks * 3 / 4

    def scaled(value: float | None) -> float | None:
        return None if value is None else value / apart

    return Estimate(mean=growth.mean / apart, low=scaled(growth.low), high=scaled(growth.high))
