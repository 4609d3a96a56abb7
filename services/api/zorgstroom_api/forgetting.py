"""Forgetting what is kept for a while only, without anybody asking for it: answers of workshops, and drafts."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

from zorgstroom_api.background import Worker
from zorgstroom_api.drafts.service import tidy_drafts
from zorgstroom_api.sessions.service import tidy_answers
from zorgstroom_api.store.database import Database

#: Between two looks; also right after a start.
EVERY_SECONDS = 3600.0
_log = logging.getLogger(__name__)


class Forgetter(Worker):
    """See the module. `now` tells the time."""

    name = "forgetter"

    def __init__(
        self, database: Database, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    ) -> None:
        super().__init__(EVERY_SECONDS)
        self._database = database
        self._now = now

    def step(self) -> bool:
        """Delete what should be gone. Raises `Unavailable`."""
        now = self._now()
        sessions, drafts = tidy_answers(self._database, now), tidy_drafts(self._database, now)
        if sessions or drafts:
            _log.info("deleted the answers of %d sessions (totals stay) and %d drafts", sessions, drafts)
        return False

    def close(self) -> None:
        """Nothing stays open."""
