"""The template for realised volumes: what the plan touches, year by year, with room for what happened."""

from __future__ import annotations

import csv
import io

import numpy as np
import xlsxwriter

from zorgstroom.actual.comparing import prediction_range
from zorgstroom.actual.reading import COLUMNS
from zorgstroom.actual.result import Expected, Key
from zorgstroom.planning.plan import compile_plan
from zorgstroom.text import Language, translate

Value = str | float | int | None
_WIDTHS = {"location_name": 34, "profile_name": 34, "location": 12, "profile": 20, "realised": 14}


def template_rows(expected: Expected, language: Language) -> list[list[Value]]:
    """Return the headings and a row per location, profile and year that the plan changes."""
    heading: list[Value] = [translate(f"actual.column.{name}", language) for name in COLUMNS]
    return [heading, *(_row(expected, key, language) for key in touched(expected))]


def touched(expected: Expected) -> list[Key]:
    """Return the volumes of the care that moves, where patients leave or the plan has others than today."""
    plan = compile_plan(expected.scenario, expected.dataset, expected.region)
    found = set()
    for profile in {move.profile for move in plan.moves}:
        for row in np.flatnonzero(expected.locations).tolist():
            keys = [(row, profile, year) for year in expected.years]
            today, planned = (
                np.array([side.get(key, expected.nothing()) for key in keys])
                for side in (expected.baseline, expected.plan)
            )
            if not np.array_equal(today, planned):
                found |= set(keys)
    return sorted(found)


def _row(expected: Expected, key: Key, language: Language) -> list[Value]:
    place, profile = expected.dataset.locations[key[0]], expected.dataset.profiles[key[1]]
    baseline, plan = (side.get(key, expected.nothing()) for side in (expected.baseline, expected.plan))
    return [
        place.id,
        place.name,
        profile.id,
        profile.name(language),
        key[2],
        round(float(baseline.mean()), 1),
        round(float(plan.mean()), 1),
        *prediction_range(plan),
        None,
    ]


def template_csv(rows: list[list[Value]], language: Language) -> bytes:
    """Return the template as CSV, with semicolons and decimal commas in Dutch, as Excel has them."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if language == "nl" else ",", lineterminator="\r\n")
    for row in rows:
        writer.writerow(["" if value is None else _written(value, language) for value in row])
    # With the mark by which Excel knows that the file is UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _written(value: str | float, language: Language) -> str:
    return str(value).replace(".", ",") if language == "nl" and isinstance(value, float) else str(value)


def template_xlsx(rows: list[list[Value]], language: Language) -> bytes:
    """Return the template as a workbook of one sheet."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as workbook:
        bold, fill = (
            workbook.add_format({"bold": True}),
            workbook.add_format({"bg_color": "#FFF8DC", "border": 1}),
        )
        sheet = workbook.add_worksheet(translate("actual.sheet", language))
        sheet.write_row(0, 0, rows[0], bold)
        for number, row in enumerate(rows[1:], start=1):
            sheet.write_row(number, 0, row)
            sheet.write_blank(number, len(row) - 1, None, fill)
        for column, name in enumerate(COLUMNS):
            sheet.set_column(column, column, _WIDTHS.get(name, 10))
        sheet.freeze_panes(1, 0)
    return content.getvalue()
