"""Reading tables: rows that know their file and line, so that a wrong cell can be named.

`Row` is for loading, where the first wrong cell stops; `zorgstroom.dataset.checking` lists them all.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TypeVar

from zorgstroom.errors import InvalidInput, Problem, nearest_known

Name = TypeVar("Name", bound=str)


def unknown_value(where: str, field: str, value: str, known: Collection[str]) -> Problem:
    """Return the mistake of a value that is none of the known ones, with the nearest known one."""
    nearest = nearest_known(value, sorted(known))
    if nearest is not None:
        return Problem(
            where, "dataset.unknown_near", {"field": field, "value": value, "nearest": nearest}, pointer=field
        )
    allowed = ", ".join(sorted(known)[:12])
    return Problem(
        where, "dataset.unknown", {"field": field, "value": value, "allowed": allowed}, pointer=field
    )


class Row:
    """One line of a table; every accessor raises `InvalidInput` naming file, line, field and value."""

    __slots__ = ("cells", "file", "line")

    def __init__(self, file: str, line: int, cells: dict[str, str]) -> None:
        self.file = file
        self.line = line
        self.cells = cells

    @property
    def where(self) -> str:
        """Place of the row, such as ``areas.csv:12``."""
        return f"{self.file}:{self.line}"

    def text(self, field: str) -> str:
        """Return a cell as it stands."""
        try:
            return self.cells[field]
        except KeyError:
            raise InvalidInput([Problem(self.file, "dataset.column_missing", {"field": field})]) from None

    def number(self, field: str) -> float:
        """Return a cell as a number."""
        value = self.text(field)
        try:
            return float(value)
        except ValueError:
            raise self._invalid("dataset.not_number", field, value) from None

    def integer(self, field: str) -> int:
        """Return a cell as a whole number."""
        value = self.text(field)
        try:
            return int(value)
        except ValueError:
            raise self._invalid("dataset.not_integer", field, value) from None

    def flag(self, field: str) -> bool:
        """Return a cell that is 0 or 1."""
        return self.choice(field, ("0", "1")) == "1"

    def choice(self, field: str, allowed: Collection[Name]) -> Name:
        """Return a cell that is one of the allowed words."""
        value = self.text(field)
        for word in allowed:
            if word == value:
                return word
        raise InvalidInput([unknown_value(self.where, field, value, allowed)])

    def position(self, field: str, index: dict[str, int]) -> int:
        """Return the position of the thing a cell names."""
        value = self.text(field)
        try:
            return index[value]
        except KeyError:
            raise InvalidInput([unknown_value(self.where, field, value, index)]) from None

    def _invalid(self, key: str, field: str, value: str) -> InvalidInput:
        return InvalidInput([Problem(self.where, key, {"field": field, "value": value}, pointer=field)])


def read_rows(folder: Path, file: str) -> Iterator[Row]:
    """Yield the rows of a table; a table that does not exist is a mistake.

    Raises InvalidInput for a missing file, text that is not UTF-8, or a row with too few or many cells.
    """
    try:
        with (folder / file).open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle)
            header = next(reader, [])
            for cells in reader:
                if len(cells) != len(header):
                    params = {"found": len(cells), "expected": len(header)}
                    raise InvalidInput([Problem(f"{file}:{reader.line_num}", "dataset.cells", params)])
                yield Row(file, reader.line_num, dict(zip(header, cells, strict=True)))
    except FileNotFoundError:
        raise InvalidInput([Problem(file, "dataset.file_missing")]) from None
    except UnicodeDecodeError:
        raise InvalidInput([Problem(file, "dataset.not_utf8")]) from None
