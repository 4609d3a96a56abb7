"""The services as real processes, which a test may kill -9 and start again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

START_SECONDS = 60.0
REPOSITORY = Path(__file__).parents[2]


def free_port() -> int:
    """Return a port on the loopback address that nobody listens on now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServiceProcess:
    """One ``zorgstroom <service>`` with its data in a folder, its clock wrong when `clock` names a file for it."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        name: str,
        *options: str,
        clock: Path | None = None,
    ) -> None:
        self._log_file = folder / f"{name}-{free_port()}.log"
        self._log = self._log_file.open("wb")
        program = ["zorgstroom"] if clock is None else ["tests.support.shifted_clock", str(clock)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", *program, name, *options],
            env={**os.environ, **environment, "ZORGSTROOM_DATA_DIR": str(folder)},
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        """End it as an operator would; return the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=30)

    def log(self) -> str:
        """Return what it printed."""
        return self._log_file.read_text()

    def close(self) -> None:
        """Leave nothing behind."""
        self.kill()
        self._log.close()


class ApiProcess(ServiceProcess):
    """One ``zorgstroom api`` on a port of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str], clock: Path | None = None) -> None:
        self.port = free_port()
        super().__init__(folder, environment, "api", "--port", str(self.port), clock=clock)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/v1", timeout=60.0)

    def wait_until_ready(self) -> None:
        """Wait until it can do its work."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self.runs, f"the API stopped:\n{self.log()}"
            assert time.monotonic() < deadline, f"the API is not ready:\n{self.log()}"
            try:
                if self.client.get("/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)

    def close(self) -> None:
        """Leave nothing behind."""
        self.client.close()
        super().close()


@contextmanager
def running_api_process(folder: Path, environment: Mapping[str, str]) -> Iterator[ApiProcess]:
    """Start an API, wait until it is ready, and kill it at the end."""
    process = ApiProcess(folder, environment)
    try:
        process.wait_until_ready()
        yield process
    finally:
        process.close()
