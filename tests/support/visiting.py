"""The whole app as a visitor has it, without a browser, on a service in this process."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import httpx
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import zorgstroom_ui
from tests.support.api import Api
from zorgstroom.client import Client
from zorgstroom_ui import session

APP = Path(zorgstroom_ui.__file__).with_name("app.py")
SECONDS = 120


class Line(httpx.BaseTransport):
    """The way to the service; it can be cut."""

    def __init__(self, api: Api) -> None:
        self._way: httpx.BaseTransport = api.client._transport
        self.cut = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.cut:
            raise httpx.ConnectError("cut")
        return self._way.handle_request(request)


def connect(api: Api, monkeypatch: pytest.MonkeyPatch) -> Line:
    """Let the screens ask this service; whatever they remember of another is forgotten."""
    st.cache_data.clear()
    st.cache_resource.clear()
    line = Line(api)
    monkeypatch.setattr(session, "Client", partial(Client, transport=line))
    return line


def visit(page: str = "start", **address: str) -> AppTest:
    """Open a page in a browser window of one's own."""
    screen = AppTest.from_file(str(APP), default_timeout=SECONDS)
    for name, value in address.items():
        screen.query_params[name] = value
    if page != "start":
        screen.switch_page(f"app_pages/{page}.py")
    return shown(screen.run())


def shown(screen: AppTest) -> AppTest:
    """Return the screen, on which nothing went wrong."""
    assert not screen.exception, screen.exception
    return screen


def said(screen: AppTest) -> str:
    """Return everything that stands on the screen as HTML, but styles and scripts."""
    bodies = [item.proto.body for item in screen.get("html")]
    return " ".join(body for body in bodies if not body.startswith(("<style>", "<script>")))


def address_of(screen: AppTest) -> dict[str, list[str]]:
    """Return the parts of the address."""
    return {name: [value] if isinstance(value, str) else value for name, value in screen.query_params.items()}
