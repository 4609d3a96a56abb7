"""Where hospitals stand, where people live, and the minutes between them."""

from __future__ import annotations

from dataclasses import dataclass, field

from zorgstroom.dataset.model import Dataset
from zorgstroom.national.case import Area, Minutes, Place


@dataclass(frozen=True)
class Geography:
    """Places, areas and the minutes between them; `regions` by place, and names of organisations by their code."""

    name: str
    places: tuple[Place, ...]
    areas: tuple[Area, ...]
    travel: Minutes
    transfer: Minutes
    regions: dict[str, str] = field(default_factory=dict)
    organisations: dict[str, str] = field(default_factory=dict)


def geography_of(data: Dataset) -> Geography:
    """Return the locations, areas and travel times of a dataset; the region of a location is its ROAZ."""
    year = data.base_year
    inhabitants = data.population[year].sum(axis=1).tolist()
    return Geography(
        name=f"{data.id} {data.version}",
        places=tuple(Place(item.id, item.name, item.organisation_id) for item in data.locations),
        areas=tuple(
            Area(area.id, area.name, int(number))
            for area, number in zip(data.areas, inhabitants, strict=True)
        ),
        travel=tuple(tuple(row) for row in data.travel_hundredths.tolist()),
        transfer=tuple(tuple(row) for row in data.transfer_hundredths.tolist()),
        regions={item.id: f"roaz:{item.roaz}" for item in data.locations},
        organisations={item.id: item.name for item in data.organisations},
    )
