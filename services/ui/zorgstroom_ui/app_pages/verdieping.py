"""Verdieping: from every number to what is behind it."""

from __future__ import annotations

from zorgstroom_ui.components.in_depth import page

page.show_page()
