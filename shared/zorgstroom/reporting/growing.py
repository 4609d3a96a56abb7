"""Which queues grow: of them a mean wait says nothing, since it depends on how long one looks.

A queue grows when its load is above `FULL_LOAD`, or when over the replications (`LEAST_REPLICATIONS` or more) the
interval of the mean list of the last quarter minus that of the first lies above zero and the growth is more than
chance makes of a list at full load: a random walk, with arrivals x (1 + cv^2) of the work of a patient as variance.
A plain test of the slope would call nine of ten stable lists growing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import TREATMENT_LISTS, clinic_pool
from zorgstroom.planning.pool_estimates import FULL_LOAD, NOTICEABLE_LOAD
from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.readings import WEEKS_PER_YEAR, Reading, Readings

Kind = Literal["first_visit", "treatment"]
Side = Literal["baseline", "plan"]
#: How many join a queue today and under the plan.
Weights = tuple[float, float]

#: A list that grows more than chance explains: this many standard deviations.
GROWTH_SIGMAS = 3.0
#: With fewer replications a queue is judged by its load only.
LEAST_REPLICATIONS = 5
#: Of a wait of several queues together: grows when this part of who join, join a growing queue.
MOST_OF_THEM = 0.5


@dataclass(frozen=True)
class Queue:
    """One queue, or several together, today and under the plan."""

    grows_baseline: bool
    grows_plan: bool
    #: Patients (clinics: visits) a week; None where there is no list to count.
    per_week_baseline: Estimate | None
    per_week_plan: Estimate | None
    per_week_difference: Estimate | None

    @property
    def grows(self) -> bool:
        """Whether it grows today or under the plan."""
        return self.grows_baseline or self.grows_plan

    def keeps_growing(self, side: Side) -> bool:
        """Whether it grows, and was not counted to shrink all the same: who should join may wait for something else.

        Such a list is too small for its work, but those who are on it have a mean wait.
        """
        grows = self.grows_baseline if side == "baseline" else self.grows_plan
        growth = self.per_week_baseline if side == "baseline" else self.per_week_plan
        return grows and (growth is None or growth.low is None or growth.mean > 0)


class Queues:
    """The queues of one run."""

    def __init__(self, readings: Readings, dataset: Dataset, weeks: int) -> None:
        self._readings = readings
        self._dataset = dataset
        self._weeks = weeks
        self._pools_of: dict[str, list[str]] = {}
        for reading in readings.of("list_arrivals", lambda row: bool(row.location and row.pool)):
            self._pools_of.setdefault(reading.location, []).append(reading.pool)
        self._made: dict[tuple[str, str], Queue] = {}

    def of(self, location: str, pool: str) -> Queue:
        """Return the queue of one pool of a location."""
        place = location, pool
        if place not in self._made:
            self._made[place] = self._queue(location, pool)
        return self._made[place]

    def behind(self, kind: Kind, location: str, profile: str) -> Queue:
        """Return the queues behind a wait, together; `location` or `profile` empty: all.

        They grow when at least half of who join them join one that does. What they grow by is of the growing ones.
        """
        found = [(self.of(*place), weight) for place, weight in self._weights(kind, location, profile)]
        growing = [queue for queue, _ in found if any(queue.keeps_growing(side) for side in _SIDES)]
        return Queue(
            _part(found, "baseline") >= MOST_OF_THEM,
            _part(found, "plan") >= MOST_OF_THEM,
            _together([queue.per_week_baseline for queue in growing]),
            _together([queue.per_week_plan for queue in growing]),
            _together([queue.per_week_difference for queue in growing]),
        )

    def _weights(self, kind: Kind, location: str, profile: str) -> list[tuple[tuple[str, str], Weights]]:
        """Return (queue, who of the wait join it today and under the plan) of every queue behind a wait."""
        parts = self._pools(kind, profile)
        found = []
        for place in [location] if location else self._pools_of:
            for pool in self._pools_of.get(place, ()):
                if pool not in parts:
                    continue
                # Who of this care join it, as far as that is counted; else everybody who does.
                reading = self._readings.at("list_arrivals", location=place, pool=pool)
                if self._counted(profile):
                    reading = self._readings.at("volume", location=place, profile=profile)
                if reading is not None:
                    weights = parts[pool] * reading.baseline.mean, parts[pool] * reading.plan.mean
                    found.append(((place, pool), weights))
        return found

    def _counted(self, profile: str) -> bool:
        """Whether patients of this care are counted per location."""
        return (
            bool(profile) and self._dataset.profiles[self._dataset.profile_index[profile]].pathway == "care"
        )

    def _pools(self, kind: Kind, profile: str) -> dict[str, float]:
        """Return the pools that patients of a profile (empty: everybody) wait for, and which part of them does."""
        if kind == "first_visit":
            specialties = [specialty.id for specialty in self._dataset.specialties]
            if profile:
                known = self._dataset.profiles[self._dataset.profile_index[profile]]
                specialties = specialties if known.pathway == "visit" else [known.specialty]
            return {clinic_pool(specialty): 1.0 for specialty in specialties}
        if not profile:
            return dict.fromkeys(TREATMENT_LISTS, 1.0)
        known = self._dataset.profiles[self._dataset.profile_index[profile]]
        if known.procedure_list == "adm":
            return {"adm": 1.0}
        return {known.procedure_list: known.procedure_share, "adm": 1.0 - known.procedure_share}

    def _queue(self, location: str, pool: str) -> Queue:
        place = {"location": location, "pool": pool}
        load, growth, arrivals, spread = (
            self._readings.at(name, **place)
            for name in ("load", "list_growth", "list_arrivals", "list_spread")
        )
        grows: dict[Side, bool] = {}
        for side in _SIDES:
            walk = self._variance(arrivals, spread, side)
            grows[side] = self._too_full(load, arrivals, walk, side) or _grows(growth, walk, side)
        if growth is None:
            return Queue(grows["baseline"], grows["plan"], None, None, None)
        per_week = map(self._per_week, (growth.baseline, growth.plan, growth.difference))
        return Queue(grows["baseline"], grows["plan"], *per_week)

    def _variance(self, arrivals: Reading | None, spread: Reading | None, side: Side) -> float:
        """Return the variance of a list by chance over the period; without its spread that of equal work."""
        if spread is not None:
            return _of(spread, side).mean
        return 0.0 if arrivals is None else _of(arrivals, side).mean * self._weeks / WEEKS_PER_YEAR

    def _too_full(self, load: Reading | None, arrivals: Reading | None, variance: float, side: Side) -> bool:
        """Whether more comes than can be done, as far as the patients of so many years tell.

        Loads of today are 1.00 and differ from it by chance from year to year. A plan that visibly adds work to a
        pool meets the same patients; otherwise the load must be too high beyond chance. Without an interval, chance
        is that of the arrivals.
        """
        if load is None or _of(load, side).mean <= FULL_LOAD:
            return False
        if side == "plan" and load.difference.mean >= NOTICEABLE_LOAD:
            return True
        low = _of(load, side).low
        if low is None:
            joined = 0.0 if arrivals is None else _of(arrivals, side).mean * self._weeks / WEEKS_PER_YEAR
            chance = 2 * math.sqrt(variance) / joined if joined else 0.0
            low = _of(load, side).mean * (1 - chance)
        return low > FULL_LOAD

    def _per_week(self, growth: Estimate) -> Estimate:
        """Growth between the mean of the first and of the last quarter, which lie three quarters apart."""
        apart = self._weeks * 3 / 4

        def scaled(value: float | None) -> float | None:
            return None if value is None else value / apart

        return Estimate(mean=growth.mean / apart, low=scaled(growth.low), high=scaled(growth.high))


_SIDES: tuple[Side, ...] = ("baseline", "plan")


def _of(reading: Reading, side: Side) -> Estimate:
    return reading.baseline if side == "baseline" else reading.plan


def _grows(growth: Reading | None, variance: float, side: Side) -> bool:
    """Whether a list grows more than chance explains, in every way we can tell."""
    if growth is None or growth.replications < LEAST_REPLICATIONS:
        return False
    found = _of(growth, side)
    return found.low is not None and found.low > 0 and found.mean > GROWTH_SIGMAS * math.sqrt(variance)


def _part(found: Sequence[tuple[Queue, Weights]], side: Side) -> float:
    """Return which part of who join, join a queue that keeps growing."""
    column = _SIDES.index(side)
    total = sum(weight[column] for _, weight in found)
    growing = sum(weight[column] for queue, weight in found if queue.keeps_growing(side))
    return growing / total if total else 0.0


def _together(values: Sequence[Estimate | None]) -> Estimate | None:
    """Return the sum; of one queue with its interval, of several without: their years were not added up."""
    known = [value for value in values if value is not None]
    if len(known) == 1:
        return known[0]
    return Estimate(mean=sum(value.mean for value in known)) if known else None
