"""Mijn gemeente: what a plan means for who lives in one place."""

from __future__ import annotations

from zorgstroom_ui.components.my_place import page

page.show_page()
