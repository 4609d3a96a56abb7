"""A table as a file of another kind, written row by row: CSV, Parquet, Arrow and Excel."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.text import Language, catalogue, translate
from zorgstroom.text.spreadsheet import harmless
from zorgstroom_api.limits import check_time
from zorgstroom_api.problems import NotAcceptable
from zorgstroom_api.results.tables import TableFile

#: Excel itself holds 1,048,576 rows, but becomes unusable long before.
XLSX_ROWS = 100_000
_CHUNK_BYTES = 65_536


class TooManyForExcel(NotAcceptable):
    """A workbook of so many rows helps nobody; `params` names what does."""

    key = "tables.too_many_for_excel"


def to_csv(table: TableFile, language: Language) -> Iterator[str]:
    """Yield the rows as CSV; in Dutch as Dutch spreadsheets expect it: BOM, semicolon, decimal comma.

    Confidential rows say so in a column of their own: a file has no other place that survives a copy.
    """
    dutch = language == "nl"
    mark, yes = _marks(table, language)
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if dutch else ",")
    buffer.write("\ufeff" if dutch else "")
    writer.writerow([*table.columns, *mark])
    for batch in table.batches():
        columns = [column.to_pylist() for column in batch.columns]
        rows = zip(*columns, strict=True)
        writer.writerows([*(_cell(value, dutch) for value in row), *yes] for row in rows)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def to_parquet(table: TableFile) -> Iterator[bytes]:
    """Yield the rows as a Parquet file."""
    with tempfile.TemporaryFile() as file:
        with pq.ParquetWriter(file, table.schema, compression="zstd") as writer:
            for batch in table.batches():
                writer.write_batch(batch)
        yield from _chunks(file)


def to_arrow(table: TableFile) -> Iterator[bytes]:
    """Yield the rows as an Arrow stream."""
    buffer = io.BytesIO()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        for batch in table.batches():
            writer.write_batch(batch)
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def to_xlsx(table: TableFile, name: str, manifest: Mapping[str, Any], language: Language) -> Iterator[bytes]:
    """Return the rows as a workbook, with what the columns mean and how the figures were made.

    Made whole before the first byte is given. Raises `TooManyForExcel`, `TookTooLong`.
    """
    import xlsxwriter  # noqa: PLC0415 - takes a while, and most readers never ask for it

    if table.count() > XLSX_ROWS:
        raise TooManyForExcel(most=XLSX_ROWS, formats="csv, parquet, arrow")
    file = tempfile.TemporaryFile()  # noqa: SIM115 - open until its last byte is given
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    mark, yes = _marks(table, language)
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.columns), 14)
        sheet.write_row(0, 0, [*table.columns, *mark], bold)
        number = 1
        for batch in table.batches():
            check_time()
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                for position, value in enumerate((*row, *yes)):
                    if value is None or value == "":
                        continue
                    if isinstance(value, str):
                        sheet.write_string(number, position, value)
                    else:
                        sheet.write_number(number, position, value)
                number += 1
        if number > 1:
            sheet.autofilter(0, 0, number - 1, len(table.columns) - 1)
        for title, rows in (
            ("columns", _columns(table.columns, language)),
            ("indicators", _indicators(table.columns, language)),
            ("source", _source(manifest)),
        ):
            if rows:
                _add_sheet(book, translate(f"tables.sheet.{title}", language), rows, bold)
    return _chunks(file)


def _add_sheet(book: Any, title: str, rows: Sequence[Sequence[object]], bold: object) -> None:
    sheet = book.add_worksheet(title)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 3, 40)
    for number, row in enumerate(rows):
        for position, value in enumerate(row):
            if isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(number, position, value)
            else:
                sheet.write_string(number, position, str(value), None if number else bold)


def _columns(names: Sequence[str], language: Language) -> list[Sequence[object]]:
    head = [translate(f"tables.head.{part}", language) for part in ("column", "meaning")]
    texts = catalogue(language)
    return [head, *([name, texts.get(f"tables.column.{name}", "")] for name in names)]


def _indicators(names: Sequence[str], language: Language) -> list[Sequence[object]]:
    """What the indicators in the table are called, and their units: a value is total / count / scale."""
    if "indicator" not in names:
        return []
    head = [translate(f"tables.head.{part}", language) for part in ("indicator", "name", "unit", "scale")]
    return [
        head,
        *(
            [
                key,
                translate(f"indicator.{key}", language),
                translate(f"unit.{item.unit}", language),
                item.scale,
            ]
            for key, item in CATALOGUE.items()
            if not item.derived
        ),
    ]


def _source(manifest: Mapping[str, Any]) -> list[Sequence[object]]:
    """The manifest, one line for each of its fields."""
    rows: list[Sequence[object]] = [["", ""]]
    for key, value in manifest.items():
        simple = isinstance(value, str | int | float) and not isinstance(value, bool)
        # Excel allows no longer text in a cell.
        rows.append([key, value if simple else json.dumps(value, ensure_ascii=False)[:32_000]])
    return rows


def _marks(table: TableFile, language: Language) -> tuple[list[str], list[str]]:
    """Return heading and value of the column that says that the rows are confidential, if they are."""
    if not table.confidential:
        return [], []
    return [translate("report.confidential", language).lower()], [translate("report.yes", language)]


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    with file:
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
