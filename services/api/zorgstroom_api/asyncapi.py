"""The description of the messages on the bus (AsyncAPI 3.0), for programs that listen along or ask for runs."""

from __future__ import annotations

import json
from functools import cache

from fastapi import APIRouter, Request
from starlette.responses import Response

from zorgstroom.events.documents import asyncapi_document
from zorgstroom_api import PREFIX
from zorgstroom_api.negotiation import REVALIDATE, etag_matches, etag_of

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@cache
def _content() -> bytes:
    return json.dumps(asyncapi_document(), ensure_ascii=False).encode()


@router.get("/asyncapi.json")
def get_asyncapi(request: Request) -> Response:
    """Give the description; readable by pages from anywhere."""
    headers = {
        "ETag": etag_of(_content()),
        "Cache-Control": REVALIDATE,
        "Access-Control-Allow-Origin": "*",
    }
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(_content(), media_type="application/json", headers=headers)
