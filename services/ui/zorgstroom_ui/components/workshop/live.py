"""Lead a session: which step it is, how long it takes, what the room sees, how many answered, and what is written down.

Only the facilitator's screen looks again by itself, and only at the line with where the session stands; everything
about it is in the service, so that a refresh or a restart shows the same step.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from zorgstroom.client_sessions import Facilitator
from zorgstroom.text.numbers import number
from zorgstroom.workshop.documents import (
    BEAMER_VIEWS,
    NOTE_KINDS,
    NewNote,
    SessionState,
    Step,
)
from zorgstroom.workshop.results import options_of
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.html import (
    Html,
    box,
    element,
    folded,
    h2,
    join,
    link,
    listing,
    paragraph,
    show,
)
from zorgstroom_ui.components.workshop import opened
from zorgstroom_ui.components.workshop.outcome_view import show_step_results
from zorgstroom_ui.components.workshop.places import scenario_name
from zorgstroom_ui.components.workshop.room_test import joining

text = session.text

#: Seconds between two looks at how many answered and how long the step takes.
LOOK_SECONDS = 2.0

_BEAMER = "workshop-beamer"


def show_live(hands: Facilitator, state: SessionState) -> None:
    """Show everything from which a session is led."""
    if state.phase in ("prepare", "ended"):
        show(paragraph(text(f"ui.workshop.live.{state.phase}")))
        return
    _standing(hands, _shown(state))
    _moves(hands, state)
    opened.answer("live")
    # On a phone the second column comes below the first.
    step, beside = steady.columns("lead", [3, 2])
    with step:
        _words(state)
        if state.current.asks:
            _round(hands, state)
    with beside:
        with steady.place():
            _screen(hands, state)
        _write_down(hands, state)
    _finish(hands, state)


def _shown(state: SessionState) -> tuple[object, ...]:
    """Return everything that the rest of the page was drawn from."""
    return (
        state.phase,
        state.step,
        state.paused,
        state.joining_open,
        state.black,
        state.beamer,
        *state.closed,
        *state.revealed,
        *(note.id for note in state.notes),
    )


@st.fragment(run_every=LOOK_SECONDS)
def _standing(hands: Facilitator, shown: tuple[object, ...]) -> None:
    """Show where the session stands; the buttons are outside, so that they stay as they are at every look."""
    state = opened.looked(hands.state)
    if state is None:
        return
    if _shown(state) != shown:
        # Somebody moved it from another screen.
        st.rerun()
    language, step = session.language(), state.current
    position = text(
        "ui.workshop.live.step",
        n=number(state.step + 1, language),
        total=number(len(state.plan.steps), language),
        title=step.title,
    )
    lines = [
        element("strong", position),
        _clock(state, step),
        _people(state),
    ]
    if step.asks:
        lines.append(_answers(state, step))
    show(box(listing(lines), "zs-short"))


def _moves(hands: Facilitator, state: SessionState) -> None:
    """Draw the buttons that move the session."""
    with steady.row("moves"):
        last = state.step == len(state.plan.steps) - 1
        _button("previous", hands, {"step": state.step - 1}, off=state.step == 0)
        _button("next", hands, {"step": state.step + 1}, off=last, main=True)
        _button("resume" if state.paused else "pause", hands, {"paused": not state.paused})
        joining_words = "joining.close" if state.joining_open else "joining.open"
        _button(joining_words, hands, {"joining_open": not state.joining_open})
        _button("light" if state.black else "black", hands, {"black": not state.black})


def _clock(state: SessionState, step: Step) -> str:
    minutes, seconds = divmod(int(state.elapsed), 60)
    over = state.elapsed > step.minutes * 60
    words = text(
        "ui.workshop.live.clock",
        time=f"{minutes}:{seconds:02d}",
        minutes=number(step.minutes, session.language()),
    )
    if state.paused:
        words += " · " + text("ui.workshop.live.paused")
    return words + (" · " + text("ui.workshop.live.over") if over else "")


def _people(state: SessionState) -> str:
    count = number(state.participants, session.language())
    joined = text("ui.workshop.live.open" if state.joining_open else "ui.workshop.live.closed")
    return text("ui.workshop.live.participants", n=count, joining=joined)


def _answers(state: SessionState, step: Step) -> str:
    language = session.language()
    given = number(state.answers.get(step.id, 0), language)
    return text(
        f"ui.workshop.live.answers.{_round_state(state, step)}",
        n=given,
        m=number(state.participants, language),
    )


def _round_state(state: SessionState, step: Step) -> str:
    if step.id in state.revealed:
        return "shown"
    return "closed" if step.id in state.closed else "hidden"


def _button(
    name: str, hands: Facilitator, changes: dict[str, Any], *, off: bool = False, main: bool = False
) -> None:
    """Draw a button that steers; one name always stands at the same place, whatever it says."""
    st.button(
        text(f"ui.workshop.live.{name}"),
        key=f"workshop-live-{_place(name)}",
        disabled=off,
        type="primary" if main else "secondary",
        on_click=_steer,
        args=(hands, changes),
    )


def _steer(hands: Facilitator, changes: dict[str, Any], part: str = "") -> None:
    """Steer the session before the page is drawn again, and go to another part of it if that is asked."""
    if opened.attempt("live", lambda: hands.steer(**changes)) and part:
        opened.go_to_part(part)


def _place(name: str) -> str:
    return {"resume": "pause", "light": "black", "joining.open": "joining", "joining.close": "joining"}.get(
        name, name
    )


def _words(state: SessionState) -> None:
    """Say what this step is and what comes next."""
    following = state.plan.steps[state.step + 1 : state.step + 2]
    lines = [paragraph(state.current.text)] if state.current.text else []
    after = text("ui.workshop.live.last")
    if following:
        minutes = number(following[0].minutes, session.language())
        after = text("ui.workshop.live.after", title=following[0].title, minutes=minutes)
    show(*lines, paragraph(after, "zs-muted"))


def _screen(hands: Facilitator, state: SessionState) -> None:
    """Choose what the room sees, whatever the step says."""
    show(h2(text("ui.workshop.live.room")))
    st.session_state[_BEAMER] = state.beamer
    st.selectbox(
        text("ui.workshop.live.beamer"),
        list(BEAMER_VIEWS),
        format_func=lambda view: text(f"ui.workshop.beamer.{view}"),
        key=_BEAMER,
        on_change=_turn_beamer,
        args=(hands,),
    )
    if state.black:
        show(paragraph(text("ui.workshop.live.is_black")))
    address = link(text("ui.workshop.live.open_beamer"), state.beamer_address)
    show(paragraph(address), folded(text("ui.workshop.live.how_to_join"), joining(state)))


def _turn_beamer(hands: Facilitator) -> None:
    opened.attempt("live", lambda: hands.steer(beamer=st.session_state[_BEAMER]))


def _round(hands: Facilitator, state: SessionState) -> None:
    """Open and close the round; what was answered is shown only when it is closed."""
    step = state.current
    show(h2(text("ui.workshop.live.round")))
    standing = _round_state(state, step)
    with steady.row("round"):
        if standing == "hidden":
            _button("close_round", hands, {"close": step.id})
            _button("reveal", hands, {"reveal": step.id}, main=True)
        elif standing == "closed":
            _button("reveal", hands, {"reveal": step.id}, main=True)
            _button("reopen", hands, {"open": step.id})
        else:
            _button("hide", hands, {"hide": step.id})
            _button("reopen", hands, {"open": step.id})
    with steady.place():
        if standing == "hidden":
            show(paragraph(text("ui.workshop.live.hidden")))
        else:
            show_step_results(hands, step)
    if step.kind == "ranking":
        _hands(hands, state, step)


def _hands(hands: Facilitator, state: SessionState, step: Step) -> None:
    """Write down hands that were raised, where phones do not work or somebody has none."""
    options = options_of(step, [scenario_name(item) for item in state.plan.scenarios])
    if not options:
        return
    counted = next((item.counts for item in state.hands if item.step == step.id), [0] * len(options))
    show(element("h3", text("ui.workshop.hands")), paragraph(text("ui.workshop.hands.help")))
    with steady.form(f"workshop-hands-{step.id}"):
        keys = [f"workshop-hand-{step.id}-{at}" for at in range(len(options))]
        for at, (option, key) in enumerate(zip(options, keys, strict=True)):
            before = counted[at] if at < len(counted) else 0
            st.number_input(option, min_value=0, max_value=2000, value=before, key=key)
        st.form_submit_button(
            text("ui.workshop.hands.save"), on_click=_count, args=(hands, step.id, tuple(keys))
        )
    opened.answer("hands")


def _count(hands: Facilitator, step: str, keys: tuple[str, ...]) -> None:
    counts = [st.session_state[key] for key in keys]
    opened.attempt("hands", lambda: hands.count_hands(step, counts), text("ui.workshop.saved"))


def _write_down(hands: Facilitator, state: SessionState) -> None:
    """Write down arguments, questions, agreements and open points."""
    show(h2(text("ui.workshop.notes")))
    usual = NOTE_KINDS.index("agreement") if state.current.kind == "agreements" else 0
    kind_key = f"workshop-note-kind-{usual}"
    with steady.form("workshop-note", clear_on_submit=True):
        st.text_area(text("ui.workshop.notes.text"), max_chars=1000, key="workshop-note-text")
        st.radio(
            text("ui.workshop.notes.kind"),
            NOTE_KINDS,
            index=usual,
            format_func=lambda name: text(f"ui.workshop.notes.{name}"),
            horizontal=True,
            key=kind_key,
        )
        st.text_input(
            text("ui.workshop.notes.who"),
            max_chars=120,
            help=text("ui.workshop.notes.who.help"),
            key="workshop-note-who",
        )
        st.form_submit_button(
            text("ui.workshop.notes.add"), on_click=_add_note, args=(hands, state.current.id, kind_key)
        )
    opened.answer("note")
    show_notes(hands, state)


def _add_note(hands: Facilitator, step: str, kind_key: str) -> None:
    note = (st.session_state["workshop-note-text"] or "").strip()
    if not note:
        opened.complain("note", text("ui.workshop.notes.empty"))
        return
    who = st.session_state["workshop-note-who"].strip()
    made = NewNote(kind=st.session_state[kind_key] or "for", text=note, responsible=who, step=step)
    opened.attempt("note", lambda: hands.add_note(made), text("ui.workshop.notes.kept"))


def show_notes(hands: Facilitator, state: SessionState) -> None:
    """Show what was written down, newest first, each with a way to strike it out."""
    for note in reversed(state.notes):
        words = join(element("b", text(f"ui.workshop.notes.{note.kind}")), ": ", note.text)
        if note.responsible:
            words = join(words, " (", note.responsible, ")")
        with steady.row(f"note-{note.id}", align="center"):
            show_in_row(words)
            st.button(
                text("ui.workshop.notes.remove", text=note.text[:30]),
                key=f"workshop-note-remove-{note.id}",
                on_click=_strike_out,
                args=(hands, note.id),
            )


def _strike_out(hands: Facilitator, note: int) -> None:
    opened.attempt("note", lambda: hands.remove_note(note))


def show_in_row(words: Html) -> None:
    """Put a sentence beside a button; it takes the room that is left."""
    st.html(f'<div class="zs">{paragraph(words)}</div>', width="stretch")


def _finish(hands: Facilitator, state: SessionState) -> None:
    """End the session, or the rehearsal."""
    show(h2(text("ui.workshop.live.finish")))
    with steady.row("finish"):
        if state.phase == "rehearsal":
            show(paragraph(text("ui.workshop.live.finish.rehearsal")))
            st.button(
                text("ui.workshop.live.stop_rehearsal"),
                key="workshop-stop-rehearsal",
                on_click=_steer,
                args=(hands, {"phase": "prepare"}, "voorbereiden"),
            )
            return
        show(paragraph(text("ui.workshop.live.finish.help")))
        st.button(
            text("ui.workshop.live.end"),
            key="workshop-end",
            on_click=_steer,
            args=(hands, {"phase": "ended"}, "opbrengst"),
        )
