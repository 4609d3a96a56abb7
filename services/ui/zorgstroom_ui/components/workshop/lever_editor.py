"""The levers that participants may use: which, with which positions."""

from __future__ import annotations

import streamlit as st

from zorgstroom.client_sessions import Facilitator
from zorgstroom.domain.scenario import ActionItem, Scenario
from zorgstroom.planning.description import describe_action
from zorgstroom.planning.regions import region_of
from zorgstroom.reporting.impact import TextRef
from zorgstroom.reporting.rendering import render
from zorgstroom.text import LANGUAGES, Language, catalogue
from zorgstroom.workshop.combinations import LeverField, lever_fields
from zorgstroom.workshop.documents import MOST_LEVERS, Lever, SessionPlan
from zorgstroom.workshop.lever_values import parse_options, start_position, suggestion
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.html import Column, TableRow, h2, paragraph, show, table
from zorgstroom_ui.components.workshop import opened
from zorgstroom_ui.components.workshop.fields import choose

text = session.text


def show_levers(hands: Facilitator, plan: SessionPlan) -> None:
    """Show the open levers with a way to add one and to take one away."""
    show(h2(text("ui.workshop.levers")), paragraph(text("ui.workshop.levers.help")))
    opened.answer("levers")
    base = plan.base or next(iter(plan.scenarios), None)
    if base is None:
        show(paragraph(text("ui.workshop.levers.no_scenario")))
        return
    document = session.scenario(base).document
    _table(document, plan)
    with steady.row("levers"):
        for lever in plan.levers:
            st.button(
                text("ui.workshop.levers.remove", name=lever.label),
                key=f"workshop-lever-{lever.key}",
                on_click=_remove,
                args=(hands, plan, lever.key),
            )
    if len(plan.levers) < MOST_LEVERS:
        _add(hands, plan, document)
    else:
        show(paragraph(text("ui.workshop.levers.enough"), "zs-small"))


def _table(document: Scenario, plan: SessionPlan) -> None:
    if not plan.levers:
        show(paragraph(text("ui.workshop.levers.none")))
        return
    columns = [
        Column(text(f"ui.workshop.column.{name}"), kind)
        for name, kind in (("lever", ""), ("moves", "text"), ("positions", ""), ("start", ""))
    ]
    rows = [
        TableRow(
            [
                lever.label,
                _words_of(document, lever),
                ", ".join(option.label for option in lever.options),
                lever.options[lever.start].label,
            ]
        )
        for lever in plan.levers
    ]
    show(table(text("ui.workshop.levers.caption"), columns, rows))


def _words_of(document: Scenario, lever: Lever) -> str:
    known = {(item.action, item.field): item for item in lever_fields(document)}
    found = known.get((lever.action, lever.field))
    return "" if found is None else _label(found, document)


def _add(hands: Facilitator, plan: SessionPlan, document: Scenario) -> None:
    language = session.language()
    fields = lever_fields(document)
    if not fields:
        show(paragraph(text("ui.workshop.levers.no_actions")))
        return
    labels = {str(at): _label(item, document) for at, item in enumerate(fields)}
    # Outside the form, so that what is suggested follows the choice.
    chosen = choose(text("ui.workshop.levers.what"), labels, None, "workshop-lever-field")
    field = fields[int(chosen or 0)]
    label_key = f"workshop-lever-label-{chosen}"
    with steady.form("workshop-lever"):
        st.text_input(
            text("ui.workshop.levers.label"),
            value=text(f"ui.workshop.field.{field.field or 'action'}"),
            max_chars=120,
            key=label_key,
        )
        values_key = f"workshop-lever-values-{chosen}-{language}"
        if field.field:
            st.text_input(
                text("ui.workshop.levers.positions"),
                value=suggestion(field, language),
                help=text("ui.workshop.levers.positions.help"),
                max_chars=200,
                key=values_key,
            )
        else:
            show(paragraph(text("ui.workshop.levers.on_off"), "zs-small"))
        st.form_submit_button(
            text("ui.workshop.levers.add"),
            on_click=_add_asked,
            args=(hands, plan, field, label_key, values_key),
        )
    opened.answer("lever")


def _add_asked(
    hands: Facilitator, plan: SessionPlan, field: LeverField, label_key: str, values_key: str
) -> None:
    label, typed = st.session_state[label_key], st.session_state.get(values_key, "")
    opened.attempt("lever", lambda: _append(hands, plan, field, label, typed))


def _append(hands: Facilitator, plan: SessionPlan, field: LeverField, label: str, typed: str) -> None:
    options = parse_options(typed, field, session.language())
    taken = {lever.key for lever in plan.levers}
    key = next(name for name in (f"lever{at}" for at in range(1, MOST_LEVERS + 2)) if name not in taken)
    lever = Lever(
        key=key,
        label=label.strip() or text(f"ui.workshop.field.{field.field or 'action'}"),
        action=field.action,
        field=field.field,
        options=options,
        start=start_position(options, field),
    )
    hands.change_plan(plan.model_copy(update={"levers": [*plan.levers, lever]}))


def _remove(hands: Facilitator, plan: SessionPlan, key: str) -> None:
    left = [lever for lever in plan.levers if lever.key != key]
    opened.attempt("levers", lambda: hands.change_plan(plan.model_copy(update={"levers": left})))


def _label(field: LeverField, document: Scenario) -> str:
    action = document.actions[field.action]
    what = text(f"ui.workshop.field.{field.field or 'action'}")
    return f"{field.action + 1}. {what}: {sentence(action, document, session.language())}"


def sentence(item: ActionItem, document: Scenario, language: Language) -> str:
    """Return an action of a scenario in words, as a report says it."""
    key, params = describe_action(item.action, region_of(document.region))
    return render(TextRef(key=key, params=params), language, _names())


def _names() -> dict[str, dict[str, str]]:
    """Return the names of locations, care profiles and pools."""
    data = session.dataset()
    names = {item["id"]: dict.fromkeys(LANGUAGES, item["name"]) for item in data["locations"]}
    names |= {item["id"]: {"nl": item["name_nl"], "en": item["name_en"]} for item in data["profiles"]}
    for language in LANGUAGES:
        for key, words in catalogue(language).items():
            if key.startswith("pool."):
                pool = key.removeprefix("pool.").replace(".", ":", 1)
                names.setdefault(pool, {})[language] = words
    return names
