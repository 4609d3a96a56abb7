"""Whether this process can do its work: checked, not assumed."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel
from sqlalchemy import select

from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom_api import API_VERSION
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import CursorRow

#: Room that must be left where the results go: about one table of a small run.
PROBE_BYTES = 65_536
State = Literal["ok", "failed"]
_log = logging.getLogger(__name__)


class Live(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str = API_VERSION


class Ready(Live):
    """Everything it needs answers too."""

    checks: dict[str, State]


class NotReady(Unavailable):
    """Something that is needed does not answer; `members` says what."""

    key = "api.not_ready"

    def __init__(self, checks: Mapping[str, State]) -> None:
        failed = [name for name, state in checks.items() if state == "failed"]
        super().__init__(parts=", ".join(failed))
        self.members = {"checks": dict(checks)}


class HealthService:
    """Checks the database, the bus and the artefact folder."""

    def __init__(self, database: Database, artefacts_dir: Path, bus_answers: Callable[[], bool]) -> None:
        self._database = database
        self._artefacts_dir = artefacts_dir
        self._bus_answers = bus_answers

    def ready(self) -> Ready:
        """Return that everything answers. Raises `NotReady`."""
        checks: dict[str, State] = {
            "database": _state(self._database_answers),
            "bus": _state(self._bus_answers),
            "artefacts": _state(self._artefacts_writable),
        }
        if "failed" in checks.values():
            raise NotReady(checks)
        return Ready(checks=checks)

    def _database_answers(self) -> bool:
        with self._database.read() as session:
            session.execute(select(CursorRow.topic).limit(1))
        return True

    def _artefacts_writable(self) -> bool:
        probe = self._artefacts_dir / f".probe-{uuid.uuid4().hex}"
        self._artefacts_dir.mkdir(parents=True, exist_ok=True)
        try:
            # An empty file still fits on a full disk.
            probe.write_bytes(bytes(PROBE_BYTES))
        finally:
            probe.unlink(missing_ok=True)
        return True


def _state(check: Callable[[], bool]) -> State:
    try:
        return "ok" if check() else "failed"
    except (ZorgstroomError, OSError) as error:
        _log.warning("health check failed: %s", error)
        return "failed"
