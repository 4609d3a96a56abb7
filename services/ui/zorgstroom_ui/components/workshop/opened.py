"""Which session is open, and the key with which its facilitator steers it.

The key is told once, when a session is made. It never stands in an address, because addresses end up in logs: the
browser of the facilitator keeps it as a cookie of this site, so that a refresh or a restart of the screens loses
nothing.

What a button asks for is done in its callback, so before the page is drawn again: whoever presses something else at
once ends that drawing, and a button that is read in it with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from zorgstroom.client_sessions import Facilitator
from zorgstroom.errors import InvalidInput, Unavailable, ZorgstroomError
from zorgstroom_ui import session
from zorgstroom_ui.components.html import box, element, join, listing, paragraph, show

T = TypeVar("T")

#: Part of the address that names the session, and the part of its page.
CODE, PART = "sessie", "deel"
#: In the state of a visit: the session whose key is being shown.
SHOWN = "workshop-shown-key"
#: Keys that can be put in a cookie; those of the service are such.
_KEY = re.compile(r"[A-Za-z0-9_-]{8,100}")
_CODE = re.compile(r"[A-Za-z0-9]{4,12}")
#: As long as answers are kept at most, and some more.
_COOKIE_SECONDS = 90 * 24 * 3600

_SCRIPT = """
document.cookie = {name} + "=" + {value} + "; path=/; max-age={seconds}; SameSite=Strict"
  + (location.protocol === "https:" ? "; Secure" : "");
"""


def code() -> str | None:
    """Return the code of the session in the address."""
    return session.remembered(CODE)


def key_of(session_code: str) -> str | None:
    """Return the key this visitor has for a session."""
    found: str | None = st.session_state.get(_state(session_code))
    return found or st.context.cookies.get(_cookie(session_code))


def keep_key(session_code: str, key: str) -> None:
    """Remember the key of a session for this visitor."""
    st.session_state[_state(session_code)] = key


def remember_in_browser(session_code: str) -> None:
    """Have the browser keep the key, so that it outlives this visit."""
    key = st.session_state.get(_state(session_code))
    if not key or not _KEY.fullmatch(key) or not _CODE.fullmatch(session_code):
        return
    if st.context.cookies.get(_cookie(session_code)) == key:
        return
    script = _SCRIPT.format(
        name=json.dumps(_cookie(session_code)), value=json.dumps(key), seconds=_COOKIE_SECONDS
    )
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def facilitator(session_code: str) -> Facilitator:
    """Return what this visitor can do with a session."""
    return session.client().facilitate(session_code, key_of(session_code))


def go_to_part(part: str) -> None:
    """Have the page show another part of the session at its next drawing."""
    st.query_params[PART] = part


def attempt(place: str, action: Callable[[], object], said: str = "") -> bool:
    """Do something, and remember for `place` what went wrong, or what to say when it went well."""
    st.session_state.pop(_said(place), None)
    try:
        action()
    except ZorgstroomError as error:
        language = session.language()
        lines = (
            [problem.message(language) for problem in error.problems]
            if isinstance(error, InvalidInput)
            else [error.message(language)]
        )
        complain(place, *lines)
        return False
    if said:
        st.session_state[_said(place)] = ("status", [said])
    return True


def looked(ask: Callable[[], T]) -> T | None:
    """Return the answer to a look that a part of a page takes by itself; None after saying why there is none."""
    try:
        return ask()
    except Unavailable:
        role, words = "status", session.text("ui.progress.lost")
    except ZorgstroomError as error:
        # The frame of the page watches over whole pages only.
        role, words = "alert", error.message(session.language())
    show(element("div", box(paragraph(words), "zs-note"), role=role))
    return None


def complain(place: str, *lines: str) -> None:
    """Say at a place what is wrong with what was filled in."""
    st.session_state[_said(place)] = ("alert", list(lines))


def answer(place: str) -> None:
    """Show what `attempt` remembered for a place, once; the element is always there, so that nothing moves."""
    role, lines = st.session_state.pop(_said(place), ("status", []))
    content = paragraph(lines[0]) if len(lines) == 1 else listing(lines) if lines else ""
    css = "zs-note" if role == "alert" else "zs-info"
    show(element("div", box(content, css) if content else join(""), role=role))


def _state(session_code: str) -> str:
    return f"workshop-key-{session_code}"


def _said(place: str) -> str:
    return f"workshop-said-{place}"


def _cookie(session_code: str) -> str:
    return f"zs-sessie-{session_code}"
