"""Health over HTTP, for supervisors and containers."""

from __future__ import annotations

from fastapi import APIRouter

from zorgstroom_api.dependencies import Service
from zorgstroom_api.health.service import Live, Ready

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
def get_live() -> Live:
    """Whether the process answers."""
    return Live()


@router.get("/ready")
def get_ready(service: Service) -> Ready:
    """Whether everything it needs answers and is read; 503 with the parts that do not."""
    return service.health.ready()
