"""The demands of a request, one by one: whether a set of locations meets them, and by how much it fails.

Each demand has a name of its own, so that those that cannot hold together can be named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zorgstroom.dataset.model import BoolArray
from zorgstroom.planning.actions.concentrating import NO_PATIENT
from zorgstroom.planning.check import REACH_MINUTES
from zorgstroom.planning.design.case import Case
from zorgstroom.planning.design.outcome import Outcomes, covered
from zorgstroom.planning.design.request import Objective, Request
from zorgstroom.planning.expected import FloatArray

Kind = Literal[
    "norm", "at_most", "at_least", "max_travel", "keep", "stop", "reach", "max_load", "max_changes"
]
#: Demands about all profiles of a request together.
TOGETHER = ("max_load", "max_changes")
#: A share of inhabitants this much smaller than asked is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Demand:
    """One thing that a plan must do."""

    kind: Kind
    #: Position of its profile in the request; None: all together.
    profile: int | None
    #: Patients, providers, minutes, load or changes; nothing for what is fixed.
    value: float = 0.0
    #: Of the inhabitants, for `max_travel`.
    share: float = 1.0
    #: Candidate that is fixed.
    location: str = ""


def demands_of(request: Request, cases: Sequence[Case]) -> tuple[Demand, ...]:
    """Return all demands of a request, in the order in which a conflict gives them up.

    `reach` is one of every plan: nobody who has a provider within reach loses the last one.
    """
    found: list[Demand] = []
    for position, case in enumerate(cases):
        wish = case.wish
        name_of = dict(zip(case.rows.tolist(), case.ids, strict=True))
        found += [Demand("keep", position, location=name_of[row]) for row in sorted(wish.keep)]
        found += [Demand("stop", position, location=name_of[row]) for row in sorted(wish.stop)]
        if wish.at_least is not None:
            found.append(Demand("at_least", position, wish.at_least))
        if wish.at_most is not None:
            found.append(Demand("at_most", position, wish.at_most))
        if request.max_travel is not None:
            found.append(Demand("max_travel", position, request.max_travel.minutes, request.max_travel.share))
        found.append(Demand("reach", position, REACH_MINUTES))
        if wish.norm is not None:
            found.append(Demand("norm", position, wish.norm))
    if request.max_changes is not None:
        found.append(Demand("max_changes", None, request.max_changes))
    if request.max_load is not None:
        found.append(Demand("max_load", None, request.max_load))
    return tuple(found)


def missed(case: Case, demand: Demand, found: Outcomes) -> FloatArray:
    """Return by how much each set misses a demand of one profile, in a measure of its own: float64[N]."""
    if demand.kind != "norm":
        return missed_by_sets(case, demand, found.sets)
    patients = found.volumes.sum(axis=1) * case.weight
    short = np.where(found.sets, np.maximum(demand.value - NO_PATIENT - patients, 0.0), 0.0)
    return np.asarray(short.sum(axis=1) / demand.value)


def missed_by_sets(case: Case, demand: Demand, sets: BoolArray) -> FloatArray:
    """Return the same for a demand that is no norm, which needs no flows: sets bool[N, C] to float64[N]."""
    if demand.kind in ("at_most", "at_least"):
        over = sets.sum(axis=1) - demand.value
        return np.asarray(np.maximum(over if demand.kind == "at_most" else -over, 0.0))
    if demand.kind == "reach":
        reached = sets.astype(np.float64) @ case.reaching.T.astype(np.float64) > 0
        return np.asarray((~reached).sum(axis=1), dtype=np.float64)
    if demand.kind == "max_travel":
        short = demand.share - _ROUNDING - covered(case, sets, demand.value)
        return np.asarray(np.maximum(short, 0.0))
    there = sets[:, case.ids.index(demand.location)]
    return np.asarray(there != (demand.kind == "keep"), dtype=np.float64)


def met(case: Case, demand: Demand, found: Outcomes) -> BoolArray:
    """Return which sets meet a demand of one profile: bool[N]."""
    if demand.kind == "norm":
        return np.asarray(found.smallest >= demand.value - NO_PATIENT)
    return np.asarray(missed_by_sets(case, demand, found.sets) <= 0)


def scores(found: Outcomes, objective: Objective) -> tuple[FloatArray, FloatArray]:
    """Return what is to be as small as possible, and what decides between equals: float64[N] each.

    Minutes are person-minutes a year of the region's inhabitants, cost is in euros a year. Equal travel is decided by
    the number of changes, an equal number or equal cost by travel.
    """
    if objective == "fewest_changes":
        return found.changes, found.minutes
    if objective == "stranded_cost":
        return found.stranded, found.minutes
    by_travel = {"travel": found.minutes, "worst_off_travel": found.worst_off, "extra_travel": found.extra}
    return by_travel[objective], found.changes


def best_first(found: Outcomes, objective: Objective) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the positions of the sets from best to worst; of equal ones the one that keeps the first ids."""
    first, second = scores(found, objective)
    names = tuple(~found.sets[:, column] for column in reversed(range(found.sets.shape[1])))
    return np.lexsort((*names, np.round(second, 6), np.round(first, 6)))
