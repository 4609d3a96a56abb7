"""What a comparison puts next to each other besides its outcomes: hospitals, groups and areas, files, and weighing.

Pure functions: everything comes from the results themselves, here it only gets its form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zorgstroom.client import Comparison, ScenarioInfo, TradeOffs
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.impact import Impact, Section
from zorgstroom.reporting.readings import is_clear
from zorgstroom.reporting.rendering import name_of, render, with_interval
from zorgstroom.reporting.views import Spread, Views
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number, signed
from zorgstroom_ui.components import charts, country_map
from zorgstroom_ui.components.country_map import Spot
from zorgstroom_ui.components.html import Column, Html, TableRow, cut_table, join, paragraph, table
from zorgstroom_ui.components.picture import Cell, Sheet
from zorgstroom_ui.components.report_tables import cell_html
from zorgstroom_ui.components.wording import indicator_name, no_value, unit_name

#: Hospitals drawn per plan; the table has all.
DRAWN_HOSPITALS = 8
#: Fewer patients per year than this are not a flow but chance.
SMALLEST_FLOW = 0.5
#: What of the groups is put next to each other: columns of the section.
GROUP_COLUMNS = ("equity_travel_change", "equity_wait_change", "equity_burden")
#: Importance a visitor can give to a topic.
MOST_WEIGHT = 5


@dataclass(frozen=True)
class Place:
    """A plan in the order a visitor's weights give; plans with the same place share it."""

    place: int
    plan: str


def unique_names(plans: Sequence[ScenarioInfo]) -> dict[str, str]:
    """Return {id: name}, with version or beginning of the id where plans have the same name.

    >>> [first, second] = [ScenarioInfo(id=name * 8, name="Plan", version=v) for name, v in (("a", 1), ("b", 2))]
    >>> list(unique_names([first, second]).values())
    ['Plan (2)', 'Plan']
    """
    found: dict[str, str] = {}
    names = Counter(plan.name for plan in plans)
    for plan in plans:
        alike = [other for other in plans if other.name == plan.name]
        told_apart = len({other.version for other in alike}) == len(alike)
        mark = str(plan.version) if told_apart else plan.id[:6]
        found[plan.id] = plan.name if names[plan.name] == 1 else f"{plan.name} ({mark})"
    return found


# -- hospitals -------------------------------------------------------------------------------------------


def hospital_arrows(impacts: Sequence[Impact], language: Language) -> list[list[charts.Arrow]]:
    """Return per plan the same hospitals in the same order: those for which most changes under any plan."""
    names = {place.id: place.name for impact in impacts for place in impact.locations}
    nets = [{place.id: place.net for place in impact.locations} for impact in impacts]
    sizes = {place: max(abs(net[place].mean) for net in nets if place in net) for place in names}
    kept = [
        place
        for place in sorted(names, key=lambda place: (-sizes[place], names[place]))
        if sizes[place] >= SMALLEST_FLOW
    ]
    kept = kept[:DRAWN_HOSPITALS]
    drawn = []
    for net in nets:
        rows = []
        for place in kept:
            found = net.get(place)
            if found is None:
                rows.append(charts.Arrow(names[place], 0.0, number(0, language), clear=False))
                continue
            rows.append(
                charts.Arrow(
                    names[place],
                    found.mean,
                    with_interval(found, language, is_signed=True),
                    found.low,
                    found.high,
                    clear=found.low is None or is_clear(found),
                )
            )
        drawn.append(rows)
    return drawn


# -- groups ----------------------------------------------------------------------------------------------


def groups(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Html:
    """Return per group of inhabitants what each plan does to travel and waiting, and which part each bears."""
    found = [_equity(impact) for impact in impacts]
    if not any(found):
        return paragraph(translate("ui.compare.groups.none", language))
    parts = []
    for column in GROUP_COLUMNS:
        rows: dict[str, list[str]] = {}
        heading = ""
        for place, (impact, section) in enumerate(zip(impacts, found, strict=True)):
            if section is None:
                continue
            view = Views(impact, language).section(section)
            at = [item.id for item in section.columns].index(column)
            heading = view.columns[at].header
            for row in view.rows:
                cells = rows.setdefault(str(row[0]), [no_value()] * len(impacts))
                cells[place] = cell_html(row[at], language)
        columns = [
            Column(translate("report.column.equity_group", language)),
            *(Column(name, "num") for name in names),
        ]
        caption = translate("ui.compare.groups.caption", language, what=heading)
        parts.append(table(caption, columns, [TableRow([group, *cells]) for group, cells in rows.items()]))
    return join(*parts)


def _equity(impact: Impact) -> Section | None:
    return next((section for section in impact.sections if section.id == "equity" and section.rows), None)


# -- areas -----------------------------------------------------------------------------------------------


def spots(impact: Impact) -> list[Spot]:
    """Return the areas of the map of extra travel of one plan."""
    return [country_map.spot_of(area) for area in impact.areas if area.moved_patients.mean >= SMALLEST_FLOW]


def areas(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Html:
    """Return extra travel per area and plan, the longest under any plan first."""
    columns = [
        Column(translate("ui.impact.where.area", language)),
        *(Column(name, "num") for name in names),
    ]
    rows = [
        TableRow([name, *(no_value() if value is None else signed(value, language, 1) for value in values)])
        for name, values in _minutes(impacts)
    ]
    if not rows:
        return paragraph(translate("ui.impact.where.none", language))
    return cut_table(translate("ui.compare.areas.caption", language), columns, rows, language)


def _minutes(impacts: Sequence[Impact]) -> list[tuple[str, list[float | None]]]:
    names = {area.id: area.name for impact in impacts for area in impact.areas}
    by_plan = [
        {
            area.id: area.extra_minutes.mean
            for area in impact.areas
            if area.moved_patients.mean >= SMALLEST_FLOW
        }
        for impact in impacts
    ]
    rows = [(name, [plan.get(area) for plan in by_plan]) for area, name in names.items()]
    known = [row for row in rows if any(value is not None for value in row[1])]
    return sorted(known, key=lambda row: (-max(value for value in row[1] if value is not None), row[0]))


# -- weighing --------------------------------------------------------------------------------------------


def topics_to_weigh(compared: Comparison) -> list[str]:
    """Return the topics that more or less of is better; of all care together where that is told."""
    known = [key for key in compared.indicators if CATALOGUE[key.partition(":")[0]].direction != "neutral"]
    return [key for key in known if ":" not in key] or known


def ordered(compared: Comparison, names: Sequence[str], weights: Mapping[str, int]) -> list[Place]:
    """Return the plans in order: what is clearly better than the reference counts for, clearly worse against.

    Only the order: the sum itself means nothing. What is within chance does not count at all.
    """
    scores = [0] * len(names)
    for key, weight in weights.items():
        for place, cell in enumerate(compared.indicators[key]):
            scores[place] += weight * {"better": 1, "worse": -1}.get(cell.verdict, 0)
    order = sorted(range(len(names)), key=lambda place: (-scores[place], place))
    return [Place(1 + sum(score > scores[place] for score in scores), names[place]) for place in order]


# -- files -----------------------------------------------------------------------------------------------


def workbook_pages(
    compared: Comparison | None,
    impacts: Sequence[Impact],
    weighed: TradeOffs | None,
    names: Sequence[str],
    language: Language,
) -> list[tuple[str, Sheet]]:
    """Return the tables of a comparison as sheets of a workbook."""
    pages = [] if compared is None else [("outcomes", _outcomes(compared, impacts, names, language))]
    pages += [
        ("hospitals", _hospitals(impacts, names, language)),
        ("areas", _areas(impacts, names, language)),
        ("groups", _groups(impacts, names, language)),
    ]
    if weighed is not None:
        pages.append(("trade_off", _trade_off(weighed, names, language)))
    pages += [
        ("choices", _choices(impacts, names, language)),
        ("assumptions", _assumptions(impacts, names, language)),
    ]
    return [(translate(f"ui.compare.sheet.{name}", language), sheet) for name, sheet in pages]


def _outcomes(
    compared: Comparison, impacts: Sequence[Impact], names: Sequence[str], language: Language
) -> Sheet:
    known = {key: value for impact in impacts for key, value in impact.names.items()}
    headings = [translate(f"ui.compare.{name}", language) for name in ("topic", "place", "unit", "now")]
    for name in names:
        headings.append(name)
        headings += [
            translate(f"ui.compare.sheet.{what}", language, name=name)
            for what in ("difference", "low", "high", "verdict")
        ]
    rows: list[list[Cell]] = []
    for key, cells in compared.indicators.items():
        indicator, *places = key.split(":")
        where = ", ".join(name_of(part, language, known) for part in places)
        row: list[Cell] = [
            indicator_name(indicator, language),
            where,
            unit_name(indicator, language),
            cells[0].baseline.mean,
        ]
        for cell in cells:
            difference = cell.difference
            word = translate(f"verdict.{cell.verdict}", language)
            row += [cell.plan.mean, difference.mean, difference.low, difference.high, word]
        rows.append(row)
    return Sheet(headings, rows)


def _hospitals(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Sheet:
    places = {place.id: place.name for impact in impacts for place in impact.locations}
    nets = [{place.id: round(place.net.mean, 2) for place in impact.locations} for impact in impacts]
    rows: list[list[Cell]] = [[name, *(net.get(place) for net in nets)] for place, name in places.items()]
    return Sheet([translate("ui.impact.who.place", language), *names], rows)


def _areas(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Sheet:
    rows: list[list[Cell]] = [
        [name, *(None if value is None else round(value, 2) for value in values)]
        for name, values in _minutes(impacts)
    ]
    return Sheet([translate("ui.impact.where.area", language), *names], rows)


def _groups(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Sheet:
    rows: list[list[Cell]] = []
    for impact, name in zip(impacts, names, strict=True):
        section = _equity(impact)
        if section is None:
            continue
        view = Views(impact, language).section(section)
        for row in view.rows:
            for column, cell in zip(view.columns[1:], row[1:], strict=True):
                if isinstance(cell, Spread):
                    value = cell.value
                    rows.append([name, str(row[0]), column.header, value.mean, value.low, value.high])
    headings = [translate(f"ui.compare.sheet.{what}", language) for what in ("plan", "group", "what", "mean")]
    ends = [translate(f"ui.compare.sheet.end.{what}", language) for what in ("low", "high")]
    return Sheet([*headings, *ends], rows)


def _trade_off(weighed: TradeOffs, names: Sequence[str], language: Language) -> Sheet:
    rows: list[list[Cell]] = []
    for item in weighed.items:
        care = name_of(item.profile, language, weighed.names) if item.profile else ""
        called = [translate("ui.compare.now", language), *names]
        for point, name in zip(item.points, called, strict=True):
            rows += [
                [care or translate("ui.impact.tradeoff.all", language), name, year, x, y]
                for year, (x, y) in enumerate([(point.x, point.y), *point.years])
            ]
    headings = [translate(f"ui.compare.sheet.{what}", language) for what in ("care", "plan", "year")]
    if weighed.items:
        first = weighed.items[0]
        headings += [indicator_name(first.across, language), indicator_name(first.against, language)]
    return Sheet(headings, rows)


def _choices(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Sheet:
    rows: list[list[Cell]] = [
        [name, render(action, language, impact.names)]
        for impact, name in zip(impacts, names, strict=True)
        for action in impact.actions
    ]
    return Sheet([translate(f"ui.compare.sheet.{what}", language) for what in ("plan", "choice")], rows)


def _assumptions(impacts: Sequence[Impact], names: Sequence[str], language: Language) -> Sheet:
    found = {item.id: (item, impact.names) for impact in impacts for item in impact.assumptions}
    plans = {
        key: [
            name
            for impact, name in zip(impacts, names, strict=True)
            if any(item.id == key for item in impact.assumptions)
        ]
        for key in found
    }
    rows: list[list[Cell]] = [
        [render(item.label, language, known), item.value, item.unit, item.source, ", ".join(plans[key])]
        for key, (item, known) in found.items()
    ]
    headings = [
        translate(f"report.column.{name}", language) for name in ("figure", "value", "unit", "source")
    ]
    return Sheet([*headings, translate("ui.compare.assumptions.plans", language)], rows)
