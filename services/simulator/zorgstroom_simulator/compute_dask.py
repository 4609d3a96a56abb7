"""Blocks of work on a Dask cluster: one of our own on this machine, or a running one by its address.

Dask schedules the blocks, watches its workers and has a block done again when its worker dies. What we hand over
are names and bytes; each worker loads the dataset itself, once. Dask itself talks pickle, so whoever reaches its
scheduler can run code on every worker: a cluster belongs on a network that only its users reach.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import threading
from collections.abc import Hashable
from concurrent.futures import CancelledError, Future
from importlib.util import find_spec
from typing import Any

from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom_simulator.compute import (
    FIRST,
    MAX_ATTEMPTS,
    ClusterLost,
    ComputeLost,
    Rank,
    Work,
    answer_of,
    prepared,
    settle,
)

#: How long to wait for the scheduler of a running cluster, and for its first worker.
ANSWER_SECONDS = 10
#: A worker that has lost its scheduler for so long stops: one without a nanny would otherwise stay for ever.
DEATH_TIMEOUT_SECONDS = 60
#: Dask knows one number, higher first: more than any turn, so that a class comes before what is in it.
_CLASS = 1e12
#: A worker stays ready for so many kinds of work: those of the simulators, and those of a sweep beside them.
MOST_PREPARED = 2


class NoDask(ZorgstroomError):
    """The optional part for clusters is not installed."""

    key = "compute.no_dask"


def require_dask() -> None:
    """Raise NoDask where the part for clusters is not installed; quick: loads nothing."""
    if find_spec("distributed") is None:
        raise NoDask(module="distributed", python=sys.executable)


class ClusterUnreachable(Unavailable):
    """No scheduler answers at the address, or it has no workers."""

    key = "compute.cluster_unreachable"


class DaskCompute:
    """`Compute` on a Dask cluster.

    `address`: of a running scheduler, such as ``tcp://host:8786``; None: a cluster of our own with `jobs` workers on
    this machine, each a process under a nanny that replaces it when it dies. Raises NoDask or ClusterUnreachable.
    """

    def __init__(self, prepare: str, setup: str, jobs: int, address: str | None = None) -> None:
        try:
            import distributed  # noqa: PLC0415 - an optional part, and slow to import
        except ModuleNotFoundError as error:
            raise NoDask(module=error.name, python=sys.executable) from error
        self._killed_worker: type[Exception] = distributed.KilledWorker
        # It would tell in its own words, with tracebacks, what we tell in ours.
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._prepare = prepare
        self._setup = setup
        self._lock = threading.Lock()
        self._closed = False
        self._open: dict[Future[bytes], Future[bytes]] = {}
        self._cluster: Any = None
        self._scratch = tempfile.TemporaryDirectory(prefix="zorgstroom-dask-")
        try:
            if address is None:
                self._cluster = _own_cluster(distributed, jobs, self._scratch.name)
            self._client = _connected(distributed, address or self._cluster)
        except BaseException:
            self._free()
            raise
        # Not pure: the same block twice is done twice, as with every compute.
        self._executor = self._client.get_executor(pure=False)

    def ready(self) -> bool:
        """See `Compute.ready`; without workers blocks wait. Raises `ClusterLost` when the scheduler is gone."""
        if self._client.status != "running":
            raise ClusterLost
        # What the client heard last: asking would wait for a scheduler that does not answer.
        return bool(self._client._scheduler_identity.get("total_threads"))

    def submit(self, block: bytes, affinity: Hashable = None, rank: Rank = FIRST) -> Future[bytes]:
        """See `Compute.submit`; the scheduler decides which worker does it."""
        future: Future[bytes] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the compute is closed")
            inner = self._open[future] = self._hand_over(block, rank)
        future.add_done_callback(self._let_go)
        inner.add_done_callback(lambda done: self._pass_on(done, future, block, rank, MAX_ATTEMPTS - 1))
        return future

    def close(self) -> None:
        """See `Compute.close`; a running cluster stays, and ends the blocks it has begun."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            waiting = list(self._open)
        for future in waiting:
            future.cancel()
        self._client.close()
        self._free()

    @property
    def workers(self) -> int:
        """How many blocks the cluster does at the same time, as it is now; at least one."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        return max(1, sum(int(worker["nthreads"]) for worker in workers))

    def _let_go(self, future: Future[bytes]) -> None:
        with self._lock:
            inner = self._open.pop(future, None)
        if inner is not None and future.cancelled():
            inner.cancel()

    def _hand_over(self, block: bytes, rank: Rank) -> Future[bytes]:
        priority = -(rank[0] * _CLASS + rank[1])
        handed: Future[bytes] = self._executor.submit(
            do_block, self._prepare, self._setup, block, priority=priority
        )
        return handed

    def _pass_on(
        self, inner: Future[bytes], future: Future[bytes], block: bytes, rank: Rank, again: int
    ) -> None:
        """Give what came from the cluster to who waits for it; `again`: how often a lost answer is asked anew."""
        answer = b""
        error: Exception | None = None
        try:
            answer = inner.result()
        except self._killed_worker:
            error = ComputeLost(attempts=MAX_ATTEMPTS)
        except (asyncio.CancelledError, CancelledError):
            # Nobody here cancelled it: the scheduler is gone, or has forgotten it.
            error = ClusterLost()
        except Exception:
            # Errors of the work are answers: this one is of the way back, as when a worker dies while it answers.
            if again and self._client.status == "running" and self._ask_anew(future, block, rank, again - 1):
                return
            error = ClusterLost()
        if not future.set_running_or_notify_cancel():
            return
        if error is None:
            settle(future, answer)
        else:
            future.set_exception(error)

    def _ask_anew(self, future: Future[bytes], block: bytes, rank: Rank, again: int) -> bool:
        """Have a block done again whose answer was lost; return False when nobody waits for it or nothing can do it."""
        with self._lock:
            if future not in self._open:
                return False
            try:
                inner = self._open[future] = self._hand_over(block, rank)
            except Exception:
                # A cluster that goes away while it is spoken to does so in many ways.
                return False
        inner.add_done_callback(lambda done: self._pass_on(done, future, block, rank, again))
        return True

    def _free(self) -> None:
        if self._cluster is not None:
            self._cluster.close()
        self._scratch.cleanup()


def _own_cluster(distributed: Any, jobs: int, scratch: str) -> Any:
    """Start a cluster on this machine that only this machine reaches."""
    return distributed.LocalCluster(
        n_workers=jobs,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        # Any free port; without an address it would take one that the network reaches.
        dashboard_address="127.0.0.1:0",
        # How many workers fit in memory is decided before they start.
        memory_limit=0,
        # What dies is done again and counted by us; Dask would say so in its own words.
        silence_logs=logging.CRITICAL,
        death_timeout=DEATH_TIMEOUT_SECONDS,
        local_directory=scratch,
        scheduler_kwargs={"allowed_failures": MAX_ATTEMPTS - 1},
    )


def _connected(distributed: Any, cluster: Any) -> Any:
    """Return a client of a cluster that has at least one worker."""
    try:
        client = distributed.Client(cluster, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterUnreachable(address=str(cluster)) from error
    try:
        client.wait_for_workers(1, timeout=ANSWER_SECONDS)
    except TimeoutError as error:
        client.close()
        raise ClusterUnreachable("compute.no_workers", address=str(cluster)) from error
    return client


_PREPARING = threading.Lock()
_PREPARED: dict[tuple[str, str], Work] = {}


def do_block(prepare: str, setup: str, block: bytes) -> bytes:
    """Do a block on a worker, which prepares itself with its first one."""

    def work(content: bytes) -> bytes:
        # Inside, so that what cannot be prepared is an answer too.
        own = prepared_here(prepare, setup)
        return own(content)

    return answer_of(work, block)


def prepared_here(prepare: str, setup: str) -> Work:
    """Return the work of a worker for a setup, prepared once as long as there are not too many kinds."""
    with _PREPARING:
        work = _PREPARED.pop((prepare, setup), None) or prepared(prepare, setup)
        # The last used goes last; with the first goes what it kept of patients.
        _PREPARED[prepare, setup] = work
        while len(_PREPARED) > MOST_PREPARED:
            del _PREPARED[next(iter(_PREPARED))]
    return work
