"""The warm-up: MSER-5 against a calculation by hand, and the verdict on beds that start empty."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.scenario import Scenario
from zorgstroom.queueing.warmup import Truncation, mser5
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.impact import Warmup, WarmupRow
from zorgstroom.reporting.rendering import render
from zorgstroom.reporting.warmup import sentence
from zorgstroom_simulator.blocks import decode, encode
from zorgstroom_simulator.daily import LONGEST
from zorgstroom_simulator.experiment import Experiment, simulate_baseline, simulate_replication
from zorgstroom_simulator.outcome import make_outcome
from zorgstroom_simulator.settling import check_warmup, filled

pytestmark = pytest.mark.unit

DATASET = make_dataset()


def scenario(weeks: int = 26, warmup_weeks: int = 2) -> Scenario:
    return Scenario.model_validate(
        {"zorgstroom": 1, "name": "Nu", "horizon": {"weeks": weeks, "warmup_weeks": warmup_weeks}}
    )


def experiment(weeks: int = 26, warmup_weeks: int = 2) -> Experiment:
    return Experiment(DATASET, scenario(weeks, warmup_weeks), None, 1)


def test_mser5_is_that_of_a_calculation_by_hand() -> None:
    """Twelve batches: 0, 6, then 10 and 11 in turn. Leaving out two gives the smallest standard error.

    Sum of squares over the number squared: d = 0: 114.25 / 144 = 0.793; d = 1: 20.91 / 121 = 0.173;
    d = 2: 2.5 / 100 = 0.025; d = 3: 2.22 / 81 = 0.027.
    """
    batches = [0, 6, *[10, 11] * 5]
    series = [value for batch in batches for value in (batch - 1, batch, batch + 1, batch, batch)]
    assert mser5(series) == Truncation(10)


def test_mser5_says_when_it_cannot_tell() -> None:
    assert mser5([5.0] * 100) == Truncation(0)
    assert mser5(range(200)) == Truncation(None)
    assert mser5([1.0] * 49) == Truncation(None, too_short=True)


def test_mser5_finds_where_a_filling_series_settles() -> None:
    generator = np.random.default_rng(4)
    days = np.arange(400)
    found = mser5((100 * (1 - np.exp(-days / 10)) + generator.normal(0, 3, 400)).tolist()).first
    assert found is not None
    assert 20 <= found <= 60


def test_beds_in_use_are_held_against_what_admissions_ask_for() -> None:
    """Ten come a day, twice as many on Mondays, and stay three midnights: the first two are half empty."""
    days = 7 * 30
    came = np.zeros((2, days), np.int64)
    came[0] = np.where(np.arange(days) % 7 == 0, 20, 10)
    midnights = np.zeros((2, LONGEST + 1), np.int64)
    midnights[0, 3] = 500
    in_use = np.array([sum(came[0, max(0, day - 3) : day]) for day in range(days + 1)])
    series = filled(in_use, came, midnights)
    assert series[0] == 0
    assert 0 < series[1] < series[2] < 1
    assert series[3:] == pytest.approx(1.0)


def test_daily_counts_are_those_of_the_engine_and_travel_between_processes() -> None:
    made = experiment()
    result = simulate_replication(made, 0)
    [back] = decode(encode([result]))
    assert back.daily.as_lists() == result.daily.as_lists()
    census = simulate_baseline(made, 0).journeys.census
    ward = result.daily.beds["ward"]
    assert np.array_equal(ward.in_use, census.wards.sum(axis=(1, 2)))
    assert np.array_equal(result.daily.treatment_lists, census.lists.sum(axis=(1, 2)))
    # Who is in bed came in: nobody was there at the start.
    assert ward.in_use[0] == 0
    assert (np.cumsum(ward.came.sum(axis=0)) >= ward.in_use[1:]).all()
    assert ward.came[0].sum() > 0
    assert ward.came[1].sum() > 0


def test_no_warm_up_is_too_short_and_says_what_would_suffice() -> None:
    empty = [simulate_replication(experiment(52, 0), number).daily for number in range(3)]
    found = check_warmup(empty, experiment(52, 0).calendar)
    assert found.enough is False
    assert found.needed_weeks is not None
    assert 1 <= found.needed_weeks <= 12
    ward = next(row for row in found.rows if row.series == "ward")
    assert ward.effect is not None
    assert -0.05 < ward.effect < -0.005
    # Three weeks more than nothing fill most of them.
    long = [simulate_replication(experiment(52, 12), number).daily for number in range(3)]
    assert check_warmup(long, experiment(52, 12).calendar).enough


def test_a_short_run_cannot_tell() -> None:
    made = experiment(4, 1)
    result = simulate_replication(made, 0)
    outcome = make_outcome(made, [result], run_id="x", created="2026-11-22T12:00:00+00:00", wall_seconds=1.0)
    found = outcome.impact.warmup
    assert found is not None
    assert found.enough is None
    assert outcome.manifest["warmup"] == found.model_dump()
    line = sentence(found)
    assert line is not None
    assert "te kort" in render(line, "nl", {})
    assert not any(warning.key.startswith("warmup") for warning in outcome.impact.warnings)


def test_report_says_it_and_warns_when_it_is_too_short() -> None:
    impact = build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )
    row = WarmupRow(series="ward", settles_on_day=40, too_short=False, judged=True, effect=-0.014)
    enough = Warmup(weeks=6, needed_weeks=6, enough=True, rows=[row])
    html = render_html(impact.model_copy(update={"warmup": enough}), "nl")
    assert "Een aanloop van 6 weken is genoeg (MSER-5): Verpleegbedden op peil vanaf dag 40" in html
    short = Warmup(weeks=1, needed_weeks=4, enough=False, rows=[row])
    line = sentence(short)
    assert line is not None
    said = render(line, "en", {})
    assert "horizon.warmup_weeks: 4" in said
    assert "1.4%" in said
    assert "warm-up of 1 week is" in said
    assert sentence(Warmup(weeks=6, needed_weeks=None, enough=None, rows=[])) is None
