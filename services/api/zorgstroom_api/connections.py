"""Connections on which nothing whole is asked are closed: each would hold a place that others need.

The server itself only counts the silence between two requests; who sends one byte now and then is never silent.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

#: How long a request may take to arrive as far as its last header; its body is counted by the time limit.
PATIENCE_SECONDS = 20.0


class PatientProtocol(H11Protocol):
    """The protocol of the server, with an end to its patience."""

    patience = PATIENCE_SECONDS
    _look_again: asyncio.TimerHandle | None = None
    #: The last request that was seen; at first something that no request is.
    _seen: Any = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look."""
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        if self._look_again is not None:
            self._look_again.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Close the connection when nothing is answered on it and no request came since the last look."""
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and self.cycle is self._seen:
            self.transport.close()
            return
        self._seen = self.cycle
        self._look_again = self.loop.call_later(self.patience, self._look)
