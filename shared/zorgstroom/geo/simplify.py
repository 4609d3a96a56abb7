"""Fewer points in the borders of areas, so that neighbours keep the same border.

Each border between two points where three or more areas meet (an arc) is simplified once, by Douglas and Peucker
(1973), and used on both sides: no gaps and no overlaps appear, as they would if each area were simplified alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from zorgstroom.geo import STANDARD_LATITUDE, Point, Ring
from zorgstroom.geo.polygons import SMALLEST_RING, Polygon, Shape, ring_area

_SHORTER = math.cos(math.radians(STANDARD_LATITUDE))


def simplify(shapes: Sequence[Shape], tolerance_degrees: float) -> list[Shape]:
    """Return the shapes with borders that lie within the tolerance (degrees of latitude) of the given ones.

    Islands and holes smaller than a square of the tolerance disappear; the largest part of a shape never does.
    """
    meeting = _meeting_points(shapes)
    known: dict[Ring, Ring] = {}

    def thinner(ring: Ring) -> Ring:
        parts = [_simplified(arc, tolerance_degrees, known) for arc in _arcs(ring, meeting)]
        return (*(point for part in parts for point in part[:-1]), parts[-1][-1])

    return [_shape(shape, thinner, tolerance_degrees) for shape in shapes]


def _shape(shape: Shape, thinner: Callable[[Ring], Ring], tolerance: float) -> Shape:
    smallest = tolerance * tolerance
    largest = max(shape, key=lambda polygon: abs(ring_area(polygon[0])))
    made: list[Polygon] = []
    for polygon in shape:
        outer = thinner(polygon[0])
        if _too_small(outer, smallest):
            if polygon is not largest:
                continue
            outer = polygon[0]
        holes = [thinner(hole) for hole in polygon[1:]]
        made.append((outer, *(hole for hole in holes if not _too_small(hole, smallest))))
    return tuple(made)


def _too_small(ring: Ring, smallest: float) -> bool:
    return len(ring) < SMALLEST_RING or abs(ring_area(ring)) < smallest


def _meeting_points(shapes: Sequence[Shape]) -> frozenset[Point]:
    """Return the points from which borders leave in other than two directions."""
    neighbours: defaultdict[Point, set[Point]] = defaultdict(set)
    for shape in shapes:
        for polygon in shape:
            for ring in polygon:
                for here, there in pairwise(ring):
                    neighbours[here].add(there)
                    neighbours[there].add(here)
    return frozenset(point for point, others in neighbours.items() if len(others) != 2)


def _arcs(ring: Ring, meeting: frozenset[Point]) -> list[Ring]:
    """Cut a ring at its meeting points; one with fewer than two also at the point farthest from its first cut."""
    corners = ring[:-1]
    cuts = [index for index, point in enumerate(corners) if point in meeting]
    if not cuts:
        cuts = [min(range(len(corners)), key=corners.__getitem__)]
    if len(cuts) == 1:
        start = corners[cuts[0]]
        cuts.append(
            max(range(len(corners)), key=lambda index: (_distance(start, corners[index]), corners[index]))
        )
        cuts.sort()
    turned = corners[cuts[0] :] + corners[: cuts[0]] + (corners[cuts[0]],)
    places = [cut - cuts[0] for cut in cuts] + [len(corners)]
    return [turned[start : end + 1] for start, end in pairwise(places)]


def _distance(here: Point, there: Point) -> float:
    return math.hypot((here[0] - there[0]) * _SHORTER, here[1] - there[1])


def _simplified(arc: Ring, tolerance: float, known: dict[Ring, Ring]) -> Ring:
    """Return the arc with fewer points; always worked out in one direction, so that both sides agree."""
    backwards = arc[::-1]
    forward = arc <= backwards
    key = arc if forward else backwards
    if key not in known:
        known[key] = _douglas_peucker(key, tolerance)
    return known[key] if forward else known[key][::-1]


def _douglas_peucker(arc: Ring, tolerance: float) -> Ring:
    if len(arc) <= 2:
        return arc
    points = np.array(arc) * (_SHORTER, 1.0)
    keep = {0, len(arc) - 1}
    spans = [(0, len(arc) - 1)]
    while spans:
        start, end = spans.pop()
        if end - start < 2:
            continue
        away = _distances(points[start + 1 : end], points[start], points[end])
        farthest = int(away.argmax())
        if away[farthest] > tolerance:
            middle = start + 1 + farthest
            keep.add(middle)
            spans += [(start, middle), (middle, end)]
    return tuple(arc[index] for index in sorted(keep))


def _distances(
    points: npt.NDArray[np.float64], start: npt.NDArray[np.float64], end: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the distance of points to the line piece from start to end."""
    line = end - start
    length = float(line @ line)
    along = np.clip((points - start) @ line / length, 0, 1) if length else np.zeros(len(points))
    apart = points - start - along[:, None] * line
    return np.asarray(np.hypot(apart[:, 0], apart[:, 1]))
