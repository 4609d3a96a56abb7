"""Which demands cannot hold together: as few as possible, and to which value each would have to give way.

Deletion filter (Chinneck 2008): a demand without which there is still no plan is not part of the conflict. What is
left cannot be missed: without any one of them there is a plan for the others.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from zorgstroom.planning.design.demands import Demand

#: Whether there is a plan that meets some demands; None: not known.
Possible = Callable[[Sequence[Demand]], bool | None]
#: Whether something holds for a number; None: not known.
Holds = Callable[[float], bool | None]
#: Longest travel and largest load that are tried, and how finely: whole minutes, hundredths, per cents.
_MOST_MINUTES, _MOST_LOAD = 300, 5.0


@dataclass(frozen=True)
class Way:
    """A demand of a conflict, and what it would have to be for the others to hold."""

    demand: Demand
    #: None: no value of it helps, or it is not known which.
    value: float | None = None
    #: Of `max_travel`: the share of inhabitants that can be reached within the minutes asked.
    share: float | None = None


@dataclass(frozen=True)
class Conflict:
    """Demands that cannot hold together."""

    ways: tuple[Way, ...]
    #: Whether each of them is known to be needed.
    minimal: bool


def find_conflicts(demands: Sequence[Demand], possible: Possible) -> tuple[Conflict, ...]:
    """Return groups of demands that cannot hold together, given that all of them cannot; no demand is in two.

    Without the demands of all groups there is a plan for the rest.
    """
    groups: list[tuple[list[Demand], bool]] = []
    left = list(demands)
    while left and (not groups or possible(left) is False):
        needed, minimal = _filtered(left, possible)
        groups.append((needed, minimal))
        left = [demand for demand in left if demand not in needed]
    return tuple(
        Conflict(tuple(_way(demand, [*left, *needed], needed, possible) for demand in needed), minimal)
        for needed, minimal in groups
    )


def _filtered(demands: Sequence[Demand], possible: Possible) -> tuple[list[Demand], bool]:
    """Return demands that cannot hold together, and whether each of them is known to be needed."""
    needed, minimal = list(demands), True
    for demand in demands:
        others = [other for other in needed if other != demand]
        answer = possible(others)
        if answer is False:
            needed = others
        elif answer is None:
            minimal = False
    return needed, minimal


def _way(demand: Demand, every: Sequence[Demand], needed: Sequence[Demand], possible: Possible) -> Way:
    """Return what one demand would have to be: beside all demands without a conflict, else beside its own conflict."""
    for together in (every, needed):
        others = [other for other in together if other != demand]
        if not possible(others):
            continue
        share = None
        if demand.kind == "max_travel":
            share = _share(demand, others, possible)
        return Way(demand, _value(demand, others, possible), share)
    return Way(demand)


def _value(demand: Demand, others: Sequence[Demand], possible: Possible) -> float | None:
    """Return the value nearest to what is asked that goes with the others, if one does."""

    def holds(value: float) -> bool | None:
        return possible([*others, dataclasses.replace(demand, value=value)])

    asked = demand.value
    if demand.kind in ("norm", "at_least"):
        return _last(1, math.ceil(asked) - 1, holds)
    if demand.kind in ("at_most", "max_changes"):
        return _first(math.floor(asked) + 1, 1000, holds)
    if demand.kind == "max_travel":
        return _first(math.floor(asked) + 1, _MOST_MINUTES, holds)
    if demand.kind == "max_load":
        found = _first(math.floor(asked * 100) + 1, round(_MOST_LOAD * 100), lambda value: holds(value / 100))
        return None if found is None else found / 100
    return None


def _share(demand: Demand, others: Sequence[Demand], possible: Possible) -> float | None:
    """Return the largest share, in whole per cents, that can be reached within the minutes asked."""

    def holds(percent: float) -> bool | None:
        return possible([*others, dataclasses.replace(demand, share=percent / 100)])

    found = _last(1, math.ceil(demand.share * 100) - 1, holds)
    return None if found is None else found / 100


def _first(low: int, high: int, holds: Holds) -> int | None:
    """Return the smallest whole number for which something holds that holds for all above it, if that is known."""
    if low > high or not holds(high):
        return None
    while low < high:
        middle = (low + high) // 2
        answer = holds(middle)
        if answer is None:
            return None
        low, high = (low, middle) if answer else (middle + 1, high)
    return low


def _last(low: int, high: int, holds: Holds) -> int | None:
    """Return the largest whole number for which something holds that holds for all below it, if that is known."""
    if low > high or not holds(low):
        return None
    while low < high:
        middle = (low + high + 1) // 2
        answer = holds(middle)
        if answer is None:
            return None
        low, high = (middle, high) if answer else (low, middle - 1)
    return low
