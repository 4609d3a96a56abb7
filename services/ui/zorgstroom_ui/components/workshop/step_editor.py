"""The steps of a session: in what order, how long, what the room sees and what is asked."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import ValidationError

from zorgstroom.client_sessions import Facilitator
from zorgstroom.text.numbers import number
from zorgstroom.workshop.arranging import moved, new_step, total_minutes
from zorgstroom.workshop.documents import BEAMER_VIEWS, MOST_STEPS, STEP_KINDS, SessionPlan, Step
from zorgstroom.workshop.facts import EXTRA, MOVED, facts
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.html import Column, TableRow, h2, paragraph, show, table
from zorgstroom_ui.components.workshop import opened
from zorgstroom_ui.components.workshop.fields import choose
from zorgstroom_ui.components.workshop.places import scenario_name

text = session.text

_CHOSEN = "workshop-step"


def show_steps(hands: Facilitator, plan: SessionPlan) -> None:
    """Show the steps with ways to order, change, add and remove them."""
    language = session.language()
    show(h2(text("ui.workshop.steps")), paragraph(text("ui.workshop.steps.help")))
    columns = [
        Column(text(f"ui.workshop.column.{name}"), kind)
        for name, kind in (("step", ""), ("kind", ""), ("minutes", "num"), ("beamer", ""))
    ]
    rows = [
        TableRow(
            [
                f"{position}. {step.title}",
                text(f"ui.workshop.kind.{step.kind}"),
                number(step.minutes, language),
                text(f"ui.workshop.beamer.{step.beamer}"),
            ]
        )
        for position, step in enumerate(plan.steps, start=1)
    ]
    total = text("ui.workshop.steps.total", n=number(total_minutes(plan), language))
    show(table(text("ui.workshop.steps.caption"), columns, rows), paragraph(total))
    opened.answer("steps")
    known = [step.id for step in plan.steps]
    if st.session_state.get(_CHOSEN) not in known:
        st.session_state[_CHOSEN] = known[0]
    titles = {step.id: f"{position}. {step.title}" for position, step in enumerate(plan.steps, start=1)}
    chosen = choose(text("ui.workshop.steps.choose"), titles, None, _CHOSEN)
    step = plan.step(chosen or known[0])
    _order(hands, plan, step)
    _change(hands, plan, step)
    if len(plan.steps) < MOST_STEPS:
        _add(hands, plan)


def _order(hands: Facilitator, plan: SessionPlan, step: Step) -> None:
    position = plan.steps.index(step)
    last = len(plan.steps) - 1
    with steady.row("step-order"):
        for name, places, off in (("up", -1, position == 0), ("down", 1, position == last)):
            st.button(
                text(f"ui.workshop.steps.{name}"),
                key=f"workshop-step-{name}",
                disabled=off,
                on_click=_keep,
                args=(hands, plan, moved(plan.steps, step.id, places)),
            )
        st.button(
            text("ui.workshop.steps.remove"),
            key="workshop-step-remove",
            disabled=last == 0,
            on_click=_keep,
            args=(hands, plan, [item for item in plan.steps if item.id != step.id]),
        )


def _keep(hands: Facilitator, plan: SessionPlan, steps: list[Step]) -> None:
    opened.attempt("steps", lambda: hands.change_plan(plan.model_copy(update={"steps": steps})))


def _change(hands: Facilitator, plan: SessionPlan, step: Step) -> None:
    with steady.form(f"workshop-step-form-{step.id}"):
        st.text_input(
            text("ui.workshop.step.title"), value=step.title, max_chars=120, key=_key("title", step)
        )
        st.number_input(
            text("ui.workshop.step.minutes"),
            min_value=1,
            max_value=240,
            value=step.minutes,
            key=_key("minutes", step),
        )
        st.text_area(
            text("ui.workshop.step.question" if step.asks else "ui.workshop.step.text"),
            value=step.text,
            max_chars=2000,
            key=_key("text", step),
        )
        st.selectbox(
            text("ui.workshop.step.beamer"),
            BEAMER_VIEWS,
            index=BEAMER_VIEWS.index(step.beamer),
            format_func=lambda view: text(f"ui.workshop.beamer.{view}"),
            key=_key("beamer", step),
        )
        with steady.place():
            if plan.scenarios:
                st.selectbox(
                    text("ui.workshop.step.scenario"),
                    plan.scenarios,
                    index=plan.scenarios.index(step.scenario) if step.scenario in plan.scenarios else 0,
                    format_func=scenario_name,
                    key=_key("scenario", step),
                )
        with steady.place():
            _of_kind(plan, step)
        st.form_submit_button(text("ui.workshop.step.save"), on_click=_save, args=(hands, plan, step))
    opened.answer("step")


def _key(name: str, step: Step) -> str:
    return f"step-{name}-{step.id}"


def _of_kind(plan: SessionPlan, step: Step) -> None:
    """Draw what only this kind of step has."""
    if step.kind == "ranking":
        st.text_area(
            text("ui.workshop.step.options"),
            value="\n".join(step.options),
            help=text("ui.workshop.step.options.help"),
            max_chars=1500,
            key=_key("options", step),
        )
    if step.kind != "number":
        return
    for name, bound in (("minimum", step.minimum), ("maximum", step.maximum)):
        st.number_input(text(f"ui.workshop.step.{name}"), value=int(bound), key=_key(name, step))
    st.text_input(text("ui.workshop.step.unit"), value=step.unit, max_chars=40, key=_key("unit", step))
    choose(
        text("ui.workshop.step.indicator"),
        _indicators(plan, step),
        step.indicator,
        _key("indicator", step),
        explained=text("ui.workshop.step.indicator.help"),
    )


def _filled_in(step: Step) -> dict[str, Any]:
    """Return what the form of a step says, as parts of a step; fields that were not drawn are left out."""
    names = ("title", "minutes", "text", "beamer", "scenario", "minimum", "maximum", "unit", "indicator")
    given = {
        name: st.session_state[_key(name, step)] for name in names if _key(name, step) in st.session_state
    }
    if step.kind == "ranking":
        typed = st.session_state[_key("options", step)] or ""
        given["options"] = [line.strip() for line in typed.splitlines() if line.strip()]
    return given


def _indicators(plan: SessionPlan, step: Step) -> dict[str, str]:
    """Return which outcomes of the model can answer a question; more once the scenario is calculated."""
    language = session.language()
    found = {"": text("ui.workshop.step.no_indicator")}
    scenario = step.scenario or next(iter(plan.scenarios), None)
    run = session.latest_runs().get(scenario) if scenario else None
    if run is not None and run.state == "completed":
        return found | {item.id: item.label for item in facts(session.impact(run.id), language)}
    return found | {name: text(f"workshop.fact.{name}") for name in (EXTRA, MOVED)}


def _save(hands: Facilitator, plan: SessionPlan, step: Step) -> None:
    try:
        made = Step.model_validate(step.model_dump() | _filled_in(step))
    except ValidationError as error:
        wrong = {str(item["loc"][0]) if item["loc"] else item["type"] for item in error.errors()}
        names: list[str] = [name for name in ("title", "options", "text") if name in wrong]
        opened.complain("step", *(text(f"ui.workshop.step.wrong.{name}") for name in names or ["bounds"]))
        return
    steps = [made if item.id == step.id else item for item in plan.steps]
    opened.attempt(
        "step",
        lambda: hands.change_plan(plan.model_copy(update={"steps": steps})),
        text("ui.workshop.saved"),
    )


def _add(hands: Facilitator, plan: SessionPlan) -> None:
    with steady.form("workshop-step-add"):
        st.selectbox(
            text("ui.workshop.steps.new_kind"),
            STEP_KINDS,
            format_func=lambda name: text(f"ui.workshop.kind.{name}"),
            key="workshop-step-kind",
        )
        st.form_submit_button(text("ui.workshop.steps.add"), on_click=_add_asked, args=(hands, plan))


def _add_asked(hands: Facilitator, plan: SessionPlan) -> None:
    step = new_step(st.session_state["workshop-step-kind"], session.language(), plan.steps)
    _keep(hands, plan, [*plan.steps, step])
