"""What is behind the numbers of a run, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from zorgstroom.depth_document import AreaMoves, Moves, SimulatedYears
from zorgstroom_api.access import ShownRun
from zorgstroom_api.dependencies import Service, Services, Shown
from zorgstroom_api.depth.schemas import MovesQuery, YearsQuery
from zorgstroom_api.negotiation import JSON, NOT_MODIFIED, caching, etag_matches, etag_of

router = APIRouter(prefix="/runs/{run_id}", tags=["results"])


@router.get("/simulated-years", response_model=SimulatedYears, responses=NOT_MODIFIED)
def list_simulated_years(
    run: Shown, request: Request, service: Service, query: Annotated[YearsQuery, Query()]
) -> Response:
    """An indicator in every simulated year: one line per location, kind of care and so on, as ``by`` says."""
    return _answer(
        run, "indicators", query, request, service, lambda: service.depth.simulated_years(run.id, query)
    )


@router.get("/moves", response_model=Moves, responses=NOT_MODIFIED)
def list_moves(
    run: Shown, request: Request, service: Service, query: Annotated[MovesQuery, Query()]
) -> Response:
    """Patients a year who go from one hospital to another because of the plan."""
    return _answer(run, "flows", query, request, service, lambda: service.depth.moves(run.id, query))


@router.get("/area-moves", response_model=AreaMoves, responses=NOT_MODIFIED)
def list_area_moves(
    run: Shown, request: Request, service: Service, query: Annotated[MovesQuery, Query()]
) -> Response:
    """Where those live who go elsewhere because of the plan, and how much longer they travel and wait."""
    return _answer(run, "flows", query, request, service, lambda: service.depth.area_moves(run.id, query))


def _answer(
    run: ShownRun,
    table: str,
    query: BaseModel,
    request: Request,
    service: Services,
    ask: Callable[[], SimulatedYears | Moves | AreaMoves],
) -> Response:
    """Return the answer; it follows from the table, the question and the dataset in use alone."""
    found = service.results.find(run.id, table)
    headers = {
        "ETag": etag_of(found.sha256, request.url.path, query, service.datasets.load().digest),
        "Cache-Control": caching(run.private or found.confidential),
    }
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    with service.heavy.slot():
        content = ask().model_dump_json()
    return Response(content, headers=headers, media_type=JSON)
