"""Changes of the tables, one after the other; run when the service starts."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from zorgstroom_api.store.database import Database

#: Any number, as long as every process that migrates uses the same.
_LOCK = 7_305_101


def upgrade(database: Database) -> None:
    """Bring the tables to this version; several processes may do so at once. Raises `Unavailable`."""
    with database.connection() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
