"""A CSV with inhabitants per postcode area (PC4): read, checked, and every mistake named by its line.

Columns are known by several names (`COLUMNS`), Dutch and English; an age band is known by its end, as in
``inwoners_2025_0_14``, ``pop2021_75plus`` or, with the year given elsewhere, ``age_65_74``. A file from Dutch
Excel, with semicolons and decimal commas, is read as it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zorgstroom.dataset.csv_lines import read_lines
from zorgstroom.dataset.pc4 import NETHERLANDS, Postcode
from zorgstroom.dataset.reading import unknown_value
from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.errors import InvalidInput, Problem, nearest_known

#: The first name is the one of our own; the others are read as well.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "pc4": ("pc4", "postcode", "postcode4"),
    "gemeente": ("gemeente", "gemeente_id", "gemeentecode", "gm_code", "gemeentenaam", "gm_name"),
    "latitude": ("latitude", "lat", "breedtegraad"),
    "longitude": ("longitude", "lon", "lng", "lengtegraad"),
    "name": ("name", "naam", "place", "plaats", "woonplaats"),
    "area_km2": ("area_km2", "oppervlakte_km2"),
    "access_factor": ("access_factor", "bereikbaarheid"),
}
OPTIONAL = frozenset({"name", "area_km2", "access_factor"})
BAND = re.compile(
    r"(?:inwoners|population|pop|age|leeftijd)_?(?P<year>(?:19|20)\d\d)?[a-z]?_(?P<band>"
    + "|".join(AGE_BANDS)
    + ")"
)
#: The same limits as a dataset has.
ACCESS_FACTOR = (0.3, 3.0)
LARGEST_AREA_KM2 = 500.0


@dataclass(frozen=True)
class _Header:
    """Which column holds what: positions by our own name, and by (year, band)."""

    columns: Mapping[str, int]
    bands: Mapping[tuple[int, str], int]

    @property
    def years(self) -> list[int]:
        """The years the file has inhabitants of."""
        return sorted({year for year, _ in self.bands})


def read_postcodes(path: Path, gemeenten: Mapping[str, str], year: int | None = None) -> list[Postcode]:
    """Return the postcode areas of a CSV.

    `gemeenten` is {code: name} of the gemeenten that exist; `year` is that of columns without one. Raises
    InvalidInput with every mistake: a missing column, an unknown gemeente (with the nearest one), a point outside
    the Netherlands, a postcode that stands there twice, inhabitants below zero.
    """
    read = read_lines(path, too_large="area.pc4.file_too_large", empty="area.pc4.no_rows")
    header = _header(path.name, read.lines[0][1], year)
    reader = _Reader(path.name, header, gemeenten, decimal_comma=read.separator == ";")
    postcodes = [reader.postcode(line, cells) for line, cells in read.lines[1:]]
    if reader.problems:
        raise InvalidInput(reader.problems)
    found = [postcode for postcode in postcodes if postcode is not None]
    if not found:
        raise InvalidInput([Problem(path.name, "area.pc4.no_rows")])
    return found


def _header(file: str, names: Sequence[str], year: int | None) -> _Header:
    """Return which column holds what. Raises InvalidInput for columns that are missing or ambiguous."""
    folded = [name.casefold().replace(" ", "_").replace("-", "_") for name in names]
    problems = [
        Problem(f"{file}:1", "dataset.key_twice", {"field": "header", "value": name}, pointer=name)
        for name in sorted({name for name in folded if name and folded.count(name) > 1})
    ]
    columns = {}
    for own, known in COLUMNS.items():
        present = [name for name in known if name in folded]
        if present:
            columns[own] = folded.index(present[0])
        elif own not in OPTIONAL:
            problems.append(_missing(file, own, folded))
    bands: dict[tuple[int, str], int] = {}
    for position, name in enumerate(folded):
        match = BAND.fullmatch(name)
        if match is None:
            continue
        of_year = int(match["year"]) if match["year"] else year
        if of_year is None:
            problems.append(Problem(f"{file}:1", "area.pc4.year_unknown", {"field": name}, pointer=name))
            continue
        bands[of_year, match["band"]] = position
    header = _Header(columns, bands)
    for of_year in header.years or ([] if problems else [year or 0]):
        missing = [band for band in AGE_BANDS if (of_year, band) not in bands]
        if missing:
            example = f"inwoners_{of_year or 'JJJJ'}_{missing[0]}"
            params = {"year": of_year or "?", "bands": ", ".join(missing), "example": example}
            problems.append(Problem(f"{file}:1", "area.pc4.bands_missing", params))
    if problems:
        raise InvalidInput(problems)
    return header


def _missing(file: str, own: str, names: Iterable[str]) -> Problem:
    params = {"field": own, "names": ", ".join(COLUMNS[own])}
    near = nearest_known(own, [name for name in names if name])
    if near is None:
        return Problem(f"{file}:1", "area.pc4.column_missing", params, pointer=own)
    return Problem(f"{file}:1", "area.pc4.column_missing_near", params | {"nearest": near}, pointer=own)


class _Reader:
    """Reads the lines of one file and keeps what is wrong with them."""

    def __init__(
        self, file: str, header: _Header, gemeenten: Mapping[str, str], *, decimal_comma: bool
    ) -> None:
        self.file = file
        self.header = header
        self.gemeenten = gemeenten
        self.codes = {name.casefold(): code for code, name in gemeenten.items()}
        self.decimal_comma = decimal_comma
        self.problems: list[Problem] = []
        self._line_of: dict[str, int] = {}

    def postcode(self, line: int, cells: Sequence[str]) -> Postcode | None:
        """Return what a line says, or None after a mistake that stands in `problems`."""
        where, known = f"{self.file}:{line}", len(self.problems)
        width = 1 + max([*self.header.columns.values(), *self.header.bands.values()])
        if len(cells) < width:
            self._problem(where, "dataset.cells", "pc4", found=len(cells), expected=width)
            return None
        made = Postcode(
            pc4=self._pc4(where, line, cells),
            gemeente_id=self._gemeente(where, cells),
            name=self._text(cells, "name"),
            latitude=self._number(where, cells, "latitude", *NETHERLANDS["latitude"]),
            longitude=self._number(where, cells, "longitude", *NETHERLANDS["longitude"]),
            area_km2=self._optional(where, cells, "area_km2", 0.0, LARGEST_AREA_KM2),
            access_factor=self._optional(where, cells, "access_factor", *ACCESS_FACTOR),
            inhabitants={
                year: tuple(self._inhabitants(where, cells, year, band) for band in AGE_BANDS)
                for year in self.header.years
            },
        )
        return made if len(self.problems) == known else None

    def _problem(self, where: str, key: str, field: str, **params: object) -> None:
        self.problems.append(Problem(where, key, {"field": field, **params}, pointer=field))

    def _text(self, cells: Sequence[str], name: str) -> str:
        position = self.header.columns.get(name)
        return "" if position is None else cells[position]

    def _pc4(self, where: str, line: int, cells: Sequence[str]) -> str:
        value = self._text(cells, "pc4")
        if not re.fullmatch(r"[1-9]\d{3}", value):
            self._problem(where, "area.pc4.not_pc4", "pc4", value=value)
        elif value in self._line_of:
            self._problem(where, "area.pc4.twice", "pc4", value=value, line=self._line_of[value])
        self._line_of.setdefault(value, line)
        return value

    def _gemeente(self, where: str, cells: Sequence[str]) -> str:
        value = self._text(cells, "gemeente")
        code = f"GM{value:0>4}" if value.isdigit() else value.upper()
        if code in self.gemeenten:
            return code
        if value.casefold() in self.codes:
            return self.codes[value.casefold()]
        known = self.gemeenten if re.fullmatch(r"GM\d*", code) else self.gemeenten.values()
        self.problems.append(unknown_value(where, "gemeente", value, list(known)))
        return ""

    def _optional(
        self, where: str, cells: Sequence[str], name: str, lowest: float, highest: float
    ) -> float | None:
        return self._number(where, cells, name, lowest, highest) if self._text(cells, name) else None

    def _number(self, where: str, cells: Sequence[str], name: str, lowest: float, highest: float) -> float:
        return self._checked(where, name, cells[self.header.columns[name]], lowest, highest)

    def _inhabitants(self, where: str, cells: Sequence[str], year: int, band: str) -> float:
        return self._checked(where, f"inwoners_{year}_{band}", cells[self.header.bands[year, band]], 0.0, 1e6)

    def _checked(self, where: str, field: str, value: str, lowest: float, highest: float) -> float:
        """Return a cell as a number within limits; what is wrong with it is kept, and 0 returned."""
        if not value:
            self._problem(where, "dataset.empty", field)
            return 0.0
        try:
            number = float(value.replace(",", ".") if self.decimal_comma else value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self._problem(where, "dataset.not_number", field, value=value)
        elif number < lowest:
            self._problem(where, "dataset.too_small", field, value=value, minimum=f"{lowest:g}")
        elif number > highest:
            self._problem(where, "dataset.too_large", field, value=value, maximum=f"{highest:g}")
        else:
            return number
        return 0.0
