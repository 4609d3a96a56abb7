"""Tab Controle: whether everybody is accounted for, and how the model compares with what is known."""

from __future__ import annotations

from typing import Any

from zorgstroom.text import catalogue
from zorgstroom.text.numbers import percent, signed
from zorgstroom_ui import session
from zorgstroom_ui.components.html import TableRow, box, cut_table, element, h2, join, link, paragraph, show
from zorgstroom_ui.components.impact_view import ImpactView
from zorgstroom_ui.components.in_depth import asking
from zorgstroom_ui.components.in_depth.context import Context, heading
from zorgstroom_ui.components.report_tables import report_table


def show_tab(context: Context) -> None:
    """Show the tab."""
    impact = context.impact
    view = ImpactView(impact, context.language)
    balanced = impact.balanced
    before = sum(line.arrived + line.seeded for line in impact.conservation if line.scenario == "baseline")
    after = sum(line.arrived + line.seeded for line in impact.conservation if line.scenario == "plan")
    key = (
        "ui.depth.check.right"
        if balanced and before == after
        else "ui.depth.check.demand"
        if balanced
        else "ui.depth.check.wrong"
    )
    line = context.text(key, before=context.number(before), after=context.number(after))
    show(
        heading(context.text("ui.depth.check"), "check", context.text("ui.depth.check.help")),
        box(
            paragraph(join(element("b", context.text("ui.depth.check.word")), " ", line)),
            "zs-short" if balanced else "zs-note",
        ),
        report_table(view.tables["conservation"], context.language),
        paragraph(context.rows_link(context.text("ui.depth.check"), "conservation")),
    )
    for name in ("warmup", "cross_check"):
        if (found := view.tables.get(name)) is not None and found.rows:
            show(h2(found.caption, name), report_table(found, context.language))
    _show_fit(context)


def _show_fit(context: Context) -> None:
    """Show what the model gives beside what is known, per kind of hospital, organisation and region."""
    show(heading(context.text("ui.depth.fit"), "fit", context.text("ui.depth.fit.help")))
    found = asking.fit(context.impact.identity.dataset_id)
    here = set(context.names.organisations.values())
    rows = [row for row in found if row["level"] in ("type", "roaz", "organisation")]
    if not rows:
        show(paragraph(context.text("ui.depth.fit.none")))
        return
    rows.sort(key=lambda row: -abs(row["deviation"] or 0.0))
    columns = context.columns("fit", "what", "measure", "known:num", "model:num", "deviation:num", "use")
    lines = [_fit_row(context, row) for row in rows if row["level"] != "organisation" or row["id"] in here]
    show(
        cut_table(context.text("ui.depth.fit.caption"), columns, lines, context.language),
        paragraph(link(context.text("ui.depth.fit.more"), session.address("over"))),
    )


def _fit_row(context: Context, row: dict[str, Any]) -> TableRow:
    texts = catalogue(context.language)
    measure = texts.get(f"ui.depth.fit.measure.{row['measure']}", str(row["measure"]))
    return TableRow(
        [
            _subject(context, row),
            measure,
            _figure(context, row["known"]),
            _figure(context, row["modelled"]),
            f"{signed(100 * row['deviation'], context.language, 1)}%",
            context.text("ui.depth.fit.used" if row["fitted"] else "ui.depth.fit.free"),
        ]
    )


def _subject(context: Context, row: dict[str, Any]) -> str:
    if row["level"] == "organisation":
        return context.names.organisation(row["id"])
    if row["level"] == "type":
        return catalogue(context.language).get(f"hospital_type.{row['id']}.plural", str(row["id"]))
    return str(row["id"])


def _figure(context: Context, value: float) -> str:
    """Return a share as a percentage, a number as it is."""
    return percent(value, context.language, 1) if abs(value) <= 1 else context.number(value)
