"""Beheer: how the installation is doing."""

from __future__ import annotations

from zorgstroom_ui.components import admin_page

admin_page.show_page()
