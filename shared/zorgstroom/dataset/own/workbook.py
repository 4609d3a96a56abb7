"""Reading an Excel workbook (.xlsx): cells with their stored values, hidden rows and merged cells.

openpyxl reads. Entities, which can multiply or fetch something, are refused before it sees them: which XML parser
it uses depends on what else is installed. Its parser of one
sheet is used rather than its worksheets: those leave out hidden rows and merged cells, or make a cell for each of
the 17 thousand million that one merged range can hold. Formulas are not calculated; the value that the
spreadsheet program stored is read.
"""

from __future__ import annotations

import datetime as dt
import io
import warnings
from collections.abc import Iterator
from itertools import islice
from typing import Any
from zipfile import ZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from zorgstroom.dataset.own.sheets import MAX_COLUMNS, MAX_ROWS, MAX_TEXT, Cell, Range, Sheet
from zorgstroom.errors import InvalidInput, Problem

#: Bytes all parts may unpack to, and how many parts, XML tags (each takes time and memory, however short it is)
#: and sheets there may be. A template of the whole country has 8 million bytes and 750,000 tags.
MAX_UNPACKED = 30_000_000
MAX_PARTS = 500
MAX_TAGS = 1_000_000
MAX_SHEETS = 50

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"


def read_workbook(content: bytes, file: str) -> list[Sheet]:
    """Return the sheets in their order; raises InvalidInput for what is no workbook or too large."""
    if content.startswith(_OLD_OR_LOCKED):
        raise InvalidInput([Problem(file, "own.old_or_locked")])
    try:
        with warnings.catch_warnings():
            # Charts, pictures and the like are left out; no figures are in them.
            warnings.simplefilter("ignore")
            reader = ExcelReader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            _check_parts(reader.archive, file)
            return _sheets(reader, file)
    except InvalidInput:
        raise
    except Exception:
        # A library that takes a file to be as Excel writes it can raise anything on one that is not.
        raise InvalidInput([Problem(file, "own.no_workbook")]) from None


def _check_parts(archive: ZipFile, file: str) -> None:
    parts = archive.infolist()
    large = len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED
    tags = 0
    for part in () if large else parts:
        # Two-byte encodings are looked through as well.
        content = archive.read(part).replace(b"\0", b"")
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise InvalidInput([Problem(file, "own.no_workbook")])
        tags += content.count(b"<")
    if large or tags > MAX_TAGS:
        raise InvalidInput([Problem(file, "own.unpacks_too_large", {"megabytes": MAX_UNPACKED // 1_000_000})])


def _sheets(reader: ExcelReader, file: str) -> list[Sheet]:
    reader.read_manifest()
    reader.read_strings()
    reader.read_workbook()
    apply_stylesheet(reader.archive, reader.wb)
    found = [
        _sheet(reader, relation.target, Sheet(file, named.name))
        for named, relation in islice(reader.parser.find_sheets(), MAX_SHEETS)
        if relation.Type.endswith("/worksheet")
    ]
    if not found:
        raise ValueError("no worksheets")
    return found


def _sheet(reader: ExcelReader, part: str, sheet: Sheet) -> Sheet:
    """Read a part of the file into a sheet."""
    book: Any = reader.wb  # what its styles show as dates is in no type stub
    with reader.archive.open(part) as source:
        parser = _SheetParser(
            source,
            reader.shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for row, items in parser.parse():
            cells = dict(_cells(items))
            if cells:
                sheet.rows[row] = cells
                if parser.row_dimensions.get(str(row), {}).get("hidden") in ("1", "true"):
                    sheet.hidden_rows.add(row)
            if len(sheet.rows) > MAX_ROWS:
                raise InvalidInput([Problem(sheet.where, "own.too_many_rows", {"rows": MAX_ROWS})])
    if parser.merged_cells is not None:
        sheet.merged += [
            Range(block.coord, block.min_row, block.max_row, block.min_col, block.max_col)
            for block in parser.merged_cells.mergeCell
        ]
    return sheet


class _SheetParser(WorkSheetParser):
    """openpyxl's parser of one sheet; a formula without a stored value keeps the data type ``f``."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell = super().parse_cell(element)
        # One with an empty text as its value is an empty cell.
        if cell["value"] is None and cell["data_type"] != "str" and element.find(FORMULA_TAG) is not None:
            cell["data_type"] = "f"
        return cell


def _cells(items: list[dict[str, Any]]) -> Iterator[tuple[int, Cell]]:
    """Yield the cells of a row that are not empty, with their columns."""
    for item in items:
        cell = _cell(item["data_type"], item["value"])
        if cell is not None and item["column"] <= MAX_COLUMNS:
            yield item["column"], cell


def _cell(kind: str, value: Any) -> Cell | None:
    """Return what stands in a cell, by openpyxl's data type; None if nothing does."""
    if kind == "f":
        return Cell("formula", "")
    text = "" if value is None else str(value).strip()[:MAX_TEXT]
    if not text:
        return None
    if kind == "n":
        # Fifteen digits are what a spreadsheet shows of a number; the rest is how it is stored.
        digits = f"{float(value):.15g}"
        return Cell("number", digits, float(digits))
    if kind == "b":
        return Cell("bool", "1" if value else "0")
    if kind == "d":
        return Cell("date", value.date().isoformat() if isinstance(value, dt.datetime) else text)
    return Cell("error" if kind == "e" else "text", text)
