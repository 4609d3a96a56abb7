"""A CSV with travel times that a user measured: read, checked, and every mistake named by its line.

Either a row per pair (``area, location, minutes``) or a matrix: the first column an area, then one column per
location. An area is an area of the dataset, a gemeente (then all its areas) or a postcode (PC4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from zorgstroom.dataset.csv_lines import read_lines
from zorgstroom.dataset.own.reading import MAX_PROBLEMS, first_problems
from zorgstroom.dataset.reading import unknown_value
from zorgstroom.dataset.travel_times import MAX_MINUTES
from zorgstroom.domain.area import Area
from zorgstroom.domain.hospital import Location
from zorgstroom.errors import InvalidInput, Problem, nearest_known

#: Columns of a table with a row per pair. The first name is our own; the others are read as well.
PAIR_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "area": ("area", "area_id", "gebied", "gemeente", "gemeente_id", "gemeentecode", "pc4", "postcode"),
    "location": ("location", "location_id", "locatie", "locatiecode"),
    "minutes": ("minutes", "minuten", "reistijd"),
}
_NUMBER = re.compile(r"[-−+]?\d{1,15}([.,]\d{1,20})?", re.ASCII)


def read_travel(
    path: Path, areas: Sequence[Area], locations: Sequence[Location]
) -> dict[tuple[str, str], int]:
    """Return {(area id, location id): minutes x 100} of a CSV.

    Raises InvalidInput with every mistake: an area or location that does not exist (with the nearest one), minutes
    that are no number, below zero or over 600, a pair that stands there twice, a file without travel times.
    """
    too_large, empty = "measured_travel.file_too_large", "measured_travel.no_rows"
    read = read_lines(path, too_large=too_large, empty=empty)
    header = read.lines[0][1]
    reader = _Reader(path.name, areas, locations)
    folded = [name.casefold().replace(" ", "_") for name in header]
    in_pairs = {*PAIR_COLUMNS["location"], *PAIR_COLUMNS["minutes"]} & set(folded)
    (reader.read_pairs if in_pairs else reader.read_matrix)(read.lines, folded if in_pairs else header)
    if reader.problems:
        raise InvalidInput(first_problems(reader.problems))
    if not reader.hundredths:
        raise InvalidInput([Problem(path.name, empty)])
    return reader.hundredths


class _Reader:
    """Reads the lines of one file and keeps what is wrong with them."""

    def __init__(self, file: str, areas: Sequence[Area], locations: Sequence[Location]) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.hundredths: dict[tuple[str, str], int] = {}
        self._line_of: dict[tuple[str, str], int] = {}
        self._areas: dict[str, list[str]] = {}
        for area in areas:
            self._areas.setdefault(area.gemeente_id, []).append(area.id)
        self._areas |= {area.id: [area.id] for area in areas}
        self._locations = {location.id.casefold(): location.id for location in locations}

    def read_pairs(self, lines: Sequence[tuple[int, list[str]]], header: Sequence[str]) -> None:
        """Read a table with a row per pair; `header` in small letters."""
        columns = {}
        for own, known in PAIR_COLUMNS.items():
            present = [name for name in known if name in header]
            if present:
                columns[own] = header.index(present[0])
            else:
                self._missing_column(own, header)
        if self.problems:
            return
        for line, cells in lines[1:]:
            if not self._right_width(line, cells, len(header)):
                continue
            areas = self._area(line, cells[columns["area"]])
            location = self._location(line, "location", cells[columns["location"]])
            hundredths = self._minutes(line, "minutes", cells[columns["minutes"]])
            if areas and location and hundredths is not None:
                self._add(line, areas, location, hundredths)

    def read_matrix(self, lines: Sequence[tuple[int, list[str]]], header: Sequence[str]) -> None:
        """Read a table with a column per location; an empty cell keeps the function."""
        first = lines[0][0]
        locations = [self._location(first, "header", name) for name in header[1:]]
        for name in sorted({name for name in locations if name and locations.count(name) > 1}):
            self._problem(first, "dataset.key_twice", "header", value=name)
        for line, cells in lines[1:]:
            if not self._right_width(line, cells, len(header)):
                continue
            areas = self._area(line, cells[0])
            for location, name, cell in zip(locations, header[1:], cells[1:], strict=True):
                hundredths = self._minutes(line, name, cell) if cell else None
                if areas and location and hundredths is not None:
                    self._add(line, areas, location, hundredths)

    def _problem(self, line: int, key: str, field: str, **params: object) -> None:
        where = f"{self.file}:{line}"
        self.problems.append(Problem(where, key, {"field": field, **params}, pointer=field))

    def _missing_column(self, own: str, header: Sequence[str]) -> None:
        near = nearest_known(own, [name for name in header if name])
        key = "area.pc4.column_missing" if near is None else "area.pc4.column_missing_near"
        self._problem(1, key, own, names=", ".join(PAIR_COLUMNS[own]), nearest=near)

    def _right_width(self, line: int, cells: Sequence[str], width: int) -> bool:
        if len(cells) != width:
            self._problem(line, "dataset.cells", "", found=len(cells), expected=width)
        return len(cells) == width

    def _unknown(self, line: int, field: str, value: str, known: Sequence[str]) -> None:
        if not value:
            self._problem(line, "dataset.empty", field)
        elif len(self.problems) < MAX_PROBLEMS:
            self.problems.append(unknown_value(f"{self.file}:{line}", field, value, known))
        else:
            # Only counted: looking for the nearest of thousands of areas takes long.
            self._problem(line, "dataset.unknown", field, value=value, allowed="")

    def _area(self, line: int, value: str) -> list[str]:
        """Return the ids of the areas that a cell names; none after a mistake."""
        for name in (value.upper(), f"PC{value}", f"GM{value:0>4}"):
            if name in self._areas:
                return self._areas[name]
        self._unknown(line, "area", value, list(self._areas))
        return []

    def _location(self, line: int, field: str, value: str) -> str:
        found = self._locations.get(value.casefold(), "")
        if not found:
            self._unknown(line, field, value, list(self._locations.values()))
        return found

    def _minutes(self, line: int, field: str, value: str) -> int | None:
        """Return minutes x 100, or None after a mistake."""
        if not value:
            self._problem(line, "dataset.empty", field)
        elif not _NUMBER.fullmatch(value):
            self._problem(line, "dataset.not_number", field, value=value[:40])
        else:
            minutes = Decimal(value.replace(",", ".").replace("−", "-"))
            if minutes < 0:
                self._problem(line, "dataset.too_small", field, value=value, minimum="0")
            elif minutes > MAX_MINUTES:
                self._problem(line, "dataset.too_large", field, value=value, maximum=f"{MAX_MINUTES}")
            else:
                return int((minutes * 100).to_integral_value(ROUND_HALF_UP))
        return None

    def _add(self, line: int, areas: Sequence[str], location: str, hundredths: int) -> None:
        for area in areas:
            first = self._line_of.setdefault((area, location), line)
            if (area, location) in self.hundredths:
                params = {"area": area, "location": location, "first": first}
                self._problem(line, "measured_travel.twice", "area", **params)
            self.hundredths[area, location] = hundredths
