"""Contradictions between plans that are made apart: what one takes and the other counts on.

Of every action is worked out what it does in its own plan: where care stops and starts, whose patients leave, what work
comes to a location and which capacity goes away. Two actions of different plans clash when they want the same thing in
two ways. Nothing is simulated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import Capacity, Concentrate, MovingCapacity, Open, Scenario, Spread, Unit
from zorgstroom.planning.changes import CapacityChange, DemandChange
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.load import expected_loads
from zorgstroom.planning.moving_capacity import moving_work
from zorgstroom.planning.plan import baseline_flows, calendar_of, steps_with_flows
from zorgstroom.planning.pool_estimates import FULL_LOAD, NOTICEABLE_LOAD
from zorgstroom.planning.state import BED_POOLS, Step, carry_out_due, filter_mask, state_of_today

#: Fewer expected patients a year than this leave nobody behind.
SOMEBODY = 0.5
#: Pools named at most, the fullest first.
MOST_POOLS = 10

Place = tuple[int, str]


@dataclass
class Effect:
    """What one action does in its own plan, as far as another plan may want the same."""

    #: Position in its plan, first day, and the kind of action.
    action: int
    day: int
    kind: str
    #: Where care stops and starts: bool[L, P].
    stops: BoolArray
    starts: BoolArray
    #: By profile, bool[L]: where the action wants it to be, and where patients leave.
    receives: Mapping[int, BoolArray]
    leaving: Mapping[int, BoolArray]
    #: Profiles of which everybody leaves, not a part.
    whole: frozenset[int]
    #: (location, unit) that open and close.
    opens: frozenset[tuple[int, Unit]]
    closes: frozenset[tuple[int, Unit]]
    #: Pools (location, pool) that a `capacity` or `workforce` gives another size, and whether to a number.
    resizes: frozenset[Place]
    to_number: bool
    demand: tuple[DemandChange, ...]
    #: Work that patients bring, by pool: float64[L].
    brings: Mapping[str, FloatArray]
    #: Capacity that goes away with patients, in the unit of the pool.
    takes: dict[Place, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Clash:
    """Two actions, each (plan, position), that cannot both be carried out as they were meant."""

    key: str
    params: Mapping[str, object]
    first: tuple[int, int]
    second: tuple[int, int]
    #: What makes no sense together, rather than what deserves a second look.
    serious: bool


def effects_of(scenario: Scenario, dataset: Dataset, region: Region | None) -> list[Effect]:
    """Return what every action does; the scenario must have passed its check, `region` is that of the run."""
    calendar = calendar_of(scenario, dataset)
    working_days = int(Calendar(calendar.demand_year, 0, 52).working_days().sum())
    found: dict[int, Effect] = {}
    changes: list[CapacityChange] = []
    state = state_of_today(dataset)
    for moved, step in steps_with_flows(scenario, dataset, region, baseline_flows(scenario, dataset)):
        state = step.after
        changes += [*moved, *step.capacities]
        if step.action not in found:
            found[step.action] = _effect(scenario, step, dataset, working_days)
    changes += carry_out_due(state, calendar.days - 1)[1]
    capacities = dict(dataset.capacities)
    for change in changes:
        place = (dataset.locations[change.location].id, change.pool)
        lost = capacities.get(place, 0) - change.capacity
        capacities[place] = change.capacity
        if lost > 0 and isinstance(scenario.actions[change.action].action, MovingCapacity):
            takes = found[change.action].takes
            takes[change.location, change.pool] = takes.get((change.location, change.pool), 0) + lost
    return [found[position] for position in sorted(found)]


def _effect(scenario: Scenario, step: Step, dataset: Dataset, working_days: int) -> Effect:
    action = scenario.actions[step.action].action
    leaving: dict[int, BoolArray] = {}
    for move, transfer in zip(step.moves, step.transfers, strict=True):
        gone = transfer.leaving * dataset.profiles[move.profile].weight >= SOMEBODY
        leaving[move.profile] = leaving.get(move.profile, np.zeros_like(gone)) | gone
    resized = step.capacities if scenario.actions[step.action].kind in ("capacity", "workforce") else ()
    return Effect(
        action=step.action,
        day=step.start_day,
        kind=scenario.actions[step.action].kind,
        stops=step.before.offers & ~step.after.offers,
        starts=step.after.offers & ~step.before.offers,
        receives=_receives(scenario, step, dataset),
        leaving={profile: rows for profile, rows in leaving.items() if rows.any()},
        whole=frozenset(move.profile for move in step.moves if move.share_permille == 1000),
        opens=frozenset((change.location, change.unit) for change in step.units if change.opens),
        closes=frozenset((change.location, change.unit) for change in step.units if not change.opens),
        resizes=frozenset((change.location, change.pool) for change in resized),
        to_number=isinstance(action, Capacity) and action.set is not None,
        demand=step.demand,
        brings=moving_work(dataset, step, working_days)[1],
    )


def _receives(scenario: Scenario, step: Step, dataset: Dataset) -> dict[int, BoolArray]:
    """Return where an action wants care to be, by profile: bool[L] each; who is only left over is not wanted."""
    action = scenario.actions[step.action].action
    if isinstance(action, Concentrate):
        rows = {kept.profile: list(kept.locations) for kept in step.kept}
        return {profile: _mask(dataset, places) for profile, places in rows.items()}
    if isinstance(action, Spread):
        named = filter_mask(dataset, action.to)
        return {move.profile: move.receivers & named for move in step.moves}
    if isinstance(action, Open):
        row = dataset.location_index[action.location]
        return {dataset.profile_index[name]: _mask(dataset, [row]) for name in action.profiles or ()}
    return {}


def _mask(dataset: Dataset, rows: Sequence[int]) -> BoolArray:
    mask = np.zeros(len(dataset.locations), dtype=np.bool_)
    mask[list(rows)] = True
    return mask


# Pairs of actions


def clashes(plans: Sequence[Sequence[Effect]], dataset: Dataset) -> list[Clash]:
    """Return what clashes between actions of different plans, in the order of the plans."""
    found = []
    for (number, one), (other_number, other) in combinations(enumerate(plans), 2):
        for first in one:
            for second in other:
                for key, params, serious, swapped in _pair(first, second, dataset):
                    places = (number, first.action), (other_number, second.action)
                    if swapped:
                        places = places[1], places[0]
                    found.append(Clash(key, params, *places, serious))
    return found


_Found = tuple[str, dict[str, object], bool, bool]


def _pair(one: Effect, other: Effect, dataset: Dataset) -> Iterator[_Found]:
    """Yield (key, params, serious, whether the other is named first) of what clashes between two actions."""
    apart = _two_places(one, other)
    for places in dict.fromkeys(_both_places(one, other, profile, dataset) for profile in apart):
        profiles = [profile for profile in apart if _both_places(one, other, profile, dataset) == places]
        params: dict[str, object] = {
            "profiles": _profiles(profiles, dataset),
            "locations": places[0],
            "others": places[1],
        }
        yield "between.other_place", params, True, False
    opposite = [
        *_closed_and_wanted(one, other, apart, dataset),
        *_closed_and_wanted(other, one, apart, dataset, swapped=True),
    ]
    yield from opposite
    if not opposite:
        yield from _same_patients(one, other, apart, dataset)
    yield from _started_twice(one, other, dataset)
    yield from _same_capacity(one, other, dataset)
    yield from _same_demand(one, other, dataset)


def _two_places(one: Effect, other: Effect) -> list[int]:
    """Return the profiles that two concentrations want at different places, for some of the same hospitals."""
    if one.kind != "concentrate" or other.kind != "concentrate":
        return []
    found = []
    for profile in sorted(one.receives.keys() & other.receives.keys()):
        wanted = one.receives[profile], other.receives[profile]
        stops = one.stops[:, profile], other.stops[:, profile]
        meet = (wanted[0] & stops[1]) | (wanted[1] & stops[0]) | (stops[0] & stops[1])
        if meet.any() and not np.array_equal(*wanted):
            found.append(profile)
    return found


def _both_places(one: Effect, other: Effect, profile: int, dataset: Dataset) -> tuple[str, str]:
    return _locations(one.receives[profile], dataset), _locations(other.receives[profile], dataset)


def _closed_and_wanted(
    closing: Effect, wanting: Effect, told: Sequence[int], dataset: Dataset, *, swapped: bool = False
) -> Iterator[_Found]:
    """One plan stops care, or a unit, where the other wants it: at once, or on other days.

    Not of profiles that are `told` already.
    """
    together = closing.day == wanting.day
    suffix = "" if together else ("_before" if closing.day < wanting.day else "_after")
    units = closing.closes & wanting.opens
    if units:
        names = ", ".join(sorted(f"{dataset.locations[row].id} ({unit})" for row, unit in units))
        yield f"between.unit{suffix}", {"units": names}, together, swapped
    cells = {
        profile: rows & closing.stops[:, profile]
        for profile, rows in wanting.receives.items()
        if profile not in told and (rows & closing.stops[:, profile]).any()
    }
    if cells:
        yield f"between.closed{suffix}", _care(cells, dataset), together, swapped


def _same_patients(one: Effect, other: Effect, told: Sequence[int], dataset: Dataset) -> Iterator[_Found]:
    """Both plans let the same patients leave, all of them or a part; not of profiles that are `told` already.

    To a place that opens only those go who prefer it: they are nobody's.
    """
    if "open" in (one.kind, other.kind):
        return
    by_key: dict[str, dict[int, BoolArray]] = {}
    for profile in sorted((one.leaving.keys() & other.leaving.keys()) - set(told)):
        rows = one.leaving[profile] & other.leaving[profile]
        if rows.any():
            whole = profile in one.whole and profile in other.whole
            by_key.setdefault("moved_twice" if whole else "share_twice", {})[profile] = rows
    for key, cells in by_key.items():
        yield f"between.{key}", _care(cells, dataset), False, False


def _started_twice(one: Effect, other: Effect, dataset: Dataset) -> Iterator[_Found]:
    """Both plans start the same care at the same place, on other days."""
    both = one.starts & other.starts
    if both.any() and one.day != other.day:
        found = {int(column): both[:, column] for column in np.flatnonzero(both.any(axis=0))}
        yield "between.start_dates", _care(found, dataset), False, False


def _same_capacity(one: Effect, other: Effect, dataset: Dataset) -> Iterator[_Found]:
    """Both plans give one pool another size, or both take the same capacity along."""
    resized = one.resizes & other.resizes
    if resized:
        yield "between.resized", {"pools": _pools(resized, dataset)}, one.to_number or other.to_number, False
    more_than_there_is = {
        place
        for place in one.takes.keys() & other.takes.keys()
        if one.takes[place] + other.takes[place]
        > dataset.capacities.get((dataset.locations[place[0]].id, place[1]), 0)
    }
    if more_than_there_is:
        yield "between.taken_twice", {"pools": _pools(more_than_there_is, dataset)}, True, False


def _same_demand(one: Effect, other: Effect, dataset: Dataset) -> Iterator[_Found]:
    """Both plans change how many of the same patients come."""
    profiles: set[int] = set()
    ways = set()
    for mine in one.demand:
        for theirs in other.demand:
            same = mine.profile == theirs.profile and (mine.ages & theirs.ages).any()
            if same and (mine.areas & theirs.areas).any():
                profiles.add(mine.profile)
                ways |= {mine.kind == "grow", theirs.kind == "grow"}
    if profiles:
        key = "between.demand_both_ways" if len(ways) > 1 else "between.demand_twice"
        yield key, {"profiles": _profiles(profiles, dataset)}, False, False


def _care(cells: Mapping[int, BoolArray], dataset: Dataset) -> dict[str, object]:
    """Return the care and the places of cells bool[L] by profile, to fill in."""
    locations = _locations(np.any(list(cells.values()), axis=0), dataset)
    return {"profiles": _profiles(cells, dataset), "locations": locations}


def _profiles(profiles: Iterable[int], dataset: Dataset) -> str:
    return ", ".join(sorted(dataset.profiles[profile].id for profile in profiles))


def _locations(rows: BoolArray, dataset: Dataset) -> str:
    return ", ".join(sorted(dataset.locations[row].id for row in np.flatnonzero(rows).tolist()))


def _pools(places: Iterable[Place], dataset: Dataset) -> str:
    return ", ".join(sorted(f"{dataset.locations[row].id} {pool}" for row, pool in places))


# Room that several plans count on


def room_counted_twice(
    together: Scenario, plans: Sequence[Sequence[Effect]], dataset: Dataset, region: Region | None
) -> list[Clash]:
    """Return the pools to which several plans bring work, and that are too full when all of them are carried out.

    `together` are all plans as one. The fullest first, at most `MOST_POOLS`; named are the two actions of different
    plans that bring most.
    """
    loads = expected_loads(together, dataset, region)
    today, after = loads.today.load, loads.days[-1].load
    found: list[tuple[float, Clash]] = []
    for row, pool in enumerate(loads.pools):
        full = np.nan_to_num(after[row], posinf=np.inf) > FULL_LOAD
        fuller = np.nan_to_num(after[row]) >= np.nan_to_num(today[row]) + NOTICEABLE_LOAD
        for location in np.flatnonzero(full & fuller).tolist():
            place = dataset.locations[location].id
            brought = [_most_brought(plan, pool, location, dataset) for plan in plans]
            largest = sorted(
                ((part, number, action) for number, (part, action) in enumerate(brought)),
                key=lambda item: (-item[0], item[1]),
            )[:2]
            if len(largest) < 2 or largest[1][0] < NOTICEABLE_LOAD:
                continue
            first, second = sorted((number, action) for _, number, action in largest)
            load = float(after[row, location])
            params = {
                "location": place,
                "pool": pool,
                "load": round(load * 100) if np.isfinite(load) else "∞",
            }
            found.append((load, Clash("between.room", params, first, second, serious=False)))
    found.sort(key=lambda item: -item[0])
    return [clash for _, clash in found[:MOST_POOLS]]


def _most_brought(plan: Sequence[Effect], pool: str, location: int, dataset: Dataset) -> tuple[float, int]:
    """Return what all actions of a plan bring to a pool, as a part of today's capacity, and which brings most."""
    unit = 1 if pool.partition(":")[0] in BED_POOLS else 1000
    capacity = max(dataset.capacities.get((dataset.locations[location].id, pool), 0) / unit, 1e-9)
    brought = [
        (float(effect.brings[pool][location]) / capacity, effect.action)
        for effect in plan
        if pool in effect.brings
    ]
    most = max(brought, key=lambda item: (item[0], -item[1]), default=(0.0, 0))
    return sum(part for part, _ in brought), most[1]
