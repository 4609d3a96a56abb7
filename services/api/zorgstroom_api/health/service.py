"""Whether this process can do its work: checked, not assumed."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom.service_document import State
from zorgstroom_api import API_VERSION
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import newest, revision_of

#: Room that must be left where the results go: about one table of a small run.
PROBE_BYTES = 65_536
#: How long what was found is true: several may ask every second.
KEEP_SECONDS = 1.0
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
    """Does the checks, by the name of the part, at most once in `keep_seconds` whoever asks how often."""

    def __init__(self, checks: Mapping[str, Callable[[], bool]], keep_seconds: float = KEEP_SECONDS) -> None:
        self._checks = checks
        self._keep_seconds = keep_seconds
        self._lock = threading.Lock()
        self._found: dict[str, State] = {}
        self._found_at = float("-inf")

    def states(self) -> dict[str, State]:
        """Return of each part whether it works."""
        with self._lock:
            if time.monotonic() - self._found_at >= self._keep_seconds:
                self._found = {part: _state(part, check) for part, check in self._checks.items()}
                self._found_at = time.monotonic()
            return dict(self._found)

    def ready(self) -> Ready:
        """Return that everything answers. Raises `NotReady`."""
        found = self.states()
        if "failed" in found.values():
            raise NotReady(found)
        return Ready(checks=found)


def database_fits(database: Database) -> bool:
    """Return whether the database answers and has the tables of this version. Raises `Unavailable`."""
    with database.read() as session:
        return revision_of(session) == newest()


def folder_takes(folder: Path) -> bool:
    """Return that a table can be written in the folder. Raises OSError."""
    probe = folder / f".probe-{uuid.uuid4().hex}"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # An empty file still fits on a full disk.
        probe.write_bytes(bytes(PROBE_BYTES))
    finally:
        probe.unlink(missing_ok=True)
    return True


def _state(part: str, check: Callable[[], bool]) -> State:
    try:
        return "ok" if check() else "failed"
    except (ZorgstroomError, OSError) as error:
        _log.warning("not ready, %s: %s", part, error)
        return "failed"
