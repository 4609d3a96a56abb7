"""From a description to what an engine executes: the network, and the table of patients."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import TREATMENT_LISTS
from zorgstroom.errors import Count, InvalidInput, Problem
from zorgstroom_simulator.engines import (
    NEVER,
    Care,
    Network,
    NextFull,
    PatientTable,
    Rules,
    Stage,
    WhenFull,
)
from zorgstroom_simulator.systems.arrivals import Arrivals, BoolArray
from zorgstroom_simulator.systems.checking import MOST_PATIENTS, first_units, reachable, rooms_of
from zorgstroom_simulator.systems.description import Flow, Planned, System, Unplanned, Visits
from zorgstroom_simulator.systems.durations import LONGEST, Duration, Int64Array

#: A pool that never fills: beds, more than patients can be numbered; an amount a day, more than all of them need.
WITHOUT_END = 2**31
WITHOUT_END_PERMILLE = 10**15
#: Days after the run for which the calendar is known.
LOOK_BEYOND_DAYS = 400
ADM = TREATMENT_LISTS.index("adm")
_WHEN_FULL = {"board": WhenFull.BOARD, "wait": WhenFull.WAIT, "lose": WhenFull.LOSE}
_NEXT_FULL = {"over": NextFull.OVER, "block": NextFull.BLOCK, "wait": NextFull.WAIT}


@dataclass(frozen=True)
class Layout:
    """Numbers of the names of a system, as the engine's axes have them."""

    locations: list[str]
    #: Units that some leave for another (the engine's IC types), and all others (its ward groups).
    first: list[str]
    last: list[str]
    rooms: list[str]
    clinics: list[str]
    flows: list[str]


def lay_out(system: System, flows: Mapping[str, Flow]) -> Layout:
    """Return the numbering; names in order of appearance."""
    left = first_units(flows)
    units = dict.fromkeys(unit for place in system.locations.values() for unit in place.units)
    clinics = dict.fromkeys(clinic for place in system.locations.values() for clinic in place.clinics)
    return Layout(
        locations=[*system.locations],
        first=[unit for unit in units if unit in left],
        last=[unit for unit in units if unit not in left],
        rooms=rooms_of(system),
        clinics=[*clinics],
        flows=[*flows],
    )


def working_days(system: System, days: int) -> BoolArray:
    """Return which days are working days."""
    return np.arange(days) % 7 < (5 if system.working_days == "weekdays" else 7)


def make_network(system: System, layout: Layout, days: int) -> Network:
    """Return the locations with their pools."""
    count = len(layout.locations)
    places = [system.locations[name] for name in layout.locations]

    def table(columns: list[str], kind: str, missing: int, scale: int) -> Int64Array:
        made = np.full((count, max(len(columns), 1)), missing, np.int64)
        for row, place in enumerate(places):
            for name, amount in getattr(place, kind).items():
                if name in columns:
                    endless = WITHOUT_END if scale == 1 else WITHOUT_END_PERMILLE
                    made[row, columns.index(name)] = endless if amount is None else round(amount * scale)
        return made

    lists = np.full((count, len(TREATMENT_LISTS)), WITHOUT_END_PERMILLE, np.int64)
    lists[:, : max(len(layout.rooms), 1)] = table(layout.rooms, "rooms", 0, 1000)
    for row, place in enumerate(places):
        if place.admissions is not None:
            lists[row, ADM] = round(place.admissions * 1000)
    transfer = np.zeros((count, count), np.int64)
    for (one, other), minutes in system.transfer_minutes.items():
        pair = layout.locations.index(one), layout.locations.index(other)
        transfer[pair] = minutes
        # The way back is as long, unless it is given too.
        transfer[pair[::-1]] = system.transfer_minutes.get((other, one), minutes)
    return Network(
        working_days=working_days(system, days + LOOK_BEYOND_DAYS + 2 * system.work_up_days),
        days=days,
        rules=Rules(
            look_ahead=system.look_ahead,
            change_over_minutes=system.change_over,
            acute_reserve_permille=0,
            acute_reserve_min=system.reserve,
            ic_reserve=system.reserve,
            outlier_permille=0,
            diversion_delay_minutes=0,
            discharge_minute=660,
            day_turns_permille=1000,
            work_up_working_days=system.work_up_days,
            when_full=_WHEN_FULL[system.when_full],
            next_full=_NEXT_FULL[system.next_unit_full],
        ),
        queued=np.ones(count, np.bool_),
        ward_beds=table(layout.last, "units", 0, 1),
        ic_beds=table(layout.first, "units", 0, 1),
        day_places=np.full(count, WITHOUT_END_PERMILLE, np.int64),
        list_capacity=lists,
        clinic_capacity=table(layout.clinics, "clinics", -1, 1000),
        transfer_minutes=transfer,
    )


def make_patients(
    system: System, flows: Mapping[str, Flow], layout: Layout, days: int, seed: int, replication: int
) -> tuple[PatientTable, npt.NDArray[np.int32]]:
    """Return the patients in order of arrival, and the number of each one's flow.

    Each flow has randomness of its own, keyed by its name: other flows, sizes and rules change none of it.
    Raises InvalidInput for times or durations that no engine can work with.
    """
    parts = [
        _rows(system, name, flow, layout, days, _generators(seed, replication, name))
        for name, flow in flows.items()
    ]
    of_flow = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part["minute"]) for part in parts])
    widest = max(part["diversions"].shape[1] for part in parts)
    for part in parts:
        wide = np.full((len(part["minute"]), widest), -1, np.int16)
        wide[:, : part["diversions"].shape[1]] = part["diversions"]
        part["diversions"] = wide
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(columns["minute"], kind="stable")
    return (
        PatientTable(
            epochs=np.zeros(1, np.int64),
            **{name: np.ascontiguousarray(column[order]) for name, column in columns.items()},
        ),
        of_flow[order],
    )


#: What each stream of a flow decides.
_ARRIVALS, _FIRST, _LAST, _OPERATION = range(4)


def _generators(seed: int, replication: int, flow: str) -> list[np.random.Generator]:
    name = int.from_bytes(hashlib.sha256(flow.encode()).digest()[:8], "big")
    return [np.random.default_rng([seed, replication, name, stream]) for stream in range(4)]


def _times(where: str, arrivals: Arrivals, rng: np.random.Generator, working: BoolArray) -> Int64Array:
    """Return when patients come; what somebody's own class gives is not trusted. Raises InvalidInput."""
    try:
        minute = np.asarray(arrivals.times(rng, working))
    except InvalidInput as refused:
        raise InvalidInput(
            [replace(problem, where=f"{where}.{problem.where}") for problem in refused.problems]
        ) from None
    whole = minute.ndim == 1 and (minute.size == 0 or minute.dtype.kind in "iu")
    if not whole or bool((minute[1:] < minute[:-1]).any()) or bool((minute[:1] < 0).any()):
        raise InvalidInput([Problem(f"{where}.arrivals", "systems.times")])
    minute = minute.astype(np.int64)
    minute = minute[minute < len(working) * MINUTES_PER_DAY]
    if len(minute) > MOST_PATIENTS:
        params = {"number": Count(len(minute)), "most": Count(MOST_PATIENTS)}
        raise InvalidInput([Problem(f"{where}.arrivals", "systems.too_many_patients", params)])
    return minute


def _drawn(where: str, duration: Duration, rng: np.random.Generator, number: int) -> Int64Array:
    """Return durations; what somebody's own class gives is not trusted. Raises InvalidInput."""
    drawn = np.asarray(duration.draw(rng, number))
    if drawn.shape != (number,) or (number and drawn.dtype.kind not in "iu"):
        raise InvalidInput([Problem(where, "systems.drawn", {"number": number})])
    if number and not (drawn.min() >= 1 and drawn.max() <= LONGEST):
        raise InvalidInput([Problem(where, "systems.drawn", {"number": number})])
    return drawn.astype(np.int64)


def _rows(
    system: System, name: str, flow: Flow, layout: Layout, days: int, generators: list[np.random.Generator]
) -> dict[str, np.ndarray]:
    where = f"flows.{name}"
    minute = _times(where, flow.arrivals, generators[_ARRIVALS], working_days(system, days))
    n = len(minute)
    able = [flow.at] if flow.at is not None else reachable(system, flow)
    elsewhere = able[1:] if flow.area is not None else list(getattr(flow, "diversions", ()))
    if not isinstance(flow, Unplanned):
        elsewhere = []
    numbers = [layout.locations.index(str(place)) for place in (able[0], *elsewhere)]
    route = () if isinstance(flow, Visits) else tuple(flow.route)
    first = next((unit for unit in route if unit in layout.first), None)
    last = next((unit for unit in route if unit in layout.last), None)
    clinic = None if isinstance(flow, Unplanned) else flow.clinic
    room = flow.room if isinstance(flow, Planned) else None

    def stay(unit: str | None) -> np.ndarray:
        if unit is None or isinstance(flow, Visits):
            return np.zeros(n, np.int64)
        # By the place in the flow's own route: which units others leave must not decide.
        stream = _LAST if unit == route[-1] else _FIRST
        return _drawn(f"{where}.stay", flow.stay[route.index(unit)], generators[stream], n)

    def same(value: int | bool, kind: type) -> np.ndarray:
        return np.full(n, value, kind)

    operation = (
        _drawn(f"{where}.operation", flow.operation, generators[_OPERATION], n)
        if isinstance(flow, Planned) and flow.operation is not None
        else np.zeros(n, np.int64)
    )
    listed = isinstance(flow, Planned) and clinic is None
    care = Care.IC_THEN_BED if first else Care.BED if last else Care.NOTHING
    days_to_visit = flow.target_days if isinstance(flow, Visits) else getattr(flow, "visit_target_days", 0)
    days_to_treatment = flow.target_days if isinstance(flow, Planned) else 0
    return {
        "minute": minute,
        "acute": same(isinstance(flow, Unplanned), np.bool_),
        "visit_only": same(isinstance(flow, Visits), np.bool_),
        "stage": same(Stage.ON_LIST if listed else Stage.ARRIVES, np.int8),
        "location": same(numbers[0], np.int16)[:, None],
        "diversions": np.broadcast_to(np.array(numbers[1:] or [-1], np.int16), (n, max(len(numbers) - 1, 1))),
        "specialty": same(layout.clinics.index(clinic) if clinic else 0, np.int16),
        "weight": same(1, np.int32),
        "visit_due": minute + round(days_to_visit * MINUTES_PER_DAY),
        "visit_minute": same(NEVER, np.int64),
        "list_minute": minute.copy() if listed else same(NEVER, np.int64),
        "target_minutes": same(round(days_to_treatment * MINUTES_PER_DAY), np.int64),
        "treatment_list": same(layout.rooms.index(room) if room else ADM, np.int8),
        "care": same(care, np.int8),
        "ward_group": same(layout.last.index(last) if last else -1, np.int8),
        "ic_type": same(layout.first.index(first) if first else -1, np.int8),
        "urgency": same(0 if isinstance(flow, Unplanned) and flow.urgent else 1, np.int8),
        "stay_minutes": stay(last).astype(np.int32),
        "nights": same(0, np.int32),
        "procedure_minutes": operation.astype(np.int32),
        "ic_minutes": stay(first).astype(np.int32),
    }
