"""A real, throw-away PostgreSQL server: one per test session, one empty database per test.

`ZORGSTROOM_TEST_POSTGRES_URL` names a server to use instead; its user must be allowed to create databases.
Without either, tests that need PostgreSQL are skipped with one clear line.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

URL_VARIABLE = "ZORGSTROOM_TEST_POSTGRES_URL"
#: PostgreSQL refuses to run as root; its package brings this user.
SERVER_USER = "postgres"
START_SECONDS = 60


def postgres_programs() -> Path | None:
    """Return the folder that holds the server's programs, newest version first, or None."""
    on_path = shutil.which("pg_ctl")
    found = [Path(on_path).parent] if on_path else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists()), None)


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


class PostgresServer:
    """One server with its data in a folder of its own, which may be stopped and started again."""

    def __init__(self, programs: Path, folder: Path, user: pwd.struct_passwd | None, durable: bool) -> None:
        self._folder = folder
        self._user = user
        self._programs = programs
        self._options = f"-k {folder} -c listen_addresses='' -c fsync={'on' if durable else 'off'}"
        self.url = f"postgresql+psycopg://postgres@/?host={folder}"
        initdb = ("-D", folder / "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        _run(user, programs / "initdb", *initdb)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._control("-o", self._options, "-l", self._folder / "log", "-t", START_SECONDS, "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: ``fast`` breaks off what is going on in an orderly way, ``immediate`` as a power cut would."""
        self._control("-m", mode, "-w", "stop")

    def create_database(self) -> str:
        """Return the SQLAlchemy address of a new, empty database."""
        return _create_database(self.url)

    def _control(self, *arguments: object) -> None:
        _run(self._user, self._programs / "pg_ctl", "-D", self._folder / "data", *arguments)


@contextmanager
def own_server(durable: bool = False) -> Iterator[PostgresServer]:
    """Run a server of one's own; `durable` writes through to the disk, as in use. Skips where there is none."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip(f"no PostgreSQL here: install the package postgresql, or set {URL_VARIABLE}")
    user = _server_user()
    if os.geteuid() == 0 and user is None:
        pytest.skip(f"PostgreSQL does not run as root, and there is no user {SERVER_USER}")
    # Not pytest's own folder: a socket's path may have 107 characters, and the server's user must reach it.
    with tempfile.TemporaryDirectory(prefix="zs-pg-", ignore_cleanup_errors=True) as text:
        folder = Path(text)
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        server = PostgresServer(programs, folder, user, durable)
        server.start()
        try:
            yield server
        finally:
            with suppress(RuntimeError):  # stopped by the test
                server.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The SQLAlchemy address of a running server, without a database name at the end."""
    given = os.environ.get(URL_VARIABLE)
    if given:
        yield given
        return
    with own_server() as server:
        yield server.url


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """Give a server that the test may stop and start."""
    with own_server() as server:
        yield server


def _server_user() -> pwd.struct_passwd | None:
    """Return who to run the server as, or None to run it as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        return None


def _run(user: pwd.struct_passwd | None, *command: object) -> None:
    """Run a program of the server, its output in the error when it fails."""
    with tempfile.TemporaryFile() as output:
        # The server keeps our output open when it is a pipe, so a file takes it.
        done = subprocess.run(
            [str(part) for part in command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed: {output.read().decode(errors='replace')}")


def _create_database(server: str) -> str:
    """Return the address of a new database on a server."""
    from sqlalchemy import make_url

    name = f"zorgstroom_test_{uuid.uuid4().hex}"
    _on_server(server, f'CREATE DATABASE "{name}"')
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _on_server(server: str, statement: str) -> None:
    """Run a statement that stands outside every database."""
    from sqlalchemy import create_engine, make_url, text

    engine = create_engine(make_url(server).set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The SQLAlchemy address of an empty database, dropped after the test."""
    from sqlalchemy import make_url

    url = _create_database(postgres_server)
    try:
        yield url
    finally:
        _on_server(postgres_server, f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')
