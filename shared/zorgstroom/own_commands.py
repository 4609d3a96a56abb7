"""``zorgstroom dataset template``, ``import`` and ``own``: an organisation's own figures win."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import DEFAULT_DATASET, load_dataset
from zorgstroom.dataset.model import OWN_KINDS, Dataset, OwnFigure
from zorgstroom.dataset.own.importing import Imported, import_own
from zorgstroom.dataset.own.items import items
from zorgstroom.dataset.own.template import subject_name, template_csv, template_xlsx
from zorgstroom.errors import InvalidInput, Problem, nearest_known
from zorgstroom.tables import write_atomically
from zorgstroom.text import Language, translate
from zorgstroom.text.columns import aligned
from zorgstroom.text.numbers import number

#: The ending of a workbook, and those of other files a template cannot be: any other name is a folder.
WORKBOOK = ".xlsx"
OTHER_FILES = (".csv", ".xls", ".xlsm", ".xlsb", ".ods", ".txt", ".tsv", ".json", ".yaml", ".yml", ".zip")


@click.command("template")
@click.option("--location", "locations", multiple=True, metavar="ID")
@click.option("--organisation", "organisations", multiple=True, metavar="ID")
@click.option("--out", type=click.Path(path_type=Path))
@click.option("--dataset", default=DEFAULT_DATASET, show_default=True)
@click.option("--force", is_flag=True)
@language_option
def template_command(
    *,
    locations: tuple[str, ...],
    organisations: tuple[str, ...],
    out: Path | None,
    dataset: str,
    force: bool,
    lang: Language,
) -> None:
    """Make a workbook, or CSV files, to put own figures in."""
    data = load_dataset(dataset)
    chosen = _chosen(data, locations, organisations)
    target = out or Path(translate("own.template.file", lang))
    is_workbook = target.suffix.casefold() == WORKBOOK
    if not is_workbook and (target.suffix.casefold() in OTHER_FILES or target.is_file()):
        raise InvalidInput([Problem("--out", "own.template.no_folder", {"path": str(target)})])
    try:
        if is_workbook:
            _require_free(target, force)
            write_atomically(target, template_xlsx(data, chosen, lang))
        else:
            _write_files(target, template_csv(data, chosen, lang), force)
    except OSError as error:
        params = {"folder": str(target), "reason": error.strerror or type(error).__name__}
        raise InvalidInput([Problem("--out", "own.not_writable", params)]) from None
    count = len(items(data, chosen))
    click.echo(translate("own.template.done", lang, path=target, count=number(count, lang)))
    click.echo(translate("own.template.next", lang, path=target))


@click.command("import", help="own.help.import")
@click.argument("figures", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--base", default=DEFAULT_DATASET, show_default=True)
@click.option("--name")
@click.option("--json", "as_json", is_flag=True)
@language_option
def import_command(
    *, figures: Path, out: Path, base: str, name: str | None, as_json: bool, lang: Language
) -> None:
    """Make a dataset in which own figures win; names every mistake and writes nothing if there is one."""
    imported = import_own(figures, out, base, name)
    for warning in imported.warnings:
        click.echo(translate("dataset.warning", lang, line=warning.line(lang)), err=True)
    if as_json:
        record = {"folder": str(out), **own_record(imported.dataset), "warnings": _warnings(imported, lang)}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    for line in own_summary(imported.dataset, lang):
        click.echo(line)
    click.echo(translate("own.imported", lang, folder=out))


@click.command("own")
@click.argument("folder", metavar="DIR")
@click.option("--json", "as_json", is_flag=True, help="dataset.help.json")
@language_option
def own_command(*, folder: str, as_json: bool, lang: Language) -> None:
    """List which figures are an organisation's own, with the default each replaced."""
    data = load_dataset(folder)
    if as_json:
        click.echo(json.dumps(own_record(data), ensure_ascii=False, indent=2))
        return
    if not data.own:
        click.echo(translate("own.none", lang, name=data.id))
        return
    for line in own_summary(data, lang):
        click.echo(line)
    click.echo()
    heading = tuple(
        translate(f"own.column.{name}", lang)
        for name in ("location", "subject_name", "default", "value", "unit", "source", "date")
    )
    for line in aligned([heading, *(_line(data, figure, lang) for figure in data.own)]):
        click.echo(line)


def own_record(data: Dataset) -> dict[str, Any]:
    """Return the own figures of a dataset as plain data."""
    return {
        "dataset": data.id,
        "version": data.version,
        "digest": data.digest,
        "based_on": data.based_on or None,
        "confidential": data.confidential,
        "figures": [
            {
                "kind": figure.kind,
                "location": figure.location_id,
                "subject": figure.subject,
                "own": figure.value,
                "default": figure.default,
                "unit": figure.unit,
                "basis": "known",
                "source": figure.source,
                "date": figure.date,
            }
            for figure in data.own
        ],
    }


def own_summary(data: Dataset, lang: Language) -> list[str]:
    """Return how many figures are an organisation's own, what they were put into, and whether they are secret."""
    if not data.own:
        return []
    counts = Counter(figure.kind for figure in data.own)
    kinds = ", ".join(
        f"{translate(f'own.sheet.{kind}', lang).lower()} {number(counts[kind], lang)}"
        for kind in OWN_KINDS
        if counts[kind]
    )
    places = ", ".join(sorted({figure.location_id for figure in data.own}))
    sources = Counter(figure.source or translate("own.no_source", lang) for figure in data.own)
    named = "; ".join(f"{name} ({number(count, lang)})" for name, count in sorted(sources.items()))
    mark = "own.summary.confidential" if data.confidential else "own.summary.open"
    return [
        translate("own.summary.figures", lang, count=number(len(data.own), lang), kinds=kinds, places=places),
        translate("own.summary.base", lang, base=data.based_on),
        translate("own.summary.sources", lang, sources=named),
        translate(mark, lang),
    ]


def _line(data: Dataset, figure: OwnFigure, lang: Language) -> tuple[str, ...]:
    return (
        figure.location_id,
        subject_name(data, figure.subject, lang),
        "–" if figure.default is None else _shown(figure, figure.default, lang),
        _shown(figure, figure.value, lang),
        translate(f"own.unit.{figure.unit}", lang),
        figure.source or "–",
        figure.date or "–",
    )


def _shown(figure: OwnFigure, value: float, lang: Language) -> str:
    if figure.unit == "yes_no":
        return translate("own.yes" if value else "own.no", lang)
    return number(value, lang, 0 if value == int(value) else 1)


def _warnings(imported: Imported, lang: Language) -> list[dict[str, str]]:
    return [
        {"where": item.where, "key": item.key, "message": item.message(lang)} for item in imported.warnings
    ]


def _chosen(data: Dataset, locations: Sequence[str], organisations: Sequence[str]) -> list[str]:
    """Return the ids of the locations named, also by their organisation; raises InvalidInput."""
    if not locations and not organisations:
        raise InvalidInput([Problem("--location", "own.template.nothing_chosen")])
    by_location = _lookup((item.id, item.name) for item in data.locations)
    by_organisation = _lookup((item.id, item.name) for item in data.organisations)
    problems = []
    chosen: list[str] = []
    for what, names, known in (
        ("location", locations, by_location),
        ("organisation", organisations, by_organisation),
    ):
        for name in names:
            found = known.get(name.casefold())
            if found is None:
                nearest = nearest_known(name, known)
                params = {"value": name, "nearest": None if nearest is None else known[nearest]}
                key = f"own.unknown_{what}" if nearest is None else f"own.unknown_{what}_near"
                problems.append(Problem(f"--{what}", key, params))
            elif what == "location":
                chosen.append(found)
            else:
                chosen += [place.id for place in data.locations if place.organisation_id == found]
    if problems:
        raise InvalidInput(problems)
    return list(dict.fromkeys(chosen))


def _lookup(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return {id or name in small letters: id}."""
    pairs = list(named)
    return {name.casefold(): identifier for identifier, name in pairs} | {
        identifier.casefold(): identifier for identifier, _ in pairs
    }


def _require_free(path: Path, force: bool) -> None:
    """Refuse to write over a template that may have been filled in."""
    if path.exists() and not force:
        raise InvalidInput([Problem("--out", "own.template.exists", {"path": str(path)})])


def _write_files(folder: Path, files: dict[str, bytes], force: bool) -> None:
    for name in files:
        _require_free(folder / name, force)
    os.makedirs(folder, exist_ok=True)
    for name, content in files.items():
        write_atomically(folder / name, content)
