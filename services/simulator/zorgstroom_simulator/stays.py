"""Stays in beds: on which ward or IC, from when to when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray
from zorgstroom_simulator.counting import Minutes
from zorgstroom_simulator.engines import NEVER, Care, Int8Array, Int16Array
from zorgstroom_simulator.scope import Outcome, Scope


@dataclass(frozen=True)
class Stays:
    """Stays in beds of wards or ICs, one row each."""

    location: Int16Array
    #: Ward group or type of IC.
    kind: Int8Array
    #: From this minute to before that; who is still there at the end, to the end of the run.
    start: Minutes
    end: Minutes
    acute: BoolArray


def stays_of(scope: Scope, outcome: Outcome) -> tuple[Stays, Stays]:
    """Return the stays on wards and those on ICs; who goes from an IC to a ward has one of each."""
    journeys, table = outcome.journeys, outcome.table
    rows = np.flatnonzero((table.care == Care.IC_THEN_BED) & (journeys.bed_minute != NEVER))
    ics = Stays(
        journeys.location[rows],
        table.ic_type[rows],
        journeys.bed_minute[rows],
        _until(journeys.ic_leave_minute[rows], scope),
        table.acute[rows],
    )
    rows = np.flatnonzero(journeys.ward_group >= 0)
    # The ward comes after the IC.
    start = np.where(
        table.care[rows] == Care.IC_THEN_BED, journeys.ic_leave_minute[rows], journeys.bed_minute[rows]
    )
    came = start != NEVER
    rows, start = rows[came], start[came]
    wards = Stays(
        journeys.location[rows],
        journeys.ward_group[rows],
        start,
        _until(journeys.discharge_minute[rows], scope),
        table.acute[rows],
    )
    return wards, ics


def _until(minute: Minutes, scope: Scope) -> Minutes:
    """Return the minutes, and the end of the run for what has not happened."""
    return np.where(minute == NEVER, scope.end, minute)
