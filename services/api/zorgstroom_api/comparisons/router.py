"""Comparisons over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from zorgstroom_api.comparisons.schemas import Comparison, ComparisonQuery
from zorgstroom_api.dependencies import Reader, Service

router = APIRouter(prefix="/comparisons", tags=["comparisons"])


@router.get("")
def compare_runs(reader: Reader, service: Service, query: Annotated[ComparisonQuery, Query()]) -> Comparison:
    """Completed runs next to each other; 409 with the fields that differ when that would mislead."""
    return service.comparisons.compare(query.run, reader)
