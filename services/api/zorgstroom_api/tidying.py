"""Throwing away what need not be kept: old runs, result files of no run, old lines of the audit log.

A run that is thrown away is a fact on the bus (`run.removed`), so that it stays away when the tables are made
again from the bus. Its files go when no row of another run names them. Nothing of a run that is computed or waits
is touched, nor a file younger than a day: its run may be about to be published.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, func, select

from zorgstroom.errors import Unavailable
from zorgstroom.events.ports import RESULTS, RUNS, EventLog
from zorgstroom.events.schemas import ResultPublished
from zorgstroom_api.background import Worker
from zorgstroom_api.runs.lifecycle import FINAL_STATES
from zorgstroom_api.runs.recording import remove
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import ArtefactRow, AuditRow, CursorRow, EarlyResultRow, RunRow

#: Younger files stay, whoever names them.
FILE_AGE_SECONDS = 24 * 3600.0
#: Between two times that the service tidies up.
EVERY_SECONDS = 24 * 3600.0
#: Runs in one transaction.
AT_ONCE = 100
_log = logging.getLogger(__name__)


class NotCaughtUp(Unavailable):
    """The tables do not know yet all that is on the bus, so nobody knows which files are of no run."""

    key = "tidy.behind"


@dataclass(frozen=True)
class Rules:
    """What is kept, in days; None: for ever."""

    runs_days: int | None
    audit_days: int | None


@dataclass(frozen=True)
class Tidied:
    """What was thrown away, or would be."""

    runs: int
    files: int
    bytes: int
    audit_lines: int


def tidy(
    database: Database,
    open_log: Callable[[], EventLog],
    artefacts_dir: Path,
    rules: Rules,
    *,
    dry_run: bool = False,
) -> Tidied:
    """Throw away what the rules do not keep, and say what. Raises `NotCaughtUp`, `Unavailable`."""
    now = dt.datetime.now(dt.UTC)
    # Listed before the rows are read: a file that comes after is not judged.
    files = list(_old_files(artefacts_dir))
    _require_caught_up(database, open_log)
    runs = _runs(database, now, rules.runs_days, dry_run)
    lines = _audit(database, now, rules.audit_days, dry_run)
    with database.read() as session:
        rows = session.execute(select(ArtefactRow.key, ArtefactRow.run_id))
        named = {key for key, run_id in rows if run_id not in runs}
        # Results that wait for the request of their attempt to be read.
        for payload in session.scalars(select(EarlyResultRow.payload)):
            named |= {artefact.key for artefact in ResultPublished.model_validate(payload).artefacts}
    count = size = 0
    for path in files:
        if path.relative_to(artefacts_dir).as_posix() in named:
            continue
        freed = path.stat().st_size if dry_run else _let_go(path)
        if freed is not None:
            count, size = count + 1, size + freed
    return Tidied(len(runs), count, size, lines)


class Tidier(Worker):
    """Tidies up when the service starts, and every day."""

    name = "tidier"

    def __init__(self, tidy_up: Callable[[], Tidied]) -> None:
        super().__init__(EVERY_SECONDS)
        self._tidy_up = tidy_up

    def step(self) -> bool:
        """Tidy up once, and tell. Raises `Unavailable`."""
        done = self._tidy_up()
        _log.info(
            "tidied up: %d runs, %d files (%d bytes), %d lines of the audit log",
            done.runs,
            done.files,
            done.bytes,
            done.audit_lines,
        )
        return False

    def close(self) -> None:
        """Nothing stays open."""


def _require_caught_up(database: Database, open_log: Callable[[], EventLog]) -> None:
    with closing(open_log()) as log:
        for topic in (RUNS, RESULTS):
            with database.read() as session:
                cursor = session.scalar(select(CursorRow.cursor).where(CursorRow.topic == topic))
            if log.behind(topic, cursor or None):
                raise NotCaughtUp


def _runs(database: Database, now: dt.datetime, days: int | None, dry_run: bool) -> frozenset[str]:
    """Remove the runs that ended longer ago; return their ids."""
    if days is None:
        return frozenset()
    before = now - dt.timedelta(days=days)
    old = RunRow.state.in_(FINAL_STATES) & (func.coalesce(RunRow.computed, RunRow.ended) < before)
    with database.read() as session:
        ids = session.scalars(select(RunRow.id).where(old).order_by(RunRow.id)).all()
    if dry_run:
        return frozenset(ids)
    removed: set[str] = set()
    for first in range(0, len(ids), AT_ONCE):
        with database.write() as session:
            # Asked for again in the meantime: then it is not old any more.
            batch = select(RunRow).where(old, RunRow.id.in_(ids[first : first + AT_ONCE])).with_for_update()
            for row in session.scalars(batch).all():
                removed.add(row.id)
                remove(session, row, reason="retention")
    return frozenset(removed)


def _audit(database: Database, now: dt.datetime, days: int | None, dry_run: bool) -> int:
    """Delete the lines that are older; return how many."""
    if days is None:
        return 0
    old = AuditRow.time < now - dt.timedelta(days=days)
    if dry_run:
        with database.read() as session:
            return session.scalars(select(func.count()).select_from(AuditRow).where(old)).one()
    with database.write() as session:
        gone = session.scalars(delete(AuditRow).where(old).returning(AuditRow.id)).all()
        return len(gone)


def _let_go(path: Path) -> int | None:
    """Delete a file unless it is in use again since it was listed; return its bytes, None when it stays.

    It is moved aside first: who puts the same content from here on finds nothing and writes it anew, and who did so
    just before left a young file.
    """
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return None
    known = aside.stat()
    if known.st_mtime >= time.time() - FILE_AGE_SECONDS:
        aside.replace(path)
        return None
    aside.unlink()
    return known.st_size


def _old_files(folder: Path) -> Iterator[Path]:
    """Yield the files that are old enough to be judged, left-overs of a crash among them."""
    before = time.time() - FILE_AGE_SECONDS
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_mtime < before:
            yield path
