"""Pages of the screens without a browser, asking an API in the same process."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.support.api import Api
from zorgstroom.client import Client
from zorgstroom_ui import session

SECONDS = 60


@contextmanager
def asking(
    api: Api, monkeypatch: pytest.MonkeyPatch, headers: Mapping[str, str] | None = None
) -> Iterator[Client]:
    """Let the screens ask this service; what they remember of another is forgotten."""
    st.cache_data.clear()
    st.cache_resource.clear()
    key = (headers or {}).get("Authorization", "").removeprefix("Bearer ")
    with Client(
        "http://127.0.0.1:8000", "nl", transport=api.client._transport, api_key=key or None
    ) as client:
        monkeypatch.setattr(session, "client", lambda: client)
        # What is the same for everybody is asked without a key.
        monkeypatch.setattr(session, "_client", lambda _address, _language: client)
        monkeypatch.setattr(session, "dataset", lambda: client.dataset("small"))
        monkeypatch.setattr(session, "service", client.service)
        monkeypatch.setattr(session, "caller", client.caller)
        yield client


def opened(script: object, **address: str | Sequence[str]) -> AppTest:
    """Return a page as somebody sees it who opens this address."""
    screen = AppTest.from_function(script, default_timeout=SECONDS)  # type: ignore[arg-type]
    for name, value in address.items():
        screen.query_params[name] = value if isinstance(value, str) else list(value)
    return run(screen)


def run(screen: AppTest) -> AppTest:
    """Run the page again; it may not break."""
    screen.run()
    assert not screen.exception, screen.exception
    return screen


def press(screen: AppTest, label: str) -> AppTest:
    """Press the button with this label; there is one."""
    [button] = [item for item in screen.button if item.label == label]
    button.click()
    return run(screen)


def address_of(screen: AppTest, name: str) -> list[str]:
    """Return the values of a part of the address; none when it is not there."""
    value = screen.query_params.get(name, [])
    return [value] if isinstance(value, str) else list(value)


def said(screen: AppTest) -> str:
    """Return everything the page says, without marks."""
    bodies = " ".join(item.proto.body for item in screen.get("html"))
    words = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", bodies)))
    return f"{words} {' '.join(item.value for item in (*screen.error, *screen.success))}"


def tables_of(screen: AppTest) -> list[list[list[str]]]:
    """Return the texts of the cells of every table on the page."""
    markup = " ".join(item.proto.body for item in screen.get("html"))
    return [
        [
            [_words(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
            for row in re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.DOTALL)
        ]
        for table in re.findall(r"<table.*?</table>", markup, re.DOTALL)
    ]


def _words(markup: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup))).strip()
