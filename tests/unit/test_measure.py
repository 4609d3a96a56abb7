"""Indicators counted by hand from journeys written down."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.experiments import under
from tests.support.small_dataset import make_dataset, make_profiles

from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.plan import DemandChange, SharedCare
from zorgstroom_simulator.experiment import Experiment, simulate_replication
from zorgstroom_simulator.pools import beds_in_use
from zorgstroom_simulator.rows import Rows, nearest_rank
from zorgstroom_simulator.scope import Scope

pytestmark = pytest.mark.unit

DATASET = make_dataset()
SCOPE = Scope(
    DATASET,
    Calendar(2025, 1, 4),
    np.ones(len(DATASET.areas), np.bool_),
    np.ones(len(DATASET.locations), np.bool_),
)


def test_nearest_rank() -> None:
    values = np.array([15, 20, 35, 40, 50])
    assert [nearest_rank(values, percent) for percent in (5, 30, 40, 50, 100)] == [15, 20, 20, 35, 50]


def test_daily_peak_with_a_change_at_one_minute() -> None:
    """Two beds from before midnight; one leaves at 11:00 when another comes: still two, never three."""
    first = SCOPE.calendar.measured_from_day * MINUTES_PER_DAY
    start = np.array([first - 100, first - 50, first + 660])
    end = np.array([first + 660, first + 3000, first + 700])
    minutes, peaks = beds_in_use(np.zeros(3, np.int32), start, end, 1, SCOPE)
    assert peaks[0].tolist()[:4] == [2, 1, 1, 0]
    assert minutes.tolist() == [660 + 3000 + 40]


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 50_500), st.integers(0, 9_000)), min_size=1, max_size=40
    )
)
@example([(0, 40_000, 10_398), (0, 50_399, 100)])
def test_beds_in_use_are_those_of_a_minute_by_minute_count(stays: list[tuple[int, int, int]]) -> None:
    pool, start, length = (np.array(column) for column in zip(*stays, strict=True))
    end = start + length
    minutes, peaks = beds_in_use(pool.astype(np.int32), start, end, 3, SCOPE)
    every = np.arange(SCOPE.start, SCOPE.end)
    for number in range(3):
        starts, ends = np.sort(start[pool == number]), np.sort(end[pool == number])
        used = np.searchsorted(starts, every, "right") - np.searchsorted(ends, every, "right")
        assert peaks[number].tolist() == used.reshape(-1, MINUTES_PER_DAY).max(axis=1).tolist()
        assert minutes[number] == used.sum()


def test_sums_by_place() -> None:
    rows = Rows(DATASET)
    value, one = np.array([10, 20, 30]), np.ones(3, np.int64)
    rows.sum("travel_mean", value, one, {"location": np.array([0, 2, 0], np.int16)})
    rows.sum("travel_mean", value, one, {})
    table = rows.table("baseline", 3).to_pylist()
    assert [(row["location"], row["total"], row["count"]) for row in table] == [
        (DATASET.locations[0].id, 40, 2),
        (DATASET.locations[2].id, 20, 1),
        ("", 60, 3),
    ]
    assert {row["replication"] for row in table} == {3}


def test_every_indicator_of_the_catalogue_is_measured_and_within_its_bounds() -> None:
    """With a year of everything; shares lie between 0 and 1, volumes by location add up to the whole."""
    scenario = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "x",
            "actions": [{"close": {"location": "ZUID", "start": "2025-03-03"}}],
        }
    )
    dataset = make_dataset(
        profiles=[
            dataclasses.replace(
                item,
                precare_contacts=2,
                centre_contacts=1,
                procedure_list="proc" if item.id == "hip" else item.procedure_list,
            )
            for item in make_profiles()
        ]
    )
    dataset = dataclasses.replace(
        dataset, norms=tuple(dataclasses.replace(norm, minimum=5) for norm in dataset.norms)
    )
    made = Experiment(dataset, scenario, None, 1)
    everyone = np.ones(len(dataset.areas), np.bool_), np.ones(len(AGE_BANDS), np.bool_)
    helped = DemandChange(0, 0, dataset.profile_index["hip"], *everyone, "replace", 100)
    sites = np.ones(len(dataset.locations), np.bool_)
    near = SharedCare(0, 0, dataset.profile_index["oesophagus"], sites, before=True, after=True)
    made = under(made, dataclasses.replace(made.plan, demand=(helped,), shared_care=(near,)))
    table = simulate_replication(made, 0).indicators.to_pylist()
    assert {row["indicator"] for row in table} == {
        name for name, indicator in CATALOGUE.items() if not indicator.derived
    }
    for row in table:
        indicator = CATALOGUE[row["indicator"]]
        if indicator.unit == "share" and row["indicator"] not in ("load", "occupancy") and row["count"]:
            assert 0 <= row["total"] <= row["count"], row
        filled = {name for name in ("location", "profile", "area", "pool", "band") if row[name]}
        assert filled <= {*indicator.levels}, row
    volumes = [row for row in table if row["indicator"] == "volume" and row["scenario"] == "baseline"]
    whole = [row["total"] for row in volumes if not row["location"] and not row["profile"]]
    parts = [row["total"] for row in volumes if row["location"] and not row["profile"]]
    assert sum(parts) == whole[0]
