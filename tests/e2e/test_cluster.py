"""A simulator on a real Dask cluster: a scheduler and workers as processes, killed in the middle of a run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.services import free_port
from tests.support.simulator_bench import SLOW, Bench, assert_results, children_of

from zorgstroom.events.schemas import (
    ReplicationCompleted,
    RunAccepted,
    RunCancellationRequested,
    RunCancelled,
    RunCompleted,
    make_event,
)

pytest.importorskip("distributed")
pytestmark = [pytest.mark.e2e, pytest.mark.nightly, pytest.mark.timeout(600)]

WAIT_SECONDS = 240.0


class Cluster:
    """A scheduler and its workers."""

    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self._folder, self._opened = folder, opened
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._started = 0

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        return self._start("distributed.cli.dask_scheduler", *options)

    def start_worker(self) -> subprocess.Popen[bytes]:
        return self._start("zorgstroom", "worker", "--scheduler", self.address)

    def log(self) -> str:
        return "\n".join(file.read_text() for file in sorted(self._folder.glob("cluster-*.log")))

    def _start(self, module: str, *options: str) -> subprocess.Popen[bytes]:
        self._started += 1
        environment = {**os.environ, "ZORGSTROOM_DATA_DIR": str(self._folder / f"worker-{self._started}")}
        with (self._folder / f"cluster-{self._started}.log").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *options],
                env={**environment, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "2"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._opened.callback(process.wait)
        self._opened.callback(process.kill)
        return process


def eventually(condition: Callable[[], object], story: Callable[[], str]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, story()
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as opened:
        yield Cluster(tmp_path, opened)


def workers_heard(cluster: Cluster) -> int:
    return cluster.log().count("a worker computes for")


def test_a_worker_that_is_killed_and_one_that_joins_midway_give_the_same_tables(
    cluster: Cluster, local_bench: Bench, digests: dict[str, str]
) -> None:
    bench = local_bench
    # Nobody is there yet: the simulator waits.
    bench.start(ZORGSTROOM_COMPUTE_URL=cluster.address)
    cluster.start_scheduler()
    worker = cluster.start_worker()
    bench.request("run-1")
    bench.wait_for(ReplicationCompleted, "run-1")
    second = cluster.start_worker()
    [computing] = children_of(worker)
    os.kill(computing, 9)
    assert_results(bench, "run-1", digests)
    assert [completed.attempt for completed in bench.said(RunCompleted, "run-1")] == [1]
    ids = bench.ids("replication.completed", "run-1")
    assert len(ids) == len(set(ids)) == SLOW.replications
    eventually(lambda: workers_heard(cluster) == 2, cluster.log)
    # Cancelled: said at once, and its worker does not go on with it.
    bench.request("run-2", settings=SLOW.model_copy(update={"replications": 20, "seed": 8}))
    bench.wait_for(RunAccepted, "run-2")
    bench.queue.publish(make_event("run-2", "/test", RunCancellationRequested(attempt=1)))
    bench.wait_for(RunCancelled, "run-2")
    for one in (worker, second):
        one.terminate()
        assert one.wait(30) == 0


def test_a_scheduler_that_is_killed_and_started_again_gives_the_same_tables(
    cluster: Cluster, local_bench: Bench, digests: dict[str, str]
) -> None:
    bench = local_bench
    scheduler = cluster.start_scheduler()
    for _ in range(2):
        cluster.start_worker()
    bench.start(ZORGSTROOM_COMPUTE_URL=cluster.address)
    bench.request("run-1")
    bench.wait_for(ReplicationCompleted, "run-1")
    scheduler.kill()
    scheduler.wait()
    eventually(lambda: "the cluster is lost" in bench.story(), bench.story)
    cluster.start_scheduler()
    assert_results(bench, "run-1", digests)
    assert [completed.attempt for completed in bench.said(RunCompleted, "run-1")] == [1]
    ids = bench.ids("replication.completed", "run-1")
    assert len(ids) == len(set(ids)) == SLOW.replications
    assert bench.story().count("the cluster is lost") == 1
