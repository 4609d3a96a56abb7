"""Places, assumptions and weeks over HTTP."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.csv as pcsv
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from zorgstroom.places_document import (
    AreaInfo,
    Areas,
    AssumptionDetail,
    Assumptions,
    Demand,
    PlaceOutcome,
    RegionPicture,
    SimulatedWeek,
)
from zorgstroom.tables import to_parquet
from zorgstroom.text import Language
from zorgstroom_api.dependencies import Caller_, Reader, Service, Services, Shown
from zorgstroom_api.negotiation import (
    CSV,
    IMMUTABLE,
    JSON,
    NOT_MODIFIED,
    XLSX,
    caching,
    choose,
    etag_matches,
    etag_of,
    file_name,
)
from zorgstroom_api.pagination import decode_cursor, encode_cursor, link_next
from zorgstroom_api.places.schemas import (
    AreasQuery,
    AssumptionQuery,
    AssumptionsQuery,
    RegionQuery,
    WeekQuery,
)
from zorgstroom_api.results import exports
from zorgstroom_api.results.tables import TableFile

router = APIRouter()

FORMATS = {"json": JSON, "csv": CSV, "xlsx": XLSX}
_FILES: dict[str, Any] = {
    CSV: {"schema": {"type": "string"}},
    XLSX: {"schema": {"type": "string", "contentMediaType": XLSX}},
}


def _answers(model: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """Return the answers of what can be had as a file too."""
    return {200: {"model": model, "content": _FILES}, **NOT_MODIFIED}


@router.get(
    "/datasets/{dataset_id}/areas",
    tags=["datasets"],
    response_class=Response,
    responses=_answers(Areas),
)
def list_areas(
    dataset_id: str, request: Request, reader: Reader, service: Service, query: Annotated[AreasQuery, Query()]
) -> Response:
    """Areas with their inhabitants, and how far they are from acute care and their usual hospital."""
    chosen, language = choose(request.headers, FORMATS, query.format), query.lang or reader
    with service.heavy.slot():
        items = service.places.areas(dataset_id, query.region)
    headers = _headers(service, request, chosen, language, query)
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if chosen != "json":
        name = f"{dataset_id}-areas"
        return _file(_area_table(items), name, chosen, language, service, headers)
    first = 0 if query.cursor is None else max(0, decode_cursor(query.cursor, int)[0])
    then = first + query.limit
    page = Areas(items=items[first:then], next_cursor=encode_cursor(then) if then < len(items) else None)
    response = _json(page, headers)
    link_next(response, request.url, page.next_cursor)
    return response


@router.get(
    "/datasets/{dataset_id}/region-picture",
    tags=["datasets"],
    response_model=RegionPicture,
    responses=NOT_MODIFIED,
)
def get_region_picture(
    dataset_id: str, request: Request, service: Service, query: Annotated[RegionQuery, Query()]
) -> Response:
    """A region as it is today: inhabitants, hospitals, distance to acute care, and differences between groups."""
    headers = _headers(service, request, query)
    with service.heavy.slot():
        picture = service.places.region(dataset_id, query.region)
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return _json(picture, headers)


@router.get("/datasets/{dataset_id}/demand", tags=["datasets"], response_model=Demand, responses=NOT_MODIFIED)
def get_demand(
    dataset_id: str, request: Request, service: Service, query: Annotated[RegionQuery, Query()]
) -> Response:
    """Inhabitants and expected treatments of every year, by age."""
    headers = _headers(service, request, query)
    demand = service.places.demand(dataset_id, query.region)
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return _json(demand, headers)


@router.get(
    "/datasets/{dataset_id}/assumptions",
    tags=["datasets"],
    response_class=Response,
    responses=_answers(Assumptions),
)
def list_assumptions(
    dataset_id: str,
    request: Request,
    reader: Reader,
    who: Caller_,
    service: Service,
    query: Annotated[AssumptionsQuery, Query()],
) -> Response:
    """The register of assumptions; with ``run`` the influence that run found. As a file: every single figure."""
    chosen, language = choose(request.headers, FORMATS, query.format), query.lang or reader
    run = None if query.run is None else service.access.run(query.run, who).id
    with service.heavy.slot():
        found = service.places.assumptions(dataset_id, run)
    headers = _headers(service, request, chosen, language, query, _found(service, run))
    if run is not None:
        headers["Cache-Control"] = caching(True)
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if chosen == "json":
        return _json(found, headers)
    table = pcsv.read_csv(io.BytesIO(service.places.assumptions_csv(dataset_id)))
    return _file(table, f"{dataset_id}-assumptions", chosen, language, service, headers)


@router.get(
    "/datasets/{dataset_id}/assumptions/{number}",
    tags=["datasets"],
    response_model=AssumptionDetail,
    responses=NOT_MODIFIED,
)
def get_assumption(
    dataset_id: str,
    number: str,
    request: Request,
    who: Caller_,
    service: Service,
    query: Annotated[AssumptionQuery, Query()],
) -> Response:
    """One entry of the register with its single figures, and what a run found of it."""
    run = None if query.run is None else service.access.run(query.run, who).id
    found = service.places.assumption(dataset_id, number, run)
    headers = _headers(service, request, query, _found(service, run))
    if run is not None:
        headers["Cache-Control"] = caching(True)
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return _json(found, headers)


@router.get(
    "/runs/{run_id}/places/{place}", tags=["results"], response_model=PlaceOutcome, responses=NOT_MODIFIED
)
def get_place_outcome(run: Shown, place: str, request: Request, service: Service) -> Response:
    """What a plan means for those who live in an area or gemeente: where they go now and then."""
    part = service.results.find(run.id, "flows")
    headers = {
        "ETag": etag_of(part.sha256, place, service.datasets.load().digest),
        "Cache-Control": caching(run.private or part.confidential),
    }
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    with service.heavy.slot():
        return _json(service.places.outcome(run.id, place), headers)


@router.get("/runs/{run_id}/week", tags=["results"], response_model=SimulatedWeek, responses=NOT_MODIFIED)
def get_week(
    run: Shown, request: Request, service: Service, query: Annotated[WeekQuery, Query()]
) -> Response:
    """One simulated week: a sample of who comes where, and who waits and lies in bed; for runs with journeys."""
    part = service.results.find(run.id, "journeys")
    headers = {
        "ETag": etag_of(part.sha256, query),
        "Cache-Control": caching(run.private or part.confidential, IMMUTABLE),
    }
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    with service.heavy.slot():
        return _json(service.places.week(run.id, query), headers)


def _headers(service: Services, request: Request, *parts: object) -> dict[str, str]:
    """Return the headers of an answer that follows from the dataset and the question."""
    dataset = service.datasets.load()
    return {
        "ETag": etag_of(dataset.digest, request.url.path, *parts),
        "Cache-Control": caching(dataset.confidential),
        "Vary": "Accept, Accept-Language",
    }


def _found(service: Services, run: str | None) -> str:
    return "" if run is None else service.results.find(run, "impact").sha256


def _json(answer: BaseModel, headers: dict[str, str]) -> Response:
    return Response(answer.model_dump_json(), headers=headers, media_type=JSON)


def _area_table(items: Sequence[AreaInfo]) -> pa.Table:
    """Return areas as columns that say what they are."""
    rows = []
    for item in items:
        row: dict[str, object] = {"area": item.id, "name": item.name, "gemeente": item.gemeente_id}
        row |= {"gemeente_name": item.gemeente_name}
        row |= dict(item.regions)
        row |= {"urbanity": item.urbanity, "ses_score": item.ses_score, "ses_fifth": item.ses_fifth}
        row |= {"inhabitants": item.inhabitants}
        row |= {f"inhabitants_{band}": people for band, people in item.ages.items()}
        for name in ("emergency", "obstetrics", "usual"):
            site = getattr(item, name)
            row |= {f"{name}_location": site.location if site else None}
            row |= {f"{name}_minutes": site.minutes if site else None}
        row |= {"usual_share": item.usual_share}
        row |= {"beyond_45_ed": item.beyond_emergency, "beyond_30_obstetrics": item.beyond_obstetrics}
        rows.append(row)
    return pa.Table.from_pylist(rows)


def _file(
    table: pa.Table, name: str, chosen: str, language: Language, service: Services, headers: dict[str, str]
) -> Response:
    dataset = service.datasets.load()
    file = file_name(name, chosen, language, confidential=dataset.confidential)
    headers = headers | {
        "Content-Language": language,
        "Content-Disposition": f'attachment; filename="{file}"',
    }
    with service.heavy.slot(), tempfile.NamedTemporaryFile(suffix=".parquet") as stored:
        stored.write(to_parquet(table, confidential=dataset.confidential))
        stored.flush()
        rows = TableFile(Path(stored.name), {})
        if chosen == "csv":
            text = "".join(exports.to_csv(rows, language))
            return Response(text, headers=headers, media_type=f"{CSV}; charset=utf-8")
        manifest = {"dataset": f"{dataset.id} {dataset.version}", "sha256": dataset.digest}
        workbook = b"".join(exports.to_xlsx(rows, name.rpartition("-")[2], manifest, language))
        return Response(workbook, headers=headers, media_type=XLSX)
