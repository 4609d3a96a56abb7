"""Datasets over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from zorgstroom_api.datasets.schemas import DatasetInfo, Sources
from zorgstroom_api.dependencies import Service
from zorgstroom_api.negotiation import caching, etag_matches

router = APIRouter(prefix="/datasets", tags=["datasets"])


@router.get("/{dataset_id}", response_model=DatasetInfo)
def get_dataset(
    dataset_id: str, request: Request, response: Response, service: Service
) -> DatasetInfo | Response:
    """Regions, locations, care profiles, norms and the digest of a dataset."""
    info = service.datasets.info(dataset_id)
    headers = {"ETag": f'"{info.digest}"', "Cache-Control": caching(info.confidential)}
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return info


@router.get("/{dataset_id}/sources")
def list_sources(dataset_id: str, service: Service) -> Sources:
    """Where the figures of a dataset come from."""
    return service.datasets.sources(dataset_id)
