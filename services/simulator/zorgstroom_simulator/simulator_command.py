"""``zorgstroom simulator``: the service that computes runs."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, wait
from contextlib import ExitStack, closing
from pathlib import Path

import click
from pydantic import Field

from zorgstroom import logs
from zorgstroom.artefacts import ArtefactStore
from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset
from zorgstroom.errors import Unavailable
from zorgstroom.events import open_command_queue, open_event_log, quiet_kafka
from zorgstroom.lifeline import watch_lifeline
from zorgstroom.settings import Settings
from zorgstroom.text import Language
from zorgstroom_simulator import metrics
from zorgstroom_simulator.compute import Compute, LocalCompute
from zorgstroom_simulator.compute_choice import check_cluster, open_cluster
from zorgstroom_simulator.outcome import packages
from zorgstroom_simulator.replication_cache import ReplicationCache
from zorgstroom_simulator.resources import jobs_for_any_run
from zorgstroom_simulator.service import GROUP, SimulatorService
from zorgstroom_simulator.warm_up import NOTHING, PREPARE, warm_up

logger = logging.getLogger(__name__)

#: A simulator whose sign of life is older does not work.
ALIVE_SECONDS = 60.0
#: How often a simulator that is starting looks whether it should stop.
LOOK_SECONDS = 0.2
#: A simulator that was told to stop is gone after so long, also when the bus is away: its runs are asked for again.
STOP_SECONDS = 8.0
#: Where blocks are computed when no cluster is named.
LOCAL = "local:"


class SimulatorSettings(Settings):
    """Read from the environment (``ZORGSTROOM_*``)."""

    #: The dataset runs are computed on: a shipped one by name, or a folder.
    dataset: str = Field(default="nl2025")
    #: ``local:`` (processes of this machine) or ``tcp://scheduler:8786`` (a Dask cluster).
    compute_url: str = LOCAL
    #: Computed replications kept on disk for later runs, in megabytes; 0: none.
    replication_cache_mb: int = Field(default=1024, ge=0)
    #: Where figures for Prometheus are shown; without a port nowhere.
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(default=None, ge=0, le=65535)

    @property
    def replications_dir(self) -> Path:
        """Where computed replications are kept."""
        return self.data_dir / "replications"

    @property
    def alive_file(self) -> Path:
        """Touched as long as the simulator of this machine works."""
        return self.data_dir / f"simulator-{socket.gethostname()}.alive"


@click.command("simulator")
@click.option("--jobs", type=click.IntRange(1, 256))
@click.option("--check", is_flag=True)
@language_option
def simulator_command(*, jobs: int | None, check: bool, lang: Language) -> None:
    """Compute the runs that others ask for, until stopped."""
    del lang  # its errors are shown by the root
    settings = SimulatorSettings()
    if check:
        require_life(settings.alive_file, "simulator.not_alive")
        return
    if settings.compute_url != LOCAL:
        check_cluster(settings.compute_url, "ZORGSTROOM_COMPUTE_URL")
    watch_lifeline()
    logs.setup(settings, "simulator")
    quiet_kafka()
    if settings.metrics_port is not None:
        metrics.serve(settings.metrics_host, settings.metrics_port)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_leave_in_time, args=(stop,), name="leave", daemon=True).start()
    serve(settings, jobs or settings.jobs, stop)


def serve(settings: SimulatorSettings, jobs: int | None, stop: threading.Event) -> None:
    """Work with these settings until `stop` is set; without `jobs` with as many processes as fit in memory.

    No run waits for machine code: it is made here, before the processes that compute read it, and the sign of life
    comes after all of them have.
    """
    dataset = load_dataset(settings.dataset)
    # Runs that are waiting keep waiting; once it is kept, this takes a second.
    warm_up(dataset)
    # Named in every manifest; finding them out takes longer than the rest of it.
    packages()
    local = settings.compute_url == LOCAL
    jobs = jobs or jobs_for_any_run(dataset)
    with ExitStack() as opened:
        queue = opened.enter_context(closing(open_command_queue(settings, GROUP)))
        log = opened.enter_context(closing(open_event_log(settings)))
        compute: Compute = opened.enter_context(
            closing(
                LocalCompute(PREPARE, settings.dataset, jobs)
                if local
                else open_cluster(settings.compute_url, PREPARE, settings.dataset)
            )
        )
        artefacts = ArtefactStore(settings.artefacts_dir)
        cache = ReplicationCache(settings.replications_dir, settings.replication_cache_mb * 2**20)
        service = SimulatorService(
            queue, log, compute, artefacts, dataset, settings.dataset, cache, settings.alive_file
        )
        # A cluster gets ready by itself, and the service waits for it whenever it is away.
        if not local or _ready(compute, jobs, stop):
            service.run(stop)


def _ready(compute: Compute, jobs: int, stop: threading.Event) -> bool:
    """Wait until every process can compute: has done a block of nothing. Return False when stopped before.

    Raises `ComputeLost` if the processes keep dying.
    """
    asked = [compute.submit(NOTHING) for _ in range(jobs)]
    while not stop.is_set():
        done, waiting = wait(asked, timeout=LOOK_SECONDS, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
        if not waiting:
            return True
    return False


def _leave_in_time(stop: threading.Event) -> None:
    """End this process some seconds after it was told to stop, whatever it waits for."""
    stop.wait()
    time.sleep(STOP_SECONDS)
    logger.warning("stopped without telling everything: what is not finished is asked for again")
    os._exit(1)


def require_life(alive_file: Path, key: str) -> None:
    """Raise `Unavailable` with this text unless a service on this machine gave a sign of life lately."""
    try:
        age = time.time() - alive_file.stat().st_mtime
    except OSError:
        age = float("inf")
    if age > ALIVE_SECONDS:
        raise Unavailable(key)
