"""Who may read a scenario, and with it everything that was computed of it.

What may not be read is not found: that it exists is not told either.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from zorgstroom.errors import NotFound
from zorgstroom_api.identity import Caller, readable
from zorgstroom_api.store.database import Database, can_be_asked
from zorgstroom_api.store.models import RunRow, ScenarioRow


@dataclass(frozen=True)
class ShownRun:
    """A run that the caller may read."""

    id: str
    #: Its scenario is for its holders alone: no cache between may keep the answer.
    private: bool


class Access:
    """Looks up whether a caller may read something."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, run_id: str, who: Caller) -> ShownRun:
        """Return the run if the caller may read its scenario. Raises `NotFound`."""
        condition = readable(who)
        if condition is None and not who.keyed:
            # Nobody is kept apart: whether the run exists is seen where it is read.
            return ShownRun(run_id, private=False)
        query = (
            select(ScenarioRow.visibility)
            .join(RunRow, RunRow.scenario_id == ScenarioRow.id)
            .where(RunRow.id == run_id)
        )
        if condition is not None:
            query = query.where(condition)
        visibility = None
        if can_be_asked(run_id):
            with self._database.read() as session:
                visibility = session.scalar(query)
        if visibility is None:
            raise NotFound("api.run_not_found", id=run_id)
        return ShownRun(run_id, private=visibility == "private")
