"""One suite for every place where blocks run: processes of our own, threads, and a Dask cluster."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.processes import gone

from zorgstroom.errors import InvalidInput
from zorgstroom_simulator.compute import (
    BATCH,
    INTERACTIVE,
    MAX_ATTEMPTS,
    ClusterLost,
    Compute,
    ComputeLost,
    Rank,
    WorkFailed,
)
from zorgstroom_simulator.compute_choice import check_compute, open_compute
from zorgstroom_simulator.compute_dask import ClusterUnreachable, NoDask

pytestmark = pytest.mark.contract

WAIT_SECONDS = 60
PREPARE = "tests.support.compute_work:prepare"
COMPUTES = ("processes", "threads", "dask")
#: Those whose workers are processes, which may die.
WITH_PROCESSES = ("processes", "dask")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A running cluster, as a user has one."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        scheduler_kwargs={"allowed_failures": MAX_ATTEMPTS - 1},
    ) as running:
        yield running


@pytest.fixture
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str, str], Compute]]:
    """Open a compute by its name; it is closed afterwards."""
    made: list[Compute] = []

    def opening(name: str, prepare: str = PREPARE) -> Compute:
        place = name
        if name == "dask":
            cluster = request.getfixturevalue("cluster")
            # Those that an earlier test killed are back.
            cluster.wait_for_workers(2, WAIT_SECONDS)
            place = cluster.scheduler_address
        made.append(open_compute(place, prepare, str(tmp_path), jobs=2))
        return made[-1]

    yield opening
    # Blocks that wait for a sign must end before what runs them can be freed.
    (tmp_path / "go").touch()
    for compute in made:
        compute.close()


Opening = Callable[..., Compute]


def submit(compute: Compute, do: str, **more: object) -> Future[bytes]:
    return compute.submit(json.dumps({"do": do, **more}).encode())


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("name", COMPUTES)
def test_every_block_gets_its_own_answer_or_error_and_the_work_is_prepared_once_per_process(
    name: str, opened: Opening, tmp_path: Path
) -> None:
    compute = opened(name)
    futures = [submit(compute, "echo", text=f"block {number}") for number in range(20)]
    expected = [f"block {number}".encode() for number in range(20)]
    assert [future.result(WAIT_SECONDS) for future in futures] == expected
    # The same block again is done again.
    assert submit(compute, "echo", text="block 0").result(WAIT_SECONDS) == b"block 0"
    assert 1 <= len(list(tmp_path.glob("started-*"))) <= (1 if name == "threads" else 2)
    assert (tmp_path / f"started-{os.getpid()}").exists() == (name == "threads")

    # A large result comes whole.
    answer = submit(compute, "echo", text="é", times=2_000_000).result(WAIT_SECONDS)
    assert answer == "é".encode() * 2_000_000
    # Errors come back as data, and the next block is done.
    with pytest.raises(WorkFailed) as found:
        submit(compute, "not found").result(WAIT_SECONDS)
    assert (found.value.text_key, found.value.params) == ("error.not_found", {"what": "bed", "name": "12"})
    with pytest.raises(WorkFailed) as found:
        submit(compute, "invalid").result(WAIT_SECONDS)
    assert (found.value.text_key, found.value.params) == ("first.problem", {"path": str(tmp_path)})
    with pytest.raises(WorkFailed) as found:
        submit(compute, "defect").result(WAIT_SECONDS)
    assert (found.value.text_key, found.value.retriable) == ("error.internal", False)
    assert submit(compute, "echo", text="on").result(WAIT_SECONDS) == b"on"


@pytest.mark.parametrize("name", WITH_PROCESSES)
def test_a_worker_killed_in_mid_block_loses_nothing_unless_the_block_is_to_blame(
    name: str, opened: Opening
) -> None:
    compute = opened(name)
    others = [submit(compute, "echo", text=str(number)) for number in range(5)]
    assert submit(compute, "die", times=2).result(WAIT_SECONDS) == b"alive at last"
    more = [submit(compute, "echo", text=str(number)) for number in range(5, 8)]
    assert [future.result(WAIT_SECONDS) for future in [*others, *more]] == [
        str(number).encode() for number in range(8)
    ]
    # One that kills three workers is lost; it began to count where the last one ended.
    with pytest.raises(ComputeLost) as found:
        submit(compute, "die", times=6).result(WAIT_SECONDS)
    assert found.value.retriable
    assert submit(compute, "echo", text="on").result(WAIT_SECONDS) == b"on"


@pytest.mark.parametrize("name", COMPUTES)
def test_a_cancelled_block_is_not_begun_and_one_that_runs_has_no_answer(
    name: str, opened: Opening, tmp_path: Path
) -> None:
    compute = opened(name)
    running = [submit(compute, "wait", number=number) for number in range(2)]
    eventually(lambda: len(list(tmp_path.glob("waiting-*"))) == 2)
    waiting, next_one = submit(compute, "mark", name="begun"), submit(compute, "echo", text="next")
    assert waiting.cancel()
    assert running[0].cancel()
    if name == "dask":
        # The word has to reach the worker.
        time.sleep(0.5)
    (tmp_path / "go").touch()
    assert next_one.result(WAIT_SECONDS) == b"next"
    assert running[1].result(WAIT_SECONDS) == b"waited"
    assert running[0].cancelled()
    assert not (tmp_path / "begun").exists()


@pytest.mark.parametrize("name", ["processes", "threads"])
def test_blocks_of_a_lower_rank_are_begun_first(name: str, opened: Opening, tmp_path: Path) -> None:
    compute = opened(name)
    running = [submit(compute, "wait", number=number) for number in range(2)]
    eventually(lambda: len(list(tmp_path.glob("waiting-*"))) == 2)
    order: list[str] = []

    def rank(text: str, rank: Rank) -> Future[bytes]:
        future = compute.submit(json.dumps({"do": "who", "seconds": 0.1}).encode(), None, rank)
        future.add_done_callback(lambda _: order.append(text))
        return future

    # As many of one kind at a time as there are workers.
    kinds = {"batch": (BATCH, 0.0), "later": (INTERACTIVE, 2.0), "sooner": (INTERACTIVE, 1.0)}
    futures = [rank(text, turn) for text, turn in kinds.items() for _ in range(2)]
    (tmp_path / "go").touch()
    for future in [*running, *futures]:
        future.result(WAIT_SECONDS)
    eventually(lambda: len(order) == len(futures))
    assert order == ["sooner"] * 2 + ["later"] * 2 + ["batch"] * 2


@pytest.mark.parametrize("name", COMPUTES)
def test_closing_cancels_what_is_open_and_takes_no_more(name: str, opened: Opening, tmp_path: Path) -> None:
    compute = opened(name)
    running = [submit(compute, "wait", number=number) for number in range(2)]
    eventually(lambda: len(list(tmp_path.glob("waiting-*"))) == 2)
    waiting = [submit(compute, "mark", name=f"begun-{number}") for number in range(3)]
    if name == "threads":
        # A thread cannot be stopped: closing waits for what it does.
        (tmp_path / "go").touch()
    compute.close()
    compute.close()
    assert all(future.done() for future in running)
    assert all(future.cancelled() or name == "threads" for future in [*running, *waiting])
    with pytest.raises(RuntimeError):
        submit(compute, "echo", text="x")


@pytest.mark.parametrize("name", ["threads", "dask"])
def test_work_that_cannot_be_prepared_is_an_error_and_no_silence(name: str, opened: Opening) -> None:
    compute = opened(name, "tests.support.compute_work:prepare_badly")
    with pytest.raises((ComputeLost, WorkFailed)):
        submit(compute, "echo", text="x").result(WAIT_SECONDS)


def test_a_cluster_of_our_own_is_gone_when_it_is_closed(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with closing(open_compute("dask", PREPARE, str(tmp_path), jobs=1)) as compute:
        worker = int(submit(compute, "who", seconds=0).result(WAIT_SECONDS))
        waiting = submit(compute, "sleep")
        eventually(lambda: list(tmp_path.glob("sleeping-*")))
    assert worker != os.getpid()
    assert gone(worker)
    assert waiting.cancelled()


def test_a_cluster_that_is_not_there_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("zorgstroom_simulator.compute_dask.ANSWER_SECONDS", 1)
    with pytest.raises(ClusterUnreachable) as found:
        # Port 1 is for nobody.
        open_compute("tcp://127.0.0.1:1", PREPARE, "", jobs=1)
    assert "tcp://127.0.0.1:1" in found.value.message("nl")


@pytest.mark.parametrize(("lost", "answered"), [(1, True), (MAX_ATTEMPTS, False)])
def test_a_dask_answer_lost_on_its_way_back_is_asked_anew(
    opened: Opening, monkeypatch: pytest.MonkeyPatch, lost: int, answered: bool
) -> None:
    """As when a worker dies while it hands over what it made: Dask then raises an error of its own."""
    compute: Any = opened("dask")
    real, times = compute._executor.submit, []

    def submitting(*order: Any, **more: Any) -> Future[bytes]:
        times.append(order)
        if len(times) > lost:
            handed: Future[bytes] = real(*order, **more)
            return handed
        failed: Future[bytes] = Future()
        failed.set_exception(ValueError("too many values to unpack"))
        return failed

    monkeypatch.setattr(compute._executor, "submit", submitting)
    future = submit(compute, "echo", text="here")
    if answered:
        assert future.result(WAIT_SECONDS) == b"here"
    else:
        with pytest.raises(ClusterLost):
            future.result(WAIT_SECONDS)
    assert len(times) == min(lost + 1, MAX_ATTEMPTS)


@pytest.mark.parametrize("good", ["processes", "threads", "dask", "tcp://node-1:8786", "tls://[::1]:8786"])
def test_names_of_computes(good: str) -> None:
    check_compute(good, "--compute")


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("procesess", "Do you mean 'processes'?"),
        ("tcp://node-1", "tcp://host:8786"),
        ("http://node-1:8786", "tcp://host:8786"),
        ("", "Possible: processes, threads, dask"),
    ],
)
def test_what_is_no_compute_is_refused(bad: str, said: str) -> None:
    with pytest.raises(InvalidInput) as found:
        check_compute(bad, "--compute")
    assert said in found.value.message("en")


def test_without_the_part_for_clusters_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(NoDask) as found:
        open_compute("dask", PREPARE, "", jobs=1)
    assert f"{sys.executable} -m pip install distributed" in found.value.message("en")
    # And at once when it is asked for, before anything is made.
    for name in ("dask", "tcp://127.0.0.1:8786"):
        with pytest.raises(NoDask):
            check_compute(name, "--compute")
