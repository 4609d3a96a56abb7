"""Drafts over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from zorgstroom_api.dependencies import Service, Writer
from zorgstroom_api.drafts.schemas import Draft, DraftContent
from zorgstroom_api.negotiation import etag_of, if_match_holds
from zorgstroom_api.problems import NeedsIfMatch

router = APIRouter(prefix="/drafts", tags=["drafts"])


@router.post("", status_code=201)
def add_draft(
    content: DraftContent, _who: Writer, request: Request, response: Response, service: Service
) -> Draft:
    """Keep what somebody is working on, under an id that only he knows."""
    draft = service.drafts.add(content)
    response.headers["Location"] = request.url_for("get_draft", draft_id=draft.id).path
    response.headers["ETag"] = _etag(draft)
    return draft


@router.get("/{draft_id}")
def get_draft(draft_id: str, response: Response, service: Service) -> Draft:
    """A draft, for who knows its id."""
    draft = service.drafts.get(draft_id)
    response.headers["ETag"] = _etag(draft)
    response.headers["Cache-Control"] = "no-store"
    return draft


@router.put("/{draft_id}")
def change_draft(
    draft_id: str,
    content: DraftContent,
    _who: Writer,
    response: Response,
    service: Service,
    if_match: Annotated[str | None, Header()] = None,
) -> Draft:
    """Change a draft; `If-Match` holds the ETag that was read last, so that two people never undo each other."""
    if if_match is None:
        raise NeedsIfMatch
    draft = service.drafts.change(draft_id, content, lambda seen: if_match_holds(if_match, _etag(seen)))
    response.headers["ETag"] = _etag(draft)
    return draft


@router.delete("/{draft_id}", status_code=204)
def remove_draft(draft_id: str, _who: Writer, service: Service) -> None:
    """Forget a draft."""
    service.drafts.remove(draft_id)


def _etag(draft: Draft) -> str:
    return etag_of(draft.id, draft.revision)
