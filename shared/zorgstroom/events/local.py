"""The bus on one machine: a SQLite file shared by processes, which survives kill -9 at any moment.

Every writing transaction is ``BEGIN IMMEDIATE`` and on disk before it returns (``synchronous=FULL``), so
offsets are handed out in the order of commit and no reader ever passes one that is still to come.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from zorgstroom.events.codec import BusUnavailable, InvalidCursor, Unreadable, as_reason, decode, encode
from zorgstroom.events.ports import (
    COMMAND_TOPICS,
    COMMANDS,
    READ_BYTES,
    SESSION_SECONDS,
    DeadLetter,
    Delivery,
    LogEntry,
)
from zorgstroom.events.schemas import Event
from zorgstroom.sqlite import BUSY_TIMEOUT_SECONDS, switch_to_wal

#: How often a waiting reader looks whether something came.
POLL_SECONDS = 0.05

#: Every version of the file after the one before it: a file of any earlier version is brought up to date.
_VERSIONS = (
    """
    CREATE TABLE messages (place INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, key TEXT NOT NULL,
                           value BLOB NOT NULL);
    CREATE INDEX messages_by_topic ON messages (topic, place);
    CREATE TABLE dead_letters (place INTEGER PRIMARY KEY REFERENCES messages (place), reason TEXT NOT NULL);
    CREATE TABLE members (member TEXT PRIMARY KEY, seen REAL NOT NULL);
    CREATE TABLE open_commands (team TEXT NOT NULL, place INTEGER NOT NULL, key TEXT NOT NULL, member TEXT,
                                PRIMARY KEY (team, place)) WITHOUT ROWID;
    CREATE TABLE teams (team TEXT PRIMARY KEY, read_until INTEGER NOT NULL);
    """,
    # Members are seen on the monotonic clock from here on; who was one must join again.
    """
    ALTER TABLE dead_letters ADD COLUMN buried TEXT;
    ALTER TABLE dead_letters ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE open_commands ADD COLUMN topic TEXT NOT NULL DEFAULT 'zorgstroom.commands';
    UPDATE open_commands SET member = NULL;
    DELETE FROM members
    """,
)
SCHEMA_VERSION = len(_VERSIONS)


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
            for statements in _VERSIONS[version:]:
                for statement in statements.split(";"):
                    connection.execute(statement)
            if version < SCHEMA_VERSION:
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

    def messages(self, topic: str, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return (place, bytes) of the next messages, until there are `limit` or `READ_BYTES` is reached."""
        found: list[tuple[int, bytes]] = []
        size = 0
        query = "SELECT place, CAST(value AS BLOB) FROM messages WHERE topic = ? AND place > ? ORDER BY place LIMIT ?"
        with self._lock, self._guarded(), closing(self._connection.cursor()) as cursor:
            for place, value in cursor.execute(query, (topic, after, limit)):
                found.append((place, value))
                size += len(value)
                if size >= READ_BYTES:
                    break
        return found

    def append(self, topic: str, events: Iterable[Event]) -> None:
        """Store messages durably, in order, all or none."""
        messages = [(topic, event.subject, encode(event)) for event in events]
        with self.transaction() as connection:
            connection.executemany("INSERT INTO messages (topic, key, value) VALUES (?, ?, ?)", messages)

    def bury(self, place: int, reason: str) -> None:
        """Note once that a message cannot be read or used; what is settled stays so."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        with self.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO dead_letters (place, reason, buried) VALUES (?, ?, ?)",
                (place, as_reason(reason), now),
            )

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

    def publish(self, event: Event, topic: str = COMMANDS) -> None:
        """See `CommandQueue.publish`."""
        self._file.append(topic, [event])

    def take(self, timeout_seconds: float, *, batch: bool = True) -> Delivery | None:
        """See `CommandQueue.take`."""
        topics = COMMAND_TOPICS if batch else (COMMANDS,)
        deadline = time.monotonic() + timeout_seconds
        while True:
            self.keep_alive()
            claimed = self._claim(topics) if self._something_waits(topics) else None
            if claimed is not None:
                place, value = claimed
                token = _Token(place, self._member)
                try:
                    return Delivery(decode(value), token)
                except Unreadable as reason:
                    self._bury(token, str(reason))
                    continue
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return None
            time.sleep(min(POLL_SECONDS, remaining))

    def reject(self, delivery: Delivery, reason: str) -> None:
        """See `CommandQueue.reject`."""
        assert isinstance(delivery.token, _Token)
        self._bury(delivery.token, reason)

    def keep_alive(self) -> None:
        """See `CommandQueue.keep_alive`.

        Members are seen on the monotonic clock, which all processes of a machine share: setting the time
        makes nobody older. After a restart of the machine it starts again; whoever was seen later is gone.
        """
        if time.monotonic() - self._seen < self._session_seconds / 5:
            return
        with self._file.transaction() as connection:
            # Only now: who waited for the file must not take another, seen meanwhile, for one of the future.
            now = time.monotonic()
            connection.execute("INSERT OR REPLACE INTO members VALUES (?, ?)", (self._member, now))
            connection.execute(
                "DELETE FROM members WHERE seen NOT BETWEEN ? AND ?", (now - self._session_seconds, now)
            )
            connection.execute(
                "UPDATE open_commands SET member = NULL WHERE member NOT IN (SELECT member FROM members)"
            )
        self._seen = now

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

    def _something_waits(self, topics: Sequence[str]) -> bool:
        """Look without taking the write lock: mostly there is nothing."""
        return any(
            self._file.rows(
                """SELECT 1 FROM open_commands WHERE team = ?1 AND member IS NULL AND topic = ?2
                   UNION ALL
                   SELECT 1 FROM messages WHERE topic = ?2
                     AND place > coalesce((SELECT read_until FROM teams WHERE team = ?1), 0)
                   LIMIT 1""",
                self._group,
                topic,
            )
            for topic in topics
        )

    def _claim(self, topics: Sequence[str]) -> tuple[int, bytes] | None:
        """Take the first command that nobody has and whose run has no earlier command open on its topic."""
        with self._file.transaction() as connection:
            connection.execute(
                """INSERT INTO open_commands (team, place, key, topic) SELECT ?1, place, key, topic
                   FROM messages WHERE topic IN (?2, ?3)
                   AND place > coalesce((SELECT read_until FROM teams WHERE team = ?1), 0)""",
                (self._group, *COMMAND_TOPICS),
            )
            connection.execute(
                "INSERT OR REPLACE INTO teams SELECT ?, coalesce(max(place), 0) FROM messages",
                (self._group,),
            )
            for topic in topics:
                found: tuple[int, bytes] | None = connection.execute(
                    """SELECT place, CAST(value AS BLOB) FROM open_commands JOIN messages USING (place)
                       WHERE team = ?1 AND open_commands.topic = ?2 AND member IS NULL AND NOT EXISTS (
                         SELECT 1 FROM open_commands AS earlier WHERE earlier.team = ?1
                         AND earlier.topic = ?2 AND earlier.key = open_commands.key
                         AND earlier.place < open_commands.place)
                       ORDER BY place LIMIT 1""",
                    (self._group, topic),
                ).fetchone()
                if found is not None:
                    connection.execute(
                        "UPDATE open_commands SET member = ? WHERE team = ? AND place = ?",
                        (self._member, self._group, found[0]),
                    )
                    return found
            return None

    def _bury(self, token: _Token, reason: str) -> None:
        self._file.bury(token.place, reason)
        self._finish(token)

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
        #: Per topic the cursor a reader comes back with, and how far has been read.
        self._passed: dict[str, tuple[str | None, int]] = {}

    def publish(self, topic: str, events: Sequence[Event]) -> None:
        """See `EventLog.publish`."""
        self._file.append(topic, events)

    def read(self, topic: str, after: str | None, limit: int, timeout_seconds: float) -> Sequence[LogEntry]:
        """See `EventLog.read`."""
        place = self._place_of(after)
        # Behind the last entry may be what could not be read: it is in no cursor, and is buried already.
        cursor, passed = self._passed.get(topic, (None, 0))
        if cursor == after:
            place = max(place, passed)
        deadline = time.monotonic() + timeout_seconds
        while True:
            entries: list[LogEntry] = []
            for place, value in self._file.messages(topic, place, limit):  # noqa: B020  # goes on from there
                try:
                    entries.append(LogEntry(topic, decode(value), str(place), place))
                except Unreadable as reason:
                    self._file.bury(place, str(reason))
            remaining = deadline - time.monotonic()
            if entries or remaining <= 0:
                self._passed[topic] = (entries[-1].cursor if entries else after, place)
                return entries
            time.sleep(min(POLL_SECONDS, remaining))

    def end(self, topic: str) -> str:
        """See `EventLog.end`."""
        ((last,),) = self._file.rows("SELECT coalesce(max(place), 0) FROM messages WHERE topic = ?", topic)
        return str(last)

    def behind(self, topic: str, after: str | None) -> int:
        """See `EventLog.behind`."""
        ((count,),) = self._file.rows(
            "SELECT count(*) FROM messages WHERE topic = ? AND place > ?", topic, self._place_of(after)
        )
        assert isinstance(count, int)
        return count

    def _place_of(self, cursor: str | None) -> int:
        """Return where a cursor is; at the beginning when the file was lost and is another now, as on Kafka.

        Places are never given twice, so that one behind the last is of a file that was here before.
        """
        place = _place(cursor)
        if place and not self._file.rows("SELECT 1 FROM sqlite_sequence WHERE seq >= ?", place):
            return 0
        return place

    def bury(self, entry: LogEntry, reason: str) -> None:
        """See `EventLog.bury`."""
        assert isinstance(entry.token, int)
        self._file.bury(entry.token, reason)

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """See `EventLog.dead_letters`."""
        return [
            DeadLetter(
                str(topic),
                str(place),
                str(reason),
                value,
                str(key),
                dt.datetime.fromisoformat(buried) if isinstance(buried, str) else None,
            )
            for topic, place, reason, value, key, buried in self._file.rows(
                """SELECT topic, place, reason, CAST(value AS BLOB), key, buried
                   FROM dead_letters JOIN messages USING (place) WHERE NOT settled ORDER BY place LIMIT ?""",
                limit,
            )
            if isinstance(value, bytes)
        ]

    def resubmit(self, letter: DeadLetter) -> None:
        """See `EventLog.resubmit`."""
        decode(letter.value)
        with self._file.transaction() as connection:
            connection.execute(
                """INSERT INTO messages (topic, key, value) SELECT topic, key, value
                   FROM messages JOIN dead_letters USING (place) WHERE place = ? AND NOT settled""",
                (letter.place,),
            )
            self._settle(connection, letter)

    def discard(self, letter: DeadLetter) -> None:
        """See `EventLog.discard`."""
        with self._file.transaction() as connection:
            self._settle(connection, letter)

    def _settle(self, connection: sqlite3.Connection, letter: DeadLetter) -> None:
        connection.execute("UPDATE dead_letters SET settled = 1 WHERE place = ?", (letter.place,))

    def close(self) -> None:
        """See `EventLog.close`."""
        self._file.close()


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise InvalidCursor(cursor=cursor[:80])
    return int(cursor)
