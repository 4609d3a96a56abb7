"""The table ``travel_minutes.csv`` of a dataset: minutes a user measured, which win over the fitted function.

Pairs of an area and a location without a row keep the minutes of the function. Minutes are those of a patient
from door to door, ferry included: neither the access factor nor the scale of patients is applied to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from zorgstroom.dataset.model import Int32Array, MeasuredTravel
from zorgstroom.dataset.reading import Row, read_rows
from zorgstroom.dataset.writing import table_csv
from zorgstroom.errors import InvalidInput, Problem

TRAVEL_TABLE = "travel_minutes.csv"
COLUMNS = ("area_id", "location_id", "minutes", "source")
#: Longest travel time: the limit of a ferry too.
MAX_MINUTES = 600
#: In `MeasuredTravel.hundredths`: the function applies.
NOT_MEASURED = -1


def read_measured(folder: Path, areas: Sequence[str], locations: Sequence[str]) -> MeasuredTravel | None:
    """Return the measured travel times of a dataset with these areas and locations; None without such a table.

    Raises InvalidInput for a wrong cell.
    """
    if not (folder / TRAVEL_TABLE).is_file():
        return None
    row_of = {name: index for index, name in enumerate(areas)}
    column_of = {name: index for index, name in enumerate(locations)}
    hundredths = np.full((len(areas), len(locations)), NOT_MEASURED, dtype=np.int32)
    sources: dict[str, None] = {}
    for row in read_rows(folder, TRAVEL_TABLE):
        cell = row.position("area_id", row_of), row.position("location_id", column_of)
        hundredths[cell] = _hundredths(row)
        sources[row.text("source")] = None
    return MeasuredTravel(hundredths, tuple(sources))


def with_measured(function: Int32Array, measured: MeasuredTravel | None) -> Int32Array:
    """Return minutes x 100 with the measured ones in place of those of the function: int32[A, L]."""
    if measured is None:
        return function
    return np.where(measured.hundredths >= 0, measured.hundredths, function).astype(np.int32)


def measured_csv(hundredths: Mapping[tuple[str, str], int], source: str) -> bytes:
    """Return the table, sorted by (area, location); minutes have two decimals, so that nothing is lost."""
    return table_csv(COLUMNS, _rows(hundredths, source))


def _rows(hundredths: Mapping[tuple[str, str], int], source: str) -> Iterable[Sequence[str]]:
    for (area, location), value in sorted(hundredths.items()):
        yield area, location, f"{value // 100}.{value % 100:02d}", source


def _hundredths(row: Row) -> int:
    minutes = row.number("minutes")
    params = {"field": "minutes", "value": row.text("minutes")}
    # Written so that what is not a number fails too.
    if not minutes >= 0:
        raise InvalidInput([Problem(row.where, "dataset.too_small", params | {"minimum": "0"})])
    if minutes > MAX_MINUTES:
        raise InvalidInput([Problem(row.where, "dataset.too_large", params | {"maximum": f"{MAX_MINUTES}"})])
    return round(minutes * 100)
