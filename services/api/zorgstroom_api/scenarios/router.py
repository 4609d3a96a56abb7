"""Scenarios over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from zorgstroom.preview_document import PreviewDocument
from zorgstroom.scenario_file import scenario_schema
from zorgstroom_api.dependencies import Caller_, Reader, Service, Writer
from zorgstroom_api.negotiation import NOT_MODIFIED, caching, etag_matches, etag_of, if_match_holds
from zorgstroom_api.pagination import Page, link_next
from zorgstroom_api.problems import NeedsIfMatch, WrongMediaType
from zorgstroom_api.scenarios.schemas import (
    LoadPreview,
    NewScenarioQuery,
    RegionQuery,
    ScenarioChange,
    ScenarioDetail,
    ScenarioInfo,
    ScenarioQuery,
    Validation,
)

router = APIRouter(prefix="/scenarios", tags=["scenarios"])

DOCUMENT_TYPES = ("application/json", "application/yaml", "application/x-yaml", "text/yaml")
#: The body is read by our own careful reader, so its description is given here.
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/ScenarioDocument"}},
            "application/yaml": {
                "schema": {"type": "string"},
                "example": "zorgstroom: 1\nname: Alles blijft zoals het is\n",
            },
        },
    }
}


async def document(request: Request) -> bytes:
    """Return the document in the body. Raises `WrongMediaType`."""
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media_type not in DOCUMENT_TYPES:
        raise WrongMediaType(found=media_type[:80] or "-", known=", ".join(DOCUMENT_TYPES[:2]))
    return await request.body()


Document = Annotated[bytes, Depends(document)]
RunRegion = Annotated[RegionQuery, Query()]


@router.get("")
def list_scenarios(
    request: Request,
    response: Response,
    who: Caller_,
    service: Service,
    query: Annotated[ScenarioQuery, Query()],
) -> Page[ScenarioInfo]:
    """Scenarios, newest first; the shipped examples are among them."""
    page = service.scenarios.page(query, who)
    link_next(response, request.url, page.next_cursor)
    return page


@router.post("", status_code=201, openapi_extra=_BODY, responses={200: {"model": ScenarioDetail}})
def add_scenario(
    content: Document,
    who: Writer,
    request: Request,
    response: Response,
    reader: Reader,
    service: Service,
    query: Annotated[NewScenarioQuery, Query()],
) -> ScenarioDetail:
    """Keep a scenario document under the hash of its content: 201, or 200 when it was already there."""
    new, detail = service.scenarios.add(content, query, reader, who)
    response.headers["Location"] = request.url_for("get_scenario", scenario_id=detail.id).path
    response.headers["ETag"] = etag_of_scenario(detail)
    response.headers["Content-Language"] = reader
    if not new:
        response.status_code = 200
    return detail


@router.post("/validate", openapi_extra=_BODY)
def validate_scenario(content: Document, _who: Caller_, reader: Reader, service: Service) -> Validation:
    """Everything that is wrong with a document, without keeping it."""
    with service.heavy.slot():
        return service.scenarios.validate(content, reader)


@router.post("/load", openapi_extra=_BODY)
def preview_load(content: Document, _who: Caller_, service: Service, query: RunRegion) -> LoadPreview:
    """How full every pool becomes under a document, with an estimate of who waits: no simulation, nothing is kept."""
    with service.heavy.slot():
        return service.scenarios.load(content, query.region)


@router.post("/preview", openapi_extra=_BODY)
def preview_scenario(content: Document, _who: Caller_, service: Service, query: RunRegion) -> PreviewDocument:
    """What a document is expected to do, beside today: estimates within a moment, no simulation, nothing is kept."""
    with service.heavy.slot():
        return service.scenarios.preview(content, query.region)


@router.get("/{scenario_id}", response_model=ScenarioDetail, responses=NOT_MODIFIED)
def get_scenario(
    scenario_id: str, request: Request, response: Response, who: Caller_, service: Service
) -> ScenarioDetail | Response:
    """One scenario with its document."""
    scenario = service.scenarios.get(scenario_id, who)
    headers = {"ETag": etag_of_scenario(scenario), "Cache-Control": caching(scenario.visibility == "private")}
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return scenario


@router.get("/{scenario_id}/versions")
def list_versions(scenario_id: str, who: Caller_, service: Service) -> Page[ScenarioInfo]:
    """The versions of a scenario, newest first."""
    return Page(items=service.scenarios.versions(scenario_id, who))


@router.patch("/{scenario_id}")
def change_scenario(
    scenario_id: str,
    change: ScenarioChange,
    who: Writer,
    response: Response,
    service: Service,
    if_match: Annotated[str | None, Header()] = None,
) -> ScenarioDetail:
    """Change status or visibility; `If-Match` holds the ETag that was read last."""
    if if_match is None:
        raise NeedsIfMatch
    scenario = service.scenarios.change(
        scenario_id, change, who, lambda seen: if_match_holds(if_match, etag_of_scenario(seen))
    )
    response.headers["ETag"] = etag_of_scenario(scenario)
    return scenario


@router.delete("/{scenario_id}", status_code=204)
def remove_scenario(scenario_id: str, who: Writer, service: Service) -> None:
    """Remove a scenario that never ran."""
    service.scenarios.remove(scenario_id, who)


def etag_of_scenario(scenario: ScenarioInfo) -> str:
    """Return the ETag of a scenario: its document never changes, its status and visibility do."""
    return etag_of(scenario.id, scenario.revision)


def document_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario document, for the description of this interface."""
    return {
        key: value for key, value in scenario_schema().items() if not key.startswith("$") or key == "$defs"
    }
