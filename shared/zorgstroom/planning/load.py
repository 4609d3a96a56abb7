"""Load before the run: the expected work of every pool against its capacity, today and after each change of a plan.

Expected numbers only: nothing is simulated, so a whole country takes about a second. The rules are those of the
simulation: who goes where follows from the expected flows, work from the case mix a patient brings along. Axes
M measures, Q pools, L locations, S specialties, T treatment lists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.hospital import TREATMENT_LISTS
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.expected_today import ExpectedToday, today_of
from zorgstroom.planning.flows import BaselineFlows
from zorgstroom.planning.moving_capacity import moving_work
from zorgstroom.planning.plan import CapacityChange, calendar_of, steps_with_flows
from zorgstroom.planning.pool_work import WORK, Places, arrivals_of_profile
from zorgstroom.planning.state import Step, carry_out_due, state_of_today


@dataclass(frozen=True)
class LoadOnDay:
    """Work and capacity of every pool from one day on."""

    #: Day of the run; 0 is its first day, the warm-up included.
    day: int
    #: float64[M, Q, L].
    measures: FloatArray
    #: Who go from a clinic to a treatment list (see `pool_work.passing`): float64[M, S, T, L].
    passing: FloatArray
    #: What can be done, in the unit of the work: float64[Q, L]; nan where there is no such pool.
    capacity: FloatArray

    @property
    def load(self) -> FloatArray:
        """Work over capacity: float64[Q, L]; inf for work without any capacity, nan where there is no pool."""
        work = self.measures[WORK]
        load = np.divide(work, self.capacity, out=np.full(work.shape, np.nan), where=self.capacity > 0)
        return np.asarray(np.where((self.capacity == 0) & (work > NO_WORK), np.inf, load))


@dataclass(frozen=True)
class Loads:
    """The load of a plan: without it, and from each day on which it changes something."""

    pools: tuple[str, ...]
    today: LoadOnDay
    #: In order of day; the first is day 0, the last is after all actions.
    days: tuple[LoadOnDay, ...]
    #: Working days in a week of the demand year, on average.
    working_days_per_week: float


@dataclass(frozen=True)
class Course:
    """What is expected of a scenario: today, the load from day to day, and who goes where in the end."""

    today: ExpectedToday
    loads: Loads
    #: Persons a year of the profiles that actions changed, before and after all of them: float64[2, A, L] each.
    flows: Mapping[int, tuple[FloatArray, FloatArray]]


#: Less work than this is rounding.
NO_WORK = 1e-6


def expected_loads(scenario: Scenario, dataset: Dataset, region: Region | None) -> Loads:
    """Return the expected load of a scenario, at the demand of its horizon: `expected_course` without the flows."""
    return expected_course(scenario, dataset, region).loads


def expected_course(scenario: Scenario, dataset: Dataset, region: Region | None) -> Course:
    """Return what is expected of a scenario, at the demand of its horizon.

    The scenario must have passed `planning.check.check_scenario`. `region` is that of the run: actions without a
    region of their own are about it.
    """
    days, today = calendar_of(scenario, dataset).days, today_of(scenario, dataset)
    places, flows = Places(dataset, today.pools), today.flows
    changes: list[tuple[int, FloatArray]] = []
    capacities: list[CapacityChange] = []
    state = state_of_today(dataset)
    for moved, step in steps_with_flows(scenario, dataset, region, flows):
        state = step.after
        changes.append((step.start_day, _changed(places, step, flows, today.working_days)))
        capacities += [*moved, *step.capacities]
    # What follows its patients later than the last action.
    capacities += carry_out_due(state, days - 1)[1]
    loads = Loads(
        today.pools,
        _on_day(places, 0, today.work, ()),
        _by_day(places, today.work, changes, capacities),
        today.working_days / 52,
    )
    changed = {profile: (flows.of(profile), after) for profile, after in state.flows.items()}
    return Course(today, loads, changed)


@lru_cache(maxsize=2048)
def _unit_arrivals(
    dataset: Dataset, profile: int, in_need: bool, working_days: int, acute_share: float
) -> dict[str, FloatArray]:
    """Return `arrivals_of_profile` of one person a year at every location; kept, and so not to be written to."""
    one = np.ones(len(dataset.locations))
    return arrivals_of_profile(dataset, profile, one, one * in_need, working_days, acute_share)


def _changed(places: Places, step: Step, flows: BaselineFlows, working_days: int) -> FloatArray:
    """Return what a step changes: float64[M, Q + S x T, L]."""
    dataset = places.dataset
    change = places.zeros()
    leaving, arriving = moving_work(dataset, step, working_days, _unit_arrivals)
    places.add(change, arriving)
    places.add(change, leaving, -1.0)
    for profile in dict.fromkeys(item.profile for item in step.demand):
        for state, sign in ((step.after, 1.0), (step.before, -1.0)):
            known = state.flows.get(profile)
            persons = (flows.once(profile) if known is None else known).sum(axis=1)
            work = arrivals_of_profile(dataset, profile, persons.sum(axis=0), persons[1], working_days)
            places.add(change, work, sign)
    return change


def _by_day(
    places: Places,
    before: FloatArray,
    changes: Sequence[tuple[int, FloatArray]],
    capacities: Sequence[CapacityChange],
) -> tuple[LoadOnDay, ...]:
    days = sorted({0, *(day for day, _ in changes), *(max(0, change.start_day) for change in capacities)})
    found, measures = [], before
    for day in days:
        for _, change in (item for item in changes if item[0] == day):
            measures = measures + change
        found.append(_on_day(places, day, measures, [item for item in capacities if item.start_day <= day]))
    return tuple(found)


def _on_day(places: Places, day: int, work: FloatArray, changes: Sequence[CapacityChange]) -> LoadOnDay:
    """Return work float64[M, Q + S x T, L] beside the capacity after some changes."""
    # What is left of a difference of equal sums is not work.
    work = np.maximum(work, 0.0)
    passing = work[:, places.pools :].reshape(len(work), -1, len(TREATMENT_LISTS), work.shape[-1])
    return LoadOnDay(day, work[:, : places.pools], passing, places.capacity(changes))
