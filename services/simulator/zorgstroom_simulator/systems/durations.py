"""How long a stay, an operation or the time between two arrivals is: distributions and times of one's own.

Whole minutes of at least 1. A real number is rounded up with the probability of its fraction, so the mean stays
what was asked (but for durations below one minute, which become one).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Protocol, TypeGuard

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

#: The longest duration an engine can hold (int32 minutes: four thousand years).
LONGEST = 2**31 - 1
#: The largest standard deviation, in means.
WIDEST = 1_000_000


class Duration(Protocol):
    """Durations in minutes."""

    def problem(self) -> str | None:
        """Return the text key of what is wrong with the parameters, or None."""

    def draw(self, rng: np.random.Generator, number: int) -> Int64Array:
        """Return so many durations in whole minutes."""


@dataclass(frozen=True)
class Constant:
    """Always the same."""

    minutes: float

    def problem(self) -> str | None:
        """See `Duration`."""
        return _not_above_zero(self.minutes)

    def draw(self, rng: np.random.Generator, number: int) -> Int64Array:
        """See `Duration`."""
        return whole(rng, np.full(number, float(self.minutes)))


@dataclass(frozen=True)
class Exponential:
    """Exponential with this mean."""

    mean: float

    def problem(self) -> str | None:
        """See `Duration`."""
        return _not_above_zero(self.mean)

    def draw(self, rng: np.random.Generator, number: int) -> Int64Array:
        """See `Duration`."""
        return whole(rng, rng.exponential(self.mean, number))


@dataclass(frozen=True)
class Lognormal:
    """Lognormal with this mean and standard deviation."""

    mean: float
    sd: float

    def problem(self) -> str | None:
        """See `Duration`."""
        wrong = _not_above_zero(self.mean) or _not_above_zero(self.sd)
        return wrong or ("systems.spread" if self.sd > WIDEST * self.mean else None)

    def draw(self, rng: np.random.Generator, number: int) -> Int64Array:
        """See `Duration`."""
        variance = math.log1p((self.sd / self.mean) ** 2)
        return whole(rng, rng.lognormal(math.log(self.mean) - variance / 2, math.sqrt(variance), number))


@dataclass(frozen=True)
class Empirical:
    """Drawn with replacement from durations that were observed."""

    observed: Sequence[float]

    def problem(self) -> str | None:
        """See `Duration`."""
        return _not_all_above_zero(self.observed)

    def draw(self, rng: np.random.Generator, number: int) -> Int64Array:
        """See `Duration`."""
        return whole(rng, rng.choice(np.asarray(self.observed, np.float64), number))


@dataclass(frozen=True)
class Minutes:
    """Durations of one's own: one for each patient, in order of arrival."""

    each: Sequence[float]

    def problem(self) -> str | None:
        """See `Duration`."""
        wrong = _not_all_above_zero(self.each)
        # None for nobody; that there is one for each is checked beside the arrivals.
        return None if wrong == "systems.duration_none" else wrong

    def draw(self, rng: np.random.Generator, number: int) -> Int64Array:
        """See `Duration`; `number` is at most how many there are."""
        return whole(rng, np.asarray(self.each[:number], np.float64))


def whole(rng: np.random.Generator, minutes: FloatArray) -> Int64Array:
    """Return whole minutes of at least 1 with the same mean: up with the probability of the fraction."""
    down = np.floor(minutes)
    up = rng.random(len(minutes)) < minutes - down
    return np.asarray(np.clip(down + up, 1, LONGEST), np.int64)


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a real number, of Python or NumPy."""
    return isinstance(value, Real)


def _not_above_zero(value: object) -> str | None:
    return None if is_number(value) and 0 < value <= LONGEST else "systems.duration"


def _not_all_above_zero(values: object) -> str | None:
    try:
        each = np.asarray(values)
    except ValueError:
        # Such as lists of unequal length.
        return "systems.duration_list"
    if each.ndim != 1 or (each.size and each.dtype.kind not in "iuf"):
        return "systems.duration_list"
    if each.size == 0:
        return "systems.duration_none"
    return None if bool(((each > 0) & (each <= LONGEST)).all()) else "systems.duration"
