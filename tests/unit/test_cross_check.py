"""Replications done again with the other engine: what is compared, and what is said of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom import cli
from zorgstroom.domain.scenario import Horizon, Scenario
from zorgstroom.reporting.cross_check import sentence
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.rendering import render
from zorgstroom_simulator import run_check, run_command
from zorgstroom_simulator.cross_check import cross_check, difference, expected_seconds
from zorgstroom_simulator.experiment import Experiment, ReplicationTables, simulate_replication

pytestmark = pytest.mark.unit


def here(experiment: Experiment, dataset: str, number: int, *_: object, **__: object) -> object:
    """Simulate in this process what the command gives to others."""
    return [simulate_replication(experiment, replication) for replication in range(number)]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the words of a command that simulates a month of a region, once."""
    monkeypatch.setattr(run_command, "simulate", here)
    monkeypatch.setattr(run_check, "simulate", here)
    plan = tmp_path / "plan.json"
    plan.write_text(
        json.dumps(
            {
                "zorgstroom": 1,
                "name": "Knieën niet meer in SKB",
                "region": {"roaz": "Euregio"},
                "horizon": {"weeks": 4, "warmup_weeks": 0},
                "actions": [{"close": {"location": "SKB", "profiles": ["knee_replacement"]}}],
            }
        )
    )
    return ["run", str(plan), "--replications", "1", "--jobs", "1", "--lang", "en", "--out"]


def changed(one: ReplicationTables) -> ReplicationTables:
    """Return the same replication with one more in the total of the fourth row."""
    totals = one.indicators["total"].to_pylist()
    totals[3] += 1
    number = one.indicators.column_names.index("total")
    kind = one.indicators.schema.field("total").type
    table = one.indicators.set_column(number, one.indicators.schema.field("total"), pa.array(totals, kind))
    return dataclasses.replace(one, indicators=table)


def test_a_run_is_checked_with_the_other_engine_and_says_so(
    run: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert cli.run([*run, str(out), "--cross-check", "1"]) == 0
    said = capsys.readouterr().err
    assert "Then 1 simulated year will be checked with simpy; that is expected to take about" in said
    assert "1 simulated year checked with simpy: all tables equal to the bit" in said
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["settings"]["engine"] == "compiled"
    checked = manifest["cross_check"]
    assert (checked["engine"], checked["other"], checked["equal"]) == ("compiled", "simpy", True)
    assert checked["patients"] > 1000
    assert "1 simulated year checked with simpy" in (out / "impact.html").read_text("utf-8")


def test_a_run_that_differs_is_kept_and_marked_and_ends_with_exit_code_1(
    run: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(_: object, __: object, ours: Sequence[ReplicationTables], *rest: object) -> object:
        return cross_check("compiled", ours, [changed(one) for one in ours])

    monkeypatch.setattr(run_command, "check", other)
    out = tmp_path / "out"
    assert cli.run([*run, str(out), "--cross-check", "1"]) == 1
    assert "first difference is in indicators.total, row 3 of simulated year 1" in capsys.readouterr().err
    impact = Impact.model_validate_json((out / "impact.json").read_bytes())
    assert impact.cross_check is not None
    assert not impact.cross_check.equal
    assert "cross_check.differs" in [warning.key for warning in impact.warnings]
    assert json.loads((out / "manifest.json").read_text("utf-8"))["cross_check"]["equal"] is False


def test_everything_a_replication_gives_is_compared() -> None:
    month = Scenario(zorgstroom=1, name="Nu", horizon=Horizon(weeks=4))
    small = Experiment(make_dataset(), month, None, seed=1, engine="simpy")
    one = simulate_replication(small, 0)
    assert difference(one, one) is None
    found = difference(one, changed(one))
    assert found is not None
    before = one.indicators["total"][3].as_py()
    assert (found.table, found.column, found.row) == ("indicators", "total", 3)
    assert (found.ours, found.theirs) == (str(before), str(before + 1))
    fewer = difference(one, dataclasses.replace(one, conservation=one.conservation.slice(0, 0)))
    assert fewer is not None
    assert (fewer.table, fewer.column, fewer.theirs) == ("conservation", "", "0")
    events = difference(one, dataclasses.replace(one, events=one.events + 1))
    assert events is not None
    assert (events.table, events.ours) == ("events", str(one.events))
    told = render(sentence(cross_check("simpy", [one], [changed(one)])), "en")
    assert f"{before} by simpy, {before + 1} by compiled" in told
    # The compiled engine needs no waiting for.
    assert expected_seconds(small, 3, 1) == 0
    assert expected_seconds(dataclasses.replace(small, engine="compiled"), 3, 1) > 0
