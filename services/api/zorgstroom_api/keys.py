"""Keys that people and programs write with: made, found and taken back; only the hash of a secret is kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from zorgstroom.errors import Conflict, NotFound, ZorgstroomError, nearest_known
from zorgstroom.service_document import Role
from zorgstroom_api.store.models import ApiKeyRow, AuditRow

NAME_MAX = 120
#: 256 random bits: nobody guesses them, so a plain hash of them is enough.
_SECRET_BYTES = 32
_ID_BYTES = 6
_FORM = re.compile(rf"zs_([0-9a-f]{{{2 * _ID_BYTES}}})_([0-9a-f]{{{2 * _SECRET_BYTES}}})")


class InvalidKeyName(ZorgstroomError):
    """The name is empty, too long or holds characters that cannot be read."""

    key = "keys.invalid_name"


class KeyEndsInThePast(ZorgstroomError):
    """The last day is over: the key would never have been valid."""

    key = "keys.ends_in_the_past"


class KeyExists(Conflict):
    """Somebody has a valid key under this name."""

    key = "keys.exists"


class KeyNotFound(NotFound):
    """There is no valid key under this name."""

    key = "keys.not_found"


def create_key(session: Session, name: str, role: Role, expires: dt.datetime | None, now: dt.datetime) -> str:
    """Make a key and return it, the only time that it can be seen; a name without a valid key gets a new one.

    Raises `InvalidKeyName`, `KeyEndsInThePast`, `KeyExists`.
    """
    if not 0 < len(name) <= NAME_MAX or name != name.strip() or not name.isprintable():
        raise InvalidKeyName(max=NAME_MAX)
    if expires is not None and expires <= now:
        raise KeyEndsInThePast
    row = session.scalars(select(ApiKeyRow).where(ApiKeyRow.name == name).with_for_update()).one_or_none()
    if row is not None and valid(row, now):
        raise KeyExists(name=name)
    if row is not None:
        # The name stays with who had it: what he handed in is his under his new key.
        session.delete(row)
        session.flush()
    identifier, secret = secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES)
    session.add(
        ApiKeyRow(
            id=identifier,
            name=name,
            role=role,
            secret_sha256=_digest(secret),
            created=now,
            expires=expires,
            revoked=None,
        )
    )
    _note(session, "create-key", identifier, name, now)
    return f"zs_{identifier}_{secret}"


def list_keys(session: Session) -> Sequence[ApiKeyRow]:
    """Return all keys by name, also those that are no longer valid."""
    return session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.name)).all()


def revoke_key(session: Session, name: str, now: dt.datetime) -> None:
    """Take a key back, from this moment on. Raises `KeyNotFound`."""
    rows = {row.name: row for row in list_keys(session) if valid(row, now)}
    if name not in rows:
        nearest = nearest_known(name, rows)
        if nearest is None:
            raise KeyNotFound(name=name)
        raise KeyNotFound("keys.not_found_nearest", name=name, nearest=nearest)
    rows[name].revoked = now
    _note(session, "revoke-key", rows[name].id, name, now)


def find_key(session: Session, text: str) -> ApiKeyRow | None:
    """Return the valid key that this is, or None; how long that takes says nothing of the secret."""
    match = _FORM.fullmatch(text)
    row = None if match is None else session.get(ApiKeyRow, match[1])
    if row is None or match is None or not hmac.compare_digest(row.secret_sha256, _digest(match[2])):
        return None
    return row if valid(row, dt.datetime.now(dt.UTC)) else None


def valid(row: ApiKeyRow, now: dt.datetime) -> bool:
    """Return whether the key is neither revoked nor expired."""
    return row.revoked is None and (row.expires is None or now < row.expires)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _note(session: Session, action: str, identifier: str, name: str, now: dt.datetime) -> None:
    session.add(AuditRow(time=now, actor="", action=action, subject=identifier, details={"name": name}))
