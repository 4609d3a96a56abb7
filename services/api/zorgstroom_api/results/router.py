"""Results over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic_core import to_json
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from zorgstroom.reporting.impact import Impact
from zorgstroom.text import Language
from zorgstroom_api.dependencies import Reader, Service, Services, Shown
from zorgstroom_api.negotiation import (
    ARROW,
    CSV,
    GEOJSON,
    IMMUTABLE,
    JSON,
    NOT_MODIFIED,
    PARQUET,
    REVALIDATE,
    XLSX,
    caching,
    choose,
    etag_matches,
    etag_of,
    file_name,
)
from zorgstroom_api.pagination import decode_cursor, encode_cursor, link_next
from zorgstroom_api.problems import invalid
from zorgstroom_api.results import exports
from zorgstroom_api.results.places import area_features
from zorgstroom_api.results.schemas import Headline, Results, Rows, TableName, TableQuery
from zorgstroom_api.results.service import IMPACT
from zorgstroom_api.results.tables import TableFile

router = APIRouter(prefix="/runs/{run_id}", tags=["results"])

FORMATS = {"json": JSON, "csv": CSV, "xlsx": XLSX, "parquet": PARQUET, "arrow": ARROW}
#: The comparison alone says what is different where.
MAP_FORMATS = {**FORMATS, "geojson": GEOJSON}
DEFAULT_ROWS = 1_000
_BINARY = (XLSX, PARQUET, ARROW)
_TABLE_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Rows,
        "content": {
            CSV: {"schema": {"type": "string"}},
            GEOJSON: {"schema": {"type": "object"}},
            **{kind: {"schema": {"type": "string", "contentMediaType": kind}} for kind in _BINARY},
        },
    },
    **NOT_MODIFIED,
}


@router.get("/impact", response_model=Impact, responses=NOT_MODIFIED)
def get_impact(run: Shown, request: Request, service: Service) -> Response:
    """The impact analysis: what reports and screens show."""
    found = service.results.find(run.id, IMPACT)
    policy = caching(run.private or found.confidential, IMMUTABLE)
    headers = {"ETag": f'"{found.sha256}"', "Cache-Control": policy}
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return FileResponse(found.path, headers=headers, media_type=JSON)


@router.get("/headline")
def get_headline(run: Shown, service: Service) -> Headline:
    """The headline numbers so far, also while the run is computed: means, and from three years on their intervals."""
    return service.results.headline(run.id)


@router.get("/results", response_model=Results, responses=NOT_MODIFIED)
def list_results(run: Shown, request: Request, service: Service) -> Response:
    """The tables of a run, their digests, and the manifest that says how they were made."""
    results = service.results.list(run.id)
    digests = [artefact.sha256 for artefact in results.artefacts]
    private = run.private or bool(results.manifest.get("confidential"))
    headers = {"ETag": etag_of(digests), "Cache-Control": caching(private, REVALIDATE)}
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return JSONResponse(results.model_dump(mode="json"), headers=headers)


@router.get("/results/{table}", response_class=JSONResponse, responses=_TABLE_ANSWERS)
def get_table(
    run: Shown,
    table: TableName,
    request: Request,
    reader: Reader,
    service: Service,
    query: Annotated[TableQuery, Query()],
) -> Response:
    """Rows of a table as JSON (in pages) or as a file with all rows, by the Accept header or ``format``."""
    formats = MAP_FORMATS if table == "comparison" else FORMATS
    chosen = choose(request.headers, formats, query.format)
    if chosen != "json" and (query.limit is not None or query.cursor is not None):
        raise invalid("query:limit" if query.limit is not None else "query:cursor", "api.invalid.json_only")
    found = service.results.find(run.id, table)
    rows = TableFile(found.path, query.filters())
    language = query.lang or reader
    asked = sorted(query.model_dump().items(), key=str)
    headers = {
        "ETag": etag_of(found.sha256, chosen, language, asked),
        # Borders and names on a map come from elsewhere and may change.
        "Cache-Control": caching(
            run.private or rows.confidential, REVALIDATE if chosen == "geojson" else IMMUTABLE
        ),
        "Vary": "Accept, Accept-Language",
    }
    if chosen == "json":
        return _page(rows, table, query, request, headers)
    headers["Content-Language"] = language
    if chosen != "geojson" and etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    name = file_name(f"{run.id}-{table}", chosen, language, confidential=rows.confidential)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if chosen == "csv":
        content = exports.to_csv(rows, language)
        return StreamingResponse(content, headers=headers, media_type=f"{CSV}; charset=utf-8")
    if chosen == "arrow":
        return StreamingResponse(exports.to_arrow(rows), headers=headers, media_type=ARROW)
    if chosen == "xlsx":
        manifest = service.results.list(run.id).manifest
        with service.heavy.slot():
            workbook = exports.to_xlsx(rows, table, manifest, language)
        return StreamingResponse(workbook, headers=headers, media_type=XLSX)
    if chosen == "geojson":
        return _map(rows, query, service, language, request, headers)
    if not query.filters():
        return FileResponse(found.path, headers=headers, media_type=PARQUET)
    return StreamingResponse(exports.to_parquet(rows), headers=headers, media_type=PARQUET)


def _page(
    rows: TableFile, table: str, query: TableQuery, request: Request, headers: dict[str, str]
) -> Response:
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    first = 0 if query.cursor is None else decode_cursor(query.cursor, int)[0]
    items, then = rows.page(max(first, 0), query.limit or DEFAULT_ROWS)
    cursor = None if then is None else encode_cursor(then)
    # Rows of `Rows`, written as they are: they need no more checking.
    body = {
        "table": table,
        "columns": rows.columns,
        "items": items,
        "next_cursor": cursor,
        "confidential": rows.confidential,
    }
    # Eight times as quick with numbers as the library of the language.
    content = to_json(body, inf_nan_mode="null")
    response = Response(content, headers=headers, media_type=JSON)
    link_next(response, request.url, cursor)
    return response


def _map(
    rows: TableFile,
    query: TableQuery,
    service: Services,
    language: Language,
    request: Request,
    headers: dict[str, str],
) -> Response:
    dataset = service.datasets.load()
    with service.heavy.slot():
        found = area_features(rows, dataset.areas, service.settings.data_dir, query.filters(), language)
    content = to_json(found, inf_nan_mode="null")
    headers["ETag"] = etag_of(content)
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=GEOJSON)
