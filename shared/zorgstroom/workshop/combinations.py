"""Every combination of the open levers as a scenario of its own, so that a session only looks things up.

A lever is a field of one action of the base scenario, such as the `share` of a `spread`, or the action itself. An
option without a value leaves the action out. With every action left out the combination is how things are now.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zorgstroom.domain.scenario import ActionItem, Scenario
from zorgstroom.workshop.documents import Lever

#: From here on a facilitator is warned, and more than this is refused.
MANY, MOST = 200, 500

#: Fields that a lever can move, by kind of action; those in `_SHARES` are parts of one.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "concentrate": ("to_minimum", "to_count", "capacity_follows", "staff_not_moving"),
    "spread": ("share", "acute", "capacity_follows", "staff_not_moving"),
    "shared_care": (),
    "close": ("capacity_follows", "staff_not_moving"),
    "open": (),
    "capacity": ("add", "percent", "set"),
    "demand": ("prevent", "replace", "grow"),
    "workforce": ("percent",),
}
#: Fields that say which of several ways an action works: only the one in use can be moved.
_ALTERNATIVES = frozenset({"to_minimum", "to_count", "add", "percent", "set", "prevent", "replace", "grow"})
_WHOLE = frozenset({"to_minimum", "to_count"})
SHARES = frozenset({"share", "acute", "capacity_follows", "staff_not_moving", "prevent", "replace", "grow"})


@dataclass(frozen=True)
class LeverField:
    """Something of a scenario that a lever can move."""

    action: int
    #: Kind of the action, such as ``spread``.
    kind: str
    #: Name of the field; empty: whether the action takes part.
    field: str
    #: Its value in the scenario; None: not filled in.
    value: float | None

    @property
    def share(self) -> bool:
        """Whether its values are parts of one, which people write as percentages."""
        return self.field in SHARES


@dataclass(frozen=True)
class Combination:
    """One position of every lever, and the scenario that goes with it."""

    #: Such as ``0-2-1``.
    key: str
    choice: tuple[int, ...]
    document: Mapping[str, Any]


class NoSuchField(ValueError):
    """A lever moves something that the base scenario does not have; `lever` is its key."""

    def __init__(self, lever: str) -> None:
        super().__init__(lever)
        self.lever = lever


def lever_fields(scenario: Scenario) -> list[LeverField]:
    """Return everything that a lever can move in a scenario, in the order of its actions."""
    found = []
    for position, item in enumerate(scenario.actions):
        found.append(LeverField(position, item.kind, "", 1.0))
        for name in _FIELDS[item.kind]:
            value = getattr(item.action, name)
            numeric = isinstance(value, int | float)
            if numeric or (value is None and name not in _ALTERNATIVES):
                found.append(LeverField(position, item.kind, name, float(value) if numeric else None))
    return found


def count(levers: Sequence[Lever]) -> int:
    """Return how many combinations there are; none without levers."""
    return math.prod(len(lever.options) for lever in levers) if levers else 0


def key_of(choice: Sequence[int]) -> str:
    """Return the name of a combination.

    >>> key_of((0, 2, 1))
    '0-2-1'
    """
    return "-".join(map(str, choice))


def start_of(levers: Sequence[Lever]) -> str:
    """Return the combination at which all levers stand before anybody touches them."""
    return key_of([lever.start for lever in levers])


def combinations(base: Scenario, levers: Sequence[Lever]) -> list[Combination]:
    """Return every combination of the options of the levers, the last lever varying fastest.

    Raises `NoSuchField` for a lever that moves what the scenario does not have.
    """
    if not levers:
        return []
    known = {(field.action, field.field) for field in lever_fields(base)}
    for lever in levers:
        if (lever.action, lever.field) not in known:
            raise NoSuchField(lever.key)
    positions = itertools.product(*(range(len(lever.options)) for lever in levers))
    return [Combination(key_of(choice), choice, _document(base, levers, choice)) for choice in positions]


def _document(base: Scenario, levers: Sequence[Lever], choice: Sequence[int]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(base.canonical_json())
    gone: set[int] = set()
    for lever, position in zip(levers, choice, strict=True):
        value = lever.options[position].value
        if value is None:
            gone.add(lever.action)
        elif lever.field:
            action = document["actions"][lever.action]
            [kind] = action
            action[kind][lever.field] = round(value) if lever.field in _WHOLE else value
    actions = [action for index, action in enumerate(document.get("actions", [])) if index not in gone]
    _drop_what_needs_capacity(actions)
    labels = [f"{lever.label}: {lever.options[at].label}" for lever, at in zip(levers, choice, strict=True)]
    return {
        **document,
        "name": _short(f"{base.name} · {key_of(choice)}"),
        "description": "; ".join(labels),
        "actions": actions,
    }


def _drop_what_needs_capacity(actions: Sequence[dict[str, Any]]) -> None:
    """Take away when and how capacity follows, from actions where a lever says that none does."""
    for action in actions:
        [fields] = action.values()
        if not fields.get("capacity_follows"):
            for name in ("after_months", "staff_not_moving", "overlap_months", "arrives_after_months"):
                fields.pop(name, None)


def _short(name: str) -> str:
    return name if len(name) <= 120 else name[:60] + "…" + name[-59:]


def describe(item: ActionItem) -> list[str]:
    """Return the ids that an action is about, to tell it from others of its kind."""
    action = item.action
    names = [getattr(action, "location", None), getattr(action, "profession", None)]
    pool = getattr(action, "pool", None)
    profiles = getattr(action, "profiles", None) or []
    return [name for name in (*names, pool, *profiles) if name]
