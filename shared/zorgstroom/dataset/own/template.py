"""The template an organisation fills in: its figures as the dataset has them, with room for its own beside each."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from zorgstroom.dataset.model import OWN_KINDS, Dataset
from zorgstroom.dataset.own.items import Item, items
from zorgstroom.dataset.own.reading import ABOUT, COLUMNS, SETTINGS, sheet_name
from zorgstroom.reporting.build import pool_names
from zorgstroom.text import Language, translate

#: Columns to fill in.
FILLED_IN = ("value", "source", "date")
#: Lines of explanation on the first sheet (``own.about.1`` and on).
ABOUT_LINES = 8
_WIDTHS = {"location": 12, "subject": 20, "unit": 22, "default": 11, "basis": 11, "confidence": 10}
_WIDTHS |= {"location_name": 34, "subject_name": 38, "value": 14, "source": 34, "date": 12}

Value = str | float | None


def organisation_name(dataset: Dataset, location_ids: Sequence[str]) -> str:
    """Return the names of the organisations of these locations."""
    owners = {location.organisation_id for location in dataset.locations if location.id in set(location_ids)}
    return ", ".join(item.name for item in dataset.organisations if item.id in owners)


def template_xlsx(dataset: Dataset, location_ids: Sequence[str], language: Language) -> bytes:
    """Return the template as a workbook: a sheet that explains, and one per kind of figure."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    found = items(dataset, location_ids)
    with xlsxwriter.Workbook(content, options) as workbook:
        formats = _Formats(workbook)
        _about_sheet(workbook, formats, dataset, location_ids, language)
        for kind in OWN_KINDS:
            sheet = workbook.add_worksheet(sheet_name(kind, language, csv=False))
            of_kind = [item for item in found if item.kind == kind]
            _figure_sheet(sheet, formats, dataset, of_kind, language)
    return content.getvalue()


def template_csv(dataset: Dataset, location_ids: Sequence[str], language: Language) -> dict[str, bytes]:
    """Return the template as CSV files by name; with semicolons and decimal commas in Dutch, as Excel has them."""
    found = items(dataset, location_ids)
    files = {ABOUT: _about_rows(dataset, location_ids, language)}
    for kind in OWN_KINDS:
        files[kind] = [
            _headings(language),
            *(_row(dataset, item, language) for item in found if item.kind == kind),
        ]
    return {
        f"{sheet_name(kind, language, csv=True)}.csv": _csv(rows, language) for kind, rows in files.items()
    }


def _about_rows(dataset: Dataset, location_ids: Sequence[str], language: Language) -> list[list[Value]]:
    answers: dict[str, str] = {
        # Figures of an organisation's own are confidential until it says they are not.
        "confidential": translate("own.yes", language),
        "name": organisation_name(dataset, location_ids),
        "source": "",
        "date": "",
    }
    rows: list[list[Value]] = [
        [translate(f"own.setting.{name}", language), answers[name]] for name in SETTINGS
    ]
    rows.append([translate("own.setting.base", language), f"{dataset.id} {dataset.version}"])
    rows.append([])
    rows += [[translate(f"own.about.{line}", language)] for line in range(1, ABOUT_LINES + 1)]
    return rows


def _headings(language: Language) -> list[Value]:
    return [translate(f"own.column.{name}", language) for name in COLUMNS]


def _row(dataset: Dataset, item: Item, language: Language) -> list[Value]:
    """Return the cells of an item in the order of COLUMNS; own value, source and date empty."""
    location = dataset.locations[dataset.location_index[item.location_id]]
    default: Value = item.default
    if item.unit == "yes_no" and item.default is not None:
        default = translate("own.yes" if item.default else "own.no", language)
    return [
        item.location_id,
        location.name,
        item.subject,
        subject_name(dataset, item.subject, language),
        translate(f"own.unit.{item.unit}", language),
        default,
        translate(f"dataset.basis.{item.basis}", language),
        translate(f"dataset.confidence.{item.confidence}", language),
        None,
        None,
        None,
    ]


def subject_name(dataset: Dataset, subject: str, language: Language) -> str:
    """Return the name of a profile or pool."""
    if subject in dataset.profile_index:
        return dataset.profiles[dataset.profile_index[subject]].name(language)
    return pool_names(dataset, subject)[language]


class _Formats:
    """The formats of the workbook."""

    def __init__(self, workbook: Workbook) -> None:
        heading = {
            "bold": True,
            "font_color": "#FFFFFF",
            "bg_color": "#154273",
            "text_wrap": True,
            "valign": "top",
        }
        self.heading = workbook.add_format(heading)
        self.text: Format = workbook.add_format({"font_color": "#535353"})
        self.whole = workbook.add_format({"font_color": "#535353", "num_format": "#,##0"})
        self.number = workbook.add_format({"font_color": "#535353", "num_format": "#,##0.0"})
        # The format General: a number typed stays a number, whatever its decimal sign.
        self.fill_in = workbook.add_format({"bg_color": "#FFF8D6", "border": 1, "border_color": "#D9C36A"})
        self.fill_in_text = workbook.add_format(
            {"bg_color": "#FFF8D6", "border": 1, "border_color": "#D9C36A", "num_format": "@"}
        )
        self.label = workbook.add_format({"bold": True})
        self.wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})


def _about_sheet(
    workbook: Workbook,
    formats: _Formats,
    dataset: Dataset,
    location_ids: Sequence[str],
    language: Language,
) -> None:
    sheet = workbook.add_worksheet(sheet_name(ABOUT, language, csv=False))
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 60)
    for number, row in enumerate(_about_rows(dataset, location_ids, language)):
        if len(row) == 2:
            to_fill = number < len(SETTINGS)
            sheet.write_string(number, 0, str(row[0]), formats.label)
            sheet.write_string(number, 1, str(row[1]), formats.fill_in_text if to_fill else formats.text)
        elif row:
            sheet.merge_range(number, 0, number, 1, str(row[0]), formats.wrapped)
            sheet.set_row(number, 32)
    choices = [translate("own.yes", language), translate("own.no", language)]
    sheet.data_validation(0, 1, 0, 1, {"validate": "list", "source": choices})


def _figure_sheet(
    sheet: Worksheet, formats: _Formats, dataset: Dataset, of_kind: Sequence[Item], language: Language
) -> None:
    for column, heading in enumerate(_headings(language)):
        sheet.write_string(0, column, str(heading), formats.heading)
        sheet.set_column(column, column, _WIDTHS[COLUMNS[column]])
    for number, item in enumerate(of_kind, start=1):
        for column, value in enumerate(_row(dataset, item, language)):
            if COLUMNS[column] == "value":
                sheet.write_blank(number, column, None, formats.fill_in)
            elif COLUMNS[column] in FILLED_IN:
                sheet.write_blank(number, column, None, formats.fill_in_text)
            elif isinstance(value, str):
                sheet.write_string(number, column, value, formats.text)
            elif value is not None:
                sheet.write_number(
                    number, column, value, formats.whole if value == int(value) else formats.number
                )
    last = max(1, len(of_kind))
    value_column = COLUMNS.index("value")
    if of_kind and of_kind[0].unit == "yes_no":
        choices = [translate("own.yes", language), translate("own.no", language)]
        rule: dict[str, object] = {"validate": "list", "source": choices}
    else:
        # A text is let through: the import names it with its cell, and also knows "1.234,5".
        rule = {
            "validate": "decimal",
            "criteria": ">=",
            "value": 0,
            "error_type": "warning",
            "error_title": translate("own.entry.title", language),
            "error_message": translate("own.entry.message", language),
        }
    sheet.data_validation(1, value_column, last, value_column, rule)
    sheet.freeze_panes(1, 4)
    sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _csv(rows: Sequence[Sequence[Value]], language: Language) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if language == "nl" else ",", lineterminator="\r\n")
    for row in rows:
        writer.writerow([_csv_cell(value, language) for value in row])
    # With the mark by which Excel knows that the file is UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _csv_cell(value: Value, language: Language) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    written = f"{value:.10g}"
    return written.replace(".", ",") if language == "nl" else written
