"""The pages of the product and their place in the menu.

A page is one line in `PAGES`: its address, the key of its title in the catalogue, and where it stands. Its script is
``app_pages/<address>.py``, with ``_`` for ``-``. A page that is not for this visitor is hidden, never left out: a
link to it still opens it, and the page itself says what is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from zorgstroom_ui import session


@dataclass(frozen=True)
class PageEntry:
    """A page: its address, the key of its title, whether it stands under "Meer", and for whom it is in the menu.

    `charts`: whether whoever opens it sees a chart of Vega-Lite at once; see `preloading`.
    """

    address: str
    title: str
    more: bool = False
    shown: Callable[[], bool] = lambda: True
    charts: bool = False

    @property
    def script(self) -> str:
        """Where its script is, from the entry script."""
        return f"app_pages/{self.address.replace('-', '_')}.py"


#: In the order of the menu. The first is where a visitor begins.
PAGES = (
    PageEntry("start", "ui.start.title"),
    PageEntry("regiobeeld", "ui.region.title", charts=True),
    PageEntry("scenario", "build.title"),
    PageEntry("impact", "ui.impact.title", charts=True),
    PageEntry("vergelijken", "ui.compare.title"),
    PageEntry("verdieping", "ui.depth.title", charts=True),
    PageEntry("werksessie", "ui.workshop.title"),
    PageEntry("mijn-gemeente", "ui.mine.title", more=True),
    PageEntry("aannames", "ui.register.title", more=True),
    PageEntry("rapport", "ui.report.title", more=True),
    PageEntry("data", "ui.data.title", more=True),
    PageEntry("over", "ui.over.title", more=True),
    PageEntry("beheer", "ui.admin.title", more=True, shown=session.may_manage),
)

ADDRESSES = tuple(entry.address for entry in PAGES)


def choose() -> StreamlitPage:
    """Draw the menu and return the page that the visitor is on."""
    more = session.text("ui.menu.more")
    sections: dict[str, list[StreamlitPage]] = {}
    for entry in PAGES:
        sections.setdefault(more if entry.more else "", []).append(_page(entry))
    return st.navigation(sections, position="top")


def _page(entry: PageEntry) -> StreamlitPage:
    return st.Page(
        entry.script,
        title=session.text(entry.title),
        url_path=entry.address,
        default=entry is PAGES[0],
        visibility="visible" if entry.shown() else "hidden",
    )
