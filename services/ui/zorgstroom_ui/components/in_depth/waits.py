"""Tab Wachttijd en bedden: waits before and after, where they change, and how full every pool is in each year."""

from __future__ import annotations

from collections.abc import Sequence

from zorgstroom.depth_document import YearsLine
from zorgstroom.reporting.impact import WaitRow
from zorgstroom.text.numbers import percent
from zorgstroom_ui.components import charts as common
from zorgstroom_ui.components.country_map import WAITING
from zorgstroom_ui.components.html import Html, TableRow, cut_table, element, h2, paragraph, show
from zorgstroom_ui.components.impact_view import ImpactView
from zorgstroom_ui.components.in_depth import asking, charts
from zorgstroom_ui.components.in_depth.context import CHART_LINES, Context, heading
from zorgstroom_ui.components.in_depth.travel import show_map
from zorgstroom_ui.components.in_depth.volumes import strip_legend
from zorgstroom_ui.components.picture import Picture, Sheet, show_picture, source_of
from zorgstroom_ui.components.wording import no_value, range_line

#: A pool is full when this part of it is asked for.
FULL = 1.0


def show_tab(context: Context) -> None:
    """Show the tab."""
    chosen = context.choices
    care = {
        *chosen.zorg,
        *(name for group in chosen.specialisme for name in context.names.groups.get(group, ())),
    }

    def asked(row: WaitRow) -> bool:
        place = not chosen.ziekenhuis or row.location in chosen.ziekenhuis
        return place and (not care or row.profile in care)

    impact = context.impact.model_copy(
        update={
            "waits": [row for row in context.impact.waits if asked(row)],
            "pools": [
                row
                for row in context.impact.pools
                if not chosen.ziekenhuis or row.location in chosen.ziekenhuis
            ],
        }
    )
    view = ImpactView(impact, context.language)
    show(h2(context.text("ui.depth.waits"), "waits"), view.waits())
    show_map(context, WAITING)
    show(h2(context.text("ui.depth.capacity"), "capacity"), view.capacity())
    _show_load(context)


def _show_load(context: Context) -> None:
    """Show how full pools are in every simulated year: of the hospitals chosen, else of those with the fullest."""
    places = context.choices.ziekenhuis or tuple(place.id for place in context.impact.locations)[:5]
    show(heading(context.text("ui.depth.load"), "load", context.text("ui.depth.load.help")))
    if not places:
        show(paragraph(context.text("ui.depth.load.choose")))
        return
    found = asking.years(context.run.id, "load", ("location", "pool"), location=places)
    lines = [line for line in found.items if not line.pool.startswith("clinic")] or list(found.items)
    if not lines:
        show(paragraph(context.text("ui.depth.nothing")))
        return
    drawn = lines[:CHART_LINES]
    strips = [charts.Strip(_label(context, line), line.baseline, line.plan, FULL) for line in drawn]
    show(strip_legend(context, limit=True))
    show_picture(
        Picture(
            name="load",
            title=context.text("ui.depth.load"),
            alt=context.text("ui.depth.load.alt", lines=context.number(len(drawn)), first=strips[0].label),
            spec=charts.dot_strips(
                strips,
                context.text("ui.depth.load.axis"),
                context.sides,
                context.language,
                share=True,
                zero=False,
            ),
            sheet=Sheet(
                [column.heading for column in context.columns("load", "place", "pool", "baseline", "plan")],
                [
                    [
                        context.names.of(line.location),
                        context.names.of(line.pool),
                        _mean(line, plan=False),
                        _mean(line),
                    ]
                    for line in found.items
                ],
            ),
            source=source_of(context.impact.identity),
        ),
        _table(context, found.items),
    )
    if context.impact.identity.years > 1:
        _show_years(context, places)
    else:
        show(paragraph(context.text("ui.depth.load.one_year"), "zs-small zs-muted"))


def _label(context: Context, line: YearsLine) -> str:
    return f"{context.names.of(line.location)} · {context.names.of(line.pool)}"


def _mean(line: YearsLine, *, plan: bool = True) -> float | None:
    side = line.plan_mean if plan else line.baseline_mean
    return None if side is None else side.mean


def _share(context: Context, line: YearsLine, *, plan: bool) -> Html:
    side = line.plan_mean if plan else line.baseline_mean
    if side is None:
        return Html(no_value())
    reach = Html("")
    if side.low is not None and side.high is not None:
        reach = range_line(100 * side.low, 100 * side.high, context.language, 0)
    return Html(percent(side.mean, context.language) + reach)


def _table(context: Context, lines: Sequence[YearsLine]) -> Html:
    columns = context.columns("load", "place", "pool", "baseline:num", "plan:num", "rows")
    rows = [
        TableRow(
            [
                context.names.of(line.location),
                context.names.of(line.pool),
                _share(context, line, plan=False),
                _share(context, line, plan=True),
                context.rows_link(
                    _label(context, line), "indicators", "load", ziekenhuis=line.location, pool=line.pool
                ),
            ]
        )
        for line in lines
    ]
    return cut_table(context.text("ui.depth.load.caption"), columns, rows, context.language)


def _show_years(context: Context, places: Sequence[str]) -> None:
    """Show how load goes over the years of a run of several: of one pool, the one that changes most."""
    found = asking.years(context.run.id, "load", ("location", "pool", "year"), location=places)
    change: dict[tuple[str, str], float] = {}
    for line in found.items:
        key = line.location, line.pool
        moved = abs(line.difference.mean) if line.difference is not None else 0.0
        change[key] = max(change.get(key, 0.0), moved)
    if not change:
        return
    place, pool = max(change, key=lambda key: change[key])
    lines = sorted(
        (line for line in found.items if (line.location, line.pool) == (place, pool)),
        key=lambda line: line.year or 0,
    )
    first = context.impact.identity.demand_year - 1
    names = [context.sides["baseline"], context.sides["plan"]]
    moments = [
        common.Moment(first + (line.year or 1), name, side.mean, side.low, side.high)
        for line in lines
        for name, side in zip(names, (line.baseline_mean, line.plan_mean), strict=True)
        if side is not None
    ]
    label = f"{context.names.of(place)} · {context.names.of(pool)}"
    columns = context.columns("load", "year", "baseline:num", "plan:num")
    rows = [
        TableRow(
            [
                str(first + (line.year or 1)),
                _share(context, line, plan=False),
                _share(context, line, plan=True),
            ]
        )
        for line in lines
    ]
    show(h2(context.text("ui.depth.load.years", label=label), "load-years"))
    show_picture(
        Picture(
            name="load-years",
            title=context.text("ui.depth.load.years", label=label),
            alt=context.text("ui.depth.load.years.alt", label=label),
            spec=common.lines(
                moments, names, common.Axis(context.text("ui.depth.load.axis"), share=True), context.language
            ),
            sheet=Sheet(
                [column.heading for column in columns],
                [[first + (line.year or 1), _mean(line, plan=False), _mean(line)] for line in lines],
            ),
            source=source_of(context.impact.identity),
        ),
        cut_table(context.text("ui.depth.load.years.caption", label=label), columns, rows, context.language),
        below=element("p", context.text("ui.depth.load.years.help"), "zs-small zs-muted"),
    )
