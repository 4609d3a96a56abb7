"""Try out the room: does everything reach the service, does nothing go elsewhere, can the back row read it."""

from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

import streamlit as st

from zorgstroom.errors import ZorgstroomError
from zorgstroom.text.numbers import number
from zorgstroom.workshop.documents import SessionState
from zorgstroom_ui import session
from zorgstroom_ui.components.html import Html, box, element, h2, join, link, listing, paragraph, show
from zorgstroom_ui.components.share import qr_image

text = session.text

#: Sizes of letters that are tried, in pixels.
SIZES = (28, 36, 48)

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

# Only the browser knows what it asked for, and of whom.
_SCRIPT = """
const place = document.getElementById("zs-room-requests");
if (place) {{
  const hosts = performance.getEntriesByType("resource").map(item => new URL(item.name).host);
  const others = [...new Set(hosts)].filter(host => host && host !== location.host);
  place.textContent = others.length ? {bad} + others.join(", ") : {good};
}}
"""


def show_room_test(state: SessionState) -> None:
    """Show what to look at in the room."""
    show(h2(text("ui.workshop.room.service")))
    show(_service())
    if st.button(text("ui.workshop.room.again"), key="workshop-room-again"):
        st.rerun()
    show(h2(text("ui.workshop.room.elsewhere")), paragraph(text("ui.workshop.room.elsewhere.help")))
    show(element("p", text("ui.workshop.room.elsewhere.wait"), id="zs-room-requests", role="status"))
    script = _SCRIPT.format(
        good=json.dumps(text("ui.workshop.room.elsewhere.none")),
        bad=json.dumps(text("ui.workshop.room.elsewhere.some")),
    )
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)
    show(h2(text("ui.workshop.room.phone")), paragraph(text("ui.workshop.room.phone.help")))
    if urlsplit(state.join_address).hostname in _THIS_MACHINE:
        show(box(paragraph(text("ui.workshop.room.phone.alone")), "zs-note"))
    show(joining(state))
    show(
        h2(text("ui.workshop.room.beamer")),
        paragraph(text("ui.workshop.room.beamer.help")),
        paragraph(link(state.beamer_address, state.beamer_address)),
    )
    show(h2(text("ui.workshop.room.letters")), paragraph(text("ui.workshop.room.letters.help")))
    for size in SIZES:
        words = text("ui.workshop.room.letters.sample", size=size)
        show(element("p", words, style=f"font-size:{size}px;line-height:1.3;max-width:none"))
    show(
        h2(text("ui.workshop.room.also")),
        listing([text(f"ui.workshop.room.also.{line}") for line in ("sound", "sleep", "router", "paper")]),
    )


def joining(state: SessionState) -> Html:
    """Return how to join: the address, the code, and both as a picture for a camera."""
    words = text("ui.workshop.room.qr", code=state.code)
    return join(
        paragraph(
            join(
                text("ui.workshop.room.address"),
                " ",
                link(state.join_address, state.join_address),
                " · ",
                text("ui.workshop.code"),
                " ",
                element("b", state.code),
            )
        ),
        element("img", "", src=qr_image(state.join_address), alt=words, width="220"),
    )


def _service() -> Html:
    language = session.language()
    began = time.perf_counter()
    try:
        session.client().health()
    except ZorgstroomError as error:
        said = join(paragraph(text("ui.workshop.room.service.no")), paragraph(error.message(language)))
        return element("div", box(said, "zs-note"), role="alert")
    took = number((time.perf_counter() - began) * 1000, language)
    return element("p", text("ui.workshop.room.service.yes", n=took), role="status")
