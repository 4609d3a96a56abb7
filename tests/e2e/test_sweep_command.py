"""``zorgstroom sweep`` as a planner uses it: real processes that are killed, stopped and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.support.few_profiles import few_profiles
from tests.support.processes import members

from zorgstroom.cli import run

pytestmark = pytest.mark.e2e

SWEEP = """
zorgstroom: 1
name: Elke locatie weg
scenario:
  region: {roaz: Euregio}
  horizon: {weeks: 4, warmup_weeks: 1}
leave_out: {profile: hip_replacement}
grid:
  horizon.weeks: [4, 5]
"""
#: Three locations, two lengths of the period, four simulated years.
YEARS = 24


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return few_profiles(tmp_path_factory.mktemp("few") / "dataset", ("hip_replacement", "outpatient_first"))


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    path = tmp_path / "locaties.yaml"
    path.write_text(SWEEP, encoding="utf-8")
    return path


def arguments(sweep: Path, dataset: Path, out: Path, *more: object) -> list[str]:
    words = ("sweep", sweep, "--dataset", dataset, "--out", out, "--replications", 4, "--lang", "en", *more)
    return [str(word) for word in words]


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def results(out: Path) -> set[Path]:
    return set(out.glob("results/*/*.arrow"))


def tables(out: Path) -> dict[str, bytes]:
    return {name: (out / name).read_bytes() for name in ("sweep.parquet", "sweep.csv", "variants.csv")}


def test_killed_stopped_and_gone_on_with_it_gives_the_same_bytes(
    sweep: Path, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    with subprocess.Popen(
        [sys.executable, "-m", "zorgstroom", *arguments(sweep, dataset, out, "--jobs", 2)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        eventually(lambda: len(results(out)) > 0)
        workers = set(members(running.pid)) - {running.pid}
        os.kill(max(workers), signal.SIGKILL)
        before = len(results(out))
        eventually(lambda: len(results(out)) > before)
        running.send_signal(signal.SIGTERM)
        _, warned = running.communicate(timeout=60)
    assert running.returncode == 143, warned
    assert "Give the same command again to go on." in warned
    eventually(lambda: not members(running.pid))
    finished = results(out)
    assert 0 < len(finished) < YEARS
    assert not (out / "manifest.json").exists()

    assert run(arguments(sweep, dataset, out, "--compute", "threads", "--jobs", 2)) == 0
    said = capsys.readouterr()
    assert f"{len(finished)} of the {YEARS} simulated years were in the folder already" in said.err
    assert "What stands out" in said.out
    # What was finished is not touched.
    assert finished < results(out)

    assert run(arguments(sweep, dataset, out, "--json")) == 0
    assert json.loads(capsys.readouterr().out)["computed_years"] == 0
    assert run(arguments(sweep, dataset, whole, "--compute", "threads", "--jobs", 1, "--json")) == 0
    manifest = json.loads(capsys.readouterr().out)
    assert (manifest["computed_years"], manifest["variants"], manifest["not_possible"]) == (YEARS, 6, 0)
    assert tables(out) == tables(whole)
    rows = pq.read_table(whole / "sweep.parquet").to_pylist()
    assert {row["replications"] for row in rows if row["indicator"] == "travel_mean"} == {4}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--compute", "thread"), "--compute: 'thread' is no place to compute. Do you mean 'threads'?"),
        (
            ("--region", "roaz:Eureg"),
            "--region: Region 'Eureg' does not exist in roaz. Do you mean 'Euregio'?",
        ),
    ],
)
def test_a_mistake_is_said_before_anything_is_made(
    sweep: Path,
    dataset: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    said: str,
) -> None:
    assert run(arguments(sweep, dataset, tmp_path / "out", *options)) == 1
    assert capsys.readouterr().err.strip() == said
    assert not (tmp_path / "out").exists()
