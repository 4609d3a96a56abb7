"""Compiled loops of demand against plain ones: who comes when, and in which order."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.calendar import Calendar, public_holidays
from zorgstroom_simulator.demand import in_time
from zorgstroom_simulator.drawing import draw
from zorgstroom_simulator.patterns import Pattern, make_pattern
from zorgstroom_simulator.randomness import name_hash, patient_keys, words

pytestmark = pytest.mark.unit

CALENDAR = Calendar(2025, 2, 52)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([1, 5, 5_000, 3_000_000]).flatmap(
        lambda last: st.lists(st.tuples(st.integers(-last, last), st.integers(0, 3)), max_size=60)
    ),
    st.booleans(),
)
def test_sorted_by_group_then_minute_then_key(patients: list[tuple[int, int]], some_later: bool) -> None:
    """Also when all come at one minute, or over so many that bits are sorted in several rounds."""
    minute = np.array([minute for minute, _ in patients], np.int64)
    key = np.array([(high << 62) + place % 7 for place, (_, high) in enumerate(patients)], np.uint64)
    later = (np.arange(len(patients)) % 3 == 0) & some_later
    expected = sorted(range(len(patients)), key=lambda row: (later[row], minute[row], int(key[row])))
    found = in_time(minute, key, later).tolist()
    assert sorted(found) == list(range(len(patients)))
    of = [(bool(later[row]), int(minute[row]), int(key[row])) for row in found]
    assert of == [(bool(later[row]), int(minute[row]), int(key[row])) for row in expected]


def drawn(pattern: Pattern, first_day: int, until: int, number: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the cells' keys, and keys, areas and minutes of so many patients per area between two days."""
    cells = words(np.arange(len(number), dtype=np.uint64), "cells")
    total = int(number.sum())
    key, area, minute = np.empty(total, np.uint64), np.empty(total, np.int16), np.empty(total, np.int64)
    lower, upper = pattern.at_day(np.array([first_day, until])).tolist()
    draw(
        cells,
        number,
        name_hash("minute"),
        lower,
        np.uint64(upper - lower),
        pattern.bounds,
        pattern.minutes,
        pattern.guide,
        pattern.shift,
        key,
        area,
        minute,
    )
    return cells, key, area, minute


@pytest.mark.parametrize(
    ("name", "before", "first_day"), [("referral", 40, -40), ("acute", 0, 0), ("referral", 40, 3)]
)
def test_a_minute_is_the_inverse_of_the_cumulative_intensity(name: str, before: int, first_day: int) -> None:
    dataset = make_dataset()
    patterns = {
        **dataset.demand_patterns,
        # Quiet nights, busy days and everything between, in so few units that many come exactly when an hour begins.
        ("acute", "month"): np.full(12, 100, np.int64),
        ("acute", "weekday"): np.full(7, 100, np.int64),
        ("acute", "hour"): np.array([0, 1, 0, 0, 2, 9, 200, 1] * 3, np.int64),
    }
    dataset = dataclasses.replace(dataset, demand_patterns=patterns)
    pattern = make_pattern(dataset, name, CALENDAR, before)
    number = np.array([300, 0, 700], np.int64)
    cells, keys, areas, minutes = drawn(pattern, first_day, 30, number)
    assert np.array_equal(areas, np.repeat([0, 1, 2], number))
    assert np.array_equal(keys, patient_keys(cells[areas], np.concatenate([np.arange(n) for n in number])))
    lower, upper = pattern.at_day(np.array([first_day, 30])).tolist()
    for bits, minute in zip(words(keys, "minute").tolist(), minutes.tolist(), strict=True):
        position = lower + ((bits >> 32) * (upper - lower) >> 32)
        hour = max(row for row, begun in enumerate(pattern.cumulative.tolist()) if begun <= position)
        assert minute == (hour - before * 24) * 60 + ((bits & 0xFFFFFFFF) * 60 >> 32)


def test_a_day_has_the_weight_of_its_month_and_weekday_and_referrals_none_on_holidays() -> None:
    dataset = make_dataset()
    months = np.arange(500, 1700, 100, dtype=np.int64)
    days = np.array([1300, 1100, 1000, 900, 800, 100, 50], np.int64)
    patterns = {**dataset.demand_patterns, ("referral", "month"): months, ("referral", "weekday"): days}
    dataset = dataclasses.replace(dataset, demand_patterns=patterns)
    pattern = make_pattern(dataset, "referral", CALENDAR, 100)
    weights = np.diff(pattern.at_day(np.arange(-100, CALENDAR.days + 1)))
    per_hour = int(dataset.demand_patterns["referral", "hour"].sum())
    for day, weight in enumerate(weights.tolist(), -100):
        date = CALENDAR.start + dt.timedelta(days=day)
        expected = int(months[date.month - 1]) * int(days[date.weekday()]) // 10_000 * per_hour
        assert weight == (0 if date in public_holidays(date.year) else expected)


def test_working_days_are_weekdays_without_public_holidays() -> None:
    working = CALENDAR.working_days(before=400, after=800)
    assert len(working) == 400 + CALENDAR.days + 800
    for day, works in enumerate(working.tolist(), -400):
        date = CALENDAR.start + dt.timedelta(days=day)
        assert works == (date.weekday() < 5 and date not in public_holidays(date.year))
