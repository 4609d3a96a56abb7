"""The simulator service: takes runs from the queue, has them computed, tells what happens.

One loop does all the talking and never computes: blocks run in processes of the compute, results are put
together in a thread. While the bus is away the computing goes on and what there is to tell waits in order.
Everything may be done twice (killed at any moment, asked for again): ids of events come from what they say,
tables from their content.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from zorgstroom import MODEL_VERSION
from zorgstroom.artefacts import ArtefactStore
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Conflict, InvalidInput, Problem, Unavailable, ZorgstroomError
from zorgstroom.events.ports import COMMANDS, RESULTS, RUNS, CommandQueue, Delivery, EventLog
from zorgstroom.events.schemas import (
    Artefact,
    Event,
    Payload,
    ReplicationCompleted,
    ResultPublished,
    RunAccepted,
    RunCancellationRequested,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunProgressed,
    RunRequested,
    make_event,
)
from zorgstroom.planning.check import check_scenario
from zorgstroom.planning.plan import parse_region, region_of
from zorgstroom_simulator.blocks import block_of, decode
from zorgstroom_simulator.compute import Compute, describe
from zorgstroom_simulator.cross_check import cross_check, with_other_engine
from zorgstroom_simulator.engines.registry import engine_named
from zorgstroom_simulator.experiment import Experiment, ReplicationTables, today_key
from zorgstroom_simulator.outcome import Outcome, keep, make_outcome
from zorgstroom_simulator.resources import require_memory

logger = logging.getLogger(__name__)

#: The consumer group of all simulators.
GROUP = "simulators"
#: Runs a simulator has in hand; their blocks are computed in the order the runs came.
MAX_RUNS = 4
PROGRESS_SECONDS = 0.5
#: A run that has nothing new to tell shows that it lives.
HEARTBEAT_SECONDS = 5.0
#: How long the loop waits for a command before it looks at the rest: with nothing to do, and while it computes.
IDLE_SECONDS, TAKE_SECONDS = 1.0, 0.02
#: How long it then waits for something to be computed.
NEWS_SECONDS = 0.2
#: Pause after the bus did not answer.
RETRY_SECONDS = 1.0
#: Finished runs that are remembered, so that a command that comes twice is not computed twice.
MAX_REMEMBERED = 1000


@dataclass(eq=False)
class _Run:
    """A run in hand."""

    id: str
    attempt: int
    requested: dt.datetime
    experiment: Experiment
    replications: int
    #: How many of them are done again with the other engine.
    checks: int
    started: float
    blocks: set[Future[bytes]] = field(default_factory=set)
    done: dict[int, ReplicationTables] = field(default_factory=dict)
    check_blocks: set[Future[bytes]] = field(default_factory=set)
    checked: dict[int, ReplicationTables] = field(default_factory=dict)
    #: Putting the results together.
    outcome: Future[tuple[Outcome, list[Artefact]]] | None = None
    #: What was told last about the progress, and when.
    told: int = -1
    told_at: float = 0.0


class SimulatorService:
    """See the module. `alive` is a file that is touched as long as the loop and the bus work."""

    def __init__(
        self,
        queue: CommandQueue,
        log: EventLog,
        compute: Compute,
        artefacts: ArtefactStore,
        dataset: Dataset,
        alive: Path,
    ) -> None:
        self._queue = queue
        self._log = log
        self._compute = compute
        self._artefacts = artefacts
        self._dataset = dataset
        self._alive = alive
        self._worker = f"{socket.gethostname()}-{os.getpid()}"
        self._source = f"/simulator/{self._worker}"
        self._runs: dict[str, _Run] = {}
        self._finished: dict[str, int] = {}
        self._to_tell: deque[tuple[str, Event]] = deque()
        self._to_accept: deque[Delivery] = deque()
        self._commands_seen: str | None = None
        self._touched = 0.0
        self._finisher = ThreadPoolExecutor(MAX_RUNS, thread_name_prefix="outcome")
        #: Something is computed, or put together.
        self._news = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then say which runs are not finished, so that others take them."""
        try:
            while not stop.is_set():
                try:
                    self._talk()
                except Unavailable as error:
                    logger.warning("waiting: %s", error)
                    stop.wait(RETRY_SECONDS)
                self._collect()
        finally:
            self._give_back()

    def _talk(self) -> None:
        """Do everything that needs the bus once."""
        if self._commands_seen is None:
            self._commands_seen = self._log.end(COMMANDS)
        self._tell()
        while self._to_accept:
            self._queue.accept(self._to_accept[0])
            self._to_accept.popleft()
        self._listen_for_cancellations()
        delivery = None
        if len(self._runs) < MAX_RUNS:
            delivery = self._queue.take(TAKE_SECONDS if self._runs else IDLE_SECONDS)
        else:
            self._queue.keep_alive()
        if delivery is not None:
            self._receive(delivery)
        elif self._runs and self._news.wait(NEWS_SECONDS):
            self._news.clear()
        if time.monotonic() - self._touched > HEARTBEAT_SECONDS:
            self._alive.parent.mkdir(parents=True, exist_ok=True)
            self._alive.touch()
            self._touched = time.monotonic()

    def _tell(self) -> None:
        """Publish what there is to tell, in order."""
        while self._to_tell:
            topic = self._to_tell[0][0]
            events = []
            for other, event in self._to_tell:
                if other != topic:
                    break
                events.append(event)
            self._log.publish(topic, events)
            for _ in events:
                self._to_tell.popleft()

    def _say(self, run_id: str, payload: Payload, *natural_key: object, topic: str = RUNS) -> None:
        """Have an event told; with a natural key, the same work done twice is the same event."""
        event = make_event(run_id, self._source, payload, natural_key=natural_key or None)
        self._to_tell.append((topic, event))

    def _receive(self, delivery: Delivery) -> None:
        """Deal with a command; it counts as accepted when what it led to has been told."""
        event, payload = delivery.event, delivery.event.payload()
        if isinstance(payload, RunCancellationRequested):
            self._cancel(event)
        elif isinstance(payload, RunRequested):
            self._request(event, payload)
        self._to_accept.append(delivery)

    def _listen_for_cancellations(self) -> None:
        """Read all commands: the queue may have given the cancellation of a run of ours to another member."""
        entries = self._log.read(COMMANDS, self._commands_seen, 100, 0.0)
        for entry in entries:
            if isinstance(entry.event.payload(), RunCancellationRequested):
                self._cancel(entry.event)
            self._commands_seen = entry.cursor

    def _request(self, event: Event, payload: RunRequested) -> None:
        """Start a run, unless it is in hand or done."""
        run = self._runs.get(event.subject)
        if run is not None:
            if payload.attempt > run.attempt:
                # We were taken for dead, but the work is nearly done: go on under the new number.
                run.attempt, run.requested, run.told = payload.attempt, event.time, -1
                self._accepted(run)
            return
        if self._finished.get(event.subject, 0) >= payload.attempt:
            return
        try:
            run = self._start(event, payload)
        except ZorgstroomError as error:
            self._fail(event.subject, payload.attempt, error)
            return
        self._runs[run.id] = run
        self._accepted(run)
        run.blocks = self._submit(run.experiment, run.replications)
        run.check_blocks = self._submit(with_other_engine(run.experiment), run.checks)

    def _submit(self, experiment: Experiment, replications: int) -> set[Future[bytes]]:
        blocks = set()
        for replication in range(replications):
            # Who simulated these patients before may have kept them.
            affinity = (today_key(experiment), replication)
            block = self._compute.submit(block_of(experiment, [replication]), affinity)
            block.add_done_callback(self._ring)
            blocks.add(block)
        return blocks

    def _accepted(self, run: _Run) -> None:
        logger.info("run %s: attempt %d, %d replications", run.id, run.attempt, run.replications)
        self._say(run.id, RunAccepted(attempt=run.attempt, worker=self._worker))

    def _start(self, event: Event, payload: RunRequested) -> _Run:
        """Return the run that is asked for; raises what is wrong with it."""
        if payload.dataset_digest != self._dataset.digest:
            raise Conflict(
                "simulator.other_dataset",
                dataset=self._dataset.id,
                own=self._dataset.digest[:12],
                asked=payload.dataset_digest[:12],
            )
        try:
            scenario = Scenario.model_validate(payload.scenario)
        except ValidationError as error:
            mistake = error.errors()[0]
            where = "/".join(map(str, mistake["loc"]))
            raise InvalidInput(
                [Problem(where, "simulator.scenario_invalid", {"where": where, "reason": mistake["msg"]})]
            ) from error
        region = (
            parse_region(payload.settings.region, self._dataset)
            if payload.settings.region
            else region_of(scenario.region)
        )
        if errors := check_scenario(scenario, self._dataset, region).errors:
            raise InvalidInput(errors)
        engine = engine_named(payload.settings.engine)
        experiment = Experiment(self._dataset, scenario, region, payload.settings.seed, engine)
        require_memory(experiment)
        return _Run(
            id=event.subject,
            attempt=payload.attempt,
            requested=event.time,
            experiment=experiment,
            replications=payload.settings.replications,
            checks=min(payload.settings.cross_check, payload.settings.replications),
            started=time.monotonic(),
        )

    def _cancel(self, event: Event) -> None:
        """Stop a run of ours, unless it was asked for again after this cancellation."""
        run = self._runs.get(event.subject)
        if run is not None and event.time >= run.requested:
            logger.info("run %s: cancelled", run.id)
            self._drop(run)
            self._say(run.id, RunCancelled(attempt=run.attempt), "cancelled", run.attempt)

    def _collect(self) -> None:
        """Take what the compute has done; never waits."""
        for run in list(self._runs.values()):
            try:
                if run.outcome is None:
                    self._collect_blocks(run)
                elif run.outcome.done():
                    self._finish(run, *run.outcome.result())
                    continue
            except ZorgstroomError as error:
                self._drop(run)
                self._fail(run.id, run.attempt, error)
                continue
            except Exception:
                logger.exception("run %s: results cannot be put together", run.id)
                self._drop(run)
                self._fail(run.id, run.attempt, ZorgstroomError())
                continue
            self._progress(run)

    def _ring(self, _done: Future[Any]) -> None:
        """Have the loop look at what is done."""
        self._news.set()

    def _collect_blocks(self, run: _Run) -> None:
        for block in [block for block in run.blocks if block.done()]:
            run.blocks.remove(block)
            for result in decode(block.result()):
                run.done[result.replication] = result
                payload = ReplicationCompleted(
                    attempt=run.attempt, replication=result.replication, indicators=list(result.headline)
                )
                self._say(run.id, payload, result.replication, MODEL_VERSION)
        for block in [block for block in run.check_blocks if block.done()]:
            run.check_blocks.remove(block)
            run.checked |= {result.replication: result for result in decode(block.result())}
        if not run.blocks and not run.check_blocks:
            results = [run.done[replication] for replication in sorted(run.done)]
            run.outcome = self._finisher.submit(self._put_together, run, results)
            run.outcome.add_done_callback(self._ring)

    def _put_together(self, run: _Run, results: list[ReplicationTables]) -> tuple[Outcome, list[Artefact]]:
        theirs = [run.checked[replication] for replication in sorted(run.checked)]
        engine = run.experiment.engine
        outcome = make_outcome(
            run.experiment,
            results,
            run_id=run.id,
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            wall_seconds=time.monotonic() - run.started,
            checked=cross_check(engine, results[: len(theirs)], theirs) if theirs else None,
        )
        return outcome, keep(outcome, self._artefacts)

    def _finish(self, run: _Run, outcome: Outcome, artefacts: list[Artefact]) -> None:
        seconds = round(time.monotonic() - run.started, 3)
        logger.info("run %s: completed in %.1f s", run.id, seconds)
        self._forget(run)
        result = ResultPublished(attempt=run.attempt, artefacts=artefacts, manifest=outcome.manifest)
        completed = RunCompleted(attempt=run.attempt, replications=run.replications, wall_seconds=seconds)
        self._say(run.id, result, MODEL_VERSION, topic=RESULTS)
        self._say(run.id, completed, MODEL_VERSION)

    def _progress(self, run: _Run) -> None:
        """Tell how far the run is when that is news, or when it is time for a sign of life."""
        now, done = time.monotonic(), len(run.done) + len(run.checked)
        if now - run.told_at >= (PROGRESS_SECONDS if done != run.told else HEARTBEAT_SECONDS):
            self._say(
                run.id, RunProgressed(attempt=run.attempt, done=done, total=run.replications + run.checks)
            )
            run.told, run.told_at = done, now

    def _fail(self, run_id: str, attempt: int, error: ZorgstroomError) -> None:
        logger.warning("run %s: failed: %s", run_id, error)
        self._say(
            run_id, RunFailed.model_validate({"attempt": attempt, **describe(error)}), "failed", attempt
        )

    def _drop(self, run: _Run) -> None:
        """Stop computing a run."""
        self._forget(run)
        for block in run.blocks | run.check_blocks:
            block.cancel()

    def _forget(self, run: _Run) -> None:
        del self._runs[run.id]
        self._finished[run.id] = run.attempt
        while len(self._finished) > MAX_REMEMBERED:
            del self._finished[next(iter(self._finished))]

    def _give_back(self) -> None:
        """Say of every run in hand that it should be asked for again, as far as the bus lets us."""
        for run in list(self._runs.values()):
            self._drop(run)
            self._fail(run.id, run.attempt, Unavailable("simulator.stopped"))
        self._finisher.shutdown(wait=False, cancel_futures=True)
        try:
            self._tell()
            while self._to_accept:
                self._queue.accept(self._to_accept.popleft())
        except Unavailable as error:
            logger.warning("not everything could be told before stopping: %s", error)
        self._alive.unlink(missing_ok=True)
