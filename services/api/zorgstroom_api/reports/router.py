"""Reports over HTTP: the impact analysis as a page in one file, a Word document, a PDF or a workbook."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from zorgstroom import __version__
from zorgstroom.geo.boundaries import fetched_boundaries
from zorgstroom.reporting.forms import MEDIA_TYPES, Form, render_form, require
from zorgstroom.reporting.options import OFFERED, PARTS, Options, PartName, Status
from zorgstroom.text import Language
from zorgstroom_api.dependencies import Reader, Service, Shown
from zorgstroom_api.negotiation import (
    HTML,
    NOT_MODIFIED,
    caching,
    choose,
    etag_matches,
    etag_of,
    file_name,
)
from zorgstroom_api.results.service import IMPACT

router = APIRouter(prefix="/runs/{run_id}", tags=["reports"])

FORMATS: dict[str, str] = {str(form): media_type for form, media_type in MEDIA_TYPES.items()}
#: The page brings its own style and pictures and loads nothing.
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
#: One line of text, and an address that nothing can be hidden in.
_ONE_LINE = r"^[^\x00-\x1f\x7f]*$"
_ADDRESS = r"^(https?://[^\s<>\"]+)?$"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            media_type: {
                "schema": {"type": "string"}
                if media_type == HTML
                else {"type": "string", "contentMediaType": media_type}
            }
            for media_type in FORMATS.values()
        }
    },
    **NOT_MODIFIED,
}


class ReportQuery(BaseModel):
    """Which report."""

    model_config = ConfigDict(extra="forbid")

    format: str | None = Field(default=None, max_length=20)
    lang: Language | None = None
    #: Each once, in the order of a report; without any: all but the text block for a regional plan.
    part: list[PartName] = Field(default=[], max_length=len(OFFERED))
    status: Status = "concept"
    #: Who fixed it, as a role, and when; a draft has neither.
    fixed_by: str = Field(default="", max_length=80, pattern=_ONE_LINE)
    fixed_on: dt.date | None = None
    #: Where this result can be opened again, as the report says.
    address: str = Field(default="", max_length=600, pattern=_ADDRESS)


@router.get("/report", response_class=Response, responses=_ANSWERS)
def get_report(
    run: Shown, request: Request, reader: Reader, service: Service, query: Annotated[ReportQuery, Query()]
) -> Response:
    """The impact analysis as HTML, Word, PDF or Excel, by the Accept header or ``format``, in Dutch or English."""
    chosen = choose(request.headers, FORMATS, query.format)
    language = query.lang or reader
    found = service.results.find(run.id, IMPACT)
    boundaries = fetched_boundaries(service.settings.data_dir)
    borders = [border.attribution for border in boundaries]
    parts = tuple(name for name in OFFERED if name in query.part) or PARTS
    fixed = query.status == "vastgesteld"
    options = Options(
        parts,
        query.status,
        query.address,
        query.fixed_by.strip() if fixed else "",
        query.fixed_on if fixed else None,
    )
    headers = {
        "ETag": etag_of(found.sha256, chosen, language, __version__, borders, options),
        # A newer version of the product may lay the same results out better.
        "Cache-Control": caching(run.private or found.confidential),
        "Vary": "Accept, Accept-Language",
        "Content-Language": language,
    }
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    form = cast(Form, chosen)
    require(form)
    impact = service.results.impact(run.id)
    if form == "html":
        headers["Content-Security-Policy"] = PAGE_POLICY
    else:
        name = file_name(run.id, form, language, confidential=impact.identity.confidential)
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    with service.heavy.slot():
        content = render_form(form, impact, language, boundaries, options)
    charset = "; charset=utf-8" if form == "html" else ""
    return Response(content, headers=headers, media_type=f"{MEDIA_TYPES[form]}{charset}")
