"""Realised volumes as people write them down: a workbook or CSV file with location, profile, year and volume.

Columns are found by their names, in Dutch or English, wherever they stand; other columns are left alone. Every mistake
is named with its cell.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zorgstroom.actual.result import Expected, Key
from zorgstroom.dataset.own.numbers import Ambiguous, NotANumber, parse_number
from zorgstroom.dataset.own.reading import first_problems, read_sheets
from zorgstroom.dataset.own.sheets import Cell, Sheet, read_csv
from zorgstroom.errors import InvalidInput, Problem, nearest_known
from zorgstroom.text import LANGUAGES, translate

#: Columns of the template in their order; of those in `NEEDED` a row must say something.
COLUMNS = (
    *("location", "location_name", "profile", "profile_name", "year"),
    *("baseline", "plan", "low", "high", "realised"),
)
NEEDED = ("location", "profile", "year", "realised")
#: Headings stand in one of the first rows.
HEADING_ROWS = 30
#: The largest volume a year that is believed.
MOST = 1_000_000
#: What stands for a small number that may not be told, such as ``<10``.
_SUPPRESSED = re.compile(r"<\s*(\d{1,3})", re.ASCII)


@dataclass(frozen=True)
class Realised:
    """A volume that happened; of one that may not be told the smallest and largest it can be."""

    low: int
    high: int

    @property
    def middle(self) -> float:
        """What to reckon with: the volume, or the middle of what it can be."""
        return (self.low + self.high) / 2

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"<{self.high + 1}"


def read_realised(path: Path, expected: Expected) -> dict[Key, Realised]:
    """Return what was filled in; rows without a volume are left out. Raises InvalidInput with every mistake."""
    sheets = [read_csv(path)] if path.suffix.casefold() == ".csv" and path.is_file() else read_sheets(path)
    reader = _Reader(expected)
    headed = [(sheet, found) for sheet in sheets if (found := _headings(sheet))]
    if not headed:
        columns = ", ".join(f"'{_heading(name)}'" for name in NEEDED)
        raise InvalidInput([Problem(path.name, "actual.no_headings", {"columns": columns})])
    for sheet, (heading, at) in headed:
        for row in sorted(sheet.rows):
            if row > heading:
                reader.read(sheet, row, at)
    if reader.problems:
        raise InvalidInput(first_problems(reader.problems))
    if not reader.found:
        raise InvalidInput([Problem(path.name, "actual.nothing_filled_in", {"column": _heading("realised")})])
    return reader.found


def _heading(name: str) -> str:
    """Return a heading in both languages."""
    return " / ".join(dict.fromkeys(translate(f"actual.column.{name}", lang) for lang in LANGUAGES))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


@cache
def _names_of_columns() -> dict[str, str]:
    written = {
        _folded(translate(f"actual.column.{name}", lang)): name for name in COLUMNS for lang in LANGUAGES
    }
    return written | {name: name for name in COLUMNS}


def _headings(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Return the row of the headings and the column of each; None if they are not all there."""
    for number in sorted(sheet.rows)[:HEADING_ROWS]:
        found: dict[str, int] = {}
        for column, cell in sorted(sheet.rows[number].items()):
            name = _names_of_columns().get(_folded(cell.text))
            if name is not None:
                found.setdefault(name, column)
        if all(name in found for name in NEEDED):
            return number, found
    return None


class _Reader:
    """Reads row by row, and remembers what it found and every mistake."""

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        dataset = expected.dataset
        self._locations = {
            _folded(name): row
            for row, place in enumerate(dataset.locations)
            for name in (place.name, place.id)
        }
        self._profiles = {
            _folded(name): row
            for row, profile in enumerate(dataset.profiles)
            for name in (profile.name_nl, profile.name_en, profile.id)
        }
        self.found: dict[Key, Realised] = {}
        self.problems: list[Problem] = []
        self._places: dict[Key, str] = {}

    def read(self, sheet: Sheet, row: int, columns: Mapping[str, int]) -> None:
        """Read one row; one without a volume says nothing."""
        cells = {name: sheet.rows[row].get(column) for name, column in columns.items()}
        where = {name: sheet.place(row, column) for name, column in columns.items()}
        if cells["realised"] is None or not cells["realised"].text.strip():
            return
        place = self._named("location", cells["location"], where["location"], self._locations)
        profile = self._named("profile", cells["profile"], where["profile"], self._profiles)
        year = self._year(cells["year"], where["year"])
        volume = self._volume(cells["realised"], where["realised"])
        if place is not None and not self._expected.locations[place]:
            region = self._expected.region
            params = {
                "name": self._expected.dataset.locations[place].id,
                "region": region.name if region else "",
            }
            self.problems.append(Problem(where["location"], "actual.outside_region", params))
            return
        if place is None or profile is None or year is None or volume is None:
            return
        key = (place, profile, year)
        if key in self.found:
            params = {"other": self._places[key]}
            self.problems.append(Problem(where["realised"], "actual.twice", params))
            return
        self.found[key], self._places[key] = volume, where["realised"]

    def _named(self, kind: str, cell: Cell | None, where: str, known: Mapping[str, int]) -> int | None:
        text = "" if cell is None else cell.text
        found = known.get(_folded(text))
        if found is not None:
            return found
        shown = "" if cell is None else cell.shown()
        if not shown:
            self.problems.append(Problem(where, f"actual.missing_{kind}"))
            return None
        nearest = nearest_known(text, known)
        if nearest is None:
            self.problems.append(Problem(where, f"actual.unknown_{kind}", {"name": shown}))
            return None
        items = self._expected.dataset.locations if kind == "location" else self._expected.dataset.profiles
        params = {"name": shown, "suggestion": items[known[nearest]].id}
        self.problems.append(Problem(where, f"actual.unknown_{kind}_near", params))
        return None

    def _year(self, cell: Cell | None, where: str) -> int | None:
        number = None if cell is None else _whole(cell)
        if number in self._expected.years:
            return number
        known = ", ".join(str(year) for year in self._expected.years)
        params = {"value": "" if cell is None else cell.shown(), "known": known}
        self.problems.append(Problem(where, "actual.other_year", params))
        return None

    def _volume(self, cell: Cell, where: str) -> Realised | None:
        hidden = _SUPPRESSED.fullmatch(cell.text.strip())
        if hidden is not None and int(hidden[1]) > 0:
            return Realised(0, int(hidden[1]) - 1)
        number = _whole(cell)
        if number is not None and 0 <= number <= MOST:
            return Realised(number, number)
        self.problems.append(Problem(where, "actual.no_volume", {"value": cell.shown(), "most": MOST}))
        return None


def _whole(cell: Cell) -> int | None:
    """Return the whole number in a cell; None if there is something else."""
    if cell.kind not in ("number", "text"):
        return None
    try:
        value = cell.number if cell.kind == "number" else parse_number(cell.text)
    except NotANumber:
        return None
    except Ambiguous as either:
        # Of 1.234 and 1,234 one is whole: patients are.
        value = max(either.dutch, either.english)
    return int(value) if float(value).is_integer() else None


def filled_in(found: Mapping[Key, Realised], keys: Sequence[Key]) -> list[Key]:
    """Return those of the keys that were filled in, in their order."""
    return [key for key in keys if key in found]
