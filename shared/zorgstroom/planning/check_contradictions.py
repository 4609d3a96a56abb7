"""Pairs of actions that work against each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import (
    Action,
    Capacity,
    Close,
    Concentrate,
    Demand,
    Open,
    Scenario,
    Spread,
)
from zorgstroom.planning.findings import Findings, action_pointer
from zorgstroom.planning.plan import start_day_of
from zorgstroom.planning.regions import areas_of, scope_of
from zorgstroom.planning.state import filter_mask, location_mask


def check_contradictions(
    scenario: Scenario,
    sound: Sequence[int],
    calendar: Calendar,
    dataset: Dataset,
    region: Region | None,
    findings: Findings,
) -> None:
    """Name pairs of the `sound` actions that work against each other; `region` as for `compile_plan`."""
    for first, second in combinations(sound, 2):
        one, other = scenario.actions[first].action, scenario.actions[second].action
        pointer = action_pointer(second, scenario.actions[second])
        place = first + 1
        same_day = start_day_of(one, calendar) == start_day_of(other, calendar)
        closed_receiver = _closed_receiver(one, other, dataset) or _closed_receiver(other, one, dataset)
        if closed_receiver:
            report = findings.error if same_day else findings.warn
            report(pointer, "scenario.closed_and_receiving", location=closed_receiver, other=place)
            continue
        profiles = ", ".join(sorted(_profiles(one) & _profiles(other)))
        if profiles and _work_against(one, other, dataset, region):
            findings.warn(pointer, "scenario.contradicts", profiles=profiles, other=place)
        if profiles and _both_ways(one, other, dataset, region):
            findings.warn(pointer, "scenario.demand_both_ways", profiles=profiles, other=place)
        if same_day and _same_pool(one, other):
            findings.warn(pointer, "scenario.capacity_twice", other=place)
        for closing, index, between, number in ((one, first, other, second + 1), (other, second, one, place)):
            back = _back_after(closing, between, calendar, dataset, region)
            if back and isinstance(closing, Close) and closing.until:
                findings.warn(
                    f"{action_pointer(index, scenario.actions[index])}/until",
                    "scenario.back_after_concentration",
                    location=closing.location,
                    until=closing.until.isoformat(),
                    other=number,
                    profiles=", ".join(sorted(back)),
                )


def receivers_of(action: Action, dataset: Dataset) -> BoolArray:
    """Return the locations an action sends patients to by name or type: bool[L]."""
    if isinstance(action, Concentrate):
        return location_mask(dataset, action.at or ())
    if isinstance(action, Spread):
        return filter_mask(dataset, action.to)
    if isinstance(action, Open):
        return location_mask(dataset, [action.location])
    return np.zeros(len(dataset.locations), dtype=np.bool_)


def _same_pool(one: Action, other: Action) -> bool:
    """Return whether two actions both set the size of one pool."""
    if not isinstance(one, Capacity) or not isinstance(other, Capacity):
        return False
    return (one.location, one.pool) == (other.location, other.pool)


def _profiles(action: Action) -> frozenset[str]:
    """Return the profiles an action names."""
    return frozenset(getattr(action, "profiles", None) or ())


def _closed_receiver(closing: Action, receiving: Action, dataset: Dataset) -> str | None:
    """Return the location one action closes and the other sends the same patients to by id, if any."""
    if not isinstance(closing, Close) or not isinstance(receiving, Concentrate | Spread | Open):
        return None
    if isinstance(receiving, Spread) and receiving.to.locations is None:
        return None
    if closing.units is not None:
        same = isinstance(receiving, Open) and receiving.location == closing.location
        both = set(closing.units) & set(getattr(receiving, "units", None) or ())
        return closing.location if same and both else None
    if closing.profiles is not None and not _profiles(closing) & _profiles(receiving):
        return None
    receives = receivers_of(receiving, dataset)[dataset.location_index[closing.location]]
    return closing.location if receives else None


def _back_after(
    closing: Action, between: Action, calendar: Calendar, dataset: Dataset, region: Region | None
) -> frozenset[str]:
    """Return the care a location comes back with although it was concentrated elsewhere while it was closed."""
    if not isinstance(closing, Close) or closing.until is None or not isinstance(between, Concentrate):
        return frozenset()
    row = dataset.location_index[closing.location]
    days = (start_day_of(closing, calendar), start_day_of(between, calendar), calendar.day_of(closing.until))
    stays = between.at is not None and closing.location in between.at
    if not days[0] <= days[1] < days[2] or stays or not scope_of(between.within, dataset, region)[row]:
        return frozenset()
    stopped = _profiles(closing) or {
        profile.id
        for column, profile in enumerate(dataset.profiles)
        if dataset.offers[row, column] and (not closing.units or profile.needs & set(closing.units))
    }
    return _profiles(between) & stopped


def _work_against(one: Action, other: Action, dataset: Dataset, region: Region | None) -> bool:
    """Return whether two actions on the same profile pull patients in opposite directions."""
    scopes = [
        scope_of(action.within, dataset, region)
        for action in (one, other)
        if isinstance(action, Concentrate | Spread)
    ]
    if len(scopes) < 2 or not (scopes[0] & scopes[1]).any():
        return False
    if isinstance(one, Spread) and isinstance(other, Spread):
        back = filter_mask(dataset, one.from_) & filter_mask(dataset, other.to)
        forth = filter_mask(dataset, one.to) & filter_mask(dataset, other.from_)
        return bool((back & scopes[0]).any() or (forth & scopes[0]).any())
    if any(isinstance(action, Concentrate) and action.at is None for action in (one, other)):
        return True
    return bool((receivers_of(one, dataset) != receivers_of(other, dataset)).any())


def _both_ways(one: Action, other: Action, dataset: Dataset, region: Region | None) -> bool:
    """Return whether one action takes patients away and the other adds some, of the same age and area."""
    if not isinstance(one, Demand) or not isinstance(other, Demand):
        return False
    if (one.change[0] == "grow") == (other.change[0] == "grow"):
        return False
    if one.ages is not None and other.ages is not None and not set(one.ages) & set(other.ages):
        return False
    shared = areas_of(one.within, dataset, region) & areas_of(other.within, dataset, region)
    return bool(shared.any())
