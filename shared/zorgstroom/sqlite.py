"""What every SQLite file of ours needs."""

from __future__ import annotations

import sqlite3
import time

#: How long a writer waits for another.
BUSY_TIMEOUT_SECONDS = 30.0


def switch_to_wal(connection: sqlite3.Connection) -> None:
    """Let readers and a writer work side by side.

    While a new file changes over, SQLite refuses others at once instead of letting them wait; so we wait.
    Raises sqlite3.OperationalError when the file stays busy.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
