"""Rapport: the outcome of a scenario as a document to take along."""

from __future__ import annotations

from zorgstroom_ui.components import report_page

report_page.show_page()
