"""What each kind of action does to the state it finds: one function per kind, without side effects.

Patients of a location that keeps its offer never move, unless an action moves a part of them. Capacity does
not move by itself.
"""

from __future__ import annotations

from zorgstroom.domain.scenario import (
    AnyAction,
    Capacity,
    Close,
    Concentrate,
    Demand,
    MovingCapacity,
    Open,
    ShareCare,
    Spread,
)
from zorgstroom.planning.actions.concentrating import concentrate
from zorgstroom.planning.actions.opening import close, come_back, open_location
from zorgstroom.planning.actions.patients import change_demand, share_care
from zorgstroom.planning.actions.resources import change_capacity, change_workforce
from zorgstroom.planning.actions.spreading import spread
from zorgstroom.planning.moving_capacity import with_moving_capacity
from zorgstroom.planning.state import Setting, State, Step

__all__ = ["come_back", "take_step"]


def take_step(action: AnyAction, state: State, setting: Setting) -> Step:
    """Return what an action does to the state."""
    step = _own_step(action, state, setting)
    if isinstance(action, MovingCapacity):
        step = with_moving_capacity(action, step, setting)
    return step


def _own_step(action: AnyAction, state: State, setting: Setting) -> Step:
    if isinstance(action, Concentrate):
        return concentrate(action, state, setting)
    if isinstance(action, Spread):
        return spread(action, state, setting)
    if isinstance(action, ShareCare):
        return share_care(action, state, setting)
    if isinstance(action, Close):
        return close(action, state, setting)
    if isinstance(action, Open):
        return open_location(action, state, setting)
    if isinstance(action, Capacity):
        return change_capacity(action, state, setting)
    if isinstance(action, Demand):
        return change_demand(action, state, setting)
    return change_workforce(action, state, setting)
