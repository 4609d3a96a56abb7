"""``zorgstroom report``: the result of a run as a page, a Word document, a PDF and a workbook."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from pydantic import BaseModel, ConfigDict, ValidationError

from zorgstroom import __version__
from zorgstroom.cli_options import language_option
from zorgstroom.errors import InvalidInput, Problem, nearest_known
from zorgstroom.geo.boundaries import Boundaries, fetched_boundaries
from zorgstroom.reporting.forms import FORMS, Form, render_form, require
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.options import PARTS, STATUSES, Options, PartName, Status
from zorgstroom.settings import Settings
from zorgstroom.tables import write_atomically
from zorgstroom.text import LANGUAGES, Language, translate

#: What a report was made of and with, beside it.
ABOUT = "report.json"
#: Longest address of a result.
MOST_LETTERS = 500
Name = TypeVar("Name", bound=str)


class About(BaseModel):
    """What a report was made of, how, and the fingerprints of its files: with it the same report can be made again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run_id: str
    product: str
    #: SHA-256 of ``impact.json`` and ``manifest.json``.
    made_of: dict[str, str]
    language: Language
    parts: tuple[PartName, ...]
    status: Status
    address: str
    #: Whose borders the map shows.
    borders: tuple[str, ...]
    #: SHA-256 by file.
    files: dict[str, str]


@dataclass(frozen=True)
class _Result:
    """What a result folder holds."""

    impact: Impact
    manifest: Mapping[str, Any]
    made_of: dict[str, str]


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
    forms = _several("--format", formats, FORMS, lang)
    chosen = Options(_ordered(_several("--parts", parts, PARTS, lang)), status, _address(address))
    for form in forms:
        require(form)
    result = _read(folder)
    written_in = language or lang
    boundaries = fetched_boundaries(Settings().data_dir)
    files = {
        _file_name(result.impact, form, written_in): _rendered(
            form, folder, result, written_in, boundaries, chosen
        )
        for form in forms
    }
    about = About(
        run_id=result.impact.identity.run_id,
        product=__version__,
        made_of=result.made_of,
        language=written_in,
        **asdict(chosen),
        borders=tuple(border.attribution for border in boundaries),
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )
    target = out or folder
    try:
        for name, content in files.items():
            write_atomically(target / name, content)
        write_atomically(target / ABOUT, (about.model_dump_json(indent=2) + "\n").encode())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput([Problem("--out", "report.command.out", {"reason": reason})]) from None
    if as_json:
        click.echo(about.model_dump_json(indent=2))
        return
    for name in (*files, ABOUT):
        click.echo(translate("report.command.done", lang, path=target / name))


def _several(option: str, given: str, known: Sequence[Name], lang: Language) -> tuple[Name, ...]:
    """Return names of a list with commas, each once; raises InvalidInput for one that does not exist."""
    names = list(dict.fromkeys(name.strip().lower() for name in given.split(",") if name.strip()))
    allowed = ", ".join(known)
    if not names:
        raise InvalidInput([Problem(option, "report.command.nothing", {"known": allowed})])
    problems = []
    for name in names:
        if name not in known:
            near = nearest_known(name, known)
            hint = translate("report.command.near", lang, suggestion=near) if near else ""
            params = {"given": name[:40], "known": allowed, "near": hint}
            problems.append(Problem(option, "report.command.unknown", params))
    if problems:
        raise InvalidInput(problems)
    return tuple(cast(Name, name) for name in names)


def _ordered(parts: Sequence[PartName]) -> tuple[PartName, ...]:
    """Return the parts in the order of a report."""
    return tuple(name for name in PARTS if name in parts)


def _address(given: str) -> str:
    """Return the address of a result; raises InvalidInput for what cannot be one."""
    address = given.strip()
    good = (
        address.startswith(("http://", "https://")) and address.isprintable() and len(address) <= MOST_LETTERS
    )
    if address and not good:
        raise InvalidInput([Problem("--address", "report.command.address", {"most": MOST_LETTERS})])
    return address


def _read(folder: Path) -> _Result:
    """Return what a folder holds; raises InvalidInput for one that is no result, or the halves of two."""
    name = "manifest.json"
    try:
        manifest_bytes = (folder / name).read_bytes()
        manifest = json.loads(manifest_bytes)
        run_id = manifest["run_id"]
        name = "impact.json"
        impact_bytes = (folder / name).read_bytes()
        impact = Impact.model_validate_json(impact_bytes)
    except (OSError, ValueError, ValidationError, KeyError, TypeError):
        raise InvalidInput([_no_result(folder, name)]) from None
    if run_id != impact.identity.run_id:
        params = {"manifest": str(run_id)[:40], "impact": impact.identity.run_id}
        raise InvalidInput([Problem(str(folder), "report.command.mixed", params)])
    made_of = {
        "impact.json": hashlib.sha256(impact_bytes).hexdigest(),
        "manifest.json": hashlib.sha256(manifest_bytes).hexdigest(),
    }
    return _Result(impact, manifest, made_of)


def _no_result(folder: Path, name: str) -> Problem:
    return Problem(str(folder), "report.command.no_result", {"file": name})


def _rendered(
    form: Form,
    folder: Path,
    result: _Result,
    language: Language,
    boundaries: Sequence[Boundaries],
    options: Options,
) -> bytes:
    try:
        return render_form(form, result.impact, language, boundaries, options, result.manifest)
    except KeyError:
        # A text of another version asks for other words than this document gives.
        raise InvalidInput([_no_result(folder, "impact.json")]) from None


def _file_name(impact: Impact, form: Form, language: Language) -> str:
    """Return the name of a file; a confidential one says so before anybody opens it."""
    mark = f"-{translate('report.confidential', language).lower()}" if impact.identity.confidential else ""
    return f"report{mark}.{form}"
