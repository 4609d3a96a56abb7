"""What happened beside what was expected: the deviation of every volume, and how far each action has come."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zorgstroom.actual.reading import Realised, filled_in
from zorgstroom.actual.result import Expected, Key
from zorgstroom.domain.calendar import YEAR_WEEKS
from zorgstroom.planning.comparison import MIN_REPLICATIONS, student_t
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.plan import compile_plan

#: Within the range, above or below it; of a number that may not be told it can be both; or there is no range.
Standing = Literal["inside", "above", "below", "unclear", "no_range"]
#: Fewer patients a year than this are no move to speak of.
SMALLEST_MOVE = 1.0


@dataclass(frozen=True)
class Deviation:
    """One volume: today and plan as expected of that year, the range of chance, and what happened."""

    key: Key
    baseline: float
    plan: float
    #: In 95 of 100 years like this the volume under the plan lies in it; None below 3 simulated years.
    low: int | None
    high: int | None
    realised: Realised
    standing: Standing

    @property
    def difference(self) -> float:
        """What happened less what the plan expected."""
        return self.realised.middle - self.plan


@dataclass(frozen=True)
class Progress:
    """How much of the move that an action intends has happened in a year, at the locations that told their volume."""

    action: int
    year: int
    #: Patients fewer than without the plan at the locations that patients leave: as planned, and as happened.
    intended: float
    happened: float
    #: Part of the intended move, and the range that chance in the volume without the plan gives it.
    share: float
    share_low: float | None
    share_high: float | None
    #: Of how many volumes that patients leave this action is about, how many were filled in.
    told: int
    of: int


def deviations(expected: Expected, found: Mapping[Key, Realised]) -> list[Deviation]:
    """Return a line per volume that was filled in, by year, location and profile."""
    lines = []
    for key in sorted(found, key=lambda key: (key[2], key[0], key[1])):
        plan = expected.plan.get(key, expected.nothing())
        baseline = expected.baseline.get(key, expected.nothing())
        low, high = prediction_range(plan)
        realised = found[key]
        standing = _standing(realised, low, high)
        lines.append(
            Deviation(key, float(baseline.mean()), float(plan.mean()), low, high, realised, standing)
        )
    return lines


def prediction_range(volumes: FloatArray) -> tuple[int | None, int | None]:
    """Return the range in which one more year lies 95 times out of 100, in whole patients, outwards.

    Student's t over simulated years, with the chance of the new year itself: mean ± t s √(1 + 1/n). None below 3.
    """
    low, high = _range(volumes)
    if low is None or high is None:
        return None, None
    return max(0, math.floor(low)), math.ceil(high)


def _range(values: FloatArray) -> tuple[float | None, float | None]:
    number = len(values)
    if number < MIN_REPLICATIONS:
        return None, None
    half = student_t(number - 1) * float(values.std(ddof=1)) * math.sqrt(1 + 1 / number)
    return float(values.mean()) - half, float(values.mean()) + half


def _standing(realised: Realised, low: int | None, high: int | None) -> Standing:
    if low is None or high is None:
        return "no_range"
    if realised.low > high:
        return "above"
    if realised.high < low:
        return "below"
    return "inside" if low <= realised.low and realised.high <= high else "unclear"


def progress(expected: Expected, found: Mapping[Key, Realised]) -> list[Progress]:
    """Return how far each action has come, per year in which it is under way and something was filled in.

    An action that patients of the same care leave the same location for as another shares its move with it.
    """
    lines = []
    leaving = _leaving(expected)
    for (action, year), keys in sorted(leaving.items()):
        told = filled_in(found, keys)
        without = np.sum([expected.baseline.get(key, expected.nothing()) for key in told], axis=0)
        planned = np.sum([expected.plan.get(key, expected.nothing()) for key in told], axis=0)
        if not told or float(np.mean(without - planned)) < SMALLEST_MOVE:
            continue
        intended, now = float(np.mean(without - planned)), sum(found[key].middle for key in told)
        happened = float(np.mean(without)) - now
        low, high = (None if end is None else (end - now) / intended for end in _range(without))
        lines.append(
            Progress(action, year, intended, happened, happened / intended, low, high, len(told), len(keys))
        )
    return lines


def _leaving(expected: Expected) -> dict[tuple[int, int], Sequence[Key]]:
    """Return per action and year the volumes that patients leave because of it, if it starts before the year ends."""
    calendar = expected.calendar
    found: dict[tuple[int, int], list[Key]] = {}
    for move in compile_plan(expected.scenario, expected.dataset, expected.region).moves:
        if move.returns:
            continue
        for number, year in enumerate(expected.years, start=1):
            if move.start_day >= calendar.measured_from_day + number * YEAR_WEEKS * 7:
                continue
            keys = found.setdefault((move.action, year), [])
            for row in np.flatnonzero(move.leaving & expected.locations).tolist():
                key = (row, move.profile, year)
                if key not in keys and expected.baseline.get(key, expected.nothing()).any():
                    keys.append(key)
    return {place: keys for place, keys in found.items() if keys}
