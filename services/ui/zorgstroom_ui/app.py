"""Entry script of the screens: the pages, and the frame all of them share. Streamlit runs it per visit."""

from __future__ import annotations

from importlib import resources

import streamlit as st

from zorgstroom_ui import navigation
from zorgstroom_ui.components import frame

ASSETS = resources.files("zorgstroom_ui").joinpath("assets")

# No page_title here: it would replace the title each page has of its own.
st.set_page_config(page_icon=str(ASSETS.joinpath("icon.svg")), layout="wide")
st.logo(str(ASSETS.joinpath("logo.svg")), size="large")

page = navigation.choose()
shown = frame.Frame(navigation.ADDRESSES, page.title, page.url_path)
with st.container(horizontal_alignment="center", key="zs-page"), st.container(width=1120):
    shown.begin()
    with frame.mistakes_as_text():
        page.run()
    shown.end()
