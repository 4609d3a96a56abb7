"""Who is in which queue or bed from when to when, rebuilt from the journeys, independent of the engine's census.

A spell runs from a minute to a minute. The engine counts at 00:00 before anything else happens, so who comes at that
minute is not counted yet and who leaves at it still is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom_simulator.engines import (
    NEVER,
    BoolArray,
    Care,
    Int32Array,
    Int64Array,
    Journeys,
    Network,
    NextFull,
    PatientTable,
    Stage,
    State,
)

#: What is counted, by the names of `zorgstroom_simulator.engines.Census`.
KINDS = ("lists", "clinics", "wards", "ics", "ward_lines", "ic_lines")
#: The end of a spell that has not ended: after every run.
OPEN = 2**40


@dataclass(frozen=True)
class Spells:
    """Spells of one kind, a row each; all int64[n]."""

    patient: Int64Array
    location: Int64Array
    #: Number of the treatment list, specialty, ward group or IC type.
    number: Int64Array
    start: Int64Array
    stop: Int64Array

    def take(self, rows: npt.NDArray[np.int64] | BoolArray) -> Spells:
        """Return the spells at these positions."""
        return Spells(
            *(getattr(self, name)[rows] for name in ("patient", "location", "number", "start", "stop"))
        )

    def first_midnight(self) -> Int64Array:
        """Return the first day at whose 00:00 each is there; negative: before the run."""
        return self.start // MINUTES_PER_DAY + 1

    def last_midnight(self) -> Int64Array:
        """Return the last day at whose 00:00 each is counted; before the first for who is there between two."""
        return self.stop // MINUTES_PER_DAY


def spells_of(
    patients: PatientTable, journeys: Journeys, network: Network, *, counted_only: bool = True
) -> dict[str, Spells]:
    """Return the spells by kind.

    Where nobody queues (outside the region) patients wait for a date and the engine counts no lists: these waits are
    only in it without `counted_only`.
    """
    end = network.days * MINUTES_PER_DAY
    came = patients.minute < end
    lists, clinics = _lists(patients, journeys, came), _clinics(patients, journeys, came)
    return {
        "lists": _queued(lists, network.queued[lists.location]) if counted_only else lists,
        "clinics": _queued(clinics, _has_queue(clinics, network)) if counted_only else clinics,
        **_beds(patients, journeys, network, came),
    }


def counted(spells: Spells, shape: tuple[int, ...]) -> Int32Array:
    """Return how many of the spells are there at 00:00 of every day: int32[D + 1, L, kinds], of that `shape`."""
    moments, locations, numbers = shape
    first = np.maximum(spells.first_midnight(), 0)
    last = np.minimum(spells.last_midnight(), moments - 1)
    there = first <= last
    place = (spells.location * numbers + spells.number)[there]
    size = locations * numbers
    change = np.zeros((moments + 1) * size, np.int64)
    np.add.at(change, first[there] * size + place, 1)
    np.add.at(change, (last[there] + 1) * size + place, -1)
    counts = np.cumsum(change.reshape(moments + 1, size), axis=0)[:moments]
    return counts.reshape(shape).astype(np.int32)


def _until(minute: Int64Array) -> Int64Array:
    return np.where(minute == NEVER, OPEN, minute)


def _queued(spells: Spells, there: BoolArray) -> Spells:
    return spells.take(np.flatnonzero(there))


def _has_queue(clinics: Spells, network: Network) -> BoolArray:
    open_ = network.clinic_capacity[clinics.location, clinics.number] >= 0
    return np.asarray(network.queued[clinics.location] & open_)


def _lists(patients: PatientTable, journeys: Journeys, came: BoolArray) -> Spells:
    """From entering the treatment list to admission."""
    who = np.flatnonzero(came & ~patients.acute & ~patients.visit_only & (journeys.list_minute != NEVER))
    start = journeys.list_minute[who]
    # Who is on the list at the start was put there before it.
    standing = (patients.stage[who] == Stage.ON_LIST) & (patients.minute[who] < 0)
    start = np.where(standing, np.minimum(start, -1), start)
    return _where_they_wait(
        patients, who, patients.treatment_list[who], start, _until(journeys.admission_minute[who])
    )


def _clinics(patients: PatientTable, journeys: Journeys, came: BoolArray) -> Spells:
    """From referral to first visit."""
    waits = (patients.stage == Stage.ARRIVES) | (patients.stage == Stage.AWAITS_VISIT)
    who = np.flatnonzero(came & ~patients.acute & waits)
    return _where_they_wait(
        patients, who, patients.specialty[who], patients.minute[who], _until(journeys.visit_minute[who])
    )


def _where_they_wait(
    patients: PatientTable,
    who: Int64Array,
    number: npt.NDArray[np.integer],
    start: Int64Array,
    stop: Int64Array,
) -> Spells:
    """Return waits cut where a plan sends those who wait to another location, at 00:00 of the start of an epoch."""
    epochs = patients.epochs
    bounds = np.concatenate([[-OPEN], epochs[1:], [OPEN]])
    parts = []
    for epoch in range(len(epochs)):
        begins, ends = np.maximum(start, bounds[epoch]), np.minimum(stop, bounds[epoch + 1])
        # Changes come first: who joins at that very minute joins after it, who leaves leaves the new location.
        rows = np.flatnonzero((stop >= bounds[epoch]) & (start < bounds[epoch + 1]))
        parts.append(
            Spells(
                who[rows],
                patients.location[who[rows], epoch].astype(np.int64),
                number[rows].astype(np.int64),
                begins[rows],
                ends[rows],
            )
        )
    return joined(parts)


def joined(parts: list[Spells]) -> Spells:
    """Return several tables of spells as one."""
    names = ("patient", "location", "number", "start", "stop")
    return Spells(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _beds(patients: PatientTable, journeys: Journeys, network: Network, came: BoolArray) -> dict[str, Spells]:
    """Beds held, for who is on the road too, and the lines for them."""
    on_ic = patients.care == Care.IC_THEN_BED
    held = journeys.bed_minute != NEVER
    outside = network.rules.next_full == NextFull.WAIT

    def spells(
        mask: BoolArray, number: npt.NDArray[np.integer], start: Int64Array, stop: Int64Array
    ) -> Spells:
        who = np.flatnonzero(mask & (start < stop))
        return Spells(
            who,
            journeys.location[who].astype(np.int64),
            number[who].astype(np.int64),
            start[who],
            stop[who],
        )

    asks_ward = (patients.care == Care.BED) & patients.acute & came
    asks_ic = on_ic & patients.acute & came
    waits = journeys.state == State.AWAITING_TREATMENT
    in_line = held | waits
    leaves = _until(journeys.discharge_minute)
    ic_stop = _until(np.where(patients.ward_group < 0, journeys.discharge_minute, journeys.ic_leave_minute))
    # A ward only has a stay in minutes where there are lines for it; else the bed is taken on leaving the IC.
    discharged = journeys.discharge_minute != NEVER
    next_bed = np.where(discharged, journeys.discharge_minute - patients.stay_minutes, OPEN)
    next_bed = next_bed if outside else _until(journeys.ic_leave_minute)
    ic_done = journeys.admission_minute + patients.ic_minutes
    to_ward = on_ic & held & (patients.ward_group >= 0)
    wards = [
        spells(held & (patients.care == Care.BED), journeys.ward_group, journeys.bed_minute, leaves),
        spells(to_ward & (journeys.ward_group >= 0), journeys.ward_group, next_bed, leaves),
    ]
    lines = [
        spells(asks_ward & in_line, patients.ward_group, patients.minute, _until(journeys.bed_minute)),
        spells(to_ward, patients.ward_group, ic_done, next_bed),
    ]
    return {
        "wards": joined(wards),
        "ics": spells(on_ic & held, patients.ic_type, journeys.bed_minute, ic_stop),
        "ward_lines": joined(lines),
        "ic_lines": spells(asks_ic & in_line, patients.ic_type, patients.minute, _until(journeys.bed_minute)),
    }
