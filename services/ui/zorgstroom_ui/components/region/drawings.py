"""The pictures of a region as Vega-Lite specifications: the map, and groups next to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zorgstroom.geo.boundaries import Boundaries, attributions, patches
from zorgstroom.geo.polygons import bounds, spherical_geometry_of
from zorgstroom.places_document import AreaInfo
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_ui.components.charts import MAIN, QUIET, TEXT, fitting
from zorgstroom_ui.components.map_base import borders_of, map_of, outline
from zorgstroom_ui.components.region.layers import Layer

HEIGHT = 560
ROW = 58
#: More hospitals than this are points without a number: numbers would lie on top of each other.
MOST_NUMBERED = 30


@dataclass(frozen=True)
class Site:
    """A hospital on the map with its number in the table."""

    number: int
    name: str
    latitude: float
    longitude: float
    #: What is said of it when pointed at.
    words: str


def region_map(
    areas: Sequence[AreaInfo],
    layer: Layer,
    sites: Sequence[Site],
    language: Language,
    boundaries: Sequence[Boundaries] = (),
) -> dict[str, Any]:
    """Return the areas coloured by a layer, and the hospitals as numbered points."""
    values = {area.id: layer.value(area) for area in areas}
    known = [
        (area.id, float(area.inhabitants), value) for area in areas if (value := values[area.id]) is not None
    ]
    filled, in_border = patches(known, boundaries)
    by_id = {area.id: area for area in areas}
    tooltip = [
        {"field": name, "type": "nominal", "title": translate(f"ui.region.map.{name}", language)}
        for name in ("place", "value", "inhabitants")
    ]
    position = {name: {"field": name, "type": "quantitative"} for name in ("longitude", "latitude")}
    colour = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    largest = max((area.inhabitants for area in areas), default=1)
    size = {
        "field": "people",
        "type": "quantitative",
        "legend": None,
        "scale": {"domain": [0, largest], "range": [30, 1100]},
    }
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": outline()["features"]},
            "mark": {"type": "geoshape", "fill": "#FFFFFF", "stroke": "#8A99AB", "clip": True, **QUIET},
        },
        {
            "data": {
                "values": [_circle(area, layer, language) for area in areas if area.id not in in_border]
            },
            "mark": {"type": "circle", "opacity": 0.95, "stroke": "#33475B", "clip": True, **QUIET},
            "encoding": {**position, "size": size, "color": colour, "tooltip": tooltip},
        },
        *_sites(sites, position, language),
    ]
    if filled:
        borders = [
            {
                "type": "Feature",
                "geometry": spherical_geometry_of(patch.shape),
                "properties": {
                    "colour": layer.colour(patch.value),
                    **_words([by_id[area_id] for area_id in patch.area_ids], layer, patch.value, language),
                },
            }
            for patch in filled
        ]
        inside = [{**item, "field": f"properties.{item['field']}"} for item in tooltip]
        layers.insert(
            1,
            {
                "data": {"values": borders},
                "mark": {"type": "geoshape", "stroke": "#33475B", "strokeWidth": 0.6, "clip": True, **QUIET},
                "encoding": {"color": {**colour, "field": "properties.colour"}, "tooltip": inside},
            },
        )
        layers.append(borders_of(attributions(filled, boundaries), language))
    corners = [
        corner
        for patch in filled
        for west, south, east, north in [bounds(patch.shape)]
        for corner in ((west, south), (east, north))
    ]
    points = [*corners, *((area.longitude, area.latitude) for area in areas)]
    return map_of(layers, points, HEIGHT, language)


@dataclass(frozen=True)
class Strip:
    """A group: its name with the mean written out, its areas as (value, inhabitants, name), and their mean."""

    label: str
    dots: Sequence[tuple[float, int, str]]
    mean: float


def strips(rows: Sequence[Strip], title: str, language: Language) -> dict[str, Any]:
    """Return a row of dots per group, one for each area, with a mark at the mean of the people."""
    dots = [
        {
            "row": index,
            "value": value,
            "people": people,
            "place": name,
            "words": number(value, language, 1),
            "inhabitants": number(people, language),
        }
        for index, row in enumerate(rows)
        for value, people, name in row.dots
    ]
    means = [{"row": index, "value": row.mean, "label": row.label} for index, row in enumerate(rows)]
    down: dict[str, Any] = {"field": "row", "type": "ordinal", "axis": None}
    across = {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": True, "nice": True},
        "axis": {"title": title, "titleColor": TEXT, "labelColor": TEXT, "grid": True, "tickCount": 6},
    }
    tooltip = [
        {"field": field, "type": "nominal", "title": translate(f"ui.region.map.{name}", language)}
        for field, name in (("place", "place"), ("words", "value"), ("inhabitants", "inhabitants"))
    ]
    return {
        **fitting(ROW * max(1, len(rows)), language),
        "layer": [
            {
                "data": {"values": dots},
                "mark": {"type": "circle", "opacity": 0.55, "color": MAIN, "yOffset": 10, **QUIET},
                "encoding": {
                    "x": across,
                    "y": down,
                    "size": {
                        "field": "people",
                        "type": "quantitative",
                        "legend": None,
                        "scale": {"range": [20, 420]},
                    },
                    "tooltip": tooltip,
                },
            },
            {
                "data": {"values": means},
                "mark": {
                    "type": "tick",
                    "thickness": 4,
                    "height": 26,
                    "color": "#A84300",
                    "yOffset": 10,
                    **QUIET,
                },
                "encoding": {"x": across, "y": down},
            },
            {
                "data": {"values": means},
                "mark": {
                    "type": "text",
                    "align": "left",
                    "x": 2,
                    "dy": -16,
                    "fontSize": 13,
                    "color": TEXT,
                    **QUIET,
                },
                "encoding": {"y": down, "text": {"field": "label"}},
            },
        ],
    }


def _words(areas: Sequence[AreaInfo], layer: Layer, value: float, language: Language) -> dict[str, str]:
    # The parts of a gemeente are named after it, with a hospital between brackets.
    name = areas[0].name if len(areas) == 1 else areas[0].name.partition(" (")[0]
    return {
        "place": name,
        "value": layer.written(value, language),
        "inhabitants": number(sum(area.inhabitants for area in areas), language),
    }


def _circle(area: AreaInfo, layer: Layer, language: Language) -> dict[str, Any]:
    return {
        "longitude": area.longitude,
        "latitude": area.latitude,
        "people": area.inhabitants,
        "colour": layer.colour(layer.value(area)),
        "place": area.name,
        "value": layer.text(area, language),
        "inhabitants": number(area.inhabitants, language),
    }


def _sites(sites: Sequence[Site], position: Mapping[str, Any], language: Language) -> list[dict[str, Any]]:
    values = [
        {
            "longitude": site.longitude,
            "latitude": site.latitude,
            "place": f"{site.number}. {site.name}",
            "words": site.words,
            "number": str(site.number) if len(sites) <= MOST_NUMBERED else "",
        }
        for site in sites
    ]
    tooltip = [
        {"field": "place", "type": "nominal", "title": translate("ui.region.map.hospital", language)},
        {"field": "words", "type": "nominal", "title": translate("ui.region.map.has", language)},
    ]
    return [
        {
            "data": {"values": values},
            "mark": {
                "type": "point",
                "shape": "square",
                "filled": True,
                "opacity": 1,
                # Of the whole country they would hide the areas.
                "size": 170 if len(sites) <= MOST_NUMBERED else 60,
                "color": "#7A3E6B",
                "stroke": "#FFFFFF",
                "strokeWidth": 1.5,
                "clip": True,
                **QUIET,
            },
            "encoding": {**position, "tooltip": tooltip},
        },
        # A number twice: first its white edge, so that it can be read on any colour.
        *(
            {
                "data": {"values": values},
                "mark": {
                    "type": "text", "dx": 13, "dy": -9, "fontSize": 14, "fontWeight": "bold", **edge, **QUIET
                },
                "encoding": {**position, "text": {"field": "number", "type": "nominal"}},
            }
            for edge in ({"stroke": "#FFFFFF", "strokeWidth": 3}, {"color": TEXT})
        ),
    ]  # fmt: skip
