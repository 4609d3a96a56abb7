"""Processes under supervision, with small real children."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zorgstroom.processes import GaveUp, PortInUse, Service, Supervisor, check_port

pytestmark = pytest.mark.unit

SLEEP = "import time; print('up', flush=True); time.sleep(600)"
WATCHED_SLEEP = f"from zorgstroom.lifeline import watch_lifeline; watch_lifeline(); {SLEEP}"


def python(name: str, code: str) -> Service:
    return Service(name, (sys.executable, "-c", textwrap.dedent(code)))


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, f"waited 30 seconds in vain: {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervisor]]:
    started: list[Supervisor] = []

    def start(*services: Service, **options: object) -> Supervisor:
        supervisor = Supervisor(services, tmp_path / "logs", {"ZORGSTROOM_TEST": "given"}, **options)  # type: ignore[arg-type]
        started.append(supervisor)
        supervisor.start()
        return supervisor

    yield start
    for supervisor in started:
        supervisor.stop()


def test_children_get_the_environment_and_write_to_their_log(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(
        python("a", "import os, time; print(os.environ['ZORGSTROOM_TEST'], flush=True); time.sleep(600)")
    )

    wait_for(lambda: supervisor.log_file("a").read_text() == "given\n", "the log")


def test_a_crashed_child_is_started_again(supervise: Callable[..., Supervisor]) -> None:
    restarts: list[tuple[str, float]] = []
    supervisor = supervise(
        python("a", SLEEP),
        on_restart=lambda name, seconds: restarts.append((name, seconds)),
        backoff_seconds=(0.01, 0.01),
    )
    first = supervisor.pids()["a"]
    os.kill(first, signal.SIGKILL)

    def restarted() -> bool:
        supervisor.check()
        return supervisor.pids().get("a", first) != first

    wait_for(restarted, "the second process")
    assert restarts == [("a", 0.01)]


def test_a_child_that_keeps_crashing_is_given_up_with_its_reason(
    supervise: Callable[..., Supervisor],
) -> None:
    supervisor = supervise(python("a", "raise SystemExit('no such folder')"), backoff_seconds=(0.01,) * 5)

    def give_up() -> bool:
        supervisor.check()
        return False

    with pytest.raises(GaveUp) as caught:
        wait_for(give_up, "giving up")
    assert caught.value.params["times"] == 6
    assert caught.value.params["last"] == "no such folder"
    assert "no such folder" in caught.value.message("nl")


def test_stop_ends_also_what_a_child_started_and_what_ignores_the_request(
    supervise: Callable[..., Supervisor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zorgstroom.processes.STOP_SECONDS", 0.5)
    stubborn = f"""
        import signal, subprocess, sys
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        grandchild = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
        open({str(tmp_path / "pid")!r}, "w").write(f"{{grandchild.pid}}\\n")
        grandchild.wait()
    """
    supervisor = Supervisor([python("a", stubborn)], tmp_path / "logs", {})
    supervisor.start()
    wait_for(
        lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("\n"),
        "the grandchild",
    )
    pids = [*supervisor.pids().values(), int((tmp_path / "pid").read_text())]
    assert all(alive(pid) for pid in pids)

    supervisor.stop()

    wait_for(lambda: not any(alive(pid) for pid in pids), "the end of all")


def test_a_second_request_to_stop_ends_the_waiting(tmp_path: Path) -> None:
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
    supervisor = Supervisor([python("a", code)], tmp_path / "logs", {})
    supervisor.start()
    wait_for(lambda: "up" in supervisor.log_file("a").read_text(), "the child")
    (pid,) = supervisor.pids().values()
    hurry = threading.Event()
    hurry.set()

    supervisor.stop(hurry)

    assert not alive(pid)


def test_children_exit_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    code = f"""
        import time
        from pathlib import Path
        from zorgstroom.processes import Service, Supervisor
        services = [Service(name, ({sys.executable!r}, "-c", {WATCHED_SLEEP!r})) for name in "ab"]
        supervisor = Supervisor(services, Path({str(tmp_path)!r}), {{}})
        supervisor.start()
        while not all("up" in supervisor.log_file(name).read_text() for name in "ab"):
            time.sleep(0.02)
        print(*supervisor.pids().values(), flush=True)
        time.sleep(600)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    assert all(alive(pid) for pid in pids)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    wait_for(lambda: not any(alive(pid) for pid in pids), "the end of the children")


def test_a_pool_worker_exits_when_its_parent_is_killed() -> None:
    code = """
        import multiprocessing, os
        from concurrent.futures import ProcessPoolExecutor
        from zorgstroom.lifeline import watch_parent
        if __name__ == "__main__":
            pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), watch_parent)
            print(pool.submit(os.getpid).result(), flush=True)
            input()
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    assert parent.stdin is not None
    worker = int(parent.stdout.readline())
    assert alive(worker)

    parent.kill()
    parent.wait()
    parent.stdin.close()
    parent.stdout.close()

    wait_for(lambda: not alive(worker), "the end of the worker")


def test_a_port_in_use_is_named_with_the_option_that_changes_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(PortInUse) as caught:
            check_port("127.0.0.1", port, "--api-port")

    assert f"{port}" in caught.value.message("nl")
    assert "--api-port" in caught.value.message("nl")
    check_port("127.0.0.1", port, "--api-port")
