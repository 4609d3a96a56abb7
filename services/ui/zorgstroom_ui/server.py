"""The web server of the screens: Streamlit, with language and safety of the page set before it leaves.

Streamlit writes ``lang="en"`` in every page; a screen reader would read Dutch with an English voice.
"""

from __future__ import annotations

import gc
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zorgstroom.text import as_language
from zorgstroom_ui import preloading
from zorgstroom_ui.bundle import BundleMiddleware

#: Nothing on a screen may come from another address than this server: it works without internet, and
#: no third party sees who looks at what. Streamlit's charts need `unsafe-eval`.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss: data: blob:",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    ]
)


class PageMiddleware:
    """Set the language of the page from ``?taal=``, what it needs early, and the headers that keep it to itself.

    Everything else passes as it is: a first visit asks for a hundred files.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and finish the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun: Message = {}
        page = bytearray()

        async def finish(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                if headers.get("content-type", "").startswith("text/html"):
                    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
                    headers["Referrer-Policy"] = "same-origin"
                    if "content-encoding" not in headers:
                        begun = message
                        return
            if not begun:
                await send(message)
                return
            page.extend(message.get("body", b""))
            if message.get("more_body", False):
                return
            finished = _finished(bytes(page), scope)
            headers = MutableHeaders(scope=begun)
            # Length and fingerprint are those of the page as it was.
            for stale in ("content-length", "etag", "last-modified"):
                del headers[stale]
            if finished:
                headers["content-length"] = str(len(finished))
            await send(begun)
            await send({**message, "body": finished})

        await self._app(scope, receive, finish)


def _finished(page: bytes, scope: Scope) -> bytes:
    asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    language = as_language(asked.get("taal"))
    page = page.replace(b'<html lang="en">', f'<html lang="{language}">'.encode(), 1)
    page = page.replace(b"<title>Streamlit</title>", b"<title>Zorgstroom</title>", 1)
    return page.replace(b"</head>", preloading.links(scope["path"]).encode() + b"</head>", 1)


def streamlit_options(host: str, port: int) -> dict[str, Any]:
    """Return the options of Streamlit as ``{"theme.base": "light", ...}``, with where to listen."""
    sections = tomllib.loads(resources.files(__package__).joinpath("config.toml").read_text("utf-8"))
    options = {
        f"{section}.{name}": value for section, values in sections.items() for name, value in values.items()
    }
    return {**options, "server.address": host, "server.port": port}


@asynccontextmanager
async def _warm(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Be ready for the first visitor before anybody is let in."""
    preloading.warm_up()
    # Streamlit collects garbage after every drawing, and serves nobody meanwhile. What is there now stays for good:
    # set apart, it is not looked through each time.
    gc.collect()
    gc.freeze()
    yield {}


def create_app() -> st.App:
    """Return the web application."""
    return st.App(
        Path(__file__).with_name("app.py"),
        lifespan=_warm,
        middleware=[Middleware(BundleMiddleware), Middleware(PageMiddleware)],
    )
