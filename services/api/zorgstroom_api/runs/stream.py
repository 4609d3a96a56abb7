"""The progress of a run as server-sent events.

Every event is the whole run, so a reader who missed some has lost nothing. The id names the moment: a
reader who comes back with the last one (``Last-Event-ID``) gets only what is new, and nothing more (204,
which tells a browser not to come back) once the run has ended.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from zorgstroom.text import Language
from zorgstroom_api.changes import Changes
from zorgstroom_api.limits import OpenStreams
from zorgstroom_api.runs.lifecycle import FINAL_STATES
from zorgstroom_api.runs.service import RunService
from zorgstroom_api.settings import ApiSettings


def progress_stream(
    runs: RunService,
    run_id: str,
    last_id: str | None,
    language: Language,
    settings: ApiSettings,
    changes: Changes,
    streams: OpenStreams,
) -> Response:
    """Return the stream of a run. Raises `NotFound`, `TooManyFollow`."""
    moment, run = runs.moment(run_id, language)
    if run.state in FINAL_STATES and moment == last_id:
        return Response(status_code=204)
    streams.take()
    return _Stream(_events(runs, run_id, last_id, language, settings, changes), streams)


class _Stream(StreamingResponse):
    """Gives its place back when the last event is sent, or nobody listens any more."""

    def __init__(self, events: AsyncIterator[str], streams: OpenStreams) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.give_back()


async def _events(
    runs: RunService,
    run_id: str,
    last_id: str | None,
    language: Language,
    settings: ApiSettings,
    changes: Changes,
) -> AsyncIterator[str]:
    spoke = time.monotonic()
    while True:
        seen = changes.number
        moment, run = await run_in_threadpool(runs.moment, run_id, language)
        if moment != last_id:
            yield f"event: run\nid: {moment}\ndata: {run.model_dump_json()}\n\n"
            last_id, spoke = moment, time.monotonic()
        if run.state in FINAL_STATES:
            return
        if time.monotonic() - spoke >= settings.stream_heartbeat_seconds:
            yield ": heartbeat\n\n"
            spoke = time.monotonic()
        await changes.wait(seen, min(settings.poll_seconds, settings.stream_heartbeat_seconds))
