"""The journey of every patient of a replication as a table, for who wants to follow patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.domain.hospital import WARD_GROUPS
from zorgstroom.errors import Count, InvalidInput, Problem
from zorgstroom.tables import JOURNEYS
from zorgstroom_simulator.engines import NEVER, State
from zorgstroom_simulator.scope import Outcome

#: Most patients whose journeys are kept: more than a region has in a year, less than the country.
MOST_PATIENTS = 2_000_000
_FLOWS = ("acute", "elective", "visit", "sessions")
_MINUTES = (
    "visit_minute",
    "list_minute",
    "bed_minute",
    "admission_minute",
    "ic_leave_minute",
    "discharge_minute",
)
_MARKS = ("diversion", "boarded", "outlier", "over_capacity")


def require_room(patients: int) -> None:
    """Raise InvalidInput when the journeys of about so many patients are more than can be kept."""
    if patients > MOST_PATIENTS:
        params = {"patients": Count(round(patients, -3)), "most": Count(MOST_PATIENTS)}
        raise InvalidInput([Problem("settings/journeys", "run.too_many_journeys", params)])


def journeys_table(dataset: Dataset, replication: int, baseline: Outcome, plan: Outcome) -> pa.Table:
    """Return the journeys under baseline and plan, as `zorgstroom.tables.JOURNEYS`.

    Those who met queues or beds; a patient has the same number under both. Who came or went by the plan is under one.
    """
    sides = {"baseline": baseline, "plan": plan}
    keys = {name: side.queued.key for name, side in sides.items()}
    numbers = np.unique(np.concatenate(list(keys.values())))
    return pa.concat_tables(
        _side(dataset, name, replication, np.searchsorted(numbers, keys[name]), side)
        for name, side in sides.items()
    )


def _side(
    dataset: Dataset, name: str, replication: int, numbers: npt.NDArray[np.int64], side: Outcome
) -> pa.Table:
    patients, journeys = side.queued, side.journeys
    locations = [location.id for location in dataset.locations]
    n = len(numbers)
    columns = {
        "scenario": _names([name], np.zeros(n, np.int64)),
        "replication": np.full(n, replication, np.int32),
        "patient": numbers.astype(np.int64),
        "flow": _names(_FLOWS, patients.flow),
        "profile": _names([profile.id for profile in dataset.profiles], patients.profile),
        "area": _names([area.id for area in dataset.areas], patients.area),
        "age_band": _names(AGE_BANDS, patients.age_band),
        "state": _names([state.name.lower() for state in State], journeys.state),
        "visit_location": _names(locations, journeys.visit_location),
        "location": _names(locations, journeys.location),
        "ward_group": _names(WARD_GROUPS, journeys.ward_group),
        "minute": patients.minute,
        **{minute: _happened(getattr(journeys, minute)) for minute in _MINUTES},
        **{mark: getattr(journeys, mark).astype(np.int32) for mark in _MARKS},
    }
    return pa.table([pa.array(columns[name]) for name in JOURNEYS.names], schema=JOURNEYS)


def _names(names: Sequence[str], numbers: npt.NDArray[np.integer]) -> pa.Array:
    """Return the name of each number; -1 is the empty name."""
    known = pa.array([*names, ""])
    return known.take(pa.array(np.where(numbers < 0, len(names), numbers)))


def _happened(minutes: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(minutes, mask=minutes == NEVER)
