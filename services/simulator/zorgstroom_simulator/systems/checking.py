"""Refuses a system that cannot work, with everything that is wrong and where."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import get_args

from zorgstroom.errors import Count, InvalidInput, Problem, nearest_known
from zorgstroom_simulator.systems.arrivals import At, Poisson, VaryingPoisson
from zorgstroom_simulator.systems.description import (
    Flow,
    Location,
    NextFullName,
    Planned,
    System,
    Unplanned,
    Visits,
    WhenFullName,
    WorkingDays,
)
from zorgstroom_simulator.systems.durations import Duration, Minutes
from zorgstroom_simulator.systems.kinds import misfits, shown

#: Most beds, minutes or visits; and days of a run (a century).
LARGEST, MOST_DAYS = 1_000_000, 36_500
#: Rooms of different names a system can have: the engine's lists with minutes.
MOST_ROOMS = 2
#: What the engine's columns can number: units and clinics (int8), places in a list of diversions (int8).
MOST_NAMES, MOST_DIVERSIONS = 100, 127
#: Of which the table of drives, from each to each, still is small.
MOST_LOCATIONS = 1_000
#: Of one flow in one run: some gigabytes.
MOST_PATIENTS = 20_000_000
#: Counts at midnight of every day, location and name: one gigabyte.
MOST_COUNTS = 250_000_000


def check(
    system: System, flows: Mapping[str, Flow], days: int, *, seed: int = 1, replication: int = 0
) -> None:
    """Raise InvalidInput, naming every mistake, if the system cannot work."""
    problems = [*misfits(system, flows, {"days": days, "seed": seed, "replication": replication})]
    # What is of the wrong kind cannot be looked at any further.
    if not problems:
        problems = [*_system(system, flows, days)]
    # Who asks for what nobody knows is told so first.
    if not problems:
        problems = [problem for name, flow in flows.items() for problem in _flow(system, name, flow, days)]
        problems += [Problem("flows", "systems.three_units", {"units": unit}) for unit in _between(flows)]
    if problems:
        raise InvalidInput(problems)


def rooms_of(system: System) -> list[str]:
    """Return the names of the rooms of a system, in order of appearance."""
    return list(dict.fromkeys(room for place in system.locations.values() for room in place.rooms))


def first_units(flows: Mapping[str, Flow]) -> set[str]:
    """Return the units somebody leaves for another."""
    return {flow.route[0] for flow in flows.values() if not isinstance(flow, Visits) and len(flow.route) == 2}


def offers(place: Location, flow: Flow) -> bool:
    """Return whether a location has all a flow needs."""
    if isinstance(flow, Visits):
        return flow.clinic in place.clinics
    has = all(unit in place.units for unit in flow.route)
    if isinstance(flow, Planned):
        has = has and (flow.room is None or flow.room in place.rooms)
        has = has and (flow.clinic is None or flow.clinic in place.clinics)
    return has


def reachable(system: System, flow: Flow) -> list[str]:
    """Return the locations that can help the patients of a flow's area, the nearest first, then by name."""
    travel = system.travel.get(flow.area or "", {})
    able = [name for name in travel if name in system.locations and offers(system.locations[name], flow)]
    return sorted(able, key=lambda name: (travel[name], name))


def _system(system: System, flows: Mapping[str, Flow], days: int) -> Iterator[Problem]:
    if not 1 <= days <= MOST_DAYS:
        yield Problem("days", "systems.days", {"value": days, "most": MOST_DAYS})
    if not system.locations:
        yield Problem("locations", "systems.no_locations")
    if not flows:
        yield Problem("flows", "systems.no_flows")
    for name, known in (
        ("when_full", get_args(WhenFullName)),
        ("next_unit_full", get_args(NextFullName)),
        ("working_days", get_args(WorkingDays)),
    ):
        value = getattr(system, name)
        if not isinstance(value, str) or value not in known:
            yield Problem(name, "systems.choice", {"value": shown(value), "known": ", ".join(known)})
    for name in ("reserve", "change_over", "look_ahead", "work_up_days"):
        yield from _amount(name, getattr(system, name), whole=True)
    yield from _capacities(system, days)
    yield from _roads(system)


def _capacities(system: System, days: int) -> Iterator[Problem]:
    for place, location in system.locations.items():
        where = f"locations.{place}"
        for unit, beds in location.units.items():
            yield from _capacity(f"{where}.units.{unit}", beds, whole=True)
        for kind, amounts in (("rooms", location.rooms), ("clinics", location.clinics)):
            for name, amount in amounts.items():
                yield from _capacity(f"{where}.{kind}.{name}", amount)
        yield from _capacity(f"{where}.admissions", location.admissions)
    if len(rooms_of(system)) > MOST_ROOMS:
        params = {"names": ", ".join(rooms_of(system)), "most": MOST_ROOMS}
        yield Problem("locations", "systems.too_many_rooms", params)
    if len(system.locations) > MOST_LOCATIONS:
        params = {"number": Count(len(system.locations)), "most": Count(MOST_LOCATIONS)}
        yield Problem("locations", "systems.too_many_locations", params)
    counted = 0
    for kind in ("units", "clinics"):
        names = {name for place in system.locations.values() for name in getattr(place, kind)}
        counted += len(names)
        if len(names) > MOST_NAMES:
            params = {"number": Count(len(names)), "most": MOST_NAMES}
            yield Problem(f"locations.*.{kind}", "systems.too_many_names", params)
    if days * len(system.locations) * counted > MOST_COUNTS:
        params = {
            "days": Count(days),
            "locations": Count(len(system.locations)),
            "names": counted,
            "most": Count(MOST_COUNTS),
        }
        yield Problem("days", "systems.too_many_counts", params)


def _roads(system: System) -> Iterator[Problem]:
    for pair, drive in system.transfer_minutes.items():
        where = f"transfer_minutes.{pair[0]}-{pair[1]}"
        for name in pair:
            yield from _known(where, name, system.locations)
        yield from _amount(where, drive, whole=True)
    for area, travel in system.travel.items():
        for name, minutes in travel.items():
            yield from _known(f"travel.{area}", name, system.locations)
            yield from _amount(f"travel.{area}.{name}", minutes)


def _flow(system: System, name: str, flow: Flow, days: int) -> Iterator[Problem]:
    where = f"flows.{name}"
    if (flow.at is None) == (flow.area is None):
        yield Problem(where, "systems.at_or_area")
        return
    if flow.at is not None:
        yield from _provider(system, f"{where}.at", flow.at, flow)
    elif flow.area not in system.travel:
        yield from _known(f"{where}.area", str(flow.area), system.travel, "systems.unknown_area")
    elif not reachable(system, flow):
        yield Problem(f"{where}.area", "systems.unreachable", {"area": flow.area})
    key = flow.arrivals.problem()
    if key:
        yield Problem(f"{where}.arrivals", key)
    elif (expected := _expected(flow, days)) > MOST_PATIENTS:
        params = {"number": Count(expected), "most": Count(MOST_PATIENTS)}
        yield Problem(f"{where}.arrivals", "systems.too_many_patients", params)
    if isinstance(flow, Unplanned):
        yield from _unplanned(system, where, flow)
    elif isinstance(flow, Planned):
        yield from _planned(where, flow)
    else:
        yield from _amount(f"{where}.target_days", flow.target_days)
    yield from _never_helped(system, where, flow)


def _expected(flow: Flow, days: int) -> int:
    """Return how many patients the engine would have to draw, as far as that is known beforehand."""
    if isinstance(flow.arrivals, Poisson):
        return int(flow.arrivals.per_day * days)
    return int(flow.arrivals.most * days) if isinstance(flow.arrivals, VaryingPoisson) else 0


def _unplanned(system: System, where: str, flow: Unplanned) -> Iterator[Problem]:
    yield from _stays(where, flow)
    for other in flow.diversions:
        yield from _provider(system, f"{where}.diversions", other, flow)
        if other == flow.at:
            yield Problem(f"{where}.diversions", "systems.diversion_to_itself", {"location": other})
    if flow.area is not None and flow.diversions:
        yield Problem(f"{where}.diversions", "systems.diversions_of_area")
    if not flow.route:
        yield Problem(f"{where}.route", "systems.no_route")
    elsewhere = len(flow.diversions) if flow.area is None else len(reachable(system, flow)) - 1
    if elsewhere > MOST_DIVERSIONS:
        params = {"number": elsewhere, "most": MOST_DIVERSIONS}
        yield Problem(f"{where}.diversions", "systems.too_many_diversions", params)


def _planned(where: str, flow: Planned) -> Iterator[Problem]:
    yield from _stays(where, flow)
    yield from _amount(f"{where}.target_days", flow.target_days)
    yield from _amount(f"{where}.visit_target_days", flow.visit_target_days)
    if (flow.room is None) != (flow.operation is None):
        yield Problem(f"{where}.operation", "systems.room_without_operation")
    if flow.operation is not None:
        yield from _duration(f"{where}.operation", flow.operation, flow)


def _stays(where: str, flow: Unplanned | Planned) -> Iterator[Problem]:
    """Every unit of the route has its service time, and the route is one the engine knows."""
    if len(flow.route) > 2 or len(set(flow.route)) < len(flow.route):
        yield Problem(f"{where}.route", "systems.route", {"route": " → ".join(flow.route)})
    if len(flow.stay) != len(flow.route):
        params = {"units": ", ".join(flow.route), "number": len(flow.stay)}
        yield Problem(f"{where}.stay", "systems.stay_missing", params)
    for unit, stay in zip(flow.route, flow.stay, strict=False):
        yield from _duration(f"{where}.stay.{unit}", stay, flow)


def _duration(where: str, duration: Duration, flow: Flow) -> Iterator[Problem]:
    key = duration.problem()
    if key:
        yield Problem(where, key)
    elif isinstance(duration, Minutes):
        if not isinstance(flow.arrivals, At):
            yield Problem(where, "systems.minutes_without_times")
        elif len(duration.each) != len(flow.arrivals.minutes):
            params = {"number": len(duration.each), "patients": len(flow.arrivals.minutes)}
            yield Problem(where, "systems.minutes_number", params)


def _never_helped(system: System, where: str, flow: Flow) -> Iterator[Problem]:
    """Who waits for a unit without beds, for a room without minutes or for a clinic without visits, waits for ever."""
    first = flow.at if flow.at is not None else next(iter(reachable(system, flow)), None)
    place = system.locations.get(first or "")
    if place is None:
        return
    for number, unit in enumerate(() if isinstance(flow, Visits) else flow.route):
        # A planned patient waits on his list, whatever the unplanned do.
        waits = isinstance(flow, Planned) or system.when_full == "wait"
        if place.units.get(unit) == 0 and (system.next_unit_full != "over" if number else waits):
            key = "systems.no_beds_next" if number else "systems.no_beds"
            yield Problem(f"{where}.route", key, {"unit": unit, "location": first})
    if isinstance(flow, Unplanned):
        return
    if flow.clinic is not None and place.clinics.get(flow.clinic) == 0:
        yield Problem(f"{where}.clinic", "systems.no_capacity", {"name": flow.clinic, "location": first})
    if isinstance(flow, Planned):
        size = place.admissions if flow.room is None else place.rooms.get(flow.room)
        if size == 0:
            name = "admissions" if flow.room is None else flow.room
            yield Problem(f"{where}.room", "systems.no_capacity", {"name": name, "location": first})


def _provider(system: System, where: str, location: str, flow: Flow) -> Iterator[Problem]:
    if location not in system.locations:
        yield from _known(where, location, system.locations)
        return
    place = system.locations[location]
    if offers(place, flow):
        return
    if isinstance(flow, Visits):
        needed, known = [flow.clinic], [*place.clinics]
    else:
        needed, known = [*flow.route], [*place.units]
        if isinstance(flow, Planned):
            needed += [name for name in (flow.room, flow.clinic) if name is not None]
            known += [*place.rooms, *place.clinics]
    lacks = [name for name in needed if name not in known]
    params = {"location": location, "lacks": ", ".join(lacks), "known": ", ".join(known) or "-"}
    yield Problem(where, "systems.no_provider", params)


def _known(
    where: str, name: str, known: Mapping[str, object], key: str = "systems.unknown_location"
) -> Iterator[Problem]:
    if name not in known:
        nearest = nearest_known(name, known) or ", ".join(known)
        yield Problem(where, key, {"name": name, "nearest": nearest})


def _capacity(where: str, value: float | None, *, whole: bool = False) -> Iterator[Problem]:
    """None is without end."""
    if value is not None:
        yield from _amount(where, value, whole=whole, key="systems.capacity")


def _amount(
    where: str, value: float, *, whole: bool = False, key: str = "systems.amount"
) -> Iterator[Problem]:
    if not math.isfinite(value) or not 0 <= value <= LARGEST:
        yield Problem(where, key, {"value": value, "most": LARGEST})
    elif whole and value != int(value):
        yield Problem(where, "systems.whole", {"value": value})


def _between(flows: Mapping[str, Flow]) -> list[str]:
    """Return units that some leave for another and others reach from another: more than two in a row."""
    routes = [flow.route for flow in flows.values() if not isinstance(flow, Visits)]
    return sorted(first_units(flows) & {route[1] for route in routes if len(route) == 2})
