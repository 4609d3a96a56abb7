"""Resilience: what shocks are, what they do to the same patients, and the sums over replications by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom import cli
from zorgstroom.dataset import load_dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.resilience import broken, section, sentences, shock_lines
from zorgstroom.tables import RESILIENCE, canonical
from zorgstroom_simulator.experiment import Experiment, ReplicationTables, simulate_replication
from zorgstroom_simulator.stress import (
    fewer_nurses,
    outage,
    peak,
    sides_of,
    simulate_stress,
    strain_of,
    usual_shocks,
    weakest_spot,
)

pytestmark = pytest.mark.unit

PLAN = {
    "zorgstroom": 1,
    "name": "x",
    "horizon": {"weeks": 4, "warmup_weeks": 2},
    "actions": [{"close": {"location": "ZUID"}}],
}


def experiment(engine: str = "compiled") -> Experiment:
    return Experiment(make_dataset(), Scenario.model_validate(PLAN), None, 1, engine)


def whole(result: ReplicationTables, indicator: str, scenario: str = "plan", location: str = "") -> float:
    """The value of an indicator over everything else than the location."""
    [row] = [
        row
        for row in result.indicators.to_pylist()
        if (row["indicator"], row["scenario"], row["location"]) == (indicator, scenario, location)
        and not (row["profile"] or row["area"] or row["pool"] or row["band"])
    ]
    return float(row["total"] / row["count"])


def test_every_side_meets_the_patients_of_today_and_the_plan_comes_first() -> None:
    made = experiment()
    shocks = [peak(made.dataset, 0.5), fewer_nurses(0.3)]
    sides = sides_of(made, shocks)
    assert list(sides) == [
        *((s, side) for s in ("", "peak", "nurses") for side in ("baseline", "plan")),
    ]
    results = {key: simulate_replication(side, 0) for key, side in sides.items()}
    baselines = [
        result.indicators.filter(pc.equal(result.indicators["scenario"], "baseline"))
        for result in results.values()
    ]
    assert all(table.equals(baselines[0]) for table in baselines)
    # Half as many acute patients more, on top of the same ones.
    after, before = (whole(results["peak", "baseline"], "admissions", side) for side in ("plan", "baseline"))
    assert 1.1 < after / before < 1.5
    # Fewer beds: never fewer patients sent on, today and with a hospital less.
    for side in ("baseline", "plan"):
        without = whole(results["", "plan"], "diverted", side)
        assert whole(results["nurses", side], "diverted") > without


def test_a_location_that_fails_for_a_week_sends_its_acute_patients_on_alike_in_both_engines() -> None:
    found = []
    for engine in ("compiled", "simpy"):
        made = experiment(engine)
        shock = outage(made.dataset, made.calendar, "MIDDEN")
        result = simulate_replication(sides_of(made, [shock])[shock.id, "baseline"], 0)
        found.append(whole(result, "diverted", "plan", "MIDDEN"))
        assert found[-1] > whole(result, "diverted", "baseline", "MIDDEN") + 50
        # One week of the four, and no longer.
        admitted = [whole(result, "admissions", side, "MIDDEN") for side in ("plan", "baseline")]
        assert admitted[0] > 0.5 * admitted[1]
    assert found[0] == found[1]


def test_an_outage_is_told_of_its_own_week_and_the_rest_of_the_whole_period_alike_in_both_engines() -> None:
    found = []
    for engine in ("compiled", "simpy"):
        made = experiment(engine)
        shocks = [fewer_nurses(0.3), outage(made.dataset, made.calendar, "MIDDEN")]
        found.append(strain_of(made, shocks, 0))
    assert found[0].equals(found[1])
    rows = {
        (row["shock"], row["side"], row["location"]): (row["total"], row["count"])
        for row in found[0].to_pylist()
        if row["indicator"] == "diverted"
    }
    for side in ("baseline", "plan"):
        total, everybody = rows["", side, "MIDDEN"]
        calm, in_week = rows["outage:MIDDEN", f"{side}_calm", "MIDDEN"]
        # One week of four.
        assert 0.15 * everybody < in_week < 0.35 * everybody
        assert calm <= total
        shocked, as_many = rows["outage:MIDDEN", side, "MIDDEN"]
        assert as_many == in_week
        # Nearly all who come in that week are sent on, or stay for want of any other bed.
        assert shocked / as_many > calm / in_week + 300
        assert rows["nurses", side, "MIDDEN"][1] == everybody
    lines = {(line.shock, line.indicator): line for line in shock_lines(found[0])}
    line = lines["outage:MIDDEN", "diverted"]
    calm, in_week = rows["outage:MIDDEN", "baseline_calm", ""]
    assert line.today.mean == pytest.approx(calm / in_week)


@pytest.mark.slow
def test_processes_give_the_same_table_as_this_one() -> None:
    scenario = Scenario.model_validate(PLAN | {"region": {"roaz": "Euregio"}, "actions": []})
    made = Experiment(load_dataset(), scenario, Region("roaz", "Euregio"), 1, "compiled")
    shocks = [outage(made.dataset, made.calendar, "MST")]
    done: list[int] = []
    table = simulate_stress(made, shocks, "nl2025", 1, 1, lambda: done.append(1))
    assert done == [1]
    assert table.equals(canonical(strain_of(made, shocks, 0)))


def test_an_outage_is_a_week_in_the_middle_of_every_pool_that_is_there() -> None:
    made = experiment()
    shock = outage(made.dataset, made.calendar, "MIDDEN")
    pools = {
        pool for (place, pool), capacity in made.dataset.capacities.items() if place == "MIDDEN" and capacity
    }
    actions = [item.capacity for item in shock.actions]
    assert {action.pool for action in actions if action} == pools
    days = {
        (made.calendar.day_of(a.start), made.calendar.day_of(a.until))
        for a in actions
        if a and a.start and a.until
    }
    assert days == {(28, 35)}


def test_the_location_that_receives_most_fails_and_without_a_plan_the_largest() -> None:
    assert weakest_spot(experiment()) == "MIDDEN"
    nothing = Scenario.model_validate({"zorgstroom": 1, "name": "x"})
    assert weakest_spot(Experiment(make_dataset(), nothing, None, 1)) == "MIDDEN"
    assert [shock.id for shock in usual_shocks(experiment())] == ["peak", "nurses", "outage:MIDDEN"]


def table(*rows: tuple[str, str, int, str, str, int]) -> pa.Table:
    """Rows of (shock, side, replication, indicator, location, total), each of one patient."""
    return pa.Table.from_pylist(
        [dict(zip(RESILIENCE.names, (*row, 1), strict=True)) for row in rows], schema=RESILIENCE
    )


def sides(
    shock: str, values: tuple[int, int], replication: int = 0, location: str = ""
) -> list[tuple[str, str, int, str, str, int]]:
    return [
        (shock, side, replication, "diverted", location, value)
        for side, value in zip(("baseline", "plan"), values, strict=True)
    ]


def test_what_a_shock_adds_is_against_the_same_side_and_paired() -> None:
    made = table(
        *(row for number in range(3) for row in sides("", (10 + number, 20 + number), number)),
        *(row for number in range(3) for row in sides("peak", (15 + number, 32 + number), number)),
    )
    [line] = shock_lines(made)
    # 11 plus or minus 4.303 x 1 / sqrt(3).
    assert line.today.mean == 11
    assert line.today.low == pytest.approx(11 - 4.303 / 3**0.5)
    # The same in every simulated year: paired, nothing is uncertain.
    assert line.added_today == Estimate(mean=5, low=5, high=5)
    assert line.added_plan == Estimate(mean=12, low=12, high=12)
    assert line.difference == Estimate(mean=7, low=7, high=7)
    assert line.clear
    assert section(made).rows[0][2:] == [line.today, line.added_today, line.added_plan, line.difference]


def test_a_location_breaks_when_much_more_is_sent_on_but_not_the_one_that_fails_itself() -> None:
    made = table(
        *sides("", (10, 10), location="A"), *sides("", (10, 10), location="B"), *sides("", (10, 10)),
        *sides("outage:B", (59, 60), location="A"), *sides("outage:B", (900, 900), location="B"),
        *sides("outage:B", (100, 100)),
    )  # fmt: skip
    [found] = broken(made)
    assert (found.location, found.side, found.added.mean) == ("A", "plan", 50)
    assert [line.key for line in sentences(made)] == ["stress.nobody_today", "stress.breaks_plan"]
    calm = table(*sides("", (10, 10)), *sides("peak", (11, 11)))
    assert [line.key for line in sentences(calm)] == ["stress.nobody"]


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    path.write_text("zorgstroom: 1\nname: x\nregion: {roaz: Euregio}\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--outage", "MSTT"], "MST"),
        (["--peak", "0", "--nurses", "0", "--no-outage"], "at least one adversity"),
        (["--peak", "201"], "--peak"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_simulated(
    plan: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert cli.run(["stress", str(plan), "--lang", "en", *arguments]) in (1, 2)
    assert said in capsys.readouterr().err


def test_a_folder_of_something_else_is_left_alone(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (plan.parent / "other").mkdir()
    (plan.parent / "other" / "letter.txt").write_text("x", "utf-8")
    assert cli.run(["stress", str(plan), "--lang", "en", "--out", str(plan.parent / "other")]) == 1
    assert [path.name for path in (plan.parent / "other").iterdir()] == ["letter.txt"]
    assert "other" in capsys.readouterr().err


def test_the_actions_of_a_shock_are_of_the_scenario_language() -> None:
    made = experiment()
    shocks = usual_shocks(made)
    for shock in shocks:
        for item in shock.actions:
            written = json.loads(item.model_dump_json(exclude_none=True, by_alias=True))
            assert type(item).model_validate(written) == item
