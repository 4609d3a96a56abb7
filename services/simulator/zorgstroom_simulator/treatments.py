"""Who was treated in the measured period, through queues or at once (sessions, visits to the ED), added up by place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from zorgstroom.dataset.model import Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.profile import SETTINGS
from zorgstroom_simulator.counting import (
    AMOUNTS,
    IC_MINUTES,
    IC_NUMBER,
    NIGHTS,
    NUMBER,
    PROCEDURE,
    PROCEDURES,
    Minutes,
    add_treated,
)
from zorgstroom_simulator.demand import ACUTE, ELECTIVE, SESSIONS, VISIT, Int16Array
from zorgstroom_simulator.scope import Cells, Outcome, Scope

FLOWS = (ACUTE, ELECTIVE, VISIT, SESSIONS)


@dataclass(frozen=True)
class Treatments:
    """Who was treated, by location, profile, flow and setting: int64[L, P, F, S] each; and by area."""

    number: Int64Array
    nights: Int64Array
    #: Of who has a procedure: how many, and their minutes.
    procedures: Int64Array
    procedure_minutes: Int64Array
    #: Of who needs an IC: how many, and their minutes there.
    ic_number: Int64Array
    ic_minutes: Int64Array
    cells: Cells


def count_treatments(scope: Scope, outcome: Outcome, changes: Int64Array) -> Treatments:
    """Count treatments; `changes` int64[S] are the days at which a stretch of the cells starts, the first 0."""
    dataset = scope.dataset
    areas, home = _homes(scope, outcome)
    places = len(areas), len(dataset.locations), len(dataset.profiles)
    sums = np.zeros((*places[1:], len(FLOWS), len(SETTINGS), AMOUNTS), np.int64)
    stretches = []
    bounds = np.clip([*(changes * MINUTES_PER_DAY).tolist(), scope.end], scope.start, scope.end).tolist()
    for start, end in pairwise(bounds):
        homes = np.zeros(places, np.int32)
        for rows, minute, treated_at in _treated(outcome):
            patients = outcome.patients.take(rows)
            add_treated(
                start, end, minute, treated_at, home[rows], patients.profile, patients.flow, patients.setting,
                patients.nights, patients.procedure_minutes, patients.needs_ic, patients.ic_minutes, homes, sums,
            )  # fmt: skip
        here = np.flatnonzero(homes)
        stretches.append((here, homes.ravel()[here].astype(np.int64)))
    area, location, profile = np.unravel_index(np.concatenate([here for here, _ in stretches]), places)
    stretch = np.repeat(np.arange(len(stretches)), [len(here) for here, _ in stretches])
    number = np.concatenate([number for _, number in stretches])
    return Treatments(
        number=sums[..., NUMBER],
        nights=sums[..., NIGHTS],
        procedures=sums[..., PROCEDURES],
        procedure_minutes=sums[..., PROCEDURE],
        ic_number=sums[..., IC_NUMBER],
        ic_minutes=sums[..., IC_MINUTES],
        cells=Cells(areas[area], location, profile, stretch, number),
    )


def _homes(scope: Scope, outcome: Outcome) -> tuple[Int64Array, Int16Array]:
    """Return the areas where patients live, and of every patient which of these is his."""
    area = outcome.patients.area
    if scope.areas.all():
        return np.arange(len(scope.areas)), area
    # Of thousands of postcodes only those of a region.
    occurs = np.zeros(len(scope.areas), np.bool_)
    occurs[area] = True
    number = np.cumsum(occurs) - 1
    return np.flatnonzero(occurs), number[area].astype(np.int16)


def _treated(outcome: Outcome) -> Iterator[tuple[slice, Minutes, Int16Array]]:
    """Yield rows of patients, when they are treated and where: those who met queues, and those who did not."""
    journeys, minute = outcome.journeys, outcome.patients.minute
    yield slice(0, outcome.queues), journeys.admission_minute, journeys.location
    direct = slice(outcome.queues, None)
    at_once = minute[direct].astype(journeys.admission_minute.dtype, copy=False)
    yield direct, at_once, outcome.chosen_at(at_once, direct)
