"""Scenario maken: build a plan by clicking, see what is expected of it, keep and calculate it."""

from __future__ import annotations

from zorgstroom_ui.components.builder.page import show_page

show_page()
