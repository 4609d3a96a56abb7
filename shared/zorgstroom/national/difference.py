"""How a template of another year or version differs from that of this program: sheets, columns and rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from zorgstroom.dataset.own.sheets import Cell, Sheet
from zorgstroom.errors import Phrase, Problem
from zorgstroom.national.defaults import shipped_rows
from zorgstroom.national.measures import ACTIVITIES, MEASURES
from zorgstroom.national.sheets import (
    COLUMNS,
    folded,
    sheet_kinds,
    sheet_name,
    words,
)
from zorgstroom.text import LANGUAGES, translate

#: Sheets that only a template with areas of one's own has.
_OPTIONAL = ("places", "areas")
#: Rows in which headings are looked for, and the most names in one sentence.
_HEADING_ROWS = 30
_MOST = 12


def template_differences(sheets: Iterable[Sheet], where: str) -> list[Problem]:
    """Return the differences, one problem each; one that says there are none if only the year is another."""
    found = list(sheets)
    kinds = [sheet_kinds().get(folded(sheet.name)) for sheet in found]
    problems = [
        Problem(sheet.where, "national.difference.other_sheet", {"name": Cell("text", sheet.name).shown()})
        for sheet, kind in zip(found, kinds, strict=True)
        if kind is None
    ]
    for kind in COLUMNS:
        mine = [sheet for sheet, of in zip(found, kinds, strict=True) if of == kind]
        if not mine and kind not in _OPTIONAL:
            name = Phrase({lang: sheet_name(kind, lang, csv=False) for lang in LANGUAGES})
            problems.append(Problem(where, "national.difference.no_sheet", {"name": name}))
        for sheet in mine:
            problems += _of_sheet(sheet, kind)
    return problems or [Problem(where, "national.difference.none")]


def _of_sheet(sheet: Sheet, kind: str) -> Iterator[Problem]:
    known = words("column", COLUMNS[kind])
    heading = max(
        islice(sorted(sheet.rows), _HEADING_ROWS),
        key=lambda row: sum(folded(cell.text) in known for cell in sheet.rows[row].values()),
        default=None,
    )
    if heading is None:
        return
    cells = sheet.rows[heading]
    columns = {known.get(folded(cell.text), ""): number for number, cell in cells.items()}
    missing = [name for name in COLUMNS[kind] if name not in columns]
    if missing:
        yield Problem(sheet.where, "national.difference.no_columns", {"names": _headings(missing)})
    if kind != "areas":
        others = [cell.shown() for cell in cells.values() if cell.text and folded(cell.text) not in known]
        if others:
            yield Problem(sheet.where, "national.difference.other_columns", {"names": _few(others)})
    for column, names in _codes(kind).items():
        if column in columns:
            yield from _of_rows(sheet, heading, columns[column], column, names)


def _codes(kind: str) -> Mapping[str, Mapping[str, str]]:
    """Return the columns of a sheet whose rows are those of the template, with every word for each."""
    interventions = {
        folded(item[key]): item["intervention"]
        for item in shipped_rows("interventions")
        for key in ("intervention", "name_nl", "name_en")
    }
    return {
        "interventions": {"intervention": interventions},
        "volumes": {"intervention": interventions},
        "key_figures": {"activity": words("activity", tuple(ACTIVITIES))},
        "proxies": {"measure": words("measure", tuple(MEASURES))},
    }.get(kind, {})


def _of_rows(
    sheet: Sheet, heading: int, number: int, column: str, known: Mapping[str, str]
) -> Iterator[Problem]:
    there = {
        folded(cells[number].text): cells[number]
        for row, cells in sheet.rows.items()
        if row > heading and number in cells
    }
    found = {known[name] for name in there if name in known}
    params = {"column": _headings([column])}
    missing = [code for code in dict.fromkeys(known.values()) if code not in found]
    # Who filled in a few rows only has left out the others himself.
    if missing and len(missing) <= len(found):
        yield Problem(sheet.where, "national.difference.no_rows", {"names": _few(missing), **params})
    others = [cell.shown() for name, cell in there.items() if name not in known]
    if others:
        yield Problem(sheet.where, "national.difference.other_rows", {"names": _few(others), **params})


def _headings(names: Iterable[str]) -> Phrase:
    columns = list(names)
    return Phrase(
        {lang: _few([translate(f"national.column.{name}", lang) for name in columns]) for lang in LANGUAGES}
    )


def _few(names: list[str]) -> str:
    return ", ".join(names[:_MOST]) + (", …" if len(names) > _MOST else "")
