"""The list of sessions: open one, or make a new one."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from zorgstroom.errors import NotAllowed, ZorgstroomError
from zorgstroom.text.numbers import date, number
from zorgstroom.workshop.arranging import standard_plan
from zorgstroom.workshop.documents import SessionInfo
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.html import Column, TableRow, h1, h2, link, paragraph, show, table
from zorgstroom_ui.components.workshop import opened
from zorgstroom_ui.components.workshop.fields import choose, typed_date, written_date
from zorgstroom_ui.components.workshop.places import area_names

text = session.text


def show_overview() -> None:
    """Show the sessions this visitor may see, and the forms to make or open one."""
    show(h1(text("ui.workshop.title.list")), paragraph(text("ui.workshop.lead"), "zs-lead"))
    with steady.place():
        _list()
    _new()
    _open()


def _list() -> None:
    try:
        known = session.client().sessions()
    except NotAllowed:
        # Where keys are asked for, a list is only for who has one.
        known = []
    show(h2(text("ui.workshop.list")))
    if not known:
        show(paragraph(text("ui.workshop.list.none")))
        return
    columns = [
        Column(text(f"ui.workshop.column.{name}"), kind)
        for name, kind in (("name", ""), ("date", ""), ("phase", ""), ("participants", "num"))
    ]
    show(table(text("ui.workshop.list.caption"), columns, [_row(item) for item in known]))


def _row(item: SessionInfo) -> TableRow:
    language = session.language()
    return TableRow(
        [
            link(item.name, session.address("werksessie", sessie=item.code)),
            date(item.date, language),
            text(f"ui.workshop.phase.{item.phase}"),
            number(item.participants, language),
        ]
    )


def _new() -> None:
    language = session.language()
    show(h2(text("ui.workshop.new")), paragraph(text("ui.workshop.new.help")))
    with steady.form("workshop-new"):
        st.text_input(text("ui.workshop.name"), max_chars=120, key="workshop-new-name")
        st.text_input(
            text("ui.workshop.date"),
            value=written_date(dt.datetime.now(dt.UTC).date()),
            max_chars=20,
            key="workshop-new-date",
        )
        areas = area_names(language)
        choose(text("ui.workshop.area"), areas, session.area(), "workshop-new-area")
        st.form_submit_button(text("ui.workshop.new.button"), type="primary", on_click=_make_asked)
    opened.answer("new")


def _make_asked() -> None:
    given = st.session_state
    name, day = given["workshop-new-name"].strip(), typed_date(given["workshop-new-date"])
    if not name:
        opened.complain("new", text("ui.workshop.name.needed"))
    elif day is None:
        opened.complain("new", text("ui.workshop.date.needed"))
    else:
        opened.attempt("new", lambda: _make(name, day, given["workshop-new-area"] or ""))


def _make(name: str, day: dt.date, area: str) -> None:
    made = session.client().create_session(standard_plan(name, day, session.language(), area))
    opened.keep_key(made.code, made.secret)
    st.session_state[opened.SHOWN] = made.code
    _go_to(made.code)


def _open() -> None:
    show(h2(text("ui.workshop.open")), paragraph(text("ui.workshop.open.help")))
    with steady.form("workshop-open"):
        st.text_input(text("ui.workshop.code"), max_chars=12, key="workshop-open-code")
        st.text_input(text("ui.workshop.key"), max_chars=100, key="workshop-open-key", type="password")
        st.form_submit_button(text("ui.workshop.open.button"), on_click=_open_asked)
    opened.answer("open")


def _open_asked() -> None:
    code = st.session_state["workshop-open-code"].strip().upper()
    if code.isalnum():
        _go_to_with(code, st.session_state["workshop-open-key"].strip())
    else:
        opened.complain("open", text("ui.workshop.code.needed"))


def _go_to_with(code: str, key: str) -> None:
    """Open a session if the key fits; else say so here."""
    try:
        session.client().facilitate(code, key or opened.key_of(code)).state()
    except ZorgstroomError as error:
        opened.complain("open", error.message(session.language()))
        return
    if key:
        opened.keep_key(code, key)
    _go_to(code)


def _go_to(code: str) -> None:
    st.query_params[opened.CODE] = code
