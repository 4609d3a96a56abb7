"""Where patients go to the nearest location: the whole search as one mixed-integer program, exact for that rule.

A column per candidate says whether it provides the profile. For every area and every number of nearest candidates a
column says that all of them stop; areas that have the same nearest ones share it. So the nearest that goes on is
known, and with it where those go whose location stops. Everything is linear but the number who go there, which is at
most everybody where it is the nearest and nobody elsewhere: with whole candidates that is exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from zorgstroom.dataset.model import BoolArray
from zorgstroom.planning.actions.concentrating import NO_PATIENT
from zorgstroom.planning.design.case import Case, Group
from zorgstroom.planning.design.demands import Demand
from zorgstroom.planning.design.outcome import WORST_OFF
from zorgstroom.planning.design.program import Program, Solved
from zorgstroom.planning.design.request import Objective

#: A norm is asked this much above what counts as met, so that the rounding of the solver never breaks it.
_SAFE = 1e-4
#: Where the number of changes is to be least, travel decides between equals: a minute of mean travel counts as much.
_MINUTE_IN_CHANGES = 1e-3
Terms = list[tuple[int, float]]


class NearestProgram:
    """The program of one case with some demands."""

    def __init__(self, case: Case, demands: Sequence[Demand], objective: Objective | None) -> None:
        """Build it; without an objective any answer will do. The load of pools is not among its demands."""
        self.case = case
        self.program = Program()
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
        for area in range(len(order)):
            self._add_area(group, area, order[area].tolist(), arriving)
        self._arriving.append(arriving)

    def _add_area(self, group: Group, area: int, order: list[int], arriving: list[Terms]) -> None:
        program, flows = self.program, group.flows[area]
        everybody = float(flows.sum())
        minutes = self._minutes[area]
        for column, here, there in zip(self._open, flows, self.case.minutes[area], strict=True):
            minutes.append((column, float(here * there)))
        if everybody <= 0:
            return
        going: Terms = []
        before: frozenset[int] = frozenset()
        for position, place in enumerate(order):
            # One or nothing: the nearest so far all stop, less the same with this one.
            is_nearest, constant = self._nearest(before, place, last=position == len(order) - 1)
            most = everybody - float(flows[place])
            if most > 0:
                number = program.column(0.0, 0.0, most)
                program.row(
                    -math.inf,
                    [(number, 1.0), *((column, -most * factor) for column, factor in is_nearest)],
                    most * constant,
                )
                going.append((number, 1.0))
                arriving[place].append((number, 1.0))
                minutes.append((number, float(self.case.minutes[area, place])))
            before |= {place}
        staying = [(column, float(here)) for column, here in zip(self._open, flows, strict=True)]
        program.row(everybody, [*going, *staying], everybody)

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
