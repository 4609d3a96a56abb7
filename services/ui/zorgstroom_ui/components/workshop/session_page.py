"""One session: its parts, and the key that is told once."""

from __future__ import annotations

import streamlit as st

from zorgstroom.client_sessions import Facilitator
from zorgstroom.errors import NotFound, ZorgstroomError
from zorgstroom.workshop.documents import SessionState
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.html import box, element, h1, h2, join, link, paragraph, show
from zorgstroom_ui.components.wording import area_name
from zorgstroom_ui.components.workshop import opened
from zorgstroom_ui.components.workshop.live import show_live
from zorgstroom_ui.components.workshop.outcome_view import show_outcome
from zorgstroom_ui.components.workshop.prepare import show_prepare
from zorgstroom_ui.components.workshop.room_test import show_room_test

text = session.text

#: Parts of the page, in the order of a session; their names stand in the address.
PARTS = ("voorbereiden", "zaaltest", "live", "opbrengst")

_TO_TOP = "document.getElementById('inhoud')?.scrollIntoView();"


def show_session(code: str) -> None:
    """Show one session to who has its key; ask for the key otherwise."""
    hands = opened.facilitator(code)
    try:
        state = hands.state()
    except NotFound as error:
        # The service does not tell a wrong key from a session that is not there.
        _ask_for_key(code, error if opened.key_of(code) else None)
        return
    with steady.place():
        opened.remember_in_browser(code)
    _head(state)
    part = _part(state)
    if part == "voorbereiden":
        show_prepare(hands, state)
    elif part == "zaaltest":
        show_room_test(state)
    elif part == "live":
        show_live(hands, state)
    else:
        show_outcome(hands, state)


def _head(state: SessionState) -> None:
    area = area_name(state.plan.area, session.language())
    show(
        h1(state.plan.name),
        paragraph(
            join(
                text("ui.workshop.head", code=state.code, area=area),
                " · ",
                link(text("ui.workshop.all"), session.address("werksessie")),
            )
        ),
    )
    with steady.place():
        if state.phase == "rehearsal":
            rehearsal = join(
                element("b", text("workshop.rehearsal")), " – ", text("ui.workshop.rehearsal.banner")
            )
            show(box(paragraph(rehearsal), "zs-note"))
        if st.session_state.get(opened.SHOWN) == state.code:
            _show_key(state.code)


def _show_key(code: str) -> None:
    """Tell the key, this once."""
    key = opened.key_of(code) or ""
    content = join(
        h2(text("ui.workshop.key.title")),
        paragraph(
            join(
                text("ui.workshop.code"),
                " ",
                element("b", code),
                " · ",
                text("ui.workshop.key"),
                " ",
                element("code", key),
            )
        ),
        paragraph(text("ui.workshop.key.help")),
    )
    show(element("div", box(content, "zs-info"), role="status"))
    # Whoever pressed a button far down the page would not see it.
    st.html(f"<script>{_TO_TOP}</script>", unsafe_allow_javascript=True)
    st.button(text("ui.workshop.key.kept"), key="workshop-key-kept", on_click=_key_is_kept)


def _key_is_kept() -> None:
    st.session_state.pop(opened.SHOWN, None)


def _part(state: SessionState) -> str:
    """Return the part that is chosen; a session that runs opens where it is led."""
    usual = {"live": "live", "rehearsal": "live", "ended": "opbrengst"}.get(state.phase, "voorbereiden")
    asked = st.query_params.get(opened.PART)
    st.session_state["workshop-part"] = asked if asked in PARTS else usual
    chosen = st.radio(
        text("ui.workshop.parts"),
        PARTS,
        format_func=lambda name: text(f"ui.workshop.part.{name}"),
        horizontal=True,
        key="workshop-part",
        on_change=lambda: st.query_params.__setitem__(opened.PART, st.session_state["workshop-part"]),
    )
    return str(chosen)


def _ask_for_key(code: str, error: ZorgstroomError | None) -> None:
    """Ask for the key of a session; `error`: what was said of the key that was tried."""
    show(h1(text("ui.workshop.ask.title", code=code)), paragraph(text("ui.workshop.ask.help"), "zs-lead"))
    with steady.form("workshop-ask"):
        st.text_input(text("ui.workshop.key"), max_chars=100, key="workshop-ask-key", type="password")
        pressed = st.form_submit_button(
            text("ui.workshop.open.button"), type="primary", on_click=_open_asked, args=(code,)
        )
    if error is not None and not pressed:
        opened.complain("ask", error.message(session.language()))
    opened.answer("ask")
    if _may_renew(code):
        show(paragraph(text("ui.workshop.renew.help")))
        st.button(text("ui.workshop.renew"), key="workshop-renew", on_click=_renew, args=(code,))
    show(paragraph(link(text("ui.workshop.all"), session.address("werksessie"))))


def _may_renew(code: str) -> bool:
    """Return whether this visitor looks after the session, and so may have another key for it."""
    try:
        return code in {item.code for item in session.client().sessions()}
    except ZorgstroomError:
        return False


def _renew(code: str) -> None:
    def renew() -> None:
        opened.keep_key(code, session.client().facilitate(code).new_secret().secret)
        st.session_state[opened.SHOWN] = code

    opened.attempt("ask", renew)


def _open_asked(code: str) -> None:
    key = st.session_state["workshop-ask-key"].strip()
    if key and opened.attempt("ask", lambda: _try(code, key)):
        opened.keep_key(code, key)


def _try(code: str, key: str) -> None:
    hands: Facilitator = session.client().facilitate(code, key)
    hands.state()
