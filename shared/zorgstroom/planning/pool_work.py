"""What patients bring to the pools of locations: the work, and what queueing theory needs to know of it.

Expected numbers. Axes M measures, Q pools, L locations, S specialties, T treatment lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import HOSPITAL_TYPES, TREATMENT_LISTS, clinic_pool
from zorgstroom.planning.attraction import type_index
from zorgstroom.planning.case_mix import PROCEDURE, case_mix_permille, mean_stays, scaled_minutes
from zorgstroom.planning.changes import CapacityChange
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.state import BED_POOLS
from zorgstroom.planning.work import work_of_profile

#: What is known of the work of a pool: the work itself (mean occupied beds, or minutes, admissions, day
#: treatments or visits per working day), who bring it, the sum of the squares of what each brings, the planned
#: patients among them, and those times the weeks they are known to wait.
WORK, PATIENTS, SQUARES, PLANNED, WEEKS = range(5)
MEASURES = 5
#: Pools in which a patient brings minutes instead of being counted.
ROOMS = ("or", "proc")


def passing(specialty: str, pool: str) -> str:
    """Return the name under which the planned patients are kept who go from a clinic to a treatment list.

    Of them WORK is what they bring to the pool, SQUARES nothing, and WEEKS that work times the weeks they are known
    to wait for the clinic.
    """
    return f"{specialty}>{pool}"


class Places:
    """Puts numbers by pool in arrays over pools and locations; after the pools come those passing, S x T rows."""

    def __init__(self, dataset: Dataset, pools: Sequence[str]) -> None:
        self.dataset = dataset
        self.pools = len(pools)
        between = [passing(s.id, name) for s in dataset.specialties for name in TREATMENT_LISTS]
        self._row = {name: row for row, name in enumerate([*pools, *between])}
        turns = dataset.parameter("day_turns")
        #: Work that one stored unit of a pool can do.
        self._unit = {
            pool: 1.0 if kind in BED_POOLS else turns / 1000 if kind == "day" else 1 / 1000
            for pool in pools
            for kind in [pool.partition(":")[0]]
        }

    def zeros(self) -> FloatArray:
        """Return nothing: float64[M, Q + S x T, L]."""
        return np.zeros((MEASURES, len(self._row), len(self.dataset.locations)))

    def add(self, to: FloatArray, amounts: Mapping[str, FloatArray], sign: float = 1.0) -> None:
        """Add float64[M, L] of some pools."""
        for pool, amount in amounts.items():
            to[:, self._row[pool]] += sign * amount

    def capacity(self, changes: Iterable[CapacityChange] = ()) -> FloatArray:
        """Return capacity in units of work after some changes, in order: float64[Q, L]; nan where there is none."""
        found = np.full((self.pools, len(self.dataset.locations)), np.nan)
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
        weeks = waiting * known_wait(dataset, index, pool)
        square = patients * squares if in_room else patients
        found[pool] = np.stack([amount, patients, square, waiting, weeks])
        if pool in TREATMENT_LISTS:
            share = planned if in_room else 1.0
            before = known_wait(dataset, index, clinic_pool(profile.specialty))
            known = np.stack([amount * share, waiting, 0 * waiting, waiting, amount * share * before])
            found[passing(profile.specialty, pool)] = known
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


@lru_cache(maxsize=2048)
def known_wait(dataset: Dataset, index: int, pool: str) -> FloatArray:
    """Return the published weeks of waiting before a pool, or those a location gave of itself: float64[L].

    Kept, and so not to be written to.
    """
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
    known = np.asarray(weeks * np.array(permille) / 1000)
    known.flags.writeable = False
    return known
