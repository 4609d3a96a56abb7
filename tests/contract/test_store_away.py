"""A database that is away for a while: whoever asks is told to come back, and everything goes on by itself."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support import sample_result
from tests.support.api import running_api, wait_until
from tests.support.postgres import PostgresServer

from zorgstroom.errors import Unavailable
from zorgstroom_api.store.database import MOST_CONNECTIONS, Database

pytestmark = pytest.mark.contract


def test_every_answer_is_503_meanwhile_and_nothing_is_lost(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    with running_api(tmp_path, database_url=own_postgres.create_database()) as api:
        run_id = api.request_run(seed=1)
        wait_until(lambda: len(api.commands()) == 1)
        scenario_id = api.client.get(f"/v1/runs/{run_id}").json()["scenario_id"]
        own_postgres.stop()
        body = {"scenario": dict(sample_result.PLAN), "settings": {"seed": 2}}
        asked = [
            ("GET", "/v1/runs", None),
            ("GET", f"/v1/runs/{run_id}", None),
            ("GET", f"/v1/runs/{run_id}/events", None),
            ("GET", f"/v1/runs/{run_id}/results", None),
            ("GET", f"/v1/runs/{run_id}/impact", None),
            ("DELETE", f"/v1/runs/{run_id}", None),
            ("POST", "/v1/runs", body),
            ("GET", "/v1/scenarios", None),
            ("GET", f"/v1/scenarios/{scenario_id}", None),
            ("POST", "/v1/scenarios", dict(sample_result.PLAN)),
            ("GET", f"/v1/comparisons?run={run_id}&run=other", None),
            ("GET", "/v1/health/ready", None),
        ]
        for method, path, content in asked:
            answer = api.client.request(method, path, json=content)
            assert (method, path, answer.status_code) == (method, path, 503)
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert int(answer.headers["retry-after"]) > 0
        # What simulators say meanwhile waits on the bus.
        assert api.client.get("/v1/health/live").status_code == 200
        own_postgres.start()
        wait_until(lambda: api.client.post("/v1/runs", json=body).status_code == 202)
        wait_until(lambda: len(api.commands()) == 2)
        api.complete(run_id, seed=1)


def test_what_hangs_is_given_up(postgres_url: str) -> None:
    """A lock that somebody keeps, and more readers than connections: unavailable, not for ever."""
    database = Database(postgres_url)
    with database.read() as session:
        limits = {
            name: session.scalar(text(f"SHOW {name}")) for name in ("statement_timeout", "lock_timeout")
        }
    assert limits == {"statement_timeout": "30s", "lock_timeout": "10s"}
    with pytest.raises(Unavailable):
        _sleep(database)
    # Migrations may take longer.
    with database.connection() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
    everybody, done = threading.Barrier(MOST_CONNECTIONS + 1), threading.Event()

    def keep(_number: int) -> None:
        with database.read() as session:
            session.execute(text("SELECT 1"))
            everybody.wait()
            done.wait()

    with ThreadPoolExecutor(MOST_CONNECTIONS) as pool:
        keeping = [pool.submit(keep, number) for number in range(MOST_CONNECTIONS)]
        everybody.wait()
        with pytest.raises(Unavailable), database.read() as session:
            session.execute(text("SELECT 1"))
        done.set()
        for future in keeping:
            future.result()
    database.close()


def _sleep(database: Database) -> None:
    with database.read() as session:
        session.execute(text("SET LOCAL statement_timeout = '50ms'"))
        session.execute(text("SELECT pg_sleep(10)"))
