"""What people of a region add to its picture: to read, to write, and to take away again."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from zorgstroom.errors import InvalidInput, ZorgstroomError
from zorgstroom.places_document import LONGEST_ADDITION, LONGEST_AUTHOR, Addition
from zorgstroom.text import Language
from zorgstroom.text.numbers import date
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.html import box, element, h2, join, paragraph, show

#: The fields of the form.
_TEXT, _AUTHOR = "region-addition-text", "region-addition-author"
#: What to say at the next drawing, in the session of a visitor.
_SAID = "region-additions-said"
#: How often the visitor added something.
_TIMES = "region-additions-times"

text = session.text


def show_additions(region: str, language: Language) -> None:
    """Show what was added to a region, and let the visitor add to it."""
    show(
        h2(text("ui.region.additions"), "additions"), paragraph(text("ui.region.additions.help"), "zs-muted")
    )
    ask = session.client().region_additions
    found = session.last_known(f"additions {region}", lambda: ask(region or None))
    if not found:
        show(paragraph(text("ui.region.additions.none")))
    for addition in found:
        _show(addition, language)
    _ask(region)
    _answer()


def _show(addition: Addition, language: Language) -> None:
    said = {"author": addition.author, "date": date(addition.created.date(), language)}
    lines = [paragraph(line) for line in addition.text.splitlines() if line.strip()]
    who = paragraph(text("ui.region.additions.by", **said), "zs-small zs-muted")
    show(box(join(*lines, who), "zs-info"))
    if not addition.mine:
        return
    label = text("ui.region.additions.remove", **said)
    st.button(
        label,
        key=f"region-addition-{addition.id}",
        type="tertiary",
        on_click=_remove,
        args=(addition.id,),
    )


def _remove(addition: int) -> None:
    _attempt(lambda: session.client().remove_region_addition(addition), "ui.region.additions.removed")


def _ask(region: str) -> None:
    # Another field each time: the same words again would be another addition.
    times = st.session_state.get(_TIMES, 0)
    with steady.form("region-additions"):
        st.text_area(text("ui.region.additions.text"), max_chars=LONGEST_ADDITION, key=f"{_TEXT}-{times}")
        st.text_input(text("ui.region.additions.author"), max_chars=LONGEST_AUTHOR, key=_AUTHOR)
        st.form_submit_button(
            text("ui.region.additions.add"), type="primary", on_click=_add, args=(region, times)
        )


def _add(region: str, times: int) -> None:
    words, author = st.session_state[f"{_TEXT}-{times}"].strip(), st.session_state[_AUTHOR].strip()
    if not (words and author):
        st.session_state[_SAID] = ("alert", text("ui.region.additions.needed"))
    elif _attempt(
        lambda: session.client().add_region_addition(region or None, author, words),
        "ui.region.additions.added",
    ):
        st.session_state[_TIMES] = times + 1


def _attempt(action: Callable[[], object], said: str) -> bool:
    try:
        action()
    except ZorgstroomError as error:
        language = session.language()
        problems = error.problems if isinstance(error, InvalidInput) else ()
        lines = [problem.message(language) for problem in problems] or [error.message(language)]
        st.session_state[_SAID] = ("alert", " ".join(lines))
        return False
    st.session_state[_SAID] = ("status", text(said))
    return True


def _answer() -> None:
    """Say once what came of what the visitor did."""
    role, words = st.session_state.pop(_SAID, ("status", ""))
    if words:
        show(element("div", box(paragraph(words), "zs-note" if role == "alert" else "zs-info"), role=role))
