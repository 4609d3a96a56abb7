"""Tab Onzekerheid: a dot for every simulated year; chance apart from assumptions."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from zorgstroom.depth_document import Subject, YearsLine
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.rendering import render
from zorgstroom.reporting.wording import ladder
from zorgstroom.text import translate
from zorgstroom_ui import session
from zorgstroom_ui.components.html import (
    Html,
    TableRow,
    h2,
    link,
    listing,
    paragraph,
    show,
    table,
)
from zorgstroom_ui.components.impact_view import ImpactView
from zorgstroom_ui.components.in_depth import asking, charts
from zorgstroom_ui.components.in_depth.context import Context, heading
from zorgstroom_ui.components.in_depth.volumes import strip_legend
from zorgstroom_ui.components.picture import Picture, Sheet, show_picture, source_of
from zorgstroom_ui.components.report_tables import report_table
from zorgstroom_ui.components.wording import (
    capital,
    estimate_cell,
    indicator_name,
    no_value,
    reads_as_zero,
    unit_name,
)

#: What can be looked at year by year, of everybody together or of a hospital or kind of care.
OUTCOMES = (
    "travel_mean",
    "wait_treatment",
    "wait_first_visit",
    "list_treatment_end",
    "volume_at_norm",
    "travel_over_30",
    "diverted",
    "volume",
)


def show_tab(context: Context) -> None:
    """Show the tab."""
    show(heading(context.text("ui.depth.chance"), "chance", context.text("ui.depth.chance.help")))
    chosen = st.selectbox(
        context.text("ui.depth.chance.outcome"),
        OUTCOMES,
        format_func=lambda name: indicator_name(name, context.language),
        key="depth-outcome",
    )
    _show_years(context, chosen)
    view = ImpactView(context.impact, context.language)
    if view.tables["precision"].rows:
        show(
            h2(context.text("ui.depth.precision"), "precision"),
            paragraph(context.text("ui.depth.precision.help")),
            report_table(view.tables["precision"], context.language),
        )
    show(h2(context.text("ui.depth.assumptions"), "by-assumptions"))
    if context.impact.robustness is None:
        show(
            paragraph(context.text("ui.depth.assumptions.none")),
            paragraph(
                link(
                    context.text("ui.depth.assumptions.ask"),
                    session.address("impact", run=context.run.id) + "#assumptions",
                )
            ),
        )
        show(listing(_doubtful(context)))
    else:
        show(view.robustness())
        if view.tables["drivers"].rows:
            show(report_table(view.tables["drivers"], context.language))


def _doubtful(context: Context) -> list[str]:
    """Return the least certain figures the outcome rests on."""
    low = [item for item in context.impact.assumptions if item.confidence == "low"][:5]
    return [capital(render(item.label, context.language, context.impact.names)) for item in low]


def _show_years(context: Context, indicator: str) -> None:
    by, filters = _asked(context, indicator)
    found = asking.years(context.run.id, indicator, by, **filters)
    lines = [line for line in found.items if line.difference is not None][:6]
    if not lines:
        show(paragraph(context.text("ui.depth.nothing")))
        return
    share = CATALOGUE[indicator].unit == "share"
    strips = [charts.Strip(_name(context, line), line.baseline, line.plan) for line in lines]
    unit = unit_name(indicator, context.language)
    title = indicator_name(indicator, context.language)
    show(strip_legend(context, limit=False))
    sentences = [_sentence(context, indicator, line) for line in lines]
    show_picture(
        Picture(
            name=f"jaren-{indicator}",
            title=title,
            alt=f"{title}. {sentences[0]}",
            spec=charts.dot_strips(
                strips,
                f"{title} ({unit})" if unit else title,
                context.sides,
                context.language,
                share=share,
                zero=False,
            ),
            sheet=_sheet(context, lines, found.replications),
            source=source_of(context.impact.identity),
        ),
        _table(context, indicator, lines),
        below=listing(sentences),
    )


def _asked(context: Context, indicator: str) -> tuple[tuple[Subject, ...], dict[str, Sequence[str]]]:
    """Return by what it is told and which of it: as far as the indicator is counted so finely."""
    levels, chosen = CATALOGUE[indicator].levels, context.choices
    by: list[Subject] = []
    filters: dict[str, Sequence[str]] = {}
    asked: tuple[tuple[Subject, Sequence[str]], ...] = (
        ("location", chosen.ziekenhuis),
        ("profile", chosen.zorg),
    )
    for level, values in asked:
        if values and level in levels:
            by.append(level)
            filters[level] = values
    return tuple(by), filters


def _name(context: Context, line: YearsLine) -> str:
    parts = [context.names.of(part) for part in (line.location, line.profile) if part]
    return " · ".join(parts) or context.text("ui.depth.chance.everything")


def _sentence(context: Context, indicator: str, line: YearsLine) -> str:
    """Return in how many simulated years it is higher under the plan, with the fixed words for how often."""
    total = sum(
        before is not None and after is not None
        for before, after in zip(line.baseline, line.plan, strict=True)
    )
    more = line.higher >= line.lower
    count = line.higher if more else line.lower
    if not count:
        return context.text("ui.depth.chance.same", where=_name(context, line))
    if line.difference is not None and reads_as_zero(indicator, line.difference.mean):
        return context.text("ui.depth.chance.tiny", where=_name(context, line))
    return context.text(
        "ui.depth.chance.higher" if more else "ui.depth.chance.lower",
        where=_name(context, line),
        word=translate(ladder(count, total), context.language),
        count=context.number(count),
        total=context.number(total),
    )


def _table(context: Context, indicator: str, lines: Sequence[YearsLine]) -> Html:
    columns = context.columns(
        "chance", "where", "baseline:num", "plan:num", "difference:num", "higher:num", "lower:num", "rows"
    )
    rows = [
        TableRow(
            [
                _name(context, line),
                _cell(context, indicator, line.baseline_mean),
                _cell(context, indicator, line.plan_mean),
                _cell(context, indicator, line.difference, difference=True),
                context.number(line.higher),
                context.number(line.lower),
                context.rows_link(
                    _name(context, line), "indicators", indicator, ziekenhuis=line.location, zorg=line.profile
                ),
            ]
        )
        for line in lines
    ]
    return table(context.text("ui.depth.chance.caption"), columns, rows)


def _cell(context: Context, indicator: str, value: Estimate | None, *, difference: bool = False) -> Html:
    if value is None:
        return Html(no_value())
    return estimate_cell(indicator, value, context.language, difference=difference)


def _sheet(context: Context, lines: Sequence[YearsLine], replications: int) -> Sheet:
    head = [context.text("ui.depth.chance.column.where"), context.text("ui.depth.chance.column.side")]
    head += [context.text("ui.depth.chance.year", number=str(number + 1)) for number in range(replications)]
    rows = [
        [_name(context, line), context.sides[side], *values]
        for line in lines
        for side, values in (("baseline", line.baseline), ("plan", line.plan))
    ]
    return Sheet(head, rows)
