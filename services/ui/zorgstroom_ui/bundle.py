"""The scripts, styles and fonts of Streamlit, sent from memory and compressed once.

A first visit asks for a hundred of them, four megabytes in all. Streamlit reads each from disk for every visitor and
sends it as it is; in a room where everybody opens the same link at once that is most of what the visitors wait for.
"""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

#: The name of each file holds the fingerprint of what is in it.
_FOREVER = "public, max-age=31536000, immutable"
#: What grows smaller; fonts and pictures are compressed already.
_TEXTS = frozenset({".js", ".css", ".svg"})
_PREFIX = "/static/"


@dataclass(frozen=True)
class BundleFile:
    """A file as it is sent: its type, what is in it, and that compressed (None: not smaller)."""

    media_type: str
    content: bytes
    compressed: bytes | None


class BundleMiddleware:
    """Answer for the files of Streamlit's bundle; everything else goes on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        known = scope["type"] == "http" and scope["method"] == "GET" and scope["path"] in _files()
        if not known:
            await self._app(scope, receive, send)
            return
        file = read(scope["path"])
        headers = {"Cache-Control": _FOREVER, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
        content = file.content
        if file.compressed is not None and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            content = file.compressed
            headers["Content-Encoding"] = "gzip"
        await Response(content, media_type=file.media_type, headers=headers)(scope, receive, send)


@cache
def _files() -> dict[str, Path]:
    """Return where the files are, by the path they are asked for with: only what stands there can be asked."""
    folder = Path(st.__file__).with_name("static")
    found = (file for file in (folder / "static").rglob("*") if file.is_file())
    return {f"{_PREFIX}{file.relative_to(folder / 'static').as_posix()}": file for file in found}


@cache
def read(path: str) -> BundleFile:
    """Return the file asked for with this path. Raises KeyError when there is none."""
    file = _files()[path]
    content = file.read_bytes()
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    smaller = gzip.compress(content, mtime=0) if file.suffix in _TEXTS else content
    return BundleFile(media_type, content, smaller if len(smaller) < len(content) else None)
