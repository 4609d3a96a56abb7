"""Changes of the tables, one after the other; run when the service starts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.orm import Session

from zorgstroom_api.store.database import Database

#: Any number, as long as every process that migrates uses the same.
_LOCK = 7_305_101


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the tables to this version, or to an earlier revision; several processes may do so at once.

    Raises `Unavailable`.
    """
    with database.connection() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@cache
def newest() -> str:
    """Return the revision of the tables that this version works with."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def revision_of(session: Session) -> str | None:
    """Return the revision of the tables in a database; None when there are none."""
    return MigrationContext.configure(session.connection()).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
