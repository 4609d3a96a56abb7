"""Drafts of scenarios, and a note with every version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; versions from before have no note."""
    op.add_column("scenarios", sa.Column("note", sa.String(length=500), nullable=False, server_default=""))
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_drafts"),
    )
    op.create_index("ix_drafts_changed", "drafts", ["changed"])


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_drafts_changed", "drafts")
    op.drop_table("drafts")
    op.drop_column("scenarios", "note")
