"""The page a visitor begins on: make a plan, look at one, or take part in a workshop."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import streamlit as st

from zorgstroom.client import RunInfo, ScenarioInfo
from zorgstroom_ui import session
from zorgstroom_ui.components import frame, plans, steady
from zorgstroom_ui.components.html import (
    Html,
    box,
    element,
    h1,
    h2,
    join,
    link,
    listing,
    paragraph,
    show,
)
from zorgstroom_ui.components.wording import area_name

#: Characters of the code of a workshop.
CODE_LENGTH = 6
CODE = "start-code"


def show_page() -> None:
    """Show the page."""
    text = session.text
    area = session.area()
    runs = session.latest_runs()
    examples = _within(session.examples(), area)
    show(h1(text("ui.start.heading")), paragraph(text("ui.start.lead"), "zs-lead"))
    frame.show_figures_in_use()
    make, look, take_part = st.columns(3, gap="small")
    with make:
        show(_door("make", session.address("scenario")))
    with look:
        show(_look(examples or session.examples(), runs))
    with take_part, st.container(key="zs-door"):
        _show_join()
    if plan := session.chosen_plan():
        again = link(plan.name, plans.impact_address(plan))
        show(paragraph(join(text("ui.start.go_on"), " ", again)))
    show(h2(text("ui.start.plans")), _table("ui.start.caption", examples, runs, area))
    if own := _within(session.own_plans(), area)[: plans.MOST_OWN]:
        show(h2(text("ui.start.own")), _table("ui.start.own.caption", own, runs, area))
    show(
        h2(text("ui.start.limits")),
        listing(text(f"ui.start.limit.{name}") for name in ("model", "people", "figures")),
        paragraph(link(text("ui.start.limits.more"), session.address("over", deel="grenzen"))),
    )


def _within(found: Sequence[ScenarioInfo], area: str) -> list[ScenarioInfo]:
    """Return the plans for an area; those for the whole country are for every area."""
    return [plan for plan in found if not area or plan.region in ("", area)]


def _table(caption: str, found: Sequence[ScenarioInfo], runs: Mapping[str, RunInfo], area: str) -> Html:
    if area and not found:
        name = area_name(area, session.language())
        everywhere = link(session.text("ui.start.everywhere"), session.here(gebied=session.COUNTRY))
        return paragraph(join(session.text("ui.start.none_here", area=name), " ", everywhere))
    return plans.plan_table(session.text(caption), found, runs)


def _door(name: str, address: str, **params: str) -> Html:
    title = element("strong", session.text(f"ui.start.door.{name}"))
    words = session.text(f"ui.start.door.{name}.help", **params)
    return element("div", element("a", join(title, words), href=address), "zs-doors")


def _look(examples: Sequence[ScenarioInfo], runs: Mapping[str, RunInfo]) -> Html:
    """Return the way to a plan that is ready if there is one."""
    changing = [plan for plan in examples if plan.actions]
    ready = [plan for plan in changing if plan.id in runs and runs[plan.id].state == "completed"]
    first = next(iter([*ready, *changing]), None)
    if first is None:
        return Html("")
    return _door("impact", plans.impact_address(first), plan=first.name)


def _show_join() -> None:
    """Ask for the code of a workshop, and lead to its page."""
    text = session.text
    show(
        element("strong", text("ui.start.door.join")), paragraph(text("ui.start.door.join.help"), "zs-small")
    )
    with steady.form("join", border=False), steady.row("join", align="bottom"):
        given = st.text_input(text("ui.start.code"), key=CODE, max_chars=20, autocomplete="off", width=130)
        sent = st.form_submit_button(text("ui.start.join"), type="primary")
    if not sent:
        return
    code = "".join(letter for letter in given.upper() if letter.isascii() and letter.isalnum())
    if len(code) != CODE_LENGTH:
        wrong = text("ui.start.code.wrong", count=str(CODE_LENGTH))
        show(element("div", box(paragraph(wrong), "zs-note"), role="alert"))
        return
    address = f"{session.room_address()}/m/{code}"
    # The page of the workshop is none of this app: the browser goes there itself.
    show(paragraph(link(text("ui.start.join.go", code=code), address)))
    st.html(f"<script>window.location.assign({json.dumps(address)})</script>", unsafe_allow_javascript=True)
