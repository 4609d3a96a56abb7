"""Equity: the concentration index against a published example, fifths and shares by hand, and in a run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.scenario import Scenario
from zorgstroom.indicators.equity import concentration, fifths, worst_fifth
from zorgstroom_simulator.experiment import Experiment, simulate_replication

pytestmark = pytest.mark.unit

COUNTS = st.lists(
    st.tuples(st.integers(1, 9_000), st.integers(0, 9_000), st.integers(-3, 3)), min_size=1, max_size=12
)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_the_concentration_index_is_that_of_the_published_example() -> None:
    """Deaths under five in India by wealth (World Bank, Health equity technical note 7): -0.1694."""
    births = (29_939, 28_776, 26_528, 24_689, 19_739)
    rates = (154.7, 152.9, 119.5, 86.9, 54.3)
    deaths = ints(*(round(number * rate) for number, rate in zip(births, rates, strict=True)))
    found = concentration(np.arange(5.0), ints(*births), deaths)
    assert found[0] / found[1] == pytest.approx(-0.1694, abs=5e-5)


def test_the_concentration_index_by_hand() -> None:
    scores, people = np.array([2.0, 1.0]), ints(50, 50)
    # All of it by the worse off half: twice the area is a half.
    assert np.divide(*concentration(scores, people, ints(0, 10))) == -0.5
    assert np.divide(*concentration(scores, people, ints(10, 0))) == 0.5
    assert concentration(scores, people, ints(7, 7))[0] == 0
    assert concentration(scores, people, ints(0, 0)) == (0, 0)
    # One score: nobody is worse off than another.
    assert concentration(np.zeros(2), people, ints(10, 0))[0] == 0


@settings(deadline=None)
@given(COUNTS)
def test_the_index_lies_between_its_ends_and_turns_with_the_order(rows: list[tuple[int, int, int]]) -> None:
    people, burden, score = (np.array(column) for column in zip(*rows, strict=True))
    top, bottom = concentration(score.astype(float), people, burden)
    assert abs(top) <= bottom or (top, bottom) == (0, 0)
    assert concentration(-score.astype(float), people, burden)[0] == -top
    # Only the burden per group counts, not its unit.
    assert concentration(score.astype(float), people, burden * 7) == (top * 7, bottom * 7)


def test_fifths_keep_areas_of_one_score_together_and_leave_out_who_is_outside() -> None:
    scores, people = np.array([3.0, 1.0, 1.0, 2.0, 9.0, 0.0]), ints(40, 10, 10, 40, 100, 70)
    inside = np.array([True, True, True, True, True, False])
    # 200 people: scores 1, 2, 3 and 9 have their middles at 10, 40, 80 and 150 of them.
    assert fifths(scores, people, inside).tolist() == [3, 1, 1, 2, 4, 0]


def test_the_worst_fifth_takes_part_of_an_area_that_is_larger_than_it() -> None:
    # A fifth of 100 is 20: the 10 who bear 5 each, and 10 of the 40 who bear 1 each.
    assert worst_fifth(ints(50, 10, 40), ints(0, 50, 40)) == (60, 90)
    assert worst_fifth(ints(0, 100), ints(0, 100)) == (20, 100)


@settings(deadline=None)
@given(COUNTS)
def test_the_worst_fifth_bears_at_least_a_fifth_but_for_rounding(rows: list[tuple[int, int, int]]) -> None:
    people, burden, _ = (np.array(column) for column in zip(*rows, strict=True))
    borne, total = worst_fifth(people, burden)
    assert 0 <= borne <= total == burden.sum()
    # Whole people, and whole minutes of an area that is cut in two.
    assert borne + 1 >= total * (int(people.sum()) // 5) / int(people.sum())


def close_zuid(engine: str) -> dict[tuple[str, str, str], float]:
    scenario = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "x",
            "horizon": {"weeks": 8, "warmup_weeks": 1},
            "actions": [{"close": {"location": "ZUID"}}],
        }
    )
    table = simulate_replication(Experiment(make_dataset(), scenario, None, 1, engine), 0).indicators
    return {
        (row["scenario"], row["indicator"], row["band"]): row["total"] / row["count"]
        for row in table.to_pylist()
        if row["indicator"].startswith(("group_", "burden_")) or row["indicator"] == "travel_mean"
        if not (row["location"] or row["profile"] or row["area"])
    }


def test_a_closed_hospital_burdens_those_who_lived_near_it_alike_in_both_engines() -> None:
    found = close_zuid("compiled")
    # Zuiddorp (score 0, 50,000 of 275,000 people) is the middle; Middenstad the lowest, Noordstad the highest.
    assert found["plan", "group_inhabitants", "urbanity_4"] == 50_000
    assert found["plan", "burden_share", "urbanity_4"] > 0.8
    shares = [
        value for (_, name, band), value in found.items() if name == "burden_share" and band.startswith("ses")
    ]
    assert sum(shares) == pytest.approx(1)
    ages = [found["plan", "burden_share", f"age_{age}"] for age in ("75plus", "under_75")]
    assert sum(ages) == pytest.approx(1)
    assert (
        found["plan", "group_travel", "urbanity_4"] > found["baseline", "group_travel", "urbanity_4"] + 1000
    )
    # Nobody's burden in the baseline; the mean over the ages is the mean of all.
    assert not any(side == "baseline" and name == "burden_share" for side, name, _ in found)
    young, old = (found["plan", "group_travel", f"age_{age}"] for age in ("under_75", "75plus"))
    assert min(young, old) < found["plan", "travel_mean", ""] < max(young, old)
    assert close_zuid("simpy") == found
