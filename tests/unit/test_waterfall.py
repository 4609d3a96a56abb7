"""What each part of a plan does: the parts and their interaction are the whole, to the last digit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import sample_result
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.scenario import Scenario
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.parts import only, parts_of
from zorgstroom.reporting import waterfall as reporting
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.views import Views
from zorgstroom.tables import WATERFALL, table_digest
from zorgstroom_simulator.experiment import Experiment, ReplicationTables, simulate_replication
from zorgstroom_simulator.waterfall import (
    Headline,
    extra_runs,
    headline_alone,
    in_millionths,
    part_alone,
    waterfall,
)

pytestmark = pytest.mark.unit

DATASET = make_dataset()
SPREAD = {
    "spread": {
        "profiles": ["hip"],
        "from": {"locations": ["NOORD"]},
        "to": {"locations": ["MIDDEN"]},
        "share": 0.5,
        "capacity_follows": 0.5,
    }
}
ROOM = {"capacity": {"location": "MIDDEN", "pool": "or", "percent": 30}}
LESS = {"demand": {"profiles": ["pneumonia"], "prevent": 0.3}}
STAFF = {"workforce": {"profession": "ward_nurse", "percent": -30}}
CARE = {"shared_care": {"profiles": ["hip"]}}


def experiment(*actions: Mapping[str, object]) -> Experiment:
    scenario = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "Proef",
            "horizon": {"weeks": 8, "warmup_weeks": 2},
            "actions": list(actions),
        }
    )
    return Experiment(DATASET, scenario, None, 1)


def simulated(made: Experiment, replications: int = 2) -> pa.Table:
    results = [simulate_replication(made, number) for number in range(replications)]
    alone: dict[tuple[object, int], Headline] = {}
    if extra_runs(made.scenario, replications):
        for part in parts_of(made.scenario):
            for number in range(replications):
                alone[part, number] = headline_alone(part_alone(made, part), number)
    return waterfall(made.scenario, results, alone)  # type: ignore[arg-type]


def amounts(table: pa.Table) -> dict[tuple[int, str], dict[str, int]]:
    found: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    for row in table.to_pylist():
        found[row["replication"], row["indicator"]][row["part"]] = row["millionths"]
    return dict(found)


def differences(results: list[ReplicationTables]) -> dict[tuple[int, str], Fraction]:
    found = {}
    for result in results:
        values = {
            (item.scenario, item.indicator): Fraction(
                item.total, item.count * CATALOGUE[item.indicator].scale
            )
            for item in result.headline
            if item.count
        }
        for scenario, indicator in values:
            if scenario == "plan":
                difference = values["plan", indicator] - values["baseline", indicator]
                found[result.replication, indicator] = difference
    return found


def test_parts_and_interaction_are_the_total_and_the_total_is_the_difference() -> None:
    made = experiment(SPREAD, ROOM, LESS, STAFF)
    table = simulated(made)
    assert table.schema == WATERFALL
    results = [simulate_replication(made, number) for number in range(2)]
    expected = differences(results)
    found = amounts(table)
    assert found.keys() == expected.keys()
    for key, parts in found.items():
        assert set(parts) == {"demand", "redistribution", "capacity", "workforce", "interaction", "total"}
        assert sum(parts.values()) == 2 * parts["total"]
        # Two values are rounded to a millionth each.
        assert abs(parts["total"] - expected[key] * 1_000_000) <= 1
    # The parts do different things, and more together than apart.
    assert any(parts["interaction"] for parts in found.values())
    assert any(parts["demand"] and not parts["redistribution"] for parts in found.values())


def test_a_part_is_what_a_plan_of_only_those_actions_does() -> None:
    found = amounts(simulated(experiment(SPREAD, STAFF), 1))
    staff = differences([simulate_replication(experiment(STAFF), 0)])
    for key, parts in found.items():
        assert abs(parts["workforce"] - staff[key] * 1_000_000) <= 1


def test_a_plan_of_one_part_takes_no_more_simulation() -> None:
    made = experiment(SPREAD, CARE)
    assert parts_of(made.scenario) == ("redistribution",)
    assert extra_runs(made.scenario, 10) == 0
    for parts in amounts(simulated(made)).values():
        assert set(parts) == {"redistribution", "total"}
        assert parts["redistribution"] == parts["total"]


def test_a_plan_without_actions_has_no_parts() -> None:
    assert parts_of(experiment().scenario) == ()
    assert simulated(experiment(), 1).num_rows == 0


def test_capacity_that_only_the_other_part_brings_is_not_taken_below_nothing() -> None:
    beds = DATASET.capacities["MIDDEN", "ward:surgical"]
    moved = {"spread": {**SPREAD["spread"], "capacity_follows": 1.0, "share": 1.0}}
    made = experiment(
        moved, {"capacity": {"location": "MIDDEN", "pool": "ward:surgical", "add": -(beds + 1)}}
    )
    assert part_alone(made, "capacity").plan.capacities[0].capacity < 0
    headline = {item.indicator: item for item in headline_alone(part_alone(made, "capacity"), 0)}
    assert headline["occupancy"].count > 0


def test_the_order_of_replications_and_actions_within_a_part_stays() -> None:
    scenario = experiment(ROOM, SPREAD, CARE).scenario
    assert [item.kind for item in only(scenario, "redistribution").actions] == ["spread", "shared_care"]
    made = experiment(SPREAD, ROOM)
    results = [simulate_replication(made, number) for number in range(2)]
    alone = {
        (part, number): headline_alone(part_alone(made, part), number)
        for part in parts_of(made.scenario)
        for number in range(2)
    }
    forward, backward = (waterfall(made.scenario, order, alone) for order in (results, results[::-1]))
    assert table_digest(forward) == table_digest(backward)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**9))
def test_millionths_are_the_nearest_whole_number(numerator: int, denominator: int) -> None:
    error = Fraction(numerator * 1_000_000, denominator) - in_millionths(numerator, denominator)
    assert -Fraction(1, 2) <= error < Fraction(1, 2)


def test_the_report_shows_each_part_and_names_the_one_that_does_nothing() -> None:
    rows = [
        {"replication": number, "indicator": "wait_treatment", "part": part, "millionths": value}
        for number in range(4)
        for part, value in (
            ("redistribution", 1_500_000 + 100_000 * number),
            ("capacity", 0),
            ("interaction", -200_000),
            ("total", 1_300_000 + 100_000 * number),
        )
    ]
    scenario = sample_result.scenario()
    dataset = make_dataset()
    tables = {**sample_result.tables(), "waterfall": pa.Table.from_pylist(rows, schema=WATERFALL)}
    impact = build_impact(tables, dataset, scenario, None, sample_result.identity(), [])
    (row,) = impact.waterfall
    assert row.parts["redistribution"].mean == pytest.approx(1.65)
    assert row.parts["redistribution"].low is not None
    assert sum(part.mean for name, part in row.parts.items() if name != "total") == pytest.approx(
        row.parts["total"].mean
    )
    (note,) = impact.waterfall_notes
    assert note.params["part"]["key"] == "report.column.part_capacity"
    page = render_html(impact, "nl")
    assert "Welk deel van het plan doet wat" in page
    assert "Verandert geen van deze cijfers: Capaciteit." in page
    assert "+1,6" in page or "+1,7" in page
    headers = [column.header for column in Views(impact, "en").waterfall().columns]
    assert headers == ["Outcome", "Distribution of care", "Capacity", "Interaction", "Total"]


def test_a_plan_that_changes_nothing_has_no_row_and_every_part_named() -> None:
    made = experiment(SPREAD, ROOM)
    (result,) = [simulate_replication(made, 0)]
    same = tuple(
        item.model_copy(update={"scenario": "plan"})
        for item in result.headline
        if item.scenario == "baseline"
    )
    unchanged = ReplicationTables(
        **{**result.__dict__, "headline": (*[i for i in result.headline if i.scenario == "baseline"], *same)}
    )
    table = waterfall(made.scenario, [unchanged], {("redistribution", 0): same, ("capacity", 0): same})
    assert set(table["millionths"].to_pylist()) == {0}
    assert reporting.waterfall(table) == []
    assert len(reporting.notes([], made.scenario)) == 2
