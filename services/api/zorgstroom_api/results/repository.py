"""The SQL of results."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from zorgstroom.errors import NotFound
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.store.models import ArtefactRow, HeadlineRow, ResultRow


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

    def headline(self, run_id: str) -> Sequence[HeadlineRow]:
        """Return the headline numbers of the replications that are done."""
        return self._session.scalars(select(HeadlineRow).where(HeadlineRow.run_id == run_id)).all()

    def artefacts(self, run_id: str) -> Sequence[ArtefactRow]:
        """Return where the parts of a result are."""
        query = select(ArtefactRow).where(ArtefactRow.run_id == run_id).order_by(ArtefactRow.name)
        return self._session.scalars(query).all()
