"""The map: areas as circles by inhabitants, coloured by extra travel time, and the hospitals that change.

A Vega-Lite specification with everything in it: the outline of the country comes with the product
(Natural Earth, public domain) and nothing is fetched from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from zorgstroom.reporting.impact import AreaImpact, LocationImpact
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number, signed

#: Extra minutes one way: (upper end, colour, key of its text). Darker is longer; the last stands out.
CLASSES: tuple[tuple[float, str, str], ...] = (
    (-0.5, "#00A08A", "shorter"),
    (5, "#E3ECF6", "0-5"),
    (10, "#A9C7E3", "5-10"),
    (15, "#6397C9", "10-15"),
    (20, "#2E6BA8", "15-20"),
    (30, "#12335C", "20-30"),
    (float("inf"), "#D55E00", "over-30"),
)
BLUE, ORANGE, GREY = "#154273", "#D55E00", "#595959"
HEIGHT = 620
#: Marks stay inside the frame, and are not read out one by one: the table below the map has them all.
QUIET = {"clip": True, "aria": False}
#: Areas with a smaller share of the patients who move may fall outside the map.
SMALLEST_SHARE = 0.005
#: Degrees around the outermost area or hospital.
MARGIN = 0.12


@cache
def outline() -> dict[str, Any]:
    """Return the outline of the country as GeoJSON."""
    text = resources.files("zorgstroom.geo").joinpath("netherlands.geojson").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def colour_of(extra_minutes: float) -> str:
    """Return the colour of a number of extra minutes.

    >>> colour_of(31), colour_of(-2)
    ('#D55E00', '#00A08A')
    """
    return next(colour for upper, colour, _ in CLASSES if extra_minutes < upper)


def map_spec(
    areas: Sequence[AreaImpact], places: Sequence[LocationImpact], numbers: dict[str, int], language: Language
) -> dict[str, Any]:
    """Return the map as a Vega-Lite specification; `numbers` are those of the hospitals it names."""
    moved = sum(area.moved_patients.mean for area in areas)
    many = [area for area in areas if area.moved_patients.mean >= SMALLEST_SHARE * moved]
    points = [(area.longitude, area.latitude) for area in many]
    points += [(place.longitude, place.latitude) for place in places if place.id in numbers]
    projection = {
        "type": "mercator",
        "fit": _frame(points),
        "size": {"expr": "[width, height]"},
    }
    tooltip = [
        {"field": name, "type": "nominal", "title": translate(f"ui.map.{name}", language)}
        for name in ("place", "first", "second")
    ]
    largest = max((area.inhabitants for area in areas), default=1)
    size = {
        "field": "inhabitants",
        "type": "quantitative",
        "legend": None,
        "scale": {"domain": [0, largest], "range": [12, 900]},
    }
    position = {
        "longitude": {"field": "longitude", "type": "quantitative"},
        "latitude": {"field": "latitude", "type": "quantitative"},
    }
    own_colour = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    shape = {"field": "shape", "type": "nominal", "scale": None, "legend": None}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": HEIGHT,
        "autosize": {"type": "none"},
        "padding": 0,
        "projection": projection,
        "view": {"stroke": "#C9D3DF", "fill": "#E4EAF1"},
        "config": {"font": "Source Sans, Arial, sans-serif"},
        "usermeta": {"embedOptions": {"actions": False}},
        "layer": [
            {
                "data": {"values": outline()["features"]},
                "mark": {"type": "geoshape", "fill": "#FFFFFF", "stroke": "#8A99AB", **QUIET},
            },
            {
                "data": {"values": [_area(area, language) for area in areas]},
                "mark": {"type": "circle", "opacity": 0.95, "stroke": "#33475B", "strokeWidth": 0.8, **QUIET},
                "encoding": {**position, "size": size, "color": own_colour, "tooltip": tooltip},
            },
            {
                "data": {"values": [_place(place, language) for place in places]},
                "mark": {
                    "type": "point",
                    "filled": True,
                    "opacity": 1,
                    "size": 190,
                    "stroke": "#FFFFFF",
                    "strokeWidth": 1.5,
                    **QUIET,
                },
                "encoding": {**position, "shape": shape, "color": own_colour, "tooltip": tooltip},
            },
            # A number twice: first its white edge, so that it can be read on any colour.
            *(
                {
                    "data": {
                        "values": [
                            {**_position(place), "number": str(numbers[place.id])}
                            for place in places
                            if place.id in numbers
                        ]
                    },
                    "mark": {
                        "type": "text",
                        "dx": 13,
                        "dy": -9,
                        "fontSize": 15,
                        "fontWeight": "bold",
                        **edge,
                        **QUIET,
                    },
                    "encoding": {**position, "text": {"field": "number", "type": "nominal"}},
                }
                for edge in ({"stroke": "#FFFFFF", "strokeWidth": 3}, {"color": "#1B1B1B"})
            ),
        ],
    }


def legend(language: Language) -> list[tuple[str, str]]:
    """Return colour and text of every class."""
    return [(colour, translate(f"ui.map.class.{key}", language)) for _, colour, key in CLASSES]


def _frame(points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return what the map must show: everything that changes, else the country."""
    if not points:
        return outline()
    west, east = min(x for x, _ in points) - MARGIN, max(x for x, _ in points) + MARGIN
    south, north = min(y for _, y in points) - MARGIN, max(y for _, y in points) + MARGIN
    corners = [[west, south], [east, south], [east, north], [west, north]]
    return {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPoint", "coordinates": corners}}


def _position(thing: AreaImpact | LocationImpact) -> dict[str, Any]:
    return {"longitude": thing.longitude, "latitude": thing.latitude}


def _area(area: AreaImpact, language: Language) -> dict[str, Any]:
    minutes = signed(area.extra_minutes.mean, language, 1)
    return {
        **_position(area),
        "inhabitants": area.inhabitants,
        "colour": colour_of(area.extra_minutes.mean),
        "place": area.name,
        "first": translate("ui.map.minutes", language, minutes=minutes),
        "second": translate("ui.map.patients", language, patients=number(area.moved_patients.mean, language)),
    }


def _place(place: LocationImpact, language: Language) -> dict[str, Any]:
    receives = place.net.mean >= 0
    return {
        **_position(place),
        "colour": BLUE if receives else ORANGE,
        "shape": "triangle-up" if receives else "triangle-down",
        "place": place.name,
        "first": translate("ui.map.received", language, patients=number(place.received.mean, language)),
        "second": translate("ui.map.sent", language, patients=number(place.sent.mean, language)),
    }
