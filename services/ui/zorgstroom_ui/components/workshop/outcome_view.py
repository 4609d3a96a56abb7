"""What came out of a session, on the screen and as files; feedback to participants; deleting the answers."""

from __future__ import annotations

import datetime as dt
from functools import partial
from urllib.parse import parse_qs, urlsplit

import streamlit as st

from zorgstroom.client_sessions import Facilitator
from zorgstroom.errors import ZorgstroomError
from zorgstroom.reporting.blocks import Block, Bullets, Paragraph, Table
from zorgstroom.reporting.forms import MEDIA_TYPES
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.views import TableView, shown
from zorgstroom.text.numbers import date, number
from zorgstroom.workshop.documents import FEEDBACK, Feedback, Outcome, SessionState, Step
from zorgstroom.workshop.report import SessionReport
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    box,
    element,
    h2,
    join,
    link,
    listing,
    paragraph,
    show,
    table,
)
from zorgstroom_ui.components.report_tables import report_table
from zorgstroom_ui.components.workshop import opened
from zorgstroom_ui.components.workshop.fields import typed_date, written_date

text = session.text


def show_outcome(hands: Facilitator, state: SessionState) -> None:
    """Show what came out, with everything that comes after a session."""
    outcome = hands.outcome()
    language = session.language()
    show(
        paragraph(
            text(
                "ui.workshop.outcome.lead",
                date=date(outcome.plan.date, language),
                participants=number(outcome.participants, language),
            ),
            "zs-lead",
        ),
        box(paragraph(text("workshop.no_decision")), "zs-info"),
    )
    _files(hands, state)
    document = SessionReport(outcome, _impacts(hands, outcome), language).document()
    with steady.place():
        for chapter in document.parts[0].chapters:
            show(h2(chapter.title), paragraph(chapter.about, "zs-small"))
            for section in chapter.sections:
                # A section that only says that there is nothing needs no heading.
                told = any(not _plain(block) for block in section.blocks)
                heading = [element("h3", section.title)] if told else []
                show(*heading, *(_block(block) for block in section.blocks))
    _feedback(hands, state)
    _answers(hands, state)


def show_step_results(hands: Facilitator, step: Step) -> None:
    """Show what came out of one step whose round is closed."""
    outcome = hands.outcome()
    result = next((item for item in outcome.results if item.step == step.id), None)
    if result is None:
        show(paragraph(text("ui.workshop.outcome.none")))
        return
    language = session.language()
    report = SessionReport(outcome, _impacts(hands, outcome), language)
    tables = [_table(view) for view in report.tables_of(step, result)]
    one = ".one" if result.answers == 1 else ""
    lines = [paragraph(text(f"workshop.answers{one}", n=number(result.answers, language)))]
    lines += [paragraph(element("b", line)) for line in report.model_answer(step)]
    worries = [paragraph(element("b", text("workshop.worries"))), listing(result.worries)]
    show(*lines, *tables, *(worries if result.worries else []))


def _impacts(hands: Facilitator, outcome: Outcome) -> dict[str, Impact]:
    """Return the results of the scenarios that are calculated."""
    found = {}
    for scenario, calculated in hands.preparation().scenarios.items():
        if calculated.run_id is None or scenario not in outcome.plan.scenarios:
            continue
        try:
            found[scenario] = session.impact(calculated.run_id)
        except ZorgstroomError:
            # Not ready yet: the report says so.
            continue
    return found


def _plain(block: Block) -> bool:
    return isinstance(block, Paragraph) and block.style == "plain"


def _block(block: Block) -> Html:
    if isinstance(block, Paragraph):
        strong = block.style == "strong"
        return paragraph(element("b", block.text) if strong else block.text, "" if strong else _css(block))
    if isinstance(block, Bullets):
        return listing(block.items)
    if isinstance(block, Table):
        return _table(block.view)
    return join("")


def _table(view: TableView) -> Html:
    """Return a table of the report; an address in it is a link here."""
    language = session.language()
    if not view.rows or view.columns[-1].id != "address":
        return report_table(view, language)
    columns = [Column(column.header, "num" if column.numeric else "") for column in view.columns]
    rows = []
    for *cells, address in view.rows:
        there = parse_qs(urlsplit(str(address or "")).query).get("s", [""])[0]
        shown_there = (
            link(text("ui.workshop.outcome.look"), session.address("impact", s=there)) if there else "–"
        )
        rows.append(TableRow([*(shown(cell, language) for cell in cells), shown_there]))
    return table(view.caption, columns, rows)


def _css(block: Paragraph) -> str:
    return "zs-small zs-muted" if block.style == "note" else ""


def _files(hands: Facilitator, state: SessionState) -> None:
    with steady.row("files"):
        for form, media_type in MEDIA_TYPES.items():
            st.download_button(
                text(f"ui.workshop.outcome.{form}"),
                data=partial(hands.report, form),
                file_name=f"zorgstroom-opbrengst-{state.code}.{form}",
                mime=media_type,
                key=f"workshop-report-{form}",
                on_click="ignore",
                type="primary" if form == "html" else "secondary",
            )


def _feedback(hands: Facilitator, state: SessionState) -> None:
    """Tell what was done with what participants said, question by question."""
    show(h2(text("ui.workshop.feedback")), paragraph(text("ui.workshop.feedback.help")))
    given = {item.step: item for item in state.feedback}
    for step in state.plan.steps:
        if not step.asks:
            continue
        known = given.get(step.id)
        with steady.form(f"workshop-feedback-{step.id}"):
            show(element("h3", step.title))
            st.radio(
                text("ui.workshop.feedback.status"),
                FEEDBACK,
                index=FEEDBACK.index(known.status) if known else None,
                format_func=lambda name: text(f"workshop.feedback.{name}").capitalize(),
                horizontal=True,
                key=f"workshop-feedback-status-{step.id}",
            )
            st.text_area(
                text("ui.workshop.feedback.reason"),
                value=known.reason if known else "",
                max_chars=2000,
                key=f"workshop-feedback-reason-{step.id}",
            )
            st.form_submit_button(text("ui.workshop.feedback.save"), on_click=_give, args=(hands, step.id))
        opened.answer(f"feedback-{step.id}")


def _give(hands: Facilitator, step: str) -> None:
    place, status = f"feedback-{step}", st.session_state[f"workshop-feedback-status-{step}"]
    if status is None:
        opened.complain(place, text("ui.workshop.feedback.needed"))
        return
    reason = st.session_state[f"workshop-feedback-reason-{step}"] or ""
    made = Feedback(step=step, status=status, reason=reason)
    opened.attempt(place, lambda: hands.give_feedback(made), text("ui.workshop.saved"))


def _answers(hands: Facilitator, state: SessionState) -> None:
    """Delete the answers; totals stay."""
    show(h2(text("ui.workshop.delete")))
    if state.answers_kept_until is None:
        show(paragraph(text("ui.workshop.delete.gone")))
        opened.answer("delete")
        return
    until = date(state.answers_kept_until, session.language())
    show(paragraph(text("ui.workshop.delete.help", date=until)))
    _keep_longer(hands, state.answers_kept_until)
    sure = st.checkbox(text("ui.workshop.delete.sure"), key="workshop-delete-sure")
    st.button(
        text("ui.workshop.delete.button"),
        key="workshop-delete",
        disabled=not sure,
        on_click=_delete,
        args=(hands,),
    )
    opened.answer("delete")


def _delete(hands: Facilitator) -> None:
    # What is ticked now, and not what was when the page was drawn.
    if st.session_state["workshop-delete-sure"]:
        opened.attempt("delete", hands.delete_answers, text("ui.workshop.delete.done"))


def _keep_longer(hands: Facilitator, until: dt.date) -> None:
    """Let the day be another on which the answers are deleted by themselves."""
    with steady.form("workshop-keep"):
        st.text_input(
            text("ui.workshop.keep"), value=written_date(until), max_chars=20, key="workshop-keep-until"
        )
        st.form_submit_button(text("ui.workshop.keep.button"), on_click=_keep, args=(hands,))
    opened.answer("keep")


def _keep(hands: Facilitator) -> None:
    day = typed_date(st.session_state["workshop-keep-until"])
    if day is None:
        opened.complain("keep", text("ui.workshop.date.needed"))
        return
    opened.attempt("keep", lambda: hands.keep_answers_until(day), text("ui.workshop.saved"))
