"""The choices of a plan, in groups: each as a sentence, and one at a time with its levers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from zorgstroom.text.numbers import number
from zorgstroom_ui import session
from zorgstroom_ui.components import steady
from zorgstroom_ui.components.builder import desk as desks
from zorgstroom_ui.components.builder.documents import (
    Document,
    Path,
    actions,
    add_action,
    kind_of,
    move_action,
    put,
    remove_action,
    unfinished,
)
from zorgstroom_ui.components.builder.facts import Facts
from zorgstroom_ui.components.builder.fields import Fields, seed, today_line
from zorgstroom_ui.components.builder.levers import LEVERS, TODAY_OF
from zorgstroom_ui.components.builder.words import Words
from zorgstroom_ui.components.html import element, h2, join, paragraph, show

#: Kinds of choices per group of the page, in order.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "concentrate": ("concentrate",),
    "spread": ("spread",),
    "pathway": ("shared_care", "close", "open"),
    "circumstances": ("capacity", "workforce", "demand"),
}
#: What a new choice says before anything is chosen.
FRESH: Mapping[str, Document] = {
    "concentrate": {"profiles": [], "at": []},
    "spread": {
        "profiles": [],
        "from": {"types": ["umc", "topklinisch"]},
        "to": {"types": ["algemeen"]},
        "share": 0.1,
    },
    "shared_care": {"profiles": []},
    "close": {},
    "open": {"profiles": []},
    "capacity": {"add": 0},
    "workforce": {"profession": "ward_nurse", "percent": 0},
    "demand": {"profiles": [], "prevent": 0.1},
}


def show_group(
    group: str, place: int, fields: Fields, facts: Facts, after: Callable[[], None] | None = None
) -> None:
    """Show the choices of a group, its own levers `after` them, and the ways to add one."""
    document = fields.desk.document
    kinds = GROUPS[group]
    mine = [index for index, action in enumerate(actions(document)) if kind_of(action) in kinds]
    count = session.text(
        "build.count.one" if len(mine) == 1 else "build.count", count=number(len(mine), fields.language)
    )
    title = session.text(f"build.group.{group}", place=str(place))
    show(
        h2(join(title, " ", element("span", f"({count})", "zs-muted")), f"groep-{place}"),
        paragraph(session.text(f"build.group.{group}.help")),
    )
    words = Words(facts, fields.language)
    loose = set(unfinished(document))
    with steady.place():
        for index in mine:
            _choice(index, fields, facts, words, loose=index in loose)
    with steady.row(f"add-{group}"):
        for kind in kinds:
            st.button(
                session.text(f"build.add.{kind}"),
                key=f"build.add.{kind}",
                icon=":material/add:",
                on_click=_add,
                args=(kind,),
                wrap=True,
            )
    if after is not None:
        after()


def _choice(index: int, fields: Fields, facts: Facts, words: Words, *, loose: bool) -> None:
    """Show a choice: what it does in words, and its levers when it is open."""
    desk, document = fields.desk, fields.desk.document
    action = actions(document)[index]
    kind, body = kind_of(action), action[kind_of(action)]
    name = session.text(f"build.kind.{kind}")
    is_open = desk.open == index
    with st.container(border=True, key=f"zs-choice-{index}"):
        with steady.place():
            # The heading numbers the choice as the list of changes and the file do.
            show(element("h3", f"{name} {index + 1}"), paragraph(words.choice(action, document)))
            now = TODAY_OF[kind](body, facts, fields) if kind in TODAY_OF else None
            if now:
                today_line(now)
            if body.get("why") and not is_open:
                show(element("p", session.text("build.because", why=str(body["why"])), "zs-small"))
            if loose and not is_open:
                show(element("p", session.text("build.unfinished"), "zs-mistake"))
        with steady.row(f"choice-{index}"):
            # A switch, because its name stays: who works by keyboard keeps the place.
            st.toggle(
                session.text("build.edit", name=f"{name} {index + 1}"),
                key=seed(f"builder-open/{index}", is_open),
                on_change=_open,
                args=(index,),
                wrap=True,
            )
            st.button(
                session.text("build.to_today", name=f"{name} {index + 1}"),
                key=f"build.remove.{index}",
                on_click=_remove,
                args=(index,),
                wrap=True,
            )
            if is_open and len(actions(document)) > 1:
                for by, way in ((-1, "earlier"), (1, "later")):
                    st.button(
                        session.text(f"build.{way}"),
                        key=f"build.{way}.{index}",
                        on_click=_move,
                        args=(index, by),
                        disabled=not 0 <= index + by < len(actions(document)),
                        wrap=True,
                    )
        if is_open:
            with steady.place():
                if loose:
                    show(element("p", session.text(f"build.unfinished.{kind}.next"), "zs-remark"))
            with steady.place():
                LEVERS[kind](("actions", index, kind), body, fields, facts)
            _about(("actions", index, kind), kind, fields)
        fields.remarks.show_of_choice(index)


def _about(path: Path, kind: str, fields: Fields) -> None:
    """Draw what every choice may say: since when, why and who."""
    with steady.row(f"days-{path[1]}"):
        fields.day((*path, "start"), session.text("build.field.start"), session.text("build.start.help"))
        if kind in ("close", "capacity", "workforce"):
            fields.day((*path, "until"), session.text("build.field.until"), session.text("build.until.help"))
    fields.line((*path, "why"), session.text("build.field.why"), most=2000, long=True)
    fields.line((*path, "responsible"), session.text("build.field.responsible"), most=120)


# What the buttons do


def _add(kind: str) -> None:
    desk = desks.current()
    document = desk.document
    if desk.base is None and not actions(document):
        document = _as_looked_at(document)
    desk.change(add_action(document, kind, dict(FRESH[kind])))
    desk.open = len(actions(desk.document)) - 1


def _as_looked_at(document: Document) -> Document:
    """Return the document for the area and the year that the visitor looks at, where it does not say."""
    region, name = session.area().partition(":")[::2]
    if name and not document.get("region"):
        document = put(document, ("region",), {region: name})
    if session.year() != session.dataset()["base_year"] and not document.get("horizon"):
        document = put(document, ("horizon", "demand_year"), session.year())
    return document


def _open(index: int) -> None:
    desk = desks.current()
    if st.session_state[f"builder-open/{index}"]:
        desk.open = index
    elif desk.open == index:
        desk.open = None


def _remove(index: int) -> None:
    desk = desks.current()
    desk.change(remove_action(desk.document, index))
    desk.typed = {key: typed for key, typed in desk.typed.items() if not key.startswith("build.actions/")}
    desk.open = None


def _move(index: int, by: int) -> None:
    desk = desks.current()
    desk.change(move_action(desk.document, index, by))
    desk.open = index + by
