"""Every set of locations there is, judged: the answer is proven because nothing was left out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from zorgstroom.dataset.model import BoolArray
from zorgstroom.planning.actions.concentrating import NO_PATIENT
from zorgstroom.planning.design.case import Case
from zorgstroom.planning.design.demands import TOGETHER, Demand, best_first, met, missed_by_sets
from zorgstroom.planning.design.outcome import Outcomes, joined, outcomes
from zorgstroom.planning.design.request import Objective

#: Most candidates of which all sets are looked at (a million sets; about a minute for the country).
MOST_FREE = 20
#: Sets at a time.
_BLOCK = 1 << 14


def free_of(case: Case, demands: Sequence[Demand]) -> BoolArray:
    """Return which candidates no demand fixes: bool[C]."""
    fixed = {demand.location for demand in demands if demand.kind in ("keep", "stop")}
    return np.array([name not in fixed for name in case.ids], dtype=np.bool_)


def own_demands(demands: Sequence[Demand], position: int) -> list[Demand]:
    """Return the demands of one profile."""
    return [d for d in demands if d.profile == position and d.kind not in TOGETHER]


def all_sets(case: Case, fixed: Sequence[Demand] = ()) -> Iterator[BoolArray]:
    """Yield all sets that fit what is fixed, some at a time: bool[N, C]."""
    free = np.flatnonzero(free_of(case, fixed))
    kept = [case.ids.index(demand.location) for demand in fixed if demand.kind == "keep"]
    for start in range(0, 1 << len(free), _BLOCK):
        codes = np.arange(start, min(start + _BLOCK, 1 << len(free)))
        sets = np.zeros((len(codes), len(case.rows)), np.bool_)
        sets[:, free] = codes[:, None] >> np.arange(len(free)) & 1
        sets[:, kept] = True
        yield sets[sets.any(axis=1)]


def sets_that_meet(
    case: Case, demands: Sequence[Demand], objective: Objective, best: int | None = None
) -> Outcomes:
    """Return what all sets do that are possible and meet these demands of one profile; or only so many best ones."""
    norms = [demand for demand in demands if demand.kind == "norm"]
    # Everybody together does not fill more locations than this.
    most = min((_everybody(case) / (norm.value - NO_PATIENT) for norm in norms), default=math.inf)
    kept: list[Outcomes] = []
    for sets in all_sets(case, [demand for demand in demands if demand.kind in ("keep", "stop")]):
        # What needs no flows first: most sets go without any work.
        left = sets[sets.sum(axis=1) <= most]
        for demand in sorted(demands, key=lambda demand: demand.kind == "max_travel"):
            if demand.kind != "norm":
                left = left[missed_by_sets(case, demand, left) <= 0]
        found = outcomes(case, left, worst_off=objective == "worst_off_travel")
        good = found.possible.copy()
        for norm in norms:
            good &= met(case, norm, found)
        kept.append(found.select(good))
        if best is not None:
            together = joined(kept)
            kept = [together.select(best_first(together, objective)[:best])]
    return joined(kept)


def _everybody(case: Case) -> float:
    """Return the patients a year of the whole country."""
    return float(case.persons.sum()) * case.weight
