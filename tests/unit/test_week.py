"""A simulated week: counted from journeys by hand, sampled evenly, and drawn on a flat map."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.places_document import SimulatedWeek
from zorgstroom.reporting.week import DAY_MINUTES, MOST_ARRIVALS, WEEK_MINUTES, simulated_week
from zorgstroom.tables import JOURNEYS
from zorgstroom_ui.components.flow_scene import HIGHEST, WIDTH, scene

pytestmark = pytest.mark.unit

WARMUP = 1
START = WARMUP * WEEK_MINUTES


def journey(patient: int, **changes: Any) -> dict[str, Any]:
    """Return one journey under today; name what happened, in minutes of the first measured week."""
    row = dict.fromkeys(JOURNEYS.names)
    row |= dict.fromkeys(("diversion", "boarded", "outlier", "over_capacity"), 0)
    row |= {"scenario": "baseline", "replication": 0, "patient": patient, "flow": "elective", "minute": 0}
    row |= {"profile": "hip", "area": "GM0002", "age_band": "75plus", "state": "done", "ward_group": ""}
    row |= {"visit_location": "", "location": "MIDDEN"}
    moments = {
        name: START + value
        for name, value in changes.items()
        if name.endswith("_minute") and value is not None
    }
    return row | changes | moments


def week_of(
    *rows: dict[str, Any], side: str = "baseline", week: int | None = 1, weeks: int = 2
) -> SimulatedWeek:
    return simulated_week(
        make_dataset(),
        sample_result.identity(weeks=weeks),
        pa.Table.from_pylist(list(rows), schema=JOURNEYS),
        sample_result.tables()["comparison"],
        "plan" if side == "plan" else "baseline",
        WARMUP,
        week,
    )


def test_a_day_counts_who_came_and_who_lies_and_waits_at_its_end() -> None:
    found = week_of(
        journey(1, flow="acute", admission_minute=60, discharge_minute=3 * DAY_MINUTES),
        journey(2, flow="acute", diversion=1, admission_minute=90, discharge_minute=100, location="ZUID"),
        journey(3, list_minute=-500, admission_minute=2 * DAY_MINUTES + 5, discharge_minute=9 * DAY_MINUTES),
        journey(4, flow="visit", visit_location="NOORD", visit_minute=10),
        # Comes in the next week, and waits until then.
        journey(5, list_minute=-5, admission_minute=WEEK_MINUTES + 5, discharge_minute=WEEK_MINUTES + 9),
    )
    monday, tuesday, wednesday = found.days[:3]
    assert (monday.acute, monday.diverted, monday.planned, monday.visits) == (2, 1, 0, 1)
    assert (monday.in_bed, monday.waiting) == (1, 2)
    assert (tuesday.acute, tuesday.in_bed) == (0, 1)
    assert (wednesday.planned, wednesday.in_bed, wednesday.waiting) == (1, 1, 1)
    assert found.arrivals_in_all == len(found.arrivals) == 4
    assert [item.kind for item in found.arrivals] == ["visit", "acute", "diverted", "planned"]
    assert (found.arrivals_range.low, found.arrivals_range.high) == (1, 4)
    assert found.in_bed[0] == [0] * len(found.locations)


def test_both_sides_show_the_week_that_is_usual_today() -> None:
    today = [journey(number, admission_minute=WEEK_MINUTES + number) for number in range(4)]
    plan = [{**journey(9, admission_minute=5), "scenario": "plan"}]
    assert (
        week_of(*today, *plan, side="plan", week=None, weeks=3).week
        == week_of(*today, *plan, week=None, weeks=3).week
    )


def test_of_many_a_part_is_told_and_who_was_sent_on_always() -> None:
    many = [journey(number, admission_minute=number * 5) for number in range(3 * MOST_ARRIVALS)]
    sent_on = journey(-1, flow="acute", diversion=2, admission_minute=4000)
    found = week_of(*many, sent_on)
    assert len(found.arrivals) == MOST_ARRIVALS
    assert found.arrivals_in_all == len(many) + 1
    assert sum(item.kind == "diverted" for item in found.arrivals) == 1
    days = [item.minute // DAY_MINUTES for item in found.arrivals]
    assert {days.count(day) > MOST_ARRIVALS // 10 for day in range(6)} == {True}, days


def test_the_drawing_knows_no_more_of_a_patient_than_when_and_where() -> None:
    found = week_of(journey(77, admission_minute=60))
    told = found.model_dump(mode="json")
    assert set(told["arrivals"][0]) == {"minute", "area", "location", "kind"}
    drawn = scene(found, {}, "nl")
    assert 0 < drawn["height"] <= HIGHEST
    for place in drawn["locations"]:
        assert 0 <= place["x"] <= WIDTH
        assert 0 <= place["y"] <= drawn["height"]
    assert drawn["arrivals"] == [[60, 0, 0, 2]]
