"""Reports over HTTP: the impact analysis as a page in one file, or as a workbook."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from zorgstroom import __version__
from zorgstroom.geo.boundaries import fetched_boundaries
from zorgstroom.text import Language
from zorgstroom_api.dependencies import Reader, Service, Shown
from zorgstroom_api.negotiation import (
    HTML,
    NOT_MODIFIED,
    XLSX,
    caching,
    choose,
    etag_matches,
    etag_of,
    file_name,
)
from zorgstroom_api.results.service import IMPACT

router = APIRouter(prefix="/runs/{run_id}", tags=["reports"])

FORMATS = {"html": HTML, "xlsx": XLSX}
#: The page brings its own style and pictures and loads nothing.
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            HTML: {"schema": {"type": "string"}},
            XLSX: {"schema": {"type": "string", "contentMediaType": XLSX}},
        }
    },
    **NOT_MODIFIED,
}


class ReportQuery(BaseModel):
    """Which report."""

    model_config = ConfigDict(extra="forbid")

    format: str | None = Field(default=None, max_length=20)
    lang: Language | None = None


@router.get("/report", response_class=Response, responses=_ANSWERS)
def get_report(
    run: Shown, request: Request, reader: Reader, service: Service, query: Annotated[ReportQuery, Query()]
) -> Response:
    """The impact analysis as HTML or Excel, by the Accept header or ``format``, in Dutch or English."""
    chosen = choose(request.headers, FORMATS, query.format)
    language = query.lang or reader
    found = service.results.find(run.id, IMPACT)
    boundaries = fetched_boundaries(service.settings.data_dir)
    borders = [border.attribution for border in boundaries]
    headers = {
        "ETag": etag_of(found.sha256, chosen, language, __version__, borders),
        # A newer version of the product may lay the same results out better.
        "Cache-Control": caching(run.private or found.confidential),
        "Vary": "Accept, Accept-Language",
        "Content-Language": language,
    }
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    impact = service.results.impact(run.id)
    # The renderers take a while to import and most readers of this service never ask for a report.
    if chosen == "html":
        from zorgstroom.reporting.html import render_html  # noqa: PLC0415

        headers["Content-Security-Policy"] = PAGE_POLICY
        with service.heavy.slot():
            page = render_html(impact, language, boundaries)
        return Response(page, headers=headers, media_type=f"{HTML}; charset=utf-8")
    from zorgstroom.reporting.excel import render_xlsx  # noqa: PLC0415

    name = file_name(run.id, "xlsx", language, confidential=impact.identity.confidential)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    with service.heavy.slot():
        workbook = render_xlsx(impact, language)
    return Response(workbook, headers=headers, media_type=XLSX)
