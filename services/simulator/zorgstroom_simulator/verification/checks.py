"""What must hold of any run of an engine, whatever its patients and network: pure functions of its tables.

Each takes what went in and what came out and returns a `Found`. None of them looks inside an engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import IC_TYPES, WARD_GROUPS, ic_pool, ward_pool
from zorgstroom_simulator.engines import (
    NEVER,
    BoolArray,
    Care,
    Engine,
    Int64Array,
    Journeys,
    Network,
    NextFull,
    PatientTable,
    Stage,
    State,
    WhenFull,
)
from zorgstroom_simulator.verification.found import Found
from zorgstroom_simulator.verification.spells import Spells, joined, spells_of

#: What went into an engine and what came out.
Run = tuple[PatientTable, Journeys, Network]


def one_place_each(
    patients: PatientTable, journeys: Journeys, network: Network, instants: Int64Array
) -> Found:
    """Everybody who came is at every instant in exactly one place: waiting, in work-up, in a bed, done or lost.

    `instants` are minutes; what happens at them has happened. Adds up to conservation at any instant: arrived =
    waiting + in work-up + in units + done + lost.
    """
    spells = spells_of(patients, journeys, network, counted_only=False)
    if network.rules.next_full == NextFull.BLOCK:
        # Who waits for the ward in his IC bed is in one place.
        from_ic = patients.care[spells["ward_lines"].patient] == Care.IC_THEN_BED
        spells["ward_lines"] = spells["ward_lines"].take(~from_ic)
    stays = joined([*spells.values()])
    finish = np.where(patients.visit_only, journeys.visit_minute, journeys.discharge_minute)
    wrong = []
    for instant in instants.tolist():
        there = (stays.start <= instant) & (stays.stop > instant)
        number = np.bincount(stays.patient[there], minlength=len(patients))
        number += (finish != NEVER) & (finish <= instant)
        number += _in_work_up(patients, journeys, instant)
        number += (journeys.state == State.LOST) & (patients.minute <= instant)
        expected = (patients.minute <= instant).astype(np.int64)
        wrong += [
            f"minute {instant} patient {row}: in {number[row]} places"
            for row in np.flatnonzero(number != expected).tolist()
        ]
    return Found(len(instants) * len(patients), tuple(wrong))


def _in_work_up(patients: PatientTable, journeys: Journeys, instant: int) -> BoolArray:
    visited = journeys.visit_minute
    entered = journeys.list_minute
    # Who stands on the list from the start, or comes for it at once, is in no work-up of this run.
    listed = patients.stage == Stage.ON_LIST
    return np.asarray(
        ~listed & ~patients.visit_only & (visited != NEVER) & (visited <= instant) & (entered > instant)
    )


def states_match(patients: PatientTable, journeys: Journeys, network: Network) -> Found:
    """At the end the states the engine gives are those the minutes say."""
    end = network.days * MINUTES_PER_DAY
    came = patients.minute < end
    finish = np.where(patients.visit_only, journeys.visit_minute, journeys.discharge_minute)
    done = (finish != NEVER) & (finish < end)
    lost = journeys.state == State.LOST
    wrong = []
    for name, expected, given in (
        ("not come", ~came, journeys.state == State.ABSENT),
        ("done", done, journeys.state == State.DONE),
        ("lost", lost, came & patients.acute & (journeys.bed_minute == NEVER) & _loses(patients, network)),
    ):
        wrong += [f"patient {row}: {name}" for row in np.flatnonzero(expected != given).tolist()]
    return Found(3 * len(patients), tuple(wrong))


def _loses(patients: PatientTable, network: Network) -> BoolArray:
    return np.full(len(patients), network.rules.when_full == WhenFull.LOSE)


def capacity_kept(patients: PatientTable, journeys: Journeys, network: Network) -> Found:
    """Nobody takes a bed that is not there, but who is marked: boarded, or above capacity after the IC.

    After everything that happens at a minute there are no more patients in a unit than beds when somebody who is not
    marked came in at that minute, besides those marked who came at it. So utilisation is between 0 and 1 wherever
    nobody is marked and no beds were taken away; that is compared too, per unit.
    """
    found = Found()
    spells = spells_of(patients, journeys, network)
    marked = journeys.boarded | journeys.over_capacity
    for kind, beds, names in (
        ("wards", network.ward_beds, [ward_pool(name) for name in WARD_GROUPS]),
        ("ics", network.ic_beds, [ic_pool(name) for name in IC_TYPES]),
    ):
        # Boarded on the IC is above the IC's capacity; above capacity after the IC is above the ward's.
        over = journeys.boarded if kind == "ics" else marked
        for location, number, mine in _units(spells[kind], beds.shape):
            if network.queued[location]:
                name = names[number] if number < len(names) else ""
                size = _sizes(network, location, name, int(beds[location, number]))
                where = f"{kind} location {location} number {number}"
                found += _unit_kept(mine, over, size, network.days).about(where)
    return found


def _units(spells: Spells, shape: tuple[int, ...]) -> Iterator[tuple[int, int, Spells]]:
    """Yield (location, number, spells) of every unit."""
    code = spells.location * shape[1] + spells.number
    for unit in range(shape[0] * shape[1]):
        yield unit // shape[1], unit % shape[1], spells.take(np.flatnonzero(code == unit))


def _sizes(network: Network, location: int, pool: str, size: int) -> Int64Array:
    """Return the beds of a unit on every day: int64[D]."""
    sizes = np.full(network.days, size, np.int64)
    for step in sorted(network.steps, key=lambda step: step.day):
        if step.location == location and step.pool == pool:
            sizes[max(step.day, 0) :] = step.capacity
    return sizes


def _unit_kept(spells: Spells, over: BoolArray, sizes: Int64Array, days: int) -> Found:
    end = days * MINUTES_PER_DAY
    inside = (spells.start < end) & (spells.stop > spells.start)
    start, stop, above = spells.start[inside], spells.stop[inside], over[spells.patient[inside]]
    starts, stops = np.sort(start), np.sort(stop)
    entered = start[~above]
    present = np.searchsorted(starts, entered, side="right") - np.searchsorted(stops, entered, side="right")
    also_marked = np.sort(start[above])
    at_once = np.searchsorted(also_marked, entered, side="right") - np.searchsorted(also_marked, entered)
    room = sizes[entered // MINUTES_PER_DAY]
    full = np.flatnonzero(present - at_once > room)
    wrong = [
        f"minute {entered[row]}: {present[row] - at_once[row]} in {room[row]} beds" for row in full.tolist()
    ]
    used = int((np.minimum(stop, end) - start).sum())
    there = int(sizes.sum()) * MINUTES_PER_DAY
    if used < 0 or (used > there and not above.any() and (np.diff(sizes) >= 0).all()):
        wrong.append(f"{used} minutes used of {there}")
    return Found(len(entered) + 1, tuple(wrong))


def stays_given(patients: PatientTable, journeys: Journeys, network: Network, since: int) -> Found:
    """Everybody stays as long as he was given to stay, also who is still there at the end; and so does the mean.

    The mean is over all who were admitted from minute `since` to the end, whether they have left or not: leaving out
    who has not would leave out long stays (length-biased censoring). For routes of one unit it must be the mean of
    what was given, to the last minute.
    """
    rules = network.rules
    held = journeys.bed_minute != NEVER
    on_ic = (patients.care == Care.IC_THEN_BED) & held
    in_bed = (patients.care == Care.BED) & held
    blocks = rules.next_full == NextFull.BLOCK
    ic_only = on_ic & (patients.ward_group < 0)
    leave = np.where(ic_only, journeys.discharge_minute, journeys.ic_leave_minute)
    ic_stay = leave - journeys.admission_minute
    in_unit = on_ic & (leave != NEVER)
    # Still on the IC: its end is known in advance, but who is there may be held longer by a full ward.
    too_short = in_unit & (ic_stay < patients.ic_minutes)
    too_long = in_unit & ~(blocks & ~ic_only) & (ic_stay > patients.ic_minutes)
    midnight = journeys.admission_minute // MINUTES_PER_DAY * MINUTES_PER_DAY
    by_night = midnight + patients.nights * np.int64(MINUTES_PER_DAY) + rules.discharge_minute
    by_minute = journeys.admission_minute + patients.stay_minutes
    expected = np.where(patients.stay_minutes > 0, by_minute, by_night)
    wrong_end = in_bed & (journeys.discharge_minute != expected)
    # From the IC to the ward; who waits outside in between has no minute of his own at which he is there.
    moved = on_ic & ~ic_only & (journeys.discharge_minute != NEVER) & (rules.next_full != NextFull.WAIT)
    by_minute = np.where(
        patients.stay_minutes > 0, journeys.ic_leave_minute + patients.stay_minutes, by_night
    )
    wrong_end |= moved & (journeys.discharge_minute != by_minute)
    wrong = [
        f"patient {row}: stays other than given"
        for row in np.flatnonzero(too_short | too_long | wrong_end).tolist()
    ]
    comparisons = int(on_ic.sum() + in_bed.sum() + moved.sum())
    for name, who, recorded, given in (
        (
            "ward",
            in_bed,
            journeys.discharge_minute - journeys.admission_minute,
            _given(patients, expected, journeys),
        ),
        ("ic", ic_only, _known_ic(journeys, patients), patients.ic_minutes.astype(np.int64)),
    ):
        admitted = who & (journeys.admission_minute >= since)
        comparisons += 1
        if int(recorded[admitted].sum()) != int(given[admitted].sum()):
            wrong.append(
                f"{name}: mean stay of {int(admitted.sum())} admitted patients is not the mean given"
            )
    return Found(comparisons, tuple(wrong))


def _given(patients: PatientTable, leaves: Int64Array, journeys: Journeys) -> Int64Array:
    return np.where(
        patients.stay_minutes > 0, patients.stay_minutes.astype(np.int64), leaves - journeys.admission_minute
    )


def _known_ic(journeys: Journeys, patients: PatientTable) -> Int64Array:
    """Minutes on the IC as recorded; of who is still there, until the end that is known in advance."""
    leave = np.where(journeys.ic_leave_minute != NEVER, journeys.ic_leave_minute, journeys.discharge_minute)
    return np.asarray(leave - journeys.admission_minute)


def same_by_engines(trial: Run, others: Mapping[str, Engine]) -> Found:
    """Every other engine makes the same journeys and the same counts of it, to the bit."""
    patients, journeys, network = trial
    wrong = [
        f"engine {name} gives other journeys"
        for name, engine in others.items()
        if not engine(patients, network).equals(journeys)
    ]
    return Found(len(others) * len(patients), tuple(wrong))


def more_beds_lose_fewer(fewer: Journeys, more: Journeys) -> Found:
    """Who finds a bed at a single station with c beds finds one with c + 1: same patients, loss, stays of their own.

    Pathwise, by induction over the moments at which anything happens. Claim: everybody in a bed with c beds is in one
    with c + 1, and at most one patient is in a bed with c + 1 only. A departure keeps it, as stays are of the patient.
    An arrival that finds c of c beds taken finds c or c + 1 of c + 1 taken, and gets a bed only in the first case:
    then the extra patients go from none to one. An arrival that finds fewer than c of c beds taken finds at most c of
    c + 1 taken and gets a bed in both. So who is lost with c + 1 beds is lost with c, for any arrivals and any stays.
    It is not so where patients go on to a second unit, where stays depend on the bed, where those who are lost come
    back, or in a network: one patient more can then be in the way of several. So this is asked of one station only.
    """
    refused_before = (fewer.state == State.LOST) | (fewer.diversion > 0)
    refused_after = (more.state == State.LOST) | (more.diversion > 0)
    worse = refused_after & ~refused_before
    wrong = (f"patients {rows_where(worse)} are refused with a bed more",) if worse.any() else ()
    return Found(len(worse), wrong)


def rows_where(different: npt.NDArray[np.bool_], most: int = 5) -> str:
    """Return the first rows that differ, for a message."""
    rows = np.flatnonzero(different).tolist()
    return ", ".join(map(str, rows[:most])) + (f" and {len(rows) - most} more" if len(rows) > most else "")
