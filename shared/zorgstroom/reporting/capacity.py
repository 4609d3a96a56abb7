"""Does it fit: the load of every pool before and after, what comes free there and what is short here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import POOL_UNITS
from zorgstroom.planning.plan import Plan
from zorgstroom.planning.pool_estimates import FULL_LOAD, NOTICEABLE_LOAD
from zorgstroom.reporting.growing import Queues
from zorgstroom.reporting.impact import Estimate, PoolRow, PoolTotal
from zorgstroom.reporting.readings import Reading, Readings

#: Capacity left over or short that is written as 0.0 is neither.
SMALLEST_ROOM = 0.05


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
    readings: Readings, dataset: Dataset, after_plan: Mapping[tuple[str, str], int], queues: Queues
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
        queue = queues.of(reading.location, reading.pool)
        fills = queue.grows_plan and reading.baseline.mean <= FULL_LOAD and reading.difference.mean > 0
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
                growing=queue.grows_plan,
                growth_per_week=queue.per_week_plan,
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
