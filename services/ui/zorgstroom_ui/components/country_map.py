"""The map: areas coloured by extra travel time, and the hospitals that change.

An area is filled within its official border where `zorgstroom dataset boundaries` fetched that, and a circle by
inhabitants where it did not. A Vega-Lite specification with everything in it: the outline of the country comes
with the product (Natural Earth, public domain) and nothing is fetched from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from zorgstroom.geo.boundaries import Boundaries, Patch, attributions, patches
from zorgstroom.geo.polygons import bounds, spherical_geometry_of
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
    areas: Sequence[AreaImpact],
    places: Sequence[LocationImpact],
    numbers: dict[str, int],
    language: Language,
    boundaries: Sequence[Boundaries] = (),
) -> dict[str, Any]:
    """Return the map as a Vega-Lite specification; `numbers` are those of the hospitals it names."""
    moved = sum(area.moved_patients.mean for area in areas)
    many = [area for area in areas if area.moved_patients.mean >= SMALLEST_SHARE * moved]
    points = [(area.longitude, area.latitude) for area in many]
    # The extra minutes of an area are a mean over its patients who move: they are what parts are weighted by.
    filled, in_border = patches(
        [(area.id, area.moved_patients.mean, area.extra_minutes.mean) for area in areas], boundaries
    )
    points += _corners(filled, {area.id for area in many})
    circles = [area for area in areas if area.id not in in_border]
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
            *(_filled_layers(filled, areas, boundaries, language) if filled else ()),
            {
                "data": {"values": [_area(area, language) for area in circles]},
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


def _corners(filled: Sequence[Patch], wanted: set[str]) -> list[tuple[float, float]]:
    """Return the corners of the boxes around the borders of the wanted areas."""
    boxes = [bounds(patch.shape) for patch in filled if wanted.intersection(patch.area_ids)]
    return [corner for west, south, east, north in boxes for corner in ((west, south), (east, north))]


def _filled_layers(
    filled: Sequence[Patch], areas: Sequence[AreaImpact], boundaries: Sequence[Boundaries], language: Language
) -> list[dict[str, Any]]:
    """Return the layer of filled borders, and that of whose borders they are, as their licence asks."""
    by_id = {area.id: area for area in areas}
    attribution = attributions(filled, boundaries)
    return [
        {
            "data": {"values": [_patch(patch, by_id, language) for patch in filled]},
            "mark": {"type": "geoshape", "opacity": 0.95, "stroke": "#33475B", "strokeWidth": 0.6, **QUIET},
            "encoding": {
                "color": {"field": "properties.colour", "type": "nominal", "scale": None, "legend": None},
                "tooltip": [
                    {
                        "field": f"properties.{name}",
                        "type": "nominal",
                        "title": translate(f"ui.map.{name}", language),
                    }
                    for name in ("place", "first", "second")
                ],
            },
        },
        {
            "data": {"values": [{"text": translate("area.map.borders", language, source=attribution)}]},
            "mark": {
                "type": "text",
                "align": "right",
                "baseline": "bottom",
                "fontSize": 11,
                "color": GREY,
                "x": {"expr": "width - 6"},
                "y": {"expr": "height - 4"},
                **QUIET,
            },
            "encoding": {"text": {"field": "text", "type": "nominal"}},
        },
    ]


def _patch(patch: Patch, by_id: dict[str, AreaImpact], language: Language) -> dict[str, Any]:
    members = [by_id[area_id] for area_id in patch.area_ids]
    # The parts of a gemeente are named after it, with a hospital between brackets.
    name = members[0].name if len(members) == 1 else members[0].name.partition(" (")[0]
    moved = sum(area.moved_patients.mean for area in members)
    return {
        "type": "Feature",
        "geometry": spherical_geometry_of(patch.shape),
        "properties": {"colour": colour_of(patch.value), "place": name}
        | _words(patch.value, moved, language),
    }


def _words(extra_minutes: float, moved: float, language: Language) -> dict[str, str]:
    """Return the lines about an area below its name."""
    return {
        "first": translate("ui.map.minutes", language, minutes=signed(extra_minutes, language, 1)),
        "second": translate("ui.map.patients", language, patients=number(moved, language)),
    }


def _position(thing: AreaImpact | LocationImpact) -> dict[str, Any]:
    return {"longitude": thing.longitude, "latitude": thing.latitude}


def _area(area: AreaImpact, language: Language) -> dict[str, Any]:
    return {
        **_position(area),
        "inhabitants": area.inhabitants,
        "colour": colour_of(area.extra_minutes.mean),
        "place": area.name,
        **_words(area.extra_minutes.mean, area.moved_patients.mean, language),
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
