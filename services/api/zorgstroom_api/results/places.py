"""The comparison on a map: one GeoJSON feature (WGS84) for each area, with its indicators."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from zorgstroom.domain.area import Area
from zorgstroom.geo.boundaries import boundaries_folder, boundary_file, code_of
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.text import Language, translate
from zorgstroom_api.results.tables import TableFile

#: Columns besides the area that say what a row is about.
_ABOUT = ("location", "profile", "pool", "band")
_VALUES = ("baseline", "plan", "difference", "difference_low", "difference_high")


def area_features(
    table: TableFile,
    areas: Sequence[Area],
    data_dir: Path,
    filters: Mapping[str, Sequence[str]],
    language: Language,
) -> dict[str, Any]:
    """Return the rows of a comparison that are about areas as GeoJSON.

    Without a filter on location, profile, pool or band only the rows about everything together count. Properties
    are called after their indicator, what it is about and the value: ``travel_mean.plan``, ``volume.hip.plan``.
    The geometry is the border where this installation fetched it, else the area's point; null for an area that
    the dataset in use does not have.
    """
    known = {area.id: area for area in areas}
    features: dict[str, dict[str, Any]] = {}
    for batch in table.batches():
        for row in batch.to_pylist():
            area = row["area"]
            if not area or any(row[column] and column not in filters for column in _ABOUT):
                continue
            if area not in features:
                features[area] = _feature(area, known.get(area), data_dir)
            subject = ".".join([row["indicator"], *(row[column] for column in _ABOUT if row[column])])
            properties = features[area]["properties"]
            properties |= {f"{subject}.{value}": row[value] for value in _VALUES}
            properties[f"{subject}.unit"] = translate(f"unit.{CATALOGUE[row['indicator']].unit}", language)
    found = {"type": "FeatureCollection", "features": list(features.values())}
    return found | ({"confidential": True} if table.confidential else {})


def _feature(area_id: str, area: Area | None, data_dir: Path) -> dict[str, Any]:
    level, code = code_of(area_id)
    path = boundary_file(boundaries_folder(data_dir), level)
    # Parts of a gemeente have one border together: they stay points.
    border = _borders(path, _changed(path)).get(code) if code == area_id else None
    point = None
    if area is not None:
        point = {"type": "Point", "coordinates": [round(area.longitude, 5), round(area.latitude, 5)]}
    name = area_id if area is None else area.name
    properties: dict[str, Any] = {"area": area_id, "name": name}
    return {"type": "Feature", "id": area_id, "geometry": border or point, "properties": properties}


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=2)
def _borders(path: Path, changed: int) -> Mapping[str, Any]:
    """Return the geometry of every border in a file; none when it is not there or cannot be read."""
    try:
        document = json.loads(path.read_bytes()) if changed else {"features": []}
        return {feature["id"]: feature["geometry"] for feature in document["features"]}
    except (OSError, ValueError, KeyError, TypeError):
        # `parse_boundaries` tells of it in the log; points are better than no map.
        return {}
