"""The worked example of the national method, and the tables of it that stand in ``docs/national-method.md``."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from zorgstroom.dataset import load_dataset
from zorgstroom.national.impact import Effect
from zorgstroom.national.measures import ACTIVITIES, PROFESSIONS
from zorgstroom.national.outcome import Outcome, outcome_of
from zorgstroom.national.reading import read_cases
from zorgstroom.national.tables import Cell, tables
from zorgstroom.national.template import about_rows, template_tables, template_xlsx
from zorgstroom.text import translate
from zorgstroom.text.columns import markdown_table
from zorgstroom.text.numbers import number

#: Columns of each table in the documentation; in the language of that page.
SHOWN = {
    "redistribution": (
        "norm_name",
        "location",
        "choice",
        "before",
        "after_step_1",
        "after",
        "change",
        "meets",
    ),
    "flows": ("norm_name", "from", "to", "patients", "share"),
    "top_ups": ("to", "from", "shortfall", "surplus", "minutes", "patients"),
    "travel": (
        "norm_name",
        "patients",
        "changed",
        "mean_before",
        "mean_extra",
        "longest_after",
        "longest_extra",
    ),
    "bands": ("norm_name", "band", "patients", "inhabitants"),
    "totals": (
        *("level", "organisation", "location", "specialty", "activity", "own", "national", "total"),
        *("rounded_own", "percent_own"),
    ),
    "staff_totals": ("location", "profession", "own", "national", "rounded_own", "rounded_national"),
}


def worked_example(folder: Path) -> Outcome:
    """Return the outcome of the example as the command writes it, read again."""
    path = folder / "voorbeeld.xlsx"
    sheets = template_tables(load_dataset(), (), "nl", example=True, own_areas=False)
    path.write_bytes(template_xlsx(sheets, about_rows("Voorbeeld", "nl", example=True), "nl"))
    return outcome_of(read_cases(path, "nl2025")[0])


def documented(outcome: Outcome) -> dict[str, str]:
    """Return the tables of the page as Markdown, by name; rows without anything in them are left out."""
    found = {}
    for table in tables([outcome], "nl"):
        if table.id not in SHOWN:
            continue
        columns = [table.columns.index(name) for name in SHOWN[table.id]]
        rows = [tuple(translate(f"national.column.{name}", "nl") for name in SHOWN[table.id])]
        for row in table.rows:
            if table.id == "bands" and not row[3]:
                continue
            if table.id == "totals" and not row[6] and not row[7]:
                continue
            rows.append(tuple(written(row[column]) for column in columns))
        found[table.id] = markdown_table(rows)
    found["activities"] = markdown_table(list(matrix(outcome, "activity")))
    found["professions"] = markdown_table(list(matrix(outcome, "profession")))
    return found


def matrix(outcome: Outcome, kind: str) -> Iterator[tuple[str, ...]]:
    """Yield the effects with own proxies: a row per place and intervention, a column per activity or profession."""
    whats = tuple(ACTIVITIES if kind == "activity" else PROFESSIONS)
    head = ("Locatie", "Interventie", "Patiënten")
    yield (*head, *(translate(f"national.{kind}.{what}", "nl") for what in whats))
    effects: dict[tuple[int, str], dict[str, Effect]] = {}
    for effect in outcome.effects:
        if effect.what in whats:
            effects.setdefault((effect.place, effect.intervention), {})[effect.what] = effect
    names = {item.id: item.name("nl") for item in outcome.case.interventions}
    for (place, intervention), by_what in effects.items():
        patients = by_what[whats[0]].patients
        if patients or any(by_what[what].own for what in whats):
            cells = (patients, *(by_what[what].own for what in whats))
            yield (outcome.case.places[place].id, names[intervention], *map(written, cells))


def written(cell: Cell) -> str:
    """Return a cell with at most two decimals; a dash where nothing is known."""
    if cell is None:
        return "–"
    if isinstance(cell, str):
        return cell
    decimals = next((digits for digits in (0, 1) if round(Fraction(cell), digits) == cell), 2)
    return number(float(cell), "nl", decimals)
