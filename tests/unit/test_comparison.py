"""Baseline against plan: means, intervals, paired differences."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.comparison import compare, interval, student_t
from zorgstroom.tables import INDICATORS, canonical, table_digest

pytestmark = pytest.mark.unit


def rows(*lines: tuple[str, int, str, str, int, int]) -> pa.Table:
    names = ("scenario", "replication", "indicator", "location", "total", "count")
    empty = {"profile": "", "area": "", "pool": "", "band": ""}
    return pa.Table.from_pylist(
        [dict(zip(names, line, strict=True)) | empty for line in lines], schema=INDICATORS
    )


def test_paired_difference_is_narrower_than_either() -> None:
    """Values 100, 200, 300 weeks under both, always one more under the plan: the difference is exactly 1."""
    week = 7 * 1440
    lines = []
    for replication, weeks in enumerate((100, 200, 300)):
        lines.append(("baseline", replication, "wait_treatment", "", weeks * week, 1))
        lines.append(("plan", replication, "wait_treatment", "", (weeks + 1) * week * 2, 2))
    (line,) = compare(rows(*lines)).to_pylist()
    assert line["baseline"] == 200
    assert line["baseline_high"] == pytest.approx(200 + 4.303 * 100 / np.sqrt(3))
    # A wait is never negative: the interval stops at zero.
    assert line["baseline_low"] == 0
    assert (line["difference"], line["difference_low"], line["difference_high"]) == (1, 1, 1)
    assert line["replications"] == 3


def test_no_interval_below_three_replications() -> None:
    lines = [("baseline", 0, "volume", "X", 52, 52), ("plan", 0, "volume", "X", 104, 52)]
    (line,) = compare(rows(*lines)).to_pylist()
    assert (line["baseline"], line["plan"], line["difference"]) == (1, 2, 1)
    assert line["difference_low"] is None
    assert line["plan_high"] is None


def test_a_missing_count_is_zero_and_a_missing_mean_is_left_out() -> None:
    lines = [
        ("baseline", 0, "volume", "X", 520, 52),
        ("baseline", 0, "travel_mean", "X", 900, 3),
        ("baseline", 1, "travel_mean", "X", 1500, 3),
        ("plan", 1, "travel_mean", "X", 2100, 3),
    ]
    by_name = {line["indicator"]: line for line in compare(rows(*lines)).to_pylist()}
    assert by_name["volume"]["plan"] == 0
    assert by_name["volume"]["difference"] == pytest.approx(-5)
    assert by_name["travel_mean"]["baseline"] == 4
    assert by_name["travel_mean"]["difference"] == 2


@given(
    st.lists(
        st.none() | st.tuples(st.integers(-(10**9), 10**9), st.integers(1, 10**6)), min_size=1, max_size=45
    )
)
def test_a_row_has_the_interval_of_its_values_to_the_bit(years: list[tuple[int, int] | None]) -> None:
    lines = [("baseline", number, "volume", "A", 1, 1) for number in range(len(years))]
    lines += [
        ("baseline", number, "travel_mean", "X", *year)
        for number, year in enumerate(years)
        if year is not None
    ]
    found = [line for line in compare(rows(*lines)).to_pylist() if line["indicator"] == "travel_mean"]
    values = np.array(
        [total / count / CATALOGUE["travel_mean"].scale for total, count in filter(None, years)]
    )
    mean, low, high = interval(values)
    lowest = CATALOGUE["travel_mean"].bounds[0]
    expected = (mean, low if low is None else max(low, lowest), high)
    assert [(line["baseline"], line["baseline_low"], line["baseline_high"]) for line in found] == (
        [expected] if len(values) else []
    )


def test_order_of_rows_changes_nothing() -> None:
    lines = [
        (scenario, replication, "volume", location, 52 * replication + 7, 52)
        for scenario in ("baseline", "plan")
        for replication in range(4)
        for location in ("A", "B")
    ]
    one, other = rows(*lines), rows(*reversed(lines))
    assert table_digest(one) == table_digest(other)
    assert table_digest(compare(one)) == table_digest(compare(other))
    assert canonical(one).equals(canonical(other))


def test_student_t() -> None:
    assert student_t(2) == 4.303
    assert student_t(30) == 2.042
    assert student_t(50) == 2.021
    assert student_t(1000) == 1.980
    assert interval(np.array([])) == (None, None, None)


def test_the_digest_sees_every_value() -> None:
    table = rows(("plan", 0, "volume", "A", 1, 1), ("plan", 0, "volume", "B", 2, 1))
    other = rows(("plan", 0, "volume", "A", 2, 1), ("plan", 0, "volume", "B", 1, 1))
    assert table_digest(table) != table_digest(other)
    assert table_digest(table) != table_digest(table.rename_columns([*table.column_names[:-1], "number"]))
