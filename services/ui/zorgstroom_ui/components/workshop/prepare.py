"""Prepare a session: what it is about, levers, steps, calculating beforehand, handing out and practising."""

from __future__ import annotations

from typing import Any

import streamlit as st

from zorgstroom.client_sessions import Facilitator
from zorgstroom.reporting.html import write_html
from zorgstroom.reporting.pdf import write_pdf
from zorgstroom.text import LANGUAGES
from zorgstroom.workshop.documents import MOST_SCENARIOS, ROLES, SessionPlan, SessionState
from zorgstroom.workshop.handout import handout
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.html import h2, paragraph, show
from zorgstroom_ui.components.workshop import opened
from zorgstroom_ui.components.workshop.calculation import show_calculation
from zorgstroom_ui.components.workshop.fields import choose, typed_date, written_date
from zorgstroom_ui.components.workshop.lever_editor import show_levers
from zorgstroom_ui.components.workshop.places import area_names, scenario_name, scenario_names
from zorgstroom_ui.components.workshop.step_editor import show_steps

text = session.text

#: Made-up participants of a rehearsal.
DUMMIES = 30


def show_prepare(hands: Facilitator, state: SessionState) -> None:
    """Show everything that is prepared, in the order in which one does it."""
    _basics(hands, state.plan)
    with steady.place():
        show_levers(hands, state.plan)
    with steady.place():
        show_steps(hands, state.plan)
    with steady.place():
        show_calculation(hands, state.plan)
    _hand_out(state)
    _begin(hands, state)


def _basics(hands: Facilitator, plan: SessionPlan) -> None:
    language = session.language()
    show(h2(text("ui.workshop.basics")))
    areas = area_names(language)
    scenarios = scenario_names(plan.scenarios)
    languages: dict[str, str] = {item: text(f"ui.workshop.language.{item}") for item in LANGUAGES}
    with steady.form("workshop-basics"):
        left, right = st.columns(2)
        left.text_input(text("ui.workshop.name"), value=plan.name, max_chars=120, key="workshop-name")
        right.text_input(
            text("ui.workshop.date"), value=written_date(plan.date), max_chars=20, key="workshop-date"
        )
        with left:
            choose(text("ui.workshop.area"), areas, plan.area, "workshop-area")
        with right:
            choose(text("ui.workshop.language"), languages, plan.language, "workshop-language")
        left.text_input(
            text("ui.workshop.facilitator"),
            value=plan.facilitator,
            max_chars=120,
            help=text("ui.workshop.facilitator.help"),
            key="workshop-facilitator",
        )
        right.number_input(
            text("ui.workshop.years"), min_value=1, max_value=50, value=plan.years, key="workshop-years"
        )
        show(paragraph(text("ui.workshop.scenarios.help")))
        for position in range(MOST_SCENARIOS):
            choose(
                text("ui.workshop.scenario", n=position + 1),
                scenarios,
                dict(enumerate(plan.scenarios)).get(position),
                f"workshop-scenario-{position}",
                none=text("ui.workshop.scenario.none"),
            )
        show(paragraph(text("ui.workshop.roles")))
        with steady.row("roles"):
            for item in ROLES:
                st.checkbox(
                    text(f"workshop.role.{item}").capitalize(),
                    value=item in plan.roles,
                    key=f"workshop-role-{item}",
                )
        st.form_submit_button(text("ui.workshop.save"), type="primary", on_click=_save, args=(hands, plan))
    opened.answer("basics")


def _filled_in() -> dict[str, Any]:
    """Return what the form says, as parts of a plan."""
    given = st.session_state
    scenarios = [given[f"workshop-scenario-{position}"] for position in range(MOST_SCENARIOS)]
    return {
        "name": given["workshop-name"].strip(),
        "date": typed_date(given["workshop-date"]),
        "area": given["workshop-area"] or "",
        "facilitator": given["workshop-facilitator"].strip(),
        "language": given["workshop-language"],
        "scenarios": list(dict.fromkeys(item for item in scenarios if item)),
        "years": given["workshop-years"],
        "roles": [item for item in ROLES if given[f"workshop-role-{item}"]],
    }


def _save(hands: Facilitator, plan: SessionPlan) -> None:
    """Keep what the form says; what is missing is told at the form."""
    changes = _filled_in()
    if not changes["name"]:
        opened.complain("basics", text("ui.workshop.name.needed"))
        return
    if changes["date"] is None:
        opened.complain("basics", text("ui.workshop.date.needed"))
        return
    if not changes["roles"]:
        opened.complain("basics", text("ui.workshop.roles.needed"))
        return
    told = text("ui.workshop.saved")
    scenarios = changes["scenarios"]
    if plan.levers and scenarios[:1] != plan.scenarios[:1]:
        # Levers move actions of the first scenario; of another they would mean something else.
        changes["levers"] = []
        told = text("ui.workshop.saved.levers_gone")
    steps = [
        step if step.scenario in (None, *scenarios) else step.model_copy(update={"scenario": None})
        for step in plan.steps
    ]
    made = SessionPlan.model_validate(plan.model_dump() | changes | {"base": None, "steps": steps})
    opened.attempt("basics", lambda: hands.change_plan(made), told)


def _hand_out(state: SessionState) -> None:
    language = session.language()
    show(h2(text("ui.workshop.handout")), paragraph(text("ui.workshop.handout.help")))
    plan = state.plan
    names = [scenario_name(item) for item in plan.scenarios]
    with steady.row("handout"):
        for ending, media_type in (("html", "text/html"), ("pdf", "application/pdf")):

            def make(ending: str = ending) -> bytes:
                page = handout(plan, state.code, state.join_address, names, plan.language)
                return write_pdf(page) if ending == "pdf" else write_html(page).encode()

            st.download_button(
                text(f"ui.workshop.handout.{ending}"),
                data=make,
                file_name=f"zorgstroom-werksessie-{state.code}.{ending}",
                mime=media_type,
                key=f"workshop-handout-{ending}-{language}",
                on_click="ignore",
            )


def _begin(hands: Facilitator, state: SessionState) -> None:
    show(h2(text("ui.workshop.begin")), paragraph(text("ui.workshop.begin.help")))
    opened.answer("begin")
    with steady.row("begin"):
        st.button(
            text("ui.workshop.rehearse", n=DUMMIES),
            disabled=state.phase == "live",
            key="workshop-rehearse",
            on_click=_rehearse,
            args=(hands,),
        )
        st.button(
            text("ui.workshop.start.again" if state.phase == "ended" else "ui.workshop.start"),
            type="primary",
            disabled=state.phase == "live",
            key="workshop-start",
            on_click=_start,
            args=(hands,),
        )


def _rehearse(hands: Facilitator) -> None:
    if opened.attempt("begin", lambda: hands.rehearse(DUMMIES)):
        opened.go_to_part("live")


def _start(hands: Facilitator) -> None:
    if opened.attempt("begin", lambda: hands.steer(phase="live", step=0)):
        opened.go_to_part("live")
