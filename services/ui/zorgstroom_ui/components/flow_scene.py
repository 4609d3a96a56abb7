"""One simulated week as a drawing: everything on a flat map, in whole points. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zorgstroom.places_document import SimulatedWeek, WeekPlace
from zorgstroom.text import Language
from zorgstroom_ui.components.map_base import outline

#: Points of the drawing; its height follows from the map.
WIDTH = 900
HIGHEST = 520
#: Part of the width and height around the outermost hospital or home of many.
ROOM = 0.25
#: Where fewer than one in so many patients live need not be in the picture.
MANY = 40
#: Hours of the week per second, the slowest first.
SPEEDS = (2, 6, 12)
_KINDS = ("acute", "diverted", "planned", "visit")


def scene(week: SimulatedWeek, words: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return what the drawing in the browser needs; `words` are its texts."""
    project = _Projection(week)
    arrivals = [[item.minute, item.area, item.location, _KINDS.index(item.kind)] for item in week.arrivals]
    return {
        # The same name is the same drawing: it goes on where it was.
        "name": f"{week.side} {week.week} {language} {len(arrivals)} {week.arrivals_in_all}",
        "width": WIDTH,
        "height": project.height,
        "language": "nl-NL" if language == "nl" else "en-GB",
        "outline": _path(project),
        "areas": [project.point(area) for area in week.areas],
        "locations": [{**project.point(place), "name": place.name} for place in week.locations],
        "kinds": list(_KINDS),
        "arrivals": arrivals,
        "hours_per_frame": week.hours_per_frame,
        "in_bed": week.in_bed,
        "waiting": week.waiting,
        "speeds": list(SPEEDS),
        "words": dict(words),
    }


class _Projection:
    """Mercator around the hospitals of a week and where most of their patients live."""

    def __init__(self, week: SimulatedWeek) -> None:
        points = [_flat(place.longitude, place.latitude) for place in week.locations]
        counts = [0] * len(week.areas)
        for arrival in week.arrivals:
            counts[arrival.area] += 1
        many = sum(counts) / MANY
        points += [
            _flat(area.longitude, area.latitude)
            for area, count in zip(week.areas, counts, strict=True)
            if count >= many
        ]
        points = points or [_flat(3.3, 50.7), _flat(7.3, 53.6)]
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        # A single hospital still has some country around it.
        wide, tall = max(east - west, 0.004), max(north - south, 0.004)
        self._west, self._north = west - wide * ROOM / 2, north + tall * ROOM / 2
        self._scale = WIDTH / (wide * (1 + ROOM))
        full = tall * (1 + ROOM) * self._scale
        if full > HIGHEST:
            # Tall and narrow: smaller, in the middle.
            self._scale *= HIGHEST / full
            self._west -= (WIDTH / self._scale - wide * (1 + ROOM)) / 2
        self.height = round(min(full, HIGHEST))

    def at(self, longitude: float, latitude: float) -> tuple[int, int]:
        """Return where a place is in the drawing."""
        x, y = _flat(longitude, latitude)
        return round((x - self._west) * self._scale), round((self._north - y) * self._scale)

    def point(self, place: WeekPlace) -> dict[str, Any]:
        """Return a place as a point."""
        x, y = self.at(place.longitude, place.latitude)
        return {"x": x, "y": y}


def _flat(longitude: float, latitude: float) -> tuple[float, float]:
    """Return a place on Mercator's map, in radians."""
    return math.radians(longitude), math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))


def _path(project: _Projection) -> str:
    """Return the outline of the country."""
    parts = []
    for ring in _rings(outline()["features"]):
        points = list(dict.fromkeys(project.at(longitude, latitude) for longitude, latitude in ring))
        if len(points) > 2:
            parts.append("M" + "L".join(f"{x},{y}" for x, y in points) + "Z")
    return "".join(parts)


def _rings(features: Iterable[Mapping[str, Any]]) -> Iterable[Sequence[Sequence[float]]]:
    for feature in features:
        geometry = feature["geometry"]
        shapes = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        for shape in shapes:
            yield from shape
