"""What the service says of itself, of who asks and of how the installation is doing, as it goes over the line."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from zorgstroom.answer import Answer

#: What the holder of a key may do.
Role = Literal["reader", "editor", "admin"]
#: How a part of the service is.
State = Literal["ok", "failed"]


class Limits(Answer):
    """How much one caller may ask; 0 requests a minute: as many as he likes."""

    reads_per_minute: int
    writes_per_minute: int
    previews_per_minute: int
    #: Heavy requests (previews, comparisons, reports, workbooks) that are worked on at once.
    heavy_requests: int
    queued_runs: int
    runs_per_owner: int
    body_bytes: int


class ServiceInfo(Answer):
    """What the service says of itself to everybody."""

    version: str
    model_version: str
    dataset: str
    #: Whether writing needs a key.
    keys_needed: bool
    #: Where telephones find the pages of workshops; empty: at the address of this service.
    room_url: str
    limits: Limits


class CallerInfo(Answer):
    """Who the service takes somebody for."""

    name: str
    role: Role
    #: Whether a key proved the name.
    keyed: bool


class Disk(Answer):
    """The disk where everything is kept, in bytes; a database or bus elsewhere counts as 0."""

    total: int
    free: int
    database: int
    bus: int
    results: int


class WorkerLine(Answer):
    """A simulator that is computing; one that waits for work is not seen."""

    worker: str
    run_id: str
    name: str
    done: int
    total: int
    started: dt.datetime | None
    heartbeat: dt.datetime | None


class KeyLine(Answer):
    """A key, without its secret."""

    name: str
    role: Role
    created: dt.datetime
    expires: dt.datetime | None
    state: Literal["valid", "expired", "revoked"]


class LoadTest(Answer):
    """The last load test of this installation: what ``load-test.json`` in its data folder holds."""

    made: dt.datetime
    #: Screens at once, and how long 95 of 100 answers to them took at most.
    sessions: int
    sessions_p95_seconds: float
    #: Phones of participants at once, likewise.
    phones: int
    phones_p95_seconds: float
    #: Connections that were lost.
    dropped: int


class Overview(Answer):
    """How the installation is doing."""

    version: str
    model_version: str
    dataset: str
    dataset_digest: str
    #: Kinds, never addresses: these may hold passwords.
    database: str
    bus: str
    sign_in: Literal["off", "keys"]
    checks: dict[str, State]
    queued: int
    running: int
    #: Runs by state.
    runs: dict[str, int]
    workers: list[WorkerLine]
    disk: Disk
    keys: list[KeyLine]
    #: None: runs are kept until somebody tidies up.
    keep_runs_days: int | None
    keep_audit_days: int
    load_test: LoadTest | None


class AuditLine(Answer):
    """Who did what, when; never from which address."""

    id: int
    time: dt.datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]


class AuditPage(Answer):
    """A part of the audit log, newest first."""

    items: list[AuditLine]
    next_cursor: str | None = None
