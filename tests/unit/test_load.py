"""Load before a run: right by hand, equal to what a run counts, and said in words before anything is simulated."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from tests.support.small_dataset import WORKING_DAYS, in_persons, make_dataset, make_profile

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.load_command import load_command
from zorgstroom.load_words import load_rows, load_warnings
from zorgstroom.planning.load import Loads, expected_loads
from zorgstroom.planning.pool_estimates import PoolLoad, pool_loads
from zorgstroom.planning.pool_work import WORK
from zorgstroom.queueing.formulas import erlang_b
from zorgstroom.scenario_commands import check_file
from zorgstroom.scenario_file import example_scenarios, parse_scenario
from zorgstroom_simulator.experiment import Experiment, combine, simulate_replication

pytestmark = pytest.mark.unit


DATASET = in_persons(make_dataset())
CLOSE = {"close": {"location": "ZUID"}}


def scenario(*actions: Mapping[str, object], **horizon: object) -> Scenario:
    return Scenario.model_validate(
        {"zorgstroom": 1, "name": "Proef", "horizon": horizon, "actions": list(actions)}
    )


def work(loads: Loads, pool: str, day: int = -1) -> float:
    return float(loads.days[day].measures[WORK, loads.pools.index(pool)].sum())


def row_of(rows: list[PoolLoad], location: str, pool: str) -> PoolLoad:
    return next(row for row in rows if (row.location, row.pool) == (location, pool))


def test_the_load_of_an_operating_room_is_that_of_a_calculation_by_hand() -> None:
    dataset = make_dataset(profiles=[make_profile()])
    loads = expected_loads(scenario(), dataset, None)
    persons = dataset.expected_volume[:, 0] / 1000
    # Ninety minutes on average, and the change-over; an algemeen hospital has the case mix of all.
    zuid = dataset.location_index["ZUID"]
    table = dataset.quantiles["hip", "procedure_minutes"]
    days = loads.working_days_per_week * 52
    expected = persons[zuid] * (np.maximum(table, 1).mean() + 15) / days
    assert loads.today.measures[WORK, loads.pools.index("or"), zuid] == pytest.approx(expected, rel=0.01)
    assert days == pytest.approx(WORKING_DAYS, abs=6)


def test_a_closure_takes_no_work_away_and_adds_none() -> None:
    loads = expected_loads(scenario(CLOSE), DATASET, None)
    for pool in ("or", "ward:surgical", "clinic:orthopaedics", "ic:adult"):
        before = float(loads.today.measures[WORK, loads.pools.index(pool)].sum())
        assert work(loads, pool) == pytest.approx(before)
    zuid = DATASET.location_index["ZUID"]
    assert np.nanmax(np.nan_to_num(loads.days[-1].load[:, zuid])) == pytest.approx(0.0, abs=1e-9)
    assert loads.today.load[loads.pools.index("or"), zuid] > 0


def test_a_tenth_more_demand_is_a_tenth_more_load() -> None:
    plain = expected_loads(scenario(), DATASET, None).today.load
    more = expected_loads(scenario(demand_factors=[{"factor": 1.1}]), DATASET, None).today.load
    there = np.isfinite(plain) & (plain > 0)
    assert there.sum() > 10
    assert more[there] == pytest.approx(plain[there] * 1.1)
    grown = scenario({"demand": {"profiles": ["hip"], "grow": 0.1}})
    loads = expected_loads(grown, make_dataset(profiles=[make_profile()]), None)
    assert work(loads, "or") == pytest.approx(work(loads, "or", 0))
    assert work(loads, "or") == pytest.approx(
        1.1 * float(loads.today.measures[WORK, loads.pools.index("or")].sum())
    )


def test_load_follows_the_dates_of_a_plan() -> None:
    late = {"close": {"location": "ZUID", "start": "2025-06-02"}}
    beds = {"capacity": {"location": "NOORD", "pool": "or", "set": 600, "start": "2025-09-01"}}
    loads = expected_loads(scenario(late, beds), DATASET, None)
    first, closed, wider = loads.days
    row, noord = loads.pools.index("or"), DATASET.location_index["NOORD"]
    assert np.array_equal(first.measures, loads.today.measures)
    assert first.day == 0 < closed.day < wider.day
    assert closed.capacity[row, noord] != wider.capacity[row, noord] == 600
    assert np.array_equal(wider.measures, closed.measures)
    found = row_of(pool_loads(loads, DATASET), "NOORD", "or")
    by_day = {day.day: float(day.load[row, noord]) for day in loads.days}
    assert found.worst_day == max(by_day, key=lambda day: by_day[day])
    assert found.load_worst == max(by_day.values())


def test_capacity_that_follows_keeps_the_load() -> None:
    moved = {"concentrate": {"profiles": ["hip"], "at": ["NOORD"]}}
    with_it = {"concentrate": {"profiles": ["hip"], "at": ["NOORD"], "capacity_follows": 1}}
    row, noord = expected_loads(scenario(), DATASET, None).pools.index("or"), DATASET.location_index["NOORD"]
    alone, along = (expected_loads(scenario(action), DATASET, None) for action in (moved, with_it))
    before = alone.today.load[row, noord]
    assert alone.days[-1].load[row, noord] > before * 1.05
    # Work comes along at its own size, the load of today stays within what was there for other care.
    assert along.days[-1].load[row, noord] < alone.days[-1].load[row, noord]
    assert along.days[-1].load[row, noord] == pytest.approx(1.0, abs=abs(before - 1.0) + 0.001)


def test_a_run_counts_the_load_that_was_expected() -> None:
    """Over three simulated years: the largest pools within chance, and every clear change in the same direction."""
    made = scenario(CLOSE)
    tables = combine(
        [simulate_replication(Experiment(DATASET, made, None, 1), number) for number in range(3)]
    )
    rows = {(row.location, row.pool): row for row in load_rows(made, DATASET, None)[1]}
    counted = [
        line
        for line in tables["comparison"].to_pylist()
        if line["indicator"] == "load" and line["location"] and line["location"] != "ZUID"
    ]
    assert len(counted) > 10
    for line in counted:
        row = rows[line["location"], line["pool"]]
        for expected, simulated in ((row.load_today, line["baseline"]), (row.load_plan, line["plan"])):
            assert expected is not None
            assert simulated == pytest.approx(expected, abs=0.03, rel=0.05)
        if abs(line["difference"]) > 0.02 and line["difference_low"] * line["difference_high"] > 0:
            assert np.sign(row.change) == np.sign(line["difference"])


def test_the_country_starts_at_load_one_and_the_beds_at_their_target() -> None:
    dataset = load_dataset("nl2025")
    loads = expected_loads(scenario(), dataset, None)
    for pool, load in zip(loads.pools, loads.today.load, strict=True):
        there = load[np.isfinite(load)]
        if pool.startswith(("ward", "ic", "day")):
            assert there.max(initial=0.0) <= 0.7 + 1e-3
        elif len(there):
            assert there.max() <= 1.0 + 1e-6
            assert there.min() >= 0.99
    assert not np.isinf(loads.today.load).any()


def full_plan(dataset: Dataset = DATASET) -> Scenario:
    return scenario({"capacity": {"location": "NOORD", "pool": "or", "percent": -20}})


def test_estimates_say_what_becomes_of_a_queue() -> None:
    _, rows = load_rows(full_plan(), DATASET, None)
    less = row_of(rows, "NOORD", "or")
    assert less.load_today is not None
    assert less.load_plan == pytest.approx(less.load_today / 0.8, rel=0.001)
    _, rows = load_rows(
        scenario({"capacity": {"location": "NOORD", "pool": "or", "percent": 100}}), DATASET, None
    )
    more = row_of(rows, "NOORD", "or")
    assert more.estimate_plan.outlook == "shrinks"
    assert (more.estimate_plan.growth_per_week or 0) < 0
    assert 0 < (more.estimate_plan.queue_weeks or 0) < 1
    beds = row_of(rows, "MIDDEN", "ward:surgical")
    assert beds.estimate_plan.outlook == "beds"
    assert beds.estimate_plan.blocked == pytest.approx(
        erlang_b(round(beds.capacity_plan), beds.capacity_plan * (beds.load_plan or 0))
    )
    everything = scenario(demand_factors=[{"factor": 2.0}])
    grown = row_of(load_rows(everything, DATASET, None)[1], "NOORD", "or")
    assert grown.estimate_today.outlook == "grows"
    # As much as comes above capacity: at load L the part 1 - 1/L of the patients.
    persons = float(make_dataset().expected_volume.sum())
    assert 0 < (grown.estimate_today.growth_per_week or 0) < persons
    assert not grown.made_too_full


def test_only_what_a_plan_makes_too_full_is_warned_of() -> None:
    assert load_warnings(scenario(), DATASET, None) == []
    assert load_warnings(scenario(demand_factors=[{"factor": 2.0}]), DATASET, None) == []
    dataset = load_dataset("nl2025")
    [warning] = load_warnings(scenario(CLOSE_SKB), dataset, Region("roaz", "Euregio"))
    assert (warning.key, warning.pointer) == ("load.too_full.many", "/actions")
    assert "MST Enschede" in warning.message("nl")
    assert "Outpatient clinic" in warning.message("en")


CLOSE_SKB = {"close": {"location": "SKB"}}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    document = {"zorgstroom": 1, "name": "Proef", "region": {"roaz": "Euregio"}, "actions": [CLOSE_SKB]}
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_validate_warns_with_the_line_of_the_actions(plan: Path) -> None:
    warnings = check_file(plan, load_dataset("nl2025"), None).warnings
    [found] = [item for item in warnings if item.key.startswith("load.")]
    assert found.where == f"{plan}:1"


def test_the_command_shows_the_fullest_first_and_writes_json(plan: Path) -> None:
    shown = CliRunner().invoke(load_command, [str(plan), "--lang", "en"])
    assert shown.exit_code == 0, shown.output
    assert "MST Enschede" in shown.output.splitlines()[3]
    assert "list grows" in shown.output
    every = CliRunner().invoke(load_command, [str(plan), "--all"])
    assert len(every.output.splitlines()) > len(shown.output.splitlines())
    written = CliRunner().invoke(load_command, [str(plan), "--json"])
    document = json.loads(written.output)
    assert document["days"] == [0]
    first = document["pools"][0]
    assert first["made_too_full"]
    assert first["load"]["plan"] > 1.01 >= first["load"]["today"]
    assert first["estimate"]["plan"]["outlook"] == "grows"
    inside = {"MST", "SKB", "ZGT-AL", "ZGT-HE"}
    assert {row["location"] for row in document["pools"]} <= inside | {"MST-OLD"}


@pytest.mark.nightly
@pytest.mark.parametrize("number", [2, 3, 5])
def test_examples_fill_the_places_that_were_expected(number: int) -> None:
    """Over three simulated years of a region: the load a run counts, and the direction of every clear change."""
    dataset, region = load_dataset("nl2025"), Region("roaz", "Euregio")
    made = parse_scenario(example_scenarios()[number - 1].text, "example")
    experiment = Experiment(dataset, made, region, 1)
    tables = combine([simulate_replication(experiment, replication) for replication in range(3)])
    rows = {(row.location, row.pool): row for row in load_rows(made, dataset, region)[1]}
    errors = []
    for line in tables["comparison"].to_pylist():
        row = rows.get((line["location"], line["pool"]))
        if line["indicator"] != "load" or row is None or row.load_today is None or row.load_plan is None:
            continue
        errors += [line["baseline"] - row.load_today, line["plan"] - row.load_plan]
        # The differences are between the same patients: chance hardly touches them.
        if abs(row.change) >= 0.005:
            assert np.sign(line["difference"]) == np.sign(row.change), (row.location, row.pool)
    assert len(errors) > 150
    assert np.mean(np.abs(errors)) < 0.02
    assert np.max(np.abs(errors)) < 0.12
