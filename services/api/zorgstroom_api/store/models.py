"""The tables.

Rebuilt by replaying the bus: runs, headline indicators, results, artefacts and what was removed. Only here
(back them up): scenarios that were never run and what people said of them (status, visibility, versions, notes),
drafts, workshops, keys, cancellation requests, the outbox and the audit log.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Literal

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from zorgstroom.events.schemas import Priority
from zorgstroom.service_document import Role
from zorgstroom.workshop.documents import BeamerView, FeedbackStatus, NoteKind, Phase
from zorgstroom.workshop.documents import Role as TakesPartAs
from zorgstroom_api.store.types import UtcDateTime

RunState = Literal["queued", "running", "completed", "failed", "cancelled"]
ScenarioStatus = Literal["concept", "vastgesteld"]
#: Who may read: the holders; whoever has the address; everybody, and it is in the lists.
Visibility = Literal["private", "shared", "public"]
#: What a workshop looks up: positions of its levers, or a scenario as it is.
CalculationKind = Literal["combination", "scenario"]

#: SQLite only numbers rows by itself in a column that is literally INTEGER.
RowNumber = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables; every constraint has a name, so that migrations can find it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        dt.datetime: UtcDateTime,
        dict[str, Any]: JSON(none_as_null=True),
        list[int]: JSON(none_as_null=True),
        Literal["queued", "running", "completed", "failed", "cancelled"]: String(16),
        Literal["concept", "vastgesteld"]: String(16),
        Literal["private", "shared", "public"]: String(16),
        Literal["reader", "editor", "admin"]: String(16),
        Literal["interactive", "batch"]: String(16),
        Phase: String(16),
        TakesPartAs: String(16),
        BeamerView: String(16),
        NoteKind: String(16),
        FeedbackStatus: String(16),
        CalculationKind: String(16),
    }


class ScenarioRow(Base):
    """A scenario document; its id is the hash of its content, so a changed document is another scenario."""

    __tablename__ = "scenarios"
    __table_args__ = (
        CheckConstraint("status IN ('concept', 'vastgesteld')", name="status"),
        CheckConstraint("visibility IN ('private', 'shared', 'public')", name="visibility"),
        Index(None, "created", "id"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, Any]]
    status: Mapped[ScenarioStatus] = mapped_column(default="concept")
    visibility: Mapped[Visibility] = mapped_column(default="shared")
    #: Short name of a shipped example.
    slug: Mapped[str | None] = mapped_column(String(80))
    created: Mapped[dt.datetime]
    #: Who handed it in first, and may change status and visibility.
    owner: Mapped[str] = mapped_column(String(120), default="", server_default="")
    #: The version before this one; `series` is the id of the first and `version` counts from 1.
    previous: Mapped[str | None] = mapped_column(String(64))
    series: Mapped[str] = mapped_column(String(64), index=True, server_default="")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    #: Grows with every change of status, visibility or note: the document itself never changes.
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    #: What its maker says of this version.
    note: Mapped[str] = mapped_column(String(500), default="", server_default="")


class HolderRow(Base):
    """Somebody who handed in this very document, and so may read it whatever its visibility."""

    __tablename__ = "scenario_holders"

    scenario_id: Mapped[str] = mapped_column(ForeignKey("scenarios.id"), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120), primary_key=True)


class DraftRow(Base):
    """A scenario that somebody is still working on; who knows its id may read and change it."""

    __tablename__ = "drafts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    content: Mapped[dict[str, Any]]
    #: Grows with every change.
    revision: Mapped[int]
    changed: Mapped[dt.datetime] = mapped_column(index=True)


class AdditionRow(Base):
    """Words that somebody of a region added to its picture."""

    __tablename__ = "additions"

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    #: As in a scenario, such as ``roaz:Euregio``; empty: the whole country.
    region: Mapped[str] = mapped_column(String(120), index=True)
    #: As whom it was added, and who may take it away.
    author: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(120))
    created: Mapped[dt.datetime]


class RunRow(Base):
    """One scenario simulated with R replications; see `zorgstroom_api.runs.lifecycle` for how it changes."""

    __tablename__ = "runs"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'completed', 'failed', 'cancelled')", name="state"),
        Index(None, "created", "id"),
        Index(None, "state", "created"),
        CheckConstraint("priority IN ('interactive', 'batch')", name="priority"),
    )

    #: Hash of everything that decides the numbers: the key of the result cache.
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    scenario_id: Mapped[str] = mapped_column(ForeignKey("scenarios.id"), index=True)
    dataset_digest: Mapped[str] = mapped_column(String(64))
    settings: Mapped[dict[str, Any]]
    owner: Mapped[str] = mapped_column(String(120))
    priority: Mapped[Priority] = mapped_column(default="interactive", server_default="interactive")
    created: Mapped[dt.datetime]

    #: When this attempt was given to the simulators; None: it waits here, for its turn.
    dispatched: Mapped[dt.datetime | None]
    state: Mapped[RunState]
    attempt: Mapped[int]
    done: Mapped[int]
    total: Mapped[int]
    worker: Mapped[str] = mapped_column(String(200))
    accepted: Mapped[dt.datetime | None]
    heartbeat: Mapped[dt.datetime | None]
    #: When the simulator said it was done; the run is completed when its results are known too.
    computed: Mapped[dt.datetime | None]
    wall_seconds: Mapped[float | None]
    #: When the run was cancelled or failed.
    ended: Mapped[dt.datetime | None]
    error_key: Mapped[str | None] = mapped_column(String(120))
    error_params: Mapped[dict[str, Any] | None]
    retriable: Mapped[bool]


class HeadlineRow(Base):
    """One number of one replication: integer sum and count."""

    __tablename__ = "headline_indicators"

    run_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    replication: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    scenario: Mapped[str] = mapped_column(String(16), primary_key=True)
    indicator: Mapped[str] = mapped_column(String(80), primary_key=True)
    total: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int] = mapped_column(BigInteger)


class ResultRow(Base):
    """The results of a run are in the artefact store; the manifest says how they were made."""

    __tablename__ = "results"

    run_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    attempt: Mapped[int]
    published: Mapped[dt.datetime]
    manifest: Mapped[dict[str, Any]]


class ArtefactRow(Base):
    """Where a table of a run is: a relative key in the artefact store, never an address."""

    __tablename__ = "artefacts"

    run_id: Mapped[str] = mapped_column(ForeignKey("results.run_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(300))
    sha256: Mapped[str] = mapped_column(String(64))
    table_digest: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
    schema_version: Mapped[int]


class EarlyResultRow(Base):
    """A result that was read before the request of its attempt; it waits here for that."""

    __tablename__ = "early_results"

    run_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    published: Mapped[dt.datetime]
    payload: Mapped[dict[str, Any]]


class RemovedRow(Base):
    """A run that was removed, and its last attempt then: what is still said of it and those before means nothing."""

    __tablename__ = "removed_runs"

    run_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    attempt: Mapped[int]


class CancellationRow(Base):
    """Somebody wants this attempt of a run stopped."""

    __tablename__ = "cancellations"

    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    requested: Mapped[dt.datetime]


class OutboxRow(Base):
    """An event that must go to the bus, written in the transaction that decided it; gone once it is sent."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    topic: Mapped[str] = mapped_column(String(80))
    event: Mapped[dict[str, Any]]
    created: Mapped[dt.datetime]
    #: Why it can never be sent, if so.
    refused: Mapped[str | None] = mapped_column(Text)


class CursorRow(Base):
    """How far a topic has been read; written in the same transaction as the effects of what was read."""

    __tablename__ = "cursors"

    topic: Mapped[str] = mapped_column(String(80), primary_key=True)
    cursor: Mapped[str] = mapped_column(String(300))


class ApiKeyRow(Base):
    """A key that somebody writes with; only the hash of its secret is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (CheckConstraint("role IN ('reader', 'editor', 'admin')", name="role"),)

    #: Public part of the key.
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    role: Mapped[Role]
    secret_sha256: Mapped[str] = mapped_column(String(64))
    created: Mapped[dt.datetime]
    expires: Mapped[dt.datetime | None]
    revoked: Mapped[dt.datetime | None]


class AuditRow(Base):
    """Who did what, when; never a network address."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    time: Mapped[dt.datetime]
    actor: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    details: Mapped[dict[str, Any]]


class SessionRow(Base):
    """A workshop: what was prepared, and where it stands, so that every process shows the same after a restart."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("phase IN ('prepare', 'rehearsal', 'live', 'ended')", name="phase"),
        Index(None, "created", "code"),
    )

    #: What participants join with.
    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    owner: Mapped[str] = mapped_column(String(120))
    #: Of what its facilitator steers with.
    secret_sha256: Mapped[str] = mapped_column(String(64))
    created: Mapped[dt.datetime]
    plan: Mapped[dict[str, Any]]
    phase: Mapped[Phase]
    step: Mapped[int]
    #: When the step was begun, or taken up again after a pause, and the seconds it had taken by then.
    step_begun: Mapped[dt.datetime | None]
    step_seconds: Mapped[float]
    joining_open: Mapped[bool]
    beamer: Mapped[BeamerView]
    black: Mapped[bool]
    #: Grows with everything that changes what somebody sees.
    revision: Mapped[int]
    #: When the answers are deleted by themselves.
    answers_until: Mapped[dt.datetime]
    #: What is left of the answers once they are deleted: totals only.
    totals: Mapped[dict[str, Any] | None]


class SessionStepRow(Base):
    """What happened at one step of a workshop: its round, the hands that were counted, what was done with it."""

    __tablename__ = "session_steps"

    session_code: Mapped[str] = mapped_column(ForeignKey("sessions.code"), primary_key=True)
    step: Mapped[str] = mapped_column(String(40), primary_key=True)
    closed: Mapped[bool]
    revealed: Mapped[bool]
    hands: Mapped[list[int] | None]
    feedback: Mapped[FeedbackStatus | None]
    reason: Mapped[str] = mapped_column(Text)


class ParticipantRow(Base):
    """A telephone that joined a workshop, under the hash of what its cookie holds; never who, where or when."""

    __tablename__ = "session_participants"

    session_code: Mapped[str] = mapped_column(ForeignKey("sessions.code"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[TakesPartAs]


class SessionAnswerRow(Base):
    """An answer in one step. Its key differs per step: nobody sees from the table which answers belong together."""

    __tablename__ = "session_answers"

    session_code: Mapped[str] = mapped_column(ForeignKey("sessions.code"), primary_key=True)
    step: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    answer: Mapped[dict[str, Any]]


class SessionNoteRow(Base):
    """What was written down during a workshop."""

    __tablename__ = "session_notes"

    id: Mapped[int] = mapped_column(RowNumber, primary_key=True)
    session_code: Mapped[str] = mapped_column(ForeignKey("sessions.code"), index=True)
    kind: Mapped[NoteKind]
    text: Mapped[str] = mapped_column(Text)
    responsible: Mapped[str] = mapped_column(String(120))
    step: Mapped[str] = mapped_column(String(40))
    at: Mapped[dt.datetime]


class SessionCalculationRow(Base):
    """The run that a workshop looks up for positions of its levers, or for a scenario; None: not asked for yet."""

    __tablename__ = "session_calculations"

    session_code: Mapped[str] = mapped_column(ForeignKey("sessions.code"), primary_key=True)
    kind: Mapped[CalculationKind] = mapped_column(primary_key=True)
    #: Such as ``0-2-1``, or the id of the scenario.
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    scenario_id: Mapped[str | None] = mapped_column(String(64))
    run_id: Mapped[str | None] = mapped_column(String(64))
    #: Why it cannot be carried out, by language.
    problem: Mapped[dict[str, Any] | None]
