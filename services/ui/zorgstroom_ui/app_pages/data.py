"""Data en API: figures to take along, and how a program asks for them."""

from __future__ import annotations

from zorgstroom_ui.components import data_page

data_page.show_page()
