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
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

from zorgstroom import MODEL_VERSION
from zorgstroom.artefacts import ArtefactStore
from zorgstroom.dataset.model import Dataset
from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom.events.codec import MessageTooLarge
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
from zorgstroom_simulator import metrics
from zorgstroom_simulator.besides import Besides, Key
from zorgstroom_simulator.blocks import block_of, decode
from zorgstroom_simulator.compute import BATCH, INTERACTIVE, Compute, ComputeLost, describe
from zorgstroom_simulator.cross_check import cross_check, with_other_engine
from zorgstroom_simulator.experiment import Experiment, ReplicationTables, today_key
from zorgstroom_simulator.fair_turns import FairTurns, Turn
from zorgstroom_simulator.outcome import Outcome, keep, make_outcome
from zorgstroom_simulator.replication_cache import ReplicationCache
from zorgstroom_simulator.requested_run import requested_experiment
from zorgstroom_simulator.resources import expected_patients

logger = logging.getLogger(__name__)

#: The consumer group of all simulators.
GROUP = "simulators"
#: Runs a simulator has in hand, and how many of those may be runs that nobody waits for.
MAX_RUNS, MAX_BATCH_RUNS = 4, 3
PROGRESS_SECONDS = 0.5
#: A run that has nothing new to tell shows that it lives.
HEARTBEAT_SECONDS = 5.0
#: How long the loop waits for a command before it looks at the rest: with nothing to do, and while it computes.
IDLE_SECONDS, TAKE_SECONDS = 1.0, 0.02
#: How long it then waits for something to be computed.
NEWS_SECONDS = 0.2
#: Pause after the bus did not answer.
RETRY_SECONDS = 1.0
#: So many events are published at once: after a long absence of the bus much is waiting.
MAX_TOLD = 500
#: Kinds of blocks, beside those of `zorgstroom_simulator.kinds`.
_REPLICATION, _CHECK = b"replication", b"check"
#: Finished and cancelled runs that are remembered: a command may come twice, or after its cancellation.
MAX_REMEMBERED = 1000


@dataclass(frozen=True, eq=False)
class _Block:
    """A block of a run that is with the compute."""

    content: bytes
    turn: Turn
    submitted: float
    #: A replication (`_REPLICATION`), one done again with the other engine (`_CHECK`), or a kind of `kinds`.
    kind: bytes
    key: Key


@dataclass(frozen=True, eq=False)
class _Joined:
    """Results put together: kept as artefacts, or with what must be computed first."""

    outcome: Outcome
    artefacts: list[Artefact] = field(default_factory=list)
    more: list[tuple[bytes, Key, bytes]] = field(default_factory=list)


@dataclass(eq=False)
class _Run:
    """A run in hand."""

    id: str
    attempt: int
    requested: dt.datetime
    owner: str
    #: `INTERACTIVE` or `BATCH`.
    rank: int
    experiment: Experiment
    replications: int
    #: How many of them are done again with the other engine.
    checks: int
    #: What is asked for besides.
    besides: Besides
    started: float
    #: About what a replication takes, in patients: fairness is in work, not in blocks.
    cost: float
    blocks: dict[Future[bytes], _Block] = field(default_factory=dict)
    done: dict[int, ReplicationTables] = field(default_factory=dict)
    checked: dict[int, ReplicationTables] = field(default_factory=dict)
    #: How many were computed for a run before this one.
    kept: int = 0
    #: How many blocks it takes in all, as far as is known now.
    total: int = 0
    #: Putting the results together.
    joining: Future[_Joined] | None = None
    #: What was put together when that asked for more blocks, and when.
    outcome: Outcome | None = None
    outcome_at: float = 0.0
    #: What was told last about the progress, and when.
    told: int = -1
    told_at: float = 0.0


class SimulatorService:
    """See the module. `alive` is a file that is touched as long as the loop, the bus and the compute work."""

    def __init__(
        self,
        queue: CommandQueue,
        log: EventLog,
        compute: Compute,
        artefacts: ArtefactStore,
        dataset: Dataset,
        dataset_name: str,
        cache: ReplicationCache,
        alive: Path,
    ) -> None:
        self._queue = queue
        self._log = log
        self._compute = compute
        self._artefacts = artefacts
        self._dataset = dataset
        self._dataset_name = dataset_name
        self._cache = cache
        self._alive = alive
        self._worker = f"{socket.gethostname()}-{os.getpid()}"
        self._source = f"/simulator/{self._worker}"
        self._runs: dict[str, _Run] = {}
        self._finished: dict[str, int] = {}
        self._cancelled: dict[str, Event] = {}
        self._turns = {INTERACTIVE: FairTurns(), BATCH: FairTurns()}
        self._to_tell: deque[tuple[str, Event]] = deque()
        #: Commands that were dealt with; with a reason, those that could not be.
        self._to_settle: deque[tuple[Delivery, str | None]] = deque()
        self._commands_seen: str | None = None
        self._touched = 0.0
        self._finisher = ThreadPoolExecutor(MAX_RUNS, thread_name_prefix="outcome")
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="keep")
        #: Something is computed, or put together.
        self._news = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then say which runs are not finished, so that others take them.

        Raises `ComputeLost` when nothing can be computed any more.
        """
        why: ZorgstroomError = Unavailable("simulator.stopped")
        try:
            while not stop.is_set():
                try:
                    self._talk()
                except Unavailable as error:
                    logger.warning("waiting: %s", error)
                    stop.wait(RETRY_SECONDS)
                self._collect()
        except ComputeLost as error:
            why = error
            raise
        finally:
            self._give_back(why)

    def _talk(self) -> None:
        """Do everything that needs the bus once."""
        if self._commands_seen is None:
            self._commands_seen = self._log.end(COMMANDS)
        self._tell()
        self._settle()
        self._listen_for_cancellations()
        ready = self._compute.ready()
        delivery = None
        if ready and len(self._runs) < MAX_RUNS:
            batches = sum(run.rank == BATCH for run in self._runs.values())
            wait = TAKE_SECONDS if self._runs else IDLE_SECONDS
            delivery = self._queue.take(wait, batch=batches < MAX_BATCH_RUNS)
        else:
            # Others can take what we cannot.
            self._queue.keep_alive()
        if delivery is not None:
            self._receive(delivery)
        elif (self._runs or not ready) and self._news.wait(NEWS_SECONDS):
            self._news.clear()
        if ready and time.monotonic() - self._touched > HEARTBEAT_SECONDS:
            self._touched = time.monotonic()
            self._show_life()

    def _show_life(self) -> None:
        try:
            self._alive.parent.mkdir(parents=True, exist_ok=True)
            self._alive.touch()
        except OSError as error:
            logger.warning("no sign of life can be given: %s", error)

    def _settle(self) -> None:
        """Hand back the commands of which has been told what they led to."""
        while self._to_settle:
            delivery, reason = self._to_settle[0]
            if reason is None:
                self._queue.accept(delivery)
            else:
                self._queue.reject(delivery, reason)
            self._to_settle.popleft()

    def _tell(self) -> None:
        """Publish what there is to tell, in order."""
        most = MAX_TOLD
        while self._to_tell:
            topic, said = next(groupby(islice(self._to_tell, most), key=itemgetter(0)))
            events = [event for _, event in said]
            try:
                self._log.publish(topic, events)
            except MessageTooLarge as error:
                if len(events) > 1:
                    # It is one of these: until it is found, one by one.
                    most = 1
                    continue
                most = MAX_TOLD
                self._to_tell.popleft()
                self._cannot_tell(events[0], error)
            else:
                for _ in events:
                    self._to_tell.popleft()

    def _cannot_tell(self, event: Event, error: ZorgstroomError) -> None:
        """Leave unsaid what no message can carry; a run fails by it when that is its result."""
        logger.error("run %s: event %s cannot be told: %s", event.subject, event.id, error)
        payload = event.payload()
        if isinstance(payload, ResultPublished):
            self._to_tell = deque(
                (topic, other)
                for topic, other in self._to_tell
                if other.subject != event.subject or not isinstance(other.payload(), RunCompleted)
            )
            self._fail(event.subject, payload.attempt, error)
        elif isinstance(payload, RunFailed) and payload.params:
            # Why it failed is too long to tell.
            self._fail(event.subject, payload.attempt, ZorgstroomError())

    def _say(self, run_id: str, payload: Payload, *natural_key: object, topic: str = RUNS) -> None:
        """Have an event told; with a natural key, the same work done twice is the same event."""
        event = make_event(run_id, self._source, payload, natural_key=natural_key or None)
        self._to_tell.append((topic, event))

    def _receive(self, delivery: Delivery) -> None:
        """Deal with a command; it counts as accepted when what it led to has been told."""
        event, payload = delivery.event, delivery.event.payload()
        reason = None
        try:
            if isinstance(payload, RunCancellationRequested):
                self._cancel(event)
            elif isinstance(payload, RunRequested):
                self._request(event, payload)
        except Exception as error:
            # A defect that this command meets must not stop the runs of others.
            logger.exception("run %s: the command cannot be obeyed", event.subject)
            reason = f"{type(error).__name__}: {error}"
            if run := self._runs.get(event.subject):
                self._drop(run)
            if isinstance(payload, RunRequested):
                self._fail(event.subject, payload.attempt, ZorgstroomError())
        self._to_settle.append((delivery, reason))

    def _listen_for_cancellations(self) -> None:
        """Read all commands: the queue may have given the cancellation of a run of ours to another member."""
        entries = self._log.read(COMMANDS, self._commands_seen, 100, 0.0)
        for entry in entries:
            if isinstance(entry.event.payload(), RunCancellationRequested):
                self._cancel(entry.event)
            self._commands_seen = entry.cursor

    def _request(self, event: Event, payload: RunRequested) -> None:
        """Start a run, unless it is in hand, done or cancelled."""
        run = self._runs.get(event.subject)
        if run is not None:
            if payload.attempt > run.attempt:
                # We were taken for dead, but the work is nearly done: go on under the new number.
                run.attempt, run.requested, run.told = payload.attempt, event.time, -1
                self._accepted(run)
            return
        if self._finished.get(event.subject, 0) >= payload.attempt:
            return
        cancelled = self._cancelled.get(event.subject)
        if cancelled is not None and _covers(cancelled, payload.attempt, event.time):
            self._say_cancelled(event.subject, payload.attempt)
            return
        try:
            experiment = requested_experiment(payload, self._dataset)
        except ZorgstroomError as error:
            self._fail(event.subject, payload.attempt, error)
            return
        settings = payload.settings
        run = _Run(
            id=event.subject,
            attempt=payload.attempt,
            requested=event.time,
            owner=payload.owner,
            rank=BATCH if payload.priority == "batch" else INTERACTIVE,
            experiment=experiment,
            replications=settings.replications,
            checks=min(settings.cross_check, settings.replications),
            besides=Besides(experiment, self._dataset_name, settings),
            started=time.monotonic(),
            cost=max(1.0, expected_patients(experiment)),
        )
        self._runs[run.id] = run
        metrics.runs_in_hand(len(self._runs))
        self._accepted(run)
        for replication in range(run.replications):
            block = block_of(experiment, [replication], journeys=settings.journeys and replication == 0)
            # What is checked with the other engine is computed now.
            if run.checks or not self._take_kept(run, block):
                self._submit(run, _REPLICATION, replication, block)
        other = with_other_engine(experiment)
        for replication in range(run.checks):
            self._submit(run, _CHECK, replication, block_of(other, [replication]))
        besides = run.besides.first_blocks()
        for kind, key, block in besides:
            self._submit(run, kind, key, block)
        run.total = run.replications + run.checks + len(besides)
        metrics.replications_kept(run.kept)
        if run.kept:
            logger.info("run %s: %d replications were computed before", run.id, run.kept)

    def _take_kept(self, run: _Run, block: bytes) -> bool:
        """Take what a block gave for an earlier run, if that was kept."""
        content = self._cache.get(block)
        if content is None:
            return False
        try:
            results = decode(content)
        except (ValueError, TypeError, LookupError):
            logger.warning("run %s: what another version kept is computed again", run.id)
            return False
        self._take(run, results)
        run.kept += 1
        return True

    def _submit(self, run: _Run, kind: bytes, key: Key, content: bytes) -> None:
        turn = self._turns[run.rank].take(run.owner, run.cost)
        # Who simulated these patients before may have kept them.
        affinity = (today_key(run.experiment), kind, key)
        future = self._compute.submit(content, affinity, (run.rank, turn.start))
        run.blocks[future] = _Block(content, turn, time.monotonic(), kind, key)
        future.add_done_callback(self._ring)

    def _accepted(self, run: _Run) -> None:
        logger.info("run %s: attempt %d, %d replications", run.id, run.attempt, run.replications)
        self._say(run.id, RunAccepted(attempt=run.attempt, worker=self._worker))

    def _cancel(self, event: Event) -> None:
        """Stop a run of ours, unless it was asked for again after this cancellation; remember it for one to come."""
        known = self._cancelled.pop(event.subject, None)
        # The queue and the log of commands are not equally far: an older one may come after a newer.
        self._cancelled[event.subject] = event if known is None or _reach(known) <= _reach(event) else known
        _forget_oldest(self._cancelled)
        run = self._runs.get(event.subject)
        if run is not None and _covers(event, run.attempt, run.requested):
            self._drop(run)
            self._say_cancelled(run.id, run.attempt)

    def _say_cancelled(self, run_id: str, attempt: int) -> None:
        logger.info("run %s: cancelled", run_id)
        self._say(run_id, RunCancelled(attempt=attempt), "cancelled", attempt)

    def _collect(self) -> None:
        """Take what the compute has done; never waits."""
        for run in list(self._runs.values()):
            try:
                if run.joining is None:
                    self._collect_blocks(run)
                elif run.joining.done() and self._joined(run, run.joining.result()):
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
        for future in [future for future in run.blocks if future.done()]:
            block = run.blocks.pop(future)
            self._turns[run.rank].done(block.turn)
            content = future.result()
            metrics.block_done(time.monotonic() - block.submitted)
            if block.kind == _REPLICATION:
                self._take(run, decode(content))
                self._keeper.submit(self._cache.put, block.content, content)
            elif block.kind == _CHECK:
                run.checked |= {result.replication: result for result in decode(content)}
            else:
                run.besides.take(block.kind, block.key, content)
        if not run.blocks:
            run.joining = self._finisher.submit(self._put_together, run)
            run.joining.add_done_callback(self._ring)

    def _joined(self, run: _Run, joined: _Joined) -> bool:
        """Finish a run, or have the rest of it computed; return whether it is finished."""
        if not joined.more:
            self._finish(run, joined.outcome, joined.artefacts)
            return True
        run.joining, run.outcome, run.outcome_at = None, joined.outcome, time.monotonic()
        run.total += len(joined.more)
        for kind, key, block in joined.more:
            self._submit(run, kind, key, block)
        return False

    def _take(self, run: _Run, results: Sequence[ReplicationTables]) -> None:
        for result in results:
            run.done[result.replication] = result
            payload = ReplicationCompleted(
                attempt=run.attempt, replication=result.replication, indicators=list(result.headline)
            )
            self._say(run.id, payload, result.replication, MODEL_VERSION)

    def _put_together(self, run: _Run) -> _Joined:
        outcome = run.outcome
        if outcome is None:
            outcome = self._outcome_of(run)
            if more := run.besides.draw_blocks(outcome):
                return _Joined(outcome, more=more)
        outcome = run.besides.with_draws(outcome, time.monotonic() - run.outcome_at)
        return _Joined(outcome, artefacts=keep(outcome, self._artefacts))

    def _outcome_of(self, run: _Run) -> Outcome:
        results = [run.done[replication] for replication in sorted(run.done)]
        theirs = [run.checked[replication] for replication in sorted(run.checked)]
        engine = run.experiment.engine
        return make_outcome(
            run.experiment,
            results,
            run_id=run.id,
            created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            wall_seconds=time.monotonic() - run.started,
            waterfall=run.besides.waterfall_of(results),
            resilience=run.besides.resilience(),
            checked=cross_check(engine, results[: len(theirs)], theirs) if theirs else None,
            kept=run.kept,
        )

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
        now, done = time.monotonic(), len(run.done) + len(run.checked) + run.besides.done
        if now - run.told_at >= (PROGRESS_SECONDS if done != run.told else HEARTBEAT_SECONDS):
            self._say(run.id, RunProgressed(attempt=run.attempt, done=done, total=run.total))
            run.told, run.told_at = done, now

    def _fail(self, run_id: str, attempt: int, error: ZorgstroomError) -> None:
        logger.warning("run %s: failed: %s", run_id, error)
        self._say(
            run_id, RunFailed.model_validate({"attempt": attempt, **describe(error)}), "failed", attempt
        )

    def _drop(self, run: _Run) -> None:
        """Stop computing a run."""
        self._forget(run)
        for future, block in run.blocks.items():
            self._turns[run.rank].give_up(block.turn)
            future.cancel()
        run.blocks.clear()

    def _forget(self, run: _Run) -> None:
        del self._runs[run.id]
        metrics.runs_in_hand(len(self._runs))
        self._finished[run.id] = run.attempt
        _forget_oldest(self._finished)

    def _give_back(self, why: ZorgstroomError) -> None:
        """Say of every run in hand that it should be asked for again, as far as the bus lets us."""
        for run in list(self._runs.values()):
            self._drop(run)
            self._fail(run.id, run.attempt, why)
        self._finisher.shutdown(wait=False, cancel_futures=True)
        self._keeper.shutdown(wait=False, cancel_futures=True)
        try:
            self._tell()
            self._settle()
        except Unavailable as error:
            logger.warning("not everything could be told before stopping: %s", error)
        self._alive.unlink(missing_ok=True)


def _covers(cancellation: Event, attempt: int, requested: dt.datetime) -> bool:
    """Return whether a cancellation is about this attempt of its run; one of an older service goes by the time."""
    payload = cancellation.payload()
    until = payload.attempt if isinstance(payload, RunCancellationRequested) else None
    return attempt <= until if until is not None else cancellation.time >= requested


def _reach(cancellation: Event) -> tuple[int, dt.datetime]:
    """Return how far a cancellation goes; of those of an older service the last one goes furthest."""
    payload = cancellation.payload()
    until = payload.attempt if isinstance(payload, RunCancellationRequested) else None
    return until or 0, cancellation.time


def _forget_oldest(remembered: dict[str, Any]) -> None:
    while len(remembered) > MAX_REMEMBERED:
        del remembered[next(iter(remembered))]
