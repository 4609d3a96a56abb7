"""Tabs that stand in the address, so that a link opens the one that was open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from zorgstroom_ui import session
from zorgstroom_ui.components.frame_bar import missing
from zorgstroom_ui.components.html import show

#: Part of the address with the name of the tab.
PART = "onderdeel"
Name = TypeVar("Name", bound=str)


def asked_tab(names: Iterable[Name]) -> Name:
    """Return the tab that the address names, else the first; says so when there is none of that name."""
    known, asked = list(names), st.query_params.get(PART)
    found = next((name for name in known if name == asked), None)
    if asked and found is None:
        show(missing(session.text("ui.unknown.part", part=asked), []))
    return known[0] if found is None else found


def open_tab(page: str, labels: Mapping[Name, str], asked: Name) -> tuple[Name, DeltaGenerator]:
    """Draw the tabs of a page; return the one that is open, and where it is filled. What is hidden stays empty.

    `asked` is the tab to begin with; see `asked_tab`.
    """
    key, last = f"{page}-tabs-{session.language()}", f"{page}-tab"
    if key not in st.session_state or st.session_state.get(last) != asked:
        # Somebody came by a link, or in another language: what was open before does not count. A default that
        # follows the address would make other tabs of them at every click.
        st.session_state[key] = labels[asked]
    containers = dict(zip(labels, st.tabs(list(labels.values()), key=key, on_change="rerun"), strict=True))
    name = next((name for name, container in containers.items() if container.open), asked)
    st.session_state[last] = name
    if st.query_params.get(PART) != name:
        st.query_params[PART] = name
    return name, containers[name]
