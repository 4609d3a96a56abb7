"""Runs the migrations on the connection, and in the transaction, of the caller."""

from __future__ import annotations

from alembic import context

from zorgstroom_api.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    # The caller's transaction holds them all, on SQLite too: our connections begin it themselves.
    transactional_ddl=True,
)
context.run_migrations()
