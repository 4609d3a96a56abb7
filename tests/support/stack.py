"""API and simulators as real processes on one bus, one database and one folder, and what is in the end there.

The run they are asked for is small and has the tables that ``zorgstroom run`` gives without any of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.services import ApiProcess, ServiceProcess
from zorgstroom.dataset import load_dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.events import open_event_log
from zorgstroom.events.ports import RESULTS, RUNS, TOPICS, EventLog
from zorgstroom.events.schemas import Event, HeadlineIndicator
from zorgstroom.planning.plan import region_of
from zorgstroom.settings import Settings
from zorgstroom.tables import SCHEMAS
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import ArtefactRow, Base, CursorRow, HeadlineRow, ResultRow, RunRow
from zorgstroom_simulator.experiment import Experiment, simulate_replication
from zorgstroom_simulator.outcome import make_outcome

WAIT_SECONDS = 180.0
REPLICATIONS = 2
SCENARIO: dict[str, Any] = {
    "zorgstroom": 1,
    "name": "Winterswijk dicht",
    "region": {"roaz": "Euregio"},
    "horizon": {"weeks": 4, "warmup_weeks": 0},
    "actions": [{"close": {"location": "SKB"}}],
}
#: What a replay of the bus gives again.
REPLAYED: tuple[type[Base], ...] = (RunRow, HeadlineRow, ResultRow, ArtefactRow)
#: When a run was handed out is known only to the database that did it.
ONLY_HERE = frozenset({"dispatched"})
Row = tuple[tuple[str, object], ...]


def settings_of(seed: int, engine: str = "auto") -> dict[str, Any]:
    """Return how a run is asked for; ``simpy`` takes long enough to be disturbed in the middle."""
    return {"replications": REPLICATIONS, "seed": seed, "engine": engine}


def wait_until(done: Callable[[], bool], story: Callable[[], str] = lambda: "it did not happen") -> None:
    """Wait until something another process does has happened."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline, story()
        time.sleep(0.1)


@dataclass(frozen=True)
class Reference:
    """What a run gives in one process, without any service: the digest of every table, and the headline."""

    digests: Mapping[str, str]
    headline: Counter[Row]


@cache
def reference(seed: int) -> Reference:
    """Return what the run with this seed must give (that ``zorgstroom run`` gives it, `test_together` tells)."""
    dataset = load_dataset("nl2025")
    scenario = Scenario.model_validate(SCENARIO)
    experiment = Experiment(dataset, scenario, region_of(scenario.region), seed, "compiled")
    results = [simulate_replication(experiment, number) for number in range(REPLICATIONS)]
    outcome = make_outcome(experiment, results, run_id="", created="", wall_seconds=0.0)
    headline = Counter(
        (("replication", result.replication), *sorted(item.model_dump().items()))
        for result in results
        for item in result.headline
    )
    return Reference(outcome.manifest["table_digests"], headline)


_HEADLINE = sorted(HeadlineIndicator.model_fields)


def _plain(value: object) -> object:
    """Return a value of a row as one that can be counted."""
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


class Stack:
    """Services on one bus and one database; everything started here ends with `opened`."""

    def __init__(self, folder: Path, environment: Mapping[str, str], opened: ExitStack) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self._opened = opened
        self._services: list[ServiceProcess] = []

    def start_api(self, clock: Path | None = None, **settings: str) -> ApiProcess:
        """Start an API, and wait until it is ready."""
        api = ApiProcess(self.folder, {**self.environment, **settings}, clock)
        self._opened.callback(api.close)
        self._services.append(api)
        api.wait_until_ready()
        return api

    def start_simulator(self, clock: Path | None = None, **settings: str) -> ServiceProcess:
        """Start a simulator with one computing process; it is not waited for."""
        environment = {**self.environment, **settings}
        simulator = ServiceProcess(self.folder, environment, "simulator", "--jobs", "1", clock=clock)
        self._opened.callback(simulator.close)
        self._services.append(simulator)
        return simulator

    def command(self, *words: str) -> str:
        """Return what a command of ``zorgstroom`` says, which must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "zorgstroom", *words],
            env={**os.environ, **self.environment, "ZORGSTROOM_DATA_DIR": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def settings(self) -> Settings:
        """What the services find in their environment."""
        return Settings(data_dir=self.folder, bus_url=self.environment["ZORGSTROOM_BUS_URL"])

    @property
    def database_url(self) -> str:
        """The SQLAlchemy address of the database."""
        return self.environment.get(
            "ZORGSTROOM_DATABASE_URL", f"sqlite:///{self.folder.absolute() / 'zorgstroom.db'}"
        )

    def open_log(self) -> EventLog:
        """Return the bus, to read and write as anybody may."""
        return self._opened.enter_context(closing(open_event_log(self.settings)))

    def told(self) -> dict[str, list[Event]]:
        """Return every event on every topic that can be read, in the order of the bus."""
        found: dict[str, list[Event]] = {topic: [] for topic in TOPICS}
        with closing(open_event_log(self.settings)) as log:
            for topic, events in found.items():
                cursor = None
                while entries := log.read(topic, cursor, 1000, 1.0):
                    cursor = entries[-1].cursor
                    events += [entry.event for entry in entries]
        return found

    def rows(self) -> dict[str, Counter[Row]]:
        """Return what the bus says, as it stands in the tables of the database."""
        database = Database(self.database_url)
        try:
            with database.read() as session:
                return {
                    table.__tablename__: Counter(
                        tuple(
                            (column, _plain(getattr(row, column)))
                            for column in table.__table__.columns.keys()  # noqa: SIM118 - not a mapping
                            if column not in ONLY_HERE
                        )
                        for row in session.scalars(select(table))
                    )
                    for table in REPLAYED
                }
        finally:
            database.close()

    def wait_until_read(self) -> None:
        """Wait until everything the bus says stands in the database."""
        database = Database(self.database_url)

        def read(log: EventLog, topic: str) -> bool:
            with database.read() as session:
                row = session.get(CursorRow, topic)
            return not log.read(topic, None if row is None else row.cursor, 1, 0.5)

        try:
            with closing(open_event_log(self.settings)) as log:
                self.wait_until(lambda: all(read(log, topic) for topic in (RUNS, RESULTS)))
        finally:
            database.close()

    def story(self) -> str:
        """Return what the services printed, to see why something did not happen."""
        return "\n".join(f"--- {service.pid}\n{service.log()}" for service in self._services)

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Wait, and show what the services printed when it does not happen."""
        wait_until(done, self.story)

    def wait_for_state(self, api: ApiProcess, run_ids: Iterable[str], state: str = "completed") -> None:
        """Wait until all runs are in a state."""
        for run_id in run_ids:
            self.wait_until(lambda run_id=run_id: run_of(api, run_id).get("state") == state)  # type: ignore[misc]

    def assert_results(self, run_ids: Mapping[str, int]) -> None:
        """Every run, with its seed, is in the database once with the tables of one process; nothing else is there."""
        rows = {name: [dict(row) for row in found.elements()] for name, found in self.rows().items()}
        states = {row["id"]: (row["state"], row["done"], row["error_key"]) for row in rows["runs"]}
        assert states == dict.fromkeys(run_ids, ("completed", REPLICATIONS, None)), self.story()
        for run_id, seed in run_ids.items():
            expected = reference(seed)
            artefacts = [row for row in rows["artefacts"] if row["run_id"] == run_id]
            digests = {row["name"]: row["table_digest"] for row in artefacts if row["name"] in SCHEMAS}
            assert digests == expected.digests
            headline = Counter(
                (("replication", row["replication"]), *((name, row[name]) for name in _HEADLINE))
                for row in rows["headline_indicators"]
                if row["run_id"] == run_id
            )
            assert headline == expected.headline
        assert {row["run_id"] for row in rows["results"]} == set(run_ids)


def ask(api: ApiProcess, seed: int, engine: str = "auto") -> str:
    """Ask for a run, and return its id."""
    answer = api.client.post("/runs", json={"scenario": SCENARIO, "settings": settings_of(seed, engine)})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def run_of(api: ApiProcess, run_id: str) -> dict[str, Any]:
    """Return where a run stands, or the problem."""
    run: dict[str, Any] = api.client.get(f"/runs/{run_id}").json()
    return run
