"""One profile of a design request as arrays: who may provide it, who goes there today, how people choose.

Axes C candidates (locations of the region that provide the profile or may start it, by id), A areas, G groups of
patients who can go to the same places (who need no IC, who need one; one group where every place has it), Q pools.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.domain.scenario import SpreadRule
from zorgstroom.planning.ability import has_ic
from zorgstroom.planning.attraction import ic_share, type_index
from zorgstroom.planning.check import REACH_MINUTES, ferry_minutes
from zorgstroom.planning.demand import expected_demand
from zorgstroom.planning.design.request import DesignFile, Wish
from zorgstroom.planning.expected import UTILITY_SCALE, FloatArray, utility
from zorgstroom.planning.expected_today import ExpectedToday
from zorgstroom.planning.flows import BaselineFlows
from zorgstroom.planning.pool_work import WORK, Places, arrivals_of_profile

IntArray = npt.NDArray[np.int64]
__all__ = ["Case", "Group", "IntArray", "Rooms", "make_case", "make_rooms"]


@dataclass(frozen=True, eq=False)
class Group:
    """Patients of a profile who can go to the same places."""

    #: Share of them who need an IC.
    need: float
    #: Persons a year from each area to each candidate today: float64[A, C].
    flows: FloatArray
    #: Persons a year to places outside the region, and their minutes together: float64[A].
    elsewhere: FloatArray
    elsewhere_minutes: FloatArray
    #: Persons a year by the hospital type they go to today, outside the region too: float64[A, type].
    by_type: FloatArray
    #: Candidates that can treat them: bool[C].
    treating: BoolArray
    #: exp(utility) of each candidate, 0 where they cannot be treated: float64[A, C]; of all places outside the
    #: region together, and those weights times minutes: float64[A].
    weights: FloatArray
    outside: FloatArray
    outside_minutes: FloatArray


@dataclass(frozen=True, eq=False)
class Rooms:
    """Work and capacity of the pools of the candidates of all profiles, before the plan: float64[Q, L]."""

    pools: tuple[str, ...]
    work: FloatArray
    capacity: FloatArray

    def room(self, max_load: float) -> FloatArray:
        """Return how much work may come to each pool; inf where there is no pool: float64[Q, L].

        A pool that is fuller than `max_load` already may not get any more.
        """
        known = np.isfinite(self.capacity)
        room = np.maximum(max_load * np.where(known, self.capacity, 0.0) - self.work, 0.0)
        return np.where(known, room, np.inf)


@dataclass(frozen=True, eq=False)
class Case:
    """Everything that decides what a set of locations does for one profile."""

    wish: Wish
    rule: SpreadRule
    #: Positions of the candidates in the dataset, in order of id.
    rows: IntArray
    ids: tuple[str, ...]
    offered: BoolArray
    #: Minutes by car: float64[A, C]; to the nearest provider outside the region: float64[A].
    minutes: FloatArray
    outside_reach: FloatArray
    groups: tuple[Group, ...]
    #: Areas of the region whose inhabitants have a provider within reach today, and would lose it without these
    #: candidates; which of them each reaches: bool[areas, C].
    reaching: BoolArray
    #: Areas of the region, and their inhabitants (0 outside it): bool[A], float64[A].
    counted: BoolArray
    inhabitants: FloatArray
    #: Patients a person stands for.
    weight: int
    #: Hospital type of each candidate, its position in HOSPITAL_TYPES: int64[C].
    types: IntArray
    #: Work in each pool that a person a year brings, by group and by the type of the hospital he comes from:
    #: float64[G, Q, type].
    work: FloatArray
    #: Fixed cost a year, in euros, that stays behind at each candidate if the profile stops there: float64[C].
    stranding: FloatArray

    @cached_property
    def minutes_today(self) -> FloatArray:
        """Minutes of everybody in each area together, as it is now: float64[A]."""
        now = [(group.flows * self.minutes).sum(axis=1) + group.elsewhere_minutes for group in self.groups]
        return np.asarray(sum(now))

    @cached_property
    def nearest_first(self) -> IntArray:
        """The candidates of each area in order of minutes (of equal ones the first id first): int64[A, C]."""
        return np.argsort(self.minutes, axis=1, kind="stable")

    @cached_property
    def persons(self) -> FloatArray:
        """Persons a year who live in each area: float64[A]."""
        return np.asarray(sum(group.flows.sum(axis=1) + group.elsewhere for group in self.groups))

    @cached_property
    def counted_persons(self) -> float:
        """Persons a year who live in the region."""
        return float(self.persons[self.counted].sum())

    @property
    def today(self) -> BoolArray:
        """The candidates that provide the profile today: bool[1, C]."""
        return self.offered[None, :]


def make_case(file: DesignFile, wish: Wish, dataset: Dataset, today: ExpectedToday | None) -> Case:
    """Return one profile of a request as arrays; `today` is needed for the work of pools only."""
    demand = today.flows if today is not None else _flows(dataset, file.year)
    flows = demand.once(wish.profile)
    rows = np.array(sorted({*wish.offering, *wish.may_open}, key=lambda row: dataset.locations[row].id))
    inside = np.zeros(len(dataset.locations), np.bool_)
    inside[rows] = True
    offered = dataset.offers[:, wish.profile]
    outside = offered & ~inside
    with_ic = has_ic(dataset, wish.profile)
    share = ic_share(dataset.profiles[wish.profile])
    together = bool(with_ic[offered | inside].all())
    parts = (
        [(share, flows.sum(axis=0), np.ones_like(with_ic))]
        if together or share <= 0
        else [(0.0, flows[0], np.ones_like(with_ic)), (1.0, flows[1], with_ic)]
    )
    minutes = dataset.travel_hundredths / 100
    utilities = utility(dataset, wish.profile, dataset.travel_hundredths) / UTILITY_SCALE
    utilities = utilities - utilities[:, offered | inside].max(axis=1, keepdims=True)
    counted = np.ones(len(dataset.areas), np.bool_) if file.region is None else dataset.areas_in(file.region)
    people = dataset.population[file.year].sum(axis=1).astype(np.float64)
    near = minutes - ferry_minutes(dataset)[:, None] <= REACH_MINUTES
    threatened = counted & (people > 0) & near[:, offered].any(axis=1) & ~near[:, outside].any(axis=1)
    types = type_index(dataset)
    of_type = np.eye(len(HOSPITAL_TYPES))[types]
    groups = []
    for need, persons, treating in parts:
        weights = np.where(treating, np.exp(np.minimum(utilities, 0.0)), 0.0)
        groups.append(
            Group(
                need,
                persons[:, rows] * offered[rows],
                persons[:, outside].sum(axis=1),
                (persons * minutes)[:, outside].sum(axis=1),
                persons @ of_type,
                treating[rows],
                weights[:, rows],
                weights[:, outside].sum(axis=1),
                (weights * minutes)[:, outside].sum(axis=1),
            )
        )
    reach = minutes[:, outside].min(axis=1) if outside.any() else np.full(len(minutes), np.inf)
    work = np.zeros((len(groups), 0, len(HOSPITAL_TYPES)))
    if today is not None:
        work = np.stack([_work(dataset, wish.profile, group.need, today) for group in groups])
    return Case(
        wish,
        file.request.rule,
        rows,
        tuple(dataset.locations[row].id for row in rows),
        offered[rows],
        minutes[:, rows],
        reach,
        tuple(groups),
        near[threatened][:, rows],
        counted,
        np.where(counted, people, 0.0),
        dataset.profiles[wish.profile].weight,
        types[rows],
        work,
        _stranding(dataset, wish.profile, sum(persons for _, persons, _ in parts)[:, rows] * offered[rows]),
    )


def make_rooms(file: DesignFile, dataset: Dataset, today: ExpectedToday) -> Rooms:
    """Return the work and capacity of all pools before the plan, at the demand of the request."""
    places = Places(dataset, today.pools)
    return Rooms(today.pools, today.work[WORK][: len(today.pools)], places.capacity())


def _stranding(dataset: Dataset, profile: int, flows: FloatArray) -> FloatArray:
    """Return what stays behind where a profile stops: today's patients times their cost times its fixed part.

    Of care in sessions every session has its price. In the first year, when most of it is fixed; later years differ by
    a factor that is the same everywhere.
    """
    care = dataset.profiles[profile]
    fixed = dataset.fixed_shares[0].share if dataset.fixed_shares else 0.0
    each = care.weight * care.sessions_per_person * care.cost_eur
    return np.asarray(flows.sum(axis=0) * each * fixed)


def _flows(dataset: Dataset, year: int) -> BaselineFlows:
    return BaselineFlows(dataset, expected_demand(dataset, year))


def _work(dataset: Dataset, profile: int, need: float, today: ExpectedToday) -> FloatArray:
    """Return the work in each pool of one person a year with the case mix of each hospital type: float64[Q, type]."""
    places = Places(dataset, today.pools)
    one = np.ones(len(dataset.locations))
    found = places.zeros()
    places.add(found, arrivals_of_profile(dataset, profile, one, need * one, today.working_days))
    work = found[WORK][: len(today.pools)]
    by_type = np.zeros((len(work), len(HOSPITAL_TYPES)))
    by_type[:, type_index(dataset)] = work
    return by_type


def region_name(region: Region | None) -> str:
    """Return the name of a region, empty for the country."""
    return "" if region is None else region.name
