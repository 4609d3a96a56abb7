"""Whether the warm-up was long enough: when the beds, empty at the start, are as full as their admissions make them.

MSER-5 (`zorgstroom.queueing.warmup`) asks when a series settles at one level. Beds in use never do: they follow the
week, holidays and the season. So the series is the number of beds in use divided by what the admissions of the days
before would keep in use had the run begun long ago: each day's admissions times the chance of still being there. Days
before the run are like the same days a year later, or later in a shorter run.

MSER-5 weighs the bias of a series against its noise, so it is asked of every replication, and the middle answer counts:
of a mean over many replications the noise is gone, and it would call the faintest season a start. A warm-up is enough
when it is as long as MSER-5 says, or when what is left of the empty start changes the mean of the measured beds by less
than `TOLERANCE`. Lists begin with the patients who wait already and need no warm-up; when they settle is told, and
judges nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from zorgstroom.dataset.model import Int64Array
from zorgstroom.domain.calendar import Calendar
from zorgstroom.queueing.warmup import mser5
from zorgstroom.reporting.impact import Warmup, WarmupRow
from zorgstroom_simulator.daily import BEDS, LONGEST, Daily, Filling

FloatArray = np.typing.NDArray[np.float64]
#: Part by which the empty start may still change the mean of the measured beds.
TOLERANCE = 0.005
#: A year of whole weeks.
YEAR = 364


def check_warmup(replications: Sequence[Daily], calendar: Calendar) -> Warmup:
    """Return when the series of today settle, per kind of bed and for the lists, and how many weeks are enough."""
    rows, needed = [], []
    for kind in BEDS:
        fillings = [item.beds[kind] for item in replications]
        if not any(item.in_use.any() for item in fillings):
            continue
        row, weeks = _of_beds(kind, fillings, calendar)
        rows.append(row)
        needed.append(weeks)
    for name in ("treatment_lists", "first_visits"):
        series = [getattr(item, name) for item in replications]
        if any(numbers.any() for numbers in series):
            day, too_short = _settles([numbers.tolist() for numbers in series])
            rows.append(WarmupRow(series=name, settles_on_day=day, too_short=too_short, judged=False))
    known = [weeks for weeks in needed if weeks is not None]
    enough = max(known) if known and len(known) == len(needed) else None
    return Warmup(
        weeks=calendar.warmup_weeks,
        needed_weeks=enough,
        enough=None if enough is None else enough <= calendar.warmup_weeks,
        rows=rows,
    )


def _of_beds(kind: str, fillings: Sequence[Filling], calendar: Calendar) -> tuple[WarmupRow, int | None]:
    """Return when beds of one kind settle, and the weeks that are enough for them."""
    each = [filled(item.in_use, item.came, item.midnights) for item in fillings]
    day, too_short = _settles([series.tolist() for series in each])
    if too_short:
        return WarmupRow(series=kind, settles_on_day=None, too_short=True, judged=True), None
    mean = np.mean(each, axis=0)
    settled = float(mean[len(mean) // 2 :].mean())
    most = len(mean) // 2 // 7

    def effect(weeks: int) -> float:
        return float(mean[weeks * 7 :].mean()) / settled - 1

    weeks = next(
        (
            number
            for number in range(most + 1)
            if (day is not None and day <= number * 7) or abs(effect(number)) < TOLERANCE
        ),
        None,
    )
    row = WarmupRow(
        series=kind,
        settles_on_day=day,
        too_short=False,
        judged=True,
        effect=round(effect(min(calendar.warmup_weeks, most)), 5),
    )
    return row, weeks


def _settles(series: Sequence[Sequence[float]]) -> tuple[int | None, bool]:
    """Return the middle of what MSER-5 says of each replication, and whether they are too short to tell."""
    found = [mser5(values) for values in series]
    if any(item.too_short for item in found):
        return None, True
    days = sorted((item.first for item in found), key=lambda day: math.inf if day is None else day)
    return days[(len(days) - 1) // 2], False


def filled(in_use: Int64Array, came: Int64Array, midnights: Int64Array) -> FloatArray:
    """Return beds in use over what admissions would keep in use without an empty start: float64[D].

    `in_use` [D + 1], `came` [2, D], `midnights` [2, LONGEST + 1]; see `zorgstroom_simulator.daily.Filling`.
    """
    days = came.shape[1]
    shift = YEAR if days > YEAR else max(7, days // 7 * 7 - LONGEST // 7 * 7)
    usual = np.zeros(days)
    for group in (0, 1):
        number = midnights[group].sum()
        if not number:
            continue
        # Still there at the u-th midnight after coming, u = 1 and on.
        there = midnights[group][::-1].cumsum()[::-1][1:] / number
        before = came[group][(np.arange(-LONGEST, 0) + shift) % days]
        all_days = np.concatenate([before, came[group]])
        recent = np.lib.stride_tricks.sliding_window_view(all_days, LONGEST)[:days, ::-1]
        usual += (recent * there).sum(axis=1)
    return np.divide(in_use[:days], usual, out=np.ones(days), where=usual > 0)
