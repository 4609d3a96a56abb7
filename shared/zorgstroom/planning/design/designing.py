"""Chooses how to search, searches, and says how good the answer is and how that is known.

Few candidates: all sets of locations are judged by the rules of the model itself, which proves the answer. More:
with the rule `nearest` a mixed-integer program that is exact for that rule proves it; with the rule `choice` branch and
bound does, up to some thirty locations, and gives a bound for more.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.planning.design.branching import branch_and_bound
from zorgstroom.planning.design.case import Case, Rooms, make_case, make_rooms
from zorgstroom.planning.design.choosing import choose_each, choose_together
from zorgstroom.planning.design.conflict import Conflict, Possible, find_conflicts
from zorgstroom.planning.design.demands import TOGETHER, Demand, best_first, demands_of, met, scores
from zorgstroom.planning.design.exhaustive import MOST_FREE, all_sets, free_of, own_demands, sets_that_meet
from zorgstroom.planning.design.local_search import Judge, judge_around, judge_of, search, smallest_stop_first
from zorgstroom.planning.design.nearest_program import NearestProgram
from zorgstroom.planning.design.outcome import WORST_OFF, Outcomes, joined, outcomes
from zorgstroom.planning.design.request import DesignFile, Objective
from zorgstroom.planning.expected_today import expected_today

Method = Literal["all_sets", "all_sets_together", "program", "branch_and_bound"]
Status = Literal["optimal", "best_found", "impossible", "nothing_found"]
#: A plan and a bound that differ by less than this part are equal.
EQUAL = 2e-6
#: Seconds for one question on the way to a conflict: which demands do go together.
_ONE_QUESTION = 60.0


@dataclass(frozen=True, eq=False)
class Plan:
    """A set of locations for each profile of the request, with what it does."""

    #: One row each.
    parts: tuple[Outcomes, ...]
    #: In the unit of `demands.scores`, all profiles together.
    score: float

    @property
    def changes(self) -> int:
        """How many locations start or stop a profile."""
        return int(sum(part.changes[0] for part in self.parts))


@dataclass(frozen=True, eq=False)
class Design:
    """What came of a request."""

    file: DesignFile
    cases: tuple[Case, ...]
    demands: tuple[Demand, ...]
    status: Status
    method: Method
    #: The best first; none if there is none.
    plans: tuple[Plan, ...]
    #: No plan scores below this.
    bound: float
    #: Whether nothing better than the second and further plans was passed over.
    ranked: bool
    conflicts: tuple[Conflict, ...] = ()

    @property
    def gap(self) -> float:
        """By which part the best plan might be improved at most."""
        best = self.plans[0].score
        if best <= 0 or self.bound >= best * (1 - EQUAL):
            return 0.0
        return (best - max(self.bound, 0.0)) / best

    def in_words(self, score: float) -> float:
        """Return a score as people know it: mean minutes, or a number of changes."""
        objective = self.file.request.objective
        if objective in ("fewest_changes", "stranded_cost"):
            return score
        persons = sum(case.counted_persons for case in self.cases)
        return score / max(persons * (WORST_OFF if objective == "worst_off_travel" else 1.0), 1e-9)


def design(file: DesignFile, dataset: Dataset) -> Design:
    """Return the best plans for a request, or which of its demands conflict.

    Raises InvalidInput for a request that is too large for what it asks, `program.NoSolver` without HiGHS.
    """
    today = expected_today(dataset, file.year, ()) if file.request.max_load is not None else None
    cases = tuple(make_case(file, wish, dataset, today) for wish in file.wishes)
    rooms = None if today is None else make_rooms(file, dataset, today)
    demands = demands_of(file.request, cases)
    large = [case for position, case in enumerate(cases) if _is_large(case, own_demands(demands, position))]
    together = [demand for demand in demands if demand.kind in TOGETHER]
    by_load = any(demand.kind == "max_load" for demand in together)
    if large and (by_load or (together and len(cases) > 1)):
        name = dataset.profiles[large[0].wish.profile].id
        params = {"name": name, "count": len(large[0].rows), "limit": MOST_FREE}
        pointer = "/max_load" if by_load else "/max_changes"
        raise InvalidInput(
            [Problem(file.document.place(pointer), "design.too_large_together", params, pointer)]
        )
    if large:
        return _each_apart(file, cases, demands)
    return _all_sets(file, cases, demands, rooms)


def _is_large(case: Case, demands: Sequence[Demand]) -> bool:
    return int(free_of(case, demands).sum()) > MOST_FREE


def _all_sets(
    file: DesignFile, cases: tuple[Case, ...], demands: tuple[Demand, ...], rooms: Rooms | None
) -> Design:
    """Judge all sets of every profile, then take the best together."""
    request = file.request
    together = [demand for demand in demands if demand.kind in TOGETHER]
    number = 1 + request.alternatives
    # Which sets go together is only known afterwards; else the best of each are enough.
    best = None if together else number
    lists = [
        sets_that_meet(case, own_demands(demands, index), request.objective, best)
        for index, case in enumerate(cases)
    ]
    if together:
        room = None if rooms is None or request.max_load is None else rooms.room(request.max_load)
        chosen = choose_together(cases, lists, request.objective, together, room, number, request.seconds)
    else:
        chosen = choose_each(lists, request.objective, number)
    method: Method = "all_sets_together" if together else "all_sets"
    if not chosen.choices:
        if not chosen.proven:
            return Design(file, cases, demands, "nothing_found", method, (), chosen.bound, False)
        conflicts = _conflicts(cases, demands, [len(found.sets) for found in lists], rooms, request.seconds)
        return Design(file, cases, demands, "impossible", method, (), math.inf, False, conflicts)
    plans = tuple(
        Plan(
            tuple(found.select(np.array([row])) for found, row in zip(lists, choice.sets, strict=True)),
            choice.score,
        )
        for choice in chosen.choices
    )
    status: Status = "optimal" if chosen.proven else "best_found"
    return Design(file, cases, demands, status, method, plans, chosen.bound, chosen.ranked)


def _conflicts(
    cases: Sequence[Case],
    demands: Sequence[Demand],
    numbers: Sequence[int],
    rooms: Rooms | None,
    seconds: float,
) -> tuple[Conflict, ...]:
    """Return the conflict of each profile that has no set, else that of all profiles together."""
    known = [_Known(case) for case in cases]
    alone = [index for index, number in enumerate(numbers) if not number]
    if alone:
        return tuple(
            conflict
            for index in alone
            for conflict in find_conflicts(own_demands(demands, index), known[index].possible)
        )

    def possible(asked: Sequence[Demand]) -> bool | None:
        lists = [found.meeting(own_demands(asked, index)) for index, found in enumerate(known)]
        together = [demand for demand in asked if demand.kind in TOGETHER]
        if not together:
            return all(len(found.sets) for found in lists)
        most = next((demand.value for demand in together if demand.kind == "max_load"), None)
        room = None if rooms is None or most is None else rooms.room(most)
        chosen = choose_together(cases, lists, "fewest_changes", together, room, 1, seconds)
        return True if chosen.choices else False if chosen.proven else None

    return find_conflicts(demands, possible)


class _Known:
    """What all sets of a case do, kept to answer questions about demands."""

    def __init__(self, case: Case) -> None:
        self._case = case
        found = joined([outcomes(case, sets, worst_off=False) for sets in all_sets(case)])
        self._found = found.select(found.possible)

    def meeting(self, demands: Sequence[Demand]) -> Outcomes:
        """Return the sets that meet some demands; travel last, because it takes longest."""
        found = self._found
        for demand in sorted(demands, key=lambda demand: demand.kind == "max_travel"):
            found = found.select(met(self._case, demand, found))
        return found

    def possible(self, demands: Sequence[Demand]) -> bool:
        """Return whether a set meets some demands."""
        return len(self.meeting(demands).sets) > 0


@dataclass(frozen=True, eq=False)
class _Found:
    """The answer for one profile that was searched apart."""

    sets: Outcomes
    bound: float
    method: Method
    conflicts: tuple[Conflict, ...] = ()


def _each_apart(file: DesignFile, cases: tuple[Case, ...], demands: tuple[Demand, ...]) -> Design:
    """Search every profile on its own: they share nothing, or there is only one."""
    request = file.request
    found = []
    for index, case in enumerate(cases):
        mine = [demand for demand in demands if demand.profile in (index, None)]
        if _is_large(case, mine):
            find = _by_program if case.rule == "nearest" else _by_branching
            found.append(find(case, mine, judge_of(case, mine), file))
        else:
            sets = sets_that_meet(case, mine, request.objective, 1 + request.alternatives)
            conflicts = () if len(sets.sets) else find_conflicts(mine, _Known(case).possible)
            best = sets.select(best_first(sets, request.objective))
            bound = float(scores(best, request.objective)[0][0]) if len(sets.sets) else math.inf
            found.append(_Found(best, bound, "all_sets", conflicts))
    methods = {item.method for item in found}
    method: Method = next(name for name in ("branch_and_bound", "program", "all_sets") if name in methods)
    bound = sum(item.bound for item in found)
    if any(not len(item.sets.sets) for item in found):
        conflicts = tuple(conflict for item in found for conflict in item.conflicts)
        status: Status = "impossible" if conflicts else "nothing_found"
        return Design(file, cases, demands, status, method, (), bound, False, conflicts)
    chosen = choose_each([item.sets for item in found], request.objective, 1 + request.alternatives)
    plans = tuple(
        Plan(
            tuple(item.sets.select(np.array([row])) for item, row in zip(found, choice.sets, strict=True)),
            choice.score,
        )
        for choice in chosen.choices
    )
    proven = bound >= plans[0].score - EQUAL * max(abs(plans[0].score), 1.0)
    return Design(file, cases, demands, "optimal" if proven else "best_found", method, plans, bound, False)


def _starts(case: Case, judge: Judge, objective: Objective) -> tuple[Outcomes, bool]:
    """Return the best that looking around from several starts finds, and whether it meets all demands."""
    starts = [smallest_stop_first(case, judge), np.ones(len(case.rows), np.bool_)]
    if case.offered.any():
        starts.append(case.offered)
    ends = [search(case, judge, objective, start) for start in starts]
    good = [found for found, meets in ends if meets]
    if not good:
        return ends[0]
    best = joined(good)
    return best.select(best_first(best, objective)[:1]), True


def _around(case: Case, judge: Judge, best: Outcomes, objective: Objective) -> Outcomes:
    """Return a set followed by the ones near it that meet the demands, best first."""
    near, short = judge_around(case, best.sets[0], judge)
    near = near.select(short <= 0)
    return joined([best, near.select(best_first(near, objective))])


def _by_branching(case: Case, demands: Sequence[Demand], judge: Judge, file: DesignFile) -> _Found:
    """Search by branch and bound, from the best that looking around finds."""
    request, ends = file.request, time.monotonic() + file.request.seconds
    best, meets = _starts(case, judge, request.objective)
    if not meets:
        nothing = best.select(np.zeros(0, np.int64))
        possible = _sought(case)
        conflicts = find_conflicts(demands, possible) if possible(demands) is False else ()
        return _Found(nothing, math.inf, "branch_and_bound", conflicts)
    found = branch_and_bound(case, demands, judge, request.objective, best, ends - time.monotonic())
    return _Found(_around(case, judge, found.best, request.objective), found.bound, "branch_and_bound")


def _sought(case: Case) -> Possible:
    """Return what tells whether there is a plan by looking for one; no is only said where it is certain.

    Whoever goes on has the most patients when nobody else does who need not. So if the locations that are kept do not
    all reach the norm on their own, no plan with them does.
    """

    def possible(asked: Sequence[Demand]) -> bool | None:
        judge = judge_of(case, asked)
        if _starts(case, judge, "fewest_changes")[1]:
            return True
        kept = np.array([name in {d.location for d in asked if d.kind == "keep"} for name in case.ids])
        norm = [demand for demand in asked if demand.kind == "norm"]
        alone = kept[None, :] if kept.any() else np.eye(len(case.rows), dtype=np.bool_)
        if norm and not met(case, norm[0], outcomes(case, alone)).any():
            return False
        return None

    return possible


def _by_program(case: Case, demands: Sequence[Demand], judge: Judge, file: DesignFile) -> _Found:
    """Search with proof, by mixed-integer optimisation."""
    request = file.request
    start, meets = _starts(case, judge, request.objective)
    best, bound = _deeper_and_deeper(case, demands, judge, file, start, meets)
    nothing = start.select(np.zeros(0, np.int64))
    if best is None and bound == math.inf:
        end = time.monotonic() + request.seconds

        def possible(asked: Sequence[Demand]) -> bool | None:
            left = end - time.monotonic()
            if left <= 0:
                return None
            if _starts(case, judge_of(case, asked), "fewest_changes")[1]:
                return True
            status = NearestProgram(case, asked, None).solve(min(left, _ONE_QUESTION)).status
            return None if status == "unknown" else status != "infeasible"

        return _Found(nothing, math.inf, "program", find_conflicts(demands, possible))
    if best is None:
        return _Found(nothing, bound, "program")
    return _Found(_around(case, judge, best, request.objective), bound, "program")


def _deeper_and_deeper(
    case: Case, demands: Sequence[Demand], judge: Judge, file: DesignFile, start: Outcomes, meets: bool
) -> tuple[Outcomes | None, float]:
    """Return the best set of the programs for a case, or None, and what none is below: inf if there is none.

    A program that looks little deeper than the sets that are known is less strict. If its answer goes further, the next
    one looks as deep as that too.
    """
    objective, end = file.request.objective, time.monotonic() + file.request.seconds
    ties_by_travel = objective in ("fewest_changes", "stranded_cost")
    best, bound = start if meets else None, -math.inf
    known = [start.sets[0]]
    while True:
        program = NearestProgram(case, demands, objective, known)
        begin = None if best is None else best.sets[0]
        solved = program.solve(max(end - time.monotonic(), 1.0), begin)
        bound = max(bound, program.bound(solved, objective))
        chosen = program.chosen(solved)
        if chosen is None:
            return best, bound
        found, short = judge(chosen[None, :])
        if short[0] > 0:
            found, good = search(case, judge, objective, chosen)
        else:
            good = True
        if good:
            both = found if best is None else joined([best, found])
            best = both.select(best_first(both, objective)[:1])
        if solved.status != "optimal" or program.looks_deep_enough(chosen):
            return best, bound
        if best is not None and not ties_by_travel and bound >= _nearly(best, objective):
            return best, bound
        known.append(chosen)


def _nearly(best: Outcomes, objective: Objective) -> float:
    """Return the bound from which a set is proven to be the best."""
    score = float(scores(best, objective)[0][0])
    return score - EQUAL * max(abs(score), 1.0)
