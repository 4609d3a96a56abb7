"""Tab Reistijd: how much longer who goes elsewhere travels, where they live, and travel per kind of care."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zorgstroom.depth_document import AreaLine, AreaMoves
from zorgstroom.reporting.impact import Estimate
from zorgstroom.text import translate
from zorgstroom.text.numbers import percent, signed
from zorgstroom_ui import session
from zorgstroom_ui.components.country_map import TRAVEL, WAITING, Measure, Spot, legend, spots_spec
from zorgstroom_ui.components.html import Html, TableRow, cut_table, h2, join, paragraph, show
from zorgstroom_ui.components.impact_view import ImpactView
from zorgstroom_ui.components.in_depth import asking
from zorgstroom_ui.components.in_depth.context import Context, heading
from zorgstroom_ui.components.picture import Picture, Sheet, show_picture, source_of
from zorgstroom_ui.components.wording import estimate_cell, indicator_name, no_value

#: What is told of travel per kind of care.
_INDICATORS = ("travel_mean", "travel_p90", "travel_over_30")


def show_tab(context: Context) -> None:
    """Show the tab."""
    show_map(context, TRAVEL)
    if not (context.choices.zorg or context.choices.specialisme):
        # The whole plan: what the report tells too.
        show(ImpactView(context.impact, context.language).travel())
    _show_care(context)


def show_map(context: Context, measure: Measure) -> None:
    """Show where those live who go elsewhere, coloured by extra travel or by extra waiting."""
    waiting = measure is WAITING
    name = "map.waiting" if waiting else "map.travel"
    show(
        heading(
            context.text(f"ui.depth.{name}"), name.replace(".", "-"), context.text(f"ui.depth.{name}.help")
        )
    )
    filters = context.choices.moves()
    found = asking.area_moves(context.run.id, filters)
    if not found.items:
        show(paragraph(context.text("ui.depth.moves.none")))
        return
    spots = [_spot(line, waiting=waiting) for line in found.items]
    worst = max(found.items, key=lambda line: _value(line, waiting=waiting) or 0.0)
    show_picture(
        Picture(
            name=name.replace(".", "-"),
            title=context.text(f"ui.depth.{name}.title"),
            alt=context.text(
                f"ui.depth.{name}.alt",
                areas=context.number(len(found.items)),
                area=worst.name,
                value=context.number(_value(worst, waiting=waiting) or 0.0, 1),
            ),
            spec=spots_spec(spots, measure, (), {}, context.language, session.borders()),
            sheet=Sheet(
                [column.heading for column in _columns(context)],
                [
                    [line.name, line.inhabitants, line.patients.mean, line.extra_minutes, line.extra_weeks]
                    for line in found.items
                ],
            ),
            source=source_of(context.impact.identity),
            legend=legend(context.language, measure),
        ),
        _area_table(context, found, waiting=waiting),
        below=_share_line(context, found),
    )


def _value(line: AreaLine, *, waiting: bool) -> float | None:
    return line.extra_weeks if waiting else line.extra_minutes


def _spot(line: AreaLine, *, waiting: bool) -> Spot:
    return Spot(
        line.area,
        line.name,
        line.latitude,
        line.longitude,
        line.inhabitants,
        _value(line, waiting=waiting),
        line.patients.mean,
    )


def _share_line(context: Context, found: AreaMoves) -> Html:
    return paragraph(
        context.text(
            "ui.depth.map.share",
            share=percent(found.shown_share, context.language),
            smallest=str(found.smallest),
        ),
        "zs-small",
    )


def _columns(context: Context) -> Sequence[Any]:
    return context.columns("map", "area", "inhabitants:num", "patients:num", "minutes:num", "weeks:num")


def _area_table(context: Context, found: AreaMoves, *, waiting: bool) -> Html:
    lines = sorted(found.items, key=lambda line: (-(_value(line, waiting=waiting) or -99.0), line.name))
    rows = [
        TableRow(
            [
                line.name,
                context.number(line.inhabitants),
                context.patients(line.patients),
                signed(line.extra_minutes, context.language, 1),
                context.text("ui.depth.map.growing")
                if line.extra_weeks is None
                else signed(line.extra_weeks, context.language, 1),
                context.rows_link(line.name, "flows", gemeente=line.area),
            ]
        )
        for line in lines
    ]
    columns = [*_columns(context), *context.columns("map", "rows")]
    return cut_table(context.text("ui.depth.map.caption"), columns, rows, context.language)


def _show_care(context: Context) -> None:
    """Show travel per kind of care: that of the plan, or what was chosen."""
    care = list(context.choices.zorg) or [
        profile for group in context.choices.specialisme for profile in context.names.groups.get(group, ())
    ]
    care = care or [profile.id for profile in context.impact.profiles]
    show(h2(context.text("ui.depth.travel.care"), "travel-care"))
    if not care:
        show(paragraph(context.text("ui.depth.nothing")))
        return
    rows = []
    found = asking.comparison(context.run.id, _INDICATORS, profile=care[:50])
    for profile in care:
        for row in (item for item in found if item["profile"] == profile and not item["area"]):
            if row["location"]:
                continue
            rows.append(_care_row(context, row))
    columns = context.columns("travel", "care", "what", "baseline:num", "plan:num", "difference:num", "rows")
    show(
        paragraph(translate("ui.depth.travel.care.help", context.language)),
        cut_table(context.text("ui.depth.travel.care.caption"), columns, rows, context.language),
    )


def _care_row(context: Context, row: dict[str, Any]) -> TableRow:
    name = context.names.of(row["profile"])
    return TableRow(
        [
            name,
            indicator_name(row["indicator"], context.language),
            *comparison_cells(context, row),
            context.rows_link(name, "indicators", row["indicator"], zorg=row["profile"]),
        ]
    )


def comparison_cells(context: Context, row: dict[str, Any]) -> list[Html]:
    """Return today, plan and difference of a row of the comparison."""
    cells = []
    for what in ("baseline", "plan", "difference"):
        if row[what] is None:
            cells.append(Html(no_value()))
            continue
        estimate = Estimate(mean=row[what], low=row[f"{what}_low"], high=row[f"{what}_high"])
        cells.append(
            estimate_cell(row["indicator"], estimate, context.language, difference=what == "difference")
        )
    return [join(cell) for cell in cells]
