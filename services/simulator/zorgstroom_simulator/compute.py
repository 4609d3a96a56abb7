"""Where blocks of work run, as one interface; and processes of our own, kept warm, replaced when they die.

Threads and a Dask cluster are in `compute_threads` and `compute_dask`. Work goes in as bytes (ids and JSON) and comes
back as bytes; our own processes pickle nothing. There, a block that was cancelled is stopped by ending its process. A
process that dies is replaced and its block done again, at most `MAX_ATTEMPTS` times. When this process dies, however
it dies, its children stop too.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import multiprocessing
import signal
import threading
import time
from bisect import insort
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Protocol

from zorgstroom.errors import InvalidInput, ZorgstroomError
from zorgstroom.lifeline import watch_parent

logger = logging.getLogger(__name__)

#: What a child does with each block; `prepare(setup)` returns it, after loading what it needs.
Work = Callable[[bytes], bytes]

MAX_ATTEMPTS = 3
#: How long a child that is no longer needed may take to leave by itself.
LEAVE_SECONDS = 2.0
#: Blocks of which is remembered who did them: more than a process keeps something of.
REMEMBERED = 64
#: How many of the blocks that are due first are looked at, per process, for one of which it may have kept something.
AHEAD = 8
_DONE, _FAILED = b"+", b"-"

#: Whose turn a block is: lower goes first, by class (`INTERACTIVE` before `BATCH`), then by turn.
Rank = tuple[int, float]
INTERACTIVE, BATCH = 0, 1
FIRST: Rank = (INTERACTIVE, 0.0)


class ComputeLost(ZorgstroomError):
    """The process that did the work died, again and again."""

    key = "simulator.compute_lost"
    retriable = True


class ClusterLost(ComputeLost):
    """The cluster that had the block is gone, or has forgotten it; the block is not to blame."""

    key = "compute.cluster_lost"


class WorkFailed(ZorgstroomError):
    """The work ended with an error; says which, as data."""

    def __init__(self, key: str, params: dict[str, object], *, retriable: bool) -> None:
        super().__init__(key, **params)
        self.retriable = retriable


class Compute(Protocol):
    """Takes blocks and gives their results, in any order."""

    def ready(self) -> bool:
        """Return whether blocks can be done now. Raises `ComputeLost` when they never will be again."""

    def submit(self, block: bytes, affinity: Hashable = None, rank: Rank = FIRST) -> Future[bytes]:
        """Have the block done; cancelling the future means that nobody waits for it any more.

        Processes of our own then stop the block, also when it is being done; a thread and a worker of a cluster
        cannot be stopped, and end a block they have begun.

        Of the blocks that wait, the one of the lowest `rank` is begun first, and of one rank the one that came
        first. Blocks of one `affinity` use the same things, which a process may have kept: it goes to a process that
        did such a block before, if that is free and the block is about as due as others. Neither says anything about
        the result.
        The future raises `WorkFailed` for an error in the work and `ComputeLost` if its processes keep dying.
        """

    def close(self) -> None:
        """Stop all work at once and free everything; open futures are cancelled."""


@dataclass(eq=False)
class _Task:
    block: bytes
    future: Future[bytes]
    affinity: Hashable
    #: Rank, and number in the order in which blocks came.
    order: tuple[Rank, int]
    attempts: int = 0


@dataclass(eq=False)
class _Child:
    process: SpawnProcess
    connection: Connection
    task: _Task | None = field(default=None)
    #: Affinities of the blocks it did last.
    did: deque[Hashable] = field(default_factory=lambda: deque(maxlen=REMEMBERED))


class LocalCompute:
    """`Compute` on this machine; see there.

    `prepare` is ``module:function``: each child calls it once with `setup` and gets its `Work`. One thread
    of its own hands out the blocks and watches the children.
    """

    def __init__(self, prepare: str, setup: str, jobs: int) -> None:
        self._prepare = prepare
        self._setup = setup
        self._jobs = jobs
        # Never fork: threads of NumPy, Arrow or Kafka would leave their locks taken in the child.
        self._context = multiprocessing.get_context("spawn")
        self._lock = threading.Lock()
        #: By `order`.
        self._waiting: list[_Task] = []
        self._submitted = 0
        self._children: list[_Child] = []
        self._closed = False
        #: Why it stopped by itself.
        self._lost: ComputeLost | None = None
        self._wake_up, self._bell = self._context.Pipe(duplex=False)
        self._thread = threading.Thread(target=self._run, name="compute", daemon=True)
        self._thread.start()

    def ready(self) -> bool:
        """See `Compute.ready`."""
        if self._lost is not None:
            raise self._lost
        return not self._closed

    def submit(self, block: bytes, affinity: Hashable = None, rank: Rank = FIRST) -> Future[bytes]:
        """See `Compute.submit`."""
        future: Future[bytes] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the compute is closed")
            self._submitted += 1
            insort(self._waiting, _Task(block, future, affinity, (rank, self._submitted)), key=_order)
        future.add_done_callback(self._ring_if_cancelled)
        self._ring()
        return future

    def close(self) -> None:
        """See `Compute.close`."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._ring()
        self._thread.join()

    @property
    def process_ids(self) -> list[int]:
        """The processes that compute now."""
        return [child.process.pid for child in list(self._children) if child.process.pid is not None]

    def _ring_if_cancelled(self, future: Future[bytes]) -> None:
        if future.cancelled():
            self._ring()

    def _ring(self) -> None:
        """Have the thread look at what changed."""
        with self._lock, contextlib.suppress(OSError):
            self._bell.send_bytes(b"!")

    def _run(self) -> None:
        try:
            self._children = [self._start_child() for _ in range(self._jobs)]
            self._watch()
        except Exception:
            # Such as no memory for another process. Nobody may wait for ever for what will not come.
            logger.exception("the compute stops")
            self._lost = ComputeLost(attempts=1)
            with self._lock:
                self._closed = True
            self._end(self._lost)
        else:
            self._end()

    def _watch(self) -> None:
        while not self._closed:
            self._drop_cancelled()
            self._hand_out()
            ready = wait(
                [self._wake_up]
                + [child.connection for child in self._children]
                + [child.process.sentinel for child in self._children]
            )
            if self._wake_up in ready:
                self._wake_up.recv_bytes()
            for child in list(self._children):
                # What a child said before it died still counts.
                died = child.process.sentinel in ready
                if child.connection in ready:
                    died = not self._receive(child)
                if died:
                    self._bury(child)

    def _start_child(self) -> _Child:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, self._prepare, self._setup), name="compute", daemon=True
        )
        process.start()
        theirs.close()
        return _Child(process, ours)

    def _drop_cancelled(self) -> None:
        with self._lock:
            self._waiting = [task for task in self._waiting if not task.future.cancelled()]
        for child in list(self._children):
            if child.task is not None and child.task.future.cancelled():
                child.task = None
                self._bury(child)
                # Loads the dataset while nobody waits for it.
                self._children.append(self._start_child())

    def _hand_out(self) -> None:
        with self._lock:
            wanted = len(self._waiting)
        idle = [child for child in self._children if child.task is None]
        while len(idle) < wanted and len(self._children) < self._jobs:
            self._children.append(self._start_child())
            idle.append(self._children[-1])
        for child in idle:
            with self._lock:
                if not self._waiting:
                    return
                child.task = self._best_for(child)
                self._waiting.remove(child.task)
            if child.task.affinity is not None:
                child.did.append(child.task.affinity)
            # A child that is gone already is met by its sentinel.
            with contextlib.suppress(OSError):
                child.connection.send_bytes(child.task.block)

    def _best_for(self, child: _Child) -> _Task:
        """Return the task this child does next: one like it did before, else one that nobody did, else the first.

        Only of those that are due first, and of the class of the first: no batch goes before what somebody waits for.
        """
        others = {affinity for other in self._children if other is not child for affinity in other.did}
        (most_urgent, _), _ = self._waiting[0].order
        due = [task for task in self._waiting[: AHEAD * self._jobs] if task.order[0][0] == most_urgent]
        return min(due, key=lambda task: 0 if task.affinity in child.did else 1 + (task.affinity in others))

    def _receive(self, child: _Child) -> bool:
        """Take an answer; return False when the child is gone instead."""
        try:
            answer = child.connection.recv_bytes()
        except (EOFError, OSError):
            return False
        task, child.task = child.task, None
        if task is not None and task.future.set_running_or_notify_cancel():
            settle(task.future, answer)
        return True

    def _bury(self, child: _Child) -> None:
        """Remove a child; what it was doing is done again, unless it killed too many."""
        self._children.remove(child)
        child.process.kill()
        child.process.join()
        child.connection.close()
        task = child.task
        if task is None or task.future.cancelled():
            return
        task.attempts += 1
        logger.warning(
            "process %s died (exit code %s), attempt %d of %d of its block",
            child.process.pid,
            child.process.exitcode,
            task.attempts,
            MAX_ATTEMPTS,
        )
        if task.attempts < MAX_ATTEMPTS:
            with self._lock:
                insort(self._waiting, task, key=_order)
        elif task.future.set_running_or_notify_cancel():
            task.future.set_exception(ComputeLost(attempts=MAX_ATTEMPTS))

    def _end(self, why: ComputeLost | None = None) -> None:
        with self._lock:
            open_tasks = list(self._waiting)
        for child in self._children:
            if child.task is not None:
                open_tasks.append(child.task)
                child.process.kill()
            # An idle child reads the end of its pipe and leaves.
            child.connection.close()
        leave_by = time.monotonic() + LEAVE_SECONDS
        for child in self._children:
            child.process.join(max(0.0, leave_by - time.monotonic()))
            child.process.kill()
            child.process.join()
        self._children = []
        for task in open_tasks:
            if why is None:
                task.future.cancel()
            elif task.future.set_running_or_notify_cancel():
                task.future.set_exception(why)
        self._bell.close()
        self._wake_up.close()


def _order(task: _Task) -> tuple[Rank, int]:
    return task.order


def _serve(connection: Connection, prepare: str, setup: str) -> None:
    """Be a child: do one block after the other until the pipe ends."""
    # Ctrl-C goes to the whole process group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch_parent()
    work = prepared(prepare, setup)
    while True:
        try:
            block = connection.recv_bytes()
        except (EOFError, OSError):
            return
        answer = answer_of(work, block)
        with contextlib.suppress(BrokenPipeError):
            connection.send_bytes(answer)


def prepared(prepare: str, setup: str) -> Work:
    """Return the work that ``module:function`` makes of a setup."""
    module, _, name = prepare.partition(":")
    work: Work = getattr(importlib.import_module(module), name)(setup)
    return work


def answer_of(work: Work, block: bytes) -> bytes:
    """Do a block; return its result or its error as bytes, for `settle`."""
    try:
        return _DONE + work(block)
    except ZorgstroomError as error:
        return _FAILED + json.dumps(describe(error)).encode()
    except Exception:
        logging.getLogger(__name__).exception("a block failed")
        return _FAILED + json.dumps(describe(ZorgstroomError())).encode()


def settle(future: Future[bytes], answer: bytes) -> None:
    """Give a future the result or the error that `answer_of` wrote down."""
    if answer[:1] == _DONE:
        future.set_result(answer[1:])
        return
    error = json.loads(answer[1:])
    future.set_exception(WorkFailed(error["key"], error["params"], retriable=error["retriable"]))


def describe(error: ZorgstroomError) -> dict[str, object]:
    """Return an error as data: text key, parameters, and whether trying again may help."""
    if isinstance(error, InvalidInput) and error.problems:
        # One event carries one sentence: the first mistake says most.
        first = error.problems[0]
        key, params = first.key, first.params
    else:
        key, params = error.text_key, error.params
    plain = json.loads(json.dumps(dict(params), default=str))
    return {"key": key, "params": plain, "retriable": error.retriable}
