"""Results over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from zorgstroom.reporting.impact import Impact
from zorgstroom_api.dependencies import Reader, Service
from zorgstroom_api.negotiation import (
    CSV,
    IMMUTABLE,
    JSON,
    PARQUET,
    choose,
    etag_matches,
    etag_of,
    file_name,
)
from zorgstroom_api.pagination import decode_cursor, encode_cursor, link_next
from zorgstroom_api.problems import invalid
from zorgstroom_api.results.schemas import Headline, Results, Rows, TableName, TableQuery
from zorgstroom_api.results.service import IMPACT
from zorgstroom_api.results.tables import TableFile

router = APIRouter(prefix="/runs/{run_id}", tags=["results"])

FORMATS = {"json": JSON, "csv": CSV, "parquet": PARQUET}
DEFAULT_ROWS = 1_000
_TABLE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Rows,
        "content": {
            CSV: {"schema": {"type": "string"}},
            PARQUET: {"schema": {"type": "string", "contentMediaType": PARQUET}},
        },
    },
    304: {"description": "Not Modified"},
}


@router.get("/impact", response_model=Impact, responses={304: {"description": "Not Modified"}})
def get_impact(run_id: str, request: Request, service: Service) -> Response:
    """The impact analysis: what reports and screens show."""
    row, path = service.results.find(run_id, IMPACT)
    headers = {"ETag": f'"{row.sha256}"', "Cache-Control": IMMUTABLE}
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, headers=headers, media_type=JSON)


@router.get("/headline")
def get_headline(run_id: str, service: Service) -> Headline:
    """The headline numbers so far, also while the run is computed: means, and from three years on their intervals."""
    return service.results.headline(run_id)


@router.get("/results")
def list_results(run_id: str, service: Service) -> Results:
    """The tables of a run, their digests, and the manifest that says how they were made."""
    return service.results.list(run_id)


@router.get("/results/{table}", response_class=JSONResponse, responses=_TABLE_ANSWERS)
def get_table(
    run_id: str,
    table: TableName,
    request: Request,
    reader: Reader,
    service: Service,
    query: Annotated[TableQuery, Query()],
) -> Response:
    """Rows of a table as JSON (in pages), CSV or Parquet (all rows), by the Accept header or ``format``."""
    chosen = choose(request.headers, FORMATS, query.format)
    if chosen != "json" and (query.limit is not None or query.cursor is not None):
        raise invalid("query:limit" if query.limit is not None else "query:cursor", "api.invalid.json_only")
    row, path = service.results.find(run_id, table)
    language = query.lang or reader
    headers = {
        "ETag": etag_of(row.sha256, chosen, language, sorted(query.model_dump().items(), key=str)),
        "Cache-Control": IMMUTABLE,
        "Vary": "Accept, Accept-Language",
    }
    rows = TableFile(path, query.filters())
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if chosen == "json":
        return _page(rows, table, query, request, headers)
    name = file_name(f"{run_id}-{table}", chosen, language, confidential=rows.confidential)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if chosen == "csv":
        return StreamingResponse(rows.csv(language), headers=headers, media_type=f"{CSV}; charset=utf-8")
    if not query.filters():
        return FileResponse(path, headers=headers, media_type=PARQUET)
    return StreamingResponse(rows.parquet(), headers=headers, media_type=PARQUET)


def _page(
    rows: TableFile, table: str, query: TableQuery, request: Request, headers: dict[str, str]
) -> Response:
    offset = 0 if query.cursor is None else decode_cursor(query.cursor, int)[0]
    limit = query.limit or DEFAULT_ROWS
    items, more = rows.page(max(offset, 0), limit)
    cursor = encode_cursor(offset + limit) if more else None
    body = Rows(
        table=table,
        columns=rows.columns,
        items=items,
        next_cursor=cursor,
        confidential=rows.confidential,
    )
    response = JSONResponse(body.model_dump(mode="json"), headers=headers)
    link_next(response, request.url, cursor)
    return response
