"""Start: three doors, the plans there are, and what is not in it."""

from __future__ import annotations

from zorgstroom_ui.components import start_page

start_page.show_page()
