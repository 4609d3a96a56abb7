"""Patients of a whole country, before anybody has chosen a location."""

from __future__ import annotations

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.planning.demand import expected_demand
from zorgstroom_simulator.demand import Patients, Sampler, describe, joined


def sample_patients(
    dataset: Dataset, calendar: Calendar, seed: int, replication: int, cells: BoolArray | None = None
) -> Patients:
    """Return the patients of one replication in the order of `Patients`; `cells` bool[A, P] limits them."""
    sampler = Sampler(dataset, calendar, expected_demand(dataset, calendar.demand_year), seed, replication)
    everywhere = np.ones((len(dataset.areas), len(dataset.profiles)), np.bool_)
    areas = everywhere if cells is None else cells
    parts = [
        describe(dataset, sampler.patients(profile, areas[:, profile]))
        for profile in range(len(dataset.profiles))
    ]
    return joined(parts)[0]
