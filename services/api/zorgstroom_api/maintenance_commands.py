"""The commands of who looks after an installation: ``backup``, ``restore`` and ``tidy``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zorgstroom.cli_options import language_option
from zorgstroom.errors import Count, ZorgstroomError
from zorgstroom.events import open_event_log, quiet_kafka
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number

if TYPE_CHECKING:
    from zorgstroom_api.settings import ApiSettings
    from zorgstroom_api.store.database import Database


class NoInstallation(ZorgstroomError):
    """There is nothing to keep or to tidy here; most often the command is run in another folder."""

    key = "operations.no_installation"


_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", metavar="FILE", type=_FILE)
@language_option
def backup(file: Path, lang: Language) -> None:
    """Keep everything in one file."""
    from zorgstroom_api.backup.archive import table_part  # noqa: PLC0415 - the database takes a moment
    from zorgstroom_api.backup.writing import write_backup  # noqa: PLC0415

    with _database(must_exist=True) as (settings, database):
        manifest = write_backup(settings, database, file)
    runs = manifest.parts[table_part("runs")].rows or 0
    click.echo(translate("backup.made", lang, path=file, count=number(runs, lang), size=_size(file, lang)))
    if manifest.missing:
        count = number(len(manifest.missing), lang)
        click.echo(translate("backup.missing", lang, count=count), err=True)


@click.command()
@click.argument("file", metavar="FILE", type=_FILE)
@click.option("--without-bus", is_flag=True, help="restore.option.without_bus")
@language_option
def restore(file: Path, without_bus: bool, lang: Language) -> None:
    """Put a backup back into an empty installation."""
    from zorgstroom_api.backup.archive import table_part  # noqa: PLC0415
    from zorgstroom_api.backup.restoring import restore_backup  # noqa: PLC0415

    with _database() as (settings, database):
        manifest = restore_backup(settings, database, file, with_bus=not without_bus)
    runs = manifest.parts[table_part("runs")].rows or 0
    click.echo(
        translate("restore.done", lang, made=f"{manifest.made:%Y-%m-%d %H:%M}", count=number(runs, lang))
    )


@click.command()
@click.option("--dry-run", is_flag=True, help="tidy.option.dry_run")
@click.option("--keep-runs-days", type=click.IntRange(min=1), help="tidy.option.keep_runs_days")
@language_option
def tidy(dry_run: bool, keep_runs_days: int | None, lang: Language) -> None:
    """Throw away what need not be kept."""
    from zorgstroom_api.drafts.service import tidy_drafts  # noqa: PLC0415
    from zorgstroom_api.sessions.service import tidy_answers  # noqa: PLC0415
    from zorgstroom_api.tidying import Rules  # noqa: PLC0415
    from zorgstroom_api.tidying import tidy as tidy_up  # noqa: PLC0415

    quiet_kafka()
    with _database(must_exist=True) as (settings, database):
        rules = Rules(keep_runs_days or settings.keep_runs_days, settings.keep_audit_days)
        open_log = partial(open_event_log, settings)
        done = tidy_up(database, open_log, settings.artefacts_dir, rules, dry_run=dry_run)
        now = dt.datetime.now(dt.UTC)
        sessions = tidy_answers(database, now, dry_run=dry_run)
        drafts = tidy_drafts(database, now, dry_run=dry_run)
    key = "tidy.would" if dry_run else "tidy.done"
    counts = {"count": done.runs, "files": done.files, "lines": done.audit_lines}
    texts = {name: number(Count(count), lang) for name, count in counts.items()}
    click.echo(translate(key, lang, size=_megabytes(done.bytes, lang), **texts))
    if sessions:
        said = "session.would_tidy" if dry_run else "session.tidied"
        click.echo(translate(said, lang, count=number(sessions, lang)))
    if drafts:
        said = "tidy.would_drafts" if dry_run else "tidy.drafts"
        click.echo(translate(said, lang, count=number(drafts, lang)))


def _size(file: Path, language: Language) -> str:
    return _megabytes(file.stat().st_size, language)


def _megabytes(count: int, language: Language) -> str:
    return number(count / 1e6, language, 1)


@contextmanager
def _database(*, must_exist: bool = False) -> Iterator[tuple[ApiSettings, Database]]:
    """Give the settings and the database of this installation, brought up to date.

    Raises `NoInstallation`, so that a backup in the wrong folder is not an empty one that looks good.
    """
    from zorgstroom_api.settings import ApiSettings  # noqa: PLC0415
    from zorgstroom_api.store.database import Database  # noqa: PLC0415
    from zorgstroom_api.store.migrations import upgrade  # noqa: PLC0415

    settings = ApiSettings()
    if must_exist and settings.database_url is None and not settings.own_database_file.exists():
        raise NoInstallation(path=str(settings.data_dir.absolute()))
    with closing(Database(settings.resolved_database_url)) as database:
        upgrade(database)
        yield settings, database
