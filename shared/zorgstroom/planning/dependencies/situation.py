"""How things stand at every location, today and when the whole plan has been carried out: what the rules look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.domain.hospital import IC_TYPES, ic_pool
from zorgstroom.domain.scenario import Unit
from zorgstroom.planning.changes import Plan
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.flows import BaselineFlows
from zorgstroom.planning.plan import Steps
from zorgstroom.planning.sides import Side
from zorgstroom.planning.state import Step

#: Fewer patients a year is rounding.
NOBODY = 1e-6


@dataclass(frozen=True)
class Situation:
    """One side: axes L locations, P profiles."""

    #: Patients a year: float64[L, P].
    volumes: FloatArray
    #: Who offers what: bool[L, P].
    offers: BoolArray
    #: Emergency department day and night; acute obstetrics: bool[L].
    ed: BoolArray
    obstetrics: BoolArray
    #: Staffed beds of each type of IC: int64[L].
    ic_beds: Mapping[str, Int64Array]


def situations(dataset: Dataset, plan: Plan, volumes: Side[FloatArray]) -> Side[Situation]:
    """Return both sides, the plan's as it is in the end; `volumes` are patients a year, float64[L, P]."""
    today = Situation(
        volumes.today,
        dataset.offers,
        np.array([location.ed == "24/7" for location in dataset.locations], np.bool_),
        np.array([location.acute_obstetrics for location in dataset.locations], np.bool_),
        {kind: _beds(dataset, ic_pool(kind)) for kind in IC_TYPES},
    )
    after = Situation(
        volumes.plan,
        plan.offers[-1][1],
        _open_in_the_end(today.ed, plan, "ed"),
        _open_in_the_end(today.obstetrics, plan, "obstetrics"),
        {kind: _in_the_end(beds, plan, ic_pool(kind)) for kind, beds in today.ic_beds.items()},
    )
    return Side(today, after)


def _beds(dataset: Dataset, pool: str) -> Int64Array:
    return np.array([dataset.capacities.get((place.id, pool), 0) for place in dataset.locations], np.int64)


def _in_the_end(beds: Int64Array, plan: Plan, pool: str) -> Int64Array:
    found = beds.copy()
    for change in sorted(plan.capacities, key=lambda change: change.start_day):
        if change.pool == pool:
            found[change.location] = change.capacity
    return found


def _open_in_the_end(today: BoolArray, plan: Plan, unit: Unit) -> BoolArray:
    found = today.copy()
    for change in sorted(plan.units, key=lambda change: change.start_day):
        if change.unit == unit:
            found[change.location] = change.opens
    return found


def expected_situations(
    dataset: Dataset, plan: Plan, steps: Steps, baseline: BaselineFlows
) -> Side[Situation]:
    """Return both sides on expected volumes, before anything is simulated; changes of demand are not in it.

    Both at the demand of `baseline`, which the steps were taken at too.
    """
    persons = [baseline.once(profile).sum(axis=(0, 1)) for profile in range(len(dataset.profiles))]
    today = np.stack(persons, axis=1) * np.array([profile.weight for profile in dataset.profiles])
    return situations(dataset, plan, Side(today, _after(dataset, today, steps.steps)))


def _after(dataset: Dataset, today: FloatArray, steps: Sequence[Step]) -> FloatArray:
    volumes = today.copy()
    for step in steps:
        for transfer in step.transfers:
            moved = transfer.arriving - transfer.leaving
            volumes[:, transfer.profile] += moved * dataset.profiles[transfer.profile].weight
    # What is left of everybody after subtracting everybody is nobody.
    return np.where(volumes < NOBODY, 0.0, volumes)
