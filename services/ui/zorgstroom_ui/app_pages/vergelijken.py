"""Vergelijken: today and up to six plans next to each other."""

from __future__ import annotations

from zorgstroom_ui.components import compare_page

compare_page.show_page()
