"""What every location does today, as far as the model expects: what a plan is made against."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter, Request, Response

from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset_document import LocationToday, PoolToday, PoolUnit, Today
from zorgstroom.domain.area import REGION_KINDS, Region
from zorgstroom.planning.expected_today import expected_today
from zorgstroom.planning.plan import BED_POOLS
from zorgstroom.reporting.build import pool_names
from zorgstroom_api.dependencies import Service
from zorgstroom_api.negotiation import NOT_MODIFIED, caching, etag_matches, etag_of

router = APIRouter(prefix="/datasets", tags=["datasets"])

#: Expected patients a year below which a location is not said to have any.
SMALLEST = 0.5
_UNITS: dict[str, PoolUnit] = {
    "ward": "beds",
    "ic": "beds",
    "day": "places",
    "adm": "admissions",
    "clinic": "visits",
}


@router.get("/{dataset_id}/today", response_model=Today, responses=NOT_MODIFIED)
def get_today(dataset_id: str, request: Request, response: Response, service: Service) -> Today | Response:
    """What every location does today: its regions, its capacity and its expected patients."""
    dataset = service.datasets.named(dataset_id)
    headers = {"ETag": etag_of("today", dataset.digest), "Cache-Control": caching(dataset.confidential)}
    if etag_matches(request.headers, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    with service.heavy.slot():
        return today_of_dataset(dataset)


def today_of_dataset(dataset: Dataset) -> Today:
    """Return what every location does today."""
    expected = expected_today(dataset, dataset.base_year, ())
    weights = np.array([profile.weight for profile in dataset.profiles])
    patients = expected.persons * weights[:, None]
    pools = sorted({pool for _, pool in dataset.capacities})
    regions, found = _regions(dataset), []
    for row, location in enumerate(dataset.locations):
        served = np.flatnonzero(dataset.offers[row] & (patients[:, row] >= SMALLEST))
        found.append(
            LocationToday(
                location=location.id,
                regions=regions[row],
                pools=[
                    _pool(pool, dataset.capacities[location.id, pool])
                    for pool in pools
                    if dataset.capacities.get((location.id, pool), 0) > 0
                ],
                patients={
                    dataset.profiles[index].id: round(float(patients[index, row]), 1)
                    for index in served.tolist()
                },
            )
        )
    return Today(
        year=dataset.base_year,
        locations=found,
        pool_names={pool: pool_names(dataset, pool) for pool in pools},
    )


def _regions(dataset: Dataset) -> list[dict[str, str]]:
    """Return, for every location, the region of each division it lies in."""
    found: list[dict[str, str]] = [{} for _ in dataset.locations]
    for kind in REGION_KINDS:
        for name in dataset.regions(kind):
            for row in np.flatnonzero(dataset.locations_in(Region(kind, name))).tolist():
                found[row][kind] = name
    return found


def _pool(pool: str, capacity: int) -> PoolToday:
    kind = pool.partition(":")[0]
    scale = 1 if kind in BED_POOLS else 1000
    return PoolToday(pool=pool, amount=capacity / scale, unit=_UNITS.get(kind, "minutes"))
