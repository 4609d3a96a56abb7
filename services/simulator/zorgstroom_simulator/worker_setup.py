"""What a worker of a Dask cluster does before its first block, and what it looks after (a Dask ``--preload``)."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import Any

from zorgstroom.errors import ZorgstroomError
from zorgstroom.lifeline import watch_parent
from zorgstroom_simulator.compute_dask import prepared_here
from zorgstroom_simulator.warm_up import PREPARE

logger = logging.getLogger(__name__)

#: In the environment of a worker: the dataset it gets ready for.
DATASET = "ZORGSTROOM_DATASET"
#: A block that nobody waits for any more may end by itself within so many seconds; then its process is ended.
MERCY_SECONDS = 3.0
_LOOK_SECONDS = 0.5


async def dask_setup(worker: Any) -> None:
    """Load dataset and machine code before the scheduler knows this worker; then watch over its blocks."""
    watch_parent()
    try:
        prepared_here(PREPARE, os.environ[DATASET])
    except ZorgstroomError as error:
        # Runs on another dataset may still be done; one on this dataset then says what is wrong.
        logger.warning("%s", error)
    worker.zorgstroom_watch = asyncio.create_task(_end_what_nobody_wants(worker))


async def _end_what_nobody_wants(worker: Any) -> None:
    """Leave when a cancelled block goes on: a thread cannot be stopped, and the nanny starts a new worker."""
    since: dict[str, float] = {}
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        running = [task for task in worker.state.tasks.values() if task.state == "cancelled"]
        now = time.monotonic()
        since = {task.key: since.get(task.key, now) for task in running}
        if any(now - began > MERCY_SECONDS for began in since.values()):
            logger.info("a cancelled block does not end; this worker begins again")
            # Properly, so that the scheduler blames none of the blocks that wait here.
            await worker.close(timeout=1, executor_wait=False, nanny=False)
            os._exit(0)
