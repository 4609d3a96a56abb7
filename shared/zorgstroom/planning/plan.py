"""From a scenario to a plan: who stops, who starts, which patients choose again, what capacity changes.

A scenario speaks of hospitals and care; a plan of rows and columns of the dataset. Actions work one
after the other, in order of their start day and then of the file, each on what the earlier ones left.

    concentrate  every provider in the region that is not named stops; the named ones start if they must
    spread       a share of the patients moves from some locations to others; nobody stops
    close        one location stops some profiles, or all
    capacity     one pool of one location gets another size

Patients of a location that keeps its offer never move. Capacity does not move by itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset, Int32Array
from zorgstroom.domain.area import REGION_KINDS, Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.hospital import Location, ic_pool, ward_pool
from zorgstroom.domain.profile import Profile
from zorgstroom.domain.scenario import (
    Action,
    Capacity,
    Close,
    Concentrate,
    LocationFilter,
    RedistributionRule,
    RegionChoice,
    Scenario,
    Spread,
)
from zorgstroom.errors import InvalidInput, Problem, nearest_known

#: Pools counted in whole staffed beds; all others are stored per mille (see `POOL_UNITS`).
BED_POOLS = ("ward", "ic")
#: From this share of acute patients a profile needs a hospital that is open day and night.
MAINLY_ACUTE = 0.5


@dataclass(frozen=True)
class Move:
    """Patients of one profile at the leaving locations choose again, among the receivers."""

    #: Position of the action in the scenario.
    action: int
    #: Day of the run; 0: from the beginning.
    start_day: int
    #: Position of the profile in the dataset.
    profile: int
    #: bool[L].
    leaving: BoolArray
    #: bool[L], without the leaving ones; whether a receiver has the IC a patient needs is judged per patient.
    receivers: BoolArray
    rule: RedistributionRule
    #: Part of the patients that moves.
    share_permille: int
    #: Directed: int32[L], sums to 1000; else None.
    shares_permille: Int32Array | None
    #: Part of the acute patients that moves; None: the same part as of the others.
    acute_permille: int | None = None
    #: Patients go only if they prefer the receiver to where they are: a location that opens.
    only_if_better: bool = False


@dataclass(frozen=True)
class CapacityChange:
    """A pool of a location gets a new capacity, in the unit of the pool."""

    action: int
    start_day: int
    location: int
    pool: str
    capacity: int


@dataclass(frozen=True)
class DemandChange:
    """From a day on, part of the patients of one profile does not come, is helped elsewhere, or comes extra."""

    action: int
    start_day: int
    #: Position of the profile in the dataset.
    profile: int
    #: Inhabitants it is about: bool[A] areas and bool[B] age bands.
    areas: BoolArray
    ages: BoolArray
    kind: Literal["prevent", "replace", "grow"]
    permille: int


@dataclass(frozen=True)
class SharedCare:
    """From a day on, contacts before or after treatment at some locations are at the nearest clinic."""

    action: int
    start_day: int
    #: Position of the profile in the dataset.
    profile: int
    #: Where the treatment is: bool[L].
    locations: BoolArray
    before: bool
    after: bool


@dataclass(frozen=True)
class UnitChange:
    """From a day on, a location has or has no emergency department or acute obstetrics day and night."""

    action: int
    start_day: int
    location: int
    unit: Literal["ed", "obstetrics"]
    opens: bool


@dataclass(frozen=True)
class Plan:
    """Everything a scenario changes."""

    moves: tuple[Move, ...]
    capacities: tuple[CapacityChange, ...]
    #: (start day, bool[L, P]) ascending; the first is day 0.
    offers: tuple[tuple[int, BoolArray], ...]
    demand: tuple[DemandChange, ...] = ()
    shared_care: tuple[SharedCare, ...] = ()
    units: tuple[UnitChange, ...] = ()


@dataclass(frozen=True)
class State:
    """Who offers what (bool[L, P]) and the capacities, after the actions so far."""

    offers: BoolArray
    capacities: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Step:
    """What one action does to the state it found."""

    action: int
    start_day: int
    before: State
    after: State
    moves: tuple[Move, ...] = ()
    capacities: tuple[CapacityChange, ...] = ()


@dataclass(frozen=True)
class Setting:
    """What an action needs to know besides itself."""

    dataset: Dataset
    #: Position of the action in the scenario.
    action: int
    start_day: int
    #: Region an action without one of its own is about; None: the whole country.
    region: Region | None


def compile_plan(scenario: Scenario, dataset: Dataset, region: Region | None) -> Plan:
    """Return what a scenario changes.

    The scenario must have passed `planning.check.check_scenario` for the same dataset and region.
    An action without a region of its own is about the scenario's region, else about `region` (that of
    the run), else about the whole country.
    """
    calendar = calendar_of(scenario, dataset)
    plan_region = region_of(scenario.region) or region
    state = State(dataset.offers, dataset.capacities)
    offers: dict[int, BoolArray] = {0: dataset.offers}
    moves: list[Move] = []
    capacities: list[CapacityChange] = []
    for index, start_day in action_order(scenario, calendar):
        setting = Setting(dataset, index, start_day, plan_region)
        step = take_step(scenario.actions[index].action, state, setting)
        state = step.after
        offers[start_day] = state.offers
        moves += step.moves
        capacities += step.capacities
    return Plan(tuple(moves), tuple(capacities), tuple(sorted(offers.items(), key=lambda item: item[0])))


@dataclass(frozen=True)
class Leaving:
    """Patients a year who are expected to leave a location, from the volumes of the baseline."""

    action: int
    profile_id: str
    location_id: str
    patients_per_year: float


def expected_leaving(plan: Plan, dataset: Dataset) -> list[Leaving]:
    """Return how many patients a year each move takes from each location, before anything is simulated.

    Counted on the volumes of today, so patients whom two actions move one after the other count twice.
    """
    return [
        Leaving(
            move.action,
            dataset.profiles[move.profile].id,
            dataset.locations[location].id,
            int(dataset.expected_volume[location, move.profile])
            * dataset.profiles[move.profile].weight
            * move.share_permille
            / 1e6,
        )
        for move in plan.moves
        for location in np.flatnonzero(move.leaving)
    ]


def calendar_of(scenario: Scenario, dataset: Dataset) -> Calendar:
    """Return the days of a run of this scenario; without a demand year, of the dataset's base year."""
    horizon = scenario.horizon
    return Calendar(horizon.demand_year or dataset.base_year, horizon.warmup_weeks, horizon.weeks)


def start_day_of(action: Action, calendar: Calendar) -> int:
    """Return the day an action takes effect: 0 without a date or with one before the run."""
    return 0 if action.start is None else max(0, calendar.day_of(action.start))


def action_order(scenario: Scenario, calendar: Calendar) -> list[tuple[int, int]]:
    """Return (position, start day) of the actions in the order they take effect."""
    days = [(index, start_day_of(item.action, calendar)) for index, item in enumerate(scenario.actions)]
    return sorted(days, key=lambda item: (item[1], item[0]))


def take_step(action: Action, state: State, setting: Setting) -> Step:
    """Return what an action does to the state."""
    if isinstance(action, Concentrate):
        return concentrate(action, state, setting)
    if isinstance(action, Spread):
        return spread(action, state, setting)
    if isinstance(action, Close):
        return close(action, state, setting)
    assert isinstance(action, Capacity)
    return change_capacity(action, state, setting)


def concentrate(action: Concentrate, state: State, setting: Setting) -> Step:
    """Every location in the region that provides a named profile and is not in `at` stops providing it.

    Locations in `at` that did not provide it start. The patients of those that stop choose again:
    ``choice`` among all who provide it afterwards, also outside the region; ``nearest`` the nearest of
    `at`; ``directed`` over `at` by the given shares.
    """
    dataset = setting.dataset
    named = location_mask(dataset, action.at)
    scope = scope_of(action.within, setting)
    shares = None if action.shares is None else shares_permille(action.shares, dataset)
    offers = state.offers.copy()
    moves = []
    for profile in profile_positions(dataset, action.profiles):
        leaving = state.offers[:, profile] & scope & ~named
        offers[:, profile] = (state.offers[:, profile] & ~leaving) | named
        receivers = offers[:, profile].copy() if action.rule == "choice" else named
        moves.append(_move(setting, profile, leaving, receivers, action.rule, 1000, shares))
    return _step(setting, state, replace(state, offers=offers), moves)


def spread(action: Spread, state: State, setting: Setting) -> Step:
    """A share of the patients of the `from` locations in the region moves to the `to` locations.

    Nobody stops. `to` locations in the region that did not provide the profile start if they are able
    to (see `obstacles`); those that are not able to are left out.
    """
    dataset = setting.dataset
    scope = scope_of(action.within, setting)
    to = filter_mask(dataset, action.to) & scope
    senders = filter_mask(dataset, action.from_) & scope & ~to
    offers = state.offers.copy()
    moves = []
    for profile in profile_positions(dataset, action.profiles):
        leaving = state.offers[:, profile] & senders
        receivers = to & (state.offers[:, profile] | able_mask(dataset, profile))
        if leaving.any():
            offers[:, profile] |= receivers
        moves.append(_move(setting, profile, leaving, receivers, action.rule, permille(action.share), None))
    return _step(setting, state, replace(state, offers=offers), moves)


def close(action: Close, state: State, setting: Setting) -> Step:
    """A location stops the named profiles, or all it provides; its patients choose among all others."""
    dataset = setting.dataset
    location = dataset.location_index[action.location]
    offered = [int(profile) for profile in np.flatnonzero(state.offers[location])]
    named = offered if action.profiles is None else profile_positions(dataset, action.profiles)
    offers = state.offers.copy()
    moves = []
    for profile in named:
        leaving = np.zeros(len(dataset.locations), dtype=np.bool_)
        leaving[location] = state.offers[location, profile]
        offers[location, profile] = False
        moves.append(_move(setting, profile, leaving, offers[:, profile].copy(), action.rule, 1000, None))
    return _step(setting, state, replace(state, offers=offers), moves)


def change_capacity(action: Capacity, state: State, setting: Setting) -> Step:
    """A pool gets a new size: `set`, or the present one plus `add`, or plus `percent`."""
    place = (action.location, action.pool)
    capacity = new_capacity(action, state.capacities[place])
    if capacity == state.capacities[place]:
        return _step(setting, state, state, [])
    change = CapacityChange(
        setting.action,
        setting.start_day,
        setting.dataset.location_index[action.location],
        action.pool,
        capacity,
    )
    after = replace(state, capacities={**state.capacities, place: capacity})
    return replace(_step(setting, state, after, []), capacities=(change,))


def new_capacity(action: Capacity, present: int) -> int:
    """Return the capacity after the action, in the unit of the pool; may be below zero (a mistake).

    `add` and `set` are in beds, or in minutes, places, admissions or visits per working day.
    """
    unit = 1 if action.pool.partition(":")[0] in BED_POOLS else 1000
    if action.set is not None:
        return round_half_up(action.set * unit)
    if action.add is not None:
        return present + round_half_up(action.add * unit)
    assert action.percent is not None
    return round_half_up(present * (100 + action.percent) / 100)


def obstacles(location: Location, profile: Profile) -> tuple[str, ...]:
    """Return what keeps a location from starting a profile, by name; empty: it is able to.

    An outpatient clinic sees first visits only; a day hospital (role ``deels``) has no nights, no
    observation and no mainly acute profiles; some profiles need an emergency department, acute obstetrics,
    cardiac surgery or a trauma centre on site. An IC is judged per patient, not here.
    """
    if profile.pathway == "visit":
        return ()
    if location.role == "poli":
        return ("clinic",)
    stays = profile.setting_shares["overnight"] + profile.setting_shares["observation"] > 0
    found = []
    if location.role == "deels" and (stays or profile.acute_share >= MAINLY_ACUTE or profile.always_acute):
        found.append("ward")
    has = {
        "ed": location.ed != "geen",
        "obstetrics": location.acute_obstetrics,
        "cardiac": location.cardiac_surgery,
        "trauma": location.level1_trauma,
    }
    found += [need for need in sorted(profile.needs) if not has[need]]
    return tuple(found)


def needed_pools(location: Location, profile: Profile) -> tuple[str, ...]:
    """Return the pools, besides clinics, that a location's patients of a profile use: room, list, beds, day places."""
    if profile.pathway != "care":
        return ()
    planned = not profile.always_acute and profile.acute_share < 1
    in_room = profile.procedure_list != "adm" and profile.procedure_share > 0
    shares = profile.setting_shares
    found = []
    if in_room:
        found.append(str(profile.procedure_list))
    if planned and (not in_room or profile.procedure_share < 1):
        found.append("adm")
    if shares["overnight"] + shares["observation"] > 0:
        found.append(ward_pool(profile.ward_group))
        if profile.ic_type in location.ic_types and profile.ic_probability > 0:
            found.append(ic_pool(str(profile.ic_type)))
    if shares["day"] > 0:
        found.append("day")
    return tuple(found)


def able_mask(dataset: Dataset, profile: int) -> BoolArray:
    """Return which locations are able to provide a profile: bool[L]."""
    return np.array(
        [not obstacles(location, dataset.profiles[profile]) for location in dataset.locations], dtype=np.bool_
    )


def region_of(choice: RegionChoice | None) -> Region | None:
    """Return the region a document names."""
    return None if choice is None else Region(*choice.kind_and_name())


def parse_region(text: str, dataset: Dataset) -> Region:
    """Return the region in ``roaz:Limburg`` (as in ``--region``); raises InvalidInput for one unknown."""
    kind, _, name = text.partition(":")
    if kind not in REGION_KINDS or not name:
        params = {"value": text, "kinds": ", ".join(REGION_KINDS)}
        raise InvalidInput([Problem("--region", "scenario.region_form", params)])
    region = Region(kind, name)
    problem = region_problem(region, dataset, "--region", None)
    if problem:
        raise InvalidInput([problem])
    return region


def region_problem(region: Region, dataset: Dataset, where: str, pointer: str | None) -> Problem | None:
    """Return what is wrong with a region: unknown, or without any location."""
    names = dataset.regions(region.kind)
    params: dict[str, object] = {"name": region.name, "kind": region.kind}
    if region.name not in names:
        suggestion = nearest_known(region.name, names)
        key = "scenario.unknown_region_near" if suggestion else "scenario.unknown_region"
        return Problem(where, key, {**params, "suggestion": suggestion, "known": ", ".join(names)}, pointer)
    if not dataset.locations_in(region).any():
        return Problem(where, "scenario.region_without_location", params, pointer)
    return None


def scope_of(within: RegionChoice | None, setting: Setting) -> BoolArray:
    """Return the locations an action is about: of its own region, of the run's, or all: bool[L]."""
    region = region_of(within) or setting.region
    if region is None:
        return np.ones(len(setting.dataset.locations), dtype=np.bool_)
    return setting.dataset.locations_in(region)


def location_mask(dataset: Dataset, ids: Sequence[str]) -> BoolArray:
    """Return which locations are named: bool[L]."""
    named = set(ids)
    return np.array([location.id in named for location in dataset.locations], dtype=np.bool_)


def filter_mask(dataset: Dataset, chosen: LocationFilter) -> BoolArray:
    """Return which locations a filter names, by id or by type: bool[L]."""
    if chosen.locations is not None:
        return location_mask(dataset, chosen.locations)
    types = set(chosen.types or ())
    return np.array([location.type in types for location in dataset.locations], dtype=np.bool_)


def profile_positions(dataset: Dataset, ids: Sequence[str]) -> list[int]:
    """Return the positions of the named profiles, each once."""
    return [dataset.profile_index[name] for name in dict.fromkeys(ids)]


def permille(share: float) -> int:
    """Return a share of one as a whole number per mille.

    >>> permille(0.3335)
    334
    """
    return round_half_up(share * 1000)


def round_half_up(value: float) -> int:
    """Round to the nearest whole number, halves up."""
    return math.floor(value + 0.5)


def shares_permille(shares: Mapping[str, float], dataset: Dataset) -> Int32Array:
    """Return shares as whole numbers per mille that sum to 1000: int32[L].

    What rounding down leaves goes to the largest remainders, in order of the locations.
    """
    total = sum(shares.values())
    exact = {dataset.location_index[name]: share / total * 1000 for name, share in shares.items()}
    result = np.zeros(len(dataset.locations), dtype=np.int32)
    for location, value in exact.items():
        result[location] = math.floor(value)
    largest = sorted(exact, key=lambda location: (result[location] - exact[location], location))
    for location in largest[: 1000 - int(result.sum())]:
        result[location] += 1
    return result


def _move(
    setting: Setting,
    profile: int,
    leaving: BoolArray,
    receivers: BoolArray,
    rule: RedistributionRule,
    share: int,
    shares: Int32Array | None,
) -> Move:
    """Return a move of this action."""
    return Move(
        setting.action, setting.start_day, profile, leaving, receivers & ~leaving, rule, share, shares
    )


def _step(setting: Setting, before: State, after: State, moves: Sequence[Move]) -> Step:
    """Return a step; a move that nobody makes is left out."""
    real = tuple(move for move in moves if move.leaving.any() and move.share_permille > 0)
    return Step(setting.action, setting.start_day, before, after, real)
