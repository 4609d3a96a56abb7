"""The tables of an outcome as files: a workbook, CSV files and one JSON document; equal outcomes, equal bytes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import xlsxwriter

from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.folders import new_folder
from zorgstroom.national.case import BASES, Basis, Case
from zorgstroom.national.outcome import Outcome
from zorgstroom.national.sheets import sheet_name
from zorgstroom.national.tables import Cell, Table
from zorgstroom.text import Language, translate

DOCUMENT = "national.json"
#: A fixed moment, so that equal outcomes are equal files.
_MOMENT = dt.datetime(2024, 1, 1)
_WIDEST = 60
#: Column with the words about a number in the same row, and the shade of each word; words carry it, not colour.
_BASIS_OF: Mapping[str, str] = {
    **{"own": "basis", "value": "basis", "before": "basis", "patients": "basis", "method": "basis"},
    **{"national": "national_basis", "total": "total_basis"},
}
_SHADES: Mapping[Basis, str] = {
    **{"own": "#D6EAD8", "national": "#DCE6F2", "assumed": "#FFF2CC", "missing": "#F8D7DA"},
}
#: Fractions of one that are shown as a percentage.
_PERCENTAGES = ("share", "part_own", "part_national")


def document_of(outcomes: Sequence[Outcome], made: Sequence[Table]) -> dict[str, Any]:
    """Return the outcome as plain data, with codes as keys and numbers that are not rounded."""
    case = outcomes[0].case
    return {
        "method": "national-tranche-1",
        "name": case.name,
        "volume_year": case.year,
        "confidential": case.confidential,
        "geography": case.geography or "workbook",
        **{
            table.id: [
                {column: _plain(cell) for column, cell in zip(table.columns, row, strict=True)}
                for row in table.rows
            ]
            for table in made
        },
    }


def write_outcome(
    folder: Path, outcomes: Sequence[Outcome], made: Sequence[Table], language: Language
) -> None:
    """Write the tables into a folder that is there whole or not at all.

    Raises InvalidInput for a folder that holds anything else than an earlier outcome.
    """
    if folder.is_file() or (folder.exists() and not (folder / DOCUMENT).exists() and any(folder.iterdir())):
        raise InvalidInput([Problem("--out", "run.folder_not_ours", {"folder": str(folder)})])
    try:
        with new_folder(folder) as unfinished:
            text = json.dumps(document_of(outcomes, made), ensure_ascii=False, indent=1) + "\n"
            (unfinished / DOCUMENT).write_text(text, "utf-8")
            workbook = translate("national.out.workbook", language)
            (unfinished / workbook).write_bytes(to_xlsx(outcomes[0].case, made, language))
            for table in made:
                name = f"{sheet_name(table.id, language, csv=True)}.csv"
                (unfinished / name).write_bytes(to_csv(table, language))
    except OSError as error:
        params = {"folder": str(folder), "reason": error.strerror or type(error).__name__}
        raise InvalidInput([Problem("--out", "own.not_writable", params)]) from None


def headings(table: Table, language: Language) -> list[str]:
    """Return the names of the columns."""
    return [
        column[1:-1] if column.startswith("[") else translate(f"national.column.{column}", language)
        for column in table.columns
    ]


def to_csv(table: Table, language: Language) -> bytes:
    """Return a table as CSV; with semicolons and decimal commas in Dutch, as Excel has them."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if language == "nl" else ",", lineterminator="\r\n")
    writer.writerow(headings(table, language))
    writer.writerows([[_written(cell, language) for cell in row] for row in table.rows])
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(case: Case, made: Sequence[Table], language: Language) -> bytes:
    """Return all tables as a workbook with real numbers."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as workbook:
        mark = translate("report.confidential", language) if case.confidential else ""
        title = translate("national.title", language)
        workbook.set_properties({"title": title, "subject": case.name, "status": mark, "created": _MOMENT})
        heading = workbook.add_format(
            {"bold": True, "font_color": "#FFFFFF", "bg_color": "#154273", "text_wrap": True, "valign": "top"}
        )
        styles = {
            (pattern, shade): workbook.add_format(
                {"num_format": pattern} | ({"bg_color": shade} if shade else {})
            )
            for pattern in ("#,##0", "#,##0.00", "0.0%")
            for shade in ("", *_SHADES.values())
        }
        shades = partial(_shade, {translate(f"national.basis.{name}", language): name for name in BASES})
        for table in made:
            sheet = workbook.add_worksheet(sheet_name(table.id, language, csv=False))
            for column, name in enumerate(headings(table, language)):
                sheet.write_string(0, column, name, heading)
                texts = [len(row[column]) for row in table.rows if isinstance(row[column], str)]  # type: ignore[arg-type]
                sheet.set_column(column, column, min(max([len(name), 9, *texts]) + 1, _WIDEST))
            for number, row in enumerate(table.rows, start=1):
                for column, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(number, column, cell)
                    elif cell is not None:
                        pattern = "#,##0" if cell == int(cell) else "#,##0.00"
                        pattern = "0.0%" if table.columns[column] in _PERCENTAGES else pattern
                        sheet.write_number(
                            number, column, float(cell), styles[pattern, shades(table, row, column)]
                        )
            sheet.freeze_panes(1, 0)
            if table.rows:
                sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
            if mark:
                sheet.set_header(f"&R&B{mark}")
    return content.getvalue()


def _shade(words: Mapping[str, Basis], table: Table, row: Sequence[Cell], column: int) -> str:
    """Return the shade of a number: that of the least firm value behind it, which its row also says in words."""
    by = _BASIS_OF.get(table.columns[column], "")
    if by not in table.columns:
        return ""
    said = str(row[table.columns.index(by)] or "").rpartition(", ")[2]
    return _SHADES[words[said]] if said in words else ""


def _plain(cell: Cell) -> str | int | float | None:
    if not isinstance(cell, Fraction):
        return cell
    return int(cell) if cell.denominator == 1 else float(cell)


def _written(cell: Cell, language: Language) -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    text = f"{float(cell):.12g}"
    return text.replace(".", ",") if language == "nl" else text
