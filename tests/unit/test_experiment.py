"""Baseline and plan on the same patients: what changes, what does not, and that it always adds up."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset import load_dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.expected import UTILITY_SCALE, choice_shares, persons_per_year, utility
from zorgstroom.tables import SCHEMAS, table_digest
from zorgstroom_simulator.experiment import Experiment, combine, sample, simulate_replication

pytestmark = pytest.mark.unit

DATASET = make_dataset()


def scenario(*actions: Mapping[str, object], weeks: int = 26) -> Scenario:
    return Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "Proef",
            "horizon": {"weeks": weeks, "warmup_weeks": 2},
            "actions": list(actions),
        }
    )


def experiment(*actions: Mapping[str, object], seed: int = 1, region: Region | None = None) -> Experiment:
    return Experiment(DATASET, scenario(*actions), region, seed)


CLOSE = {"close": {"location": "ZUID"}}
CONCENTRATE = {"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"]}}


def digests(made: Experiment, replications: list[int]) -> dict[str, str]:
    tables = combine([simulate_replication(made, number) for number in replications])
    return {name: table_digest(table) for name, table in tables.items()}


def test_tables_have_their_schemas_and_the_order_of_work_does_not_matter() -> None:
    made = experiment(CLOSE)
    tables = combine([simulate_replication(made, number) for number in (0, 1)])
    assert {name: table.schema for name, table in tables.items()} == SCHEMAS
    assert digests(made, [0, 1]) == digests(experiment(CLOSE), [1, 0])
    assert digests(made, [0, 1]) != digests(experiment(CLOSE, seed=2), [0, 1])


def test_a_plan_that_changes_nothing_differs_by_exactly_nothing() -> None:
    tables = combine([simulate_replication(experiment(), number) for number in range(3)])
    comparison = tables["comparison"]
    differences = comparison["difference"].drop_null().to_numpy()
    assert len(differences) > 100
    assert not differences.any()
    assert not comparison["difference_high"].drop_null().to_numpy().any()
    assert tables["flows"].num_rows == 0


def test_scenarios_meet_the_same_patients() -> None:
    one, _ = sample(experiment(), 0)
    other, _ = sample(experiment(CLOSE), 0)
    assert np.array_equal(one.key, other.key)
    assert np.array_equal(one.nights, other.nights)


def test_closing_a_location_moves_only_its_own_patients() -> None:
    tables = combine([simulate_replication(experiment(CLOSE), 0)])
    flows = tables["flows"]
    assert flows.num_rows > 0
    assert set(flows["from_location"].to_pylist()) == {"ZUID"}
    assert "ZUID" not in flows["to_location"].to_pylist()
    moved = pc.sum(flows["patients"]).as_py()
    bands = tables["indicators"].filter(
        pc.and_(
            pc.equal(tables["indicators"]["indicator"], "extra_travel_band"),
            pc.equal(tables["indicators"]["profile"], ""),
        )
    )
    assert pc.sum(bands["total"]).as_py() == moved * 52


def test_nothing_is_treated_where_nothing_is_offered() -> None:
    tables = combine([simulate_replication(experiment(CONCENTRATE), 0)])
    mask = pc.and_(
        pc.equal(tables["indicators"]["indicator"], "volume"),
        pc.equal(tables["indicators"]["profile"], "oesophagus"),
    )
    rows = (
        tables["indicators"]
        .filter(pc.and_(mask, pc.not_equal(tables["indicators"]["location"], "")))
        .to_pylist()
    )
    under = {
        name: {row["location"] for row in rows if row["scenario"] == name} for name in ("baseline", "plan")
    }
    assert "MIDDEN" in under["baseline"]
    assert under["plan"] == {"NOORD"}


def test_a_plan_with_a_date_changes_nothing_before_it() -> None:
    """Patients referred and treated before the date have the same journey in both."""
    start = experiment().calendar.start.toordinal()
    date = type(experiment().calendar.start).fromordinal(start + 90).isoformat()
    made = experiment({"close": {"location": "ZUID", "start": date}})
    tables = combine([simulate_replication(made, 0)])
    assert pc.sum(tables["flows"]["patients"]).as_py() > 0
    whole = combine([simulate_replication(experiment(CLOSE), 0)])
    assert pc.sum(tables["flows"]["patients"]).as_py() < pc.sum(whole["flows"]["patients"]).as_py()


def test_more_beds_take_boarding_away() -> None:
    tight = dataclasses.replace(
        DATASET,
        capacities={
            key: (2 if key[1] in ("ward:surgical", "ward:medical") else value)
            for key, value in DATASET.capacities.items()
        },
    )
    more = {"capacity": {"location": "MIDDEN", "pool": "ward:medical", "add": 40}}
    made = Experiment(
        tight,
        scenario(more, {"capacity": {"location": "MIDDEN", "pool": "ward:surgical", "add": 40}}),
        None,
        1,
    )
    table = combine([simulate_replication(made, 0)])["comparison"]
    rows = {
        (row["indicator"], row["location"]): row
        for row in table.to_pylist()
        if row["indicator"] in ("boarded", "diverted")
    }
    assert rows["diverted", "MIDDEN"]["baseline"] > rows["diverted", "MIDDEN"]["plan"]


def test_a_region_has_its_inhabitants_and_its_visitors() -> None:
    region = Region("province", DATASET.areas[2].province)
    made = experiment(region=region)
    patients, location = sample(made, 0)
    everyone, everywhere = sample(experiment(), 0)
    inside = made.scope.areas[patients.area] | made.scope.locations[location]
    assert inside.all()
    theirs = made.scope.areas[everyone.area]
    assert np.array_equal(
        np.sort(everyone.key[theirs]), np.sort(patients.key[made.scope.areas[patients.area]])
    )
    visitors = ~theirs & made.scope.locations[everywhere]
    assert set(patients.key.tolist()) >= set(everyone.key[visitors].tolist())


action = st.one_of(
    st.just(CLOSE),
    st.just(CONCENTRATE),
    st.just({"close": {"location": "ZUID", "units": ["ed"]}}),
    st.just({"open": {"location": "ZUID", "units": ["ed"], "start": "2025-01-27"}}),
    st.just({"open": {"location": "MIDDEN", "profiles": ["hip"], "start": "2025-01-27"}}),
    st.just({"shared_care": {"profiles": ["oesophagus"], "contacts": ["before"]}}),
    st.builds(
        lambda share, rule: {
            "spread": {
                "profiles": ["hip"],
                "from": {"locations": ["NOORD", "MIDDEN"]},
                "to": {"locations": ["ZUID"]},
                "share": share,
                "rule": rule,
            }
        },
        st.floats(0.05, 1),
        st.sampled_from(["nearest", "choice"]),
    ),
    st.builds(
        lambda pool, percent: {"capacity": {"location": "MIDDEN", "pool": pool, "percent": percent}},
        st.sampled_from(["ward:surgical", "or", "adm", "ic:adult"]),
        st.integers(-100, 200),
    ),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(action, max_size=3), st.integers(0, 10_000))
def test_every_patient_is_accounted_for_whatever_the_plan(
    actions: list[dict[str, object]], seed: int
) -> None:
    made = Experiment(DATASET, scenario(*actions, weeks=6), None, seed)
    result = simulate_replication(made, 0)
    lines = result.conservation.to_pylist()
    for line in lines:
        assert line["arrived"] + line["seeded"] == line["treated"] + line["in_treatment"] + line["waiting"]
    assert lines[0]["arrived"] == lines[1]["arrived"]
    assert lines[0]["seeded"] == lines[1]["seeded"]
    occupancy = result.indicators.filter(pc.equal(result.indicators["indicator"], "occupancy"))
    assert pc.min(occupancy["total"]).as_py() >= 0


def test_a_region_run_leaves_out_next_to_nobody() -> None:
    """Of every ROAZ region less than half a per cent of the expected patients is not sampled."""
    dataset = load_dataset()
    persons = persons_per_year(dataset, 2025)
    for name in dataset.regions("roaz"):
        made = Experiment(dataset, scenario(), Region("roaz", name), 1)
        cells = made.cells
        assert cells is not None
        expected = missed = 0.0
        for index in range(len(dataset.profiles)):
            utilities = utility(dataset, index, dataset.travel_hundredths) / UTILITY_SCALE
            shares = choice_shares(utilities, dataset.offers[:, index][None, :])
            inflow = persons[:, index] * shares[:, made.scope.locations].sum(axis=1)
            expected += inflow.sum()
            missed += inflow[~cells[:, index]].sum()
        assert missed < 0.005 * expected, name


def test_todays_lists_hold_over_a_year() -> None:
    """Euregio, one simulated year: the treatment list ends within 15% of the list of the first quarter."""
    today = Scenario.model_validate({"zorgstroom": 1, "name": "Nu"})
    made = Experiment(load_dataset(), today, Region("roaz", "Euregio"), 1, "compiled")
    table = simulate_replication(made, 0).indicators.to_pylist()
    growth = sum(
        row["total"] / row["count"]
        for row in table
        if row["indicator"] == "list_growth"
        and row["pool"] in ("or", "proc", "adm")
        and row["scenario"] == "plan"
    )
    (end,) = [
        row["total"]
        for row in table
        if row["indicator"] == "list_treatment_end"
        and row["scenario"] == "plan"
        and not row["location"]
        and not row["profile"]
    ]
    assert end > 5000
    assert abs(growth) < 0.15 * end
    (wait,) = [
        row["total"] / row["count"] / (7 * 1440)
        for row in table
        if row["indicator"] == "wait_treatment"
        and row["scenario"] == "plan"
        and not row["location"]
        and not row["profile"]
    ]
    assert 6 < wait < 9
