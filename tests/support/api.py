"""The API on a database and a bus of its own, with the small country as its dataset.

The simulator's part is played by publishing to the bus what a simulator publishes, with real artefacts.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from fastapi.testclient import TestClient

from tests.support import sample_result
from tests.support.small_dataset import make_dataset
from zorgstroom.artefacts import ArtefactStore
from zorgstroom.dataset.model import Dataset
from zorgstroom.events import open_event_log
from zorgstroom.events.ports import COMMANDS, RESULTS, RUNS, EventLog
from zorgstroom.events.schemas import (
    Artefact,
    Event,
    Payload,
    ResultPublished,
    RunAccepted,
    RunCompleted,
    RunProgressed,
    RunRequested,
    make_event,
)
from zorgstroom.reporting.build import build_impact
from zorgstroom.service_document import Role
from zorgstroom.tables import SCHEMA_VERSION, table_digest, to_parquet
from zorgstroom_api.app import create_app
from zorgstroom_api.keys import create_key
from zorgstroom_api.settings import ApiSettings
from zorgstroom_api.store.database import Database

WAIT_SECONDS = 20.0


@cache
def small_dataset() -> Dataset:
    return make_dataset()


class Api:
    """The running application and the bus it talks to."""

    def __init__(self, client: TestClient, settings: ApiSettings, log: EventLog) -> None:
        self.client = client
        self.settings = settings
        self.log = log
        #: Runs that were asked for, of which no simulator has said anything yet.
        self._unheard: set[str] = set()
        self.artefacts = ArtefactStore(settings.artefacts_dir)

    def request_run(self, **settings: Any) -> str:
        """Ask for a run of the sample plan and return its id."""
        response = self.client.post(
            "/v1/runs", json={"scenario": dict(sample_result.PLAN), "settings": settings}
        )
        assert response.status_code in (200, 202), response.text
        run_id = str(response.json()["id"])
        self._unheard.add(run_id)
        return run_id

    def say(self, run_id: str, payload: Payload, topic: str = RUNS) -> None:
        """Publish what a simulator would: nothing of a run before its request is on the bus."""
        if run_id in self._unheard:
            wait_until(lambda: self.has_fact(run_id, RunRequested))
            self._unheard.remove(run_id)
        self.log.publish(topic, [make_event(run_id, "test", payload)])

    def accept(self, run_id: str, attempt: int = 1) -> None:
        """Take the run up."""
        self.say(run_id, RunAccepted(attempt=attempt, worker="test"))
        self.say(run_id, RunProgressed(attempt=attempt, done=1, total=10))
        self.wait_for_state(run_id, "running")

    def complete(self, run_id: str, indicators: pa.Table | None = None, **identity: Any) -> None:
        """Publish the sample result as that of the run, and wait until it is known."""
        tables = sample_result.tables()
        if indicators is not None:
            tables["indicators"] = indicators
        impact = build_impact(
            tables,
            small_dataset(),
            sample_result.scenario(),
            None,
            sample_result.identity(run_id=run_id, **identity),
            [],
        )
        artefacts = []
        confidential = impact.identity.confidential
        contents = {
            f"{name}.parquet": to_parquet(table, confidential=confidential) for name, table in tables.items()
        }
        contents["impact.json"] = impact.model_dump_json().encode()
        for file, content in contents.items():
            name = file.partition(".")[0]
            key, sha256 = self.artefacts.put(file, content)
            table = tables.get(name)
            artefacts.append(
                Artefact(
                    name=name,
                    key=key,
                    sha256=sha256,
                    table_digest=sha256 if table is None else table_digest(table),
                    rows=1 if table is None else table.num_rows,
                    bytes=len(content),
                    schema_version=SCHEMA_VERSION,
                )
            )
        manifest = {
            "run_id": run_id,
            "model_version": impact.identity.model_version,
            "confidential": confidential,
        }
        self.say(run_id, ResultPublished(attempt=1, artefacts=artefacts, manifest=manifest), RESULTS)
        self.say(run_id, RunCompleted(attempt=1, replications=10, wall_seconds=2.5))
        self.wait_for_state(run_id, "completed")

    def completed_run(self, **settings: Any) -> str:
        """Return the id of a run with the sample result."""
        run_id = self.request_run(**settings)
        self.complete(run_id, seed=settings.get("seed", 1))
        return run_id

    def people(self, roles: Mapping[str, Role]) -> dict[str, dict[str, str]]:
        """Return the headers of people with a key of this role, and of nobody in particular."""
        found: dict[str, dict[str, str]] = {"nobody": {}}
        database = Database(self.settings.resolved_database_url)
        with database.write() as session:
            for name, role in roles.items():
                key = create_key(session, name, role, None, dt.datetime.now(dt.UTC))
                found[name] = {"Authorization": f"Bearer {key}"}
        database.close()
        return found

    def wait_for_state(self, run_id: str, state: str) -> None:
        wait_until(lambda: self.client.get(f"/v1/runs/{run_id}").json().get("state") == state)

    def has_fact(self, run_id: str, kind: type[Payload]) -> bool:
        """Return whether this was said of the run on the bus."""
        events = [entry.event for entry in self.log.read(RUNS, None, 1000, 0.0)]
        return any(event.subject == run_id and isinstance(event.payload(), kind) for event in events)

    def commands(self) -> list[Event]:
        """Return everything that was sent to the simulators."""
        return [entry.event for entry in self.log.read(COMMANDS, None, 100, 0.0)]


def wait_until(done: Callable[[], bool]) -> None:
    """Wait until something another thread or process does has happened."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@contextmanager
def running_api(folder: Path, **settings: Any) -> Iterator[Api]:
    """Run the application in this process."""
    defaults: dict[str, Any] = {"data_dir": folder, "poll_seconds": 0.02}
    made = ApiSettings(**(defaults | settings))
    app = create_app(made, lambda _name: small_dataset())
    with (
        closing(open_event_log(made)) as log,
        TestClient(app, base_url="http://127.0.0.1:8000") as client,
    ):
        yield Api(client, made, log)
