"""What release 0.1.0 kept is opened by this version: every address answers, and what waited goes on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, DateTime, MetaData, insert
from tests.support.api import Api, running_api, wait_until

from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import upgrade

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

RELEASE = Path(__file__).parents[1] / "data" / "release-0.1.0.zip"


def unpack(folder: Path) -> dict[str, Any]:
    """Put the files of that release in a data folder, and return what it answered."""
    with zipfile.ZipFile(RELEASE) as archive:
        for name in archive.namelist():
            if name.startswith("artefacts/"):
                archive.extract(name, folder)
        for name in ("zorgstroom", "events"):
            with closing(sqlite3.connect(folder / f"{name}.db")) as connection:
                connection.executescript(archive.read(f"{name}.sql").decode())
        expected: dict[str, Any] = json.loads(archive.read("expected.json"))
    return expected


def move_to(url: str, file: Path) -> None:
    """Put the same rows in a database of another kind, under the tables of that release."""
    database = Database(url)
    upgrade(database, "0001")
    with closing(database), database.connection() as connection:
        tables = MetaData()
        tables.reflect(connection)
        with closing(sqlite3.connect(file)) as source:
            source.row_factory = sqlite3.Row
            for table in tables.sorted_tables:
                if table.name == "alembic_version":
                    continue
                rows = [dict(row) for row in source.execute(f"SELECT * FROM {table.name}")]
                for row in rows:
                    for column in table.columns:
                        row[column.name] = as_kept(row[column.name], column.type)
                if rows:
                    connection.execute(insert(table), rows)


def as_kept(value: Any, kind: object) -> Any:
    """What SQLite keeps as text or number, as the other database keeps it."""
    if value is None:
        return None
    if isinstance(kind, JSON):
        return json.loads(value)
    if isinstance(kind, DateTime):
        return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)
    return bool(value) if isinstance(kind, Boolean) else value


def missing_from(new: Any, old: Any, where: str = "") -> list[str]:
    """Where an answer no longer says what it said; it may say more."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            line
            for name, value in old.items()
            for line in (
                missing_from(new[name], value, f"{where}/{name}") if name in new else [f"{where}/{name}"]
            )
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            line for at, value in enumerate(old) for line in missing_from(new[at], value, f"{where}/{at}")
        ]
    return [] if new == old else [f"{where}: {old!r} is {new!r}"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_the_previous_release_kept_is_all_there(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    expected = unpack(tmp_path)
    url = None
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_url")
        move_to(url, tmp_path / "zorgstroom.db")
    runs = expected["runs"]
    with running_api(tmp_path, database_url=url) as api:
        listed = {run["id"]: run["state"] for run in api.client.get("/v1/runs").json()["items"]}
        assert listed.keys() == set(runs.values())
        assert listed[runs["queued"]] == "queued"
        for path, answer in expected["answers"].items():
            response = api.client.get(path)
            if path.endswith("format=csv"):
                assert hashlib.sha256(response.content).hexdigest() == answer
            elif response.status_code == 200:
                assert missing_from(response.json(), answer, path) == []
            else:
                assert response.json()["status"] == answer["status"], path
        done = runs["done"]
        for part in ("impact", "headline", "results", "results/comparison", "report?format=xlsx"):
            assert api.client.get(f"/v1/runs/{done}/{part}").status_code == 200, part
        report = api.client.get(f"/v1/runs/{done}/report?format=html").text
        assert "Slokdarmzorg op één plek" in report
        for scenario in (expected["scenario"], expected["own"]):
            assert api.client.get(f"/v1/scenarios/{scenario}").json()["id"] == scenario
        goes_on(api, runs["queued"])


def goes_on(api: Api, queued: str) -> None:
    """The command of the previous release is still on its bus, and its run can be computed and completed."""
    assert queued in {event.subject for event in api.commands()}
    assert api.client.get(f"/v1/runs/{queued}").json()["position"] == 1
    api.accept(queued)
    api.complete(queued, seed=5)
    assert api.client.get(f"/v1/runs/{queued}/impact").status_code == 200


def test_its_bus_alone_gives_the_same_runs(tmp_path: Path) -> None:
    expected = unpack(tmp_path)
    (tmp_path / "zorgstroom.db").unlink()
    states = {"done": "completed", "other": "completed", "failed": "failed", "cancelled": "cancelled"}
    with running_api(tmp_path) as api:
        for name, state in states.items():
            address = f"/v1/runs/{expected['runs'][name]}"
            wait_until(lambda: api.client.get(address).json().get("state") == state)  # noqa: B023
        assert api.client.get(f"/v1/runs/{expected['runs']['done']}/impact").status_code == 200
