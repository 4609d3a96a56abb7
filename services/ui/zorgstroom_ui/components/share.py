"""The box to share what is on screen: title and link to copy, and a QR code for who sits in the same room."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlencode

import segno
import streamlit as st

from zorgstroom_ui import session
from zorgstroom_ui.components.html import element, join, paragraph, show
from zorgstroom_ui.navigation import ADDRESSES

#: Squares of the QR code, each so many points wide.
QR_SCALE = 4
#: Links whose QR code is remembered.
LINKS = 256


def show_box(title: str, page: str, runs: Sequence[str]) -> None:
    """Draw the box; `runs` are the calculations that the page shows."""
    text = session.text
    with st.popover(text("ui.share"), key="frame-share"):
        address = share_address(page, runs)
        copied = text("ui.share.copied")
        # The words around a button of one's own: a copy needs no word to the server.
        show(
            paragraph(join(element("b", title))),
            paragraph(element("span", address, "zs-address")),
            element(
                "div",
                join(
                    element(
                        "button",
                        text("ui.share.copy"),
                        "zs-button",
                        type="button",
                        data_copy=f"{title}\n{address}",
                        data_copied=copied,
                    ),
                    element("span", "", role="status"),
                ),
            ),
            paragraph(
                element("img", "", src=qr_image(address), alt=text("ui.share.qr", title=title), width="180")
            ),
            paragraph(text("ui.share.private"), "zs-small"),
        )


def share_address(page: str, runs: Sequence[str]) -> str:
    """Return the whole address of what is on screen; of one calculation exactly that one."""
    shown = {name: st.query_params.get_all(name) for name in st.query_params}
    if len(runs) == 1:
        shown["run"] = list(runs)
    query = urlencode({**shown, "gedeeld": "1"}, doseq=True)
    return f"{site_address()}/{page}?{query}"


def site_address() -> str:
    """Return where the screens are for this visitor: what the browser shows, without the page."""
    here = (st.context.url or "").rstrip("/")
    root, _, last = here.rpartition("/")
    return root if last in ADDRESSES else here


@lru_cache(maxsize=LINKS)
def qr_image(address: str) -> str:
    """Return a QR code as an address of the picture itself; drawn here, so nobody else learns the link."""
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=QR_SCALE, border=2)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"
