"""The web server of the screens: Streamlit, with language and safety of the page set before it leaves.

Streamlit writes ``lang="en"`` in every page; a screen reader would read Dutch with an English voice.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response

from zorgstroom.text import as_language

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


class PageMiddleware(BaseHTTPMiddleware):
    """Set the language of the page from ``?taal=`` and the headers that keep it to itself."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Pass the request on and finish the answer."""
        response = await call_next(request)
        response.headers["X-Content-Type-Options"] = "nosniff"
        if not response.headers.get("content-type", "").startswith("text/html"):
            return response
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["Referrer-Policy"] = "same-origin"
        body = getattr(response, "body_iterator", None)
        if body is None or "content-encoding" in response.headers:
            return response
        page = b"".join([chunk async for chunk in body])
        language = as_language(request.query_params.get("taal"))
        page = page.replace(b'<html lang="en">', f'<html lang="{language}">'.encode(), 1)
        page = page.replace(b"<title>Streamlit</title>", b"<title>Zorgstroom</title>", 1)
        # Length and fingerprint are those of the page as it was.
        stale = {"content-length", "etag", "last-modified"}
        headers = {key: value for key, value in response.headers.items() if key not in stale}
        return Response(page, response.status_code, headers)


def streamlit_options(host: str, port: int) -> dict[str, Any]:
    """Return the options of Streamlit as ``{"theme.base": "light", ...}``, with where to listen."""
    sections = tomllib.loads(resources.files(__package__).joinpath("config.toml").read_text("utf-8"))
    options = {
        f"{section}.{name}": value for section, values in sections.items() for name, value in values.items()
    }
    return {**options, "server.address": host, "server.port": port}


def create_app() -> st.App:
    """Return the web application."""
    return st.App(Path(__file__).with_name("app.py"), middleware=[Middleware(PageMiddleware)])
