"""Carries a sweep out: what the store does not have yet is simulated, and every finished result is kept at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from zorgstroom.dataset.model import Dataset
from zorgstroom_simulator.compute import Compute
from zorgstroom_simulator.sweep.store import ResultStore
from zorgstroom_simulator.sweep.work import Job, Settings, blocks_of, files_in

#: Blocks in hand per worker: one that is being done and one that waits, so that none is idle and few are lost.
BLOCKS_PER_WORKER = 2


def missing(jobs: Sequence[Job], store: ResultStore) -> list[Job]:
    """Return the jobs whose result is not in the store, or cannot be used."""
    return [job for job in jobs if store.get(job.key) is None]


def carry_out(
    jobs: Sequence[Job],
    store: ResultStore,
    compute: Compute,
    workers: int,
    dataset: Dataset,
    settings: Settings,
    step: Callable[[], None],
) -> None:
    """Have jobs done and their results kept; `step` is called once per finished job.

    Raises what the work raises; what was finished before stays in the store.
    """
    blocks = blocks_of(jobs, dataset, settings, workers)
    running: dict[Future[bytes], list[Job]] = {}
    while True:
        while len(running) < BLOCKS_PER_WORKER * workers and (block := next(blocks, None)) is not None:
            part, content = block
            running[compute.submit(content, (part[0].today, part[0].replication))] = part
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            part = running.pop(future)
            for job, file in zip(part, files_in(future.result()), strict=True):
                store.put(job.key, file)
                step()
