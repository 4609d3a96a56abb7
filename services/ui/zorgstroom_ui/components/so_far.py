"""The headline figures of a plan while it is computed."""

from __future__ import annotations

from zorgstroom.client import Headline
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_ui.components.html import Column, Html, TableRow, element, join, table
from zorgstroom_ui.components.wording import estimate_cell, indicator_name, unit_name


def so_far(found: Headline, language: Language) -> Html:
    """Return what is known after the years that are done, all or some; nothing before the first."""
    if not found.indicators:
        return Html("")
    years = {"done": number(found.replications, language), "total": number(found.total, language)}
    columns = [
        Column(translate("report.column.indicator", language), ""),
        *(
            Column(translate(f"report.column.{name}", language), "num")
            for name in ("baseline", "plan", "difference")
        ),
    ]
    rows = []
    for line in found.indicators:
        unit = element("span", unit_name(line.indicator, language), "zs-small zs-muted")
        rows.append(
            TableRow(
                [
                    join(indicator_name(line.indicator, language), " ", unit),
                    estimate_cell(line.indicator, line.baseline, language),
                    estimate_cell(line.indicator, line.plan, language),
                    estimate_cell(line.indicator, line.difference, language, difference=True),
                ]
            )
        )
    caption = "ui.so_far.done" if found.replications == found.total else "ui.so_far.caption"
    return table(translate(caption, language, **years), columns, rows)
