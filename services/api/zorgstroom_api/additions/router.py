"""Additions to the picture of a region over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from zorgstroom.places_document import Addition, Additions
from zorgstroom_api.additions.schemas import AdditionContent
from zorgstroom_api.dependencies import Caller_, Service, Writer
from zorgstroom_api.places.schemas import RegionQuery

router = APIRouter(prefix="/region-additions", tags=["datasets"])

#: What a database can number.
AdditionId = Annotated[int, Path(ge=1, lt=2**31)]


@router.get("")
def list_region_additions(
    who: Caller_, response: Response, service: Service, query: Annotated[RegionQuery, Query()]
) -> Additions:
    """What people of a region added to its picture, newest first."""
    response.headers["Cache-Control"] = "no-store"
    return Additions(items=service.additions.of(query.region, who))


@router.post("", status_code=201)
def add_region_addition(content: AdditionContent, who: Writer, service: Service) -> Addition:
    """Add something to the picture of a region."""
    return service.additions.add(content, who)


@router.delete("/{addition_id}", status_code=204)
def remove_region_addition(addition_id: AdditionId, who: Writer, service: Service) -> None:
    """Take away what one added; an administrator may take away everything."""
    service.additions.remove(addition_id, who)
