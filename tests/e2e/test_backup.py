"""Everything in one file, and back: on the same kind of database and on the other."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from tests.support.api import Api, running_api, wait_until
from tests.support.session import Led, Telephone, keep_scenario, make_plan

from zorgstroom.cli import run
from zorgstroom.errors import ZorgstroomError
from zorgstroom.events import open_event_log
from zorgstroom.events.ports import RESULTS, RUNS
from zorgstroom.events.schemas import Artefact, ResultPublished
from zorgstroom_api.backup.archive import TABLES, BadBackup, CannotWriteBackup, Manifest
from zorgstroom_api.backup.restoring import NotEmpty, restore_backup
from zorgstroom_api.backup.writing import write_backup
from zorgstroom_api.settings import ApiSettings
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import upgrade
from zorgstroom_api.store.models import ApiKeyRow, AuditRow, CursorRow, RunRow
from zorgstroom_api.tidying import Rules, tidy

pytestmark = pytest.mark.e2e

NOW = dt.datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=dt.UTC)


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, str], str]:
    """Gives the address of an empty database of a kind."""

    def of(kind: str, name: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / name / 'zorgstroom.db'}"
        return str(request.getfixturevalue("postgres_url"))

    return of


def rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    with database.read() as session:
        return {
            name: [
                dict(row)
                for row in session.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            ]
            for name, table in TABLES.items()
        }


def opened(settings: ApiSettings) -> Database:
    database = Database(settings.resolved_database_url)
    upgrade(database)
    return database


def all_said_and_read(api: Api) -> bool:
    """Return whether nothing is left to be sent to the bus or to be read from it."""
    with closing(opened(api.settings)) as database:
        kept = rows(database)
    read = {row["topic"]: row["cursor"] for row in kept["cursors"]}
    return not kept["outbox"] and not any(api.log.behind(topic, read.get(topic)) for topic in (RUNS, RESULTS))


def back_up(settings: ApiSettings, file: Path) -> Manifest:
    with closing(opened(settings)) as database:
        return write_backup(settings, database, file)


def restore(settings: ApiSettings, file: Path, *, with_bus: bool = True) -> None:
    with closing(opened(settings)) as database:
        restore_backup(settings, database, file, with_bus=with_bus)


def addresses(run_id: str, scenario_id: str) -> list[str]:
    return [
        f"/v1/runs/{run_id}",
        f"/v1/runs/{run_id}/headline",
        f"/v1/runs/{run_id}/impact",
        f"/v1/runs/{run_id}/results",
        f"/v1/runs/{run_id}/results/comparison?format=csv",
        f"/v1/runs/{run_id}/results/comparison?format=parquet",
        f"/v1/runs/{run_id}/report?format=html",
        f"/v1/scenarios/{scenario_id}",
    ]


def answers(api: Api, paths: list[str]) -> dict[str, bytes]:
    found = {path: api.client.get(path) for path in paths}
    assert {path: response.status_code for path, response in found.items()} == dict.fromkeys(paths, 200)
    return {path: response.content for path, response in found.items()}


def hold_a_workshop(api: Api) -> Led:
    """Return a session in which somebody answered and something was written down."""
    led = Led(api.client, make_plan(keep_scenario(api)))
    led.steer(phase="live", step=1)
    Telephone(api, led.code).answer("raad", getal=12)
    led.steer(close="raad")
    assert (
        led.ask("POST", "/notes", json={"kind": "for", "text": "Eén plek\u2028dichtbij"}).status_code == 201
    )
    assert led.ask("POST", "/combinations").status_code == 202
    return led


def all_asked(led: Led) -> bool:
    """Return whether every calculation of a session was asked for, or cannot be."""
    found = led.ask("GET", "/combinations").json()
    wanted = [*found["combinations"].values(), *found["scenarios"].values()]
    return len(wanted) == found["total"] and all(item["run_id"] or item["problem"] for item in wanted)


def fill(api: Api) -> tuple[str, str]:
    """Something of everything; return a completed run and its scenario."""
    run_id = api.completed_run()
    api.request_run(seed=2)
    cancelled = api.request_run(seed=3)
    api.client.delete(f"/v1/runs/{cancelled}")
    database = Database(api.settings.resolved_database_url)
    with closing(database), database.write() as session:
        session.add(
            ApiKeyRow(
                id="ab12", name="bureau", role="editor", secret_sha256="0" * 64, created=NOW, expires=None
            )
        )
        session.execute(
            insert(AuditRow).values(
                id=41,
                time=NOW,
                actor="één",
                action="try",
                subject=run_id,
                details={"deep": [1.5, None, "\u2028"]},
            )
        )
    return run_id, str(api.client.get(f"/v1/runs/{run_id}").json()["scenario_id"])


@pytest.mark.parametrize(
    ("before", "after"), [("sqlite", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "sqlite")]
)
def test_a_restored_installation_answers_the_same_bytes(
    tmp_path: Path, address: Callable[[str, str], str], before: str, after: str
) -> None:
    file = tmp_path / "backup.zip"
    with running_api(tmp_path / "one", database_url=address(before, "one")) as api:
        run_id, scenario_id = fill(api)
        led = hold_a_workshop(api)
        found = led.results()
        draft = api.client.post("/v1/drafts", json={"document": {"name": "half"}}).headers["Location"]
        # Its runs are asked for by themselves, and the tables are read in one piece.
        wait_until(lambda: all_asked(led))
        was = answers(api, addresses(run_id, scenario_id))
        manifest = back_up(api.settings, file)  # while it works
    assert manifest.missing == []
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    settings = ApiSettings(data_dir=tmp_path / "two", database_url=address(after, "two"))
    restore(settings, file)
    with closing(opened(settings)) as database:
        restored = rows(database)
        with zipfile.ZipFile(file) as archive:
            for name, part in restored.items():
                lines = archive.read(f"tables/{name}.jsonl").splitlines()
                assert len(part) == len(lines), name
                kept = [json.loads(line) for line in lines]
                assert json.loads(json.dumps(part, default=dt.datetime.isoformat)) == kept, name
        with database.write() as session:
            # New rows are numbered after those that were put back.
            line = AuditRow(time=NOW, actor="", action="", subject="", details={})
            session.add(line)
            session.flush()
            assert line.id > 41
    with running_api(tmp_path / "two", database_url=settings.resolved_database_url) as api:
        assert answers(api, addresses(run_id, scenario_id)) == was
        # It goes on from where it was.
        assert api.completed_run(seed=9) != run_id
        led.client = api.client
        assert led.results() == found
        assert led.ask("POST", "/notes", json={"kind": "open", "text": "Wie rijdt?"}).status_code == 201
        assert api.client.get(draft).json()["document"] == {"name": "half"}


def test_what_the_tables_had_not_read_yet_is_read_after_restoring(tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    with running_api(tmp_path / "one") as api:
        run_id = api.completed_run()
        settings = api.settings
    database = Database(settings.resolved_database_url)
    with closing(database), database.write() as session:
        # As when the service was killed before it read the results.
        for table in ("artefacts", "results", "headline_indicators"):
            session.execute(TABLES[table].delete())
        session.get_one(RunRow, run_id).state = "running"
        session.delete(session.get_one(CursorRow, RESULTS))
    manifest = back_up(settings, file)
    assert any(name.startswith("artefacts/") for name in manifest.parts)
    restore(ApiSettings(data_dir=tmp_path / "two"), file)
    with running_api(tmp_path / "two") as api:
        wait_until(lambda: api.client.get(f"/v1/runs/{run_id}/impact").status_code == 200)


def test_files_of_a_result_whose_request_was_not_read_yet_are_in_it(tmp_path: Path) -> None:
    """The topics are read one after the other, so that a result may be known before the attempt it is of."""
    file = tmp_path / "backup.zip"
    with running_api(tmp_path / "one") as api:
        run_id, settings = api.request_run(), api.settings
        key, sha256 = api.artefacts.put("impact.json", b"{}")
        artefact = Artefact(name="impact", key=key, sha256=sha256, table_digest=sha256, rows=1, bytes=2)
        api.say(run_id, ResultPublished(attempt=4, artefacts=[artefact], manifest={}), RESULTS)
        with closing(opened(settings)) as database:
            wait_until(lambda: len(rows(database)["early_results"]) == 1)
        wait_until(lambda: all_said_and_read(api))
    assert f"artefacts/{key}" in back_up(settings, file).parts
    path = settings.artefacts_dir / key
    os.utime(path, (0, 0))
    with closing(opened(settings)) as database:
        tidy(database, partial(open_event_log, settings), settings.artefacts_dir, Rules(None, None))
    assert path.is_file()


def test_with_another_bus_reading_begins_at_the_beginning_and_waiting_runs_go_out_again(
    tmp_path: Path,
) -> None:
    file = tmp_path / "backup.zip"
    with running_api(tmp_path / "one") as api:
        run_id = api.request_run()
        wait_until(lambda: len(api.commands()) == 1)
        back_up(api.settings, file)
    settings = ApiSettings(data_dir=tmp_path / "two")
    restore(settings, file, with_bus=False)
    assert not (tmp_path / "two" / "events.db").exists()
    with closing(opened(settings)) as database:
        found = rows(database)
    assert found["cursors"] == []
    assert [(row["id"], row["dispatched"]) for row in found["runs"]] == [(run_id, None)]
    with running_api(tmp_path / "two") as api:
        wait_until(lambda: [event.subject for event in api.commands()] == [run_id])


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    with running_api(folder / "one") as api:
        fill(api)
        back_up(api.settings, folder / "good.zip")
    return folder / "good.zip"


def changed(good: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A backup with other parts, as somebody else might make it."""
    with zipfile.ZipFile(good) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target


def declared(parts: dict[str, bytes], name: str, content: bytes, rows: int | None = None) -> None:
    """Put a part in with the right digest in the manifest."""
    manifest = json.loads(parts["manifest.json"])
    digest = hashlib.sha256(content).hexdigest()
    manifest["parts"][name] = {"bytes": len(content), "sha256": digest, "rows": rows}
    parts[name] = content
    parts["manifest.json"] = json.dumps(manifest).encode()


def in_manifest(parts: dict[str, bytes], **values: Any) -> None:
    parts["manifest.json"] = json.dumps(json.loads(parts["manifest.json"]) | values).encode()


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("backup.newer", lambda parts: in_manifest(parts, version=2)),
        ("backup.newer", lambda parts: in_manifest(parts, tables_revision="9999")),
        ("backup.older", lambda parts: in_manifest(parts, tables_revision="0000")),
        ("backup.not_a_backup", lambda parts: in_manifest(parts, format="other")),
        ("backup.not_a_backup", lambda parts: parts.pop("manifest.json")),
        ("backup.part_missing", lambda parts: parts.pop("tables/runs.jsonl")),
        ("backup.part_wrong", lambda parts: parts.update({"tables/runs.jsonl": b"{}\n"})),
        ("backup.part_wrong", lambda parts: declared(parts, "tables/runs.jsonl", b'{"id": 1}\n', 1)),
        ("backup.part_wrong", lambda parts: declared(parts, "tables/runs.jsonl", b"", 3)),
        ("backup.part_wrong", lambda parts: declared(parts, "tables/runs.jsonl", b"[" * 100_000, 1)),
        ("backup.part_wrong", lambda parts: declared(parts, f"artefacts/00/{'0' * 64}.csv", b"other")),
        ("backup.part_unknown", lambda parts: parts.update({"extra.txt": b""})),
        ("backup.part_unknown", lambda parts: declared(parts, "artefacts/../../evil", b"x")),
        ("backup.part_unknown", lambda parts: declared(parts, "/etc/evil", b"x")),
        ("backup.part_unknown", lambda parts: declared(parts, "tables/other.jsonl", b"", 0)),
    ],
)
def test_a_file_that_is_not_right_is_refused_before_anything_is_written(
    tmp_path: Path, good: Path, key: str, change: Callable[[dict[str, bytes]], None]
) -> None:
    file = changed(good, tmp_path / "changed.zip", change)
    settings = ApiSettings(data_dir=tmp_path / "two")
    with pytest.raises(BadBackup) as refused:
        restore(settings, file)
    assert refused.value.text_key == key
    assert str(file) in refused.value.message("nl")
    with closing(opened(settings)) as database:
        assert not any(rows(database).values())
    assert not settings.artefacts_dir.exists()
    assert not (tmp_path / "two" / "events.db").exists()


@pytest.mark.parametrize("part", ["half", "flipped", "text", "missing"])
def test_a_cut_or_foreign_file_is_refused(tmp_path: Path, good: Path, part: str) -> None:
    file, content = tmp_path / "broken.zip", good.read_bytes()
    if part == "half":
        file.write_bytes(content[: len(content) // 2])
    elif part == "flipped":
        middle = len(content) // 3
        file.write_bytes(content[:middle] + bytes(200) + content[middle + 200 :])
    elif part == "text":
        file.write_text("no zip at all")
    with pytest.raises(BadBackup, match=r"broken\.zip"):
        restore(ApiSettings(data_dir=tmp_path / "two"), file)


def test_an_installation_that_is_used_is_refused(tmp_path: Path, good: Path) -> None:
    with running_api(tmp_path / "used") as api:
        run_id = api.request_run()
        settings = api.settings
        wait_until(lambda: all_said_and_read(api))
    with pytest.raises(NotEmpty):
        restore(settings, good, with_bus=False)
    with closing(opened(settings)) as database:
        assert [row["id"] for row in rows(database)["runs"]] == [run_id]
    # An installation that was only started is as good as empty, but its bus is not ours to throw away.
    bus = tmp_path / "two" / "events.db"
    bus.parent.mkdir()
    bus.write_bytes((tmp_path / "used" / "events.db").read_bytes())
    with pytest.raises(NotEmpty, match=r"events\.db"):
        restore(ApiSettings(data_dir=tmp_path / "two"), good)


def test_an_installation_that_was_only_started_takes_a_backup(tmp_path: Path, good: Path) -> None:
    with running_api(tmp_path / "two") as api:
        settings = api.settings
    restore(settings, good)
    with closing(opened(settings)) as database:
        assert len(rows(database)["runs"]) == 3


def test_when_it_fails_half_way_nothing_is_left(tmp_path: Path, good: Path) -> None:
    """A row that the database refuses, after the result files were written."""

    def break_a_row(parts: dict[str, bytes]) -> None:
        lines = parts["tables/cancellations.jsonl"].splitlines(keepends=True)
        row = json.loads(lines[0]) | {"run_id": "nobody"}
        declared(parts, "tables/cancellations.jsonl", json.dumps(row).encode() + b"\n", 1)

    file = changed(good, tmp_path / "changed.zip", break_a_row)
    settings = ApiSettings(data_dir=tmp_path / "two")
    with pytest.raises(BadBackup):
        restore(settings, file)
    with closing(opened(settings)) as database:
        assert not any(rows(database).values())
    assert not [path for path in settings.artefacts_dir.rglob("*") if path.is_file()]
    assert not (tmp_path / "two" / "events.db").exists()


def test_a_backup_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    settings = ApiSettings(data_dir=tmp_path / "one")
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(CannotWriteBackup):
        back_up(settings, tmp_path / "taken" / "backup.zip")
    file = tmp_path / "backup.zip"
    file.mkdir()
    with pytest.raises(ZorgstroomError):
        back_up(settings, file)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.zip", "one", "taken"]


def test_result_files_that_are_gone_are_named(tmp_path: Path) -> None:
    with running_api(tmp_path / "one") as api:
        api.completed_run()
        gone = next(path for path in api.settings.artefacts_dir.rglob("*.json"))
        gone.unlink()
        manifest = back_up(api.settings, tmp_path / "backup.zip")
    assert [Path(key).name for key in manifest.missing] == [gone.name]


def test_the_events_in_a_backup_are_a_whole_file(tmp_path: Path, good: Path) -> None:
    with zipfile.ZipFile(good) as archive:
        archive.extract("events.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "events.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_commands_say_what_they_did(
    tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def zorgstroom(folder: str, *arguments: str) -> tuple[int, str]:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("ZORGSTROOM_DATA_DIR", str(tmp_path / folder))
            code = run(arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    code, said = zorgstroom("two", "restore", str(good))
    assert (code, "3 berekeningen" in said) == (0, True), said
    code, said = zorgstroom("two", "restore", str(good))
    # Named as an installation in use; throwing away its bus would help nobody.
    assert (code, "niet leeg" in said, "events.db" in said) == (1, True, False), said
    code, said = zorgstroom("two", "backup", str(tmp_path / "again.zip"), "--lang", "en")
    assert (code, "3 runs" in said) == (0, True), said
    for nothing_here in (("backup", str(tmp_path / "empty.zip")), ("tidy", "--dry-run")):
        code, said = zorgstroom("elsewhere", *nothing_here)
        assert (code, str(tmp_path / "elsewhere") in said) == (1, True), said
    assert not (tmp_path / "empty.zip").exists()
    assert not (tmp_path / "elsewhere").exists()
    code, said = zorgstroom("three", "restore", str(tmp_path / "nothing.zip"))
    assert (code, "nothing.zip" in said) == (1, True), said
    code, said = zorgstroom("three", "tidy", "--dry-run")
    assert (code, "0 berekeningen" in said) == (0, True), said
