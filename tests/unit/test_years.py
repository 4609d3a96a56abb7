"""Runs of several years: what is counted per year, demand that goes on growing, and lists that are handed over."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.check import check_scenario
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.impact import Estimate, TextRef
from zorgstroom.reporting.rendering import render
from zorgstroom.tables import YEARS, table_digest
from zorgstroom.text import LANGUAGES, translate
from zorgstroom_simulator.blocks import decode, encode
from zorgstroom_simulator.experiment import (
    Experiment,
    combine,
    sample,
    simulate_plan,
    simulate_replication,
)
from zorgstroom_simulator.handover import waiting_for_treatment, waiting_for_visit

pytestmark = pytest.mark.unit

SMALL = make_dataset()
#: Twice as many old inhabitants after a year, and no children any more.
AGED = dataclasses.replace(
    SMALL,
    population={
        2025: SMALL.population[2025],
        2026: SMALL.population[2025] * np.array([0, 1, 1, 1, 2, 2], np.int64),
    },
)
CLOSE = {"close": {"location": "ZUID", "start": "2025-03-31"}}


def experiment(
    *actions: Mapping[str, Any], dataset: Dataset = SMALL, engine: str = "compiled", **horizon: Any
) -> Experiment:
    document = {
        "zorgstroom": 1,
        "name": "Proef",
        "horizon": {"warmup_weeks": 2, **horizon},
        "actions": actions,
    }
    return Experiment(dataset, Scenario.model_validate(document), None, 1, engine)


def rows(table: pa.Table, indicator: str, scenario: str = "plan", **place: str) -> list[dict[str, Any]]:
    """Return the rows of an indicator at a place; a level that is not named is empty."""
    wanted = {"location": "", "profile": "", "pool": ""} | place
    return [
        row
        for row in table.to_pylist()
        if row["indicator"] == indicator and row["scenario"] == scenario and wanted.items() <= row.items()
    ]


def test_years_add_up_to_the_run() -> None:
    made = simulate_replication(experiment(CLOSE, weeks=104), 0)
    assert made.years is not None
    assert made.years.schema == YEARS
    for place in ({}, {"location": "MIDDEN"}, {"location": "ZUID", "profile": "hip"}):
        for scenario in ("baseline", "plan"):
            [whole] = rows(made.indicators, "volume", scenario, **place)
            years = rows(made.years, "volume", scenario, **place)
            assert sum(row["total"] for row in years) == whole["total"]
            assert {row["count"] for row in years} == {52}
    assert [row["year"] for row in rows(made.years, "volume", location="ZUID", profile="hip")] == [1]
    # Beds in use and their capacity too.
    [whole] = rows(made.indicators, "occupancy", location="MIDDEN", pool="ward:surgical")
    years = rows(made.years, "occupancy", location="MIDDEN", pool="ward:surgical")
    assert [sum(row[part] for row in years) for part in ("total", "count")] == [
        whole["total"],
        whole["count"],
    ]
    # The lists at the end of the last year are those at the end of the run.
    for indicator in ("list_first_visit_end", "list_treatment_end", "handed_over"):
        [last] = rows(made.indicators, indicator)
        assert {"handed_over": 1}.get(indicator, 2) in {
            row["year"] for row in rows(made.years, indicator) if row["total"] == last["total"]
        }
    assert not any(row["area"] or row["band"] for row in made.years.to_pylist())


def test_the_table_of_years_goes_with_the_others_through_a_block() -> None:
    made = simulate_replication(experiment(weeks=104), 0)
    [again] = decode(encode([made]))
    assert table_digest(combine([made])["years"]) == table_digest(combine([again])["years"])
    assert simulate_replication(experiment(weeks=52), 0).years is None


def test_what_is_left_of_a_year_belongs_to_none() -> None:
    years = Calendar(2025, 6, 130).measured_years()
    assert [(year.measured_from_day, year.days) for year in years] == [(42, 406), (406, 770)]
    assert [year.first_measured_year for year in years] == [2025, 2026]
    assert {year.start for year in years} == {Calendar(2025, 6, 130).start}
    assert Calendar(2025, 6, 52).measured_years() == []


def test_demand_that_follows_the_projection_keeps_the_first_year_and_changes_the_second() -> None:
    plain, grown = (
        sample(experiment(dataset=AGED, weeks=104, **more), 0)[0]
        for more in ({}, {"demand_growth": "projected"})
    )
    second = Calendar(2025, 2, 104).measured_from_day + 364
    before = plain.take(plain.minute < second * MINUTES_PER_DAY)
    same = grown.take(grown.minute < second * MINUTES_PER_DAY)
    for field in dataclasses.fields(before):
        if field.name not in ("specialty", "visit_wait_minutes"):
            assert np.array_equal(getattr(before, field.name), getattr(same, field.name)), field.name
    after, more = (
        plain.take(plain.minute >= second * MINUTES_PER_DAY),
        grown.take(grown.minute >= second * MINUTES_PER_DAY),
    )
    # Who came anyway and is of an age that does not shrink comes still, as he was.
    old = after.take(after.age_band >= 4)
    assert np.isin(old.key, more.key).all()
    number = [np.bincount(part.age_band, minlength=6) for part in (after, more)]
    assert number[1][0] == 0
    assert (number[1][1:4] == number[0][1:4]).all()
    for band in (4, 5):
        assert number[1][band] == pytest.approx(2 * number[0][band], rel=5 / np.sqrt(number[0][band]))


def test_without_growth_every_year_has_the_demand_of_the_first() -> None:
    made = experiment(dataset=AGED, weeks=104)
    other = experiment(dataset=SMALL, weeks=104)
    assert np.array_equal(sample(made, 0)[0].key, sample(other, 0)[0].key)


def test_growth_beyond_the_projection_is_refused() -> None:
    made = experiment(dataset=AGED, weeks=105, demand_growth="projected")
    found = check_scenario(made.scenario, AGED, None).errors
    assert [(problem.key, problem.pointer, problem.params["last"]) for problem in found] == [
        ("scenario.growth_beyond_projection", "/horizon/demand_growth", 2026)
    ]
    made = experiment(dataset=AGED, weeks=104, demand_growth="projected")
    assert not check_scenario(made.scenario, AGED, None).errors


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_lists_are_handed_over_and_every_patient_on_them_is_counted_once(engine: str) -> None:
    made = experiment(CLOSE, engine=engine, weeks=20)
    table = simulate_replication(made, 0).indicators
    side = simulate_plan(made, 0)
    minute = (
        made.calendar.day_of(made.scenario.actions[0].action.start or made.calendar.start) * MINUTES_PER_DAY
    )
    zuid = SMALL.location_index["ZUID"]
    table_of, journeys = side.table, side.journeys
    was_there = side.chosen[: side.queues, 0] == zuid
    waits = waiting_for_visit(side, minute) | waiting_for_treatment(side, minute)
    in_work_up = ~table_of.acute & ~table_of.visit_only & (table_of.minute < minute) & ~waits
    in_work_up &= (journeys.admission_minute < 0) | (journeys.admission_minute >= minute)
    handed = was_there & (waits | in_work_up)
    assert handed.sum() > 20
    [gone] = rows(table, "handed_over", location="ZUID")
    assert gone["total"] == table_of.weight[handed].sum()
    assert rows(table, "handed_over")[0]["total"] == gone["total"] == rows(table, "taken_over")[0]["total"]
    assert not rows(table, "handed_over", "baseline")
    # Nobody of them is seen or admitted where he waited, and what he was due stays.
    later = handed & (journeys.visit_minute >= minute)
    assert not (journeys.visit_location[later] == zuid).any()
    treated = handed & (journeys.admission_minute >= minute)
    assert treated.any()
    assert not (journeys.location[treated] == zuid).any()
    assert np.array_equal(
        journeys.location[treated & (journeys.diversion == 0)],
        side.chosen[: side.queues, 1][treated & (journeys.diversion == 0)],
    )
    by_receiver = {row["location"]: row["total"] for row in table.to_pylist()
                   if row["indicator"] == "taken_over" and row["location"] and not row["profile"]}  # fmt: skip
    after = side.chosen[: side.queues, 1]
    assert by_receiver == {
        SMALL.locations[row].id: int(table_of.weight[handed & (after == row)].sum())
        for row in np.unique(after[handed])
    }


def test_the_report_shows_every_year_with_its_difference_and_says_whose_demand_it_is() -> None:
    made = experiment(CLOSE, weeks=104, warmup_weeks=4)
    tables = combine([simulate_replication(made, number) for number in range(3)])
    identity = sample_result.identity(replications=3, weeks=104)
    impact = build_impact(tables, SMALL, made.scenario, None, identity, [])
    found = {section.id: section for section in impact.sections}
    region = [row[:2] for row in found["years"].rows]
    sides = [TextRef(key=f"report.column.{side}") for side in ("baseline", "plan", "difference")]
    assert region == [[float(year), side] for year in (1, 2) for side in sides]
    for year in (0, 3):
        for today, plan, difference in zip(*found["years"].rows[year : year + 3], strict=True):
            if (
                isinstance(today, Estimate)
                and isinstance(plan, Estimate)
                and isinstance(difference, Estimate)
            ):
                assert difference.mean == pytest.approx(plan.mean - today.mean)
    [volumes] = [row for row in found["years_volume"].rows if row[:2] == ["hip", "ZUID"]]
    today, first, second = (cell.mean for cell in volumes[2:] if isinstance(cell, Estimate))
    assert today > first > second == 0
    [lists] = [row for row in found["years_lists"].rows if row[0] == "ZUID"]
    assert isinstance(lists[1], Estimate)
    assert lists[1].mean > 0
    for language in LANGUAGES:
        told = [render(line, language, impact.names) for line in found["years"].sentences]
        assert len(told) == 4
        assert "2025" in told[2]
        for section in found.values():
            if section.table == "years":
                assert len(translate(f"report.sheet.{section.id}", language)) <= 31
