"""Shapes of areas in degrees: what is inside, how large, and a point that is certainly inside.

A shape is a tuple of polygons; a polygon is its outer ring followed by its holes; a ring is closed: its last
point is its first. Points are (longitude, latitude) on WGS84.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from zorgstroom.geo import STANDARD_LATITUDE, Point, Ring

Polygon = tuple[Ring, ...]
Shape = tuple[Polygon, ...]

#: Decimals of a coordinate that is kept: about ten metres.
DECIMALS = 4
KM_PER_DEGREE = 111.2
#: Points of the smallest closed ring, a triangle.
SMALLEST_RING = 4
#: What a coordinate in degrees can be in the Netherlands, islands at sea included; metres are far outside.
WEST, SOUTH, EAST, NORTH = 2.5, 50.5, 7.5, 54.5


def shape_of(geometry: Any) -> Shape:
    """Return the shape of a GeoJSON Polygon or MultiPolygon, rounded to `DECIMALS`, without double points.

    Raises ValueError for anything else, such as coordinates in metres (Rijksdriehoek).
    """
    if not isinstance(geometry, Mapping):
        raise ValueError("no geometry")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(coordinates, list):
        raise ValueError(f"geometry {kind}")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    found = tuple(polygon for polygon in map(_polygon, polygons) if polygon)
    if not found:
        raise ValueError("empty geometry")
    return found


def _polygon(rings: Any) -> Polygon:
    """Return the outer ring and its holes; empty if the outer ring is smaller than the rounding."""
    made = [_ring(ring) for ring in rings]
    if not made or len(made[0]) < SMALLEST_RING:
        return ()
    return tuple(ring for ring in made if len(ring) >= SMALLEST_RING)


def _ring(points: Any) -> Ring:
    ring: list[Point] = []
    for point in points:
        try:
            longitude, latitude = round(float(point[0]), DECIMALS), round(float(point[1]), DECIMALS)
        except (TypeError, IndexError):
            raise ValueError("not a point") from None
        if not (WEST <= longitude <= EAST and SOUTH <= latitude <= NORTH):
            raise ValueError(f"outside the Netherlands: {longitude:g}, {latitude:g}")
        if not ring or ring[-1] != (longitude, latitude):
            ring.append((longitude, latitude))
    if ring and ring[0] != ring[-1]:
        ring.append(ring[0])
    return tuple(ring)


def geometry_of(shape: Shape) -> dict[str, Any]:
    """Return a shape as the geometry of a GeoJSON feature, its rings in the direction of RFC 7946."""
    return _geometry(shape, outer_sign=1.0)


def spherical_geometry_of(shape: Shape) -> dict[str, Any]:
    """Return a shape as a geometry for d3-geo (and so Vega), where an outer ring goes clockwise.

    The other way around it would mean the whole world except the area.
    """
    return _geometry(shape, outer_sign=-1.0)


def _geometry(shape: Shape, outer_sign: float) -> dict[str, Any]:
    polygons = [
        [
            [list(point) for point in (ring if ring_area(ring) * sign > 0 else ring[::-1])]
            for ring, sign in zip(polygon, [outer_sign, *[-outer_sign] * (len(polygon) - 1)], strict=True)
        ]
        for polygon in shape
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def ring_area(ring: Ring) -> float:
    """Return the area inside a ring in square degrees of latitude, east-west shortened; positive anticlockwise."""
    total = sum(here[0] * there[1] - there[0] * here[1] for here, there in pairwise(ring))
    return total / 2 * math.cos(math.radians(STANDARD_LATITUDE))


def area_km2(shape: Shape) -> float:
    """Return the area of a shape, holes left out; right to about 2% in the Netherlands."""
    degrees = sum(
        abs(ring_area(polygon[0])) - sum(abs(ring_area(hole)) for hole in polygon[1:]) for polygon in shape
    )
    return max(degrees, 0.0) * KM_PER_DEGREE**2


def contains(shape: Shape, point: Point) -> bool:
    """Return whether a point lies inside, by the number of borders east of it (even-odd)."""
    inside = False
    for ring in _rings(shape):
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > point[1]) != (y2 > point[1]) and point[0] < (x2 - x1) * (point[1] - y1) / (y2 - y1) + x1:
                inside = not inside
    return inside


def inner_point(shape: Shape) -> Point:
    """Return a point inside: the middle of the longest line west to east at half the height of the largest part."""
    largest = max(shape, key=lambda polygon: abs(ring_area(polygon[0])))
    heights = [point[1] for point in largest[0]]
    # Just beside the middle, so that the line passes no corner of a ring of rounded points.
    height = (min(heights) + max(heights)) / 2 + 10.0 ** -(DECIMALS + 2)
    crossings = sorted(
        (x2 - x1) * (height - y1) / (y2 - y1) + x1
        for ring in largest
        for (x1, y1), (x2, y2) in pairwise(ring)
        if (y1 > height) != (y2 > height)
    )
    west, east = max(zip(crossings[::2], crossings[1::2], strict=True), key=lambda line: line[1] - line[0])
    return round((west + east) / 2, DECIMALS + 1), round(height, DECIMALS + 1)


def bounds(shape: Shape) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a shape."""
    points = [point for polygon in shape for point in polygon[0]]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def distance_km(shape: Shape, point: Point) -> float:
    """Return the distance from a point to the nearest corner of a shape."""
    shorter = math.cos(math.radians(STANDARD_LATITUDE))
    return KM_PER_DEGREE * min(
        math.hypot((x - point[0]) * shorter, y - point[1]) for polygon in shape for x, y in polygon[0]
    )


def _rings(shape: Shape) -> Iterable[Ring]:
    return (ring for polygon in shape for ring in polygon)
