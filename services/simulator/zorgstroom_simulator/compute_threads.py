"""Blocks of work on threads of this process: they share the dataset and the patients in memory.

The compiled engine and most of NumPy let go of Python's lock, so threads compute at the same time. What is Python
itself they do one after the other, and a thread that runs cannot be stopped: processes are the safer choice.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor

from zorgstroom_simulator.compute import FIRST, ComputeLost, Rank, Work, answer_of, prepared, settle

logger = logging.getLogger(__name__)


class ThreadCompute:
    """`Compute` on threads; closing it waits for the blocks that are being done."""

    def __init__(self, prepare: str, setup: str, jobs: int) -> None:
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="compute")
        # All threads share one work; the first block waits until it is there.
        self._work: Future[Work] = self._pool.submit(prepared, prepare, setup)
        self._lock = threading.Lock()
        self._waiting: list[tuple[Rank, int, bytes, Future[bytes]]] = []
        self._numbers = itertools.count()

    def ready(self) -> bool:
        """See `Compute.ready`."""
        return True

    def submit(self, block: bytes, affinity: Hashable = None, rank: Rank = FIRST) -> Future[bytes]:
        """See `Compute.submit`; threads share what they keep, so that affinity says nothing here."""
        future: Future[bytes] = Future()
        with self._lock:
            # One for each that waits; which one a thread does is decided when it is free.
            self._pool.submit(self._do_next)
            heapq.heappush(self._waiting, (rank, next(self._numbers), block, future))
        return future

    def close(self) -> None:
        """See `Compute.close`."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            for _, _, _, future in self._waiting:
                future.cancel()
            self._waiting.clear()

    def _do_next(self) -> None:
        with self._lock:
            _, _, block, future = heapq.heappop(self._waiting)
        if future.cancelled():
            return
        try:
            work = self._work.result()
        except Exception:
            logger.exception("the compute cannot start")
            if future.set_running_or_notify_cancel():
                future.set_exception(ComputeLost(attempts=1))
            return
        answer = answer_of(work, block)
        if future.set_running_or_notify_cancel():
            settle(future, answer)
