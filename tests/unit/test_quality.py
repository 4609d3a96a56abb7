"""Expected deaths by volume: the curve, its level and its sums, calculated by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_dataset import OESOPHAGUS_CURVE, make_dataset

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.planning.volume_outcome import BANDS, counted_profiles, deaths_millionths, risk_permille
from zorgstroom_simulator.quality import add_quality
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.scope import Cells, Scope
from zorgstroom_simulator.treatments import Treatments

pytestmark = pytest.mark.unit

SMALL = make_dataset()
OESOPHAGUS, NOORD, MIDDEN = 0, 0, 1


def with_volumes(noord: int, midden: int) -> Dataset:
    """The small country in which these are today's expected patients a year of the profile with a curve."""
    volumes = np.zeros_like(SMALL.expected_volume)
    volumes[NOORD, OESOPHAGUS], volumes[MIDDEN, OESOPHAGUS] = noord * 1000, midden * 1000
    return dataclasses.replace(SMALL, expected_volume=volumes)


def deaths(
    dataset: Dataset, treated: dict[int, int], inside: tuple[bool, ...] = (True,) * 4
) -> dict[str, float]:
    """Deaths a year by band of so many patients by location in half a year."""
    number = np.zeros((len(dataset.locations), len(dataset.profiles), 4, 4), np.int64)
    for location, patients in treated.items():
        number[location, OESOPHAGUS, 1, 0] = patients
    nothing = np.zeros_like(number)
    none = np.zeros(0, np.int64)
    cells = Cells(none, none, none, none, none)
    rows = Rows(dataset)
    scope = Scope(dataset, Calendar(2025, 0, 26), np.ones(3, np.bool_), np.array(inside))
    fields = {field.name: nothing for field in dataclasses.fields(Treatments)} | {
        "number": number,
        "cells": cells,
    }
    add_quality(rows, scope, Treatments(**fields))  # type: ignore[arg-type]
    found = rows.table("plan", 0).to_pylist()
    # A modelled death is never told of a hospital.
    assert not any(row["location"] for row in found)
    return {row["band"]: row["total"] / row["count"] / 1_000_000 for row in found if not row["profile"]}


def test_the_curve_is_straight_between_its_points_and_flat_beyond_them() -> None:
    at = [risk_permille(OESOPHAGUS_CURVE, "", patients * 1000) for patients in (0, 10, 15, 20, 30, 900)]
    assert at == [2000, 2000, 1750, 1500, 1000, 1000]


def test_the_level_is_the_national_mortality_at_todays_volumes() -> None:
    # 2.5 percent of 60: NOORD with 10 (risk 2), MIDDEN with 50 (risk 1); the mean risk is 70/60.
    dataset = with_volumes(10, 50)
    found = deaths(dataset, {NOORD: 5, MIDDEN: 25})
    assert found[""] == pytest.approx(0.025 * 60, abs=1e-5)
    assert deaths(dataset, {NOORD: 5})[""] == pytest.approx(10 * 0.025 * 2 / (70 / 60), abs=1e-5)
    # Whatever the curve, today's deaths are the published ones.
    for band in BANDS:
        assert found[band] == pytest.approx(1.5, abs=1e-5)


def test_concentrating_saves_what_the_curve_says_and_nothing_where_it_is_flat() -> None:
    dataset = with_volumes(10, 50)
    found = deaths(dataset, {MIDDEN: 30})
    assert found[""] == pytest.approx(60 * 0.025 / (70 / 60), abs=1e-5)
    assert found["low"] == pytest.approx(1.5, abs=1e-5)
    # At its strongest: three times at 10, so a mean of 80/60 today.
    assert found["high"] == pytest.approx(1.5 / (80 / 60), abs=1e-5)


def test_a_location_outside_the_region_keeps_the_volume_it_has_today() -> None:
    # Five inhabitants of the region go to MIDDEN, outside it, where 50 a year are treated: no small hospital.
    dataset = with_volumes(10, 50)
    found = deaths(dataset, {MIDDEN: 5}, inside=(True, False, False, False))
    assert found[""] == pytest.approx(10 * 0.025 / (70 / 60), abs=1e-5)


def test_without_a_curve_about_death_or_a_known_mortality_nothing_is_reckoned() -> None:
    other = dataclasses.replace(OESOPHAGUS_CURVE, evidence="other_outcome")
    assert counted_profiles(dataclasses.replace(SMALL, volume_outcome={"oesophagus": other})) == ()
    assert counted_profiles(dataclasses.replace(SMALL, volume_outcome={})) == ()
    unknown = tuple(figure for figure in SMALL.figures if figure.name != "mortality_percent_mean")
    assert counted_profiles(dataclasses.replace(SMALL, figures=unknown)) == ()
    assert deaths(dataclasses.replace(SMALL, volume_outcome={}), {NOORD: 5}) == {}


@settings(deadline=None)
@given(st.integers(0, 400_000), st.integers(0, 400_000))
def test_a_larger_hospital_never_has_a_higher_risk_in_the_shipped_curves(one: int, other: int) -> None:
    for curve in load_dataset().volume_outcome.values():
        for band in BANDS:
            smaller, larger = sorted((one, other))
            assert risk_permille(curve, band, smaller) >= risk_permille(curve, band, larger) >= 1000
        weakest, thought, strongest = (risk_permille(curve, band, one) for band in ("low", "", "high"))
        assert weakest <= thought <= strongest


def test_the_shipped_country_today_has_the_published_deaths() -> None:
    dataset = load_dataset()
    known = {f.subject: f.value for f in dataset.figures if f.name == "mortality_percent_mean"}
    assert len(counted_profiles(dataset)) >= 10
    for profile in counted_profiles(dataset):
        volumes = dataset.expected_volume[:, profile].tolist()
        for band in BANDS:
            total = sum(deaths_millionths(dataset, profile, band, volume, volume) for volume in volumes)
            share = known[dataset.profiles[profile].id] / 100
            assert total / 1e6 == pytest.approx(sum(volumes) * share, rel=1e-3)
