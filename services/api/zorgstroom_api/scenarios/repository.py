"""The SQL of scenarios."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import NotFound
from zorgstroom.scenario_file import scenario_digest
from zorgstroom_api.identity import Caller, held_by, readable
from zorgstroom_api.store.database import can_be_asked, insert_new
from zorgstroom_api.store.models import HolderRow, RunRow, ScenarioRow, ScenarioStatus, Visibility


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
        previous: ScenarioRow | None = None,
    ) -> ScenarioRow:
        """Keep the document under its hash and return it; the same document is kept once.

        Who hands it in first owns it; whoever hands it in may read it. With a `slug` it is a shipped example:
        public and adopted. After a `previous` one it is the next version in that series; what is made of an
        example begins a series of its own.
        """
        identifier = scenario_digest(scenario)
        series, version = identifier, 1
        if previous is not None and previous.slug is None and previous.id != identifier:
            series, version = previous.series, self._next_version(previous.series)
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
                    "previous": previous.id if previous is not None else None,
                    "series": series,
                    "version": version,
                }
            ],
        )
        row = self._session.get_one(ScenarioRow, identifier)
        if owner:
            insert_new(self._session, HolderRow, [{"scenario_id": identifier, "holder": owner}])
        if slug is not None:
            # Somebody may have handed in the example's text before it was shipped.
            row.slug, row.status, row.visibility = slug, "vastgesteld", "public"
        return row

    def _next_version(self, series: str) -> int:
        """Return the number after the last of a series; who saves at the same time waits here for his turn."""
        self._session.execute(select(ScenarioRow.id).where(ScenarioRow.id == series).with_for_update())
        newest = self._session.scalar(
            select(func.max(ScenarioRow.version)).where(ScenarioRow.series == series)
        )
        return (newest or 0) + 1

    def get(self, scenario_id: str, who: Caller | None = None, *, for_update: bool = False) -> ScenarioRow:
        """Return the scenario, if `who` may read it (None: the service itself). Raises `NotFound`."""
        row = None
        if can_be_asked(scenario_id):
            query = select(ScenarioRow).where(ScenarioRow.id == scenario_id)
            condition = None if who is None else readable(who)
            if condition is not None:
                query = query.where(condition)
            row = self._session.scalars(query.with_for_update() if for_update else query).one_or_none()
        if row is None:
            raise NotFound("api.scenario_not_found", id=scenario_id)
        return row

    def page(
        self,
        conditions: Sequence[ColumnElement[bool]],
        after: tuple[dt.datetime, str] | None,
        limit: int,
    ) -> Sequence[ScenarioRow]:
        """Return the scenarios that meet all conditions, newest first."""
        query = select(ScenarioRow).order_by(ScenarioRow.created.desc(), ScenarioRow.id.desc()).limit(limit)
        if after is not None:
            query = query.where(tuple_(ScenarioRow.created, ScenarioRow.id) < after)
        return self._session.scalars(query.where(*conditions)).all()

    def versions(self, row: ScenarioRow, condition: ColumnElement[bool] | None) -> Sequence[ScenarioRow]:
        """Return the versions of the series of a scenario that meet a condition, and itself, newest first."""
        query = select(ScenarioRow).where(ScenarioRow.series == row.series)
        if condition is not None:
            query = query.where(or_(condition, ScenarioRow.id == row.id))
        return self._session.scalars(query.order_by(ScenarioRow.version.desc(), ScenarioRow.id)).all()

    def used(self, row: ScenarioRow) -> bool:
        """Return whether others lean on it: a run, a later version, or somebody else who handed it in."""
        others = (
            exists().where(RunRow.scenario_id == row.id),
            exists().where(ScenarioRow.previous == row.id),
            exists().where(HolderRow.scenario_id == row.id, HolderRow.holder != row.owner),
        )
        return bool(self._session.scalar(select(or_(*others))))

    def remove(self, row: ScenarioRow) -> None:
        """Take a scenario away that nothing leans on."""
        self._session.execute(delete(HolderRow).where(HolderRow.scenario_id == row.id))
        self._session.delete(row)


def conditions_of(
    text: str | None, status: ScenarioStatus | None, holder: str | None, example: bool | None
) -> list[ColumnElement[bool]]:
    """Return the conditions of a filtered list; `holder` is whose scenarios alone are asked for."""
    found: list[ColumnElement[bool]] = []
    if text is not None:
        words = (ScenarioRow.name, ScenarioRow.description)
        found.append(or_(*(column.icontains(text, autoescape=True) for column in words)))
    if status is not None:
        found.append(ScenarioRow.status == status)
    if holder is not None:
        found.append(held_by(holder))
    if example is not None:
        found.append(ScenarioRow.slug.is_not(None) if example else ScenarioRow.slug.is_(None))
    return found
