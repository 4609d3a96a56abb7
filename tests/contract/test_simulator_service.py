"""The simulator service on the local bus with the small country: turns, what is kept, and what goes wrong."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.support.service_bench import WAIT_SECONDS, Bench
from tests.support.small_dataset import make_dataset
from tests.support.small_disk import SmallDisk

from zorgstroom.dataset.model import Dataset
from zorgstroom.events import codec
from zorgstroom.events.schemas import (
    ResultPublished,
    RunAccepted,
    RunCancellationRequested,
    RunCancelled,
    RunCompleted,
    RunFailed,
    make_event,
)
from zorgstroom.tables import JOURNEYS, SCHEMAS
from zorgstroom_simulator import service as service_module

pytestmark = [pytest.mark.contract, pytest.mark.timeout(120)]

Start = Callable[..., Bench]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as opened:

        def starting(dataset: Dataset | None = None, artefacts: Path | None = None) -> Bench:
            folder = tmp_path / "data"
            folder.mkdir()
            made = Bench(folder, opened, dataset or make_dataset(), artefacts or folder / "artefacts")
            opened.callback(made.leave)
            return made

        yield starting


def test_interactive_goes_first_and_owners_share_what_is_left(start: Start) -> None:
    bench = start()
    bench.request("many", 12, owner="a", priority="batch")
    bench.wait_for(RunAccepted, "many")
    bench.request("few", 4, owner="b", priority="batch")
    bench.wait_for(RunAccepted, "few")
    bench.request("now", 3, owner="c")
    bench.wait_for(RunAccepted, "now")
    bench.go()
    for run_id in ("many", "few", "now"):
        bench.wait_for(RunCompleted, run_id)
    order = bench.replications_in_order()
    # The first block was being done when the others came; blocks that are done close together may be told in
    # another order.
    assert order[:6].count("now") == 3
    assert order[:14].count("few") == 4
    assert set(order[14:]) == {"many"}


def test_batches_leave_room_for_who_waits(start: Start) -> None:
    bench = start()
    batches = [f"batch-{number}" for number in range(5)]
    for run_id in batches:
        bench.request(run_id, 1, priority="batch")
    bench.wait_for(RunAccepted, "batch-2")
    bench.request("now", 1)
    bench.wait_for(RunAccepted, "now")
    assert not bench.said(RunAccepted, "batch-3")
    bench.go()
    for run_id in [*batches, "now"]:
        bench.wait_for(RunCompleted, run_id)


def test_more_replications_compute_only_the_new_ones_and_a_damaged_one(start: Start) -> None:
    bench = start()
    bench.go()
    bench.request("three", 3)
    assert bench.result("three").manifest["replications"] == {"computed": 3, "kept": 0}
    kept = [path for path in (bench.folder / "replications").glob("*/*") if path.is_file()]
    assert len(kept) == 3
    kept[0].write_bytes(kept[0].read_bytes()[:-10])
    bench.request("five", 5)
    found = bench.result("five").manifest
    assert found["replications"] == {"computed": 3, "kept": 2}
    for path in (bench.folder / "replications").glob("*/*"):
        path.unlink()
    bench.request("anew", 5)
    anew = bench.result("anew").manifest
    assert anew["replications"] == {"computed": 5, "kept": 0}
    assert anew["table_digests"] == found["table_digests"]


def test_journeys_of_the_first_replication_are_a_table_beside_the_others(start: Start) -> None:
    bench = start()
    bench.go()
    bench.request("without", 2)
    bench.request("with", 2, journeys=True)
    without, with_journeys = bench.result("without"), bench.result("with")
    artefacts = {artefact.name: artefact for artefact in with_journeys.artefacts}
    assert set(artefacts) == {*SCHEMAS, "impact", "journeys"}
    digests = dict(with_journeys.manifest["table_digests"])
    assert digests.pop("journeys") == artefacts["journeys"].table_digest
    assert digests == without.manifest["table_digests"]
    table = pq.read_table(bench.store.path(artefacts["journeys"].key))
    assert table.schema.equals(JOURNEYS)
    rows = table.to_pylist()
    assert {row["scenario"] for row in rows} == {"baseline", "plan"}
    assert {row["replication"] for row in rows} == {0}
    # A plan that changes nothing: the same journey for everybody.
    today, plan = (
        [{**row, "scenario": ""} for row in rows if row["scenario"] == name] for name in ("baseline", "plan")
    )
    assert today == plan
    assert len({row["patient"] for row in today}) == len(today)
    treated = [row for row in today if row["admission_minute"] is not None]
    assert treated
    assert all(row["location"] and row["minute"] <= row["admission_minute"] for row in treated)


def test_a_run_that_was_cancelled_before_it_came_is_not_computed(start: Start) -> None:
    bench = start()
    bench.request("other", 1)
    bench.wait_for(RunAccepted, "other")
    bench.queue.publish(make_event("late", "/test", RunCancellationRequested(attempt=2)))
    bench.request("late", 2, attempt=2)
    assert bench.wait_for(RunCancelled, "late").attempt == 2
    assert not bench.said(RunAccepted, "late")
    bench.go()
    # An earlier cancellation says nothing about a later attempt, whatever the clocks say.
    bench.request("late", 1, attempt=3)
    assert bench.wait_for(RunCompleted, "late").attempt == 3


def test_a_defect_that_one_command_meets_is_told_and_kept_and_the_others_go_on(start: Start) -> None:
    # Without names of profiles nothing can be looked up.
    bench = start(dataclasses.replace(make_dataset(), profiles=None))  # type: ignore[arg-type]
    bench.request("poison", 1)
    failed = bench.wait_for(RunFailed, "poison")
    assert (failed.key, failed.retriable) == ("error.internal", False)
    deadline = time.monotonic() + WAIT_SECONDS
    while not (letters := bench.log.dead_letters(10)):
        assert time.monotonic() < deadline
    assert b"poison" in letters[0].value
    bench.request("next", 1)
    bench.wait_for(RunFailed, "next")
    assert bench.thread.is_alive()


def test_a_result_that_no_message_can_carry_fails_its_run_and_the_others_go_on(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = start()
    bench.request("large", 1)
    bench.wait_for(RunAccepted, "large")
    # The manifest is larger than this, everything else is smaller.
    monkeypatch.setattr(codec, "MAX_EVENT_BYTES", 4000)
    bench.go()
    failed = bench.wait_for(RunFailed, "large")
    assert (failed.key, failed.retriable) == ("error.message_too_large", False)
    monkeypatch.undo()
    bench.request("next", 1)
    bench.result("next")
    assert not bench.said(RunCompleted, "large")
    assert not bench.said(ResultPublished, "large")


def test_an_older_cancellation_that_comes_later_does_not_take_back_a_newer(start: Start) -> None:
    """As when the log of commands was read further than the queue, which gives this one what was said before."""
    bench = start()
    for attempt in (4, 1):
        bench.queue.publish(make_event("run", "/test", RunCancellationRequested(attempt=attempt)))
    bench.request("run", 1, attempt=4, priority="batch")
    assert bench.wait_for(RunCancelled, "run").attempt == 4
    assert not bench.said(RunAccepted, "run")
    bench.go()
    bench.request("run", 1, attempt=7, priority="batch")
    assert bench.wait_for(RunCompleted, "run").attempt == 7


def test_a_full_disk_fails_the_run_which_can_be_done_again_when_there_is_room(
    start: Start, small_disk: SmallDisk
) -> None:
    bench = start(artefacts=small_disk.folder)
    bench.go()
    small_disk.fill()
    bench.request("run", 2)
    failed = bench.wait_for(RunFailed, "run")
    assert (failed.key, failed.retriable) == ("error.cannot_keep", True)
    assert not bench.said(ResultPublished, "run")
    small_disk.make_room()
    assert not small_disk.files()
    bench.request("run", 2, attempt=2)
    again = bench.result("run")
    assert again.attempt == 2
    for artefact in again.artefacts:
        assert bench.store.path(artefact.key).stat().st_size == artefact.bytes
    bench.request("elsewhere", 2)
    assert bench.result("elsewhere").manifest["table_digests"] == again.manifest["table_digests"]


def test_stopping_gives_every_run_back_at_once(start: Start) -> None:
    bench = start()
    for run_id in ("one", "two"):
        bench.request(run_id, 2)
        bench.wait_for(RunAccepted, run_id)
    bench.leave()
    for run_id in ("one", "two"):
        failed = bench.wait_for(RunFailed, run_id)
        assert (failed.key, failed.retriable) == ("simulator.stopped", True)


def test_a_command_that_comes_again_is_known_as_long_as_it_is_one_of_the_last(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "MAX_REMEMBERED", 5)
    bench = start()
    bench.go()
    for number in range(12):
        bench.request(f"run-{number}", 1)
        bench.queue.publish(make_event(f"never-{number}", "/test", RunCancellationRequested(attempt=1)))
    for number in range(12):
        bench.wait_for(RunCompleted, f"run-{number}")
    bench.request("run-11", 1)
    bench.request("last", 1)
    bench.wait_for(RunCompleted, "last")
    # The latest are still known.
    assert len(bench.said(RunAccepted, "run-11")) == 1
    assert len(bench.said(RunCompleted, "run-0")) == 1
