"""Runs a system and gives the journeys back as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom_simulator.engines import NEVER, Care, Journeys, PatientTable, State
from zorgstroom_simulator.engines.registry import AUTO, ENGINES, engine_named
from zorgstroom_simulator.systems.building import Layout, lay_out, make_network, make_patients
from zorgstroom_simulator.systems.checking import check
from zorgstroom_simulator.systems.description import Flow, System
from zorgstroom_simulator.systems.kinds import shown

#: What a row of `Run.journeys` says of where its patient is.
STATES = {
    State.ABSENT: "not_yet",
    State.AWAITING_VISIT: "waiting",
    State.WORK_UP: "work_up",
    State.AWAITING_TREATMENT: "waiting",
    State.IN_TREATMENT: "in_treatment",
    State.DONE: "done",
    State.LOST: "lost",
}


@dataclass(frozen=True)
class Run:
    """What happened."""

    #: One row per patient in order of arrival. Minutes from Monday 00:00; null: not (yet). Columns: flow; arrival;
    #: state (waiting, work_up, in_treatment, done, lost); location (of treatment, of the visit if that is all, of
    #: the queue while waiting); visit; listed; held (from when a bed is held for who is on the road); start (of the
    #: first bed or the operation); wait (arrival to start, or to the visit if that is all); first_end and last_start
    #: (of a route of two: when the first bed was left and the second taken); end (of leaving, also when that is
    #: after the run; not known while on the first of two units); stay_first (of a route of two), stay_last, operation
    #: (the minutes given); diversion (0: first choice); boarded;
    #: over_capacity.
    journeys: pa.Table
    #: Who is where at 00:00 of every day and at the end, as the engine counted: day, location, kind (beds, line, list,
    #: clinic), name, number. `line` is who waits for a bed of the unit, also in the bed of another.
    census: pa.Table
    #: One row per stay in a unit: patient (row of `journeys`), flow, location, unit, start, end (as in `journeys`;
    #: null: not known yet).
    stays: pa.Table
    #: Events the engine executed.
    events: int


def run(
    system: System,
    flows: Mapping[str, Flow],
    *,
    days: int,
    seed: int = 1,
    replication: int = 0,
    engine: str = "simpy",
) -> pa.Table:
    """Simulate so many days from empty and return the journeys, one row per patient; see `Run.journeys`.

    The same seed and replication give the same patients for any sizes and rules, and the same journeys on any machine
    (as far as its NumPy draws the same numbers). Raises InvalidInput if the system cannot work.
    """
    return _journeys(_execute(system, flows, days, seed, replication, engine))


def simulate(
    system: System,
    flows: Mapping[str, Flow],
    *,
    days: int,
    seed: int = 1,
    replication: int = 0,
    engine: str = "simpy",
) -> Run:
    """Simulate as `run` does and return everything there is to know."""
    executed = _execute(system, flows, days, seed, replication, engine)
    table = _journeys(executed)
    return Run(table, _census(executed), _stays(table, executed), executed.journeys.events)


@dataclass(frozen=True)
class _Executed:
    """What went into an engine and what came out."""

    patients: PatientTable
    of_flow: npt.NDArray[np.int32]
    layout: Layout
    journeys: Journeys
    #: First minute after the run.
    end: int


def _execute(
    system: System, flows: Mapping[str, Flow], days: int, seed: int, replication: int, engine: str
) -> _Executed:
    if not isinstance(engine, str) or engine not in (AUTO, *ENGINES):
        params = {"value": shown(engine), "known": ", ".join((AUTO, *ENGINES))}
        raise InvalidInput([Problem("engine", "systems.choice", params)])
    check(system, flows, days, seed=seed, replication=replication)
    days = int(days)
    layout = lay_out(system, flows)
    network = make_network(system, layout, days)
    patients, of_flow = make_patients(system, flows, layout, days, seed, replication)
    journeys = ENGINES[engine_named(engine)](patients, network)
    return _Executed(patients, of_flow, layout, journeys, days * MINUTES_PER_DAY)


def _journeys(executed: _Executed) -> pa.Table:
    patients, journeys, layout = executed.patients, executed.journeys, executed.layout
    only_visit = patients.visit_only
    start = np.where(only_visit, journeys.visit_minute, journeys.admission_minute)
    location = np.where(
        only_visit & (journeys.visit_location >= 0), journeys.visit_location, journeys.location
    )
    two = (patients.care == Care.IC_THEN_BED) & (patients.ward_group >= 0)
    # A single unit that others leave for another is a first one to the engine, which sets the end when it comes.
    alone = (patients.care == Care.IC_THEN_BED) & (patients.ward_group < 0)
    discharge = np.where(alone, journeys.ic_leave_minute, journeys.discharge_minute)
    # Who is on the first unit still: when he will leave it is not known, it depends on the second.
    gone = journeys.ic_leave_minute < executed.end
    left = np.where(two & gone, journeys.ic_leave_minute, NEVER)
    last_start = np.where(two & (discharge != NEVER), discharge - patients.stay_minutes, NEVER)
    end = np.where(only_visit, journeys.visit_minute, discharge)
    states = [STATES[State(code)] for code in range(len(State))]
    return pa.table(
        {
            "flow": _names(executed.of_flow, layout.flows),
            "arrival": patients.minute,
            "state": _names(journeys.state, states),
            "location": _names(location, layout.locations),
            "visit": _minutes(journeys.visit_minute),
            "listed": _minutes(journeys.list_minute),
            "held": _minutes(journeys.bed_minute),
            "start": _minutes(journeys.admission_minute),
            "wait": pa.array(start - patients.minute, mask=start == NEVER),
            "first_end": _minutes(left),
            "last_start": _minutes(last_start),
            "end": _minutes(end),
            # A single unit is the last one, also where others leave it for another.
            "stay_first": np.where(two, patients.ic_minutes, 0),
            "stay_last": np.where(patients.ward_group >= 0, patients.stay_minutes, patients.ic_minutes),
            "operation": patients.procedure_minutes,
            "diversion": journeys.diversion,
            "boarded": journeys.boarded,
            "over_capacity": journeys.over_capacity,
        }
    )


def _stays(table: pa.Table, executed: _Executed) -> pa.Table:
    """Return one row per stay in a unit, those in first units before the others."""
    patients, layout = executed.patients, executed.layout
    start, end, left, last = (
        table[name].to_numpy() if table[name].null_count == 0 else table[name].fill_null(NEVER).to_numpy()
        for name in ("held", "end", "first_end", "last_start")
    )
    parts = []
    for units, kind, begins, ends in (
        (layout.first, patients.ic_type, start, np.where(patients.ward_group >= 0, left, end)),
        (layout.last, patients.ward_group, np.where(patients.ic_type >= 0, last, start), end),
    ):
        who = np.flatnonzero((kind >= 0) & (begins != NEVER))
        parts.append(
            pa.table(
                {
                    "patient": who,
                    "flow": table["flow"].take(who),
                    "location": table["location"].take(who),
                    "unit": _names(kind[who], units),
                    "start": begins[who],
                    "end": _minutes(ends[who]),
                }
            )
        )
    return pa.concat_tables(parts)


def _census(executed: _Executed) -> pa.Table:
    journeys, layout = executed.journeys, executed.layout
    lists = [*layout.rooms, *["-"] * (2 - len(layout.rooms)), "admissions"]
    census = journeys.census
    parts = []
    for kind, names, counts in (
        ("beds", layout.first, census.ics),
        ("beds", layout.last, census.wards),
        ("line", layout.first, census.ic_lines),
        ("line", layout.last, census.ward_lines),
        ("list", lists, census.lists),
        ("clinic", layout.clinics, census.clinics),
    ):
        for number, name in enumerate(names):
            days, places = counts.shape[:2]
            if name == "-":
                continue
            parts.append(
                pa.table(
                    {
                        "day": np.repeat(np.arange(days), places),
                        "location": _names(np.tile(np.arange(places), days), layout.locations),
                        "kind": pa.array([kind] * (days * places)),
                        "name": pa.array([name] * (days * places)),
                        "number": counts[:, :, number].ravel(),
                    }
                )
            )
    return pa.concat_tables(parts)


def _names(codes: np.ndarray, names: list[str]) -> pa.Array:
    """Return the names of codes; null for -1."""
    return pa.array([*names, None], pa.string()).take(
        pa.array(np.where(codes < 0, len(names), codes).astype(np.int64))
    )


def _minutes(values: np.ndarray) -> pa.Array:
    return pa.array(values, mask=values == NEVER)
