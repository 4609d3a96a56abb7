"""Processes of our own that do blocks: what they do beyond what every compute does (`test_computes.py`)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.processes import gone

from zorgstroom_simulator.compute import ComputeLost, LocalCompute

pytestmark = pytest.mark.contract

WAIT_SECONDS = 60


@pytest.fixture
def compute(tmp_path: Path) -> Iterator[LocalCompute]:
    with closing(LocalCompute("tests.support.compute_work:prepare", str(tmp_path), jobs=2)) as made:
        yield made


def submit(compute: LocalCompute, do: str, affinity: Hashable = None, **more: object) -> Future[bytes]:
    return compute.submit(json.dumps({"do": do, **more}).encode(), affinity)


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def process_of(folder: Path, prefix: str) -> list[int]:
    return [int(file.name.removeprefix(f"{prefix}-")) for file in folder.glob(f"{prefix}-*")]


def test_an_idle_process_that_is_killed_is_replaced(compute: LocalCompute) -> None:
    submit(compute, "echo", text="warm").result(WAIT_SECONDS)
    for process_id in compute.process_ids:
        os.kill(process_id, signal.SIGKILL)
    assert submit(compute, "echo", text="again").result(WAIT_SECONDS) == b"again"


def test_processes_that_cannot_start_do_not_start_for_ever(tmp_path: Path) -> None:
    with closing(LocalCompute("tests.support.compute_work:prepare_badly", str(tmp_path), jobs=1)) as compute:
        with pytest.raises(ComputeLost):
            submit(compute, "echo", text="x").result(WAIT_SECONDS)
        eventually(lambda: not compute.process_ids)


def test_cancelling_stops_a_block_that_is_being_done(compute: LocalCompute, tmp_path: Path) -> None:
    running = [submit(compute, "sleep") for _ in range(2)]
    waiting = submit(compute, "echo", text="next")
    eventually(lambda: len(process_of(tmp_path, "sleeping")) == 2)
    assert not waiting.done()
    assert running[0].cancel()
    assert waiting.result(WAIT_SECONDS) == b"next"
    eventually(lambda: any(map(gone, process_of(tmp_path, "sleeping"))))
    assert not running[1].done()


def test_a_cancelled_block_that_waits_is_not_done(compute: LocalCompute, tmp_path: Path) -> None:
    running = [submit(compute, "sleep") for _ in range(2)]
    waiting = submit(compute, "die", times=0)
    waiting.cancel()
    for future in running:
        future.cancel()
    assert submit(compute, "echo", text="on").result(WAIT_SECONDS) == b"on"
    assert not (tmp_path / "deaths").exists()


def test_closing_stops_everything(tmp_path: Path) -> None:
    compute = LocalCompute("tests.support.compute_work:prepare", str(tmp_path), jobs=2)
    running, waiting = submit(compute, "sleep"), [submit(compute, "sleep") for _ in range(3)]
    eventually(lambda: process_of(tmp_path, "sleeping"))
    compute.close()
    compute.close()
    assert running.cancelled()
    assert all(future.cancelled() for future in waiting)
    assert all(map(gone, process_of(tmp_path, "started")))
    with pytest.raises(RuntimeError):
        submit(compute, "echo", text="x")


OWNER = """
import json, sys, time
from zorgstroom_simulator.compute import LocalCompute
if __name__ == "__main__":
    compute = LocalCompute("tests.support.compute_work:prepare", sys.argv[1], jobs=2)
    for _ in range(2):
        compute.submit(json.dumps({"do": "sleep"}).encode())
    time.sleep(600)
"""


def test_processes_stop_when_their_owner_is_killed(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}
    ) as owner:
        eventually(lambda: len(process_of(tmp_path, "sleeping")) == 2)
        owner.send_signal(signal.SIGKILL)
    eventually(lambda: all(map(gone, process_of(tmp_path, "sleeping"))))


def test_a_process_gets_what_is_like_what_it_did_before(compute: LocalCompute, tmp_path: Path) -> None:
    def done_by() -> dict[int, bytes]:
        futures = {number: submit(compute, "who", affinity=number, seconds=0.2) for number in range(8)}
        return {number: future.result(WAIT_SECONDS) for number, future in futures.items()}

    eventually(lambda: len(process_of(tmp_path, "started")) == 2)
    first, second = done_by(), done_by()
    assert len(set(first.values())) == 2
    # A process that is free at the end takes over what is left, so not all of them need be the same.
    assert sum(first[number] == second[number] for number in first) >= 6
