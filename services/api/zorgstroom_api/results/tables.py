"""Reading rows of a table file, batch by batch: no table is ever whole in memory."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pyarrow.parquet as pq

from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.tables import CONFIDENTIAL
from zorgstroom.text import Language, translate
from zorgstroom.text.spreadsheet import harmless

_BATCH_ROWS = 8_192
_CHUNK_BYTES = 65_536
#: Columns that a filter of another name means.
_ALSO = {"location": ("from_location", "to_location")}


class TableFile:
    """The rows of a table that match the filters. Raises `InvalidInput` for a filter it does not have."""

    def __init__(self, path: Path, filters: Mapping[str, Sequence[str]]) -> None:
        self._dataset = ds.dataset(path, format="parquet")
        self.columns: list[str] = self._dataset.schema.names
        #: There are confidential figures of an organisation behind it.
        self.confidential = CONFIDENTIAL in (self._dataset.schema.metadata or {})
        self._filter = self._expression(filters)

    def _expression(self, filters: Mapping[str, Sequence[str]]) -> Any:
        expression = None
        problems = []
        for name, values in filters.items():
            columns = [column for column in (name, *_ALSO.get(name, ())) if column in self.columns]
            if not columns:
                known = ", ".join(column for column in self.columns if column not in ("total", "count"))
                problems.append(
                    Problem(f"query:{name}", "api.invalid.filter", {"name": name, "known": known})
                )
                continue
            match = ds.field(columns[0]).isin(list(values))
            for column in columns[1:]:
                match |= ds.field(column).isin(list(values))
            expression = match if expression is None else expression & match
        if problems:
            raise InvalidInput(problems)
        return expression

    def batches(self) -> Iterator[Any]:
        """Yield record batches in the order of the file."""
        scanner = self._dataset.scanner(
            filter=self._filter, batch_size=_BATCH_ROWS, use_threads=False, batch_readahead=1
        )
        yield from (batch for batch in scanner.to_batches() if batch.num_rows)

    def page(self, offset: int, limit: int) -> tuple[list[dict[str, Any]], bool]:
        """Return up to `limit` rows after the first `offset`, and whether there are more."""
        rows: list[dict[str, Any]] = []
        for batch in self.batches():
            if offset >= batch.num_rows:
                offset -= batch.num_rows
                continue
            rows += batch.slice(offset, limit + 1 - len(rows)).to_pylist()
            offset = 0
            if len(rows) > limit:
                return rows[:limit], True
        return rows, False

    def csv(self, language: Language) -> Iterator[str]:
        """Yield the rows as CSV; in Dutch as Dutch spreadsheets expect it: BOM, semicolon, decimal comma.

        Confidential rows say so in a column of their own: a file has no other place that survives a copy.
        """
        dutch = language == "nl"
        mark = [translate("report.confidential", language).lower()] if self.confidential else []
        yes = [translate("report.yes", language)] if self.confidential else []
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=";" if dutch else ",")
        buffer.write("\ufeff" if dutch else "")
        writer.writerow([*self.columns, *mark])
        for batch in self.batches():
            columns = [column.to_pylist() for column in batch.columns]
            rows = zip(*columns, strict=True)
            writer.writerows([*(_cell(value, dutch) for value in row), *yes] for row in rows)
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
        yield buffer.getvalue()

    def parquet(self) -> Iterator[bytes]:
        """Yield the rows as a Parquet file."""
        with tempfile.TemporaryFile() as file:
            with pq.ParquetWriter(file, self._dataset.schema, compression="zstd") as writer:
                for batch in self.batches():
                    writer.write_batch(batch)
            file.seek(0)
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk


def _cell(value: object, dutch: bool) -> str:
    """Return a value as text that no spreadsheet runs as a formula.

    >>> _cell(-1.5, True), _cell("=1+1", True), _cell(None, True)
    ('-1,5', "'=1+1", '')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value).replace(".", ",") if dutch else repr(value)
    return harmless(value) if isinstance(value, str) else str(value)
