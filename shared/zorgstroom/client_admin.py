"""What an administrator asks of the API, and what it says of itself to everybody."""

from __future__ import annotations

import datetime as dt
from typing import Any

from zorgstroom.client_base import Answer, Calls


class Limits(Answer):
    """How much one caller may ask."""

    reads_per_minute: int
    writes_per_minute: int
    previews_per_minute: int
    heavy_requests: int
    queued_runs: int
    runs_per_owner: int
    body_bytes: int


class ServiceInfo(Answer):
    """What the service says of itself."""

    version: str
    model_version: str
    dataset: str
    #: Whether writing needs a key.
    keys_needed: bool
    #: Where telephones find the pages of workshops; empty: at the address of the service.
    room_url: str = ""
    limits: Limits


class CallerInfo(Answer):
    """Who the service takes this client for."""

    name: str
    role: str
    #: Whether a key proved the name.
    keyed: bool


class Disk(Answer):
    """Room on the disk where everything is kept, in bytes."""

    total: int
    free: int
    database: int
    bus: int
    results: int


class WorkerLine(Answer):
    """A simulator that is computing."""

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
    role: str
    created: dt.datetime
    expires: dt.datetime | None
    state: str


class LoadTest(Answer):
    """The last load test that was noted for this installation."""

    made: dt.datetime
    sessions: int
    sessions_p95_seconds: float
    phones: int
    phones_p95_seconds: float
    dropped: int


class Overview(Answer):
    """How the installation is doing."""

    version: str
    model_version: str
    dataset: str
    dataset_digest: str
    database: str
    bus: str
    sign_in: str
    checks: dict[str, str]
    queued: int
    running: int
    runs: dict[str, int]
    workers: list[WorkerLine]
    disk: Disk
    keys: list[KeyLine]
    keep_runs_days: int | None
    keep_audit_days: int
    load_test: LoadTest | None = None


class AuditLine(Answer):
    """Who did what, when."""

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


class AdminCalls(Calls):
    """Questions about the installation; all but `service` are for administrators."""

    def service(self) -> ServiceInfo:
        """Return version, limits and whether writing needs a key."""
        return ServiceInfo.model_validate_json(self._get("/service").content)

    def caller(self) -> CallerInfo:
        """Return who the service takes this client for; raise `NotAllowed` for a key it does not know."""
        return CallerInfo.model_validate_json(self._get("/caller").content)

    def overview(self) -> Overview:
        """Return how the installation is doing; raise `NotAllowed` for who is no administrator."""
        return Overview.model_validate_json(self._get("/admin/overview").content)

    def audit(self, limit: int = 50, cursor: str | None = None, action: str | None = None) -> AuditPage:
        """Return who did what, newest first; raise `NotAllowed` for who is no administrator."""
        asked = {"limit": limit, "cursor": cursor, "action": action}
        params = {name: value for name, value in asked.items() if value is not None}
        return AuditPage.model_validate_json(self._get("/admin/audit", params=params).content)
