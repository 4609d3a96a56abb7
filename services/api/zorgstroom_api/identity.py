"""Who asks: nobody is kept apart (`ZORGSTROOM_AUTH=off`), or a key says who writes (`keys`).

Reading what is public or shared never needs a key. A name given without a key is for dividing the work fairly
and is trusted for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from zorgstroom.errors import ZorgstroomError
from zorgstroom.service_document import Role
from zorgstroom_api.keys import find_key
from zorgstroom_api.problems import invalid
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import ApiKeyRow, HolderRow, ScenarioRow

#: Who asks, when nobody is kept apart.
OWNER_HEADER = "Zorgstroom-Owner"
OWNER_MAX = 120


class NeedsKey(ZorgstroomError):
    """Writing needs a key, or the key given is unknown, expired or revoked: which of these is not told."""

    key = "identity.needs_key"
    http_status = 401
    headers = {"WWW-Authenticate": 'Bearer realm="zorgstroom"'}  # noqa: RUF012 - never changed


class MayNotWrite(ZorgstroomError):
    """The key is one for reading, or the thing belongs to somebody else."""

    key = "identity.may_not_write"
    http_status = 403


@dataclass(frozen=True)
class Caller:
    """Who asks. `keyed`: a key proved the name; otherwise the name is only what somebody calls himself."""

    name: str
    role: Role
    keyed: bool

    @property
    def sees_all(self) -> bool:
        """Whether nothing is hidden: for administrators, and for all when nobody is kept apart."""
        return self.role == "admin" or (self.role == "editor" and not self.keyed)

    @property
    def may_write(self) -> bool:
        """Whether anything may be handed in, asked for or changed."""
        return self.role != "reader"


ANONYMOUS = Caller(name="", role="reader", keyed=False)


class Identities:
    """Tells who asks, from the headers of a request."""

    def __init__(self, database: Database, *, keys_needed: bool) -> None:
        self._database = database
        self._keys_needed = keys_needed

    async def caller_of(self, headers: Headers) -> Caller:
        """Return who asks. Raises `NeedsKey` for a key that is not valid, `InvalidInput` for a name that is none."""
        if not self._keys_needed:
            return Caller(name=_named(headers), role="editor", keyed=False)
        given = headers.getlist("authorization")
        if not given:
            return ANONYMOUS
        if len(given) > 1:
            # A proxy and this service might each believe another one.
            raise NeedsKey("identity.unknown_key")
        scheme, _, text = given[0].partition(" ")
        key = await run_in_threadpool(self._find, text.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise NeedsKey("identity.unknown_key")
        return Caller(name=key.name, role=key.role, keyed=True)

    def _find(self, text: str) -> ApiKeyRow | None:
        with self._database.read() as session:
            return find_key(session, text)


def require_writer(caller: Caller) -> Caller:
    """Return the caller if he may write. Raises `NeedsKey`, `MayNotWrite`."""
    if not caller.may_write:
        raise MayNotWrite if caller.keyed else NeedsKey
    return caller


def readable(caller: Caller) -> ColumnElement[bool] | None:
    """Return the condition on scenarios that this caller may read at their address; None: all of them."""
    if caller.sees_all:
        return None
    return or_(ScenarioRow.visibility != "private", _held(caller))


def listed(caller: Caller) -> ColumnElement[bool] | None:
    """Return the condition on scenarios that this caller finds in lists; None: all of them."""
    if caller.sees_all:
        return None
    return or_(ScenarioRow.visibility == "public", _held(caller))


def held_by(name: str) -> ColumnElement[bool]:
    """Return the condition on scenarios that were handed in under this name."""
    return exists(
        select(HolderRow.holder).where(HolderRow.scenario_id == ScenarioRow.id, HolderRow.holder == name)
    )


def _held(caller: Caller) -> ColumnElement[bool]:
    # Who has no key holds nothing: an empty name must not match what was handed in when nobody was kept apart.
    return held_by(caller.name) if caller.keyed else ScenarioRow.visibility.is_(None)


def _named(headers: Headers) -> str:
    raw = headers.get(OWNER_HEADER, "").strip()
    try:
        # Programs send UTF-8; the framework reads every byte as a letter.
        name = raw.encode("latin-1").decode()
    except UnicodeDecodeError:
        name = raw
    if len(name) > OWNER_MAX or not name.isprintable():
        raise invalid(f"header:{OWNER_HEADER}", "identity.invalid_owner", max=OWNER_MAX)
    return name
