"""What a visitor sees while a plan is calculated: how far it is, and a way to stop it."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from zorgstroom.client import RunInfo
from zorgstroom.errors import NotAllowed, Unavailable, ZorgstroomError
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components.html import Html, box, element, join, paragraph, show
from zorgstroom_ui.components.so_far import so_far
from zorgstroom_ui.components.wording import capital

#: Seconds between two looks; only who waits looks, and a region is done in seconds.
POLL_SECONDS = 0.5


def state_text(run: RunInfo | None) -> str:
    """Return where the calculation of a plan stands, in words."""
    if run is None:
        return session.text("ui.state.none")
    language = session.language()
    if run.cancellation_requested and not run.final:
        return session.text("ui.state.stopping")
    if run.state == "running":
        done, total = number(run.done, language), number(run.total, language)
        return session.text("ui.state.running", done=done, total=total)
    if run.state == "queued" and run.position:
        return session.text("ui.state.queued.place", position=number(run.position, language))
    return session.text(f"ui.state.{run.state}")


def progress_bar(run: RunInfo) -> Html:
    """Return how far a run is, as words and as a bar."""
    words = capital(state_text(run))
    meter = element("progress", words, value=str(run.done), max=str(max(1, run.total)), aria_label=words)
    return join(paragraph(element("b", words)), meter)


@st.fragment(run_every=POLL_SECONDS)
def wait_for(run_ids: list[str]) -> None:
    """Show how far runs are, looking again every few seconds; draw the page anew when all have ended."""
    try:
        waiting = [run for run in map(session.client().run, run_ids) if not run.final]
    except Unavailable:
        # The next look may succeed: nothing of the calculation is lost when a connection is.
        show(element("div", box(paragraph(session.text("ui.progress.lost")), "zs-note"), role="status"))
        return
    if not waiting:
        st.rerun()
    for run in waiting:
        title = element("h2", session.text("ui.progress.title", name=run.name))
        content = join(title, progress_bar(run), paragraph(session.text("ui.progress.help")))
        show(element("div", box(content, "zs-info"), role="status"))
        if run.done:
            show(_so_far(run))
        if not run.cancellation_requested:
            stop = session.text("ui.progress.stop")
            st.button(stop, key=f"stop-{run.id}", on_click=_stop, args=(run.id,))


def _so_far(run: RunInfo) -> Html:
    # Who cannot be told what is known so far is told all of it at the end.
    try:
        return so_far(session.client().headline(run.id), session.language())
    except ZorgstroomError:
        return Html("")


def _stop(run_id: str) -> None:
    # A service that is away just now is told so by the next look.
    with suppress(Unavailable):
        try:
            session.client().cancel(run_id)
        except NotAllowed:
            st.toast(session.text("ui.may_not"))
