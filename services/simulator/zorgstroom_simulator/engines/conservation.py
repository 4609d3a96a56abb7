"""Everybody who came is somewhere, and every bed in use has its patient: checked after every run, for every engine."""

from __future__ import annotations

import numpy as np

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.errors import ConservationError
from zorgstroom_simulator.engines import NEVER, Care, Journeys, Network, PatientTable, State


def check_conservation(patients: PatientTable, network: Network, journeys: Journeys) -> None:
    """Hold the states of the patients against what the engine counted at the end; raises ConservationError."""
    state, last = journeys.state, {name: getattr(journeys.census, name)[-1] for name in _COUNTS}
    absent = int(((state == State.ABSENT) & (patients.minute < network.days * MINUTES_PER_DAY)).sum())
    if absent:
        raise ConservationError(detail=f"{absent} patients were never let in")
    in_bed = state == State.IN_TREATMENT
    held = int(last["wards"].sum() + last["ics"].sum())
    if int(in_bed.sum()) != held:
        raise ConservationError(detail=f"{int(in_bed.sum())} patients in treatment, {held} beds in use")
    lists, clinics, wards, ics = (last[name][network.queued] for name in _LINES)
    listed = int(lists.sum() + clinics.sum() + wards.sum() + ics.sum())
    clinic_queue = network.queued[:, None] & (_clinic_capacity_at_end(network) >= 0)
    waits = np.flatnonzero((state == State.AWAITING_TREATMENT) | (state == State.AWAITING_VISIT))
    place, visit = journeys.location[waits], state[waits] == State.AWAITING_VISIT
    queued = np.where(visit, clinic_queue[place, patients.specialty[waits]], network.queued[place])
    # Who keeps an IC bed while in line for the ward is in treatment.
    blocked = in_bed & (patients.care == Care.IC_THEN_BED) & (journeys.ic_leave_minute == NEVER)
    waiting = int(queued.sum() + blocked.sum())
    if listed != waiting:
        raise ConservationError(detail=f"{waiting} patients waiting, {listed} on the lists")


_LINES = ("lists", "clinics", "ward_lines", "ic_lines")
_COUNTS = (*_LINES, "wards", "ics")


def _clinic_capacity_at_end(network: Network) -> np.ndarray:
    capacity = network.clinic_capacity.copy()
    for step in sorted(network.steps, key=lambda step: step.day):
        if step.pool.startswith("clinic:") and step.day < network.days:
            capacity[step.location, int(step.pool.removeprefix("clinic:"))] = step.capacity
    return capacity
