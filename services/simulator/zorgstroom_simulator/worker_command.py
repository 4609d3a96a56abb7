"""``zorgstroom worker``: processes of this machine that compute for a Dask cluster."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any

import click

from zorgstroom import logs
from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset
from zorgstroom.lifeline import watch_lifeline
from zorgstroom.text import Language
from zorgstroom_simulator.compute_choice import check_cluster
from zorgstroom_simulator.simulator_command import SimulatorSettings, require_life
from zorgstroom_simulator.warm_up import warm_up
from zorgstroom_simulator.worker_setup import DATASET

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 2.0
#: How long a worker may take to leave by itself.
_STOP_SECONDS = 5.0


@click.command("worker")
@click.option("--scheduler", metavar="ADDRESS")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option("--check", is_flag=True)
@language_option
def worker_command(*, scheduler: str | None, jobs: int, check: bool, lang: Language) -> None:
    """Compute in a Dask cluster, until stopped."""
    del lang  # its errors are shown by the root
    settings = SimulatorSettings()
    alive = settings.data_dir / f"worker-{socket.gethostname()}.alive"
    if check:
        require_life(alive, "worker.not_alive")
        return
    check_cluster(scheduler or "", "--scheduler")
    watch_lifeline()
    logs.setup(settings, "worker")
    # Once, before several processes read it.
    warm_up(load_dataset(settings.dataset))
    os.environ[DATASET] = settings.dataset
    with tempfile.TemporaryDirectory(prefix="zorgstroom-worker-") as scratch:
        asyncio.run(_work(str(scheduler), jobs, alive, scratch))


async def _work(scheduler: str, jobs: int, alive: Path, scratch: str) -> None:
    """Keep `jobs` workers going until a signal comes."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    keepers = [asyncio.create_task(_keep_one(scheduler, alive, scratch)) for _ in range(jobs)]
    await stop.wait()
    for keeper in keepers:
        keeper.cancel()
    await asyncio.wait(keepers, timeout=_STOP_SECONDS)
    alive.unlink(missing_ok=True)


async def _keep_one(scheduler: str, alive: Path, scratch: str) -> None:
    """Keep one worker under a nanny, which replaces it when it dies; a new pair when the scheduler was away."""
    # An optional part, and slow to import.
    from distributed import Nanny  # noqa: PLC0415

    # It would tell in its own words, with tracebacks, what we tell in ours.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    told = False
    while True:
        nanny: Any = Nanny(
            scheduler,
            nthreads=1,
            # How many workers fit is decided by who starts them.
            memory_limit=0,
            preload=["zorgstroom_simulator.worker_setup"],
            local_directory=scratch,
            dashboard=False,
            silence_logs=logging.CRITICAL,
        )
        try:
            async with nanny:
                logger.info("a worker computes for %s", scheduler)
                told = False
                await _until_gone(nanny, alive)
        except (OSError, TimeoutError, RuntimeError) as error:
            logger.debug("%s", error)
        if not told:
            logger.warning("the scheduler at %s is away; waiting for it", scheduler)
        told = True
        await asyncio.sleep(_LOOK_SECONDS)


async def _until_gone(nanny: Any, alive: Path) -> None:
    """Give a sign of life as long as the worker has its scheduler."""
    while nanny.status.name in ("init", "starting", "running"):
        if nanny.process is not None and nanny.process.status.name == "running":
            alive.parent.mkdir(parents=True, exist_ok=True)
            alive.touch()
        await asyncio.sleep(_LOOK_SECONDS)
