"""``zorgstroom run --robust`` as an analyst uses it: real processes, few kinds of care, a small region."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.support.few_profiles import few_profiles
from tests.support.processes import members

from zorgstroom import cli
from zorgstroom.dataset import load_dataset
from zorgstroom.domain.area import Region
from zorgstroom.reporting.impact import Impact
from zorgstroom.scenario_file import load_scenario
from zorgstroom.tables import table_digest
from zorgstroom_simulator.experiment import Experiment
from zorgstroom_simulator.robust.conclusions import EXTRA, MOVED, Measure
from zorgstroom_simulator.robust.work import block_of, decode, prepare

pytestmark = pytest.mark.e2e

PLAN = """
zorgstroom: 1
name: Andere aannames
region: {corop: Zeeuwsch-Vlaanderen}
horizon: {weeks: WEEKS, warmup_weeks: 0}
actions:
  - close: {location: ZORGS-OO}
"""
DRAWS = 10


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "proef.yaml"
    path.write_text(PLAN.replace("WEEKS", "4"), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset of which a draw takes a tenth of a second instead of two."""
    return few_profiles(tmp_path_factory.mktemp("gegevens") / "weinig-zorg")


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "zorgstroom", "run", *map(str, arguments)]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=500, check=False)


@pytest.mark.timeout(600)
def test_it_tells_what_holds_with_other_assumptions(plan: Path, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "uit"
    drawn = ("--robust", DRAWS, "--replications", 3, "--jobs", 2)
    done = run(plan, "--dataset", data, *drawn, "--out", folder, "--json")
    assert done.returncode == 0, done.stderr
    assert "10 trekkingen" in done.stderr
    manifest = json.loads(done.stdout)
    assert manifest["robustness"]["draws"] == DRAWS

    values, draws = pq.read_table(folder / "robustness.parquet"), pq.read_table(folder / "draws.parquet")
    for name, table in (("robustness", values), ("draws", draws)):
        assert table_digest(table) == manifest["table_digests"][name]
    assert set(values["draw"].to_pylist()) == set(range(DRAWS))
    # Every figure is drawn once in every tenth of its range.
    positions = draws["position"].to_numpy()[pc.equal(draws["figure"], "model.beta_basic").to_numpy()]
    assert sorted(np.floor(positions * DRAWS).astype(int).tolist()) == list(range(DRAWS))

    impact = Impact.model_validate_json((folder / "impact.json").read_bytes())
    assert impact.robustness is not None
    by_id = {row.id: row for row in impact.robustness.conclusions}
    further = by_id["extra_minutes:plan:above"]
    assert further.draws_held == sum(
        row["value"] > 0
        for row in values.to_pylist()
        if row["measure"] == EXTRA and row["scenario"] == "plan" and row["value"] is not None
    )
    assert "Hoe zeker is dit: aannames" in (folder / "impact.html").read_text(encoding="utf-8")
    assert "Andere aannames" in openpyxl.load_workbook(folder / "impact.xlsx").sheetnames

    # A process of its own for one draw gives the same to the last bit: it does not matter who does which.
    experiment = Experiment(
        load_dataset(str(data)),
        load_scenario(plan),
        Region("corop", "Zeeuwsch-Vlaanderen"),
        manifest["settings"]["seed"],
    )
    feasible = draws["draw"].to_numpy()[draws["feasible"].to_numpy() == 1]
    infeasible = DRAWS - len(set(feasible.tolist()))
    assert infeasible == sum(item.draws for item in impact.robustness.infeasible)
    draw = int(feasible.max())
    alone = decode(prepare(str(data))(block_of(experiment, [Measure(MOVED), Measure(EXTRA)], draw, DRAWS, 1)))
    assert alone.values is not None
    for index, measure in enumerate((MOVED, EXTRA)):
        found = [
            row["value"]
            for row in values.to_pylist()
            if (row["draw"], row["measure"], row["scenario"]) == (draw, measure, "plan")
        ]
        assert found == [alone.values[index, 1]]


def test_a_run_without_conclusions_makes_no_draws_and_says_so(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = tmp_path / "niets.yaml"
    nothing.write_text(PLAN.replace("WEEKS", "4").partition("actions:")[0], encoding="utf-8")
    folder = tmp_path / "uit"
    arguments = ["--dataset", str(data), "--robust", "1000", "--replications", "3", "--jobs", "1"]
    assert cli.run(["run", str(nothing), *arguments, "--out", str(folder)]) == 0
    told = "geen duidelijke verschillen; er is dus niets om met andere aannames na te gaan"
    assert told in capsys.readouterr().out
    assert told in (folder / "impact.html").read_text(encoding="utf-8")
    assert pq.read_table(folder / "draws.parquet").num_rows == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("--robust", 3), "10"), (("--robust-replications", 2), "--robust")],
)
def test_a_number_of_draws_that_says_nothing_is_refused(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[object, ...], told: str
) -> None:
    assert cli.run(["run", str(plan), *map(str, arguments), "--out", str(tmp_path / "uit")]) != 0
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said
    assert sorted(tmp_path.iterdir()) == [plan]


def test_stopped_during_the_draws_it_leaves_no_folder_and_no_process(plan: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        command(plan, "--robust", 500, "--replications", 1, "--jobs", 2, "--out", tmp_path / "uit"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    # The one simulated year of the plan itself takes one process; two of them do draws.
    deadline = time.monotonic() + 120
    while len(members(process.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert len(members(process.pid)) >= 3
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in output
    deadline = time.monotonic() + 30
    while members(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not members(process.pid)
    assert sorted(tmp_path.iterdir()) == [plan]
