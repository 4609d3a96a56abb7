"""Precision: what is refused, when it is enough, and that the number of processes decides nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.support import sample_result
from tests.support.few_profiles import few_profiles
from tests.support.small_dataset import make_dataset

from zorgstroom import cli
from zorgstroom.errors import InvalidInput
from zorgstroom.events.schemas import HeadlineIndicator
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.comparison import interval, student_t
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.impact import Precision, PrecisionRow
from zorgstroom.reporting.precision import sentence
from zorgstroom.reporting.rendering import render
from zorgstroom_simulator.precision import LEAST, MOST, Target, parse_precision, precision

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "value"), [("5%", 0.05), ("0.05", 0.05), (" 2,5 % ", 0.025), (",1", 0.1), ("0.1%", 0.001)]
)
def test_percentages_and_parts_are_read(text: str, value: float) -> None:
    assert parse_precision(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("5", "precision.form"),
        ("1", "precision.form"),
        ("vijf", "precision.form"),
        ("", "precision.form"),
        ("-5%", "precision.form"),
        ("5%%", "precision.form"),
        ("nan", "precision.form"),
        ("0%", "precision.range"),
        ("0.0001", "precision.range"),
        ("80%", "precision.range"),
    ],
)
def test_what_may_mean_two_things_is_refused(text: str, key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_precision(text)
    [problem] = refused.value.problems
    assert (problem.where, problem.key) == ("--precision", key)
    assert "5%" in problem.message("en") or "between 0.1% and 50%" in problem.message("en")
    assert "0,05" in problem.message("nl") or "tussen 0,1% en 50%" in problem.message("nl")


def years(values: Sequence[tuple[float, float]], name: str = "travel_mean") -> list[list[HeadlineIndicator]]:
    """Return one headline per simulated year, from the values of today and of the plan."""
    scale = CATALOGUE[name].scale
    return [
        [
            HeadlineIndicator(
                scenario=scenario, indicator=name, total=round(value * scale * 1000), count=1000
            )
            for scenario, value in zip(("baseline", "plan"), pair, strict=True)
        ]
        for pair in values
    ]


def test_half_widths_are_those_of_a_calculation_by_hand() -> None:
    today = np.array([10.0, 12.0, 11.0, 9.0, 13.0, 11.0])
    shift = np.array([1.0, 1.1, 0.9, 1.0, 1.05, 0.95])
    found = precision(years(list(zip(today, today + shift, strict=True))), Target(0.05, ("travel_mean",)))
    [row] = found.rows

    def half(values: np.typing.NDArray[np.float64]) -> float:
        return student_t(5) * float(values.std(ddof=1)) / math.sqrt(6)

    assert row.baseline == pytest.approx(half(today) / today.mean())
    assert row.plan == pytest.approx(half(today + shift) / (today + shift).mean())
    # Paired: the years' own ups and downs fall out; relative to today, since it may be zero.
    assert row.difference == pytest.approx(half(shift) / today.mean())
    assert (row.difference or 0) < (row.baseline or 0) / 5
    assert found.reached is False
    assert found.too_wide == [row]


def test_at_least_five_years_and_stops_at_the_first_that_are_enough() -> None:
    target = Target(0.05, ("travel_mean",))
    same = years([(20.0, 21.0)] * 4)
    assert not target.reached(same)
    assert target.reached(years([(20.0, 21.0)] * LEAST))
    wide = years([(20.0, 21.0), (26.0, 27.0), (21.0, 22.0), (20.0, 21.0), (25.0, 26.0)])
    assert not target.reached(wide)
    longer = wide + years([(22.0, 23.0)] * 30)
    first = next(n for n in range(LEAST, 36) if target.reached(longer[:n]))
    assert LEAST < first < 36


def test_a_difference_of_nothing_and_what_is_not_counted_stand_in_nobodys_way() -> None:
    target = Target(0.05, ("travel_mean", "diverted"))
    found = precision(years([(20.0, 20.0)] * 5), target)
    assert [row.difference for row in found.rows] == [0.0, None]
    assert found.reached
    assert found.too_wide == []
    # Around zero no half-width is a part of the mean: never called precise.
    around = years([(0.0, value) for value in (0.1, 0.2, 0.1, 0.3, 0.2)], "diverted")
    assert not precision(around, target).reached


def test_stopping_as_soon_as_it_is_narrow_enough_costs_little_coverage() -> None:
    """Of 95% intervals at a fixed number of years 95 in 100 hold the truth; of these a few less."""
    rng, target, runs, held = np.random.default_rng(20261122), Target(0.05, ("travel_mean",)), 400, 0
    for _ in range(runs):
        values = rng.normal(20.0, 2.0, MOST)
        made = years([(value, value) for value in values])
        number = next(n for n in range(LEAST, MOST + 1) if n == MOST or target.reached(made[:n]))
        _, low, high = interval(values[:number])
        held += low is not None and high is not None and low <= 20.0 <= high
    assert 0.89 < held / runs < 0.96


def test_asked_of_what_nobody_is_counted_for_it_says_so() -> None:
    found = precision(years([(20.0, 21.0)] * LEAST), Target(0.05, ("volume_at_norm",)))
    line = sentence(found)
    assert line is not None
    said = render(line, "nl", {})
    assert "geen marge te bepalen" in said
    assert "Behandeld waar de norm wordt gehaald" in said


def test_what_could_not_be_reached_is_named() -> None:
    rows = [
        PrecisionRow(indicator="travel_mean", baseline=0.01, plan=0.01, difference=0.001),
        PrecisionRow(indicator="diverted", baseline=0.2, plan=0.3, difference=0.1),
    ]
    found = Precision(target=0.05, reached=False, replications=100, rows=rows)
    line = sentence(found)
    assert line is not None
    said = render(line, "nl", {})
    assert "100" in said
    assert "30,0%" in said
    assert "Doorverwezen" in said
    assert "reistijd" not in said
    plain = sentence(found.model_copy(update={"target": None, "reached": None}))
    assert plain is not None
    assert plain.key == "precision.achieved"
    assert sentence(Precision(replications=1, rows=[])) is None


def test_report_shows_it_per_indicator() -> None:
    impact = build_impact(
        sample_result.tables(), make_dataset(), sample_result.scenario(), None, sample_result.identity(), []
    )
    assert "table-precision" not in render_html(impact, "nl")
    rows = [PrecisionRow(indicator="wait_treatment", baseline=0.031, plan=0.042, difference=0.005)]
    found = Precision(target=0.05, reached=True, replications=7, rows=rows)
    html = render_html(impact.model_copy(update={"precision": found}), "nl")
    assert "table-precision" in html
    assert "4,2%" in html
    assert "7 doorgerekende jaren waren genoeg" in html


PLAN = """
zorgstroom: 1
name: Korte proef
region: {roaz: Euregio}
horizon: {weeks: 4, warmup_weeks: 0}
actions:
  - concentrate: {profiles: [pancreas], at: [MST]}
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, "utf-8")
    return path


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--precision", "5"], "5%"),
        (["--precision", "5%", "--replications", "10"], "--replications"),
        (["--precision-of", "diverted"], "--precision 5%"),
        (["--precision", "5%", "--precision-of", "diverte"], "diverted"),
    ],
)
def test_what_does_not_go_together_is_refused(
    options: list[str], told: str, plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["run", str(plan), "--out", str(tmp_path / "out"), *options]) in (1, 2)
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.nightly
def test_any_number_of_processes_makes_the_same_number_of_years(plan: Path, tmp_path: Path) -> None:
    made = []
    data = few_profiles(tmp_path / "weinig-zorg")
    for jobs in ("1", "3"):
        folder = tmp_path / jobs
        options = ["--precision", "3%", "--precision-of", "occupancy", "--jobs", jobs, "--out", str(folder)]
        assert cli.run(["run", str(plan), "--dataset", str(data), *options]) == 0
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        assert manifest["precision"]["reached"]
        made.append((manifest["settings"]["replications"], manifest["precision"], manifest["table_digests"]))
    assert made[0] == made[1]
    assert LEAST < made[0][0] < 100
