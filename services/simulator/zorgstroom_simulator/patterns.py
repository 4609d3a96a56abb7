"""When people come: the intensity of demand by month, weekday and hour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Dataset, Int64Array
from zorgstroom.domain.calendar import Calendar, holidays_among


@dataclass(frozen=True)
class Pattern:
    """Cumulative intensity of demand per hour, from `first_day` (negative: before the run) to the end of the run."""

    first_day: int
    cumulative: Int64Array  # [hours + 1]
    year: int  # weight of the measured year of 364 days
    #: The minute at which every hour with any intensity begins, and the cumulative intensity then; and at the end.
    minutes: Int64Array
    bounds: Int64Array
    #: The last of those hours that has begun at every multiple of 2^`shift` of the cumulative intensity.
    guide: Int64Array
    shift: int

    def at_day(self, day: npt.NDArray[np.int64]) -> Int64Array:
        """Return the cumulative weight at 00:00 of a day."""
        return np.asarray(self.cumulative[(day - self.first_day) * 24])


@lru_cache(maxsize=4)
def make_pattern(dataset: Dataset, name: str, calendar: Calendar, days_before: int) -> Pattern:
    """Return the intensity of a pattern: month x weekday x hour weights; referrals stop on public holidays.

    Raises ValueError if the weights are so large that 32 random bits cannot tell every unit apart.
    """
    month, weekday, hour = (dataset.demand_patterns[name, kind] for kind in ("month", "weekday", "hour"))
    days_after = max(0, 364 - calendar.weeks * 7)
    dates = calendar.dates(days_before, days_after)
    # Day 0 is a Monday.
    by_day = (
        month[dates.astype("datetime64[M]").astype(np.int64) % 12]
        * weekday[np.arange(-days_before, len(dates) - days_before) % 7]
    )
    if name == "referral":
        by_day[np.isin(dates, holidays_among(dates))] = 0
    # Month and weekday weights are about 1,000 each; the sum over all years must stay below 2^32, so where waits
    # reach back more than fifteen years the weights become coarser.
    coarser = 1 + int(by_day.sum()) // 10_000 * int(hour.sum()) // 2**32
    hourly = ((by_day // (10_000 * coarser))[:, None] * hour[None, :]).ravel()
    cumulative = np.concatenate([[0], np.cumsum(hourly)]).astype(np.int64)
    if int(cumulative[-1]) >= 2**32:
        raise ValueError("demand pattern weights are too large")
    start = (calendar.measured_from_day + days_before) * 24
    active = np.flatnonzero(hourly)
    bounds = np.append(cumulative[active], cumulative[-1])
    # About as many steps as hours.
    shift = max(0, int(cumulative[-1]).bit_length() - max(1, len(active)).bit_length())
    steps = np.arange((int(cumulative[-1]) >> shift) + 1, dtype=np.int64) << shift
    return Pattern(
        first_day=-days_before,
        cumulative=cumulative,
        year=int(cumulative[start + 364 * 24] - cumulative[start]),
        minutes=(active - days_before * 24) * 60,
        bounds=bounds,
        guide=np.maximum(np.searchsorted(bounds[:-1], steps, side="right") - 1, 0),
        shift=shift,
    )
