"""The comparison page: which plans, how far they are, and the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from zorgstroom.client import RunInfo, ScenarioInfo
from zorgstroom.errors import Conflict
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import comparison, frame
from zorgstroom_ui.components.html import box, element, h1, h2, join, paragraph, show
from zorgstroom_ui.components.plans import changes_something, region_of
from zorgstroom_ui.components.progress import state_text, wait_for
from zorgstroom_ui.components.wording import area_name, confidential_mark

FEWEST_PLANS, MOST_PLANS = 2, 6


def show_page() -> None:
    """Show the page."""
    text, language = session.text, session.language()
    runs = session.latest_runs()
    # A plan that was only handed in is no choice yet; its own page calculates it.
    calculated = [plan for plan in session.own_plans() if plan.id in runs]
    plans = [plan for plan in [*session.examples(), *calculated] if changes_something(plan)]
    asked = [session.find_scenario(name) for name in dict.fromkeys(st.query_params.get_all("plan"))]
    area = _area(plans, asked)
    frame.strip(join(element("b", area_name(area, language)), " · ", text("ui.compare.strip")))
    show(h1(text("ui.compare.title")), paragraph(text("ui.compare.lead"), "zs-lead"))
    here = [plan for plan in dict.fromkeys([*plans, *asked]) if region_of(plan) == area]
    chosen = asked or _to_begin_with(here, runs)
    _choose(here, [plan.id for plan in chosen], sorted({region_of(plan) for plan in plans}), area)
    _show_chosen(chosen, {plan.id: runs[plan.id] for plan in chosen if plan.id in runs})


def _to_begin_with(plans: Sequence[ScenarioInfo], runs: Mapping[str, RunInfo]) -> list[ScenarioInfo]:
    """Return the plans that are ready, completed to two with plans that are not."""
    ready = [plan for plan in plans if plan.id in runs and runs[plan.id].state == "completed"]
    others = [plan for plan in plans if plan not in ready]
    return [*ready, *others[: max(0, FEWEST_PLANS - len(ready))]][:MOST_PLANS]


def _area(plans: Sequence[ScenarioInfo], asked: Sequence[ScenarioInfo]) -> str:
    """Return the area of the comparison: asked for, of the plans asked for, or of the first example."""
    if "gebied" in st.query_params:
        return st.query_params["gebied"]
    return next((region_of(plan) for plan in [*asked, *plans]), "")


def _choose(plans: Sequence[ScenarioInfo], chosen: Sequence[str], areas: Sequence[str], area: str) -> None:
    """Let the visitor pick plans of one area; plans of different areas cannot be compared."""
    text, language = session.text, session.language()
    if len(areas) > 1:
        picked = st.radio(
            text("ui.compare.area"),
            areas,
            index=areas.index(area) if area in areas else 0,
            format_func=lambda name: area_name(name, language),
            horizontal=True,
        )
        if picked != area:
            st.query_params.from_dict({"taal": language, "gebied": picked})
            st.rerun()
    with st.form("plans"):
        show(element("p", text("ui.compare.choose", most=number(MOST_PLANS, language))))
        ticked = [
            plan.id for plan in plans if st.checkbox(plan.name, plan.id in chosen, key=f"plan-{plan.id}")
        ]
        if st.form_submit_button(text("ui.compare.submit"), type="primary"):
            if not FEWEST_PLANS <= len(ticked) <= MOST_PLANS:
                st.error(text("ui.compare.choose", most=number(MOST_PLANS, language)))
                return
            st.query_params.from_dict({"taal": language, "gebied": area, "plan": ticked})
            st.rerun()


def _show_chosen(chosen: Sequence[ScenarioInfo], runs: dict[str, RunInfo]) -> None:
    text = session.text
    missing = [plan for plan in chosen if plan.id not in runs]
    if missing:
        names = ", ".join(plan.name for plan in missing)
        show(box(paragraph(text("ui.compare.missing", plans=names)), "zs-info"))
        if st.button(text("ui.compare.calculate"), type="primary"):
            for plan in missing:
                session.submit(plan.id)
            st.rerun()
    ready = [run for run in runs.values() if run.state == "completed"]
    ended = [run for run in runs.values() if run.state in ("failed", "cancelled")]
    for run in ended:
        show(box(paragraph(join(element("b", run.name), f": {state_text(run)}")), "zs-note"))
    if len(ready) >= FEWEST_PLANS:
        _show_tables(ready)
    else:
        frame.show_figures_in_use()
        show(paragraph(text("ui.compare.empty")))
    waiting = [run.id for run in runs.values() if not run.final]
    if waiting:
        wait_for(waiting)


def _show_tables(runs: Sequence[RunInfo]) -> None:
    text, language = session.text, session.language()
    impacts = [session.impact(run.id) for run in runs]
    identities = [impact.identity for impact in impacts]
    frame.rests_on(identities)
    show(confidential_mark(identities, language), h2(text("ui.compare.outcomes")))
    try:
        compared = session.client().compare([run.id for run in runs])
    except Conflict as error:
        show(box(join(paragraph(text("ui.compare.conflict")), paragraph(error.message(language))), "zs-note"))
    else:
        show(
            comparison.outcomes(compared, impacts[0].names, language),
            paragraph(text("ui.compare.help"), "zs-small zs-muted"),
        )
    show(h2(text("ui.compare.moves")), comparison.moves(impacts, language))
    show(h2(text("ui.compare.hospitals")), comparison.hospitals(impacts, language))
    show(h2(text("ui.compare.capacity")), comparison.capacity(impacts, language))
    show(h2(text("ui.compare.choices")), comparison.choices(impacts, language))
    show(h2(text("ui.compare.assumptions")), comparison.assumptions(impacts, language))
