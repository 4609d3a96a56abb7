"""Connections on which nothing whole is asked are closed: each would hold a place that others need.

The server itself only counts the silence between two requests; who sends one byte now and then is never silent.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: How long a request may take to arrive as far as its last header; its body is counted by the time limit.
PATIENCE_SECONDS = 20.0
#: Longest first line and headers together; the parser itself would keep all that comes.
MAX_HEAD_BYTES = 65_536


class PatientProtocol(HttpToolsProtocol):
    """The protocol of the server, with an end to its patience and to what it reads before a request is whole."""

    patience = PATIENCE_SECONDS
    _look_again: asyncio.TimerHandle | None = None
    #: The last request that was seen; at first something that no request is.
    _seen: Any = ""
    #: What came of the headers of the request that is read; None: they are whole.
    _head_bytes: int | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look."""
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        if self._look_again is not None:
            self._look_again.cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to count the headers."""
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Count no more."""
        self._head_bytes = None
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Take what came, and close the connection when its headers know no end."""
        super().data_received(data)
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.transport.close()

    def _look(self) -> None:
        """Close the connection when nothing is answered on it and no request came since the last look."""
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and self.cycle is self._seen:
            self.transport.close()
            return
        self._seen = self.cycle
        self._look_again = self.loop.call_later(self.patience, self._look)
