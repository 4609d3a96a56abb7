"""A cluster that is away at first and lost later: blocks wait, are done again, and nobody else notices."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from zorgstroom_simulator import compute_steady
from zorgstroom_simulator.compute import Compute, LocalCompute, WorkFailed
from zorgstroom_simulator.compute_dask import ClusterUnreachable
from zorgstroom_simulator.compute_steady import SteadyCompute

pytestmark = pytest.mark.contract

WAIT_SECONDS = 60


class Clusters:
    """Opens clusters of one process, of which the first is away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked = 0
        self.opened: list[LocalCompute] = []

    def open(self) -> Compute:
        self.asked += 1
        if self.asked == 1:
            raise ClusterUnreachable(address="tcp://away:1")
        self.opened.append(LocalCompute("tests.support.compute_work:prepare", str(self._folder), jobs=1))
        return self.opened[-1]


@pytest.fixture
def clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clusters:
    monkeypatch.setattr(compute_steady, "RETRY_SECONDS", 0.1)
    return Clusters(tmp_path)


@pytest.fixture
def compute(clusters: Clusters) -> Iterator[SteadyCompute]:
    with closing(SteadyCompute(clusters.open)) as made:
        yield made


def block(do: str, **more: object) -> bytes:
    return json.dumps({"do": do, **more}).encode()


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_blocks_wait_for_a_cluster_and_are_done_again_by_the_next(
    compute: SteadyCompute, clusters: Clusters, tmp_path: Path
) -> None:
    first, second, unwanted = (
        compute.submit(block("wait", number=1)),
        compute.submit(block("echo", text="second")),
        compute.submit(block("mark", name="unwanted")),
    )
    eventually((tmp_path / "waiting-1").exists)
    assert clusters.asked == 2
    assert compute.ready()
    assert unwanted.cancel()
    # The cluster goes away with all it had.
    clusters.opened[0].close()
    eventually(lambda: len(clusters.opened) == 2)
    (tmp_path / "go").touch()
    assert first.result(WAIT_SECONDS) == b"waited"
    assert second.result(WAIT_SECONDS) == b"second"
    assert not (tmp_path / "unwanted").exists()
    # An error of the work is no loss of the cluster.
    with pytest.raises(WorkFailed):
        compute.submit(block("not found")).result(WAIT_SECONDS)
    assert len(clusters.opened) == 2


def test_closing_cancels_what_waits(clusters: Clusters, tmp_path: Path) -> None:
    compute = SteadyCompute(clusters.open)
    running = compute.submit(block("wait", number=1))
    eventually((tmp_path / "waiting-1").exists)
    waiting = compute.submit(block("echo", text="x"))
    compute.close()
    assert running.cancelled()
    assert waiting.cancelled()
    assert not compute.ready()
    with pytest.raises(RuntimeError):
        compute.submit(block("echo", text="x"))
