"""What a visitor is working on: the document with its way back, and where it came from.

What is not kept as a version yet is a draft at the service. Its id is in the address (``concept``), so that it is
still there after a refresh, a restart of the screens or on another device, and two people at one draft never undo
each other's work: the second gets a draft of his own. A draft exists as long as there is something in it to lose.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from zorgstroom.client import RunInfo, ScenarioInfo
from zorgstroom.client_drafts import Draft
from zorgstroom.errors import Conflict, NotAllowed, NotFound, ZorgstroomError
from zorgstroom_ui import session
from zorgstroom_ui.components.builder import documents
from zorgstroom_ui.components.builder.documents import Document
from zorgstroom_ui.components.builder.history import History
from zorgstroom_ui.components.html import Html, join, link

logger = logging.getLogger(__name__)

_KEY = "builder-desk"
#: Parts of the address: a draft, or what to begin from.
DRAFT, ORIGIN = "concept", "vanuit"
#: Whether the draft is kept: it is, nobody may, or the service does not answer just now.
Kept = Literal["yes", "may_not", "later"]


@dataclass(frozen=True)
class Typed:
    """What was typed in a field and cannot be read, and why."""

    text: str
    message: str


@dataclass
class Desk:
    """One document on one desk."""

    history: History
    #: The kept scenario that it was made from; None: today.
    base: ScenarioInfo | None = None
    draft: Draft | None = None
    kept: Kept = "yes"
    #: By path, as in `fields.key_of`.
    typed: dict[str, Typed] = field(default_factory=dict)
    #: Position of the choice that is open.
    open: int | None = None
    #: What to tell at the top of the page, until the next change.
    notices: list[Html] = field(default_factory=list)
    #: The latest calculation of the kept scenario.
    run: RunInfo | None = None

    @property
    def document(self) -> Document:
        """The document as it is now."""
        return self.history.document

    @property
    def origin(self) -> str:
        """What the address calls the scenario it was made from; empty for today."""
        return "" if self.base is None else self.base.slug or self.base.id

    def saved(self) -> Document:
        """Return the document as it was kept last; that of today if it never was."""
        return (
            documents.today()
            if self.base is None
            else documents.opened(session.scenario(self.base.id).document)
        )

    @property
    def unsaved(self) -> bool:
        """Whether there is something in it that would be lost."""
        return not documents.same(self.document, self.saved())

    def change(self, document: Document, lever: str = "") -> None:
        """Put another document in its place; moving one lever on is one step back."""
        self.history = self.history.pushed(document, lever)
        self.notices.clear()

    def step(self, history: History) -> None:
        """Go a step back or on."""
        self.history = history
        self.typed.clear()
        self.notices.clear()
        if self.open is not None and self.open >= len(documents.actions(self.document)):
            self.open = None


def current() -> Desk:
    """Return what this visitor works on."""
    desk: Desk = st.session_state[_KEY]
    return desk


def enter() -> Desk:
    """Return what the address says to work on: a draft, what to begin from, or what was on the desk already.

    Raises `NotFound` for a scenario that is not there.
    """
    desk: Desk | None = st.session_state.get(_KEY)
    draft_id, origin = st.query_params.get(DRAFT), st.query_params.get(ORIGIN)
    if draft_id and not (desk and desk.draft and desk.draft.id == draft_id):
        desk = _from_draft(draft_id)
    elif not draft_id and origin is not None and not (desk and origin in _names(desk)):
        desk = begin(origin, desk)
        if desk.base is not None and session.remembered("s") != desk.origin:
            # The frame was drawn already, about another scenario.
            session.choose("s", desk.origin)
            st.rerun()
    elif desk is None:
        desk = begin(session.remembered("s") or "", None)
    st.session_state[_KEY] = desk
    return desk


def begin(origin: str, before: Desk | None) -> Desk:
    """Begin from a kept scenario, or from today; the draft of `before` stays at its address. Raises `NotFound`."""
    base = session.find_scenario(origin) if origin else None
    desk = Desk(History(documents.today()), base)
    if base is not None:
        desk.history = History(desk.saved())
        desk.run = session.latest_runs().get(base.id)
    if before is not None and before.draft is not None and before.unsaved:
        address = session.address("scenario", **{DRAFT: before.draft.id})
        name = before.document.get("name") or session.text("build.no_name")
        words = session.text("build.left_behind", name=str(name))
        desk.notices.append(join(words, " ", link(session.text("build.left_behind.link"), address)))
    st.session_state[_KEY] = desk
    st.query_params.pop(DRAFT, None)
    return desk


def put_on_desk(document: Document, before: Desk, notice: Html) -> None:
    """Begin with a document that came from elsewhere, such as a file."""
    desk = begin("", before)
    desk.history = desk.history.pushed(document)
    desk.notices.append(notice)


def sync(desk: Desk) -> None:
    """Keep the draft as the document is now, and say in the address where it is."""
    try:
        _keep(desk)
        desk.kept = "yes"
    except NotAllowed:
        desk.kept = "may_not"
    except ZorgstroomError as error:
        # Nothing is lost yet: it is on the desk, and the next change tries again.
        logger.warning("a draft could not be kept: %s", error)
        desk.kept = "later"
    _put_in_address(desk)


def _keep(desk: Desk) -> None:
    client = session.client()
    if not desk.unsaved:
        if desk.draft is not None:
            gone, desk.draft = desk.draft, None
            client.remove_draft(gone.id)
        return
    content = (
        desk.document,
        None if desk.base is None else desk.base.id,
        *_shortened(desk.history),
    )
    if desk.draft is None:
        desk.draft = client.add_draft(*content)
        return
    if desk.draft.document == desk.document:
        return
    try:
        desk.draft = client.change_draft(desk.draft, *content)
    except Conflict:
        other = session.address("scenario", **{DRAFT: desk.draft.id})
        desk.draft = client.add_draft(*content)
        words = session.text("build.draft.two")
        desk.notices.append(join(words, " ", link(session.text("build.draft.two.link"), other)))
    except NotFound:
        # Forgotten in the meantime, or thrown away in another window.
        desk.draft = client.add_draft(*content)


#: Characters of the steps back that are kept with a draft: a large document keeps fewer.
_MOST_CHARACTERS = 150_000


def _shortened(history: History) -> tuple[list[Document], list[Document]]:
    """Return the steps back and on that are kept with a draft, the nearest ones."""
    kept: list[list[Document]] = []
    for steps in (history.past, history.future):
        room, near = _MOST_CHARACTERS, []
        for document in reversed(steps):
            room -= len(json.dumps(document))
            if room < 0:
                break
            near.append(document)
        kept.append(near[::-1])
    return kept[0], kept[1]


def _from_draft(draft_id: str) -> Desk:
    """Return the desk as a draft left it; without the draft, an empty one that says so."""
    try:
        draft = session.client().draft(draft_id)
    except NotFound as error:
        desk = begin(session.remembered("s") or "", None)
        desk.notices.append(join(error.message(session.language())))
        return desk
    base = None
    if draft.base is not None:
        try:
            base = session.find_scenario(draft.base)
        except NotFound:
            # Its work stays, also when what it was made from was removed.
            logger.info("the scenario of a draft is gone: %s", draft.base)
    desk = Desk(History(draft.document, tuple(draft.past), tuple(draft.future)), base, draft)
    if base is not None:
        desk.run = session.latest_runs().get(base.id)
    return desk


def _names(desk: Desk) -> tuple[str, ...]:
    return ("", "nu") if desk.base is None else (desk.base.id, desk.base.slug or desk.base.id)


def _put_in_address(desk: Desk) -> None:
    wanted = {DRAFT: desk.draft.id if desk.draft else "", ORIGIN: "" if desk.draft else desk.origin}
    for name, value in wanted.items():
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value
        elif not value:
            st.query_params.pop(name, None)
