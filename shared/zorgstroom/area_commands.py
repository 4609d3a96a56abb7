"""``zorgstroom dataset pc4`` and ``zorgstroom dataset boundaries``: finer areas, and their borders on maps."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import DEFAULT_DATASET, dataset_folder, load_dataset, load_primary
from zorgstroom.dataset.boundaries import LICENCE, SOURCES, Stored, fetch_boundaries
from zorgstroom.dataset.checking import check_dataset
from zorgstroom.dataset.pc4 import Coverage, Made, Postcode, TableSource, gemeenten_of, write_pc4_tables
from zorgstroom.dataset.pc4_cbs import PDOK, STATLINE, fetch_postcodes
from zorgstroom.dataset.pc4_file import read_postcodes
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.geo.boundaries import LEVELS, Level, boundaries_folder
from zorgstroom.new_dataset import calibrate_folder, new_folder, not_writable
from zorgstroom.settings import Settings
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number, percent

#: A gemeente of which the table has so much more or fewer inhabitants than the dataset is named.
COVERAGE_TOLERANCE = 0.10
#: Names shown before the rest is counted.
NAMES_SHOWN = 10


@click.command("pc4")
@click.argument("table", metavar="[FILE]", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--from-cbs", is_flag=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--base", default=DEFAULT_DATASET, show_default=True)
@click.option("--year", type=click.IntRange(1998, 2060))
@click.option("--statline", default=STATLINE, show_default=True)
@click.option("--pdok", default=PDOK, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="dataset.help.json")
@language_option
def pc4(
    *,
    table: Path | None,
    from_cbs: bool,
    out: Path,
    base: str,
    year: int | None,
    statline: str,
    pdok: str,
    as_json: bool,
    lang: Language,
) -> None:
    """Make a dataset whose areas are postcode areas."""
    if (table is None) != from_cbs:
        raise InvalidInput([Problem("", "area.pc4.one_source")])
    base_folder = dataset_folder(base)
    base_data = load_primary(base_folder)
    if base_data.based_on:
        raise InvalidInput([Problem("--base", "area.pc4.base_has_own", {"base": base_data.based_on})])
    if base_data.measured_travel is not None:
        raise InvalidInput([Problem("--base", "area.pc4.base_has_travel")])
    gemeenten = gemeenten_of(base_folder)
    with new_folder(out) as unfinished:
        if table is not None:
            postcodes = read_postcodes(table, gemeenten, year)
            sources: Sequence[TableSource] = (_own_source(table, postcodes),)
        else:
            click.echo(translate("area.fetching", lang, host=f"{statline}, {pdok}"), err=True)
            postcodes, sources = fetch_postcodes(
                gemeenten, base_data.base_year, year=year, statline=statline, pdok=pdok
            )
        made = write_pc4_tables(base_folder, postcodes, sources, unfinished)
        click.echo(translate("area.pc4.calibrating", lang, areas=number(made.areas, lang)), err=True)
        calibrate_folder(unfinished)
        problems = check_dataset(unfinished)
        if problems:
            raise InvalidInput(problems)
    if as_json:
        click.echo(json.dumps(_pc4_record(made, out), ensure_ascii=False, indent=2))
        return
    for line in _pc4_lines(made, out, lang):
        click.echo(line)


@click.command("boundaries")
@click.option("--level", type=click.Choice(LEVELS), default="gemeente", show_default=True)
@click.option("--year", type=click.IntRange(2015, 2060))
@click.option("--dataset", default=DEFAULT_DATASET, show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--address", default=PDOK, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="dataset.help.json")
@language_option
def boundaries(
    *,
    level: Level,
    year: int | None,
    dataset: str,
    out: Path | None,
    address: str,
    as_json: bool,
    lang: Language,
) -> None:
    """Fetch the official borders of areas, for the maps."""
    data = load_dataset(dataset)
    if level == "gemeente":
        wanted = {area.gemeente_id for area in data.areas}
    else:
        wanted = {area.id for area in data.areas if area.id.startswith("PC")}
    folder = out or boundaries_folder(Settings().data_dir)
    made = _check_writable(folder)
    click.echo(translate("area.fetching", lang, host=address), err=True)
    try:
        stored = fetch_boundaries(
            folder, wanted, level=level, year=year or data.base_year, exact=year is not None, address=address
        )
    except BaseException:
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    if as_json:
        click.echo(json.dumps(_boundaries_record(stored), ensure_ascii=False, indent=2))
        return
    for line in _boundaries_lines(stored, lang):
        click.echo(line)


def _check_writable(folder: Path) -> bool:
    """Make the folder where it is not there yet, and return whether that was so."""
    there = folder.is_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_writable(folder, error) from None
    return not there


def _own_source(table: Path, postcodes: Sequence[Postcode]) -> TableSource:
    years = sorted({year for postcode in postcodes for year in postcode.inhabitants})
    return TableSource(
        id="own_pc4",
        title=f"Own inhabitants per PC4: {table.name}",
        publisher="own figures",
        year=str(years[0]) if len(years) == 1 else f"{years[0]}-{years[-1]}",
        address="",
        licence="citation",
        read="own file",
    )


def _pc4_record(made: Made, out: Path) -> dict[str, object]:
    return {
        "folder": str(out),
        "areas": made.areas,
        "postcodes": made.postcodes,
        "without_inhabitants": made.empty,
        "coverage": [
            {
                "gemeente": item.gemeente_id,
                "name": item.name,
                "postcodes": item.postcodes,
                "inhabitants": item.inhabitants,
                "in_table": round(item.in_table),
                "share": round(item.share, 4),
            }
            for item in made.coverage
        ],
    }


def _pc4_lines(made: Made, out: Path, lang: Language) -> Iterator[str]:
    yield translate(
        "area.pc4.done",
        lang,
        folder=out,
        areas=number(made.areas, lang),
        postcodes=number(made.postcodes, lang),
    )
    if made.empty:
        yield translate("area.pc4.empty", lang, count=number(made.empty, lang))
    covered = [item for item in made.coverage if item.postcodes]
    living = sum(item.inhabitants for item in made.coverage)
    share = sum(item.inhabitants for item in covered) / living
    yield translate("area.pc4.covered", lang, share=percent(share, lang, 1))
    without = [item.name for item in made.coverage if not item.postcodes]
    if without:
        yield translate(
            "area.pc4.without", lang, count=number(len(without), lang), names=_some(without, lang)
        )
    odd = sorted((item for item in covered if _odd(item)), key=lambda item: -abs(item.share - 1))
    if odd:
        names = [f"{item.name} ({percent(item.share, lang, 0)})" for item in odd]
        yield translate("area.pc4.odd", lang, count=number(len(odd), lang), names=_some(names, lang))
    yield translate("area.pc4.next", lang, folder=out)


def _odd(item: Coverage) -> bool:
    return abs(item.share - 1) > COVERAGE_TOLERANCE


def _some(names: Sequence[str], lang: Language) -> str:
    """Return the first names, and how many more there are."""
    shown = ", ".join(names[:NAMES_SHOWN])
    rest = len(names) - NAMES_SHOWN
    return shown if rest <= 0 else translate("area.and_more", lang, names=shown, count=number(rest, lang))


def _boundaries_record(stored: Stored) -> dict[str, object]:
    return {
        "file": str(stored.path),
        "level": stored.level,
        "year": stored.year,
        "areas": stored.areas,
        "points": stored.points,
        "bytes": stored.bytes,
        "source": SOURCES[stored.level],
        "licence": LICENCE,
        "missing": list(stored.missing),
        "unused": list(stored.unused),
    }


def _boundaries_lines(stored: Stored, lang: Language) -> Iterator[str]:
    yield translate(
        f"area.boundaries.done.{stored.level}",
        lang,
        file=stored.path,
        areas=number(stored.areas, lang),
        year=stored.year,
        kilobytes=number(stored.bytes / 1000, lang),
    )
    for key, codes in (("missing", stored.missing), ("unused", stored.unused)):
        if codes:
            yield translate(
                f"area.boundaries.{key}", lang, count=number(len(codes), lang), codes=_some(codes, lang)
            )
    yield translate("area.boundaries.attribution", lang, source=SOURCES[stored.level], licence=LICENCE)
