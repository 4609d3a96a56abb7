"""Where patients go to the nearest location: the whole search as one mixed-integer program, exact for that rule.

A column per candidate says whether it provides the profile. For every area and every number of nearest candidates a
column says that all of them stop; areas that have the same nearest ones share it. So the nearest that goes on is
known, and with it where those go whose location stops: to the k-th nearest everybody of the k - 1 before it, as these
all stop, and of those further away as many as stop too, at most all of them if it is the nearest and nobody
otherwise. With whole candidates that is exact.

That somebody finds none of the ten nearest open does not happen in good plans, but takes most of the columns. So the
program may look only a few candidates deeper than in a plan that is known; who must go further goes to the next one,
and counts wherever the norm asks. What is left out only makes the program less strict: its bound holds, and an answer
in which nobody had to go so far is the answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from zorgstroom.dataset.model import BoolArray
from zorgstroom.planning.actions.concentrating import NO_PATIENT
from zorgstroom.planning.design.case import Case, Group, IntArray
from zorgstroom.planning.design.demands import Demand
from zorgstroom.planning.design.outcome import WORST_OFF
from zorgstroom.planning.design.program import Program, Solved
from zorgstroom.planning.design.request import Objective

#: A norm is asked this much above what counts as met, so that the rounding of the solver never breaks it.
_SAFE = 1e-4
#: Where the number of changes is to be least, travel decides between equals: a minute of mean travel counts as much.
_MINUTE_IN_CHANGES = 1e-3
#: How many candidates deeper the program looks than in a plan that is known.
_DEEPER = 6
Terms = list[tuple[int, float]]


class NearestProgram:
    """The program of one case with some demands."""

    def __init__(
        self,
        case: Case,
        demands: Sequence[Demand],
        objective: Objective | None,
        known: Sequence[BoolArray] = (),
    ) -> None:
        """Build it; without an objective any answer will do. The load of pools is not among its demands.

        `known` are sets bool[C]: it looks a little deeper than in these; without them as deep as can be.
        """
        self.case = case
        self.program = Program()
        self._known = known
        #: Per group: the candidates of each area from near to far, and how many of them it looks at.
        self._depths: list[tuple[IntArray, IntArray]] = []
        #: Who must go further than it looks: the columns and their numbers; what of that counts at each candidate.
        self._further: Terms = []
        self._counted_further: dict[int, int] = {}
        self._open = [self.program.column(0.0, 0.0, 1.0, whole=True) for _ in case.rows]
        self._none_open: dict[frozenset[int], int] = {}
        self._nearest_rows: set[tuple[frozenset[int], int]] = set()
        #: What the program leaves out of its objective.
        self.constant = 0.0
        #: Per group and candidate: the number who arrive.
        self._arriving: list[list[Terms]] = []
        self._minutes: list[Terms] = [[] for _ in case.counted]
        self.program.row(1.0, [(column, 1.0) for column in self._open], math.inf)
        asks_flows = objective is not None or any(demand.kind == "norm" for demand in demands)
        for group in case.groups:
            if asks_flows:
                self._add_group(group)
            elif group.flows.any() and group.treating.any():
                there = [self._open[place] for place in np.flatnonzero(group.treating)]
                self.program.row(1.0, [(column, 1.0) for column in there], math.inf)
        self._demand(demands)
        self._aim(objective)

    def solve(self, seconds: float, start: BoolArray | None = None) -> Solved:
        """Return the answer; `start` is a set to begin with: bool[C]."""
        known = () if start is None else [(c, float(start[i])) for i, c in enumerate(self._open)]
        return self.program.solve(seconds, known)

    def bound(self, solved: Solved, objective: Objective) -> float:
        """Return what no plan can be below, in the unit of `demands.scores`."""
        bound = solved.bound + self.constant
        if objective == "stranded_cost":
            # Travel only decides between equals: all that it may be is taken off again.
            return max(bound - _MINUTE_IN_CHANGES * float(self.case.minutes.max()), 0.0)
        # Travel is worth less than one change.
        return math.floor(bound + 1e-6) if objective == "fewest_changes" and math.isfinite(bound) else bound

    def chosen(self, solved: Solved) -> BoolArray | None:
        """Return the set of an answer: bool[C]."""
        if solved.values is None:
            return None
        return np.asarray(solved.values[self._open] > 0.5)

    def looks_deep_enough(self, chosen: BoolArray) -> bool:
        """Return whether the program is exact for a set bool[C]: nobody has to go further than it looks."""
        return all(bool((chosen[order].argmax(axis=1) < deep).all()) for order, deep in self._depths)

    def _add_group(self, group: Group) -> None:
        """Say where the patients of a group go whose location stops."""
        places = np.flatnonzero(group.treating).tolist()
        arriving: list[Terms] = [[] for _ in self.case.rows]
        if not places:
            # Nobody can take them: those who treat them today go on.
            for column, there in zip(self._open, group.flows.sum(axis=0) > 0, strict=True):
                self.program.row(float(there), [(column, 1.0)], 1.0)
            self._arriving.append(arriving)
            return
        order = np.array(places)[np.argsort(self.case.minutes[:, places], axis=1, kind="stable")]
        deep = np.full(len(order), len(places))
        if self._known:
            going = [np.asarray(known)[order].argmax(axis=1) for known in self._known]
            deep = np.minimum(np.max(going, axis=0) + 1 + _DEEPER, deep)
        self._depths.append((order, deep))
        for area in range(len(order)):
            self._add_area(group, area, order[area].tolist(), int(deep[area]), arriving)
        self._arriving.append(arriving)

    def _add_area(self, group: Group, area: int, order: list[int], deep: int, arriving: list[Terms]) -> None:
        program, flows = self.program, group.flows[area]
        minutes = self._minutes[area]
        for column, here, there in zip(self._open, flows, self.case.minutes[area], strict=True):
            minutes.append((column, float(here * there)))
        left = float(flows.sum())
        if left <= 0:
            return
        balance = [(column, float(here)) for column, here in zip(self._open, flows, strict=True)]
        # Of those nearer everybody leaves, of the others at most all.
        nearer, further = 0.0, left
        before: frozenset[int] = frozenset()
        for position, place in enumerate(order[:deep]):
            # One or nothing: the nearest so far all stop, less the same with this one.
            is_nearest, constant = self._nearest(before, place, last=position == len(order) - 1)
            further = max(further - float(flows[place]), 0.0)
            number = self._leaving(is_nearest, constant, further) if further > 0 else ()
            going = [*((column, nearer * factor) for column, factor in is_nearest), *number]
            balance += going
            arriving[place] += going
            to = float(self.case.minutes[area, place])
            minutes += [(column, to * factor) for column, factor in going]
            nearer += float(flows[place])
            before |= {place}
        if deep < len(order):
            none_open = [(self._none_open[before], 1.0)]
            going = [(self._none_open[before], nearer), *self._leaving(none_open, 0.0, further)]
            balance += going
            self._further += going
            to = float(self.case.minutes[area, order[deep]])
            minutes += [(column, to * factor) for column, factor in going]
        program.row(left, _summed(balance), left)

    def _leaving(self, where: Terms, constant: float, most: float) -> Terms:
        """Return how many go somewhere: at most `most` if that is where they go, and otherwise nobody."""
        number = self.program.column(0.0, 0.0, most)
        limit = [(column, -most * factor) for column, factor in where]
        self.program.row(-math.inf, [(number, 1.0), *limit], most * constant)
        return [(number, 1.0)]

    def _nearest(self, before: frozenset[int], place: int, *, last: bool) -> tuple[Terms, float]:
        """Return (terms, constant) that are 1 if `place` goes on and all those before it stop, and 0 otherwise."""
        terms: Terms = [(self._none_open[before], 1.0)] if before else []
        constant = 0.0 if before else 1.0
        if not last:
            terms.append((self._stopping(before | {place}, place), -1.0))
        if (before, place) not in self._nearest_rows:
            self._nearest_rows.add((before, place))
            self.program.row(-constant, terms, math.inf)
            self.program.row(-math.inf, [*terms, (self._open[place], -1.0)], -constant)
        return terms, constant

    def _stopping(self, places: frozenset[int], last: int) -> int:
        """Return the column that says that all these candidates stop."""
        if places not in self._none_open:
            column = self.program.column(0.0, 0.0, 1.0)
            self._none_open[places] = column
            for place in sorted(places) if len(places) == 1 else [last]:
                self.program.row(-math.inf, [(column, 1.0), (self._open[place], 1.0)], 1.0)
        return self._none_open[places]

    def _demand(self, demands: Sequence[Demand]) -> None:
        case, program = self.case, self.program
        if self._further:
            self._counted_further = {place: program.column() for place in range(len(case.rows))}
            counted = [(column, -1.0) for column in self._counted_further.values()]
            program.row(0.0, [*_summed(self._further), *counted], math.inf)
        everywhere = [(column, 1.0) for column in self._open]
        for demand in demands:
            if demand.kind == "norm":
                for place in range(len(case.rows)):
                    self._ask_norm(place, (demand.value - NO_PATIENT + _SAFE) / case.weight)
            elif demand.kind == "at_most":
                program.row(0.0, everywhere, demand.value)
            elif demand.kind == "at_least":
                program.row(demand.value, everywhere, math.inf)
            elif demand.kind in ("keep", "stop"):
                fixed = float(demand.kind == "keep")
                program.row(fixed, [(self._open[case.ids.index(demand.location)], 1.0)], fixed)
            elif demand.kind == "max_travel":
                self._ask_reach(demand.value, demand.share)
            elif demand.kind == "reach":
                for near in case.reaching:
                    program.row(1.0, [everywhere[place] for place in np.flatnonzero(near)], math.inf)
            elif demand.kind == "max_changes":
                stops = [
                    (c, -1.0 if today else 1.0) for c, today in zip(self._open, case.offered, strict=True)
                ]
                program.row(-math.inf, stops, demand.value - float(case.offered.sum()))

    def _ask_norm(self, place: int, norm: float) -> None:
        terms: Terms = [(self._open[place], -norm)]
        for group, arriving in zip(self.case.groups, self._arriving, strict=True):
            terms += [(self._open[place], float(group.flows[:, place].sum())), *arriving[place]]
        if self._counted_further:
            terms.append((self._counted_further[place], 1.0))
        self.program.row(0.0, _summed(terms), math.inf)

    def _ask_reach(self, minutes: float, share: float) -> None:
        """Ask for so many inhabitants with a provider within so many minutes."""
        case, within = self.case, self.case.minutes <= minutes
        reached: Terms = []
        needed = share * float(case.inhabitants.sum())
        for area in np.flatnonzero(case.inhabitants > 0).tolist():
            people = float(case.inhabitants[area])
            if case.outside_reach[area] <= minutes:
                needed -= people
                continue
            near = [(self._open[place], -1.0) for place in np.flatnonzero(within[area]).tolist()]
            column = self.program.column(0.0, 0.0, 1.0)
            self.program.row(-math.inf, [(column, 1.0), *near], 0.0)
            reached.append((column, people))
        self.program.row(needed - 1e-6, reached, math.inf)

    def _aim(self, objective: Objective | None) -> None:
        case, costs = self.case, self.program.costs
        if objective is None:
            return
        scale = 1.0
        if objective == "worst_off_travel":
            self._aim_at_worst_off()
            return
        if objective == "extra_travel":
            self._aim_at_extra()
            return
        if objective in ("fewest_changes", "stranded_cost"):
            scale = _MINUTE_IN_CHANGES / max(case.counted_persons, 1.0)
            stops = np.ones(len(case.rows)) if objective == "fewest_changes" else case.stranding
            starts = 1.0 if objective == "fewest_changes" else 0.0
            for column, today, stop in zip(self._open, case.offered, stops.tolist(), strict=True):
                costs[column] += -stop if today else starts
            self.constant = float(stops[case.offered].sum())
        elsewhere = sum(float(group.elsewhere_minutes[case.counted].sum()) for group in case.groups)
        self.constant += scale * elsewhere
        for area in np.flatnonzero(case.counted).tolist():
            for column, minutes in self._minutes[area]:
                costs[column] += scale * minutes

    def _aim_at_worst_off(self) -> None:
        """Minimise the minutes of the fifth who live where the mean is largest (Rockafellar & Uryasev 2000)."""
        case, program = self.case, self.program
        bound = program.column(WORST_OFF * case.counted_persons, 0.0)
        constant = sum(group.elsewhere_minutes for group in case.groups)
        for area in np.flatnonzero(case.counted & (case.persons > 0)).tolist():
            above = program.column(1.0, 0.0)
            terms = [*_summed(self._minutes[area]), (bound, -float(case.persons[area])), (above, -1.0)]
            program.row(-math.inf, terms, -float(np.asarray(constant)[area]))

    def _aim_at_extra(self) -> None:
        """Minimise the minutes more than today of the areas that travel longer."""
        case, program = self.case, self.program
        elsewhere = np.asarray(sum(group.elsewhere_minutes for group in case.groups))
        today = case.minutes_today - elsewhere
        for area in np.flatnonzero(case.counted & (case.persons > 0)).tolist():
            more = program.column(1.0, 0.0)
            program.row(-math.inf, [*_summed(self._minutes[area]), (more, -1.0)], float(today[area]))


def _summed(terms: Terms) -> Terms:
    """Return terms with every column once."""
    total: dict[int, float] = {}
    for column, factor in terms:
        total[column] = total.get(column, 0.0) + factor
    return list(total.items())
