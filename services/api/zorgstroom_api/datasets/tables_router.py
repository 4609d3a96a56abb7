"""The tables of the dataset over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json
from starlette.responses import Response

from zorgstroom.dataset_document import DatasetTables
from zorgstroom.text import Language
from zorgstroom_api.dependencies import Reader, Service
from zorgstroom_api.negotiation import (
    CSV,
    JSON,
    NOT_MODIFIED,
    PARQUET,
    XLSX,
    caching,
    choose,
    etag_matches,
    etag_of,
    file_name,
)
from zorgstroom_api.results import exports
from zorgstroom_api.results.schemas import Rows

router = APIRouter(prefix="/datasets", tags=["datasets"])

FORMATS = {"json": JSON, "csv": CSV, "xlsx": XLSX, "parquet": PARQUET}
#: The largest table of a national dataset has some ten thousand rows.
MOST_ROWS = 100_000
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Rows,
        "content": {
            CSV: {"schema": {"type": "string"}},
            **{kind: {"schema": {"type": "string", "contentMediaType": kind}} for kind in (XLSX, PARQUET)},
        },
    },
    **NOT_MODIFIED,
}


class FormQuery(BaseModel):
    """In which form."""

    model_config = ConfigDict(extra="forbid")

    format: str | None = Field(default=None, max_length=20)
    lang: Language | None = None


@router.get("/{dataset_id}/tables")
def list_dataset_tables(dataset_id: str, service: Service) -> DatasetTables:
    """The tables of a dataset with their sources and licences."""
    return service.dataset_tables.list(dataset_id)


@router.get("/{dataset_id}/tables/{table}", response_class=Response, responses=_ANSWERS)
def get_dataset_table(
    dataset_id: str,
    table: str,
    request: Request,
    reader: Reader,
    service: Service,
    query: Annotated[FormQuery, Query()],
) -> Response:
    """All rows of a table of a dataset as JSON, CSV, Excel or Parquet, by the Accept header or ``format``."""
    chosen = choose(request.headers, FORMATS, query.format)
    language = query.lang or reader
    listed = service.dataset_tables.list(dataset_id)
    headers = {
        "ETag": etag_of(service.datasets.load().digest, table, chosen, language),
        "Cache-Control": caching(listed.confidential),
        "Vary": "Accept, Accept-Language",
    }
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    with service.heavy.slot(), service.dataset_tables.open(dataset_id, table) as rows:
        if chosen == "json":
            items, _next = rows.page(0, MOST_ROWS)
            body = {
                "table": table,
                "columns": rows.columns,
                "items": items,
                "next_cursor": None,
                "confidential": listed.confidential,
            }
            return Response(to_json(body), headers=headers, media_type=JSON)
        name = file_name(f"{dataset_id}-{table}", chosen, language, confidential=listed.confidential)
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
        if chosen == "csv":
            text = "".join(exports.to_csv(rows, language))
            return Response(text, headers=headers, media_type=f"{CSV}; charset=utf-8")
        if chosen == "xlsx":
            manifest = {"dataset": f"{listed.dataset} {listed.version}"}
            content = b"".join(exports.to_xlsx(rows, table[:31], manifest, language))
            return Response(content, headers=headers, media_type=XLSX)
        return Response(b"".join(exports.to_parquet(rows)), headers=headers, media_type=PARQUET)
