"""How the installation is doing, over HTTP: for administrators, but what everybody may know."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from zorgstroom.service_document import AuditLine, CallerInfo, Overview, ServiceInfo
from zorgstroom_api.admin.schemas import AuditQuery
from zorgstroom_api.admin.service import require_administrator
from zorgstroom_api.dependencies import Caller_, Service
from zorgstroom_api.metrics import FORWARDED
from zorgstroom_api.pagination import Page, link_next

router = APIRouter(tags=["admin"])


async def administrator(request: Request, who: Caller_, service: Service) -> None:
    """Let only an administrator go on. Raises `MayNotAdminister`."""
    require_administrator(
        who,
        request.client.host if request.client else "",
        forwarded=any(name in request.headers for name in FORWARDED),
        keys_needed=service.settings.keys_needed,
    )


@router.get("/service")
def get_service(service: Service) -> ServiceInfo:
    """Version, dataset, limits, and whether writing needs a key."""
    return service.admin.service()


@router.get("/caller")
def get_caller(response: Response, who: Caller_) -> CallerInfo:
    """Who the service takes you for, by your key."""
    response.headers["Cache-Control"] = "no-store"
    return CallerInfo(name=who.name, role=who.role, keyed=who.keyed)


@router.get("/admin/overview", dependencies=[Depends(administrator)])
def get_overview(response: Response, service: Service) -> Overview:
    """How the parts, the queue, the disk and the keys are."""
    response.headers["Cache-Control"] = "no-store"
    return service.admin.overview()


@router.get("/admin/audit", dependencies=[Depends(administrator)])
def list_audit(
    request: Request, response: Response, service: Service, query: Annotated[AuditQuery, Query()]
) -> Page[AuditLine]:
    """Who did what, newest first; never from which address."""
    response.headers["Cache-Control"] = "no-store"
    page = service.admin.audit(query)
    link_next(response, request.url, page.next_cursor)
    return page
