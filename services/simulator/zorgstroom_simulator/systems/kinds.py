"""Whether what was handed in is of the kind it should be: a number, a name, a list, a part of a system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral
from typing import TypeGuard

import numpy as np

from zorgstroom.errors import Problem
from zorgstroom_simulator.systems.description import Flow, Location, Planned, System, Unplanned, Visits
from zorgstroom_simulator.systems.durations import is_number

#: What of a value is shown.
_SHOWN = 60


def misfits(system: object, flows: object, run: Mapping[str, object]) -> Iterator[Problem]:
    """Return everything that is of a wrong kind; `run`: the whole numbers of the run, by name."""
    for name, value in run.items():
        if not isinstance(value, Integral) or value < 0:
            yield Problem(name, "systems.whole_number", {"value": shown(value)})
    if isinstance(system, System):
        yield from _system(system)
    else:
        yield _not("system", system, "System(...)")
    if not isinstance(flows, Mapping):
        yield _not("flows", flows, '{"name": Unplanned(...), ...}')
        return
    for name, flow in flows.items():
        yield from _name("flows", name)
        if isinstance(flow, Flow):
            yield from _flow(f"flows.{name}", flow)
        else:
            yield _not(f"flows.{name}", flow, "Unplanned(...), Planned(...), Visits(...)")


def shown(value: object) -> str:
    """Return a value as it can be shown in a message, not endlessly long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _not(where: str, value: object, wanted: str) -> Problem:
    return Problem(where, "systems.kind", {"value": shown(value), "wanted": wanted})


def _system(system: System) -> Iterator[Problem]:
    for field in ("reserve", "change_over", "look_ahead", "work_up_days"):
        yield from _number(field, getattr(system, field))
    if not isinstance(system.locations, Mapping):
        yield _not("locations", system.locations, '{"name": Location(...), ...}')
    else:
        for name, place in system.locations.items():
            yield from _name("locations", name)
            if not isinstance(place, Location):
                yield _not(f"locations.{name}", place, "Location(...)")
                continue
            for field in ("units", "rooms", "clinics"):
                yield from _numbers(f"locations.{name}.{field}", getattr(place, field), ends=False)
            yield from _number(f"locations.{name}.admissions", place.admissions, ends=False)
    yield from _roads(system)


def _roads(system: System) -> Iterator[Problem]:
    if not isinstance(system.transfer_minutes, Mapping):
        yield _not("transfer_minutes", system.transfer_minutes, '{("A", "B"): 30, ...}')
    else:
        for pair, minutes in system.transfer_minutes.items():
            if not (isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(one, str) for one in pair)):
                yield _not("transfer_minutes", pair, '("A", "B")')
            else:
                yield from _number(f"transfer_minutes.{pair[0]}-{pair[1]}", minutes)
    if not isinstance(system.travel, Mapping):
        yield _not("travel", system.travel, '{"area": {"A": 10, ...}, ...}')
        return
    for area, travel in system.travel.items():
        yield from _name("travel", area)
        yield from _numbers(f"travel.{area}", travel)


def _flow(where: str, flow: Flow) -> Iterator[Problem]:
    for field in ("at", "area"):
        if getattr(flow, field) is not None:
            yield from _name(f"{where}.{field}", getattr(flow, field))
    if not _has(flow.arrivals, "problem", "times"):
        yield _not(
            f"{where}.arrivals", flow.arrivals, "Poisson(...), VaryingPoisson(...), Every(...), At([...])"
        )
    if isinstance(flow, Visits):
        yield from _name(f"{where}.clinic", flow.clinic)
    else:
        yield from _names(f"{where}.route", flow.route)
        yield from _durations(where, flow)
    if isinstance(flow, Unplanned):
        yield from _names(f"{where}.diversions", flow.diversions)
        return
    yield from _number(f"{where}.target_days", flow.target_days)
    if isinstance(flow, Planned):
        yield from _number(f"{where}.visit_target_days", flow.visit_target_days)
        for field in ("room", "clinic"):
            if getattr(flow, field) is not None:
                yield from _name(f"{where}.{field}", getattr(flow, field))


def _durations(where: str, flow: Unplanned | Planned) -> Iterator[Problem]:
    wanted = "Constant(...), Exponential(...), Lognormal(...), Empirical([...]), Minutes([...])"
    if not _is_list(flow.stay):
        yield _not(f"{where}.stay", flow.stay, f"[{wanted}]")
    else:
        for stay in flow.stay:
            if not _has(stay, "problem", "draw"):
                yield _not(f"{where}.stay", stay, wanted)
    operation = flow.operation if isinstance(flow, Planned) else None
    if operation is not None and not _has(operation, "problem", "draw"):
        yield _not(f"{where}.operation", operation, wanted)


def _names(where: str, values: object) -> Iterator[Problem]:
    """One name is a list of letters: who forgets the brackets is told."""
    if not _is_list(values):
        yield _not(where, values, '["name", ...]')
        return
    for value in values:
        yield from _name(where, value)


def _is_list(values: object) -> TypeGuard[Sequence[object]]:
    return isinstance(values, Sequence | np.ndarray) and not isinstance(values, str | bytes)


def _name(where: str, value: object) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield _not(where, value, '"name"')


def _numbers(where: str, values: object, *, ends: bool = True) -> Iterator[Problem]:
    if not isinstance(values, Mapping):
        yield _not(where, values, '{"name": 1, ...}')
        return
    for name, value in values.items():
        yield from _name(where, name)
        yield from _number(f"{where}.{name}", value, ends=ends)


def _number(where: str, value: object, *, ends: bool = True) -> Iterator[Problem]:
    """A number; or, if it need not end, None."""
    if not is_number(value) and (ends or value is not None):
        yield Problem(where, "systems.number", {"value": shown(value)})


def _has(value: object, *methods: str) -> bool:
    return not isinstance(value, type) and all(callable(getattr(value, method, None)) for method in methods)
