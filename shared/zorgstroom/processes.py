"""Service processes under supervision: started, restarted when they crash, and never left behind.

A child is started by exec (never by fork, which breaks threads and compiled libraries), leads a process
group of its own so that Ctrl-C in a terminal reaches only the supervisor, and holds the reading end of the
life-line (`zorgstroom.lifeline`). What it prints goes straight to its log file, so that a child never
stops because the supervisor no longer reads.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from zorgstroom.errors import ZorgstroomError

#: Waiting time before each restart; a child that crashes once more after the last is given up.
BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0)
#: After this long without a crash a child has its full number of restarts again.
HEALTHY_SECONDS = 60.0
#: Between SIGTERM and SIGKILL.
STOP_SECONDS = 10.0
_LOG_BYTES = 10_000_000


class PortInUse(ZorgstroomError):
    """A port is taken by another program."""

    key = "up.port_in_use"


class GaveUp(ZorgstroomError):
    """A service keeps crashing."""

    key = "up.gave_up"


@dataclass(frozen=True)
class Service:
    """What to start: `name` is also the name of its log, `command` the program with its arguments."""

    name: str
    command: tuple[str, ...]


@dataclass
class _Child:
    service: Service
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restarts: int = 0
    restart_at: float | None = None


class Supervisor:
    """Keeps services running until `stop`. Not shared between threads.

    `environment` is given to every child besides the supervisor's own; `on_restart` hears the name of a
    service that crashed and the seconds until it is started again.
    """

    def __init__(
        self,
        services: Sequence[Service],
        log_dir: Path,
        environment: Mapping[str, str],
        on_restart: Callable[[str, float], None] = lambda _name, _seconds: None,
        backoff_seconds: Sequence[float] = BACKOFF_SECONDS,
    ) -> None:
        self._children = [_Child(service) for service in services]
        self._log_dir = log_dir
        self._environment = dict(environment)
        self._on_restart = on_restart
        self._backoff_seconds = tuple(backoff_seconds)
        self._lifeline_read, self._lifeline_write = os.pipe()

    def start(self) -> None:
        """Start every service."""
        self._log_dir.mkdir(parents=True, exist_ok=True)
        for child in self._children:
            self._start(child)

    def check(self) -> None:
        """Restart what crashed once its waiting time is over; raise `GaveUp` when it keeps crashing."""
        now = time.monotonic()
        for child in self._children:
            if child.restart_at is not None:
                if now >= child.restart_at:
                    self._start(child)
            elif child.process is not None and child.process.poll() is not None:
                self._plan_restart(child, now)

    def stop(self, hurry: threading.Event | None = None) -> None:
        """Ask every child to stop; end what still runs after 10 seconds, or as soon as `hurry` is set."""
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and any(process.poll() is None for process in running):
            if hurry is not None and hurry.is_set():
                break
            time.sleep(0.05)
        for process in running:
            # The whole group: a computation the service started must not outlive it.
            _kill_group(process.pid)
            process.wait()
        for fd in (self._lifeline_write, self._lifeline_read):
            os.close(fd)

    def pids(self) -> dict[str, int]:
        """Return the process id of every running service by name."""
        return {
            child.service.name: child.process.pid
            for child in self._children
            if child.process is not None and child.process.poll() is None
        }

    def log_file(self, name: str) -> Path:
        """Return where the service of this name writes."""
        return self._log_dir / f"{name}.log"

    def _start(self, child: _Child) -> None:
        with self._open_log(child.service.name) as log:
            child.process = subprocess.Popen(  # noqa: S603
                child.service.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Settings of the user reach the children through the environment, untouched.
                env={**os.environ, **self._environment, "ZORGSTROOM_LIFELINE_FD": str(self._lifeline_read)},
                pass_fds=(self._lifeline_read,),
                start_new_session=True,
            )
        child.started_at = time.monotonic()
        child.restart_at = None

    def _plan_restart(self, child: _Child, now: float) -> None:
        assert child.process is not None
        _kill_group(child.process.pid)
        if now - child.started_at > HEALTHY_SECONDS:
            child.restarts = 0
        if child.restarts >= len(self._backoff_seconds):
            log = self.log_file(child.service.name)
            raise GaveUp(name=child.service.name, times=child.restarts + 1, log=log, last=_last_line(log))
        seconds = self._backoff_seconds[child.restarts]
        child.restarts += 1
        child.restart_at = now + seconds
        self._on_restart(child.service.name, seconds)

    def _open_log(self, name: str) -> IO[bytes]:
        path = self.log_file(name)
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path.open("ab")


def check_port(host: str, port: int, option: str) -> None:
    """Raise `PortInUse`, naming the port and the option that changes it, when another program has it."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As the servers do: a port that was just closed counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortInUse(port=port, host=host, option=option) from error


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # nothing of the group is left
        os.killpg(pid, signal.SIGKILL)


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").splitlines() if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
