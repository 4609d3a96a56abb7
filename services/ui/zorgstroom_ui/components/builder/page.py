"""The page Scenario maken, from top to bottom."""

from __future__ import annotations

from functools import partial

import streamlit as st

from zorgstroom.errors import ZorgstroomError
from zorgstroom.scenario_changes import Change, count_settings, setting_changes
from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.builder import desk as desks
from zorgstroom_ui.components.builder import documents
from zorgstroom_ui.components.builder.choices import GROUPS, show_group
from zorgstroom_ui.components.builder.circumstances import show_circumstances
from zorgstroom_ui.components.builder.desk import Desk
from zorgstroom_ui.components.builder.documents import Document
from zorgstroom_ui.components.builder.facts import Facts, facts
from zorgstroom_ui.components.builder.fields import Fields
from zorgstroom_ui.components.builder.files import show_files
from zorgstroom_ui.components.builder.keeping import parent_of, show_keeping, show_versions
from zorgstroom_ui.components.builder.outlook import show_outlook
from zorgstroom_ui.components.builder.remarks import Remarks, remarks_of
from zorgstroom_ui.components.builder.words import Words
from zorgstroom_ui.components.html import box, element, h1, h2, paragraph, show

AGAINST = "build.against"
PUT_BACK = "build.put_back"

# What this page alone needs of style: lines at a lever, and the outcome in sight while choosing.
_STYLE = """
.zs .zs-mistake { color: #a84300; font-weight: 600; margin: 0 0 .3rem; }
.zs .zs-remark { border-left: 4px solid #01689b; padding-left: .6rem; margin: 0 0 .4rem; font-size: .95rem; }
.zs .zs-label { font-size: .88rem; margin: .4rem 0 0; }
.zs .zs-good, .zs .zs-bad, .zs .zs-unknown { margin: 0 0 .25rem; }
.zs .zs-bad { color: #a84300; font-weight: 600; }
.zs .zs-said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media (min-width: 900px) {
  div:has(> .st-key-zs-outlook) { position: sticky; top: 4rem; }
  .st-key-zs-outlook { max-height: calc(100vh - 5rem); overflow-y: auto; }
}
"""


def show_page() -> None:
    """Draw the page."""
    desk = desks.enter()
    desks.sync(desk)
    st.html(f"<style>{_STYLE}</style>")
    text = session.text
    show(h1(text("build.title")), paragraph(text("build.lead"), "zs-lead"))
    with steady.place():
        show(*desk.notices)
        _say_how_kept(desk)
    known = facts()
    _begin_with(desk)
    remarks = _remarks(desk)
    fields = Fields(desk, remarks)
    _head(fields, known)
    choosing, outlook = steady.columns("build", [3, 2])
    with choosing:
        for place, group in enumerate(GROUPS, 1):
            after = partial(show_circumstances, fields, known) if group == "circumstances" else None
            show_group(group, place, fields, known, after)
    with outlook, st.container(key="zs-outlook"):
        _steps(desk)
        show_outlook(desk.document, remarks)
        remarks.show_rest()
    _changes(desk, known)
    show_keeping(desk)
    show_versions(desk)
    show_files(desk)


def _say_how_kept(desk: Desk) -> None:
    """Say where unsaved work is, so that nobody fears for it."""
    if not desk.unsaved:
        return
    if desk.kept == "yes":
        show(element("p", session.text("build.draft.kept"), "zs-small"))
    else:
        words = session.text(f"build.draft.{desk.kept}")
        show(element("div", box(paragraph(words), "zs-note"), role="status"))


def _remarks(desk: Desk) -> Remarks:
    """Return what the service says of the document; nothing when it does not answer, which the estimate tells."""
    try:
        return remarks_of(desk.document)
    except ZorgstroomError:
        return Remarks([], answered=False)


# The top of the page


def _begin_with(desk: Desk) -> None:
    """Draw what to begin from: today, an example or a plan of one's own."""
    text = session.text
    options = {"": text("build.begin.today")}
    options |= {plan.slug or plan.id: plan.name for plan in session.examples() if plan.slug != "01-nu"}
    options |= {
        plan.id: text("build.begin.own", name=plan.name, version=str(plan.version))
        for plan in session.own_plans()
    }
    if desk.base is not None:
        options.setdefault(desk.origin, desk.base.name)
    with steady.row("begin", align="bottom"):
        st.selectbox(
            text("build.begin"),
            list(options),
            index=list(options).index(desk.origin) if desk.origin in options else 0,
            format_func=lambda option: options.get(option, option),
            # What was begun with is what the list shows, however it came on the desk.
            key=(key := f"builder-begin/{desk.origin}"),
        )
        st.button(text("build.begin.press"), key="build.begin.press", on_click=_begin, args=(key,), wrap=True)
    show(element("p", _origin_words(desk), "zs-small"))


def _origin_words(desk: Desk) -> str:
    if desk.base is None:
        return session.text("build.origin.today")
    key = "build.origin.example" if desk.base.example else "build.origin"
    return session.text(key, name=desk.base.name, version=str(desk.base.version))


def _begin(key: str) -> None:
    before = desks.current()
    try:
        desks.begin(st.session_state[key], before)
    except ZorgstroomError as error:
        before.notices = [element("p", error.message(session.language()), "zs-mistake", role="alert")]
        return
    st.query_params.pop(desks.ORIGIN, None)
    base = desks.current().base
    if base is not None:
        session.choose("s", base.slug or base.id)


def _head(fields: Fields, known: Facts) -> None:
    text = session.text
    fields.line(("name",), text("build.field.name"), most=120, needed=True)
    with steady.place():
        if not fields.value(("name",), ""):
            show(element("p", text("build.needs.name"), "zs-small", role="status"))
    fields.line(("description",), text("build.field.description"), most=2000, long=True)
    fields.region(("region",), text("build.field.region"), known.regions, text("ui.area.country"))


def _steps(desk: Desk) -> None:
    """Draw the ways back."""
    text = session.text
    show(h2(text("build.back"), "terug"))
    history = desk.history
    with steady.row("steps"):
        # Never switched off: who works by keyboard would be thrown out of the page at the last step.
        st.button(text("build.undo"), key="build.undo", on_click=_undo, wrap=True)
        st.button(text("build.redo"), key="build.redo", on_click=_redo, wrap=True)
    steps = {
        name: number(len(found), session.language())
        for name, found in (("back", history.past), ("on", history.future))
    }
    show(element("p", text("build.steps", **steps), "zs-small"))
    with st.expander(text("build.reset"), key="builder-reset"):
        empty = not desk.document.get("actions") and not desk.document.get("horizon")
        st.button(
            text("build.reset.today"), key="build.reset.today", on_click=_to_today, disabled=empty, wrap=True
        )
        st.button(
            text("build.reset.saved"),
            key="build.reset.saved",
            on_click=_to_saved,
            disabled=not desk.unsaved,
            wrap=True,
        )
        parent = parent_of(desk)
        if parent is not None:
            st.button(
                text("build.reset.parent", name=parent[0].name, version=str(parent[0].version)),
                key="build.reset.parent",
                on_click=_to,
                args=(parent[1],),
                wrap=True,
            )


def _undo() -> None:
    desk = desks.current()
    desk.step(desk.history.undone())


def _redo() -> None:
    desk = desks.current()
    desk.step(desk.history.redone())


def _to(document: Document) -> None:
    """Put a whole document in place of the one on the desk: one step back undoes it."""
    desk = desks.current()
    desk.change(document)
    desk.typed.clear()
    desk.open = None


def _to_saved() -> None:
    _to(desks.current().saved())


def _to_today() -> None:
    """Take away what differs from today; name, description and region stay."""
    document = desks.current().document
    kept = {name: value for name, value in document.items() if name not in ("horizon", "method")}
    _to(kept | {"actions": []})


# What was changed


def _changes(desk: Desk, known: Facts) -> None:
    """Draw the settings that differ, against today or what this was made from, and a way back for each."""
    text, language = session.text, session.language()
    show(h2(text("build.changes"), "veranderd"))
    references: dict[str, tuple[str, Document]] = {"today": (text("build.against.today"), documents.today())}
    if desk.base is not None:
        name = text("build.against.saved", name=desk.base.name, version=str(desk.base.version))
        references["saved"] = (name, desk.saved())
    parent = parent_of(desk)
    if parent is not None:
        name = text("build.against.saved", name=parent[0].name, version=str(parent[0].version))
        references["parent"] = (name, parent[1])
    against = "today"
    with steady.place():
        if len(references) > 1:
            against = st.radio(
                text("build.against"),
                list(references),
                format_func=lambda option: references[option][0],
                key=AGAINST,
                horizontal=True,
            )
    name, reference = references.get(against, references["today"])
    changes = setting_changes(reference, desk.document)
    total = number(count_settings(reference, desk.document), language)
    caption = text("build.changes.caption", count=number(len(changes), language), total=total, name=name)
    words = Words(known, language)
    show(words.changes_table(changes, caption, name, text("build.changes.here")))
    with steady.place():
        if changes:
            _put_back(changes, words, reference, name)


def _put_back(changes: list[Change], words: Words, reference: Document, name: str) -> None:
    """Draw a way back for one setting."""
    text = session.text
    labels = {
        str(place): words.setting(change) for place, change in enumerate(changes) if change.sort == "changed"
    }
    if not labels:
        return
    with steady.row("put-back", align="bottom"):
        st.selectbox(
            text("build.put_back", name=name),
            list(labels),
            format_func=lambda option: labels.get(option, option),
            key=PUT_BACK,
        )
        st.button(
            text("build.put_back.press"),
            key="build.put_back.press",
            on_click=_back,
            args=(changes, reference),
            wrap=True,
        )


def _back(changes: list[Change], reference: Document) -> None:
    place = st.session_state.get(PUT_BACK)
    if place is None or int(place) >= len(changes):
        return
    change, desk = changes[int(place)], desks.current()
    before = change.before
    # What is a default is not written out.
    written = documents.found(reference, change.path) if not change.action else before
    desk.change(documents.put(desk.document, change.path, written))
