"""Places on a page that stay the same to the browser when something above them comes or goes.

Streamlit knows what is on a page by its position, and sends a new drawing piece by piece: each piece takes the place
of what stood there before. Where a line comes in between, all below it moves up one; a browser that shows the page at
that moment throws those pieces away and makes them anew, and whoever was typing in one loses the words and the place.
So what comes and goes is drawn in a place of its own, and every place is drawn every time. A key helps a row or a form
to be known again, but not at such a moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def place() -> DeltaGenerator:
    """Return the place of lines that come and go: it is always there, so that nothing below it moves."""
    return st.container()


@contextmanager
def form(key: str, *, border: bool = True, clear_on_submit: bool = False) -> Iterator[None]:
    """Draw what follows as a form."""
    with st.container(key=f"zs-form-{key}"), st.form(key, border=border, clear_on_submit=clear_on_submit):
        yield


@contextmanager
def row(key: str, *, align: Literal["top", "center", "bottom"] = "top") -> Iterator[None]:
    """Draw what follows beside each other, and below each other where there is no room."""
    with st.container(horizontal=True, vertical_alignment=align, key=f"zs-row-{key}"):
        yield


def columns(key: str, widths: Sequence[int]) -> list[DeltaGenerator]:
    """Return columns; where there is no room the next stands below the one before."""
    with st.container(key=f"zs-columns-{key}"):
        return st.columns(widths, gap="large")
