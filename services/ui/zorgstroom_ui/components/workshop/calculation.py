"""Everything that a session looks up is calculated beforehand: how much that is, how long it takes, how far it is."""

from __future__ import annotations

import streamlit as st

from zorgstroom.client_sessions import Facilitator
from zorgstroom.text.numbers import number
from zorgstroom.workshop.documents import Calculated, Preparation, SessionPlan
from zorgstroom_ui import session
from zorgstroom_ui.components.html import (
    Column,
    Html,
    TableRow,
    box,
    cut_table,
    element,
    folded,
    h2,
    join,
    paragraph,
    show,
)
from zorgstroom_ui.components.workshop import opened

text = session.text

#: Seconds between two looks at how far it is; only the facilitator looks.
POLL_SECONDS = 2.0


def show_calculation(hands: Facilitator, plan: SessionPlan) -> None:
    """Show how many combinations there are, have them calculated, and tell how far that is."""
    show(h2(text("ui.workshop.calculate")), paragraph(text("ui.workshop.calculate.help")))
    if not plan.scenarios:
        show(paragraph(text("ui.workshop.calculate.nothing")))
        return
    found = hands.preparation()
    if _asked(found) and not found.complete:
        _progress(hands, plan)
    else:
        _show(hands, plan, found)


@st.fragment(run_every=POLL_SECONDS)
def _progress(hands: Facilitator, plan: SessionPlan) -> None:
    """Look again until everything is ready; then the page is drawn anew and nobody looks any more."""
    found = opened.looked(hands.preparation)
    if found is None:
        return
    if found.complete:
        st.rerun()
    _show(hands, plan, found)


def _asked(found: Preparation) -> bool:
    return bool(found.combinations or found.scenarios)


def _show(hands: Facilitator, plan: SessionPlan, found: Preparation) -> None:
    show(_how_far(plan, found))
    opened.answer("calculate")
    if not _asked(found) or found.failed:
        st.button(
            text("ui.workshop.calculate.button"),
            key="workshop-calculate",
            type="primary",
            on_click=_ask,
            args=(hands,),
        )
    problems = {key: item for key, item in found.combinations.items() if item.problem}
    if problems:
        show(folded(text("ui.workshop.calculate.problems", n=len(problems)), _problems(plan, problems)))


def _ask(hands: Facilitator) -> None:
    opened.attempt("calculate", hands.prepare)


def _how_far(plan: SessionPlan, found: Preparation) -> Html:
    asked = _asked(found)
    language = session.language()
    ready, total = number(found.ready, language), number(found.total, language)
    lines = []
    if not asked:
        one = ".one" if found.total == 1 else ""
        lines.append(paragraph(text(f"ui.workshop.calculate.total{one}", total=total)))
    else:
        combined = ".combinations" if plan.levers else ""
        words = text(f"ui.workshop.calculate.ready{combined}", ready=ready, total=total)
        meter = element(
            "progress", words, value=str(found.ready), max=str(max(1, found.total)), aria_label=words
        )
        lines += [paragraph(element("b", words)), meter]
    if not found.complete and found.expected_seconds is not None:
        lines.append(
            paragraph(text("ui.workshop.calculate.takes", duration=duration(found.expected_seconds)))
        )
    elif not asked:
        lines.append(paragraph(text("ui.workshop.calculate.unknown")))
    if found.many:
        lines.append(box(paragraph(text("ui.workshop.calculate.many", total=total)), "zs-note"))
    if found.failed:
        failed = number(found.failed, language)
        lines.append(paragraph(text("ui.workshop.calculate.failed", failed=failed)))
    return join(*lines)


def duration(seconds: float) -> str:
    """Return a duration in words, in minutes or in hours."""
    language = session.language()
    minutes = max(1, round(seconds / 60))
    if seconds < 45:
        return text("ui.workshop.duration.short")
    if minutes < 90:
        return text(
            "ui.workshop.duration.minutes" if minutes > 1 else "ui.workshop.duration.minute", n=minutes
        )
    return text("ui.workshop.duration.hours", n=number(seconds / 3600, language, 1))


def _problems(plan: SessionPlan, problems: dict[str, Calculated]) -> Html:
    columns = [
        Column(text("workshop.column.combination"), ""),
        Column(text("ui.workshop.column.problem"), "text"),
    ]
    rows = [TableRow([_named(plan, key), item.problem]) for key, item in problems.items()]
    return cut_table(text("ui.workshop.calculate.problems.caption"), columns, rows, session.language())


def _named(plan: SessionPlan, key: str) -> str:
    """Return a combination by its levers; its own name when it is no combination of theirs."""
    parts = key.split("-")
    if len(parts) != len(plan.levers):
        return key
    return "; ".join(
        f"{lever.label}: {lever.options[int(at)].label}"
        for lever, at in zip(plan.levers, parts, strict=True)
        if at.isdigit() and int(at) < len(lever.options)
    )
