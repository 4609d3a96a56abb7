"""What actions work on: the offers, facilities, capacities and expected flows that earlier ones left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from dateutil.relativedelta import relativedelta

from zorgstroom.dataset.model import BoolArray, Dataset, Int32Array
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.hospital import Location
from zorgstroom.domain.scenario import Action, LocationFilter, RedistributionRule, Temporary
from zorgstroom.planning.changes import CapacityChange, DemandChange, Move, SharedCare, UnitChange
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.flows import BaselineFlows, after_move, patients_per_year
from zorgstroom.planning.rounding import largest_remainder

#: Pools counted in whole staffed beds; all others are stored per mille (see `POOL_UNITS`).
BED_POOLS = ("ward", "ic")


@dataclass(frozen=True)
class DueCapacity:
    """More or less capacity that comes on a day, in the unit of the pool."""

    action: int
    day: int
    location: int
    pool: str
    change: int


@dataclass(frozen=True)
class State:
    """How things stand after the actions so far."""

    #: Who offers what: bool[L, P].
    offers: BoolArray
    #: Locations with the emergency departments and acute obstetrics that are open now.
    locations: tuple[Location, ...]
    capacities: Mapping[tuple[str, str], int]
    #: Expected flows float64[2, A, L] of the profiles that actions changed; the others are as today.
    flows: Mapping[int, FloatArray]
    #: Capacity that is still to move.
    due: tuple[DueCapacity, ...] = ()


def state_of_today(dataset: Dataset) -> State:
    """Return the state before any action."""
    return State(dataset.offers, dataset.locations, dataset.capacities, {})


@dataclass(frozen=True)
class Transfer:
    """Persons a year that one move is expected to take along."""

    profile: int
    #: By the location they leave and by the one they go to: float64[L].
    leaving: FloatArray
    arriving: FloatArray
    #: By where they live: float64[A].
    areas: FloatArray


@dataclass(frozen=True)
class Kept:
    """Who still provides a profile in the region of a concentration, and their expected patients a year."""

    profile: int
    #: Positions of the locations.
    locations: tuple[int, ...]
    patients_per_year: tuple[float, ...]
    #: What each should have, if the action says so.
    minimum: int | None


@dataclass(frozen=True)
class Step:
    """What one action does to the state it found."""

    action: int
    start_day: int
    before: State
    after: State
    moves: tuple[Move, ...] = ()
    #: One per move.
    transfers: tuple[Transfer, ...] = ()
    #: One per move, until the capacity that follows is worked out: persons a year by need of an IC, from one
    #: location to another, float64[2, L, L].
    pairs: tuple[FloatArray, ...] = ()
    #: Changes on the day itself; those that are due later are in `State.due`.
    capacities: tuple[CapacityChange, ...] = ()
    demand: tuple[DemandChange, ...] = ()
    #: Expected patients a year more (below zero: fewer), one per change of demand.
    demand_per_year: tuple[float, ...] = ()
    shared_care: tuple[SharedCare, ...] = ()
    units: tuple[UnitChange, ...] = ()
    kept: tuple[Kept, ...] = ()
    #: What ends the action, not the action itself.
    ends: bool = False


@dataclass(frozen=True)
class Setting:
    """What an action needs to know besides itself."""

    dataset: Dataset
    #: Position of the action in the scenario.
    action: int
    start_day: int
    #: Region an action without one of its own is about; None: the whole country.
    region: Region | None
    calendar: Calendar
    baseline: BaselineFlows

    def flows(self, state: State, profile: int) -> FloatArray:
        """Return the expected flows of a profile: float64[2, A, L]."""
        known = state.flows.get(profile)
        return self.baseline.of(profile) if known is None else known

    def volumes(self, state: State, profile: int) -> FloatArray:
        """Return the expected patients a year of a profile per location: float64[L]."""
        return patients_per_year(self.dataset.profiles[profile], self.flows(state, profile))

    def day_after_months(self, action: Action, months: int) -> int:
        """Return the day so many calendar months after the start of the action."""
        start = self.calendar.start if action.start is None else action.start
        return max(0, self.calendar.day_of(start + relativedelta(months=months)))

    def end_day(self, action: Temporary) -> int | None:
        """Return the first day on which things are as without the action; None: not in this run."""
        day = self.calendar.days if action.until is None else self.calendar.day_of(action.until)
        return day if day < self.calendar.days else None


class Mover:
    """Makes the moves of one action one after the other, and follows what they do to the expected flows."""

    def __init__(self, state: State, setting: Setting) -> None:
        self._before = state
        self._setting = setting
        self._moves: list[Move] = []
        self._transfers: list[Transfer] = []
        self._pairs: list[FloatArray] = []
        #: The state the moves have made so far; offers are for the action to change.
        self.state = state

    def move(
        self,
        profile: int,
        leaving: BoolArray,
        receivers: BoolArray,
        rule: RedistributionRule,
        *,
        part: int = 1000,
        shares: Int32Array | None = None,
        acute: int | None = None,
        only_if_better: bool = False,
    ) -> None:
        """Move `part` per mille of the patients at the `leaving` locations; a move that nobody makes is left out."""
        if not leaving.any() or not (part or acute):
            return
        setting = self._setting
        move = Move(
            setting.action,
            setting.start_day,
            profile,
            leaving,
            receivers & ~leaving,
            rule,
            part,
            shares,
            acute,
            only_if_better,
        )
        offered = self._before.offers[:, profile]
        moved = after_move(setting.dataset, setting.flows(self.state, profile), move, offered)
        self._moves.append(move)
        persons = moved.pairs.sum(axis=0)
        self._transfers.append(Transfer(profile, persons.sum(axis=1), persons.sum(axis=0), moved.areas))
        self._pairs.append(moved.pairs)
        self.state = replace(self.state, flows={**self.state.flows, profile: moved.flows})

    def step(self, offers: BoolArray | None = None) -> Step:
        """Return what the action did: the moves, and who offers what after it (None: as before)."""
        after = self.state if offers is None else replace(self.state, offers=offers)
        return Step(
            self._setting.action,
            self._setting.start_day,
            self._before,
            after,
            tuple(self._moves),
            tuple(self._transfers),
            tuple(self._pairs),
        )


def unchanged_step(state: State, setting: Setting) -> Step:
    """Return a step that does nothing yet."""
    return Step(setting.action, setting.start_day, state, state)


def back_again(due: Sequence[DueCapacity], day: int | None) -> list[DueCapacity]:
    """Return the changes that undo these on the day an action ends; None: it does not end in this run."""
    return [] if day is None else [replace(item, day=day, change=-item.change) for item in due]


def carry_out_due(state: State, until: int) -> tuple[State, list[CapacityChange]]:
    """Return the state with the capacity that has come to move by day `until`, and those changes in order.

    What a sender has lost in the meantime does not arrive anywhere.
    """

    def move(item: DueCapacity) -> tuple[int, int, str]:
        return item.day, item.action, item.pool

    now = sorted((item for item in state.due if item.day <= until), key=move)
    capacities = dict(state.capacities)
    changes = []
    for _, group in groupby(now, move):
        items = list(group)
        present = [capacities.get((state.locations[item.location].id, item.pool), 0) for item in items]
        for item, had, change in zip(items, present, _that_can_move(items, present), strict=True):
            if change:
                capacities[state.locations[item.location].id, item.pool] = had + change
                changes.append(CapacityChange(item.action, item.day, item.location, item.pool, had + change))
    later = tuple(item for item in state.due if item.day > until)
    return replace(state, capacities=capacities, due=later), changes


def _that_can_move(items: Sequence[DueCapacity], present: Sequence[int]) -> list[int]:
    """Return the changes of one pool by one action: nobody loses more than is there, and as much less arrives."""
    lost = [max(0, min(-item.change, had)) for item, had in zip(items, present, strict=True)]
    due = sum(-item.change for item in items if item.change < 0)
    gained = [max(item.change, 0) for item in items]
    if sum(lost) < due:
        gained = largest_remainder([float(gain) for gain in gained], sum(gained) * sum(lost) // due)
    return [gain - loss for gain, loss in zip(gained, lost, strict=True)]


def location_mask(dataset: Dataset, ids: Sequence[str]) -> BoolArray:
    """Return which locations are named: bool[L]."""
    named = set(ids)
    return np.array([location.id in named for location in dataset.locations], dtype=np.bool_)


def filter_mask(dataset: Dataset, chosen: LocationFilter) -> BoolArray:
    """Return which locations a filter names, by id or by type: bool[L]."""
    if chosen.locations is not None:
        return location_mask(dataset, chosen.locations)
    return type_mask(dataset, chosen.types or ())


def type_mask(dataset: Dataset, types: Sequence[str]) -> BoolArray:
    """Return which locations are of one of these types: bool[L]."""
    return np.array([location.type in types for location in dataset.locations], dtype=np.bool_)


def profile_positions(dataset: Dataset, ids: Sequence[str]) -> list[int]:
    """Return the positions of the named profiles, each once."""
    return [dataset.profile_index[name] for name in dict.fromkeys(ids)]


def shares_permille(shares: Mapping[str, float], dataset: Dataset) -> Int32Array:
    """Return shares as whole numbers per mille that sum to 1000: int32[L], by largest remainder."""
    names = sorted(shares)
    result = np.zeros(len(dataset.locations), dtype=np.int32)
    rows = [dataset.location_index[name] for name in names]
    result[rows] = largest_remainder([shares[name] for name in names], 1000)
    return result
