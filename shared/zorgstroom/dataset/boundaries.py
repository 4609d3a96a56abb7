"""Official borders of areas, fetched once and kept in the data folder of the installation.

CBS and Kadaster publish the borders of gemeenten every year as open data (CBS gebiedsindelingen, generalised);
PDOK serves them as GeoJSON in degrees. They are checked against the dataset, thinned out for maps and written as
one file; `zorgstroom.geo.boundaries` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from zorgstroom.dataset.fetching import FetchFailed, Limits
from zorgstroom.dataset.pc4_cbs import PDOK, fetch_latest_shapes, fetch_shapes
from zorgstroom.geo.boundaries import Level, boundary_file
from zorgstroom.geo.polygons import Shape, geometry_of
from zorgstroom.geo.simplify import simplify
from zorgstroom.tables import write_atomically

#: How far a border on the map may lie from the given one: about 150 metres, less than a pixel on a national map.
TOLERANCE_DEGREES = {"gemeente": 0.0014, "pc4": 0.0007}
SOURCES = {
    "gemeente": "CBS, Kadaster: CBS gebiedsindelingen (PDOK)",
    "pc4": "CBS: postcode4 (PDOK)",
}
LICENCE = "CC BY 4.0"


@dataclass(frozen=True)
class Stored:
    """What was fetched and written."""

    path: Path
    level: Level
    year: int
    areas: int
    points: int
    bytes: int
    #: Areas of the dataset without a border: they stay circles.
    missing: tuple[str, ...]
    #: Borders that no area of the dataset has.
    unused: tuple[str, ...]


def fetch_boundaries(
    folder: Path,
    wanted: Collection[str],
    *,
    level: Level = "gemeente",
    year: int,
    exact: bool = True,
    address: str = PDOK,
    limits: Limits | None = None,
) -> Stored:
    """Fetch the borders of a year and write them into `folder`; what was there stays until all of it came.

    `wanted` holds the codes of the dataset (``GM0014`` or ``PC1011``); empty if any will do. Unless `exact`, the
    borders may be of an earlier year when those of `year` are not published yet. Raises FetchFailed if the borders
    do not come, or none of them is wanted.
    """
    if exact:
        shapes = fetch_shapes(address, level, year, limits)
    else:
        shapes, year = fetch_latest_shapes(address, level, year, limits)
    if not shapes:
        raise FetchFailed("area.fetch.no_year", host=address, year=year, known="-")
    if wanted and not set(shapes) & set(wanted):
        raise FetchFailed("area.fetch.unexpected", host=address, what=next(iter(sorted(shapes))))
    codes = sorted(shapes)
    thin = dict(zip(codes, simplify([shapes[code] for code in codes], TOLERANCE_DEGREES[level]), strict=True))
    path = boundary_file(folder, level)
    content = _document(thin, level, year)
    write_atomically(path, content)
    return Stored(
        path=path,
        level=level,
        year=year,
        areas=len(thin),
        points=sum(len(ring) for shape in thin.values() for polygon in shape for ring in polygon),
        bytes=len(content),
        missing=tuple(sorted(set(wanted) - set(thin))),
        unused=tuple(sorted(set(thin) - set(wanted))) if wanted else (),
    )


def _document(shapes: Mapping[str, Shape], level: Level, year: int) -> bytes:
    """Return GeoJSON with where it comes from; the same shapes give the same bytes."""
    document = {
        "type": "FeatureCollection",
        "level": level,
        "year": year,
        "source": SOURCES[level],
        "licence": LICENCE,
        "features": [
            {"type": "Feature", "id": code, "properties": {"id": code}, "geometry": geometry_of(shape)}
            for code, shape in shapes.items()
        ],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
