"""The outline of the Netherlands and the flat projection of all our maps (see README.md for the source)."""

from __future__ import annotations

import json
import math
from functools import cache
from importlib import resources

Point = tuple[float, float]
Ring = tuple[Point, ...]

#: Parallel at which east-west and north-south distances on the map are equal.
STANDARD_LATITUDE = 52.0


@cache
def outline() -> tuple[Ring, ...]:
    """Return the outer rings of the country as (longitude, latitude) in degrees, the mainland first."""
    text = resources.files(__package__).joinpath("netherlands.geojson").read_text("utf-8")
    polygons = json.loads(text)["features"][0]["geometry"]["coordinates"]
    return tuple(tuple((longitude, latitude) for longitude, latitude in rings[0]) for rings in polygons)


def project(longitude: float, latitude: float) -> Point:
    """Return (x, y) in degrees of latitude, x to the east and y to the south (equirectangular).

    >>> project(5.0, 52.0)
    (3.0783, -52.0)
    """
    return round(longitude * math.cos(math.radians(STANDARD_LATITUDE)), 4), -latitude
