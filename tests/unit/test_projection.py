"""Future inhabitants: cohorts that age, areas that keep their shares, and the shipped table made from them."""

from __future__ import annotations

import numpy as np
import pytest

from zorgstroom.dataset import dataset_folder, load_dataset
from zorgstroom.dataset.years import every_year
from zorgstroom.planning.projection import (
    PROJECTED_YEARS,
    project_national,
    project_population,
    read_national,
)

pytestmark = pytest.mark.unit

NATIONAL = read_national(dataset_folder("nl2025"))
DATASET = load_dataset()


def test_the_shipped_years_are_what_the_shipped_inputs_give() -> None:
    projected = project_population(NATIONAL, DATASET.population[2025], 2025)
    assert tuple(projected) == PROJECTED_YEARS
    for year, people in projected.items():
        assert np.array_equal(people, DATASET.population[year]), year


def test_areas_add_up_to_the_country_in_every_band() -> None:
    national = project_national(NATIONAL, 2025, PROJECTED_YEARS)
    for year in PROJECTED_YEARS:
        by_age = national[year]
        bands = [by_age[start:end].sum() for start, end in ((0, 15), (15, 25), (25, 45), (45, 65), (65, 75))]
        bands.append(by_age[75:].sum())
        assert DATASET.population[year].sum(axis=0).tolist() == [round(number) for number in bands]


def test_a_country_in_balance_stands_still() -> None:
    """As many of every age, and as many newborns as people of any other age: nothing changes."""
    still = {year: np.full((106, 2), 1000, np.int64) for year in (2023, 2024, 2025)}
    assert project_national(still, 2025, (2030,))[2030] == pytest.approx(np.full(106, 2000.0))


def test_the_older_stay_where_they_live_and_the_younger_are_replaced() -> None:
    """Area A has all 45 to 64 year olds, area B all of the others: in ten years A has most of 65 to 74."""
    base = np.array([[0, 0, 0, 4000, 0, 0], [3000, 2000, 5000, 0, 2000, 1500]], np.int64)
    projected = project_population(NATIONAL, base, 2025, (2035,))[2035]
    assert projected[0, 4] > 0
    assert projected[1, 4] == 0
    assert projected[0, :3].sum() == 0
    assert projected[1, 5] > projected[0, 5] == 0


def test_the_order_of_magnitude_is_that_of_the_national_forecast() -> None:
    """CBS forecast of December 2024: 19 million in 2037; the projection lies within 2% of it."""
    by_age = project_national(NATIONAL, 2025, (2035, 2037))
    assert by_age[2037].sum() == pytest.approx(19_000_000, rel=0.02)
    assert 2_100_000 < by_age[2035][75:].sum() < 2_400_000


def test_years_in_between_lie_on_a_straight_line() -> None:
    people = every_year({2025: np.array([[10, 0]]), 2030: np.array([[20, 1]]), 2023: np.array([[8, 0]])})
    assert list(people) == [2023, 2024, 2025, 2026, 2027, 2028, 2029, 2030]
    assert people[2024].tolist() == [[9, 0]]
    assert [people[year].tolist() for year in (2026, 2027, 2028, 2029)] == [
        [[12, 0]],
        [[14, 0]],
        [[16, 1]],
        [[18, 1]],
    ]
    assert set(DATASET.population) == set(range(2021, 2041))
