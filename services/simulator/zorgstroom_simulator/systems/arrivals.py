"""When patients come: processes and times of one's own, in whole minutes from Monday 00:00."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom_simulator.systems.durations import Duration, FloatArray, Int64Array, Minutes, is_number

BoolArray = npt.NDArray[np.bool_]

#: Most patients a day of one flow.
MOST_PER_DAY = 1_000_000


class Arrivals(Protocol):
    """Times at which patients come."""

    def problem(self) -> str | None:
        """Return the text key of what is wrong with the parameters, or None."""

    def times(self, rng: np.random.Generator, working: BoolArray) -> Int64Array:
        """Return minutes in ascending order within ``len(working)`` days; `working`: which of them are working days."""


@dataclass(frozen=True)
class Poisson:
    """A Poisson process with so many a day, every minute alike; on working days only if asked."""

    per_day: float
    working_days_only: bool = False

    def problem(self) -> str | None:
        """See `Arrivals`."""
        return None if is_number(self.per_day) and 0 <= self.per_day <= MOST_PER_DAY else "systems.rate"

    def times(self, rng: np.random.Generator, working: BoolArray) -> Int64Array:
        """See `Arrivals`."""
        days = len(working)
        minutes = rng.integers(0, days * MINUTES_PER_DAY, rng.poisson(self.per_day * days))
        if self.working_days_only:
            minutes = minutes[working[minutes // MINUTES_PER_DAY]]
        return np.sort(minutes).astype(np.int64)


@dataclass(frozen=True)
class VaryingPoisson:
    """A Poisson process whose rate varies in time, by thinning (Lewis & Shedler 1979).

    `per_day` gives the rate at each of an array of times in days; nowhere above `most`.
    """

    per_day: Callable[[FloatArray], FloatArray]
    most: float

    def problem(self) -> str | None:
        """See `Arrivals`."""
        if not callable(self.per_day):
            return "systems.rate_function"
        return None if is_number(self.most) and 0 < self.most <= MOST_PER_DAY else "systems.rate"

    def times(self, rng: np.random.Generator, working: BoolArray) -> Int64Array:
        """See `Arrivals`. Raises InvalidInput if the rate is no number, negative or above `most` somewhere."""
        days = len(working)
        at = np.sort(rng.random(rng.poisson(self.most * days)) * days)
        rate = np.asarray(self.per_day(at))
        if rate.shape not in ((), at.shape) or rate.dtype.kind not in "iuf":
            raise InvalidInput([Problem("arrivals.per_day", "systems.rate_function")])
        if len(at) and not (rate.min() >= 0 and rate.max() <= self.most):
            params = {"least": float(rate.min()), "largest": float(rate.max()), "most": self.most}
            raise InvalidInput([Problem("arrivals.per_day", "systems.rate_outside", params)])
        return (at[rng.random(len(at)) * self.most < rate] * MINUTES_PER_DAY).astype(np.int64)


@dataclass(frozen=True)
class Every:
    """A renewal process: the time until the first and between any two is one of these durations.

    For gaps of one's own (`Minutes`) give the times themselves: `At`.
    """

    gap: Duration

    def problem(self) -> str | None:
        """See `Arrivals`."""
        if not callable(getattr(self.gap, "draw", None)):
            return "systems.gap"
        return "systems.gaps" if isinstance(self.gap, Minutes) else self.gap.problem()

    def times(self, rng: np.random.Generator, working: BoolArray) -> Int64Array:
        """See `Arrivals`."""
        end = len(working) * MINUTES_PER_DAY
        found: list[Int64Array] = []
        last = 0
        while last < end:
            found.append(last + np.cumsum(self.gap.draw(rng, 1024)))
            last = int(found[-1][-1])
        minutes = np.concatenate(found)
        return minutes[minutes < end]


@dataclass(frozen=True)
class At:
    """Times of one's own; those after the end of the run do not come."""

    minutes: Sequence[int]

    def problem(self) -> str | None:
        """See `Arrivals`."""
        try:
            each = np.asarray(self.minutes)
        except ValueError:
            # Such as lists of unequal length.
            return "systems.times"
        if each.ndim == 1 and each.size == 0:
            return None
        if each.ndim != 1 or each.dtype.kind not in "iu":
            return "systems.times"
        # Not by differences: those of unsigned numbers are never below 0.
        ascending = (
            each[0] >= 0 and each[-1] <= np.iinfo(np.int64).max and bool((each[1:] >= each[:-1]).all())
        )
        return None if ascending else "systems.times"

    def times(self, rng: np.random.Generator, working: BoolArray) -> Int64Array:
        """See `Arrivals`."""
        minutes = np.asarray(self.minutes, np.int64)
        return minutes[minutes < len(working) * MINUTES_PER_DAY]
