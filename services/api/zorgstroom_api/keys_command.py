"""The ``keys`` command of the root ``zorgstroom``: who may write, when keys are asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from zorgstroom.cli_options import language_option
from zorgstroom.settings import Settings
from zorgstroom.text import Language, translate

if TYPE_CHECKING:
    from zorgstroom.service_document import Role
    from zorgstroom_api.store.database import Database

ROLES = ("reader", "editor", "admin")


@click.group()
def keys() -> None:
    """Make, list and revoke the keys of the API."""


@keys.command(help="keys.help.create")
@click.argument("name", metavar="NAME")
@click.option(
    "--role", type=click.Choice(ROLES), default="editor", show_default=True, help="keys.option.role"
)
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="keys.option.expires")
@language_option
def create(name: str, role: Role, expires: dt.datetime | None, lang: Language) -> None:
    """Make a key and show it, this once."""
    from zorgstroom_api.keys import create_key  # noqa: PLC0415 - the database takes a moment to import

    # The last day counts.
    until = None if expires is None else expires.replace(tzinfo=dt.UTC) + dt.timedelta(days=1)
    with _database() as database, database.write() as session:
        key = create_key(session, name, role, until, _now())
    click.echo(translate("keys.created", lang, name=name), err=True)
    # Alone on the standard output, so that a script can keep it.
    click.echo(key)


@keys.command("list", help="keys.help.list")
@language_option
def list_all(lang: Language) -> None:
    """Show all keys, without their secrets."""
    from zorgstroom_api.keys import list_keys, valid  # noqa: PLC0415

    with _database() as database, database.read() as session:
        rows = list_keys(session)
    if not rows:
        click.echo(translate("keys.none", lang))
    for row in rows:
        state = "revoked" if row.revoked else "valid" if valid(row, _now()) else "expired"
        last_day = row.expires - dt.timedelta(days=1) if row.expires else None
        cells = (
            row.name,
            row.role,
            row.id,
            f"{row.created:%Y-%m-%d}",
            f"{last_day:%Y-%m-%d}" if last_day else "-",
            translate(f"keys.state.{state}", lang),
        )
        click.echo("\t".join(cells))


@keys.command(help="keys.help.revoke")
@click.argument("name", metavar="NAME")
@language_option
def revoke(name: str, lang: Language) -> None:
    """Take a key back, at once."""
    from zorgstroom_api.keys import revoke_key  # noqa: PLC0415

    with _database() as database, database.write() as session:
        revoke_key(session, name, _now())
    click.echo(translate("keys.revoked", lang, name=name))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@contextmanager
def _database() -> Iterator[Database]:
    """Give the database of this installation, brought up to date."""
    from zorgstroom_api.store.database import Database  # noqa: PLC0415
    from zorgstroom_api.store.migrations import upgrade  # noqa: PLC0415

    with closing(Database(Settings().resolved_database_url)) as database:
        upgrade(database)
        yield database
