"""What the service says of a document, told at the lever it is about."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from zorgstroom.client import Client, Remark, Validation
from zorgstroom_ui import session
from zorgstroom_ui.components.builder.documents import Document, Path, finished_part
from zorgstroom_ui.components.html import Html, element, join, show

Sort = Literal["mistake", "idle", "warning", "question"]
#: Mistakes that leave patients without a hospital they can go to.
NO_HOSPITAL = ("scenario.no_provider", "scenario.no_receiver", "scenario.no_ic", "scenario.out_of_reach")
#: What says that a choice does nothing, and that a part of one does not.
NOTHING = "scenario.changes_nothing."
PARTLY_NOTHING = ("scenario.profile_unchanged", "scenario.capacity_nothing_moves")


@dataclass(frozen=True)
class Told:
    """A remark, at a path of the whole document; empty: about all of it."""

    path: Path
    sort: Sort
    message: str
    code: str


@dataclass
class Remarks:
    """Everything said of a document."""

    items: Sequence[Told]
    #: False: the service did not answer, so that nothing is known.
    answered: bool = True
    _shown: set[int] = field(default_factory=set)

    @property
    def mistakes(self) -> list[Told]:
        """What keeps it from being carried out."""
        return [item for item in self.items if item.sort == "mistake"]

    @property
    def questions(self) -> list[Told]:
        """What to ask about what is possible."""
        return [item for item in self.items if item.sort == "question"]

    @property
    def without_hospital(self) -> list[Told]:
        """Mistakes that leave patients without a hospital."""
        return [item for item in self.items if item.code in NO_HOSPITAL]

    @property
    def idle(self) -> list[Told]:
        """Levers that do nothing."""
        return [item for item in self.items if item.sort == "idle"]

    @property
    def idle_choices(self) -> set[int]:
        """Positions of the choices that do nothing at all: they are left out of the estimate."""
        return {
            item.path[1]
            for item in self.idle
            if item.code.startswith(NOTHING) and isinstance(item.path[1], int)
        }

    def show_at(self, path: Path) -> None:
        """Tell what is about a lever, once."""
        self._show(lambda item: item.path[: len(path)] == path)

    def show_of_choice(self, index: int) -> None:
        """Tell what is about a choice and was not told at one of its levers."""
        self._show(lambda item: item.path[:2] == ("actions", index))

    def show_rest(self) -> None:
        """Tell everything that has no lever on the screen."""
        self._show(lambda item: item.sort != "question")

    def _show(self, about: Callable[[Told], bool]) -> None:
        for place, item in enumerate(self.items):
            if place not in self._shown and about(item):
                self._shown.add(place)
                show(told(item))


def told(item: Told) -> Html:
    """Return a remark as a line that says of what sort it is, in a word too."""
    word = element("b", session.text(f"build.remark.{item.sort}"))
    role = {"role": "alert"} if item.sort == "mistake" else {}
    css = "zs-mistake" if item.sort == "mistake" else "zs-remark"
    return element("p", join(word, " ", item.message), css, **role)


def remarks_of(document: Document) -> Remarks:
    """Return what the service says of the finished part of a document. Raises `Unavailable`."""
    found = _judged(document, ())
    idle = found.idle_choices
    if not idle:
        return found
    # A choice that does nothing keeps the others from being judged whole.
    others = _judged(document, idle)
    return Remarks(
        [*(item for item in found.items if item.path[1:2] and item.path[1] in idle), *others.items]
    )


def _judged(document: Document, besides: Collection[int]) -> Remarks:
    part, kept = finished_part(document, besides)
    found = _validation(
        session.api_address(), session.language(), json.dumps(part, sort_keys=True), session.client()
    )
    sorts: Mapping[Sort, Sequence[Remark]] = {
        "mistake": found.problems,
        "warning": found.warnings,
        "question": found.questions,
    }
    return Remarks(
        [
            Told(_path(item.pointer, kept), _sort(item.code, sort), without_codes(item.message), item.code)
            for sort, items in sorts.items()
            for item in items
        ]
    )


def without_codes(message: str) -> str:
    """Return a remark without the codes of locations, which a file has; on screen a name says which one."""
    for place in session.dataset()["locations"]:
        message = message.replace(f"{place['id']} ({place['name']})", place["name"])
    return message


def _sort(code: str, sort: Sort) -> Sort:
    return "idle" if code.startswith(NOTHING) or code in PARTLY_NOTHING else sort


@st.cache_data(max_entries=200, show_spinner=False, hash_funcs={Client: lambda _client: 0})
def _validation(base_url: str, language: str, document: str, client: Client) -> Validation:
    # A document says the same to everybody: who asks does not matter.
    return client.validate(json.loads(document))


def _path(pointer: str | None, kept: Sequence[int]) -> Path:
    """Return a pointer as a path of the whole document, of which only the actions in `kept` were judged."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in (pointer or "").split("/")[1:]]
    path: list[str | int] = [int(step) if step.isdecimal() else step for step in steps]
    if len(path) > 1 and path[0] == "actions" and isinstance(path[1], int) and path[1] < len(kept):
        path[1] = kept[path[1]]
    return tuple(path)
