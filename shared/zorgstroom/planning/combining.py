"""Several plans as one: regional plans side by side in a national plan.

Every action keeps the region of its own plan, so that it means what it meant there. Plans that do not touch each other
do together what each does alone, and it does not matter which are put together first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import ActionItem, Horizon, RegionChoice, Scenario, ShareCare
from zorgstroom.planning.plan import action_order, calendar_of

#: As many as one scenario may have.
MAX_ACTIONS = 200


@dataclass(frozen=True)
class Combined:
    """Plans as one scenario, and for each of its actions (plan, position in that plan)."""

    scenario: Scenario
    origins: tuple[tuple[int, int], ...]


def horizon_of(plans: Sequence[Scenario]) -> Horizon | None:
    """Return the stretch of time of plans together: that of those who say something about it; None: they differ."""
    said = [plan.horizon for plan in plans if plan.horizon != Horizon()]
    if any(horizon != said[0] for horizon in said):
        return None
    return said[0] if said else Horizon()


def region_of_all(plans: Sequence[Scenario]) -> RegionChoice | None:
    """Return the region that all plans share; None: the whole country."""
    first = plans[0].region
    return first if all(plan.region == first for plan in plans) else None


def combine(plans: Sequence[Scenario], name: str, description: str, dataset: Dataset) -> Combined:
    """Return plans of one horizon as one, actions in the order in which they take effect.

    On the same day those of the first plan come first. What an action says about its region stays; what it left to its
    plan, it says itself now.
    """
    horizon, region = horizon_of(plans), region_of_all(plans)
    if horizon is None:
        raise ValueError("plans of different horizons")
    items = [
        (placed(item, None if plan.region == region else plan.region), (number, position))
        for number, plan in enumerate(plans)
        for position, item in enumerate(plan.actions)
    ]
    methods = {plan.method for plan in plans}
    made = Scenario(
        zorgstroom=1,
        name=name,
        description=description,
        region=region,
        method=methods.pop() if len(methods) == 1 else None,
        horizon=horizon,
    )
    unordered = made.model_copy(update={"actions": [item for item, _ in items]})
    order = [index for index, _ in action_order(unordered, calendar_of(unordered, dataset))]
    scenario = made.model_copy(update={"actions": [items[index][0] for index in order]})
    return Combined(scenario, tuple(items[index][1] for index in order))


def placed(item: ActionItem, region: RegionChoice | None) -> ActionItem:
    """Return an action that says itself which region it is about, where its plan said so.

    Closing, opening and capacity are about a named location, and so is shared care of named locations.
    """
    action = item.action
    if (
        region is None
        or "within" not in type(action).model_fields
        or getattr(action, "within", None) is not None
    ):
        return item
    if isinstance(action, ShareCare) and action.locations is not None:
        return item
    return item.model_copy(update={item.kind: action.model_copy(update={"within": region})})
