"""Comparisons over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from zorgstroom_api.comparisons.schemas import Comparison, ComparisonQuery, TradeOffQuery, TradeOffs
from zorgstroom_api.dependencies import Caller_, Reader, Service, Services
from zorgstroom_api.identity import Caller
from zorgstroom_api.negotiation import JSON, NOT_MODIFIED, caching, etag_matches, etag_of

router = APIRouter(prefix="/comparisons", tags=["comparisons"])


@router.get("", response_model=Comparison, responses=NOT_MODIFIED)
def compare_runs(
    request: Request,
    who: Caller_,
    reader: Reader,
    service: Service,
    query: Annotated[ComparisonQuery, Query()],
) -> Response:
    """Completed runs next to each other; 409 with the fields that differ when that would mislead.

    Differences are with today, or with the run named as ``reference``.
    """
    run_ids, private = _shown(service, query.run, who)
    content, confidential = service.comparisons.compare(run_ids, query.reference, reader)
    return _answer(request, content, private=private or confidential)


@router.get("/trade-offs", response_model=TradeOffs, responses=NOT_MODIFIED)
def weigh_runs(
    request: Request,
    who: Caller_,
    reader: Reader,
    service: Service,
    query: Annotated[TradeOffQuery, Query()],
) -> Response:
    """What cannot be had together: today and each run as a point, with the simulated years around it."""
    run_ids, private = _shown(service, query.run, who)
    content, confidential = service.comparisons.trade_offs(run_ids, reader)
    return _answer(request, content, private=private or confidential)


def _shown(service: Services, asked: Sequence[str], who: Caller) -> tuple[list[str], bool]:
    """Return each run once, and whether any is not for everybody. Raises `NotFound` for what is hidden."""
    found = [service.access.run(run_id, who) for run_id in dict.fromkeys(asked)]
    return [run.id for run in found], any(run.private for run in found)


def _answer(request: Request, content: bytes, *, private: bool) -> Response:
    headers = {"ETag": etag_of(content), "Cache-Control": caching(private)}
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=JSON)
