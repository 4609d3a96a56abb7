"""Branch and bound where patients choose again: decide about one location after the other, and drop what is no use.

Expected flows under `choice` are those of a multinomial logit: a location gets from each area its weight over the
weights of all that go on. Its mean travel is a ratio, which is bounded for all completions of a half-decided set at
once: take from each area a linear part in the locations (the tangent at a good set), minimise what is left per area,
and the linear parts of all areas together per location (Lagrangian decomposition). What is left is minimised over the
sum of weights W, in steps: for 1/W between z1 and z2 and any e, mean minutes are e + sum of w (m - e) / W, and the
least of that over sets is concave in 1/W, so that it lies at z1 or z2. With these tangents it is a matter of how far
away a location is, so that sums in order of minutes do. Every choice of tangent and e gives a bound that holds; good
ones give one that is near.

Which location is decided next makes most of the difference: the one by which the bounds of both halves rise most
(pseudocosts, Bénichou et al. 1971; the first few times a location is tried by deciding about it, as Achterberg et al.
2005 do).

Closing a location never takes patients from another one, so that a location that misses the norm when nothing else
but what was decided goes on, always misses it.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray
from zorgstroom.planning.actions.concentrating import NO_PATIENT
from zorgstroom.planning.design.case import Case
from zorgstroom.planning.design.demands import Demand, missed_by_sets, scores
from zorgstroom.planning.design.local_search import Judge
from zorgstroom.planning.design.outcome import Outcomes, area_minutes, worst_off_persons
from zorgstroom.planning.design.request import Objective
from zorgstroom.planning.expected import FloatArray

#: Steps of the sum of weights between its smallest and largest, for the bound.
_STEP = np.linspace(0.0, 1.0, 17)
#: Smallest part of the weights that may go on in an area before the nearest location is bound enough.
_LEAST = 1e-12
#: A bound this part below the best is as good.
_EQUAL = 1e-6
#: How often the gain of deciding about a location is looked at before it is relied on, how many locations are looked at
#: before each decision, and the least gain.
_RELIABLE, _LOOK, _NO_GAIN = 4, 8, 1e-6
_MONOTONE = ("at_least", "reach", "max_travel")


@dataclass(frozen=True)
class Bounded:
    """What came of it: the best set there is or was found, and what no set is below."""

    best: Outcomes
    bound: float
    #: Sets that were half decided.
    nodes: int


@dataclass(frozen=True, eq=False)
class _Choosing:
    """A case as a logit: a row per area and group that anybody is in; R rows."""

    #: Persons a year, and those of them whose minutes count: float64[R].
    persons: FloatArray
    counting: FloatArray
    #: Weights of the candidates and of all places outside, together 1; minutes: float64[R, C], float64[R].
    weights: FloatArray
    minutes: FloatArray
    outside: FloatArray
    outside_minutes: FloatArray
    #: By how much persons per candidate and all minutes may differ from those of the flows, which are rounded.
    persons_apart: float
    minutes_apart: float
    #: What the counting travel now, where only what is more than that counts.
    today: float

    def volumes(self, chosen: BoolArray) -> FloatArray:
        """Return the persons a year at each candidate if only a set goes on: float64[C]."""
        going = self.weights * chosen
        total = going.sum(axis=1) + self.outside
        return np.asarray(np.divide(self.persons, total, out=np.zeros_like(total), where=total > 0) @ going)

    def influence(self) -> FloatArray:
        """Return how much each candidate does to travel, one way or the other: float64[C]."""
        mean = (self.weights * self.minutes).sum(axis=1) + self.outside * self.outside_minutes
        apart = np.abs(self.minutes - mean[:, None])
        return np.asarray((self.persons[:, None] * self.weights * apart).sum(axis=0))


@dataclass(frozen=True, eq=False)
class _Half:
    """A set about some locations of which is decided, and what no set that fits it is below."""

    #: bool[C] each.
    goes_on: BoolArray
    decided: BoolArray
    #: inf if none can meet the demands, -inf if all is decided: then it is judged.
    bound: float


def branch_and_bound(
    case: Case, demands: Sequence[Demand], judge: Judge, objective: Objective, start: Outcomes, seconds: float
) -> Bounded:
    """Return the best set for a case with the rule `choice`, from a set that meets the demands; or the best so far."""
    end = time.monotonic() + seconds
    search = _Search(case, demands, judge, objective, start)
    while search.waiting and time.monotonic() < end:
        if search.least() >= search.limit():
            search.waiting.clear()
            break
        search.branch()
    score = search.score
    bound = min(score, search.least()) if search.waiting else score
    return Bounded(search.best, bound, search.nodes)


class _Search:
    """The half-decided sets that may hold something better, the most promising first."""

    def __init__(
        self, case: Case, demands: Sequence[Demand], judge: Judge, objective: Objective, start: Outcomes
    ) -> None:
        self._case, self._demands, self._judge, self._objective = case, demands, judge, objective
        self._choosing = _choosing(case, objective, start)
        self._least_minutes = LeastMinutes(self._choosing)
        self._influence = self._choosing.influence()
        #: By how much bounds rose where a location stopped or went on, together, and how often: float64[2, C].
        self._gains = np.zeros((2, len(case.rows)))
        self._looked = np.zeros((2, len(case.rows)))
        self.best, self.score = start, float(scores(start, objective)[0][0])
        self._good = start.sets[0]
        self.nodes = 0
        #: (bound, number, goes on, decided): bool[C] each.
        self.waiting: list[tuple[float, int, BoolArray, BoolArray]] = []
        fixed = {demand.location: demand.kind for demand in demands if demand.kind in ("keep", "stop")}
        kept = np.array([fixed.get(name) == "keep" for name in case.ids])
        self._number = 0
        self._keep(self._half(kept, np.array([name in fixed for name in case.ids])), 0.0)

    def least(self) -> float:
        """Return what no set that waits is below."""
        return self.waiting[0][0]

    def limit(self) -> float:
        """Return the bound from which a set is not better than the best."""
        if self._objective == "fewest_changes":
            # One less is the next better.
            return self.score - 1.0 + _EQUAL
        return self.score - _EQUAL * max(abs(self.score), 1.0)

    def branch(self) -> None:
        """Decide about one more location of the most promising set."""
        least, _, goes_on, decided = heapq.heappop(self.waiting)
        for half in self._best_halves(goes_on, decided, least):
            self._keep(half, least)

    def _best_halves(self, goes_on: BoolArray, decided: BoolArray, least: float) -> tuple[_Half, _Half]:
        """Return both halves of a set, for the location where the bounds of both rise most."""
        gains = self._gains / np.maximum(self._looked, 1.0)
        expected = np.maximum(gains, _NO_GAIN).prod(axis=0)
        expected = np.where(self._looked.min(axis=0) > 0, expected, np.inf)
        free = np.flatnonzero(~decided)
        order = free[np.lexsort((-self._influence[free], -expected[free]))]
        best, most = -1, -1.0
        halves: tuple[_Half, _Half] | None = None
        for place in order[:_LOOK].tolist():
            if self._looked[:, place].min() >= _RELIABLE:
                if expected[place] > most:
                    best, most, halves = place, float(expected[place]), None
                continue
            tried = self._halves(goes_on, decided, place)
            gain = self._learn(place, tried, least)
            if gain > most:
                best, most, halves = place, gain, tried
        if halves is None:
            halves = self._halves(goes_on, decided, best)
            self._learn(best, halves, least)
        return halves

    def _halves(self, goes_on: BoolArray, decided: BoolArray, place: int) -> tuple[_Half, _Half]:
        """Return what becomes of a half-decided set if a location stops, and if it goes on."""
        without, with_it = goes_on.copy(), goes_on.copy()
        without[place], with_it[place] = False, True
        decided = decided.copy()
        decided[place] = True
        return self._half(without, decided), self._half(with_it, decided)

    def _half(self, goes_on: BoolArray, decided: BoolArray) -> _Half:
        self.nodes += 1
        if not self._may_meet(goes_on, decided):
            return _Half(goes_on, decided, np.inf)
        return _Half(goes_on, decided, -np.inf if decided.all() else self._bound(goes_on, decided))

    def _learn(self, place: int, halves: tuple[_Half, _Half], least: float) -> float:
        """Keep by how much the bounds rise, as far as that is of use, and return the product."""
        room = max(self.limit() - least, 0.0)
        gains = np.clip([half.bound - least for half in halves], 0.0, room)
        self._gains[:, place] += gains
        self._looked[:, place] += 1.0
        return float(np.maximum(gains, _NO_GAIN).prod())

    def _keep(self, half: _Half, least: float) -> None:
        """Keep a half-decided set, unless nothing better can come of it; judge one that is decided."""
        if half.decided.all():
            if half.bound == np.inf:
                return
            found, short = self._judge(half.goes_on[None, :])
            score = float(scores(found, self._objective)[0][0])
            if short[0] <= 0 and score < self.score:
                self.best, self.score, self._good = found, score, half.goes_on
            return
        bound = max(least, half.bound)
        if bound < self.limit():
            self._number += 1
            heapq.heappush(self.waiting, (bound, self._number, half.goes_on, half.decided))

    def _may_meet(self, goes_on: BoolArray, decided: BoolArray) -> bool:
        """Return whether a set may still come to meet the demands."""
        case, every = self._case, goes_on | ~decided
        if not every.any():
            return False
        for demand in self._demands:
            if demand.kind in _MONOTONE and missed_by_sets(case, demand, every[None, :])[0] > 0:
                return False
            if demand.kind == "at_most" and goes_on.sum() > demand.value:
                return False
            if demand.kind == "max_changes" and (goes_on != case.offered)[decided].sum() > demand.value:
                return False
        return not self._misses_norm(goes_on)

    def _misses_norm(self, chosen: BoolArray) -> bool:
        """Return whether a location of a set misses the norm if only the set goes on."""
        norm = next((demand.value for demand in self._demands if demand.kind == "norm"), None)
        if norm is None or not chosen.any():
            return False
        most = self._choosing.volumes(chosen)[chosen] + self._choosing.persons_apart
        return bool((most * self._case.weight < norm - NO_PATIENT).any())

    def _bound(self, goes_on: BoolArray, decided: BoolArray) -> float:
        case, choosing = self._case, self._choosing
        if self._objective in ("fewest_changes", "stranded_cost"):
            changes = self._objective == "fewest_changes"
            stops = np.ones(len(case.rows)) if changes else case.stranding
            done = float(stops[case.offered & decided & ~goes_on].sum())
            done += float((goes_on & ~case.offered).sum()) if changes else 0.0
            # If nobody else stops and the norm is missed, somebody else must.
            missed = self._misses_norm(goes_on | (~decided & case.offered))
            return done + (float(stops[~decided & case.offered].min(initial=np.inf)) if missed else 0.0)
        least = self._least_minutes.of(goes_on, ~decided, self._good)
        return least - choosing.minutes_apart - choosing.today


def _choosing(case: Case, objective: Objective, start: Outcomes) -> _Choosing:
    """Return a case as a logit, with the part of each area that counts.

    Of `worst_off_travel` and `extra_travel` those are who count in the set to start with. In other sets others do: they
    travel more than these, so that a bound for these holds.
    """
    counting = case.counted.astype(np.float64)
    today = 0.0
    if objective == "worst_off_travel":
        counting = worst_off_persons(case, area_minutes(case, start.sets))[0]
        counting = np.divide(counting, case.persons, out=np.zeros_like(counting), where=case.persons > 0)
    elif objective == "extra_travel":
        counting = counting * (area_minutes(case, start.sets)[0] > case.minutes_today)
        today = float(counting @ case.minutes_today)
    rows: list[tuple[FloatArray, ...]] = []
    persons_apart = minutes_apart = 0.0
    before = case.offered.astype(np.float64)
    for group in case.groups:
        persons = group.flows.sum(axis=1) + group.elsewhere
        total = group.weights.sum(axis=1) + group.outside
        scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        weights, outside = group.weights * scale[:, None], group.outside * scale
        there = np.divide(
            group.outside_minutes * scale, outside, out=np.zeros_like(outside), where=outside > 0
        )
        # What the flows are beside those of a logit, and how far that may travel more or less.
        now = weights @ before + outside
        each = np.divide(persons, now, out=np.zeros_like(now), where=now > 0)
        apart = np.abs(group.flows - weights * before * each[:, None]).sum(axis=1)
        apart = apart + np.abs(group.elsewhere - outside * each)
        far = np.where(group.weights > 0, case.minutes, 0.0).max(axis=1)
        minutes_apart += float((apart * np.maximum(far, there)).sum())
        minutes_apart += float(np.abs(group.elsewhere_minutes - outside * each * there).sum())
        persons_apart += float(apart.sum())
        some = persons > 0
        every = (persons, persons * counting, weights, case.minutes, outside, there)
        rows.append(tuple(array[some] for array in every))
    persons, counted, weights, minutes, outside, there = (
        np.concatenate(parts) for parts in zip(*rows, strict=True)
    )
    return _Choosing(persons, counted, weights, minutes, outside, there, persons_apart, minutes_apart, today)


class LeastMinutes:
    """Bounds of the minutes of those who count, for half-decided sets."""

    def __init__(self, choosing: _Choosing) -> None:
        """Order the candidates of every row by minutes, once."""
        rows = choosing.counting > 0
        self._persons, minutes = choosing.counting[rows], choosing.minutes[rows]
        self._weights, self._outside = choosing.weights[rows], choosing.outside[rows]
        self._weighted, self._there = self._weights * minutes, choosing.outside_minutes[rows]
        self._order = minutes.argsort(axis=1, kind="stable")
        self._far = float(minutes.max(initial=0.0)) + 1.0
        self._minutes = np.take_along_axis(minutes, self._order, axis=1)
        self._sorted = np.take_along_axis(self._weights, self._order, axis=1)
        # Every row in an interval of its own, so that one search in one long list does for all.
        self._rows = np.arange(len(minutes))[:, None]
        self._long = (self._minutes + self._rows * self._far).ravel()

    def of(self, goes_on: BoolArray, free: BoolArray, good: BoolArray) -> float:
        """Return what no set is below that has `goes_on` and of `free` whatever it likes.

        `good`: a set near which the bound is best. All bool[C].
        """
        usable = (goes_on | free)[self._order] & (self._sorted > 0)
        nearest = np.where(usable.any(axis=1), self._minutes[self._rows[:, 0], usable.argmax(axis=1)], np.inf)
        nearest = np.where(self._outside > 0, np.minimum(nearest, self._there), nearest)
        if not np.isfinite(nearest).all():
            return np.inf
        simple = float(self._persons @ nearest)
        fixed, fixed_minutes = self._sums(goes_on)
        largest = self._sums(goes_on | free)[0]
        total, together = self._sums(goes_on | (free & good))
        if not (total > _LEAST).all():
            total, together = self._sums(goes_on | free)
        if not (total > _LEAST).all():
            return simple
        mean, at = together / total, 1.0 / total
        smallest = np.where(usable, self._sorted, np.inf).min(axis=1)
        smallest = np.maximum(np.maximum(np.minimum(smallest, largest), fixed), _LEAST)
        z = largest[:, None] ** (_STEP - 1) * np.minimum(smallest, largest)[:, None] ** -_STEP
        weights = self._sorted * free[self._order]
        sums = _prefix(weights), _prefix(weights * self._minutes)
        e = self._best_e(z, mean, at, fixed, sums[0])
        own_fixed = fixed_minutes[:, None] - e * fixed[:, None]
        least = np.full(len(z), np.inf)
        for end in (z[:, :-1], z[:, 1:]):
            value = e + own_fixed * end + self._lowered(end, e, mean, at, sums)
            least = np.minimum(least, value.min(axis=1))
        slopes = ((self._persons * at) @ self._weighted - (self._persons * at * mean) @ self._weights)[free]
        return max(simple, float(self._persons @ least + np.minimum(slopes, 0.0).sum()))

    def _sums(self, chosen: BoolArray) -> tuple[FloatArray, FloatArray]:
        """Return the weights of a set and the places outside together, and those times minutes: float64[R]."""
        there = chosen.astype(np.float64)
        return self._weights @ there + self._outside, self._weighted @ there + self._outside * self._there

    def _lowered(
        self,
        z: FloatArray,
        e: FloatArray,
        mean: FloatArray,
        at: FloatArray,
        sums: tuple[FloatArray, FloatArray],
    ) -> FloatArray:
        """Return the sum over the free candidates of what is below nothing of w (m - e) z - w (m - mean) at.

        That is w (z - at) (m - turning): the nearest of them where z is more, the furthest where it is less.
        """
        more = z - at[:, None]
        rest = e * z - (mean * at)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            turning = np.nan_to_num(rest / more, nan=0.0, posinf=self._far, neginf=0.0)
        place = self._rows * self._far + np.clip(turning, 0.0, self._far - 0.5)
        count = (
            np.searchsorted(self._long, place.ravel()).reshape(z.shape) - self._rows * self._sorted.shape[1]
        )
        near = [np.take_along_axis(each, count, axis=1) for each in sums]
        weight, minutes = (
            np.where(more >= 0, part, each[:, -1:] - part) for part, each in zip(near, sums, strict=True)
        )
        return np.asarray(more * minutes - rest * weight)

    def _best_e(
        self, z: FloatArray, mean: FloatArray, at: FloatArray, fixed: FloatArray, weights: FloatArray
    ) -> FloatArray:
        """Return for each step of 1/W the e at which the bound is about highest: float64[R, steps].

        There the weights of those that lower it, with the fixed ones, are W itself.
        """
        middle = np.sqrt(z[:, :-1] * z[:, 1:])
        more = middle - at[:, None]
        wanted = 1.0 / middle - fixed[:, None]
        wanted = np.where(more >= 0, wanted, weights[:, -1:] - wanted)
        # No weights of a row are more than 1 together.
        apart = 3.0 * self._rows
        place = np.searchsorted(
            (weights[:, 1:] + apart).ravel(), (np.clip(wanted, -1.0, 1.5) + apart).ravel()
        )
        columns = self._minutes.shape[1]
        count = np.minimum(place.reshape(z[:, 1:].shape) - self._rows * columns, columns - 1)
        turning = np.take_along_axis(self._minutes, count, axis=1)
        return np.asarray((turning * more + (mean * at)[:, None]) / middle)


def _prefix(values: FloatArray) -> FloatArray:
    """Return the sums of the first none, one, two ... of each row: float64[R, C + 1]."""
    found = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=found[:, 1:])
    return found
