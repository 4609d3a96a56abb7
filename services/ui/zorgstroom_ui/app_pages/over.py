"""Over dit model: what it does and does not, how it was tested, its words, and what everybody may know of it."""

from __future__ import annotations

from zorgstroom_ui.components import about_page

about_page.show_page()
