"""The calendar of a run: whole days from a Monday at 00:00, weekends and Dutch public holidays.

The measured period starts on the Monday of ISO week 1 of the demand year; the warm-up lies before it.
A measured year is 52 weeks (364 days).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
from dateutil.easter import easter

MINUTES_PER_DAY = 1440
#: Weeks of a measured year.
YEAR_WEEKS = 52


@lru_cache(maxsize=128)
def public_holidays(year: int) -> frozenset[dt.date]:
    """Return the days on which Dutch hospitals keep Sunday hours besides Sundays.

    Liberation day only in lustrum years, as most hospital labour agreements have it.
    """
    sunday = easter(year)
    kings_day = dt.date(year, 4, 27)
    if kings_day.weekday() == 6:
        kings_day -= dt.timedelta(days=1)
    days = {
        dt.date(year, 1, 1),
        sunday + dt.timedelta(days=1),
        kings_day,
        sunday + dt.timedelta(days=39),
        sunday + dt.timedelta(days=50),
        dt.date(year, 12, 25),
        dt.date(year, 12, 26),
    }
    if year % 5 == 0:
        days.add(dt.date(year, 5, 5))
    return frozenset(days)


@dataclass(frozen=True)
class Calendar:
    """The days of one run."""

    demand_year: int
    warmup_weeks: int
    weeks: int
    #: Weeks after the warm-up that are not measured either: those before one year of several.
    weeks_before: int = 0

    @property
    def measured_from_day(self) -> int:
        """First measured day."""
        return (self.warmup_weeks + self.weeks_before) * 7

    @property
    def days(self) -> int:
        """Length of the run in days, warm-up included; of one year of several, until that year ends."""
        return (self.warmup_weeks + self.weeks_before + self.weeks) * 7

    @property
    def first_measured_year(self) -> int:
        """The year in which the measured period begins."""
        return self.demand_year + self.weeks_before // YEAR_WEEKS

    def measured_years(self) -> list[Calendar]:
        """Return the whole years of 52 weeks that are measured, if it is longer than one such year."""
        if self.weeks <= YEAR_WEEKS:
            return []
        return [
            replace(self, weeks=YEAR_WEEKS, weeks_before=year * YEAR_WEEKS)
            for year in range(self.weeks // YEAR_WEEKS)
        ]

    @cached_property
    def start(self) -> dt.date:
        """Day 0, a Monday."""
        return dt.date.fromisocalendar(self.demand_year, 1, 1) - dt.timedelta(weeks=self.warmup_weeks)

    def day_of(self, date: dt.date) -> int:
        """Return the day number of a date (negative before the run)."""
        return (date - self.start).days

    def dates(self, before: int = 0, after: int = 0) -> npt.NDArray[np.datetime64]:
        """Return the days of the run, plus some days before and after: datetime64[D]."""
        return np.datetime64(self.start, "D") + np.arange(-before, self.days + after)

    def working_days(self, before: int = 0, after: int = 0) -> npt.NDArray[np.bool_]:
        """Return for each day of the run, plus some days before and after, whether it is a working day."""
        dates = self.dates(before, after)
        return np.is_busday(dates, holidays=holidays_among(dates))


def holidays_among(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.datetime64]:
    """Return the public holidays of all years that the dates lie in: datetime64[D]."""
    years = np.unique(dates.astype("datetime64[Y]")).tolist()
    return np.array([day for date in years for day in public_holidays(date.year)], "datetime64[D]")
