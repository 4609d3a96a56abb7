"""Keeping what people of a region add to its picture; nothing here is looked at by the model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlalchemy import func, select

from zorgstroom.dataset.model import Dataset
from zorgstroom.errors import NotFound, ZorgstroomError
from zorgstroom.places_document import Addition
from zorgstroom_api.additions.schemas import MOST_ADDITIONS, AdditionContent
from zorgstroom_api.identity import Caller, MayNotWrite
from zorgstroom_api.places.service import find_region
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import AdditionRow, AuditRow


class TooManyAdditions(ZorgstroomError):
    """A region has as many additions as it may have."""

    key = "api.additions_full"
    http_status = 409


class AdditionService:
    """What can be done with additions."""

    def __init__(self, database: Database, load_dataset: Callable[[], Dataset]) -> None:
        self._database = database
        self._load_dataset = load_dataset

    def of(self, region: str | None, who: Caller) -> list[Addition]:
        """Return what was added to a region, newest first. Raises `InvalidInput`."""
        find_region(self._load_dataset(), region)
        wanted = select(AdditionRow).where(AdditionRow.region == (region or ""))
        with self._database.read() as session:
            rows = session.scalars(wanted.order_by(AdditionRow.id.desc())).all()
            return [_addition(row, who) for row in rows]

    def add(self, content: AdditionContent, who: Caller) -> Addition:
        """Keep an addition. Raises `InvalidInput`, `TooManyAdditions`."""
        find_region(self._load_dataset(), content.region)
        now = dt.datetime.now(dt.UTC)
        with self._database.write() as session:
            of_region = AdditionRow.region == (content.region or "")
            if session.scalars(select(func.count()).where(of_region)).one() >= MOST_ADDITIONS:
                raise TooManyAdditions(most=MOST_ADDITIONS)
            row = AdditionRow(
                region=content.region or "",
                author=content.author,
                text=content.text,
                owner=who.name,
                created=now,
            )
            session.add(row)
            session.flush()
            session.add(_audit(now, "add-addition", row, who))
            return _addition(row, who)

    def remove(self, addition_id: int, who: Caller) -> None:
        """Take an addition away. Raises `NotFound`, `MayNotWrite`."""
        now = dt.datetime.now(dt.UTC)
        with self._database.write() as session:
            row = session.get(AdditionRow, addition_id, with_for_update=True)
            if row is None:
                raise NotFound("api.addition_not_found", number=addition_id)
            if not _may_remove(row, who):
                raise MayNotWrite("api.addition_of_another")
            session.delete(row)
            session.add(_audit(now, "remove-addition", row, who))


def _may_remove(row: AdditionRow, who: Caller) -> bool:
    return who.sees_all or row.owner == who.name


def _addition(row: AdditionRow, who: Caller) -> Addition:
    return Addition(
        id=row.id,
        region=row.region or None,
        author=row.author,
        text=row.text,
        created=row.created,
        mine=_may_remove(row, who),
    )


def _audit(time: dt.datetime, action: str, row: AdditionRow, who: Caller) -> AuditRow:
    return AuditRow(
        time=time, actor=who.name, action=action, subject=str(row.id), details={"region": row.region}
    )
