"""Hours of nine professions, from what locations did: whole ten-thousandths of a minute."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zorgstroom.dataset.model import Dataset, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.planning.staffing import fte_hours, hours_per_unit
from zorgstroom_simulator.activity import Activity
from zorgstroom_simulator.rows import Rows, Sums
from zorgstroom_simulator.scope import Scope

#: Parts of a minute that hours are counted in.
PARTS = 10_000


def add_staff(rows: Rows, scope: Scope, activity: Activity) -> None:
    """Add hours a year by profession, and FTE of all together, at the region's locations.

    FTE also per location and profile: what each kind of care asks there.
    """
    weeks, here = scope.calendar.weeks, scope.locations[:, None]
    total = np.zeros(activity.care.shape, np.int64)
    for profession, parts in staff_parts(scope.dataset, activity).items():
        local = parts * here * 52
        total += local
        sums = Sums(("location", "profile"), local, weeks, local)
        for kept in ((), ("location",), ("profile",)):
            rows.part_of(f"staff_{profession}", sums, kept)
    a_year = weeks * fte_hours(scope.dataset)
    rows.margins_of("staff_fte", Sums(("location", "profile"), total, a_year, total))


def staff_parts(dataset: Dataset, activity: Activity) -> dict[str, Int64Array]:
    """Return the time of each profession in the measured period, in parts of a minute: int64[L, P] each."""
    amounts = _amounts(activity)
    found = {}
    for profession, hours in hours_per_unit(dataset).items():
        parts = np.zeros(activity.care.shape, np.int64)
        for driver, each in hours.items():
            amount, unit = amounts[driver]
            parts += amount * round(each * 60 * PARTS / unit)
        found[profession] = parts
    return found


def _amounts(activity: Activity) -> Mapping[str, tuple[Int64Array, int]]:
    """Return what was done by driver of `zorgstroom.planning.staffing`, and how many of that make one unit."""
    return {
        "operations": (activity.operations, 1),
        "or_hours": (activity.or_minutes, 60),
        "scope_hours": (activity.procedure_minutes, 60),
        "nursing_days": (activity.nursing_minutes, MINUTES_PER_DAY),
        "ic_days": (activity.ic_minutes, MINUTES_PER_DAY),
        "visits_before": (activity.visits_before_permille, 1000),
        "visits_after": (activity.visits_after_permille, 1000),
    }
