"""Tab Verschillen: travel and waiting of groups of inhabitants, today and under the plan."""

from __future__ import annotations

from typing import Any

from zorgstroom_ui.components import pictures
from zorgstroom_ui.components.html import TableRow, cut_table, h2, paragraph, show
from zorgstroom_ui.components.impact_view import ImpactView
from zorgstroom_ui.components.in_depth import asking, charts
from zorgstroom_ui.components.in_depth.context import Context, heading
from zorgstroom_ui.components.in_depth.travel import comparison_cells
from zorgstroom_ui.components.picture import Picture, Sheet, show_picture, source_of
from zorgstroom_ui.components.report_tables import report_table

#: Groups by age as the address names them.
_AGES = {"jong": "age_under_75", "oud": "age_75plus"}
_SES = tuple(f"ses_{number}" for number in range(1, 6))
_INDICATORS = ("group_travel", "group_wait", "group_inhabitants")


def show_tab(context: Context) -> None:
    """Show the tab."""
    found = asking.comparison(context.run.id, _INDICATORS)
    by_group = {(row["indicator"], row["band"]): row for row in found}
    chosen = context.choices
    fifths = [f"ses_{number}" for number in chosen.ses] or list(_SES)
    ages = [_AGES[age] for age in chosen.leeftijd] or list(_AGES.values())
    show(heading(context.text("ui.depth.groups"), "groups", context.text("ui.depth.groups.help")))
    for indicator in ("group_travel", "group_wait"):
        rows = [
            by_group[indicator, band]
            for band in (*fifths, *ages)
            if (indicator, band) in by_group and by_group[indicator, band]["plan"] is not None
        ]
        _show_groups(context, indicator, rows, by_group)
    view = ImpactView(context.impact, context.language)
    if (section := view.tables.get("equity")) is not None and section.rows:
        show(h2(section.caption, "equity"), report_table(section, context.language))


def _show_groups(
    context: Context,
    indicator: str,
    rows: list[dict[str, Any]],
    by_group: dict[tuple[str, str], dict[str, Any]],
) -> None:
    show(h2(context.text(f"ui.depth.{indicator}"), indicator.replace("_", "-")))
    rows = [row for row in rows if row["baseline"] is not None]
    if not rows:
        show(paragraph(context.text("ui.depth.nothing")))
        return
    largest = max(rows, key=lambda row: abs(row["difference"] or 0.0))
    columns = context.columns(
        "groups", "group", "inhabitants:num", "baseline:num", "plan:num", "difference:num", "rows"
    )
    lines = [
        TableRow(
            [
                context.band(row["band"]),
                _inhabitants(context, by_group.get(("group_inhabitants", row["band"]))),
                *comparison_cells(context, row),
                context.rows_link(context.band(row["band"]), "indicators", indicator, groep=row["band"]),
            ]
        )
        for row in rows
    ]
    show(pictures.sides_legend(context.sides["baseline"], context.sides["plan"]))
    show_picture(
        Picture(
            name=indicator,
            title=context.text(f"ui.depth.{indicator}"),
            alt=context.text(
                f"ui.depth.{indicator}.alt",
                group=context.band(largest["band"]),
                before=context.number(largest["baseline"], 1),
                after=context.number(largest["plan"], 1),
            ),
            spec=charts.dumbbells(
                [charts.Dumbbell(context.band(row["band"]), row["baseline"], row["plan"]) for row in rows],
                context.text(f"ui.depth.{indicator}.axis"),
                context.sides,
                context.language,
            ),
            sheet=Sheet(
                [column.heading for column in columns[:1] + columns[2:5]],
                [
                    [context.band(row["band"]), row["baseline"], row["plan"], row["difference"]]
                    for row in rows
                ],
            ),
            source=source_of(context.impact.identity),
        ),
        cut_table(context.text(f"ui.depth.{indicator}.caption"), columns, lines, context.language),
    )


def _inhabitants(context: Context, row: dict[str, Any] | None) -> str:
    return "" if row is None or row["plan"] is None else context.number(row["plan"])
