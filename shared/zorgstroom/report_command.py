"""``zorgstroom report``: the result of a run as a page, a Word document, a PDF and a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.report_files import ABOUT, forms_named, several, write_reports
from zorgstroom.reporting.forms import FORMS
from zorgstroom.reporting.options import OFFERED, PARTS, STATUSES, Options, PartName, Status
from zorgstroom.text import LANGUAGES, Language, translate

#: Longest address of a result.
MOST_LETTERS = 500


@click.command("report")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--format", "formats", default=",".join(FORMS), show_default=True)
@click.option("--language", type=click.Choice(LANGUAGES))
@click.option("--parts", default=",".join(PARTS), show_default=True)
@click.option("--status", type=click.Choice(STATUSES), default="concept", show_default=True)
@click.option("--address", default="")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True)
@language_option
def report_command(
    *,
    folder: Path,
    formats: str,
    language: Language | None,
    parts: str,
    status: Status,
    address: str,
    out: Path | None,
    as_json: bool,
    lang: Language,
) -> None:
    """Make a report of a result folder in several forms; the same result gives the same files."""
    forms = forms_named("--format", formats, lang)
    chosen = Options(_ordered(several("--parts", parts, OFFERED, lang)), status, _address(address))
    target = out or folder
    try:
        about = write_reports(folder, target, forms, language or lang, chosen)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput([Problem("--out", "report.command.out", {"reason": reason})]) from None
    if as_json:
        click.echo(about.model_dump_json(indent=2))
        return
    for name in (*about.files, ABOUT):
        click.echo(translate("report.command.done", lang, path=target / name))


def _ordered(parts: Sequence[PartName]) -> tuple[PartName, ...]:
    """Return the parts in the order of a report."""
    return tuple(name for name in OFFERED if name in parts)


def _address(given: str) -> str:
    """Return the address of a result; raises InvalidInput for what cannot be one."""
    address = given.strip()
    good = (
        address.startswith(("http://", "https://")) and address.isprintable() and len(address) <= MOST_LETTERS
    )
    if address and not good:
        raise InvalidInput([Problem("--address", "report.command.address", {"most": MOST_LETTERS})])
    return address
