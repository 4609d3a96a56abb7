"""Fields of a form that several parts of the screen have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import streamlit as st

from zorgstroom_ui.components.builder.typed import date_typed


def choose(
    label: str,
    names: Mapping[str, str],
    chosen: str | None,
    key: str,
    *,
    none: str = "",
    explained: str | None = None,
) -> str | None:
    """Draw a list to choose from by name and return what is chosen; with `none` nothing may be chosen too."""
    known = list(names)
    at = None if chosen not in names or chosen is None else known.index(chosen)
    if none:
        return st.selectbox(
            label, known, index=at, format_func=names.__getitem__, placeholder=none, key=key, help=explained
        )
    return st.selectbox(label, known, index=at or 0, format_func=names.__getitem__, key=key, help=explained)


def written_date(day: dt.date) -> str:
    """Return a date as `typed_date` reads it.

    >>> written_date(dt.date(2026, 11, 2))
    '02-11-2026'
    """
    return f"{day:%d-%m-%Y}"


def typed_date(text: str) -> dt.date | None:
    """Return the date that somebody typed; None when it is none."""
    try:
        return date_typed(text)
    except ValueError:
        return None
