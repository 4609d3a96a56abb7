"""Where the service asks for keys: a place for one's own, kept for this visit only."""

from __future__ import annotations

import streamlit as st

from zorgstroom.errors import ZorgstroomError
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.html import box, element, paragraph, show

FIELD = "frame-key"


def show_box() -> None:
    """Draw the box, where keys are asked for."""
    if not session.service().keys_needed:
        return
    text = session.text
    with st.popover(text("ui.key.title"), key="frame-key-box"):
        if session.who():
            caller = session.caller()
            role = text(f"ui.key.role.{caller.role}")
            show(paragraph(text("ui.key.known", name=caller.name, role=role)))
            st.button(text("ui.key.forget"), on_click=session.forget_key, key="frame-key-forget")
            return
        show(paragraph(text("ui.key.help")))
        with steady.form("frame-key-form", border=False, clear_on_submit=True):
            st.text_input(text("ui.key.field"), type="password", key=FIELD, autocomplete="off")
            st.form_submit_button(text("ui.key.use"), on_click=_use)
        if refused := st.session_state.pop("key-refused", ""):
            show(element("div", box(paragraph(refused), "zs-note"), role="alert"))


def _use() -> None:
    given = st.session_state[FIELD].strip()
    try:
        session.use_key(given)
    except ZorgstroomError as error:
        st.session_state["key-refused"] = error.message(session.language())
