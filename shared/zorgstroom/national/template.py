"""The template of the national method: a workbook, or CSV files, with what the model knows already filled in."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction

import xlsxwriter

from zorgstroom.dataset.model import Dataset
from zorgstroom.national.case import CHOICES, Value
from zorgstroom.national.defaults import (
    KEY_OF_SPECIALTY,
    exact,
    expected_totals,
    expected_volumes,
    national_proxies,
    shipped_interventions,
    shipped_rows,
)
from zorgstroom.national.example import (
    EXAMPLE_AREAS,
    EXAMPLE_CHOICES,
    EXAMPLE_KEY_FIGURES,
    EXAMPLE_OVERRIDES,
    EXAMPLE_PLACES,
    EXAMPLE_PROXIES,
    EXAMPLE_VOLUMES,
)
from zorgstroom.national.measures import ACTIVITIES, MEASURES, UNITS
from zorgstroom.national.output import to_csv
from zorgstroom.national.reading import METHOD, VERSION, YEAR
from zorgstroom.national.sheets import ABOUT, COLUMNS, SETTINGS, sheet_name
from zorgstroom.national.tables import Cell, Table
from zorgstroom.text import Language, translate

#: Columns to fill in.
_FILLED_IN = {
    *("value", "source", "choice", "region", "plan", "share", "to", "from", "minimum", "factor", "moving"),
}
#: Lines of explanation on the first sheet.
_ABOUT_LINES = 13
#: Rows to fill in where the template has none.
_EMPTY_ROWS = 20

Row = tuple[Cell, ...]


def template_tables(
    data: Dataset, locations: Sequence[str], language: Language, *, example: bool, own_areas: bool
) -> list[Table]:
    """Return the sheets of the template: for these locations, or the worked example."""
    sheets = [_interventions(data, language)]
    if example:
        sheets += _example(language)
    else:
        sheets += _for_locations(data, locations, language)
    if own_areas and not example:
        sheets += [Table(kind, COLUMNS[kind], ()) for kind in ("places", "areas")]
    return sheets


def about_rows(name: str, language: Language, *, example: bool) -> list[tuple[str, str]]:
    """Return questions, answers and explanation of the first sheet."""
    answers = {"template": METHOD, "version": VERSION, "year": YEAR, "name": name}
    answers |= {
        "confidential": translate("national.no" if example else "national.yes", language),
        "published_nursing_days": translate("national.no", language),
        "volume_year": "2022" if example else "",
    }
    rows = [(translate(f"national.setting.{key}", language), answers.get(key, "")) for key in SETTINGS]
    rows.append(("", ""))
    return rows + [(translate(f"national.about.{line}", language), "") for line in range(1, _ABOUT_LINES + 1)]


def template_csv(
    sheets: Sequence[Table], about: Sequence[tuple[str, str]], language: Language
) -> dict[str, bytes]:
    """Return the template as CSV files by name."""
    first = Table(ABOUT, ("question", "answer"), tuple(about))
    return {
        f"{sheet_name(item.id, language, csv=True)}.csv": to_csv(item, language) for item in (first, *sheets)
    }


def template_xlsx(sheets: Sequence[Table], about: Sequence[tuple[str, str]], language: Language) -> bytes:
    """Return the template as a workbook: a sheet that explains, and one per kind of input."""
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as workbook:
        heading = workbook.add_format(
            {"bold": True, "font_color": "#FFFFFF", "bg_color": "#154273", "text_wrap": True, "valign": "top"}
        )
        bold, wrapped = workbook.add_format({"bold": True}), workbook.add_format({"text_wrap": True})
        to_fill = workbook.add_format({"bg_color": "#FFF8D6", "border": 1, "border_color": "#D9C36A"})
        sheet = workbook.add_worksheet(sheet_name(ABOUT, language, csv=False))
        sheet.set_column(0, 0, 46)
        sheet.set_column(1, 1, 60)
        for number, (question, answer) in enumerate(about):
            if number < len(SETTINGS):
                sheet.write_string(number, 0, question, bold)
                sheet.write_string(number, 1, answer, to_fill)
            elif question:
                sheet.merge_range(number, 0, number, 1, question, wrapped)
                sheet.set_row(number, 32)
        for table in sheets:
            sheet = workbook.add_worksheet(sheet_name(table.id, language, csv=False))
            for column, name in enumerate(table.columns):
                title = name[1:-1] if name.startswith("[") else translate(f"national.column.{name}", language)
                sheet.write_string(0, column, title, heading)
                sheet.set_column(column, column, 30 if name.endswith("_name") or name == "source" else 16)
            last = max(len(table.rows), _EMPTY_ROWS)
            for number in range(last):
                row = table.rows[number] if number < len(table.rows) else (None,) * len(table.columns)
                for column, cell in enumerate(row):
                    style = to_fill if table.columns[column] in _FILLED_IN else None
                    if isinstance(cell, str) and cell:
                        sheet.write_string(number + 1, column, cell, style)
                    elif isinstance(cell, int | Fraction):
                        sheet.write_number(number + 1, column, float(cell), style)
                    elif style is not None:
                        sheet.write_blank(number + 1, column, None, style)
            if "choice" in table.columns:
                words = [translate(f"national.choice.{name}", language) for name in CHOICES]
                at = table.columns.index("choice")
                sheet.data_validation(1, at, last, at, {"validate": "list", "source": words})
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, last, len(table.columns) - 1)
    return content.getvalue()


def _interventions(data: Dataset, language: Language) -> Table:
    rows: list[Row] = []
    for item in shipped_interventions(data):
        names: dict[str, str] = {
            "intervention_name": item[f"name_{language}"],
            "norm_name": item[f"norm_{language}"],
            "source": item[f"source_{language}"],
            "impact": translate("national.yes" if item["impact"] == "1" else "national.no", language),
            "travel": translate("national.yes" if item["travel"] == "1" else "national.no", language),
        }
        numbers = {
            name: Fraction(item[name]) if item[name] else None for name in ("minimum", "moving", "factor")
        }
        rows.append(
            tuple(
                numbers[name] if name in numbers else names.get(name, item.get(name, ""))
                for name in COLUMNS["interventions"]
            )
        )
    return Table("interventions", COLUMNS["interventions"], tuple(rows))


def _norms(language: Language) -> dict[str, str]:
    return {item["norm"]: item[f"norm_{language}"] for item in shipped_rows("interventions")}


def _for_locations(data: Dataset, locations: Sequence[str], language: Language) -> Iterator[Table]:
    at = [data.locations[data.location_index[name]] for name in locations]
    volumes, totals = expected_volumes(data), expected_totals(data)
    named = {item["intervention"]: item[f"name_{language}"] for item in shipped_rows("interventions")}
    rows: list[Row] = [
        (place.id, place.name, code, name, _known(volumes.get((place.id, code))), None, "")
        for place in at
        for code, name in named.items()
    ]
    yield Table("volumes", COLUMNS["volumes"], tuple(rows))
    rows = [
        (place.id, place.name, norm, name, "", f"roaz:{place.roaz}", "")
        for norm, name in _norms(language).items()
        for place in at
    ]
    yield Table("choices", COLUMNS["choices"], tuple(rows))
    yield Table("overrides", COLUMNS["overrides"], ())
    specialties = sorted({item["specialty"] for item in shipped_rows("interventions")})
    rows = [
        (
            place.organisation_id,
            place.id,
            specialty,
            activity,
            translate(f"national.activity.{activity}", language),
            translate(f"national.unit.{UNITS[activity]}", language),
            _known(totals.get((place.organisation_id, place.id, specialty, activity))),
            None,
            "",
        )
        for place in at
        for specialty, activity in (
            *(("", name) for name in ACTIVITIES),
            *((name, activity) for name in specialties for activity in KEY_OF_SPECIALTY),
        )
    ]
    yield Table("key_figures", COLUMNS["key_figures"], tuple(rows))
    yield Table("proxies", COLUMNS["proxies"], tuple(_proxies(data, language)))


def _known(value: Value | None) -> Fraction | None:
    return None if value is None else value.value


def _proxies(data: Dataset, language: Language) -> Iterator[Row]:
    """Yield one row per national proxy: of each intervention, and (``*``) of all."""
    defaults = national_proxies(data)
    for intervention in ("*", *(item["intervention"] for item in shipped_rows("interventions"))):
        for measure, unit in MEASURES.items():
            value = defaults.get((intervention, measure))
            if intervention != "*" and value is None and ("*", measure) in defaults:
                continue
            if intervention == "*" and value is None:
                continue
            yield (
                "",
                intervention,
                measure,
                translate(f"national.measure.{measure}", language),
                translate(f"national.unit.{unit}", language),
                _known(value),
                "" if value is None else translate(f"national.origin.{value.origin}", language),
                None,
                "" if value is None else value.source,
            )


def _example(language: Language) -> Iterator[Table]:
    places = [(code, name, owner, area) for code, (name, owner, area) in EXAMPLE_PLACES.items()]
    yield Table("places", COLUMNS["places"], tuple(places))
    yield Table(
        "areas",
        (*COLUMNS["areas"], *(f"[{code}]" for code in EXAMPLE_PLACES)),
        tuple((code, code, number, *minutes) for code, (number, minutes) in EXAMPLE_AREAS.items()),
    )
    named = {item["intervention"]: item[f"name_{language}"] for item in shipped_rows("interventions")}
    source = translate("national.example.source", language)
    yield Table(
        "volumes",
        COLUMNS["volumes"],
        tuple(
            (place, EXAMPLE_PLACES[place][0], code, named[code], None, value, source)
            for (place, code), value in EXAMPLE_VOLUMES.items()
        ),
    )
    norms = _norms(language)
    yield Table(
        "choices",
        COLUMNS["choices"],
        tuple(
            (
                place,
                EXAMPLE_PLACES[place][0],
                norm,
                norms[norm],
                translate(f"national.choice.{choice}", language),
                "",
                "",
            )
            for (place, norm), choice in EXAMPLE_CHOICES.items()
        ),
    )
    yield Table(
        "overrides",
        COLUMNS["overrides"],
        tuple((sender, norm, to, exact(share), "") for sender, norm, to, share in EXAMPLE_OVERRIDES),
    )
    yield Table(
        "key_figures",
        COLUMNS["key_figures"],
        tuple(
            (
                *(
                    organisation,
                    place,
                    specialty,
                    activity,
                    translate(f"national.activity.{activity}", language),
                ),
                *(translate(f"national.unit.{UNITS[activity]}", language), None, value, source),
            )
            for (organisation, place, specialty, activity), value in EXAMPLE_KEY_FIGURES.items()
        ),
    )
    yield Table(
        "proxies",
        COLUMNS["proxies"],
        tuple(
            (
                *(holder, intervention, measure, translate(f"national.measure.{measure}", language)),
                *(translate(f"national.unit.{MEASURES[measure]}", language), None, "", exact(value), source),
            )
            for (holder, intervention, measure), value in EXAMPLE_PROXIES.items()
        ),
    )
