"""Workshops: their plans, where they stand, what participants answered and what was written down."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: In the order in which they can be taken away.
TABLES = (
    "session_calculations",
    "session_notes",
    "session_answers",
    "session_participants",
    "session_steps",
    "sessions",
)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "sessions",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("step_begun", sa.DateTime(timezone=True), nullable=True),
        sa.Column("step_seconds", sa.Double(), nullable=False),
        sa.Column("joining_open", sa.Boolean(), nullable=False),
        sa.Column("beamer", sa.String(length=16), nullable=False),
        sa.Column("black", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("answers_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("totals", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "phase IN ('prepare', 'rehearsal', 'live', 'ended')", name=op.f("ck_sessions_phase")
        ),
        sa.PrimaryKeyConstraint("code", name="pk_sessions"),
    )
    op.create_index("ix_sessions_created_code", "sessions", ["created", "code"])
    op.create_table(
        "session_steps",
        sa.Column("session_code", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("revealed", sa.Boolean(), nullable=False),
        sa.Column("hands", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("feedback", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _of_session("session_steps"),
        sa.PrimaryKeyConstraint("session_code", "step", name="pk_session_steps"),
    )
    op.create_table(
        "session_participants",
        sa.Column("session_code", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        _of_session("session_participants"),
        sa.PrimaryKeyConstraint("session_code", "key", name="pk_session_participants"),
    )
    op.create_table(
        "session_answers",
        sa.Column("session_code", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=False),
        _of_session("session_answers"),
        sa.PrimaryKeyConstraint("session_code", "step", "key", name="pk_session_answers"),
    )
    op.create_table(
        "session_notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_code", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("responsible", sa.String(length=120), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _of_session("session_notes"),
        sa.PrimaryKeyConstraint("id", name="pk_session_notes"),
    )
    op.create_index("ix_session_notes_session_code", "session_notes", ["session_code"])
    op.create_table(
        "session_calculations",
        sa.Column("session_code", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("scenario_id", sa.String(length=64), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        _of_session("session_calculations"),
        sa.PrimaryKeyConstraint("session_code", "kind", "key", name="pk_session_calculations"),
    )


def downgrade() -> None:
    """Take them away again, with everything in them."""
    for name in TABLES:
        op.drop_table(name)


def _of_session(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["session_code"], ["sessions.code"], name=f"fk_{table}_session_code_sessions"
    )
