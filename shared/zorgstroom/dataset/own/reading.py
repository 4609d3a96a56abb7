"""From the sheets of a template to what was filled in: which place, which figure, which value.

Sheets and columns are found by their names, in Dutch or English, wherever they stand; other columns and sheets
are left alone. Every mistake is named with its cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from zorgstroom.dataset.model import OWN_KINDS, OwnKind
from zorgstroom.dataset.own.numbers import parse_date, parse_yes
from zorgstroom.dataset.own.sheets import Cell, Sheet, read_bytes, read_csv
from zorgstroom.dataset.own.workbook import read_workbook
from zorgstroom.errors import Count, InvalidInput, Problem, nearest_known
from zorgstroom.text import LANGUAGES, Language, translate

#: Columns of every sheet with figures, in their order; the rest explains.
COLUMNS = (
    *("location", "location_name", "subject", "subject_name", "unit"),
    *("default", "basis", "confidence", "value", "source", "date"),
)
NEEDED = ("location", "subject", "value")
#: What the first sheet asks about the whole.
SETTINGS = ("confidential", "name", "source", "date")
ABOUT = "about"
#: Headings stand in one of the first rows.
HEADING_ROWS = 30
#: After so many mistakes no more are named.
MAX_PROBLEMS = 200

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Entry:
    """One figure as it was filled in, with where each part stands."""

    kind: OwnKind
    #: Of the value, the location and the subject.
    where: str
    location_where: str
    subject_where: str
    #: Heading of the column with the value, as it was written.
    heading: str
    location: Cell
    subject: Cell
    value: Cell
    unit: str
    source: str
    date: str


@dataclass
class Filled:
    """What was filled in, and the mistakes on the way."""

    entries: list[Entry] = field(default_factory=list)
    #: None: nothing was said about it.
    confidential: bool | None = None
    name: str = ""
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def is_own_figures(path: Path) -> bool:
    """Return whether a path looks like filled-in figures: a workbook, or a folder with CSV files of a template."""
    if path.is_file():
        return True
    return path.is_dir() and any(_kind_of(file.stem) is not None for file in path.glob("*.csv"))


def read_filled(path: Path) -> Filled:
    """Read a workbook or a folder of CSV files; raises InvalidInput if nothing can be read at all."""
    sheets = read_sheets(path)
    filled = Filled()
    settings: dict[str, str] = {}
    known = 0
    for sheet in sheets:
        kind = _kind_of(sheet.name)
        if kind == ABOUT:
            settings |= _settings(sheet, filled)
        elif kind is not None:
            known += 1
        else:
            _note_unknown(sheet, filled)
    if not known and not filled.problems:
        filled.problems.append(Problem(path.name, "own.no_files" if path.is_dir() else "own.no_sheets"))
    for sheet in sheets:
        kind = _kind_of(sheet.name)
        if kind is not None and kind != ABOUT:
            _read_figures(sheet, kind, settings, filled)
    return filled


def read_sheets(path: Path) -> list[Sheet]:
    """Return the sheets of a workbook, or the CSV files of a folder; raises InvalidInput."""
    if path.is_dir():
        files = sorted(path.glob("*.csv"))
        if not files:
            raise InvalidInput([Problem(path.name, "own.empty_folder")])
        return [read_csv(file) for file in files[:50]]
    if not path.is_file():
        raise InvalidInput([Problem(str(path), "own.not_there")])
    content = read_bytes(path)
    if not content:
        raise InvalidInput([Problem(path.name, "own.empty_file")])
    return read_workbook(content, path.name)


def sheet_name(kind: str, language: Language, *, csv: bool) -> str:
    """Return the name of a sheet, or of its CSV file without ending."""
    return translate(f"own.{'file' if csv else 'sheet'}.{kind}", language)


@cache
def _sheet_names() -> dict[str, OwnKind | str]:
    return {
        _folded(sheet_name(kind, language, csv=csv)): kind
        for kind in (*OWN_KINDS, ABOUT)
        for language in LANGUAGES
        for csv in (False, True)
    }


def _kind_of(name: str) -> OwnKind | str | None:
    return _sheet_names().get(_folded(name))


@cache
def _column_names() -> dict[str, str]:
    return {_folded(translate(f"own.column.{name}", lang)): name for name in COLUMNS for lang in LANGUAGES}


@cache
def _setting_names() -> dict[str, str]:
    return {_folded(translate(f"own.setting.{name}", lang)): name for name in SETTINGS for lang in LANGUAGES}


def _folded(text: str) -> str:
    return _SPACES.sub(" ", text).strip().casefold()


def _note_unknown(sheet: Sheet, filled: Filled) -> None:
    """A sheet of another name is somebody's own, unless it has the columns of a template."""
    if _heading(sheet) is None:
        return
    names = [
        sheet_name(kind, language, csv=sheet.is_csv) for kind in (*OWN_KINDS, ABOUT) for language in LANGUAGES
    ]
    nearest = nearest_known(sheet.name, names)
    key = "own.sheet_unknown" if nearest is None else "own.sheet_unknown_near"
    params = {"name": Cell("text", sheet.name).shown(), "nearest": nearest}
    filled.problems.append(Problem(sheet.where, key, params))


def _settings(sheet: Sheet, filled: Filled) -> dict[str, str]:
    """Read what the first sheet says of the whole: each answer stands right of its question."""
    settings: dict[str, str] = {}
    for row, cells in sheet.rows.items():
        columns = sorted(cells)
        name = _setting_names().get(_folded(cells[columns[0]].text))
        if name is None or len(columns) < 2:
            continue
        column = columns[1]
        answer, place = cells[column], sheet.place(row, column)
        params: dict[str, object] = {"field": cells[columns[0]].shown(), "value": answer.shown()}
        if name == "confidential":
            filled.confidential = parse_yes(answer.text)
            if filled.confidential is None:
                filled.problems.append(Problem(place, "own.not_yes_no", params))
        elif name == "name":
            filled.name = answer.shown()
        elif name == "date":
            settings[name] = _date(answer, place, params, filled)
        else:
            settings[name] = answer.text
    return settings


def _date(cell: Cell, place: str, params: dict[str, object], filled: Filled) -> str:
    found = parse_date(cell.text)
    if found is None:
        filled.problems.append(Problem(place, "own.not_date", params))
    return found or ""


def _heading(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Return the row of the headings and the column of each, or None if there is no such row."""
    for row in sorted(sheet.rows)[:HEADING_ROWS]:
        found: dict[str, int] = {}
        for column, cell in sheet.rows[row].items():
            name = _column_names().get(_folded(cell.text))
            if name is not None:
                found.setdefault(name, column)
        if all(name in found for name in NEEDED):
            return row, found
    return None


def _no_heading(sheet: Sheet) -> Iterator[Problem]:
    """Say which headings are missing in the row that looks most like one."""
    texts = {
        row: {_folded(cell.text): cell for cell in sheet.rows[row].values()}
        for row in sorted(sheet.rows)[:HEADING_ROWS]
    }
    if not texts:
        yield Problem(sheet.where, "own.empty_sheet")
        return
    row = max(texts, key=lambda number: sum(text in _column_names() for text in texts[number]))
    present = {_column_names().get(text) for text in texts[row]}
    others = {cell.shown(): cell for text, cell in texts[row].items() if text not in _column_names()}
    for name in NEEDED:
        if name not in present:
            heading = translate(f"own.column.{name}", "nl")
            nearest = nearest_known(heading, others)
            key = "own.column_missing" if nearest is None else "own.column_missing_near"
            params = {"heading": heading, "english": translate(f"own.column.{name}", "en"), "found": nearest}
            yield Problem(sheet.place(row), key, params)


def _read_figures(sheet: Sheet, kind: str, settings: dict[str, str], filled: Filled) -> None:
    found = _heading(sheet)
    if found is None:
        filled.problems += _no_heading(sheet)
        return
    heading_row, columns = found
    headings = {name: sheet.rows[heading_row][column].shown() for name, column in columns.items()}
    filled.problems += _merged(sheet, heading_row, columns)
    hidden = 0
    for row in sorted(sheet.rows):
        cells = sheet.rows[row]
        value = cells.get(columns["value"])
        if row <= heading_row or value is None:
            continue
        entry = _entry(sheet, row, kind, columns, headings, settings, filled)
        if entry is not None:
            filled.entries.append(entry)
            hidden += row in sheet.hidden_rows
    if hidden:
        filled.warnings.append(Problem(sheet.where, "own.hidden_rows", {"count": Count(hidden)}))


def _entry(
    sheet: Sheet,
    row: int,
    kind: str,
    columns: dict[str, int],
    headings: dict[str, str],
    settings: dict[str, str],
    filled: Filled,
) -> Entry | None:
    """Return the figure of a row that has a value of its own."""
    cells = sheet.rows[row]
    sound = True
    for name in ("location", "subject"):
        if columns[name] not in cells:
            place = sheet.place(row, columns[name])
            filled.problems.append(Problem(place, "own.cell_empty", {"field": headings[name]}))
            sound = False
    if not sound:
        return None

    def cell(name: str) -> Cell | None:
        return cells.get(columns[name]) if name in columns else None

    unit, source, date = cell("unit"), cell("source"), cell("date")
    day = settings.get("date", "")
    if date is not None:
        params: dict[str, object] = {"field": headings["date"], "value": date.shown()}
        day = _date(date, sheet.place(row, columns["date"]), params, filled)
    return Entry(
        kind=_as_kind(kind),
        where=sheet.place(row, columns["value"]),
        location_where=sheet.place(row, columns["location"]),
        subject_where=sheet.place(row, columns["subject"]),
        heading=headings["value"],
        location=cells[columns["location"]],
        subject=cells[columns["subject"]],
        value=cells[columns["value"]],
        unit="" if unit is None else unit.text,
        source=settings.get("source", "") if source is None else source.text,
        date=day,
    )


def _as_kind(kind: str) -> OwnKind:
    return next(known for known in OWN_KINDS if known == kind)


def _merged(sheet: Sheet, heading_row: int, columns: dict[str, int]) -> Iterator[Problem]:
    """Merged cells hide which row a value belongs to."""
    for block in sheet.merged:
        touches = any(block.first_column <= columns[name] <= block.last_column for name in NEEDED)
        if touches and block.last_row > heading_row:
            yield Problem(f"{sheet.where}!{block.name}", "own.merged")


def first_problems(problems: Sequence[Problem]) -> list[Problem]:
    """Return the mistakes, with a last line in place of what is too much to read."""
    if len(problems) <= MAX_PROBLEMS:
        return list(problems)
    more = Problem("", "own.more_problems", {"count": Count(len(problems) - MAX_PROBLEMS)})
    return [*problems[:MAX_PROBLEMS], more]
