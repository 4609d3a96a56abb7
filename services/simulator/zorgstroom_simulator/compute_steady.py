"""A cluster that may be away: blocks wait for it, and those it lost are submitted again when it is back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass

from zorgstroom.errors import Unavailable
from zorgstroom_simulator.compute import FIRST, ClusterLost, Compute, Rank

logger = logging.getLogger(__name__)

#: Pause between two attempts to reach the cluster.
RETRY_SECONDS = 2.0


@dataclass(eq=False)
class _Task:
    block: bytes
    affinity: Hashable
    rank: Rank
    future: Future[bytes]


class SteadyCompute:
    """`Compute` on a cluster that `open_cluster` opens, which raises `Unavailable` as long as it is away.

    A block whose worker dies is counted by the cluster; one that the cluster forgets when it stops is not to blame,
    and is submitted again as often as that happens.
    """

    def __init__(self, open_cluster: Callable[[], Compute]) -> None:
        self._open_cluster = open_cluster
        self._lock = threading.Lock()
        self._cluster: Compute | None = None
        self._open: dict[_Task, Future[bytes] | None] = {}
        self._closed = threading.Event()
        self._lost = threading.Event()
        self._lost.set()
        self._thread = threading.Thread(target=self._keep_open, name="cluster", daemon=True)
        self._thread.start()

    def ready(self) -> bool:
        """See `Compute.ready`."""
        cluster = self._cluster
        try:
            return cluster is not None and cluster.ready()
        except ClusterLost:
            return False

    def submit(self, block: bytes, affinity: Hashable = None, rank: Rank = FIRST) -> Future[bytes]:
        """See `Compute.submit`."""
        if self._closed.is_set():
            raise RuntimeError("the compute is closed")
        task = _Task(block, affinity, rank, Future())
        with self._lock:
            self._open[task] = None
        task.future.add_done_callback(lambda _: self._let_go(task))
        self._hand_over(task)
        return task.future

    def close(self) -> None:
        """See `Compute.close`."""
        with self._lock:
            self._closed.set()
            self._lost.set()
            waiting = list(self._open)
        for task in waiting:
            task.future.cancel()
        self._thread.join()

    def _keep_open(self) -> None:
        """Open the cluster, and again whenever it is lost; say so once each time."""
        told = False
        while not self._closed.is_set():
            try:
                cluster = self._open_cluster()
            except Exception as error:
                # Also what nobody foresaw: a cluster that cannot be opened now may be later.
                if not told:
                    known = isinstance(error, Unavailable)
                    logger.warning("no blocks can be done; waiting: %s", error, exc_info=not known)
                told = True
                self._closed.wait(RETRY_SECONDS)
                continue
            logger.info("the cluster answers")
            told = False
            self._serve(cluster)
            if not self._closed.is_set():
                logger.warning("the cluster is lost; its blocks are done again when it is back")
            cluster.close()

    def _serve(self, cluster: Compute) -> None:
        """Have everything that waits done, until the cluster is lost."""
        with self._lock:
            self._cluster = cluster
            if not self._closed.is_set():
                self._lost.clear()
            waiting = list(self._open)
        for task in waiting:
            self._hand_over(task)
        while not self._lost.wait(RETRY_SECONDS):
            try:
                # Without blocks in hand nothing else tells.
                cluster.ready()
            except ClusterLost:
                self._lost.set()
        with self._lock:
            self._cluster = None
            self._open = dict.fromkeys(self._open)

    def _hand_over(self, task: _Task) -> None:
        with self._lock:
            if self._cluster is None or task not in self._open or self._open[task] is not None:
                return
            try:
                inner = self._cluster.submit(task.block, task.affinity, task.rank)
            except Exception:
                # A cluster that goes away while it is spoken to does so in many ways.
                logger.debug("a block could not be handed over", exc_info=True)
                self._lost.set()
                return
            self._open[task] = inner
        inner.add_done_callback(lambda done: self._pass_on(done, task))

    def _pass_on(self, inner: Future[bytes], task: _Task) -> None:
        with self._lock:
            current = self._open.get(task) is inner
        if not current:
            # Cancelled, or of a cluster that is lost already.
            return
        error = None if inner.cancelled() else inner.exception()
        if inner.cancelled() or isinstance(error, ClusterLost):
            self._lost.set()
        elif task.future.set_running_or_notify_cancel():
            if error is None:
                task.future.set_result(inner.result())
            else:
                task.future.set_exception(error)

    def _let_go(self, task: _Task) -> None:
        with self._lock:
            inner = self._open.pop(task, None)
        if inner is not None and task.future.cancelled():
            inner.cancel()
