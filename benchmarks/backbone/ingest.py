"""How fast one projector writes what it reads from Kafka into PostgreSQL, and how far behind it is meanwhile."""

from __future__ import annotations

import datetime as dt
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from itertools import islice

from tests.support.stack import SCENARIO as PLAN

from benchmarks.backbone.stack import Stack, running_stack, wait_until
from benchmarks.bench import Bench
from benchmarks.report import Cell, Part, Target
from zorgstroom.dataset import load_dataset
from zorgstroom.events import open_event_log
from zorgstroom.events.ports import RUNS
from zorgstroom.events.schemas import (
    Event,
    HeadlineIndicator,
    Payload,
    ReplicationCompleted,
    RunAccepted,
    RunProgressed,
    RunRequested,
    RunSettings,
    make_event,
)
from zorgstroom.settings import Settings
from zorgstroom_api.projector import Projector
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import upgrade

#: Events that wait, of so many runs; every eighth of the large kind holds the headline numbers of a replication.
WAITING, RUNS_WAITING, AT_ONCE = 60_000, 100, 2000
HEADLINES = 40
#: Runs that publish at the same time, how often each does, and for how long.
PUBLISHERS, PER_SECOND, SECONDS = 4, 50, 15.0
LOOK_SECONDS = 0.005
SOURCE = "/benchmark"


def measure(bench: Bench) -> Part:
    """Read a topic that is full, then follow runs that publish."""
    rows: list[tuple[Cell, ...]] = []
    with running_stack(bench.folder / "ingest") as stack:
        small = _full(stack, "small", [_progress] * 8)
        mixed = _full(stack, "mixed", [_progress] * 7 + [_replication])
        lags = _followed(stack)
    rows += [
        ("progress only", WAITING, small, None, None),
        (f"one of eight a replication of {HEADLINES} headline numbers", WAITING, mixed, None, None),
        (
            f"{PUBLISHERS} runs that publish, {PER_SECOND} events/s each",
            len(lags),
            None,
            1000 * statistics.median(lags),
            1000 * max(lags),
        ),
    ]
    return Part(
        name="ingest",
        title="From Kafka into the database",
        about="One projector, from the Kafka topic of runs into PostgreSQL (which syncs every commit). "
        "Lag: from the time in an event to the moment another connection sees its effect.",
        columns=("events", "number", "events/s", "median lag ms", "longest lag ms"),
        rows=tuple(rows),
        targets=(
            Target(
                what="small events from Kafka into PostgreSQL, one projector",
                unit="events/s",
                kind="at least",
                wanted=5000,
                measured=small,
            ),
            Target(
                what=f"longest lag while {PUBLISHERS} runs publish",
                unit="s",
                kind="at most",
                wanted=1,
                measured=max(lags),
            ),
        ),
    )


def _requested(run: str) -> Event:
    payload = RunRequested(
        scenario=PLAN, dataset_digest=load_dataset().digest, settings=RunSettings(replications=1000)
    )
    return make_event(run, SOURCE, payload)


def _progress(number: int) -> Payload:
    return RunProgressed(attempt=1, done=number, total=1000)


def _replication(number: int) -> Payload:
    indicators = [
        HeadlineIndicator(scenario=scenario, indicator=f"indicator_{item}", total=number, count=1)
        for scenario in ("baseline", "plan")
        for item in range(HEADLINES // 2)
    ]
    return ReplicationCompleted(attempt=1, replication=number, indicators=indicators)


def _full(stack: Stack, name: str, kinds: Sequence[Callable[[int], Payload]]) -> float:
    """Return events per second of a projector that finds its topic full."""
    settings = Settings(
        data_dir=stack.folder, bus_url=f"{stack.environment['ZORGSTROOM_BUS_URL']}?prefix={name}."
    )
    runs = [f"{name}-{number}" for number in range(RUNS_WAITING)]
    with closing(open_event_log(settings)) as log:
        log.publish(RUNS, [_requested(run) for run in runs])
        events = (
            make_event(
                runs[number % RUNS_WAITING], SOURCE, kinds[number % len(kinds)](number // RUNS_WAITING)
            )
            for number in range(WAITING)
        )
        while part := list(islice(events, AT_ONCE)):
            log.publish(RUNS, part)
    with closing(Database(stack.environment["ZORGSTROOM_DATABASE_URL"])) as database:
        upgrade(database)
        projector = Projector(database, partial(open_event_log, settings), 0.5)
        applied, started = 0, 0.0
        try:
            while True:
                seen = projector.applied
                projector.step()
                if not started:
                    # The first step also connects.
                    applied, started = projector.applied, time.perf_counter()
                elif projector.applied == seen:
                    break
                else:
                    ended = time.perf_counter()
            return (projector.applied - applied) / (ended - started)
        finally:
            projector.close()


def _followed(stack: Stack) -> list[float]:
    """Return the seconds from each event to its being seen, of runs that publish at the same time."""
    api = stack.api()
    published: dict[str, dict[int, float]] = {f"follow-{number}": {} for number in range(PUBLISHERS)}
    with closing(Database(stack.environment["ZORGSTROOM_DATABASE_URL"])) as database:
        with closing(stack.log()) as log:
            log.publish(RUNS, [_requested(run) for run in published])
            log.publish(
                RUNS, [make_event(run, SOURCE, RunAccepted(attempt=1, worker="")) for run in published]
            )
        wait_until(lambda: api.client.get("/runs/follow-0").is_success, 30.0)
        stop = threading.Event()
        threads = [
            threading.Thread(target=_publish, args=(stack, run, published[run], stop)) for run in published
        ]
        for thread in threads:
            thread.start()
        lags: list[float] = []
        seen = dict.fromkeys(published, 0)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            with database.read() as session:
                done = {run: RunRepository(session).get(run).done for run in published}
            now = dt.datetime.now(dt.UTC).timestamp()
            for run, number in done.items():
                # Every event in between is seen now at the latest.
                lags += [now - published[run][passed] for passed in range(seen[run] + 1, number + 1)]
                seen[run] = number
            time.sleep(LOOK_SECONDS)
        stop.set()
        for thread in threads:
            thread.join()
    return lags


def _publish(stack: Stack, run: str, published: dict[int, float], stop: threading.Event) -> None:
    settings = Settings(data_dir=stack.folder, bus_url=stack.environment["ZORGSTROOM_BUS_URL"])
    with closing(open_event_log(settings)) as log:
        number = 0
        while not stop.wait(1 / PER_SECOND):
            number += 1
            event = make_event(run, SOURCE, RunProgressed(attempt=1, done=number, total=10**6))
            published[number] = event.time.timestamp()
            log.publish(RUNS, [event])
