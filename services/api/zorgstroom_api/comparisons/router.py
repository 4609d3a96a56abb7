"""Comparisons over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from zorgstroom_api.comparisons.schemas import Comparison, ComparisonQuery
from zorgstroom_api.dependencies import Caller_, Reader, Service
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
    """Completed runs next to each other; 409 with the fields that differ when that would mislead."""
    shown = [service.access.run(run_id, who) for run_id in dict.fromkeys(query.run)]
    content, confidential = service.comparisons.compare([run.id for run in shown], reader)
    private = confidential or any(run.private for run in shown)
    headers = {"ETag": etag_of(content), "Cache-Control": caching(private)}
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=JSON)
