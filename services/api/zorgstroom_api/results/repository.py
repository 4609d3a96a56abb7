"""The SQL of results."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from zorgstroom.errors import NotFound
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.store.database import can_be_asked
from zorgstroom_api.store.models import ArtefactRow, HeadlineRow, ResultRow, RunRow


class ResultRepository:
    """Results inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, run_id: str) -> ResultRow:
        """Return the result of a completed run. Raises `NotFound`."""
        run = RunRepository(self._session).get(run_id)
        result = self._session.get(ResultRow, run_id)
        if run.state != "completed" or result is None:
            raise NotFound("api.no_result_yet", id=run_id)
        return result

    def artefact(self, run_id: str, name: str) -> tuple[ArtefactRow, bool]:
        """Return where one part of a completed run is, and whether it is confidential. Raises `NotFound`."""
        query = (
            select(ArtefactRow, ResultRow.manifest["confidential"].as_boolean())
            .join(RunRow, RunRow.id == ArtefactRow.run_id)
            .join(ResultRow, ResultRow.run_id == ArtefactRow.run_id)
            .where(ArtefactRow.run_id == run_id, ArtefactRow.name == name, RunRow.state == "completed")
        )
        found = self._session.execute(query).one_or_none() if can_be_asked(run_id) else None
        if found is None:
            # Says which of the two is missing.
            self.get(run_id)
            raise NotFound("api.no_such_result", id=run_id, name=name)
        return found[0], bool(found[1])

    def confidential(self, run_id: str) -> bool:
        """Return whether the results of a run rest on confidential figures; False as long as there are none."""
        return bool(
            self._session.scalar(
                select(ResultRow.manifest["confidential"].as_boolean()).where(ResultRow.run_id == run_id)
            )
        )

    def headline(self, run_id: str) -> Sequence[HeadlineRow]:
        """Return the headline numbers of the replications that are done."""
        return self._session.scalars(select(HeadlineRow).where(HeadlineRow.run_id == run_id)).all()

    def artefacts(self, run_id: str) -> Sequence[ArtefactRow]:
        """Return where the parts of a result are."""
        query = select(ArtefactRow).where(ArtefactRow.run_id == run_id).order_by(ArtefactRow.name)
        return self._session.scalars(query).all()
