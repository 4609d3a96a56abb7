"""Versions and holders of scenarios, keys, and whose turn it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; what was asked for before is with the simulators already."""
    op.add_column("scenarios", sa.Column("owner", sa.String(length=120), nullable=False, server_default=""))
    op.add_column("scenarios", sa.Column("previous", sa.String(length=64), nullable=True))
    op.add_column("scenarios", sa.Column("series", sa.String(length=64), nullable=False, server_default=""))
    op.add_column("scenarios", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("scenarios", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.create_index("ix_scenarios_series", "scenarios", ["series"])
    op.execute("UPDATE scenarios SET series = id")
    # In words of its own: SQLite adds a constraint only together with its column.
    op.execute(
        "ALTER TABLE runs ADD COLUMN priority VARCHAR(16) DEFAULT 'interactive' NOT NULL"
        " CONSTRAINT ck_runs_priority CHECK (priority IN ('interactive', 'batch'))"
    )
    op.add_column("runs", sa.Column("dispatched", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE runs SET dispatched = created WHERE state IN ('queued', 'running')")

    op.create_table(
        "scenario_holders",
        sa.Column("scenario_id", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"], ["scenarios.id"], name="fk_scenario_holders_scenario_id_scenarios"
        ),
        sa.PrimaryKeyConstraint("scenario_id", "holder", name="pk_scenario_holders"),
    )
    op.create_table(
        "early_results",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "attempt", name="pk_early_results"),
    )
    op.create_table(
        "removed_runs",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_removed_runs"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('reader', 'editor', 'admin')", name="ck_api_keys_role"),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("name", name="uq_api_keys_name"),
    )


def downgrade() -> None:
    """Take them away again, with everything in them."""
    op.drop_table("api_keys")
    op.drop_table("removed_runs")
    op.drop_table("early_results")
    op.drop_table("scenario_holders")
    op.drop_column("runs", "dispatched")
    op.drop_constraint("ck_runs_priority", "runs")
    op.drop_column("runs", "priority")
    op.drop_index("ix_scenarios_series", "scenarios")
    for name in ("revision", "version", "series", "previous", "owner"):
        op.drop_column("scenarios", name)
