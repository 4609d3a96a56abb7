"""Runs over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from zorgstroom_api import PREFIX
from zorgstroom_api.dependencies import Caller_, Reader, Service, Shown, Writer
from zorgstroom_api.negotiation import JSON
from zorgstroom_api.pagination import Page, link_next
from zorgstroom_api.runs.schemas import RunInfo, RunQuery, RunRequest
from zorgstroom_api.runs.stream import progress_stream

router = APIRouter(prefix="/runs", tags=["runs"])


@router.get("")
def list_runs(
    request: Request,
    response: Response,
    who: Caller_,
    reader: Reader,
    service: Service,
    query: Annotated[RunQuery, Query()],
) -> Page[RunInfo]:
    """Runs, newest first."""
    page = service.runs.page(query, reader, who)
    link_next(response, request.url, page.next_cursor)
    return page


@router.post("", status_code=202, response_model=RunInfo, responses={200: {"model": RunInfo}})
def request_run(body: RunRequest, who: Writer, reader: Reader, service: Service) -> Response:
    """Ask for a run: 202 while it is to be computed, 200 when the result was already there."""
    run = service.runs.submit(body, reader, who)
    # Written here: the framework would check it again, in another thread.
    return Response(
        run.model_dump_json(),
        200 if run.state == "completed" else 202,
        {"Location": f"{PREFIX}/runs/{run.id}"},
        JSON,
    )


@router.get("/{run_id}")
def get_run(run: Shown, reader: Reader, service: Service) -> RunInfo:
    """Where a run stands."""
    return service.runs.get(run.id, reader)


@router.delete("/{run_id}", status_code=202)
def cancel_run(who: Writer, run: Shown, reader: Reader, service: Service) -> RunInfo:
    """Stop a run; one that has ended stays as it is."""
    return service.runs.cancel(run.id, reader, who)


@router.get(
    "/{run_id}/events",
    response_class=Response,
    responses={
        200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}},
        204: {"description": "No Content"},
    },
)
def follow_run(run: Shown, request: Request, reader: Reader, service: Service) -> Response:
    """Follow a run: an event ``run`` with the run as JSON whenever it has moved on, until it has ended."""
    return progress_stream(
        service.runs,
        run.id,
        request.headers.get("last-event-id"),
        reader,
        service.settings,
        service.changes,
        service.streams,
    )
