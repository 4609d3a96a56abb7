"""Load before the run: the expected work of every pool against its capacity, today and after each change of a plan.

Expected numbers only: nothing is simulated, so a whole country takes about a second. The rules are those of the
simulation: who goes where follows from the expected flows, work from the case mix a patient brings along. Axes
M measures, Q pools, L locations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.hospital import HOSPITAL_TYPES, pool_ids
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.attraction import type_index
from zorgstroom.planning.case_mix import PROCEDURE, case_mix_permille, mean_stays, scaled_minutes
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.flows import BaselineFlows
from zorgstroom.planning.moving_capacity import moving_work
from zorgstroom.planning.plan import CapacityChange, baseline_flows, calendar_of, steps_with_flows
from zorgstroom.planning.state import BED_POOLS, Step, carry_out_due, state_of_today
from zorgstroom.planning.work import work_of_profile

#: What is known of the work of a pool: the work itself (mean occupied beds, or minutes, admissions, day
#: treatments or visits per working day), who bring it, the sum of the squares of what each brings, the planned
#: patients among them, and those times the weeks they are known to wait.
WORK, PATIENTS, SQUARES, PLANNED, WEEKS = range(5)
MEASURES = 5
#: Pools in which a patient brings minutes instead of being counted.
ROOMS = ("or", "proc")


@dataclass(frozen=True)
class LoadOnDay:
    """Work and capacity of every pool from one day on."""

    #: Day of the run; 0 is its first day, the warm-up included.
    day: int
    #: float64[M, Q, L].
    measures: FloatArray
    #: What can be done, in the unit of the work: float64[Q, L]; nan where there is no such pool.
    capacity: FloatArray

    @property
    def load(self) -> FloatArray:
        """Work over capacity: float64[Q, L]; inf for work without any capacity, nan where there is no pool."""
        work = self.measures[WORK]
        load = np.divide(work, self.capacity, out=np.full(work.shape, np.nan), where=self.capacity > 0)
        return np.asarray(np.where((self.capacity == 0) & (work > _NO_WORK), np.inf, load))


@dataclass(frozen=True)
class Loads:
    """The load of a plan: without it, and from each day on which it changes something."""

    pools: tuple[str, ...]
    today: LoadOnDay
    #: In order of day; the first is day 0, the last is after all actions.
    days: tuple[LoadOnDay, ...]
    #: Working days in a week of the demand year, on average.
    working_days_per_week: float


#: Less work than this is rounding.
_NO_WORK = 1e-6


def expected_loads(scenario: Scenario, dataset: Dataset, region: Region | None) -> Loads:
    """Return the expected load of a scenario, at the demand of its horizon.

    The scenario must have passed `planning.check.check_scenario`. `region` is that of the run: actions without a
    region of their own are about it.
    """
    calendar = calendar_of(scenario, dataset)
    working_days = int(Calendar(calendar.demand_year, 0, 52).working_days().sum())
    pools = pool_ids(specialty.id for specialty in dataset.specialties)
    places = _Places(dataset, pools)
    flows = baseline_flows(scenario, dataset)
    before = places.zeros()
    for profile in range(len(dataset.profiles)):
        persons = flows.persons(profile)
        places.add(
            before, arrivals_of_profile(dataset, profile, persons.sum(axis=0), persons[1], working_days)
        )
    changes: list[tuple[int, FloatArray]] = []
    capacities: list[CapacityChange] = []
    state = state_of_today(dataset)
    for moved, step in steps_with_flows(scenario, dataset, region, flows):
        state = step.after
        changes.append((step.start_day, _changed(places, step, flows, working_days)))
        capacities += [*moved, *step.capacities]
    # What follows its patients later than the last action.
    capacities += carry_out_due(state, calendar.days - 1)[1]
    today = LoadOnDay(0, before, places.capacity())
    return Loads(pools, today, _by_day(places, before, changes, capacities), working_days / 52)


class _Places:
    """Puts numbers by pool in arrays over pools and locations."""

    def __init__(self, dataset: Dataset, pools: Sequence[str]) -> None:
        self.dataset = dataset
        self._row = {pool: row for row, pool in enumerate(pools)}
        turns = dataset.parameter("day_turns")
        #: Work that one stored unit of a pool can do.
        self._unit = {
            pool: 1.0 if kind in BED_POOLS else turns / 1000 if kind == "day" else 1 / 1000
            for pool in pools
            for kind in [pool.partition(":")[0]]
        }

    def zeros(self) -> FloatArray:
        """Return nothing: float64[M, Q, L]."""
        return np.zeros((MEASURES, len(self._row), len(self.dataset.locations)))

    def add(self, to: FloatArray, amounts: Mapping[str, FloatArray], sign: float = 1.0) -> None:
        """Add float64[M, L] of some pools."""
        for pool, amount in amounts.items():
            to[:, self._row[pool]] += sign * amount

    def capacity(self, changes: Iterable[CapacityChange] = ()) -> FloatArray:
        """Return capacity in units of work after some changes, in order: float64[Q, L]; nan where there is none."""
        found = np.full((len(self._row), len(self.dataset.locations)), np.nan)
        for (location, pool), stored in self.dataset.capacities.items():
            found[self._row[pool], self.dataset.location_index[location]] = stored * self._unit[pool]
        for change in changes:
            found[self._row[change.pool], change.location] = change.capacity * self._unit[change.pool]
        return found


def arrivals_of_profile(
    dataset: Dataset,
    index: int,
    persons: FloatArray,
    need_ic: FloatArray,
    working_days: int,
    acute_share: float | None = None,
) -> dict[str, FloatArray]:
    """Return `planning.work.work_of_profile` with what is known of who bring the work: {pool: float64[M, L]}."""
    profile = dataset.profiles[index]
    work = work_of_profile(dataset, index, persons, need_ic, working_days, acute_share)
    kinds = type_index(dataset)
    means, squares = (moment[kinds, index] for moment in _room_moments(dataset))
    acute = 1.0 if profile.always_acute else profile.acute_share
    planned = 1.0 - (acute if acute_share is None else acute_share)
    found = {}
    for pool, amount in work.items():
        in_room = pool in ROOMS
        patients = amount / means if in_room else amount
        # Clinics and planned admissions count planned patients only.
        waiting = patients * planned if in_room else patients
        weeks = waiting * _known_wait(dataset, index, pool)
        square = patients * squares if in_room else patients
        found[pool] = np.stack([amount, patients, square, waiting, weeks])
    return found


@lru_cache(maxsize=8)
def _room_moments(dataset: Dataset) -> tuple[FloatArray, FloatArray]:
    """Return mean and mean square of the minutes a patient needs a room, change-over included: float64[type, P]."""
    change_over = dataset.parameter("change_over_minutes")
    means = mean_stays(dataset).procedure_minutes + change_over
    squares = means**2
    factors = case_mix_permille(dataset)
    for index, profile in enumerate(dataset.profiles):
        table = dataset.quantiles.get((profile.id, "procedure_minutes"))
        if table is None:
            continue
        for kind in range(len(HOSPITAL_TYPES)):
            minutes = scaled_minutes(table, int(factors[kind, index, PROCEDURE])) + change_over
            squares[kind, index] = (minutes.astype(np.float64) ** 2).mean()
    return means, squares


def _known_wait(dataset: Dataset, index: int, pool: str) -> FloatArray:
    """Return the published weeks of waiting before a pool, or those a location gave of itself: float64[L]."""
    profile = dataset.profiles[index]
    kind, _, part = pool.partition(":")
    if kind == "clinic":
        specialty = dataset.specialties[dataset.specialty_index[part]]
        weeks = (
            specialty.wait_first_visit_weeks if profile.pathway == "visit" else profile.wait_first_visit_weeks
        )
        name = pool
    else:
        weeks, name = profile.wait_treatment_weeks, profile.id
    permille = [dataset.wait_permille.get((location.id, name), 1000) for location in dataset.locations]
    return np.asarray(weeks * np.array(permille) / 1000)


def _changed(places: _Places, step: Step, flows: BaselineFlows, working_days: int) -> FloatArray:
    """Return what a step changes: float64[M, Q, L]."""
    dataset = places.dataset
    change = places.zeros()
    leaving, arriving = moving_work(dataset, step, working_days, arrivals_of_profile)
    places.add(change, arriving)
    places.add(change, leaving, -1.0)
    for profile in dict.fromkeys(item.profile for item in step.demand):
        for state, sign in ((step.after, 1.0), (step.before, -1.0)):
            known = state.flows.get(profile)
            persons = flows.persons(profile) if known is None else known.sum(axis=1)
            work = arrivals_of_profile(dataset, profile, persons.sum(axis=0), persons[1], working_days)
            places.add(change, work, sign)
    return change


def _by_day(
    places: _Places,
    before: FloatArray,
    changes: Sequence[tuple[int, FloatArray]],
    capacities: Sequence[CapacityChange],
) -> tuple[LoadOnDay, ...]:
    days = sorted({0, *(day for day, _ in changes), *(max(0, change.start_day) for change in capacities)})
    found, measures = [], before
    for day in days:
        for _, change in (item for item in changes if item[0] == day):
            measures = measures + change
        so_far = [change for change in capacities if change.start_day <= day]
        # What is left of a difference of equal sums is not work.
        found.append(LoadOnDay(day, np.maximum(measures, 0.0), places.capacity(so_far)))
    return tuple(found)
