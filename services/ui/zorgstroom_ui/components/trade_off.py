"""What cannot be had together, as a picture: scenarios as points, with today, and their simulated years around them."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from zorgstroom.client import TradeOff, TradeOffs
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.rendering import Names, name_of
from zorgstroom.text import Language, translate
from zorgstroom_ui import session
from zorgstroom_ui.components import charts
from zorgstroom_ui.components.html import Column, Html, TableRow, table
from zorgstroom_ui.components.picture import Cell, Picture, Sheet, show_picture
from zorgstroom_ui.components.wording import indicator_name, unit_name, value_text


def choose(found: TradeOffs, language: Language, *, key: str) -> TradeOff:
    """Return the kind of care to show, which the visitor chooses where there are more."""
    if len(found.items) == 1:
        return found.items[0]
    by_care = {item.profile: item for item in found.items}
    chosen = st.radio(
        session.text("ui.impact.tradeoff.care"),
        list(by_care),
        # What the plan is about says more than all care together.
        index=next((place for place, care in enumerate(by_care) if care), 0),
        format_func=lambda care: care_name(care, found.names, language),
        horizontal=True,
        key=key,
    )
    return by_care[chosen]


def care_name(profile: str, names: Names, language: Language) -> str:
    """Return what care a trade-off is about."""
    if not profile:
        return translate("ui.impact.tradeoff.all", language)
    return name_of(profile, language, names)


def show_item(
    item: TradeOff, names: Names, named: Mapping[str | None, str], source: str, language: Language
) -> None:
    """Show a trade-off; `named` are the names of the runs, None: of today."""
    show_picture(picture_of(item, names, named, source, language), table_of(item, named, language))


def letters(runs: list[str]) -> dict[str, str]:
    """Return a letter for each run: a name is too long to stand at a point.

    >>> letters(["x", "y"])
    {'x': 'A', 'y': 'B'}
    """
    return {run: chr(ord("A") + place) for place, run in enumerate(runs)}


def picture_of(
    item: TradeOff, names: Names, named: Mapping[str | None, str], source: str, language: Language
) -> Picture:
    """Return the picture of a trade-off."""
    several = len(item.points) > 2
    marks = letters([point.run for point in item.points if point.run is not None])
    dots = [
        charts.Dot(
            letter=marks[point.run] if point.run is not None and several else named[point.run],
            label=named[point.run],
            x=_drawn(item.across, point.x),
            y=_drawn(item.against, point.y),
            years=[(_drawn(item.across, x), _drawn(item.against, y)) for x, y in point.years],
            today=point.run is None,
        )
        for point in item.points
    ]
    title = translate(
        "ui.impact.tradeoff.title",
        language,
        up=indicator_name(item.against, language),
        across=indicator_name(item.across, language),
        care=care_name(item.profile, names, language),
    )
    told = "; ".join(
        f"{named[point.run]}: {_written(item.across, point.x, language)}, "
        f"{_written(item.against, point.y, language)}"
        for point in item.points
    )
    points = [point.run for point in item.points if point.run is not None]
    return Picture(
        name=f"afruil-{item.profile or 'alles'}-{points[0][:12]}",
        title=title,
        alt=f"{title}. {told}.",
        spec=charts.scatter(
            dots, _axis(item.across, "x", language), _axis(item.against, "y", language), language
        ),
        sheet=_sheet(item, named, language),
        source=source,
    )


def table_of(item: TradeOff, named: Mapping[str | None, str], language: Language) -> Html:
    """Return the points as a table; with more than one plan each has its letter."""
    several = len(item.points) > 2
    marks = letters([point.run for point in item.points if point.run is not None])
    columns = [
        Column(translate("ui.impact.tradeoff.scenario", language)),
        *(Column(_title(name, language), "num") for name in (item.across, item.against)),
    ]
    rows = [
        TableRow(
            [
                f"{marks[point.run]}: {named[point.run]}" if point.run and several else named[point.run],
                value_text(item.across, point.x, language),
                value_text(item.against, point.y, language),
            ]
        )
        for point in item.points
    ]
    return table(translate("ui.impact.tradeoff.caption", language), columns, rows)


def _sheet(item: TradeOff, named: Mapping[str | None, str], language: Language) -> Sheet:
    """Return the points and the simulated years as a file has them."""
    headings = [
        translate("ui.impact.tradeoff.scenario", language),
        *(_title(name, language) for name in (item.across, item.against)),
    ]
    rows: list[list[Cell]] = [
        [named[point.run], round(x, 4), round(y, 4)]
        for point in item.points
        for x, y in [(point.x, point.y), *point.years]
    ]
    return Sheet(headings, rows)


def _drawn(indicator: str, value: float) -> float:
    """Return a value as it is drawn, with no more digits than can be seen."""
    return round(value, CATALOGUE[indicator].decimals + 2)


def _axis(indicator: str, which: str, language: Language) -> charts.Axis:
    definition = CATALOGUE[indicator]
    higher = definition.direction == "higher"
    arrow = {("x", True): "→", ("x", False): "←", ("y", True): "↑", ("y", False): "↓"}[which, higher]
    better = translate(
        f"compare.trade_off.{'higher' if higher else 'lower'}", language, name=_title(indicator, language)
    )
    # Ten times the smallest difference that is written.
    least = 10.0 ** (1 - definition.decimals)
    return charts.Axis(f"{arrow} {better}", share=definition.unit == "share", least=least)


def _title(indicator: str, language: Language) -> str:
    unit = unit_name(indicator, language)
    name = indicator_name(indicator, language)
    return f"{name} ({unit})" if unit else name


def _written(indicator: str, value: float, language: Language) -> str:
    unit = unit_name(indicator, language)
    return f"{value_text(indicator, value, language)} {unit}".strip()
