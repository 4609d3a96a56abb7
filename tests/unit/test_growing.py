"""Growing queues: judged by load and by growth beyond chance, and never given a mean wait."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from tests.support import sample_result
from tests.support.sample_result import reading
from tests.support.small_dataset import make_dataset, make_profile

from zorgstroom.domain.scenario import Scenario
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.excel import render_xlsx
from zorgstroom.reporting.growing import Queues
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.impact import Estimate, Impact, WaitRow
from zorgstroom.reporting.readings import Readings
from zorgstroom.reporting.views import Views, shown
from zorgstroom.tables import COMPARISON
from zorgstroom_simulator.experiment import Experiment, combine, simulate_replication
from zorgstroom_ui.components.impact_view import ImpactView

pytestmark = pytest.mark.unit

OR = {"location": "NOORD", "pool": "or"}


def queues(*rows: dict[str, Any], replications: int = 10, weeks: int = 52) -> Queues:
    table = pa.Table.from_pylist([{**row, "replications": replications} for row in rows], schema=COMPARISON)
    return Queues(Readings(table), make_dataset(), weeks)


def list_of(growth: float, half_width: float, spread: float, load: float = 1.0) -> list[dict[str, Any]]:
    """Return what is counted of a list that grows so much under the plan, and not today."""
    return [
        reading("load", 1.0, load, 0.001, **OR),
        reading("list_growth", 0, growth, half_width, **OR),
        reading("list_arrivals", 1000, 1000, 0.0, **OR),
        reading("list_spread", spread, spread, 0.0, **OR),
    ]


@pytest.mark.parametrize(
    ("growth", "half_width", "spread", "grows"),
    [
        (100, 10, 1000, True),  # beyond 3 x sqrt(1000) = 95
        (90, 10, 1000, False),
        (100, 110, 1000, False),  # the interval holds zero
        (100, 10, 1250, False),  # work that differs more between patients: 3 x sqrt(1250) = 106
    ],
)
def test_list_grows_beyond_the_chance_of_a_random_walk(
    growth: float, half_width: float, spread: float, grows: bool
) -> None:
    queue = queues(*list_of(growth, half_width, spread)).of("NOORD", "or")
    assert (queue.grows_baseline, queue.grows_plan) == (False, grows)
    assert queue.per_week_plan is not None
    # First and last quarter lie three quarters of the period apart.
    assert queue.per_week_plan.mean == pytest.approx(growth / 39)


def test_with_fewer_than_five_years_only_the_load_counts() -> None:
    assert queues(*list_of(500, 10, 1000), replications=5).of("NOORD", "or").grows_plan
    assert not queues(*list_of(500, 10, 1000), replications=4).of("NOORD", "or").grows_plan
    assert queues(*list_of(0, 10, 1000, load=1.02), replications=1).of("NOORD", "or").grows_plan


def test_load_of_today_above_one_by_chance_does_not_grow() -> None:
    few = reading("list_arrivals", 40, 40, None, **OR), reading("list_spread", 40, 40, None, **OR)
    many = (
        reading("list_arrivals", 90_000, 90_000, None, **OR),
        reading("list_spread", 90_000, 90_000, None, **OR),
    )
    one_year = reading("load", 1.05, 1.05, None, **OR)
    assert not queues(one_year, *few, replications=1).of("NOORD", "or").grows_baseline
    assert queues(one_year, *many, replications=1).of("NOORD", "or").grows_baseline


def test_plan_that_adds_nothing_one_can_see_is_not_to_blame_for_chance() -> None:
    patients = reading("list_arrivals", 1000, 1000, 0.0, **OR), reading("list_spread", 1000, 1000, 0.0, **OR)
    for added, grows in ((0.0004, False), (0.02, True)):
        load = {
            **reading("load", 1.015, 1.015 + added, None, **OR),
            "baseline_low": 1.002, "baseline_high": 1.028, "plan_low": 1.002, "plan_high": 1.05,
        }  # fmt: skip
        queue = queues(load, *patients).of("NOORD", "or")
        assert (queue.grows_baseline, queue.grows_plan) == (False, grows)


def test_list_that_shrinks_all_the_same_has_a_mean_wait() -> None:
    """More work than the rooms can do, but those who bring it still wait for their first visit."""
    made = queues(*list_of(-80, 10, 1000, load=1.05))
    assert made.of("NOORD", "or").grows_plan
    assert not made.behind("treatment", "NOORD", "hip").grows
    uncertain = queues(
        *list_of(5, 10, 1000, load=1.05), reading("volume", 90, 90, None, location="NOORD", profile="hip")
    )
    assert uncertain.behind("treatment", "NOORD", "hip").grows_plan


def test_capacity_that_is_too_small_is_not_said_to_have_a_growing_list_that_shrinks() -> None:
    impact = grown()
    pool = next(row for row in impact.pools if row.growing)
    for growth, told in (
        (Estimate(mean=2.4, low=2.2, high=2.7), "groeit"),
        (Estimate(mean=-2.4, low=-2.7, high=-2.2), "meer werk dan capaciteit"),
        (None, "meer werk dan capaciteit"),
    ):
        changed = pool.model_copy(update={"growth_per_week": growth})
        [line] = Views(impact.model_copy(update={"pools": [changed]}), "nl").pools().rows
        assert any(shown(cell, "nl").endswith(told) for cell in line)


def grown(replications: int = sample_result.REPLICATIONS) -> Impact:
    return build_impact(
        sample_result.tables(None, replications), make_dataset(), sample_result.scenario(), None,
        sample_result.identity(replications=replications), [],
    )  # fmt: skip


def wait_of(impact: Impact, location: str, profile: str, kind: str = "treatment") -> WaitRow:
    return next(
        row for row in impact.waits if (row.location, row.profile, row.kind) == (location, profile, kind)
    )


def test_wait_behind_a_growing_list_is_its_growth_in_every_form() -> None:
    impact = grown()
    row = wait_of(impact, "NOORD", "oesophagus")
    assert row.baseline is not None
    assert row.plan is None
    assert row.difference is None
    assert not row.clear
    assert row.starts_to_grow
    assert row.growth_plan is not None
    assert row.growth_plan.mean == pytest.approx(95 / 39)
    # The clinic does not grow: its wait stands.
    assert wait_of(impact, "NOORD", "oesophagus", "first_visit").plan is not None

    document = json.loads(impact.model_dump_json())
    assert any(item["plan"] is None and item["growth_plan"] for item in document["waits"])
    assert Impact.model_validate(document) == impact
    told = "▲ groeit 2,4 (2,2 tot 2,7) per week"
    assert told in [shown(cell, "nl") for row in Views(impact, "nl").waits().rows for cell in row]
    html = render_html(impact, "nl")
    assert "groeit 2,4 (2,2 tot 2,7) per week" in html
    assert "Daar is geen gemiddelde wachttijd te geven" in html
    workbook = openpyxl.load_workbook(io.BytesIO(render_xlsx(impact, "nl")))
    sheet = workbook[Views(impact, "nl").sheet("waits")]
    header, *lines = list(sheet.iter_rows(values_only=True))
    [line] = [line for line in lines if told in line and line[0] == "UMC Noord"]
    assert line[header.index("Oordeel")] == "▲ lijst gaat groeien"
    assert "groeit 2,4 (2,2 tot 2,7) per week" in str(ImpactView(impact, "nl").waits())


def test_headline_tells_growth_instead_of_a_mean_wait() -> None:
    rows = [
        {**row, "profile": "oesophagus"}
        if row["indicator"] == "wait_treatment" and not row["location"]
        else row
        for row in sample_result.readings()
    ]
    impact = build_impact(
        sample_result.tables(rows), make_dataset(), sample_result.scenario(), None,
        sample_result.identity(), [],
    )  # fmt: skip
    found = {row.indicator: row for row in impact.headline if row.profile == "oesophagus"}
    assert "wait_treatment" not in found
    assert found["growth_treatment"].plan.mean == pytest.approx(95 / 39)
    assert found["growth_treatment"].verdict == "worse"
    shown_names = [shown(row[0], "nl") for row in Views(impact, "nl").headline().rows]
    assert "Groei van de lijst voor behandeling (patiënten per week)" in shown_names


def test_report_says_when_there_are_too_few_years_to_tell() -> None:
    assert "Met minder dan 5 doorgerekende jaren" in render_html(grown(replications=4), "nl")
    assert "Met minder dan 5 doorgerekende jaren" not in render_html(grown(replications=5), "nl")


def test_spread_of_a_list_follows_from_the_work_of_its_patients() -> None:
    """Arrivals x (1 + cv^2): equal work gives the arrivals, the lengths of operations give more."""
    scenario = Scenario.model_validate(
        {"zorgstroom": 1, "name": "Nu", "horizon": {"weeks": 26, "warmup_weeks": 2}}
    )
    dataset = make_dataset(profiles=[make_profile()])
    wide = dataclasses.replace(
        dataset,
        quantiles={
            **dataset.quantiles,
            ("hip", "procedure_minutes"): np.where(np.arange(4096) < 2048, 15, 165).astype(np.int32),
        },
    )
    for made, cv2 in ((dataset, (20 / 105) ** 2), (wide, (75 / 105) ** 2)):
        tables = combine([simulate_replication(Experiment(made, scenario, None, 1), 0)])
        rows = {
            (row["indicator"], row["location"], row["pool"]): row["total"] / row["count"]
            for row in tables["indicators"].to_pylist()
            if row["scenario"] == "baseline" and row["indicator"] in ("list_arrivals", "list_spread")
        }
        joined = rows["list_arrivals", "MIDDEN", "or"] / 2
        assert joined > 50
        assert rows["list_spread", "MIDDEN", "or"] == pytest.approx(joined * (1 + cv2), rel=0.06)
