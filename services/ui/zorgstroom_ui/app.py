"""Entry script of the screens: the pages, and the frame all of them share. Streamlit runs it per visit."""

from __future__ import annotations

from importlib import resources

import streamlit as st

from zorgstroom_ui import session
from zorgstroom_ui.components import frame

ASSETS = resources.files("zorgstroom_ui").joinpath("assets")

# No page_title here: it would replace the title each page has of its own.
st.set_page_config(page_icon=str(ASSETS.joinpath("icon.svg")), layout="wide")
st.logo(str(ASSETS.joinpath("logo.svg")), size="large")

language = session.language()
page = st.navigation(
    [
        st.Page("app_pages/start.py", title=session.text("ui.start.title"), url_path="start", default=True),
        st.Page("app_pages/impact.py", title=session.text("ui.impact.title"), url_path="impact"),
        st.Page("app_pages/vergelijken.py", title=session.text("ui.compare.title"), url_path="vergelijken"),
    ],
    position="top",
)
with st.container(horizontal_alignment="center", key="zs-page"), st.container(width=1120):
    frame.begin(language)
    place = st.empty()
    with frame.mistakes_as_text(place), place.container():
        page.run()
    frame.end()
