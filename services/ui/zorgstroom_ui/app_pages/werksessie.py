"""Werksessie: prepare a workshop, lead it, and see what came out."""

from __future__ import annotations

from zorgstroom_ui.components.workshop import opened
from zorgstroom_ui.components.workshop.overview import show_overview
from zorgstroom_ui.components.workshop.session_page import show_session

code = opened.code()
if code is None:
    show_overview()
else:
    show_session(code)
