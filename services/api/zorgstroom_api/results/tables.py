"""Reading rows of a table file, group by group: no table is ever whole in memory.

Only groups of rows that can hold a match are opened, and of those first only the columns that are asked about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.tables import CONFIDENTIAL

_BATCH_ROWS = 8_192
#: Columns that a filter of another name means.
_ALSO = {"location": ("from_location", "to_location")}


class TableFile:
    """The rows of a table that match the filters. Raises `InvalidInput` for a filter it does not have."""

    def __init__(self, path: Path, filters: Mapping[str, Sequence[str]]) -> None:
        self._path = path
        self.metadata = pq.read_metadata(path)
        self.schema: pa.Schema = self.metadata.schema.to_arrow_schema()
        self.columns: list[str] = self.schema.names
        #: There are confidential figures of an organisation behind it.
        self.confidential = CONFIDENTIAL in (self.schema.metadata or {})
        self._filters = self._checked(filters)

    def _checked(self, filters: Mapping[str, Sequence[str]]) -> list[tuple[list[str], pa.Array]]:
        """Return what must match: one of these columns has one of these values, for every filter."""
        found, problems = [], []
        for name, values in filters.items():
            columns = [column for column in (name, *_ALSO.get(name, ())) if column in self.columns]
            if columns:
                found.append((columns, pa.array(list(values), pa.string())))
                continue
            known = ", ".join(column for column in self.columns if column not in ("total", "count"))
            problems.append(Problem(f"query:{name}", "api.invalid.filter", {"name": name, "known": known}))
        if problems:
            raise InvalidInput(problems)
        return found

    def _open(self) -> pq.ParquetFile:
        return pq.ParquetFile(self._path, metadata=self.metadata)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield record batches in the order of the file."""
        with self._open() as file:
            for _first, rows, _positions in self._groups(file, 0, self.columns):
                yield from rows.to_batches(max_chunksize=_BATCH_ROWS)

    def page(self, first: int, limit: int) -> tuple[list[dict[str, Any]], int | None]:
        """Return up to `limit` rows from row number `first` of the file on, and where the next page begins."""
        found: list[dict[str, Any]] = []
        with self._open() as file:
            for start, rows, positions in self._groups(file, first, self.columns, limit + 1):
                room = limit - len(found)
                found += rows.slice(0, room).to_pylist()
                if rows.num_rows > room:
                    return found, start + (room if positions is None else positions[room].as_py())
        return found, None

    def count(self) -> int:
        """Return how many rows match."""
        if not self._filters:
            return int(self.metadata.num_rows)
        with self._open() as file:
            return sum(rows.num_rows for _start, rows, _positions in self._groups(file, 0, []))

    def _groups(
        self, file: pq.ParquetFile, first: int, columns: Sequence[str], most: int | None = None
    ) -> Iterator[tuple[int, pa.Table, pa.Array | None]]:
        """Yield the matching rows of each group from row `first` on.

        With each: the number of the row its positions count from, and those positions (None: one after the other).
        Of no group more rows are read than `most`.
        """
        begin = 0
        for group in range(self.metadata.num_row_groups):
            size = self.metadata.row_group(group).num_rows
            skip, start = max(first - begin, 0), begin
            begin += size
            if skip >= size or not self._possible(group):
                continue
            if not self._filters:
                rows = file.read_row_group(group, columns, use_threads=False)
                yield start + skip, rows.slice(skip, most), None
                continue
            asked = sorted({column for names, _values in self._filters for column in names})
            mask = self._mask(file.read_row_group(group, asked, use_threads=False).slice(skip))
            positions = pc.indices_nonzero(mask)
            positions = positions if most is None else positions.slice(0, most)
            if len(positions):
                rows = file.read_row_group(group, columns or asked[:1], use_threads=False).slice(skip)
                yield start + skip, rows.take(positions), positions

    def _possible(self, group: int) -> bool:
        """Return whether a group of rows can hold a match, by its smallest and largest values."""
        described = self.metadata.row_group(group)
        for names, values in self._filters:
            wanted = values.to_pylist()
            if not any(
                _may_hold(described.column(self.columns.index(name)).statistics, wanted) for name in names
            ):
                return False
        return True

    def _mask(self, rows: pa.Table) -> Any:
        mask = None
        for names, values in self._filters:
            match = None
            for name in names:
                found = pc.is_in(rows[name], value_set=values)
                match = found if match is None else pc.or_(match, found)
            mask = match if mask is None else pc.and_(mask, match)
        return mask


def _may_hold(statistics: Any, wanted: Sequence[str]) -> bool:
    if statistics is None or not statistics.has_min_max:
        return True
    return any(statistics.min <= value <= statistics.max for value in wanted)
