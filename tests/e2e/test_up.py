"""``zorgstroom up``: everything starts, computes, and leaves nothing behind."""

from __future__ import annotations

import datetime as dt
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from zorgstroom.client import Client
from zorgstroom.workshop.documents import SessionPlan, Step

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

WAIT_SECONDS = 180
SERVICES = {"api", "simulator", "ui"}


class Up:
    """A running ``zorgstroom up`` with its own folder and ports."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.ui_port, self.api_port = free_ports(2)
        self.data_dir = folder / "data"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "zorgstroom", "up", "--no-browser", "--data-dir", str(self.data_dir),
             "--ui-port", str(self.ui_port), "--api-port", str(self.api_port), *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "ZORGSTROOM_JOBS": "1"},
            start_new_session=True,
        )  # fmt: skip
        self.said: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def wait_for(self, pattern: str) -> str:
        """Return the first line from now on that matches."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            line = self._lines.get(timeout=max(deadline - time.monotonic(), 0.1))
            assert line is not None, f"stopped before {pattern!r}:\n{''.join(self.said)}{self.logs()}"
            self.said.append(line)
            if re.search(pattern, line):
                return line

    def logs(self) -> str:
        return "".join(
            f"--- {log.name}\n{log.read_text()[-2000:]}" for log in sorted(self.data_dir.glob("logs/*"))
        )

    def family(self) -> set[int]:
        """Return the ids of all its processes: each carries its data folder in the environment."""
        mark = f"ZORGSTROOM_DATA_DIR={self.data_dir}".encode()
        found = {self.process.pid} if self.process.poll() is None else set()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        found.add(int(entry.name))
                except OSError:
                    continue  # it ended, or is not ours
        return found


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
    finally:
        for item in sockets:
            item.close()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.1)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def start(*options: str) -> Up:
        started.append(Up(tmp_path, *options))
        return started[-1]

    yield start
    for item in started:
        for pid in item.family():
            os.kill(pid, signal.SIGKILL)
        item.process.wait()
        assert item.process.stdout is not None
        item.process.stdout.close()


def test_it_becomes_ready_computes_the_first_example_and_stops_on_ctrl_c(up: Callable[..., Up]) -> None:
    running = up("--replications", "1")
    assert str(running.ui_port) in running.wait_for(r"Open in uw browser")
    base = f"http://127.0.0.1:{running.api_port}/v1"
    assert httpx.get(f"{base}/health/ready").status_code == 200
    assert httpx.get(f"http://127.0.0.1:{running.ui_port}/_stcore/health").status_code == 200

    running.wait_for(r"Voorbeeld 'Slokdarm.*' is doorgerekend")
    (run,) = [run for run in httpx.get(f"{base}/runs").json()["items"] if run["state"] == "completed"]
    impact = httpx.get(f"{base}/runs/{run['id']}/impact")
    assert impact.status_code == 200
    assert len(running.family()) > len(SERVICES)

    running.process.send_signal(signal.SIGINT)

    running.wait_for(r"Alles is gestopt")
    assert running.process.wait(WAIT_SECONDS) == 0
    assert not running.family()


def test_no_child_survives_when_the_supervisor_is_killed(up: Callable[..., Up]) -> None:
    (lan,) = free_ports(1)
    running = up("--no-examples", "--lan-address", "127.0.0.1", "--lan-port", str(lan))
    running.wait_for(r"Open in uw browser")
    assert len(running.family()) > len(SERVICES)
    # The room finds the pages of workshops at the address that is said, and nothing else there.
    assert f"http://127.0.0.1:{lan}/m" in running.wait_for(r"telefoons op hetzelfde netwerk")
    assert "Meedoen met een werksessie" in httpx.get(f"http://127.0.0.1:{lan}/m").text
    for path in ("/v1/sessions", "/v1/scenarios", "/v1/health/ready"):
        assert httpx.get(f"http://127.0.0.1:{lan}{path}").status_code == 404

    running.process.kill()
    running.process.wait()

    wait_until(lambda: not running.family(), "the end of all services")


def test_a_service_that_is_killed_comes_back(up: Callable[..., Up]) -> None:
    running = up("--no-examples")
    running.wait_for(r"Open in uw browser")
    with Client(f"http://127.0.0.1:{running.api_port}") as client:
        steps = [Step(id="welkom", kind="text", title="Welkom"), Step(id="raad", kind="number", title="Raad")]
        made = client.create_session(SessionPlan(name="Proef", date=dt.date(2026, 11, 23), steps=steps))
        before = client.facilitate(made.code, made.secret).steer(phase="live", step=1)
    api = [
        pid
        for pid in running.family()
        if Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").endswith(b"\0zorgstroom\0api")
    ]
    (pid,) = api
    os.kill(pid, signal.SIGKILL)

    running.wait_for(r"Onderdeel api is gestopt en start over 1 seconden opnieuw")

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{running.api_port}/v1/health/ready").is_success
        except httpx.HTTPError:
            return False

    wait_until(answers, "the API")
    with Client(f"http://127.0.0.1:{running.api_port}") as client:
        after = client.facilitate(made.code, made.secret).state()
    assert after.model_copy(update={"elapsed": before.elapsed}) == before


def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "zorgstroom",
                "up",
                "--data-dir",
                str(tmp_path / "data"),
                "--ui-port",
                str(port),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=WAIT_SECONDS,
        )

    assert done.returncode == 1
    assert f"Poort {port}" in done.stderr
    assert "--ui-port" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--ui-port", "8765", "--api-port", "8765"), "allebei op poort 8765"),
        (("--lan", "--lan-address", "127.0.0.1", "--lan-port", "{ui_port}"), "allebei op poort"),
        (("--data-dir", "{file}/data"), "kan niet worden gemaakt"),
    ],
)
def test_settings_that_cannot_work_are_named_before_anything_starts(
    options: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    ui_port, api_port = free_ports(2)

    done = subprocess.run(
        [sys.executable, "-m", "zorgstroom", "up", "--no-browser", "--data-dir", str(tmp_path / "data"),
         "--ui-port", str(ui_port), "--api-port", str(api_port),
         *(option.format(file=file, ui_port=ui_port) for option in options)],
        capture_output=True, text=True, check=False, timeout=WAIT_SECONDS,
    )  # fmt: skip

    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "data").exists()
