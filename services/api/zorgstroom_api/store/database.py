"""Connections and transactions on SQLite and PostgreSQL.

On SQLite a transaction that starts by reading and then writes fails as soon as another writer was in
between; so every writing transaction is ``BEGIN IMMEDIATE`` and waits for its turn (at most 30 s).
No transaction spans a computation or the network.
"""

from __future__ import annotations

import math
import sqlite3
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom.sqlite import BUSY_TIMEOUT_SECONDS, switch_to_wal

#: Connections of one process to PostgreSQL at most; its `max_connections` must have room for every process.
MOST_CONNECTIONS = 25
#: How long a request waits for a connection while all are in use.
POOL_SECONDS = 5.0
#: A connection that was used more lately than this is used again as it is.
IDLE_SECONDS = 1.0
#: What an address may begin with; any other kind or driver is not installed.
DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")
#: No request hangs for ever: not on a slow question, not on a lock, not on a server that vanished.
POSTGRES_OPTIONS = {
    "connect_timeout": 5,
    "options": "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


class InvalidDatabaseUrl(ZorgstroomError):
    """The address is none of a database that can be used; not echoed, since it may hold a password."""

    key = "api.invalid_database_url"


class Database:
    """The database at one SQLAlchemy address (``sqlite:///file`` or ``postgresql+psycopg://...``)."""

    def __init__(self, url: str) -> None:
        try:
            address = make_url(url)
        except (ArgumentError, ValueError) as error:
            raise InvalidDatabaseUrl from error
        if address.drivername not in DRIVERS:
            raise InvalidDatabaseUrl
        if address.get_backend_name() == "sqlite":
            Path(address.database or "").parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(
                address, connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, max_overflow=45
            )
            _prepare_sqlite(self.engine)
        else:
            self.engine = create_engine(
                address,
                connect_args=POSTGRES_OPTIONS,
                pool_size=5,
                max_overflow=MOST_CONNECTIONS - 5,
                pool_timeout=POOL_SECONDS,
            )
            _check_what_lay_idle(self.engine)
        self._writing = self.engine.execution_options(zorgstroom_writes=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Read in one consistent transaction. Raises `Unavailable`."""
        with _translated(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Write: everything inside happens, or nothing. Raises `Unavailable`."""
        with _translated(), Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def exclusive(self, purpose: str) -> Iterator[Session]:
        """Write while no other process does the same for this purpose. Raises `Unavailable`."""
        with self.write() as session:
            if session.get_bind().dialect.name == "postgresql":
                # Two purposes with the same number would only wait for each other.
                lock = zlib.crc32(purpose.encode())
                session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Give a bare connection inside a writing transaction, for migrations. Raises `Unavailable`.

        What is done in it may take as long as it takes.
        """
        with _translated(), self._writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                for limit in ("statement_timeout", "lock_timeout"):
                    connection.execute(text(f"SET LOCAL {limit} = 0"))
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def can_be_asked(identifier: str) -> bool:
    """Return whether a database can be asked for it at all: PostgreSQL refuses NUL, UTF-8 half characters."""
    return identifier.isprintable()


def insert(session: Session, model: type[Any], **values: Any) -> None:
    """Insert a row that nobody looks at again in this transaction: without an object that is watched for changes."""
    session.connection().execute(model.__table__.insert(), values)


def insert_new(session: Session, model: type[Any], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows whose natural key is not there yet; return how many were new. The first one wins."""
    if not rows:
        return 0
    table: Table = model.__table__
    statement = _insert(session, table).returning(*table.primary_key.columns)
    return len(session.connection().execute(statement, [dict(row) for row in rows]).all())


def insert_missing(session: Session, model: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose natural key is not there yet, as quickly as many can be; the first one wins.

    For tables of texts and whole numbers; all rows name the same columns.
    """
    if not rows:
        return
    connection, table = session.connection(), model.__table__
    if connection.dialect.name != "postgresql":
        connection.execute(_insert(session, table), [dict(row) for row in rows])
        return
    # A row each costs the server and us more than the row itself: whole columns go at once.
    names = list(rows[0])
    types = (table.c[name].type.compile(connection.dialect) for name in names)
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in zip(names, types, strict=True))
    connection.execute(
        text(
            f"INSERT INTO {table.name} ({', '.join(names)})"  # noqa: S608 - names of our own columns
            f" SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"
        ),
        {name: [row[name] for row in rows] for name in names},
    )


def _insert(session: Session, table: Table) -> Any:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table).on_conflict_do_nothing()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        raise Unavailable("api.database_unavailable") from error


def _check_what_lay_idle(engine: Engine) -> None:
    """Have a connection that lay unused for a while answer before it is given out: the server may be gone.

    Asking before every use would be a question more for each transaction of a busy service.
    """

    @event.listens_for(engine, "checkin")
    def _laid_down(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _taken_up(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("since", math.inf) <= IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            # The others lead to the same server.
            raise InvalidatePoolError from error


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver must not begin transactions by itself: the hook below decides how.
        connection.isolation_level = None
        switch_to_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("zorgstroom_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
