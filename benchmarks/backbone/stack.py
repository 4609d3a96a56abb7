"""Kafka, PostgreSQL and our services as processes of their own, in a folder that goes away."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.kafka_broker import Broker
from tests.support.postgres import own_server
from tests.support.services import ApiProcess, ServiceProcess

from zorgstroom.events import open_event_log
from zorgstroom.events.ports import EventLog
from zorgstroom.settings import Settings

#: Requests are not limited here: a limit is there to protect others, and here nobody is.
_UNLIMITED = {
    "ZORGSTROOM_READS_PER_MINUTE": "0",
    "ZORGSTROOM_WRITES_PER_MINUTE": "0",
    "ZORGSTROOM_PREVIEWS_PER_MINUTE": "0",
}
START_SECONDS = 120.0


@dataclass
class Stack:
    """The parts that run; `environment` is what our services get."""

    folder: Path
    environment: dict[str, str]
    opened: ExitStack = field(repr=False)

    def api(self, **settings: str) -> ApiProcess:
        """Start an API and wait until it is ready."""
        api = ApiProcess(self.folder, {**self.environment, **settings})
        self.opened.callback(api.close)
        api.wait_until_ready()
        return api

    def simulator(self, jobs: int, **settings: str) -> ServiceProcess:
        """Start a simulator, and wait until it gives a sign of life."""
        for old in self.folder.glob("simulator-*.alive"):
            old.unlink()
        simulator = self.process("simulator", "--jobs", str(jobs), **settings)
        wait_until(lambda: any(self.folder.glob("simulator-*.alive")), START_SECONDS)
        return simulator

    def process(self, name: str, *options: str, **settings: str) -> ServiceProcess:
        """Start one of our services."""
        service = ServiceProcess(self.folder, {**self.environment, **settings}, name, *options)
        self.opened.callback(service.close)
        return service

    def log(self) -> EventLog:
        """Open the log of events."""
        settings = Settings(data_dir=self.folder, bus_url=self.environment["ZORGSTROOM_BUS_URL"])
        log = open_event_log(settings)
        self.opened.callback(log.close)
        return log


@contextmanager
def running_stack(folder: Path, *, bus: str = "kafka") -> Iterator[Stack]:
    """Start Kafka and PostgreSQL, which keeps what it accepts through a power cut; no service of ours yet.

    `bus`: ``kafka``, or ``local`` with SQLite instead of both.
    """
    folder.mkdir(parents=True)
    data = folder / "data"
    data.mkdir()
    with ExitStack() as opened:
        environment = {"ZORGSTROOM_BUS_URL": "local:", **_UNLIMITED}
        if bus == "kafka":
            broker = Broker(folder / "kafka")
            opened.callback(broker.kill)
            broker.start()
            server = opened.enter_context(own_server(durable=True))
            environment["ZORGSTROOM_BUS_URL"] = f"kafka://{broker.servers}"
            environment["ZORGSTROOM_DATABASE_URL"] = server.create_database()
        yield Stack(data, environment, opened)


def wait_until(true: Callable[[], bool], seconds: float, every: float = 0.05) -> None:
    """Wait until something is true. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(every)


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process, of its children and of theirs, living or gone."""
    ticks = sum(_ticks(member) for member in family(pid))
    return ticks / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it and live."""
    parents: Mapping[int, int] = {
        int(folder.name): int(fields[1])
        for folder in Path("/proc").iterdir()
        if folder.name.isdigit() and (fields := _stat(int(folder.name)))
    }
    found = [pid]
    for member in found:
        found += [child for child, parent in parents.items() if parent == member]
    return found


def resident_mb(pid: int) -> float:
    """Return how much memory a process has now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def _ticks(pid: int) -> int:
    # Of the process, and of its children that have ended.
    return sum(map(int, fields[11:15])) if (fields := _stat(pid)) else 0


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
