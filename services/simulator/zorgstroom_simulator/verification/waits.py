"""Waits as the published statistics count them: a mean per clinic or treatment of a hospital, each counting once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Int64Array
from zorgstroom.planning.attraction import type_index
from zorgstroom_simulator.demand import ELECTIVE, WEEK_MINUTES
from zorgstroom_simulator.scope import Outcome, Scope
from zorgstroom_simulator.verification.sums import Sums

#: A clinic or treatment of a hospital with fewer simulated patients has no mean wait worth reporting.
FEW = 10
#: Weeks of the statistics: first visits above 4, treatments above 7.
VISIT_WEEKS, TREATMENT_WEEKS = 4, 7
#: Positions in `HOSPITAL_TYPES` by the words of the source: university, and the other general hospitals.
UNIVERSITY, GENERAL = (0,), (1, 2)


def count_waits(scope: Scope, outcome: Outcome) -> Sums:
    """Return shares of clinics and treatments above their weeks, and waits for hip and knee by type of hospital."""
    dataset, journeys, patients = scope.dataset, outcome.journeys, outcome.queued
    seen = np.flatnonzero(scope.within(journeys.visit_minute))
    clinics = _means(
        journeys.visit_location[seen].astype(np.int64) * len(dataset.specialties) + patients.specialty[seen],
        journeys.visit_minute[seen] - patients.minute[seen],
    )
    treated = np.flatnonzero((patients.flow == ELECTIVE) & scope.within(journeys.admission_minute))
    wait = journeys.admission_minute[treated] - journeys.list_minute[treated]
    profile, location = patients.profile[treated], journeys.location[treated]
    treatments = _means(location.astype(np.int64) * len(dataset.profiles) + profile, wait)
    sums: Sums = {
        ("clinics_above_4_weeks", ""): _above(clinics, VISIT_WEEKS),
        ("mean_clinic_wait", ""): (float(clinics.sum()), float(len(clinics))),
        ("treatments_above_7_weeks", ""): _above(treatments, TREATMENT_WEEKS),
    }
    kind = type_index(dataset)[location]
    for name, care in (("hip", "hip_replacement"), ("knee", "knee_replacement")):
        index = dataset.profile_index.get(care, -1)
        for label, types in (("umc", UNIVERSITY), ("general", GENERAL)):
            mine = wait[(profile == index) & np.isin(kind, types)]
            sums[f"{name}_wait_{label}", ""] = float(mine.sum()) / WEEK_MINUTES, float(len(mine))
    return sums


def _means(code: Int64Array, wait: Int64Array) -> npt.NDArray[np.float64]:
    """Return the mean wait in weeks of every code that occurs at least `FEW` times."""
    if not len(code):
        return np.zeros(0)
    number = np.bincount(code)
    total = np.bincount(code, wait.astype(np.float64))
    enough = number >= FEW
    return np.asarray(total[enough] / number[enough] / WEEK_MINUTES)


def _above(means: npt.NDArray[np.float64], weeks: float) -> tuple[float, float]:
    return 100 * float((means > weeks).sum()), float(len(means))
