"""Machine code is there before anybody waits for it: nothing is compiled in a run after the warm-up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zorgstroom.dataset import load_dataset
from zorgstroom.domain.area import Region
from zorgstroom.planning.check import check_scenario
from zorgstroom_simulator import engine_option, machine_code, warm_up

pytestmark = pytest.mark.unit

#: Warms up and then does a month of a region with another plan; prints what was compiled in each.
WATCHED = """
import json, sys
from numba.core import event
from zorgstroom.dataset import load_dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.domain.area import Region
from zorgstroom_simulator import warm_up
from zorgstroom_simulator.experiment import Experiment, simulate_replication
listener = event.RecordingListener()
event.register("numba:compile", listener)
dataset = load_dataset()
warm_up.warm_up(dataset)
first = len(listener.buffer)
plan = {"zorgstroom": 1, "name": "Nu", "horizon": {"weeks": 4, "warmup_weeks": 1}, "actions": [
    {"concentrate": {"profiles": ["pancreas"], "at": ["MST"], "start": "2025-01-13"}},
    {"workforce": {"profession": "ward_nurse", "percent": -10}},
    {"demand": {"profiles": ["cataract"], "replace": 0.1}},
]}
experiment = Experiment(dataset, Scenario.model_validate(plan), Region("roaz", "Euregio"), 3, "compiled")
simulate_replication(experiment, 1)
print(json.dumps([first, len(listener.buffer) - first, warm_up.is_kept(), str(warm_up.kept_in())]))
"""


def watched(**environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WATCHED],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> tuple[int, int, bool, str]:
    out, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    before, after, kept, folder = json.loads(out)
    return before, after, kept, folder


def test_after_the_warm_up_a_run_compiles_nothing() -> None:
    _, after, kept, _ = told(watched())
    assert after == 0
    assert kept


def test_what_everything_happens_in_is_a_plan_that_can_be_carried_out() -> None:
    dataset = load_dataset()
    experiment = warm_up.everything(dataset)
    assert isinstance(experiment.region, Region)
    assert not check_scenario(experiment.scenario, dataset, experiment.region).errors
    assert {item.kind for item in experiment.scenario.actions} == {"close", "demand", "capacity"}


def test_code_that_came_with_an_image_is_copied_to_where_it_can_be_added_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped, wanted = tmp_path / "shipped", tmp_path / "wanted"
    (shipped / "engines").mkdir(parents=True)
    (shipped / "engines" / "run.nbc").write_bytes(b"code")
    (shipped / "engines" / "old.nbc").write_bytes(b"other code")
    (shipped / "engines").chmod(0o555)
    (wanted / "engines").mkdir(parents=True)
    (wanted / "engines" / "old.nbc").write_bytes(b"made here")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(wanted))
    monkeypatch.setenv(warm_up.SHIPPED, str(shipped))
    warm_up.fetch_shipped()
    assert (wanted / "engines" / "run.nbc").read_bytes() == b"code"
    assert (wanted / "engines" / "old.nbc").read_bytes() == b"made here"
    assert (wanted / "engines").stat().st_mode & 0o200
    # Without room nothing is copied, and nobody stops.
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    warm_up.fetch_shipped()


def test_the_first_use_says_that_the_code_is_made_and_where_it_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[object] = []
    monkeypatch.setattr(engine_option, "warm_up", made.append)
    monkeypatch.setattr(engine_option, "is_kept", lambda: False)
    dataset = load_dataset()
    engine_option.ready(dataset, "en")
    assert "translated for this computer, once; that takes about 10 seconds" in capsys.readouterr().err
    assert made == [dataset]
    monkeypatch.setattr(engine_option, "kept_in", lambda: None)
    engine_option.ready(dataset, "en")
    assert "Set NUMBA_CACHE_DIR to a folder that can be written to" in capsys.readouterr().err
    assert made == [dataset]
    monkeypatch.setattr(engine_option, "is_kept", lambda: True)
    engine_option.ready(dataset, "en")
    assert capsys.readouterr().err == ""


@pytest.mark.nightly
def test_two_processes_at_once_make_the_code_and_keep_it(tmp_path: Path) -> None:
    both = [watched(NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2)]
    for before, after, kept, folder in map(told, both):
        assert before > 0
        assert (after, kept) == (0, True)
        assert folder.startswith(str(tmp_path))
    before, after, _, _ = told(watched(NUMBA_CACHE_DIR=str(tmp_path)))
    assert (before, after) == (0, 0)


def test_with_nowhere_to_keep_it_nothing_is_said_to_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(function: object) -> object:
        raise RuntimeError("no folder can be written to")

    monkeypatch.setattr(machine_code, "KeptCode", nowhere)
    assert warm_up.kept_in() is None
    assert not warm_up.is_kept()
