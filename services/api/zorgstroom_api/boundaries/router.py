"""Borders of areas over HTTP, as `zorgstroom dataset boundaries` fetched them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from zorgstroom.errors import NotFound
from zorgstroom.geo.boundaries import Level, boundaries_folder, boundary_file
from zorgstroom_api.dependencies import Service
from zorgstroom_api.negotiation import GEOJSON, NOT_MODIFIED, REVALIDATE, etag_matches, etag_of

router = APIRouter(prefix="/boundaries", tags=["boundaries"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {GEOJSON: {"schema": {"type": "object"}}}},
    **NOT_MODIFIED,
}


@router.get("/{level}", response_class=Response, responses=_ANSWERS)
def get_boundaries(level: Level, request: Request, service: Service) -> Response:
    """The borders of gemeenten or postcode areas as GeoJSON (WGS84), with their source and licence."""
    try:
        content = boundary_file(boundaries_folder(service.settings.data_dir), level).read_bytes()
    except OSError:
        raise NotFound("area.boundaries.not_fetched", level=level) from None
    headers = {"ETag": etag_of(content), "Cache-Control": REVALIDATE}
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=GEOJSON)
