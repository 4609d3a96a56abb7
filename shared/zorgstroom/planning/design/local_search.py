"""A good plan where there are too many sets to look at all: start from what is there, and improve step by step.

One location more or less, or one for another, as long as that is better. What is found is as exactly judged as
everywhere else; that nothing is better is not proven.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from zorgstroom.dataset.model import BoolArray
from zorgstroom.planning.design.case import Case
from zorgstroom.planning.design.demands import Demand, missed, scores
from zorgstroom.planning.design.outcome import Outcomes, joined, outcomes
from zorgstroom.planning.design.request import Objective
from zorgstroom.planning.expected import FloatArray

#: A set misses its demands if it does by more than this, added up.
_MISSED = 1e-9
Judge = Callable[[BoolArray], tuple[Outcomes, FloatArray]]


def judge_of(case: Case, demands: Sequence[Demand]) -> Judge:
    """Return what judges sets bool[N, C]: their outcomes, and by how much each misses the demands: float64[N]."""

    def judge(sets: BoolArray) -> tuple[Outcomes, FloatArray]:
        found = outcomes(case, sets)
        short = np.where(found.possible, 0.0, len(case.rows))
        for demand in demands:
            if demand.kind == "max_changes":
                short = short + np.maximum(found.changes - demand.value, 0.0)
            else:
                short = short + missed(case, demand, found)
        return found, np.where(short > _MISSED, short, 0.0)

    return judge


def search(case: Case, judge: Judge, objective: Objective, start: BoolArray) -> tuple[Outcomes, bool]:
    """Return the set that no small change improves, from a start bool[C], and whether it meets all demands."""
    found, short = judge(start[None, :])
    while True:
        others, lacking = judge_around(case, found.sets[0], judge)
        around, lacks = joined([found, others]), np.concatenate([short, lacking])
        best = _best(around, lacks, objective)
        if best == 0:
            return found, bool(short[0] <= 0)
        found, short = around.select(np.array([best])), lacks[[best]]


def judge_around(case: Case, one: BoolArray, judge: Judge) -> tuple[Outcomes, FloatArray]:
    """Return what the sets do that differ by one location, or by one for another."""
    count = len(case.rows)
    changed = [np.array([place]) for place in range(count)]
    changed += [np.array([stop, start]) for stop in np.flatnonzero(one) for start in np.flatnonzero(~one)]
    sets = np.repeat(one[None, :], len(changed), axis=0)
    for row, places in enumerate(changed):
        sets[row, places] ^= True
    return judge(sets[sets.any(axis=1)])


def smallest_stop_first(case: Case, judge: Judge) -> BoolArray:
    """Return the set that is left when the smallest stops, and again, until all demands hold: bool[C].

    As the action `concentrate` does with `to_minimum`. If they never all hold, the set that misses least.
    """
    current = case.offered.copy() if case.offered.any() else np.ones(len(case.rows), np.bool_)
    best, least = current, np.inf
    while current.any():
        found, short = judge(current[None, :])
        if short[0] < least:
            best, least = current.copy(), float(short[0])
        if least <= 0:
            break
        patients = np.where(current, found.volumes[0].sum(axis=0), np.inf)
        current[int(patients.argmin())] = False
    return best


def _best(found: Outcomes, short: FloatArray, objective: Objective) -> int:
    first, second = scores(found, objective)
    order = np.lexsort((np.arange(len(short)), np.round(second, 6), np.round(first, 6), np.round(short, 9)))
    return int(order[0])
