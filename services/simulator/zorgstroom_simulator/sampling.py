"""Who is in a replication, and where he goes today: demand and choice together, profile by profile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.planning.expected import UTILITY_SCALE, utility
from zorgstroom_simulator.choice import Asked, choose, first_choices
from zorgstroom_simulator.demand import (
    Drawn,
    Int16Array,
    Patients,
    Sampler,
    describe,
    in_time,
    joined,
    who_needs_ic,
    with_case_mix,
    with_own_waits,
    with_visit_specialties,
)
from zorgstroom_simulator.pathways import may_be_present, published_waits
from zorgstroom_simulator.scope import Scope

#: Outside the region a profile of an area is simulated when a location of the region comes within this many
#: units of utility of the area's favourite. Nearer would miss a hundredth of the patients of some locations, and at
#: full load a hundredth of the work is a tenth of a list after a year.
REGION_REACH = 8


def region_cells(dataset: Dataset, scope: Scope) -> BoolArray:
    """Return which cells of area and profile to sample: the region's inhabitants, and who may come from outside."""
    cells = np.zeros((len(dataset.areas), len(dataset.profiles)), np.bool_)
    for index in range(len(dataset.profiles)):
        offering = dataset.offers[:, index]
        inside = offering & scope.locations
        if not inside.any():
            continue
        score = utility(dataset, index, dataset.travel_hundredths)
        gap = score[:, offering].max(axis=1) - score[:, inside].max(axis=1)
        cells[:, index] = gap <= REGION_REACH * UTILITY_SCALE
    cells[scope.areas] = True
    return cells


def sample_all(sampler: Sampler, scope: Scope, cells: BoolArray | None) -> tuple[Patients, Int16Array]:
    """Return the patients of a replication and their baseline location.

    In a region, of which `cells` bool[A, P] are sampled: everybody who lives there, and everybody whose baseline
    location is there. Profile by profile, so that who was treated before the run, or has nothing to do with the
    region, takes no memory.
    """
    return together(
        _of_profile(scope, cells, drawn)
        for profile in range(len(scope.dataset.profiles))
        for drawn in _drawn(sampler, profile, None if cells is None else cells[:, profile])
    )


def _drawn(sampler: Sampler, profile: int, areas: BoolArray | None) -> Iterator[Drawn]:
    yield sampler.patients(profile, areas)
    yield from sampler.later_patients(profile, areas)


def _of_profile(scope: Scope, cells: BoolArray | None, drawn: Drawn) -> tuple[Patients, Int16Array]:
    """Return the patients of a profile and their baseline location, in order of time.

    First who it is about; what else there is to know is drawn of them only. In order, because parts in order are put
    together much faster.
    """
    dataset, profile = scope.dataset, drawn.profile
    present = may_be_present(dataset, scope.calendar, drawn)
    drawn = drawn if present.all() else drawn.take(np.flatnonzero(present))
    location = first_choices(
        dataset,
        profile,
        drawn.key,
        drawn.area,
        who_needs_ic(dataset, profile, drawn.key),
        dataset.offers[:, profile],
        None if cells is None else Asked(scope.areas, scope.locations),
    )
    rows = np.flatnonzero(location >= 0)
    rows = rows[in_time(drawn.minute[rows], drawn.key[rows])]
    return _settled(scope, describe(dataset, drawn.take(rows)), location[rows])


def settle(scope: Scope, patients: Patients) -> tuple[Patients, Int16Array]:
    """Return who of these patients is in the run, with what comes with his baseline location, and that location."""
    location = choose(scope.dataset, patients, np.arange(len(patients)), scope.dataset.offers)
    keep = np.flatnonzero((location >= 0) & (scope.areas[patients.area] | scope.locations[location]))
    return _settled(scope, patients.take(keep), location[keep])


def _settled(scope: Scope, patients: Patients, location: Int16Array) -> tuple[Patients, Int16Array]:
    for given in (with_case_mix, with_visit_specialties, with_own_waits):
        patients = given(scope.dataset, patients, location)
    present = published_waits(scope.dataset, scope.calendar, patients).present
    return (patients, location) if present.all() else (patients.take(present), location[present])


def together(parts: Iterable[tuple[Patients, Int16Array]]) -> tuple[Patients, Int16Array]:
    """Return the patients of several tables, and their locations, in the order of `Patients`."""
    locations: list[Int16Array] = []

    def tables() -> Iterator[Patients]:
        for patients, location in parts:
            locations.append(location)
            yield patients

    patients, order = joined(tables())
    return patients, np.concatenate(locations).take(order)
