"""Inhabitants too far from an emergency department or acute obstetrics."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.planning.access import emergency_sites, obstetrics_sites, people_beyond

pytestmark = pytest.mark.unit


def _only(dataset: Dataset, identifier: str) -> BoolArray:
    return np.array([location.id == identifier for location in dataset.locations])


def test_inhabitants_around_a_site_are_beyond_a_radius_with_the_chance_of_a_round_normal() -> None:
    """NOORD stands on the point of its area: P(R > r) = exp(-r^2 / spread^2), here r of 5 km and spread 3 km."""
    dataset = make_dataset()
    # 3 minutes + 1.9 a km, to 87%, is 10.875 minutes at 5 km.
    found = people_beyond(dataset, _only(dataset, "NOORD"), 10.875, ambulance=False)
    inhabitants = dataset.population[dataset.base_year].sum(axis=1)
    assert found[0] / inhabitants[0] == pytest.approx(math.exp(-25 / 9), abs=1.5 / 24)
    # The next area lies 44 km away: 3 + 19 - 0.24 minutes to 87% (this travel function is flat from 10 km).
    assert found[1] == inhabitants[1]
    assert people_beyond(dataset, _only(dataset, "NOORD"), 19.0, ambulance=False).sum() == 0


def test_the_ambulance_comes_first_and_the_ferry_counts() -> None:
    """By ambulance 0.71 x T + 19; an island adds its ferry; without a site everybody is beyond."""
    dataset = make_dataset()
    noord = _only(dataset, "NOORD")
    inhabitants = dataset.population[dataset.base_year].sum(axis=1)
    farthest = 0.71 * 22 + 19  # 34.6 minutes
    assert people_beyond(dataset, noord, farthest, ambulance=True).sum() == 0
    assert people_beyond(dataset, noord, 30.0, ambulance=True)[1] == inhabitants[1]
    island = dataclasses.replace(dataset, ferry_minutes={"GM0003": 12.0})
    assert people_beyond(island, noord, 45.0, ambulance=True).tolist() == [0, 0, inhabitants[2]]
    nowhere = np.zeros(len(dataset.locations), np.bool_)
    assert people_beyond(dataset, nowhere, 45.0, ambulance=True).tolist() == inhabitants.tolist()


def test_a_second_site_helps_and_the_year_of_the_population_counts() -> None:
    """Closing a department leaves more people beyond; more inhabitants in the same place too."""
    dataset = load_dataset()
    sites = emergency_sites(dataset)
    fewer = sites.copy()
    fewer[dataset.location_index["ZORGS-TE"]] = False
    with_all = people_beyond(dataset, sites, 45, ambulance=True, year=2023)
    assert people_beyond(dataset, fewer, 45, ambulance=True, year=2023).sum() > with_all.sum() + 50_000
    assert people_beyond(dataset, sites, 45, ambulance=True, year=2021).sum() < with_all.sum()


def test_the_shipped_dataset_is_near_the_published_figures() -> None:
    """59,800 people beyond 45 minutes of an emergency department, 113,415 beyond 30 of acute obstetrics (2022)."""
    dataset = load_dataset()
    ed = people_beyond(dataset, emergency_sites(dataset), 45, ambulance=True, year=2023).sum()
    obstetrics = people_beyond(dataset, obstetrics_sites(dataset), 30, ambulance=False, year=2023).sum()
    by_ambulance = people_beyond(dataset, obstetrics_sites(dataset), 45, ambulance=True, year=2023).sum()
    assert by_ambulance == pytest.approx(61_600, rel=0.3)
    assert ed == pytest.approx(59_800, rel=0.3)
    assert obstetrics == pytest.approx(113_415, rel=0.3)
