"""Compiled choice against the same rules in plain loops: with equal utilities, nobody able, or an IC needed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.planning.demand import expected_demand
from zorgstroom.planning.expected import UTILITY_SCALE, utility
from zorgstroom_simulator.choice import Asked, choose, diversion_lists, first_choices
from zorgstroom_simulator.demand import Patients, Sampler, describe
from zorgstroom_simulator.randomness import mix, name_hash

pytestmark = pytest.mark.unit

SMALL = make_dataset()
PROFILE = SMALL.profile_index["oesophagus"]
LOCATIONS, AREAS = len(SMALL.locations), len(SMALL.areas)


def make_patients() -> Patients:
    """Forty patients of the profile, of all areas; every seventh needs an IC."""
    calendar = Calendar(2025, 0, 52)
    sampler = Sampler(SMALL, calendar, expected_demand(SMALL, 2025), 1, 0)
    patients = describe(SMALL, sampler.patients(PROFILE)).take(slice(0, 40))
    number = np.arange(len(patients))
    return dataclasses.replace(patients, area=(number % AREAS).astype(np.int16), needs_ic=number % 7 == 0)


PATIENTS = make_patients()


def mask(size: int) -> st.SearchStrategy[np.ndarray]:
    return st.lists(st.booleans(), min_size=size, max_size=size).map(lambda flags: np.array(flags, np.bool_))


@st.composite
def countries(draw: st.DrawFn) -> Dataset:
    """The small country with few different attractions, travel times and tastes, so that many utilities are equal."""
    steps = draw(st.sampled_from([1, 3, 40]))
    attraction = np.zeros_like(SMALL.attraction)
    attraction[:, PROFILE] = draw(st.lists(st.integers(0, steps), min_size=LOCATIONS, max_size=LOCATIONS))
    minutes = draw(
        st.lists(st.sampled_from([10, 20, 60, 61]), min_size=AREAS * LOCATIONS, max_size=AREAS * LOCATIONS)
    )
    tastes = sorted(draw(st.lists(st.integers(-3, 12), min_size=4, max_size=4)))
    with_ic = draw(mask(LOCATIONS))
    return dataclasses.replace(
        SMALL,
        attraction=attraction * UTILITY_SCALE,
        travel_hundredths=np.array(minutes, np.int32).reshape(AREAS, LOCATIONS) * 100,
        gumbel=np.repeat(np.array(tastes, np.int32) * UTILITY_SCALE, len(SMALL.gumbel) // 4),
        locations=tuple(
            dataclasses.replace(location, ic_types=frozenset({"adult"} if has else ()))
            for location, has in zip(SMALL.locations, with_ic.tolist(), strict=True)
        ),
    )


def in_order(dataset: Dataset, row: int, able: Sequence[int]) -> list[int]:
    """Return the locations that can treat a patient, what he likes best first; equal ones by noise key."""
    ic_type = dataset.profiles[PROFILE].ic_type
    scores = utility(dataset, PROFILE, dataset.travel_hundredths)[PATIENTS.area[row]]
    found = []
    for location in able:
        if PATIENTS.needs_ic[row] and ic_type not in dataset.locations[location].ic_types:
            continue
        noise_key = name_hash(dataset.locations[location].id)
        hashed = mix(np.array([PATIENTS.key[row] ^ noise_key]))[0]
        found.append((-int(scores[location]) - int(dataset.gumbel[int(hashed) >> 48]), noise_key, location))
    return [location for *_, location in sorted(found)]


@settings(max_examples=60, deadline=None)
@given(countries(), mask(LOCATIONS), mask(AREAS), mask(LOCATIONS))
def test_everybody_goes_where_he_likes_it_best(
    dataset: Dataset, able: np.ndarray, areas: np.ndarray, locations: np.ndarray
) -> None:
    offering = np.zeros_like(dataset.offers)
    offering[:, PROFILE] = able
    orders = [in_order(dataset, row, np.flatnonzero(able).tolist()) for row in range(len(PATIENTS))]
    expected = np.array([order[0] if order else -1 for order in orders])
    assert np.array_equal(choose(dataset, PATIENTS, np.arange(len(PATIENTS)), offering), expected)
    matters = areas[PATIENTS.area] | (locations[expected] & (expected >= 0))
    asked = first_choices(
        dataset,
        PROFILE,
        PATIENTS.key,
        PATIENTS.area,
        PATIENTS.needs_ic,
        able,
        Asked(areas, locations),
    )
    assert np.array_equal(asked, np.where(matters, expected, -1))


@settings(max_examples=60, deadline=None)
@given(
    countries(),
    mask(LOCATIONS),
    st.lists(st.integers(0, LOCATIONS - 1), min_size=len(PATIENTS), max_size=len(PATIENTS)),
    st.integers(0, LOCATIONS + 1),
)
def test_the_next_best_are_those_within_reach_in_order(
    dataset: Dataset, able: np.ndarray, first: list[int], most: int
) -> None:
    figure = dataclasses.replace(dataset.parameters["diversion_max_candidates"], value=most)
    dataset = dataclasses.replace(
        dataset, parameters={**dataset.parameters, "diversion_max_candidates": figure}
    )
    offering = np.zeros_like(dataset.offers)
    offering[:, PROFILE] = able
    # Some of the patients, in another order.
    rows = np.arange(len(PATIENTS))[::-2]
    lists = diversion_lists(dataset, PATIENTS, rows, np.array(first, np.int16)[rows], offering)
    longest = dataset.parameter("diversion_max_minutes") * 100
    for row, found in zip(rows.tolist(), lists.tolist(), strict=True):
        near = np.flatnonzero(able & (dataset.travel_hundredths[PATIENTS.area[row]] <= longest))
        order = [location for location in in_order(dataset, row, near.tolist()) if location != first[row]]
        assert found == (order + [-1] * most)[:most]
