"""Journeys in which nothing has happened yet, for an engine to fill."""

from __future__ import annotations

import numpy as np

from zorgstroom_simulator.engines import NEVER, Census, Journeys, Network, PatientTable, State


def empty_journeys(patients: PatientTable, network: Network) -> Journeys:
    """Return journeys in which nothing has happened yet, besides the visits before the run."""
    n = len(patients)
    moments = network.days + 1, len(network.queued)

    def nobody(like: np.ndarray) -> np.ndarray:
        return np.zeros((*moments, like.shape[1]), np.int32)

    def never() -> np.ndarray:
        return np.full(n, NEVER, np.int64)

    return Journeys(
        state=np.full(n, int(State.ABSENT), np.int8),
        visit_location=np.full(n, -1, np.int16),
        visit_minute=patients.visit_minute.astype(np.int64),
        list_minute=patients.list_minute.astype(np.int64),
        location=np.full(n, -1, np.int16),
        bed_minute=never(),
        admission_minute=never(),
        ic_leave_minute=never(),
        discharge_minute=never(),
        ward_group=np.full(n, -1, np.int8),
        diversion=np.zeros(n, np.int8),
        boarded=np.zeros(n, np.bool_),
        outlier=np.zeros(n, np.bool_),
        over_capacity=np.zeros(n, np.bool_),
        census=Census(
            lists=nobody(network.list_capacity),
            clinics=nobody(network.clinic_capacity),
            wards=nobody(network.ward_beds),
            ics=nobody(network.ic_beds),
            ward_lines=nobody(network.ward_beds),
            ic_lines=nobody(network.ic_beds),
        ),
        events=0,
    )
