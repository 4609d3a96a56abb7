"""The sheets of the template: which columns each has, and how its rows are read, wherever they stand.

Sheets and columns are found by their names, in Dutch or English; every mistake is named with its cell.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from zorgstroom.dataset.own.numbers import Ambiguous, NotANumber, parse_number, parse_yes
from zorgstroom.dataset.own.sheets import Cell, Sheet
from zorgstroom.errors import Amount, Phrase, Problem, nearest_known
from zorgstroom.text import LANGUAGES, Language, translate

ABOUT = "about"
#: Columns of each sheet with figures, in their order. Those in `NEEDED` must be there.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "places": ("location", "location_name", "organisation", "area"),
    "areas": ("area", "area_name", "inhabitants"),
    "interventions": (
        *(
            "intervention",
            "intervention_name",
            "norm",
            "norm_name",
            "minimum",
            "moving",
            "factor",
            "factor_of",
        ),
        *("specialty", "profile", "impact", "travel", "source"),
    ),
    "volumes": (
        *("location", "location_name", "intervention", "intervention_name", "default", "value", "source"),
    ),
    "choices": ("location", "location_name", "norm", "norm_name", "choice", "region", "plan"),
    "overrides": ("from", "norm", "to", "share", "plan"),
    "key_figures": (
        *("organisation", "location", "specialty", "activity", "activity_name", "unit"),
        *("default", "value", "source"),
    ),
    "proxies": (
        *("location", "intervention", "measure", "measure_name", "unit", "default", "basis"),
        *("value", "source"),
    ),
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "places": ("location",),
    "areas": ("area", "inhabitants"),
    "interventions": ("intervention",),
    "volumes": ("location", "intervention", "value"),
    "choices": ("location", "norm", "choice"),
    "overrides": ("from", "norm", "to"),
    "key_figures": ("activity", "value"),
    "proxies": ("measure", "value"),
}
#: A row counts as filled in when this column is: the others of the row may have been printed by the template.
FILLED_BY: Mapping[str, str] = {
    **{"volumes": "value", "choices": "choice", "key_figures": "value", "proxies": "value"},
    **{"places": "location", "areas": "area", "interventions": "intervention", "overrides": "from"},
}
#: What the first sheet says; the first three are the identity of the template.
IDENTITY = ("template", "version", "year")
SETTINGS = (
    *IDENTITY,
    *("name", "volume_year", "confidential", "source", "published_nursing_days"),
)
_HEADING_ROWS = 30
#: How many near names are offered.
_NEAREST = 3


def sheet_name(kind: str, language: Language, *, csv: bool) -> str:
    """Return the name of a sheet, or of its CSV file without ending."""
    return translate(f"national.{'file' if csv else 'sheet'}.{kind}", language)


def folded(text: str) -> str:
    """Return a text as it is compared: small letters, single spaces."""
    return " ".join(text.split()).casefold()


@cache
def sheet_kinds() -> dict[str, str]:
    """Return the kind of sheet of every name one can have."""
    return {
        folded(sheet_name(kind, language, csv=csv)): kind
        for kind in (ABOUT, *COLUMNS)
        for language in LANGUAGES
        for csv in (False, True)
    }


@cache
def words(part: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return {word in either language, or the code: code} of texts ``national.<part>.<code>``."""
    found = {folded(translate(f"national.{part}.{name}", lang)): name for name in names for lang in LANGUAGES}
    return found | {folded(name): name for name in names}


@dataclass(frozen=True)
class Row:
    """A row that was filled in: its cells by column."""

    sheet: Sheet
    number: int
    cells: Mapping[str, Cell]
    columns: Mapping[str, int]

    def where(self, column: str) -> str:
        """Return the place of a cell, as ``plan.xlsx:Volumes!C7``."""
        return self.sheet.place(self.number, self.columns.get(column, 1))

    def text(self, column: str) -> str:
        """Return what stands in a cell, or nothing."""
        cell = self.cells.get(column)
        return "" if cell is None else cell.text


@dataclass
class Table:
    """The rows of all sheets of one kind, and what else stood under its headings."""

    rows: list[Row] = field(default_factory=list)
    #: Columns with other headings: sheet position and heading (only `areas` uses them).
    others: dict[str, int] = field(default_factory=dict)


class Reader:
    """Reads cells and remembers every mistake."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        #: Names of locations by code, and codes by a name that several share; for who writes neither.
        self.labels: Mapping[str, str] = {}
        self.several: Mapping[str, Sequence[str]] = {}
        #: Source of every figure that has none of its own.
        self.source = ""

    def wrong(self, row: Row, column: str, key: str, **params: object) -> None:
        """Name a mistake in a cell."""
        cell = row.cells.get(column)
        shown = {"field": self.heading(column), "value": "" if cell is None else cell.shown()}
        self.problems.append(Problem(row.where(column), key, shown | params))

    def heading(self, column: str) -> str | Phrase:
        """Return the heading of a column; of one that is no column of the template, as it was written."""
        if column.startswith("["):
            return Cell("text", column[1:-1]).shown()
        return Phrase({lang: translate(f"national.column.{column}", lang) for lang in LANGUAGES})

    def tables(self, sheets: Iterable[Sheet]) -> dict[str, Table]:
        """Return the filled-in rows of every sheet the template has."""
        found = {kind: Table() for kind in COLUMNS}
        for sheet in sheets:
            kind = sheet_kinds().get(folded(sheet.name))
            if kind is None:
                self._unknown_sheet(sheet)
            elif kind != ABOUT:
                self._read(sheet, kind, found[kind])
        return found

    def _unknown_sheet(self, sheet: Sheet) -> None:
        """A sheet of another name is somebody's own, unless its name is nearly that of one of the template."""
        names = [sheet_name(kind, lang, csv=sheet.is_csv) for kind in (ABOUT, *COLUMNS) for lang in LANGUAGES]
        nearest = nearest_known(sheet.name[:80], names)
        if nearest is not None:
            params = {"name": Cell("text", sheet.name).shown(), "nearest": nearest}
            self.problems.append(Problem(sheet.where, "national.problem.sheet_unknown", params))

    def _read(self, sheet: Sheet, kind: str, table: Table) -> None:
        if not sheet.rows:
            return
        names = words("column", COLUMNS[kind])
        for number in sorted(sheet.rows)[:_HEADING_ROWS]:
            columns: dict[str, int] = {}
            for column, cell in sheet.rows[number].items():
                name = names.get(folded(cell.text))
                if name is not None:
                    columns.setdefault(name, column)
            if all(name in columns for name in NEEDED[kind]):
                break
        else:
            needed = {
                lang: ", ".join(translate(f"national.column.{name}", lang) for name in NEEDED[kind])
                for lang in LANGUAGES
            }
            params = {"headings": Phrase(needed)}
            self.problems.append(Problem(sheet.where, "national.problem.headings", params))
            return
        table.others |= {
            cell.text: column for column, cell in sheet.rows[number].items() if column not in columns.values()
        }
        for block in sheet.merged:
            if block.last_row > number:
                self.problems.append(Problem(f"{sheet.where}!{block.name}", "own.merged"))
        every = dict(columns) | {f"[{heading}]": column for heading, column in table.others.items()}
        for later in sorted(sheet.rows):
            if later <= number:
                continue
            cells = {
                name: sheet.rows[later][column]
                for name, column in every.items()
                if column in sheet.rows[later]
            }
            if FILLED_BY[kind] in cells:
                table.rows.append(Row(sheet, later, cells, every))

    def settings(self, sheets: Iterable[Sheet]) -> dict[str, tuple[Cell, str]]:
        """Return the answers on the first sheet and where each stands."""
        names = words("setting", SETTINGS)
        found = {}
        for sheet in sheets:
            if sheet_kinds().get(folded(sheet.name)) != ABOUT:
                continue
            for number, cells in sheet.rows.items():
                columns = sorted(cells)
                name = names.get(folded(cells[columns[0]].text))
                if name is not None and len(columns) > 1:
                    found[name] = (cells[columns[1]], sheet.place(number, columns[1]))
        return found

    def number(
        self, row: Row, column: str, *, maximum: Fraction | None = None, default: Fraction | None = None
    ) -> Fraction | None:
        """Return a number of 0 or more, exactly as it is written; None after naming what is wrong."""
        cell = row.cells.get(column)
        if cell is None:
            if default is None:
                self.wrong(row, column, "national.problem.empty")
            return default
        value = self._value(row, column, cell)
        if value is None:
            return None
        if value < 0:
            self.wrong(row, column, "own.negative")
            return None
        if maximum is not None and value > maximum:
            self.wrong(row, column, "own.above_maximum", maximum=Amount(float(maximum)))
            return None
        return value

    def _value(self, row: Row, column: str, cell: Cell) -> Fraction | None:
        if cell.kind == "number" and math.isfinite(cell.number):
            return Fraction(cell.text)
        wrong = {
            "formula": "own.formula_without_value",
            "error": "own.excel_error",
            "date": "own.date_for_number",
        }
        if cell.kind != "text":
            self.wrong(row, column, wrong.get(cell.kind, "own.not_number"))
            return None
        text = cell.text.removesuffix("%").strip()
        per = 100 if cell.text.endswith("%") else 1
        try:
            return Fraction(f"{parse_number(text):.15g}") / per
        except Ambiguous as error:
            small, large = sorted((error.dutch, error.english), key=abs)
            self.wrong(row, column, "own.ambiguous", large=f"{large:.0f}", small=Amount(small))
        except NotANumber:
            self.wrong(row, column, "own.not_number")
        return None

    def yes(self, row: Row, column: str, default: bool) -> bool:
        """Return yes or no."""
        cell = row.cells.get(column)
        if cell is None:
            return default
        said = parse_yes(cell.text)
        if said is None:
            self.wrong(row, column, "own.not_yes_no")
        return bool(said)

    def known(self, row: Row, column: str, known: Mapping[str, str], what: str) -> str | None:
        """Return the code of a name that is known (folded), or None after naming the nearest known one."""
        text = row.text(column)
        if not text:
            self.wrong(row, column, "national.problem.empty")
            return None
        found = known.get(folded(text))
        if found is None:
            nearest = self._nearest(text[:80], known, what)
            key = f"national.problem.unknown_{what}"
            if nearest:
                self.wrong(row, column, f"{key}_near", nearest=_said(nearest, what, self.labels))
            else:
                self.wrong(row, column, key, known=_said(_few(known.values()), what, {}))
        return found

    def _nearest(self, text: str, known: Mapping[str, str], what: str) -> list[str]:
        """Return the codes whose names are nearest to a text, the nearest first."""
        several = self.several if what == "location" else {}
        close = difflib.get_close_matches(folded(text), [*known, *several], n=_NEAREST, cutoff=0.5)
        codes = [code for name in close for code in ([known[name]] if name in known else several[name])]
        return list(dict.fromkeys(codes))[:_NEAREST] if what == "location" else codes[:1]


def _few(names: Iterable[str]) -> list[str]:
    """Return the first names of many."""
    every = list(dict.fromkeys(names))
    return every[:12] + (["…"] if len(every) > 12 else [])


def _said(codes: Sequence[str], what: str, labels: Mapping[str, str]) -> str | Phrase:
    """Return codes as people write them: choices in words, locations with their names."""
    if what == "choice":
        return Phrase(
            {
                lang: ", ".join(f"'{translate(f'national.choice.{code}', lang)}'" for code in codes)
                for lang in LANGUAGES
            }
        )
    return ", ".join(
        code
        if code == "…"
        else f"'{code}' ({labels[code]})"
        if folded(labels.get(code, code)) != folded(code)
        else f"'{code}'"
        for code in codes
    )


def by_name(named: Iterable[tuple[str, Sequence[str]]]) -> dict[str, str]:
    """Return {folded code or name: code}; a name that two things share names neither."""
    pairs = list(named)
    found: dict[str, str] = {}
    shared: set[str] = set()
    for code, names in pairs:
        for name in {folded(name) for name in names if name}:
            if found.setdefault(name, code) != code:
                shared.add(name)
    return {name: code for name, code in found.items() if name not in shared} | {
        folded(code): code for code, _ in pairs
    }


def own_headings(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the headings that are no column of the template, with the name `Row` has their cells by."""
    for heading in table.others:
        yield heading, f"[{heading}]"
