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


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The SQLAlchemy address of a running server, without a database name at the end."""
    given = os.environ.get(URL_VARIABLE)
    if given:
        yield given
        return
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
        data = folder / "data"
        _run(
            user, programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"
        )
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        _run(
            user,
            programs / "pg_ctl",
            "-D",
            data,
            "-o",
            options,
            "-l",
            folder / "log",
            "-t",
            START_SECONDS,
            "-w",
            "start",
        )
        try:
            yield f"postgresql+psycopg://postgres@/?host={folder}"
        finally:
            _run(user, programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


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


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The SQLAlchemy address of an empty database, dropped after the test."""
    from sqlalchemy import create_engine, make_url, text

    server = make_url(postgres_server)
    name = f"zorgstroom_test_{uuid.uuid4().hex}"
    engine = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        engine.dispose()
