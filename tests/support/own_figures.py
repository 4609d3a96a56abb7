"""Templates of own figures, filled in as a planner would."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.own.reading import COLUMNS
from zorgstroom.dataset.own.template import template_csv, template_xlsx
from zorgstroom.text import Language

#: Column of the own value, from 1.
VALUE = COLUMNS.index("value") + 1
SUBJECT = COLUMNS.index("subject") + 1

#: (sheet in Dutch, subject) -> own value.
Filling = Mapping[tuple[str, str], object]


def fill(workbook: Workbook, filling: Filling) -> None:
    """Write own values beside the defaults."""
    for (sheet, subject), value in filling.items():
        row = row_of(workbook[sheet], subject)
        workbook[sheet].cell(row, VALUE).value = value  # type: ignore[assignment]


def row_of(sheet: Worksheet, subject: str) -> int:
    """Return the row of a subject."""
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, SUBJECT).value == subject)


def filled_workbook(
    path: Path,
    filling: Filling,
    change: Callable[[Workbook], None] | None = None,
    *,
    locations: tuple[str, ...] = ("MST",),
    language: Language = "nl",
) -> Path:
    """Write a template with own values, after `change` has worked on it."""
    workbook = openpyxl.load_workbook(
        io.BytesIO(template_xlsx(load_dataset(), locations, language)), rich_text=False
    )
    fill(workbook, filling)
    if change is not None:
        change(workbook)
    workbook.save(path)
    return path


def filled_folder(folder: Path, filling: Filling, *, language: Language = "nl") -> Path:
    """Write the CSV files of a template with own values; `filling` names files without ending."""
    folder.mkdir()
    delimiter = ";" if language == "nl" else ","
    for name, content in template_csv(load_dataset(), ["MST"], language).items():
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter))
        for (file, subject), value in filling.items():
            if name == f"{file}.csv":
                row = next(line for line in rows if len(line) >= SUBJECT and line[SUBJECT - 1] == subject)
                row[VALUE - 1] = str(value)
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows(rows)
        (folder / name).write_text(text.getvalue(), "utf-8-sig")
    return folder
