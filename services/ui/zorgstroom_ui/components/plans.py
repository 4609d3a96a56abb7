"""The example plans: as doors to walk through and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zorgstroom.client import RunInfo, ScenarioInfo
from zorgstroom_ui import session
from zorgstroom_ui.components.html import Column, Html, TableRow, element, join, link, paragraph, table
from zorgstroom_ui.components.progress import state_text
from zorgstroom_ui.components.wording import area_name

#: Plans of one's own in the list on the start page; older ones keep their address.
MOST_OWN = 20

Runs = Mapping[str, RunInfo]


def impact_address(plan: ScenarioInfo) -> str:
    """Return the address of the impact page of a plan."""
    return session.address("impact", s=plan.slug or plan.id)


def region_of(plan: ScenarioInfo) -> str:
    """Return the region of a plan as ``roaz:Limburg``, empty for the whole country."""
    region = session.scenario(plan.id).document.region
    return ":".join(region.kind_and_name()) if region else ""


def changes_something(plan: ScenarioInfo) -> bool:
    """Return whether a plan does anything; the example of today does not."""
    return bool(session.scenario(plan.id).document.actions)


def doors(plans: Sequence[ScenarioInfo], runs: Runs) -> Html:
    """Return the large links a visitor begins with: a plan that is ready if there is one, and comparing."""
    changing = [plan for plan in plans if changes_something(plan)]
    ready = [plan for plan in changing if plan.id in runs and runs[plan.id].state == "completed"]
    entries = []
    if first := next(iter([*ready, *changing]), None):
        explanation = session.text("ui.start.door.impact.help", plan=first.name)
        entries.append(_door(session.text("ui.start.door.impact"), explanation, impact_address(first)))
    explanation = session.text("ui.start.door.compare.help")
    entries.append(_door(session.text("ui.start.door.compare"), explanation, session.address("vergelijken")))
    return element("div", join(*entries), "zs-doors")


def plan_table(caption: str, plans: Sequence[ScenarioInfo], runs: Runs) -> Html:
    """Return the plans with their area, what they change, and where their calculation stands."""
    if not plans:
        return paragraph(session.text("ui.start.empty"))
    kinds = {"plan": "", "area": "", "change": "text", "state": ""}
    columns = [Column(session.text(f"ui.start.column.{name}"), kind) for name, kind in kinds.items()]
    return table(caption, columns, [_plan_row(plan, runs.get(plan.id)) for plan in plans])


def _door(title: str, explanation: str, address: str) -> Html:
    return element("a", join(element("strong", title), explanation), href=address)


def _plan_row(plan: ScenarioInfo, run: RunInfo | None) -> TableRow:
    return TableRow(
        [
            link(plan.name, impact_address(plan)),
            area_name(region_of(plan), session.language()),
            plan.description or session.text("ui.start.no_description"),
            state_text(run),
        ]
    )
