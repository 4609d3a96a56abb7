"""The SQL of scenarios."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import NotFound
from zorgstroom.scenario_file import scenario_digest
from zorgstroom_api.store.database import can_be_asked, insert_new
from zorgstroom_api.store.models import HolderRow, ScenarioRow, Visibility


class ScenarioRepository:
    """Scenarios inside one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        scenario: Scenario,
        created: dt.datetime,
        *,
        owner: str = "",
        slug: str | None = None,
        visibility: Visibility = "shared",
    ) -> ScenarioRow:
        """Keep the document under its hash and return it; the same document is kept once.

        Who hands it in first owns it; whoever hands it in may read it. With a `slug` it is a shipped example:
        public and adopted.
        """
        identifier = scenario_digest(scenario)
        insert_new(
            self._session,
            ScenarioRow,
            [
                {
                    "id": identifier,
                    "name": scenario.name,
                    "description": scenario.description,
                    "document": scenario.model_dump(mode="json", by_alias=True, exclude_none=True),
                    "status": "concept" if slug is None else "vastgesteld",
                    "visibility": visibility if slug is None else "public",
                    "slug": slug,
                    "created": created,
                    "owner": owner,
                    "series": identifier,
                }
            ],
        )
        row = self.get(identifier)
        if owner:
            insert_new(self._session, HolderRow, [{"scenario_id": identifier, "holder": owner}])
        if slug is not None:
            # Somebody may have handed in the example's text before it was shipped.
            row.slug, row.status, row.visibility = slug, "vastgesteld", "public"
        return row

    def get(self, scenario_id: str) -> ScenarioRow:
        """Return the scenario. Raises `NotFound`."""
        row = self._session.get(ScenarioRow, scenario_id) if can_be_asked(scenario_id) else None
        if row is None:
            raise NotFound("api.scenario_not_found", id=scenario_id)
        return row

    def page(self, after: tuple[dt.datetime, str] | None, limit: int) -> Sequence[ScenarioRow]:
        """Return scenarios, newest first."""
        query = select(ScenarioRow).order_by(ScenarioRow.created.desc(), ScenarioRow.id.desc()).limit(limit)
        if after is not None:
            query = query.where(tuple_(ScenarioRow.created, ScenarioRow.id) < after)
        return self._session.scalars(query).all()
