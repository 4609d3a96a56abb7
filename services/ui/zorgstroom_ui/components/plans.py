"""The example plans: as doors to walk through and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zorgstroom.client import RunInfo, ScenarioInfo
from zorgstroom_ui import session
from zorgstroom_ui.components.html import Column, Html, TableRow, link, paragraph, table
from zorgstroom_ui.components.progress import state_text
from zorgstroom_ui.components.wording import area_name

#: Plans of one's own in the list on the start page; older ones keep their address.
MOST_OWN = 20

Runs = Mapping[str, RunInfo]


def impact_address(plan: ScenarioInfo) -> str:
    """Return the address of the impact page of a plan."""
    return session.address("impact", s=plan.slug or plan.id)


def plan_table(caption: str, plans: Sequence[ScenarioInfo], runs: Runs) -> Html:
    """Return the plans with their area, what they change, and where their calculation stands."""
    if not plans:
        return paragraph(session.text("ui.start.empty"))
    kinds = {"plan": "", "area": "", "change": "text", "state": ""}
    columns = [Column(session.text(f"ui.start.column.{name}"), kind) for name, kind in kinds.items()]
    return table(caption, columns, [_plan_row(plan, runs.get(plan.id)) for plan in plans])


def _plan_row(plan: ScenarioInfo, run: RunInfo | None) -> TableRow:
    return TableRow(
        [
            link(plan.name, impact_address(plan)),
            area_name(plan.region, session.language()),
            plan.description or session.text("ui.start.no_description"),
            state_text(run),
        ]
    )
