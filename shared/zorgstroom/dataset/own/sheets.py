"""What stands in a spreadsheet, before anybody asks what it means; and CSV files as such sheets."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from zorgstroom.errors import InvalidInput, Problem

#: Limits of what is read: bytes of a file, rows with something in them, and columns.
MAX_BYTES = 10_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 100
#: Longest cell that is taken over or shown.
MAX_TEXT = 300
_SHOWN = 60

_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

#: ``formula``: one without a stored result; ``error``: Excel's ``#REF!`` and the like.
CellKind = Literal["text", "number", "bool", "date", "formula", "error"]


@dataclass(frozen=True)
class Cell:
    """One cell that is not empty; a date is text as ``2025-12-31``."""

    kind: CellKind
    text: str
    number: float = 0.0

    def shown(self) -> str:
        """Return the text as it is safe to show: one line, no control characters, not too long."""
        clean = _UNREADABLE.sub(" ", self.text).strip()
        return clean if len(clean) <= _SHOWN else clean[: _SHOWN - 1] + "…"


@dataclass(frozen=True)
class Range:
    """A block of cells; rows and columns from 1, ends included."""

    name: str
    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass
class Sheet:
    """One sheet: its cells by row and column (from 1); empty cells and rows are not there."""

    file: str
    name: str
    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    merged: list[Range] = field(default_factory=list)
    is_csv: bool = False

    def place(self, row: int, column: int | None = None) -> str:
        """Return where a cell is: ``cijfers.xlsx:Bedden!I12`` or ``bedden.csv:12``."""
        if self.is_csv:
            return f"{self.file}:{row}"
        return f"{self.file}:{self.name}!{column_letters(column) if column else ''}{row}"

    @property
    def where(self) -> str:
        """Return the file and the sheet."""
        return self.file if self.is_csv else f"{self.file}:{self.name}"


def column_letters(column: int) -> str:
    """Return the name of a column, from 1.

    >>> column_letters(1), column_letters(27)
    ('A', 'AA')
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def read_bytes(path: Path) -> bytes:
    """Return a file that is not too large; raises InvalidInput."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInput([Problem(path.name, "own.too_large", {"megabytes": MAX_BYTES // 1_000_000})])
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput([Problem(path.name, "own.unreadable", {"reason": reason})]) from None


def read_csv(path: Path) -> Sheet:
    """Return a CSV file as a sheet: comma, semicolon or tab; UTF-8 or as Excel saves it on Windows."""
    content = read_bytes(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    sheet = Sheet(path.name, path.stem, is_csv=True)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    # A cell may hold line breaks: a row is named by the line it starts on.
    start = 1
    try:
        for cells in reader:
            _add_row(sheet, start, cells)
            start = reader.line_num + 1
    except csv.Error:
        raise InvalidInput([Problem(sheet.place(start), "own.csv_syntax")]) from None
    return sheet


def _add_row(sheet: Sheet, number: int, cells: list[str]) -> None:
    found = {
        column: Cell("text", cell.strip()[:MAX_TEXT])
        for column, cell in enumerate(cells[:MAX_COLUMNS], start=1)
        if cell.strip()
    }
    if found:
        sheet.rows[number] = found
    if len(sheet.rows) > MAX_ROWS:
        raise InvalidInput([Problem(sheet.where, "own.too_many_rows", {"rows": MAX_ROWS})])
