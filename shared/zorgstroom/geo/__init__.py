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
    """Return the rings of the country as (longitude, latitude) in degrees, the mainland first."""
    return _rings("Nederland")


@cache
def lakes() -> tuple[Ring, ...]:
    """Return the rings of the IJsselmeer and Markermeer, which the outline counts as land."""
    return _rings("IJsselmeer")


def _rings(name: str) -> tuple[Ring, ...]:
    text = resources.files(__package__).joinpath("netherlands.geojson").read_text("utf-8")
    features = {feature["properties"]["name"]: feature for feature in json.loads(text)["features"]}
    polygons = features[name]["geometry"]["coordinates"]
    return tuple(tuple((longitude, latitude) for longitude, latitude in rings[0]) for rings in polygons)


def project(longitude: float, latitude: float) -> Point:
    """Return (x, y) in degrees of latitude, x to the east and y to the south (equirectangular).

    >>> project(5.0, 52.0)
    (3.0783, -52.0)
    """
    return round(longitude * math.cos(math.radians(STANDARD_LATITUDE)), 4), -latitude
