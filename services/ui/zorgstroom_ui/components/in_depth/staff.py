"""Tab Personeel: hours per profession that the care asks for, today and under the plan."""

from __future__ import annotations

from typing import Any

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.readings import is_clear
from zorgstroom.text.numbers import signed
from zorgstroom_ui.components import charts as common
from zorgstroom_ui.components.html import TableRow, cut_table, h2, paragraph, show
from zorgstroom_ui.components.impact_view import ImpactView
from zorgstroom_ui.components.in_depth import asking
from zorgstroom_ui.components.in_depth.context import Context, heading
from zorgstroom_ui.components.in_depth.travel import comparison_cells
from zorgstroom_ui.components.picture import Picture, Sheet, show_picture, source_of
from zorgstroom_ui.components.report_tables import report_table
from zorgstroom_ui.components.wording import indicator_name

#: Hours per profession; the full-time jobs of all together are apart.
PROFESSIONS = tuple(name for name in CATALOGUE if name.startswith("staff_") and name != "staff_fte")


def show_tab(context: Context) -> None:
    """Show the tab."""
    places = context.choices.ziekenhuis
    found = [
        row
        for row in asking.comparison(
            context.run.id, [*PROFESSIONS, "staff_fte"], **({"location": places} if places else {})
        )
        if not row["profile"] and bool(row["location"]) == bool(places)
    ]
    where = ", ".join(context.names.of(place) for place in places) or context.text(
        "ui.depth.staff.everywhere"
    )
    show(heading(context.text("ui.depth.staff"), "staff", context.text("ui.depth.staff.help", where=where)))
    if not found:
        show(paragraph(context.text("ui.depth.nothing")))
        return
    _show_hours(context, [row for row in found if row["indicator"] != "staff_fte"])
    _show_table(context, found)
    view = ImpactView(context.impact, context.language)
    if (section := view.tables.get("staff")) is not None and section.rows:
        show(h2(section.caption, "staff-hospitals"), report_table(section, context.language))


def _label(context: Context, row: dict[str, Any]) -> str:
    name = indicator_name(row["indicator"], context.language)
    return f"{context.names.of(row['location'])} · {name}" if row["location"] else name


def _show_hours(context: Context, rows: list[dict[str, Any]]) -> None:
    """Show by how much the hours change: next to what they are, that could not be seen."""
    known = [row for row in rows if row["difference"] is not None and max(row["baseline"], row["plan"]) > 0]
    known.sort(key=lambda row: -abs(row["difference"]))
    if not known:
        return
    arrows = [
        common.Arrow(
            _label(context, row),
            row["difference"],
            signed(row["difference"], context.language),
            row["difference_low"],
            row["difference_high"],
            clear=is_clear(
                Estimate(mean=row["difference"], low=row["difference_low"], high=row["difference_high"])
            ),
        )
        for row in known[:9]
    ]
    show_picture(
        Picture(
            name="staff",
            title=context.text("ui.depth.staff.change"),
            alt=context.text("ui.depth.staff.alt", first=f"{arrows[0].label}: {arrows[0].text}"),
            spec=common.arrows(arrows, context.language),
            sheet=Sheet(
                [
                    column.heading
                    for column in context.columns("staff", "what", "baseline", "plan", "difference")
                ],
                [[_label(context, row), row["baseline"], row["plan"], row["difference"]] for row in known],
            ),
            source=source_of(context.impact.identity),
        ),
        below=paragraph(context.text("ui.depth.staff.arrows"), "zs-small"),
    )


def _show_table(context: Context, rows: list[dict[str, Any]]) -> None:
    columns = context.columns("staff", "what", "unit", "baseline:num", "plan:num", "difference:num", "rows")
    lines = [
        TableRow(
            [
                _label(context, row),
                context.text(f"ui.depth.staff.unit.{'fte' if row['indicator'] == 'staff_fte' else 'hours'}"),
                *comparison_cells(context, row),
                context.rows_link(
                    _label(context, row), "indicators", row["indicator"], ziekenhuis=row["location"]
                ),
            ]
        )
        for row in sorted(rows, key=lambda row: (row["location"], row["indicator"] != "staff_fte"))
    ]
    show(
        cut_table(context.text("ui.depth.staff.caption"), columns, lines, context.language),
        paragraph(context.text("ui.depth.staff.basis"), "zs-small zs-muted"),
    )
