"""Making a backup while the services go on.

All tables are read in one transaction. The bus is copied after it, so that it never misses what the tables have
read; what it has more is read when the backup is put back, as after a restart.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import sqlite3
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from zorgstroom import __version__
from zorgstroom.artefacts import ArtefactStore
from zorgstroom.errors import NotFound
from zorgstroom.events import local_bus_file
from zorgstroom.events.local import LocalEventLog
from zorgstroom.events.ports import RESULTS
from zorgstroom.events.schemas import ResultPublished
from zorgstroom.settings import Settings
from zorgstroom_api.backup.archive import (
    ARTEFACTS,
    EVENTS,
    MANIFEST,
    PIECE_BYTES,
    TABLES,
    CannotWriteBackup,
    Manifest,
    Part,
    bus_of,
    encode_row,
    table_part,
)
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import revision_of
from zorgstroom_api.store.models import ArtefactRow, CursorRow, EarlyResultRow

ROWS_AT_ONCE = 1000


def write_backup(settings: Settings, database: Database, file: Path) -> Manifest:
    """Write everything to a file that is there whole or not at all.

    Raises `CannotWriteBackup`, `Unavailable`.
    """
    unfinished = file.with_name(f".{file.name}.{uuid.uuid4().hex}.tmp")
    try:
        # It holds figures of the organisation and hashes of keys: nobody else may read along either.
        _make_own(unfinished)
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
            manifest = _write(archive, settings, database, unfinished.with_suffix(".events"))
        with unfinished.open("rb") as done:
            os.fsync(done.fileno())
        unfinished.replace(file)
    except OSError as error:
        raise CannotWriteBackup(path=str(file), reason=error.strerror or str(error)) from error
    finally:
        # Where nothing could be made, there is nothing to take away.
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return manifest


def _write(archive: zipfile.ZipFile, settings: Settings, database: Database, scratch: Path) -> Manifest:
    parts: dict[str, Part] = {}
    with database.read() as session:
        if session.get_bind().dialect.name == "postgresql":
            # What others commit meanwhile stays out of all tables alike.
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        revision = revision_of(session)
        assert revision is not None
        for name, table in TABLES.items():
            parts[table_part(name)] = _add(archive, table_part(name), _rows(session, table), lines=True)
        keys = set(session.scalars(select(ArtefactRow.key)))
        # Results that wait for the request of their attempt to be read.
        for payload in session.scalars(select(EarlyResultRow.payload)):
            keys |= _files_of(ResultPublished.model_validate(payload))
        results_cursor = session.scalar(select(CursorRow.cursor).where(CursorRow.topic == RESULTS))
    bus_file = local_bus_file(settings)
    if bus_file is not None and bus_file.is_file():
        try:
            _make_own(scratch)
            _copy_bus(bus_file, scratch)
            keys |= _published_since(scratch, results_cursor or None)
            parts[EVENTS] = _add(archive, EVENTS, _pieces(scratch))
        finally:
            for path in scratch.parent.glob(f"{scratch.name}*"):
                path.unlink()
    store, missing = ArtefactStore(settings.artefacts_dir), []
    for key in sorted(keys):
        try:
            parts[ARTEFACTS + key] = _add(archive, ARTEFACTS + key, _pieces(store.path(key)), stored=True)
        except NotFound:
            missing.append(key)
    manifest = Manifest(
        zorgstroom=__version__,
        tables_revision=revision,
        made=dt.datetime.now(dt.UTC),
        bus=bus_of(settings),
        parts=parts,
        missing=missing,
    )
    archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))
    return manifest


def _add(
    archive: zipfile.ZipFile,
    name: str,
    pieces: Iterable[bytes],
    *,
    lines: bool = False,
    stored: bool = False,
) -> Part:
    """Write one part; result files are compressed already and are stored as they are."""
    digest, size, count = hashlib.sha256(), 0, 0
    info = zipfile.ZipInfo(name, dt.datetime.now(dt.UTC).timetuple()[:6])
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    with archive.open(info, "w", force_zip64=True) as part:
        for piece in pieces:
            part.write(piece)
            digest.update(piece)
            size += len(piece)
            count += 1
    return Part(bytes=size, sha256=digest.hexdigest(), rows=count if lines else None)


def _rows(session: Session, table: Table) -> Iterator[bytes]:
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=ROWS_AT_ONCE)
    for row in session.execute(query).mappings():
        yield encode_row({column.name: row[column] for column in table.columns})


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def _make_own(path: Path) -> None:
    """Make an empty file that only its maker can read."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _copy_bus(file: Path, target: Path) -> None:
    """Copy the file of the bus while others write to it."""
    try:
        with (
            closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except sqlite3.Error as error:
        raise OSError(str(error)) from error


def _published_since(bus: Path, cursor: str | None) -> set[str]:
    """Return the result files that the copied bus tells of and the tables do not yet."""
    keys: set[str] = set()
    with closing(LocalEventLog(bus)) as log:
        while entries := log.read(RESULTS, cursor, 100, 0.0):
            for entry in entries:
                payload = entry.event.payload()
                if isinstance(payload, ResultPublished):
                    keys |= _files_of(payload)
            cursor = entries[-1].cursor
    return keys


def _files_of(result: ResultPublished) -> set[str]:
    return {artefact.key for artefact in result.artefacts}
