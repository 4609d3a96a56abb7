"""Keeping drafts: under an id nobody can guess, for as long as somebody works on them."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from zorgstroom.errors import NotFound
from zorgstroom_api.drafts.schemas import Draft, DraftContent
from zorgstroom_api.scenarios.service import ChangedMeanwhile
from zorgstroom_api.store.database import Database, can_be_asked
from zorgstroom_api.store.models import DraftRow

#: A draft that nobody changed for so long is forgotten.
KEPT = dt.timedelta(days=30)
#: Letters and digits in an id: 128 bits of chance.
ID_BYTES = 16


class DraftService:
    """What can be done with drafts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, content: DraftContent) -> Draft:
        """Keep a new draft."""
        now = dt.datetime.now(dt.UTC)
        with self._database.write() as session:
            row = DraftRow(
                id=secrets.token_urlsafe(ID_BYTES),
                content=content.model_dump(mode="json"),
                changed=now,
                revision=1,
            )
            session.add(row)
            return _draft(row)

    def get(self, draft_id: str) -> Draft:
        """Return a draft. Raises `NotFound`."""
        with self._database.read() as session:
            return _draft(_row(session, draft_id))

    def change(self, draft_id: str, content: DraftContent, same: Callable[[Draft], bool]) -> Draft:
        """Change a draft and return it; `same` says whether the caller saw it as it is.

        Raises `NotFound`, `ChangedMeanwhile`.
        """
        with self._database.write() as session:
            row = _row(session, draft_id)
            if not same(_draft(row)):
                raise ChangedMeanwhile
            row.content = content.model_dump(mode="json")
            row.changed, row.revision = dt.datetime.now(dt.UTC), row.revision + 1
            return _draft(row)

    def remove(self, draft_id: str) -> None:
        """Forget a draft. Raises `NotFound`."""
        with self._database.write() as session:
            session.delete(_row(session, draft_id))


def tidy_drafts(database: Database, now: dt.datetime, *, dry_run: bool = False) -> int:
    """Forget the drafts that nobody changed for so long; return how many."""
    old = DraftRow.changed < now - KEPT
    if dry_run:
        with database.read() as session:
            return session.scalars(select(func.count()).select_from(DraftRow).where(old)).one()
    with database.write() as session:
        return len(session.scalars(delete(DraftRow).where(old).returning(DraftRow.id)).all())


def _row(session: Session, draft_id: str) -> DraftRow:
    row = session.get(DraftRow, draft_id, with_for_update=True) if can_be_asked(draft_id) else None
    if row is None or row.changed < dt.datetime.now(dt.UTC) - KEPT:
        raise NotFound("api.draft_not_found", days=KEPT.days)
    return row


def _draft(row: DraftRow) -> Draft:
    return Draft(id=row.id, revision=row.revision, changed=row.changed, **row.content)
