"""The API as a real process on a real bus: killed, restarted, stopped, in the way of another."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.api import wait_until
from tests.support.services import ApiProcess, running_api_process

from zorgstroom.events.local import LocalCommandQueue, LocalEventLog
from zorgstroom.events.ports import COMMANDS, RUNS
from zorgstroom.events.schemas import RunAccepted, RunProgressed, RunRequested, make_event
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import OutboxRow, RunRow

pytestmark = pytest.mark.e2e

SCENARIO = {"zorgstroom": 1, "name": "Alles zoals nu", "region": {"roaz": "Limburg"}, "actions": []}


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    if request.param == "sqlite":
        return {"ZORGSTROOM_DATABASE_URL": f"sqlite:///{tmp_path / 'zorgstroom.db'}"}
    return {"ZORGSTROOM_DATABASE_URL": request.getfixturevalue("postgres_url")}


def ask(process: ApiProcess, seed: int = 1) -> dict[str, Any]:
    response = process.client.post("/runs", json={"scenario": SCENARIO, "settings": {"seed": seed}})
    assert response.status_code == 202, response.text
    run: dict[str, Any] = response.json()
    return run


@contextmanager
def bus_that_takes_nothing(folder: Path) -> Iterator[None]:
    """Hold the only place of a writer on the local bus."""
    with closing(sqlite3.connect(folder / "events.db", isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def stored(environment: Mapping[str, str]) -> tuple[list[str], int]:
    """Return the runs in the database and how many events still have to be sent."""
    database = Database(environment["ZORGSTROOM_DATABASE_URL"])
    with database.read() as session:
        runs = list(session.scalars(select(RunRow.id).order_by(RunRow.created)))
        waiting = session.scalars(select(OutboxRow.id)).all()
    database.close()
    return runs, len(waiting)


def test_killed_between_accepting_and_publishing_nothing_is_lost(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with running_api_process(tmp_path, environment) as process:
        with bus_that_takes_nothing(tmp_path):
            runs = [ask(process, seed)["id"] for seed in range(3)]
            # What was asked, and what the simulators are to be told when it is its turn.
            wait_until(lambda: stored(environment) == (runs, 6))
            process.kill()
        assert stored(environment) == (runs, 6)
    with closing(LocalEventLog(tmp_path / "events.db")) as log:
        assert log.read(COMMANDS, None, 10, 0.0) == []
        with running_api_process(tmp_path, environment) as process:
            commands: list[str] = []
            queue = LocalCommandQueue(tmp_path / "events.db", "simulators")
            while len(commands) < 3:
                delivery = queue.take(30.0)
                assert delivery is not None
                payload = delivery.event.payload()
                assert isinstance(payload, RunRequested)
                assert payload.scenario["name"] == SCENARIO["name"]
                commands.append(delivery.event.subject)
                queue.accept(delivery)
            queue.close()
            assert commands == runs
            assert [process.client.get(f"/runs/{run}").json()["state"] for run in runs] == ["queued"] * 3
            assert ask(process, 1)["cached"]
        assert stored(environment) == (runs, 0)
        assert [entry.event.subject for entry in log.read(RUNS, None, 10, 0.0)] == runs


def test_progress_goes_on_where_it_was_after_kill_9(tmp_path: Path, environment: dict[str, str]) -> None:
    with closing(LocalEventLog(tmp_path / "events.db")) as log:
        with running_api_process(tmp_path, environment) as process:
            run_id = ask(process)["id"]
            log.publish(RUNS, [make_event(run_id, "test", RunAccepted(attempt=1, worker="test"))])
            process.kill()
        log.publish(RUNS, [make_event(run_id, "test", RunProgressed(attempt=1, done=4, total=10))])
        with (
            running_api_process(tmp_path, environment) as process,
            process.client.stream("GET", f"/runs/{run_id}/events") as response,
        ):
            for line in response.iter_lines():
                if line.startswith("data:") and '"done":4' in line:
                    assert '"state":"running"' in line
                    break
            else:
                pytest.fail("the stream ended")
            # An open stream does not keep the service from stopping in an orderly way.
            assert process.terminate() in (0, -signal.SIGTERM)
            assert "Application shutdown complete" in process.log()


def test_two_services_on_one_address_is_one_clear_line(tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "zorgstroom", "api", "--port", str(port), "--lang", "en"],
            env={**os.environ, "ZORGSTROOM_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        f"The API cannot listen on 127.0.0.1, port {port}: Address already in use. Choose another port with --port."
    ]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "postgresql+psycopg://u:hush-hush@127.0.0.1:1/x",
            "The database does not answer now. Try again later.",
        ),
        ("postgresql+psycopg://u:hush-hush@@:zz/x", "The address of the database"),
        ("oracel://u:hush-hush@h/x", "The address of the database"),
        ("mysql://u:hush-hush@h/x", "The address of the database"),
        ("postgresql://u:hush-hush@h/x", "The address of the database"),
    ],
)
def test_a_database_that_is_away_or_wrong_is_one_clear_line(tmp_path: Path, address: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zorgstroom", "api", "--port", "0", "--lang", "en"],
        env={**os.environ, "ZORGSTROOM_DATA_DIR": str(tmp_path), "ZORGSTROOM_DATABASE_URL": address},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(said)
    assert "hush" not in done.stdout + done.stderr
