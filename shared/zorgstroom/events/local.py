"""The bus on one machine: a SQLite file shared by processes, which survives kill -9 at any moment.

Every writing transaction is ``BEGIN IMMEDIATE`` and on disk before it returns (``synchronous=FULL``), so
offsets are handed out in the order of commit and no reader ever passes one that is still to come.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from zorgstroom.events.codec import BusUnavailable, InvalidCursor, Unreadable, decode, encode
from zorgstroom.events.ports import COMMANDS, SESSION_SECONDS, DeadLetter, Delivery, LogEntry
from zorgstroom.events.schemas import Event
from zorgstroom.sqlite import BUSY_TIMEOUT_SECONDS, switch_to_wal

#: How often a waiting reader looks whether something came.
POLL_SECONDS = 0.05
SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE messages (place INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, key TEXT NOT NULL,
                       value BLOB NOT NULL);
CREATE INDEX messages_by_topic ON messages (topic, place);
CREATE TABLE dead_letters (place INTEGER PRIMARY KEY REFERENCES messages (place), reason TEXT NOT NULL);
CREATE TABLE members (member TEXT PRIMARY KEY, seen REAL NOT NULL);
CREATE TABLE open_commands (team TEXT NOT NULL, place INTEGER NOT NULL, key TEXT NOT NULL, member TEXT,
                            PRIMARY KEY (team, place)) WITHOUT ROWID;
CREATE TABLE teams (team TEXT PRIMARY KEY, read_until INTEGER NOT NULL);
"""


class _Token(NamedTuple):
    """A command in the hands of a member."""

    place: int
    member: str


class _File:
    """One connection to the file, usable from several threads, one at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.closed = False
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._guarded():
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
            )
            switch_to_wal(self._connection)
            self._connection.execute("PRAGMA synchronous=FULL")
        self._create_tables()

    def _create_tables(self) -> None:
        with self.transaction() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA_VERSION:
                raise BusUnavailable(detail=f"{self._path} was made by a newer version")
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise BusUnavailable(detail=f"{self._path}: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write: everything inside happens, or nothing."""
        with self._lock, self._guarded():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Read."""
        with self._lock, self._guarded():
            return self._connection.execute(query, values).fetchall()

    def append(self, topic: str, events: Iterable[Event]) -> None:
        """Store messages durably, in order, all or none."""
        messages = [(topic, event.subject, encode(event)) for event in events]
        with self.transaction() as connection:
            connection.executemany("INSERT INTO messages (topic, key, value) VALUES (?, ?, ?)", messages)

    def bury(self, place: int, reason: str) -> None:
        """Note once that a message cannot be read."""
        with self.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO dead_letters VALUES (?, ?)", (place, reason))

    def close(self) -> None:
        """Free the connection; a second time does nothing."""
        with self._lock:
            self._connection.close()
            self.closed = True


class LocalCommandQueue:
    """`CommandQueue` on the SQLite file; see there.

    A taken command goes back when its taker closes the queue, or has not called `take` or `keep_alive`
    for `session_seconds`. Commands of one run go out in order: the next one only when the one before
    it is accepted.
    """

    def __init__(self, path: Path, group: str, session_seconds: float = SESSION_SECONDS) -> None:
        self._file = _File(path)
        self._group = group
        self._session_seconds = session_seconds
        self._member = f"{os.getpid()}-{uuid.uuid4().hex}"
        self._seen = 0.0

    def publish(self, event: Event) -> None:
        """See `CommandQueue.publish`."""
        self._file.append(COMMANDS, [event])

    def take(self, timeout_seconds: float) -> Delivery | None:
        """See `CommandQueue.take`."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            self.keep_alive()
            claimed = self._claim() if self._something_waits() else None
            if claimed is not None:
                place, value = claimed
                try:
                    return Delivery(decode(value), _Token(place, self._member))
                except Unreadable as reason:
                    self._file.bury(place, str(reason))
                    self._finish(_Token(place, self._member))
                    continue
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return None
            time.sleep(min(POLL_SECONDS, remaining))

    def keep_alive(self) -> None:
        """See `CommandQueue.keep_alive`."""
        if time.monotonic() - self._seen < self._session_seconds / 5:
            return
        now = time.time()
        with self._file.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO members VALUES (?, ?)", (self._member, now))
            connection.execute("DELETE FROM members WHERE seen < ?", (now - self._session_seconds,))
            connection.execute(
                "UPDATE open_commands SET member = NULL WHERE member NOT IN (SELECT member FROM members)"
            )
        self._seen = time.monotonic()

    def accept(self, delivery: Delivery) -> None:
        """See `CommandQueue.accept`."""
        assert isinstance(delivery.token, _Token)
        self._finish(delivery.token)

    def close(self) -> None:
        """See `CommandQueue.close`."""
        if self._file.closed:
            return
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM members WHERE member = ?", (self._member,))
            connection.execute("UPDATE open_commands SET member = NULL WHERE member = ?", (self._member,))
        self._file.close()

    def _something_waits(self) -> bool:
        """Look without taking the write lock: mostly there is nothing."""
        return bool(
            self._file.rows(
                """SELECT 1 FROM open_commands WHERE team = ?1 AND member IS NULL
                   UNION ALL
                   SELECT 1 FROM messages WHERE topic = ?2
                     AND place > coalesce((SELECT read_until FROM teams WHERE team = ?1), 0)
                   LIMIT 1""",
                self._group,
                COMMANDS,
            )
        )

    def _claim(self) -> tuple[int, bytes] | None:
        """Take the first command that nobody has and whose run has no earlier command open."""
        with self._file.transaction() as connection:
            connection.execute(
                """INSERT INTO open_commands SELECT ?1, place, key, NULL FROM messages WHERE topic = ?2
                   AND place > coalesce((SELECT read_until FROM teams WHERE team = ?1), 0)""",
                (self._group, COMMANDS),
            )
            connection.execute(
                """INSERT OR REPLACE INTO teams
                   SELECT ?1, coalesce(max(place), 0) FROM messages WHERE topic = ?2""",
                (self._group, COMMANDS),
            )
            found: tuple[int, bytes] | None = connection.execute(
                """SELECT place, value FROM open_commands JOIN messages USING (place)
                   WHERE team = ?1 AND member IS NULL AND NOT EXISTS (
                     SELECT 1 FROM open_commands AS earlier WHERE earlier.team = ?1
                     AND earlier.key = open_commands.key AND earlier.place < open_commands.place)
                   ORDER BY place LIMIT 1""",
                (self._group,),
            ).fetchone()
            if found is not None:
                connection.execute(
                    "UPDATE open_commands SET member = ? WHERE team = ? AND place = ?",
                    (self._member, self._group, found[0]),
                )
            return found

    def _finish(self, token: _Token) -> None:
        with self._file.transaction() as connection:
            connection.execute(
                "DELETE FROM open_commands WHERE team = ? AND place = ? AND member = ?",
                (self._group, token.place, token.member),
            )


class LocalEventLog:
    """`EventLog` on the SQLite file; see there. A cursor is the place of an entry in the file."""

    def __init__(self, path: Path) -> None:
        self._file = _File(path)

    def publish(self, topic: str, events: Sequence[Event]) -> None:
        """See `EventLog.publish`."""
        self._file.append(topic, events)

    def read(self, topic: str, after: str | None, limit: int, timeout_seconds: float) -> Sequence[LogEntry]:
        """See `EventLog.read`."""
        place = _place(after)
        deadline = time.monotonic() + timeout_seconds
        while True:
            entries: list[LogEntry] = []
            for found, value in self._file.rows(
                "SELECT place, value FROM messages WHERE topic = ? AND place > ? ORDER BY place LIMIT ?",
                topic,
                place,
                limit,
            ):
                assert isinstance(found, int)
                assert isinstance(value, bytes)
                place = found
                try:
                    entries.append(LogEntry(topic, decode(value), str(place)))
                except Unreadable as reason:
                    self._file.bury(place, str(reason))
            remaining = deadline - time.monotonic()
            if entries or remaining <= 0:
                return entries
            time.sleep(min(POLL_SECONDS, remaining))

    def end(self, topic: str) -> str:
        """See `EventLog.end`."""
        ((last,),) = self._file.rows("SELECT coalesce(max(place), 0) FROM messages WHERE topic = ?", topic)
        return str(last)

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """See `EventLog.dead_letters`."""
        return [
            DeadLetter(str(topic), str(place), str(reason), value)
            for topic, place, reason, value in self._file.rows(
                "SELECT topic, place, reason, value FROM dead_letters JOIN messages USING (place)"
                " ORDER BY place LIMIT ?",
                limit,
            )
            if isinstance(value, bytes)
        ]

    def close(self) -> None:
        """See `EventLog.close`."""
        self._file.close()


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise InvalidCursor(cursor=cursor[:80])
    return int(cursor)
