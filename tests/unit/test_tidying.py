"""What is thrown away, and what never."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.support.api import Api, running_api, wait_until

from zorgstroom.artefacts import ArtefactStore
from zorgstroom.events import open_event_log
from zorgstroom.events.ports import RUNS, EventLog
from zorgstroom.events.schemas import RunRemoved
from zorgstroom_api.settings import ApiSettings
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import upgrade
from zorgstroom_api.store.models import ArtefactRow, AuditRow, RunRow
from zorgstroom_api.tidying import NotCaughtUp, Rules, Tidied, tidy

pytestmark = pytest.mark.unit

LONG_AGO = dt.timedelta(days=400)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with running_api(tmp_path) as made:
        yield made


def tidy_up(settings: ApiSettings, rules: Rules, *, dry_run: bool = False) -> Tidied:
    with closing(Database(settings.resolved_database_url)) as database:
        upgrade(database)
        open_log = partial(open_event_log, settings)
        while True:
            # What was just told is being read.
            with suppress(NotCaughtUp):
                return tidy(database, open_log, settings.artefacts_dir, rules, dry_run=dry_run)


def make_old(api: Api, run_id: str) -> None:
    """As if the run ended, and its files were written, long ago."""
    moment = dt.datetime.now(dt.UTC) - LONG_AGO
    with closing(Database(api.settings.resolved_database_url)) as database, database.write() as session:
        session.execute(update(RunRow).where(RunRow.id == run_id).values(computed=moment))
    make_files_old(api.settings.artefacts_dir)


def make_files_old(folder: Path) -> None:
    before = time.time() - LONG_AGO.total_seconds()
    for path in folder.rglob("*"):
        os.utime(path, (before, before))


def test_an_old_run_goes_with_the_files_that_only_it_names(api: Api) -> None:
    run_id = api.completed_run()
    same_tables = api.completed_run(seed=2)
    waiting = api.request_run(seed=3)
    make_old(api, run_id)
    files = {path for path in api.settings.artefacts_dir.rglob("*") if path.is_file()}
    shared = {api.artefacts.path(key) for key in keys_of(api, same_tables)}
    rules = Rules(runs_days=365, audit_days=None)
    would = tidy_up(api.settings, rules, dry_run=True)
    assert api.client.get(f"/v1/runs/{run_id}/impact").status_code == 200
    size = sum(path.stat().st_size for path in files - shared)
    assert would == Tidied(runs=1, files=len(files - shared), bytes=size, audit_lines=0)
    assert tidy_up(api.settings, rules) == would
    assert {path for path in files if path.exists()} == shared
    assert api.client.get(f"/v1/runs/{run_id}").status_code == 404
    assert api.client.get(f"/v1/runs/{run_id}/impact").status_code == 404
    assert api.client.get(f"/v1/runs/{same_tables}/impact").status_code == 200
    assert api.client.get(f"/v1/runs/{waiting}").json()["state"] == "queued"
    # It is a fact on the bus: the tables made again from it do not have the run either.
    wait_until(lambda: removals(api) == [run_id])
    assert tidy_up(api.settings, rules) == Tidied(0, 0, 0, 0)
    # Asked for again it is a new run.
    assert api.request_run() == run_id
    assert api.client.get(f"/v1/runs/{run_id}").json()["state"] == "queued"


def keys_of(api: Api, run_id: str) -> set[str]:
    with closing(Database(api.settings.resolved_database_url)) as database, database.read() as session:
        return set(session.scalars(select(ArtefactRow.key).where(ArtefactRow.run_id == run_id)))


def removals(api: Api) -> list[str]:
    events = [entry.event for entry in api.log.read(RUNS, None, 100, 0.0)]
    return [event.subject for event in events if isinstance(event.payload(), RunRemoved)]


def test_files_that_a_run_names_and_young_files_stay(api: Api) -> None:
    run_id = api.completed_run()
    make_files_old(api.settings.artefacts_dir)
    store = ArtefactStore(api.settings.artefacts_dir)
    old, _ = store.put("old.csv", b"of no run")
    make_files_old(api.settings.artefacts_dir)
    young, _ = store.put("young.csv", b"about to be published")
    assert tidy_up(api.settings, Rules(None, None)).files == 1
    assert not (api.settings.artefacts_dir / old).exists()
    assert store.path(young).is_file()
    assert api.client.get(f"/v1/runs/{run_id}/impact").status_code == 200


def test_a_file_that_is_made_again_counts_as_young(api: Api) -> None:
    store = ArtefactStore(api.settings.artefacts_dir)
    key, _ = store.put("table.csv", b"the same table")
    make_files_old(api.settings.artefacts_dir)
    store.put("table.csv", b"the same table")
    assert tidy_up(api.settings, Rules(None, None)).files == 0
    assert store.path(key).is_file()


def test_a_file_that_is_made_again_while_it_is_judged_stays(api: Api) -> None:
    """It was old when the files were listed; the run that made it again is published after the rows were read."""
    store = ArtefactStore(api.settings.artefacts_dir)
    key, _ = store.put("table.csv", b"the same table")
    make_files_old(api.settings.artefacts_dir)

    def open_log_late() -> EventLog:
        store.put("table.csv", b"the same table")
        return open_event_log(api.settings)

    with closing(Database(api.settings.resolved_database_url)) as database:
        done = tidy(database, open_log_late, api.settings.artefacts_dir, Rules(None, None))
    assert (done.files, done.bytes) == (0, 0)
    assert store.path(key).read_bytes() == b"the same table"
    assert [path.name for path in api.settings.artefacts_dir.rglob("*.tmp")] == []


def test_nothing_goes_while_there_is_something_to_read(tmp_path: Path) -> None:
    """An empty database beside a full bus: every file seems to be of no run."""
    with running_api(tmp_path) as api:
        run_id = api.completed_run()
        settings = api.settings
    make_files_old(settings.artefacts_dir)
    empty = settings.model_copy(update={"database_url": None, "data_dir": tmp_path / "new"})
    empty = empty.model_copy(update={"bus_url": f"local:{tmp_path / 'events.db'}"})
    with closing(Database(empty.resolved_database_url)) as database:
        upgrade(database)
        with pytest.raises(NotCaughtUp):
            tidy(database, partial(open_event_log, empty), settings.artefacts_dir, Rules(1, 1))
    with running_api(tmp_path) as api:
        assert api.client.get(f"/v1/runs/{run_id}/impact").status_code == 200


def test_old_lines_of_the_audit_log_go(api: Api) -> None:
    api.request_run()
    now = dt.datetime.now(dt.UTC)
    with closing(Database(api.settings.resolved_database_url)) as database, database.write() as session:
        for moment in (now - LONG_AGO, now - LONG_AGO, now):
            session.add(AuditRow(time=moment, actor="", action="try", subject="x", details={}))
    assert tidy_up(api.settings, Rules(None, 365), dry_run=True).audit_lines == 2
    assert tidy_up(api.settings, Rules(None, 365)).audit_lines == 2
    assert tidy_up(api.settings, Rules(None, 365)).audit_lines == 0


def test_the_service_tidies_by_itself_when_a_term_is_set(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        run_id = api.completed_run()
        make_old(api, run_id)
    with running_api(tmp_path, keep_runs_days=100) as api:
        wait_until(lambda: api.client.get(f"/v1/runs/{run_id}").status_code == 404)
