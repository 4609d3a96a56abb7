"""The impact document as an Excel workbook: real numbers, one heading row, no merged cells.

Every table of the report has a sheet with all its rows. A mean with its interval takes three columns.
Texts are always written as texts, so a plan named ``=1+1`` is a name and no formula.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.rendering import render
from zorgstroom.reporting.views import (
    ONLY_WITH_ROWS,
    Cell,
    Column,
    Mark,
    Moment,
    Number,
    Spread,
    TableView,
    Translator,
    Views,
    translator,
)
from zorgstroom.text import Language

_WIDEST, _NARROWEST = 60, 9
#: Excel allows no control characters in a cell.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

#: Excel counts days from here; its own type knows no time zone, so all moments are UTC.
_EPOCH = dt.datetime(1899, 12, 30, tzinfo=dt.UTC)
_MOMENT = "yyyy-mm-dd hh:mm"

#: A value and its number format; None: an empty cell.
Value = tuple[float, str] | str | None


def render_xlsx(impact: Impact, lang: Language, manifest: Mapping[str, Any] | None = None) -> bytes:
    """Return the workbook; equal documents give equal bytes.

    Its last sheets say where each table comes from, what everything means, and what run it is of: by the `manifest`
    of its folder, where that is given.
    """
    content = io.BytesIO()
    views = Views(impact, lang)
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as workbook:
        workbook.set_properties(
            {
                "title": impact.name,
                "subject": views.text("report.title"),
                "author": "Zorgstroom",
                "comments": views.attribution(),
                "status": views.text("report.confidential") if impact.identity.confidential else "",
                # The moment of the run, not of writing: the same result is the same file.
                "created": dt.datetime.fromisoformat(impact.identity.created).replace(tzinfo=None),
            }
        )
        formats = _Formats(workbook)
        tables = [table for table in views.all() if table.rows or table.id not in ONLY_WITH_ROWS]
        about = (views.origin(), views.dictionary(), views.manifest(manifest or {}))
        for table in (_texts(impact, lang, views), *tables, *about):
            sheet = workbook.add_worksheet(table.sheet)
            first = _mark(sheet, formats, views.text) if impact.identity.confidential else 0
            _write(sheet, table, formats, views.text, first=first)
    return content.getvalue()


def tables_xlsx(title: str, tables: Sequence[TableView], lang: Language, *, confidential: bool) -> bytes:
    """Return a workbook of tables that are no impact document; equal tables give equal bytes."""
    content, said = io.BytesIO(), translator(lang)
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as workbook:
        # No moment of writing in the file.
        workbook.set_properties({"title": title, "author": "Zorgstroom", "created": dt.datetime(2000, 1, 1)})
        formats = _Formats(workbook)
        for table in tables:
            sheet = workbook.add_worksheet(table.sheet)
            first = _mark(sheet, formats, said) if confidential else 0
            _write(sheet, table, formats, said, first=first)
    return content.getvalue()


class _Formats:
    """The formats of one workbook, made once each."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._numbers: dict[str, Format] = {}
        self.header = workbook.add_format(
            {"bold": True, "font_color": "#FFFFFF", "bg_color": "#154273", "text_wrap": True, "valign": "top"}
        )
        self.mark = workbook.add_format({"bold": True, "font_color": "#A84300"})
        self.text = workbook.add_format({"text_wrap": True, "valign": "top"})

    def number(self, pattern: str) -> Format:
        if pattern not in self._numbers:
            self._numbers[pattern] = self._workbook.add_format({"num_format": pattern, "valign": "top"})
        return self._numbers[pattern]


def _texts(impact: Impact, language: Language, views: Views) -> TableView:
    """The sentences of the report."""
    parts = ("actions", "summary", "unchanged", "limits", "warnings")
    titles = {"actions": "report.plan"} | {part: f"report.{part}" for part in parts[1:]}
    rows: list[tuple[Cell, ...]] = [
        (views.text(titles[part]), render(item, language, impact.names))
        for part in parts
        for item in getattr(impact, part)
    ]
    columns = tuple(Column(name, views.text(f"report.column.{name}")) for name in ("text_part", "text"))
    return TableView(
        "texts", views.text("report.sheet.texts"), views.text("report.summary"), columns, tuple(rows)
    )


def _mark(sheet: Worksheet, formats: _Formats, said: Translator) -> int:
    """Mark a sheet whose figures are confidential, on the screen and on paper; return its heading row."""
    word = said("report.confidential")
    sheet.write_string(0, 0, f"{word}. {said('report.confidential_note')}", formats.mark)
    sheet.set_header(f"&R&B{word}")
    sheet.set_tab_color("#A84300")
    return 1


def _write(sheet: Worksheet, table: TableView, formats: _Formats, said: Translator, *, first: int) -> None:
    """Write a table with its headings in row `first`."""
    headers = [header for column in table.columns for header in _headers(column, said)]
    widths = [min(len(header), 18) for header in headers]
    for position, header in enumerate(headers):
        sheet.write_string(first, position, header, formats.header)
    for index, row in enumerate(table.rows, start=first + 1):
        values = _values(row, table.columns)
        for position, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(index, position, _CONTROL.sub(" ", value), formats.text)
                widths[position] = max(widths[position], len(value))
            elif value is not None:
                number, pattern = value
                sheet.write_number(index, position, number, formats.number(pattern))
    for position, width in enumerate(widths):
        sheet.set_column(position, position, min(max(width + 2, _NARROWEST), _WIDEST))
    # Fingerprints, versions and numbers of the manifest are texts on purpose.
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    sheet.freeze_panes(first + 1, 1)
    if table.rows:
        sheet.autofilter(first, 0, first + len(table.rows), len(headers) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, first)


def _headers(column: Column, said: Translator) -> list[str]:
    if not column.spread:
        return [column.header]
    ends = (said(f"report.column.{end}", name=column.header) for end in ("low", "high"))
    return [column.header, *ends]


def _values(row: Sequence[Cell], columns: Sequence[Column]) -> list[Value]:
    values: list[Value] = []
    for cell, column in zip(row, columns, strict=True):
        if isinstance(cell, Spread):
            pattern = _pattern(cell.decimals, cell.share, cell.difference)
            estimate = cell.value
            for end in (estimate.mean, estimate.low, estimate.high):
                values.append(None if end is None else (end, pattern))
        elif isinstance(cell, Number):
            pattern = "0" if cell.plain else _pattern(cell.decimals, cell.share, cell.signed)
            values.append((cell.value, pattern))
        elif isinstance(cell, Moment):
            days = (cell.value.astimezone(dt.UTC) - _EPOCH) / dt.timedelta(days=1)
            values.append((days, _MOMENT))
        elif isinstance(cell, Mark):
            values += [f"{cell.shape} {cell.word}".strip()] + [None] * (2 if column.spread else 0)
        else:
            values += [cell] + [None] * (2 if column.spread else 0)
    return values


def _pattern(decimals: int, share: bool, is_signed: bool) -> str:
    """Return Excel's pattern in its own (English) spelling; Excel shows it in the user's language."""
    if share:
        digits = max(0, decimals - 2) if decimals >= 2 else decimals
        body = "0" + ("." + "0" * digits if digits else "") + "%"
    else:
        body = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"+{body};-{body};{body}" if is_signed else body
