"""One set for each profile out of those that are good for it: the best together, within what they share.

Profiles share the capacity of a location and the number of changes. Without either the best of each is the best of
all; with them it is a small mixed-integer program over the sets that each profile may have, whose outcomes are
exact already.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zorgstroom.planning.design.case import Case, IntArray
from zorgstroom.planning.design.demands import Demand, best_first, scores
from zorgstroom.planning.design.outcome import Outcomes, added_work
from zorgstroom.planning.design.program import Program
from zorgstroom.planning.design.request import Objective
from zorgstroom.planning.expected import FloatArray

#: Most sets per profile in the program, the best ones: more when it may be that a worse set makes a better plan.
SETS = (300, 3_000, 20_000)
#: A change is worth this many person-minutes a year between plans with equal travel; a minute of mean travel this many
#: changes, or euros, between plans with equally many.
_CHANGE_IN_MINUTES = 1e-3
_MINUTE_IN_CHANGES = 1e-3
_ROUNDING = 1e-7


@dataclass(frozen=True)
class Choice:
    """A position in the list of each profile, in order of the profiles."""

    sets: tuple[int, ...]
    score: float


@dataclass(frozen=True)
class Chosen:
    """The best choices, best first; none: there is no plan. Not proven if sets were left out or time ran out."""

    choices: tuple[Choice, ...]
    bound: float
    proven: bool
    #: Whether nothing better than the further choices was passed over.
    ranked: bool = True


def choose_each(lists: Sequence[Outcomes], objective: Objective, number: int) -> Chosen:
    """Return the `number` best combinations when profiles share nothing."""
    orders = [best_first(found, objective) for found in lists]
    if any(not len(order) for order in orders):
        return Chosen((), math.inf, True)
    points = [scores(found, objective) for found in lists]

    def value(places: tuple[int, ...]) -> tuple[float, float]:
        rows = [order[place] for order, place in zip(orders, places, strict=True)]
        pairs = [(first[row], second[row]) for (first, second), row in zip(points, rows, strict=True)]
        return round(sum(pair[0] for pair in pairs), 6), round(sum(pair[1] for pair in pairs), 6)

    start = (0,) * len(lists)
    waiting, seen = [(value(start), start)], {start}
    found: list[Choice] = []
    while waiting and len(found) < number:
        (score, _), places = heapq.heappop(waiting)
        rows = tuple(int(order[place]) for order, place in zip(orders, places, strict=True))
        found.append(Choice(rows, score))
        for profile, order in enumerate(orders):
            after = (*places[:profile], places[profile] + 1, *places[profile + 1 :])
            if after[profile] < len(order) and after not in seen:
                seen.add(after)
                heapq.heappush(waiting, (value(after), after))
    return Chosen(tuple(found), found[0].score, True)


def choose_together(
    cases: Sequence[Case],
    lists: Sequence[Outcomes],
    objective: Objective,
    demands: Sequence[Demand],
    room: FloatArray | None,
    number: int,
    seconds: float,
) -> Chosen:
    """Return the best combinations within demands that all profiles share; `room` float64[Q, L] is for the load."""
    if any(not len(found.sets) for found in lists):
        return Chosen((), math.inf, True)
    orders = [best_first(found, objective) for found in lists]
    end = time.monotonic() + seconds
    for most in SETS:
        order = [sets[:most] for sets in orders]
        program = _program(cases, lists, order, objective, demands, room)
        found, bound, left_out = _best_of(program, lists, order, number, end)
        enough = all(len(sets) <= most for sets in orders) or (found and found[0].score <= left_out)
        if enough or time.monotonic() >= end:
            break
    if not found:
        return Chosen((), bound, bound == math.inf and left_out == math.inf)
    bound = min(bound, left_out)
    proven = found[0].score <= bound + _ROUNDING * max(abs(bound), 1.0)
    ranked = proven and found[-1].score <= left_out
    return Chosen(tuple(found), found[0].score if proven else bound, proven, ranked)


def _best_of(
    built: tuple[Program, list[slice], list[FloatArray]],
    lists: Sequence[Outcomes],
    order: Sequence[IntArray],
    number: int,
    end: float,
) -> tuple[list[Choice], float, float]:
    """Return the best choices of a program, what none of its is below, and what one with a set left out is not."""
    program, columns, score = built
    left_out = _least_left_out(lists, order, score)
    found: list[Choice] = []
    bound = math.inf
    for _ in range(number):
        solved = program.solve(max(end - time.monotonic(), 1.0))
        if solved.values is None:
            if not found and solved.status != "infeasible":
                bound = -math.inf
            break
        picked = [int(np.argmax(solved.values[mine])) for mine in columns]
        rows = tuple(int(sets[place]) for sets, place in zip(order, picked, strict=True))
        value = sum(float(score[profile][row]) for profile, row in enumerate(rows))
        if not found:
            bound = value if solved.status == "optimal" else solved.bound
        found.append(Choice(rows, value))
        if found[0].score > left_out:
            # A better plan may have a set that was left out: first look at more.
            break
        taken = [(mine.start + place, 1.0) for mine, place in zip(columns, picked, strict=True)]
        program.row(-math.inf, taken, len(taken) - 1.0)
    return found, bound, left_out


def _program(
    cases: Sequence[Case],
    lists: Sequence[Outcomes],
    order: Sequence[IntArray],
    objective: Objective,
    demands: Sequence[Demand],
    room: FloatArray | None,
) -> tuple[Program, list[slice], list[FloatArray]]:
    """Return the program, the columns of each profile, and the score of each of its sets."""
    program = Program()
    columns: list[slice] = []
    score = [scores(found, objective)[0] for found in lists]
    persons = max(sum(case.counted_persons for case in cases), 1.0)
    by_travel = objective not in ("fewest_changes", "stranded_cost")
    weight = _CHANGE_IN_MINUTES if by_travel else _MINUTE_IN_CHANGES / persons
    changes: list[tuple[int, float]] = []
    loads: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for case, found, sets in zip(cases, lists, order, strict=True):
        first, second = scores(found, objective)
        numbers = [program.column(first[row] + weight * second[row], 0.0, 1.0, whole=True) for row in sets]
        columns.append(slice(numbers[0], numbers[-1] + 1))
        program.row(1.0, [(column, 1.0) for column in numbers], 1.0)
        changes += list(zip(numbers, found.changes[sets].tolist(), strict=True))
        if room is not None:
            work = added_work(case, found.select(sets))
            for pool, place in np.argwhere((np.abs(work) > _ROUNDING).any(axis=0)).tolist():
                row = loads.setdefault((pool, int(case.rows[place])), [])
                row += list(zip(numbers, work[:, pool, place].tolist(), strict=True))
    for demand in demands:
        if demand.kind == "max_changes":
            program.row(0.0, changes, demand.value)
        elif room is not None:
            for (pool, location), terms in loads.items():
                if math.isfinite(room[pool, location]):
                    program.row(-math.inf, terms, float(room[pool, location]) + _ROUNDING)
    return program, columns, score


def _least_left_out(
    lists: Sequence[Outcomes], order: Sequence[IntArray], score: Sequence[FloatArray]
) -> float:
    """Return what a plan scores at least that has a set which was left out."""
    best = [float(mine[sets].min()) for mine, sets in zip(score, order, strict=True)]
    least = math.inf
    for profile, (found, sets, mine) in enumerate(zip(lists, order, score, strict=True)):
        if len(found.sets) > len(sets):
            least = min(least, sum(best) - best[profile] + float(mine[sets].max()))
    return least
