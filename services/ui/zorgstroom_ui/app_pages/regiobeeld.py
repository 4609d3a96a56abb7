"""Regiobeeld: a region as it is today."""

from __future__ import annotations

from zorgstroom_ui.components.region import page

page.show_page()
