"""While the service does not answer: what still works, and going on by itself once it does.

Only while it is away does a page ask, every few seconds.
"""

from __future__ import annotations

import streamlit as st

from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom_ui import session
from zorgstroom_ui.components.html import box, element, h1, join, link, listing, paragraph, show

#: Seconds between two looks.
LOOK_SECONDS = 3


def show_last_known() -> None:
    """Say above a page of what was known already that the service is away."""
    words = join(paragraph(session.text("ui.away.last_known")), paragraph(session.text("ui.away.by_itself")))
    show(element("div", box(words, "zs-note"), role="status"))
    _look_again()


def show_nothing_known(error: Unavailable) -> None:
    """Show instead of the page that the service is away."""
    text = session.text
    works = [
        link(text("ui.away.about"), session.address("over")),
        text("ui.away.seen"),
    ]
    content = join(
        paragraph(error.message(session.language())),
        paragraph(text("ui.unavailable.next")),
        paragraph(text("ui.away.works")),
        listing(works),
        paragraph(text("ui.away.by_itself")),
        paragraph(link(text("ui.try_again"), session.here())),
    )
    show(h1(text("ui.unavailable.title")), element("div", box(content, "zs-note"), role="alert"))
    _look_again()
    # What is drawn here is all there is: no second word above it.
    session.try_again()


@st.fragment(run_every=LOOK_SECONDS)
def _look_again() -> None:
    try:
        session.client().health()
    except ZorgstroomError:
        return
    st.rerun()
