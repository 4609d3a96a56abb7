"""The parts of a plan: its actions by what they change first, for telling what each part does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from zorgstroom.domain.scenario import Scenario

Part = Literal["demand", "redistribution", "capacity", "workforce"]

#: Which kinds of action belong to which part, in the order in which parts are shown. Capacity that follows patients
#: who move belongs to the action that moves them.
KINDS: Mapping[Part, tuple[str, ...]] = {
    "demand": ("demand",),
    "redistribution": ("concentrate", "spread", "close", "open", "shared_care"),
    "capacity": ("capacity",),
    "workforce": ("workforce",),
}
#: What the parts do together beyond what each does alone; and everything.
INTERACTION, TOTAL = "interaction", "total"


def parts_of(scenario: Scenario) -> tuple[Part, ...]:
    """Return the parts a plan has actions of."""
    present = {item.kind for item in scenario.actions}
    return tuple(part for part, kinds in KINDS.items() if present & set(kinds))


def only(scenario: Scenario, part: Part) -> Scenario:
    """Return the scenario with the actions of one part, in their order."""
    actions = [item for item in scenario.actions if item.kind in KINDS[part]]
    return scenario.model_copy(update={"actions": actions})
