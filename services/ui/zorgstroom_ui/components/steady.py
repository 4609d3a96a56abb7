"""Places on a page that stay the same to the browser when something above them comes or goes.

A container without a key is known by its position only: when a line appears above it, the browser builds everything
in it anew, and whoever was typing there loses the words and the place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import streamlit as st


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
