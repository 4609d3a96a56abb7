"""Aannames: the register of everything that goes into the model."""

from __future__ import annotations

from zorgstroom_ui.components.register import page

page.show_page()
