"""Putting a backup back into an empty installation: all of it, or nothing.

The whole file is read and compared with its manifest before anything is written. The tables are filled in one
transaction, on SQLite or PostgreSQL, whichever it was made on.

How far the bus was read (the cursors) is kept only when this installation has the very bus they are of: its own
file, put back too, or the same Kafka, from where the service catches up. With any other bus reading begins at its
beginning, and runs that waited are given to the simulators again.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, StatementError

from zorgstroom.errors import ZorgstroomError
from zorgstroom.events import local_bus_file
from zorgstroom.settings import Settings
from zorgstroom_api.backup.archive import (
    ARTEFACTS,
    EVENTS,
    FORMAT_VERSION,
    KNOWN_PART,
    MANIFEST,
    PIECE_BYTES,
    TABLES,
    BadBackup,
    CannotWriteBackup,
    Manifest,
    Part,
    bus_of,
    decode_row,
    table_part,
)
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import newest
from zorgstroom_api.store.models import CursorRow, RunRow, ScenarioRow

ROWS_AT_ONCE = 500
#: Largest manifest: names and digests of half a million result files.
MAX_MANIFEST_BYTES = 100_000_000
#: What we write with; anything else is not ours, and may not be readable here.
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1
#: Largest row: more than the largest request and the largest event.
MAX_ROW_BYTES = 4_000_000


class NotEmpty(ZorgstroomError):
    """There is something in this installation already; it is never mixed with a backup."""

    key = "backup.not_empty"
    http_status = 409


def restore_backup(settings: Settings, database: Database, file: Path, *, with_bus: bool = True) -> Manifest:
    """Put everything back. The services must be stopped, the tables brought up to date.

    Raises `BadBackup`, `NotEmpty`, `CannotWriteBackup`, `Unavailable`; then nothing has changed.
    """
    bus_file = local_bus_file(settings)
    with _opened(file) as archive:
        manifest = check(archive, file)
        same_bus = with_bus and manifest.bus == bus_of(settings)
        # The tables first: an installation that is used is named as that, not by the file of its bus.
        with database.connection() as connection:
            _require_empty_tables(connection)
        _require_empty_bus(bus_file if same_bus else None)
        new: list[Path] = []
        try:
            for name in manifest.parts:
                if name.startswith(ARTEFACTS):
                    _extract(archive, name, settings.artefacts_dir / name.removeprefix(ARTEFACTS), new)
            with database.connection() as connection:
                _require_empty_tables(connection)
                _fill(connection, archive, file, same_bus=same_bus)
                if same_bus and bus_file is not None and EVENTS in manifest.parts:
                    _remove_bus(bus_file)
                    _extract(archive, EVENTS, bus_file, new)
        except BaseException as error:
            for path in new:
                path.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise CannotWriteBackup(
                    path=str(error.filename or settings.data_dir), reason=error.strerror or str(error)
                ) from error
            raise
    return manifest


def check(archive: zipfile.ZipFile, file: Path) -> Manifest:
    """Return the manifest of a backup that is whole. Raises `BadBackup` naming what is wrong."""
    manifest = _manifest(archive, file)
    names = [info.filename for info in archive.infolist()]
    declared = {*manifest.parts, MANIFEST}
    for name in sorted({*names, *declared}):
        if (
            name not in declared
            or names.count(name) > 1
            or not (name == MANIFEST or KNOWN_PART.fullmatch(name))
        ):
            raise BadBackup("backup.part_unknown", path=str(file), part=name[:200])
    if gone := sorted((declared | {table_part(name) for name in TABLES}) - set(names)):
        raise BadBackup("backup.part_missing", path=str(file), part=gone[0])
    for name, part in manifest.parts.items():
        if not _is_whole(archive, name, part):
            raise BadBackup("backup.part_wrong", path=str(file), part=name)
    for name, table in TABLES.items():
        count = sum(len(rows) for rows in _rows(archive, table, file))
        if count != manifest.parts[table_part(name)].rows:
            raise BadBackup("backup.part_wrong", path=str(file), part=table_part(name))
    return manifest


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    """Return what the file says of itself, if this version can restore it. Raises `BadBackup`."""
    if MANIFEST not in archive.namelist():
        raise BadBackup(path=str(file))
    info = archive.getinfo(MANIFEST)
    if info.file_size > MAX_MANIFEST_BYTES or not _readable(info):
        raise BadBackup("backup.part_wrong", path=str(file), part=MANIFEST)
    try:
        manifest = Manifest.model_validate_json(archive.read(MANIFEST))
    except ValidationError as error:
        raise BadBackup(path=str(file)) from error
    if manifest.version > FORMAT_VERSION or manifest.tables_revision > newest():
        raise BadBackup("backup.newer", path=str(file), version=manifest.zorgstroom)
    if manifest.tables_revision != newest():
        raise BadBackup("backup.older", path=str(file), version=manifest.zorgstroom)
    return manifest


def _is_whole(archive: zipfile.ZipFile, name: str, part: Part) -> bool:
    """Return whether a part has the size and the content that the manifest names."""
    info = archive.getinfo(name)
    # What a part unpacks to is known before it is unpacked, and a result file is named by its content.
    if not _readable(info) or info.file_size != part.bytes:
        return False
    if name.startswith(ARTEFACTS) and Path(name).name.partition(".")[0] != part.sha256:
        return False
    digest = hashlib.sha256()
    for piece in _pieces(archive, name):
        digest.update(piece)
    return digest.hexdigest() == part.sha256


def _readable(info: zipfile.ZipInfo) -> bool:
    return not info.flag_bits & ENCRYPTED and info.compress_type in COMPRESSIONS


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BadBackup("backup.broken", path=str(file)) from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise BadBackup("backup.unreadable", path=str(file), reason=error.strerror or str(error)) from error


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as part:
        while piece := part.read(PIECE_BYTES):
            yield piece


def _rows(archive: zipfile.ZipFile, table: Table, file: Path) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a table, some at a time. Raises `BadBackup`."""
    rows: list[dict[str, Any]] = []
    with archive.open(table_part(table.name)) as lines:
        while line := lines.readline(MAX_ROW_BYTES):
            try:
                rows.append(decode_row(table, line))
            except (ValueError, TypeError, RecursionError) as error:
                raise BadBackup("backup.part_wrong", path=str(file), part=table_part(table.name)) from error
            if len(rows) == ROWS_AT_ONCE:
                yield rows
                rows = []
    if rows:
        yield rows


def _require_empty_tables(connection: Connection) -> None:
    """Refuse when somebody worked here. The examples that come along, and how far was read, do not count."""
    for name, table in TABLES.items():
        if name == CursorRow.__tablename__:
            continue
        query = select(func.count()).select_from(table)
        if name == ScenarioRow.__tablename__:
            query = query.where(ScenarioRow.slug.is_(None))
        if connection.execute(query).scalar_one():
            raise NotEmpty(table=name)


def _require_empty_bus(bus_file: Path | None) -> None:
    if bus_file is None or not bus_file.exists():
        return
    try:
        with closing(sqlite3.connect(f"file:{bus_file}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute("SELECT count(*) FROM messages").fetchone()
    except sqlite3.Error:
        found = 1
    if found:
        raise NotEmpty("backup.bus_not_empty", path=str(bus_file))


def _fill(connection: Connection, archive: zipfile.ZipFile, file: Path, *, same_bus: bool) -> None:
    for table in reversed(list(TABLES.values())):
        connection.execute(delete(table))
    for name, table in TABLES.items():
        if name == CursorRow.__tablename__ and not same_bus:
            continue
        for rows in _rows(archive, table, file):
            try:
                connection.execute(insert(table), rows)
            except OperationalError:
                raise  # the database is away: no fault of the file
            except (IntegrityError, DataError, StatementError) as error:
                raise BadBackup("backup.part_wrong", path=str(file), part=table_part(name)) from error
        if connection.dialect.name == "postgresql":
            _count_on(connection, table)
    if not same_bus:
        # The commands are on a bus that is not here.
        connection.execute(update(RunRow).where(RunRow.state == "queued").values(dispatched=None))


def _count_on(connection: Connection, table: Table) -> None:
    """Have the database number new rows after those that were put back."""
    column = table.autoincrement_column
    if column is None:
        return
    last = connection.execute(select(func.max(column))).scalar_one()
    if last is not None:
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"),
            {"table": table.name, "column": column.name, "last": last},
        )


def _extract(archive: zipfile.ZipFile, name: str, path: Path, new: list[Path]) -> None:
    """Write one part to its place, whole or not at all, unless it is there; what is new is noted."""
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with archive.open(name) as part, unfinished.open("wb") as file:
            shutil.copyfileobj(part, file, PIECE_BYTES)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    new.append(path)


def _remove_bus(bus_file: Path) -> None:
    """Make room for the file of the bus; it holds no messages."""
    for suffix in ("", "-wal", "-shm"):
        bus_file.with_name(bus_file.name + suffix).unlink(missing_ok=True)
