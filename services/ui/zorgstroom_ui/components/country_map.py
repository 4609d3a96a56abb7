"""The map: areas coloured by extra travel or waiting time, and the hospitals that change.

An area is filled within its official border where `zorgstroom dataset boundaries` fetched that, and a circle by
inhabitants where it did not. A Vega-Lite specification with everything in it: the outline of the country comes
with the product (Natural Earth, public domain) and nothing is fetched from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zorgstroom.geo.boundaries import Boundaries, Patch, attributions, patches
from zorgstroom.geo.polygons import bounds, spherical_geometry_of
from zorgstroom.reporting.impact import AreaImpact, LocationImpact
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number, signed
from zorgstroom_ui.components.map_base import MARGIN, QUIET, borders_of, map_of, outline

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
#: Extra weeks of waiting, likewise; zero is white, so that what does not change does not draw the eye.
WEEKS: tuple[tuple[float, str, str], ...] = (
    (-1, "#00645A", "weeks.shorter"),
    (-0.25, "#8CC9BF", "weeks.bit-shorter"),
    (0.25, "#FFFFFF", "weeks.same"),
    (1, "#F8D3B5", "weeks.bit-longer"),
    (4, "#E8893C", "weeks.longer"),
    (float("inf"), "#A84300", "weeks.much-longer"),
)
#: Where waits cannot be compared: a list that grows has no mean wait.
UNKNOWN = ("#8A99AB", "weeks.unknown")
BLUE, ORANGE, GREY = "#154273", "#D55E00", "#595959"
HEIGHT = 620
#: Areas with a smaller share of the patients who move may fall outside the map.
SMALLEST_SHARE = 0.005
#: The slider of a map of two plans: which share of its width shows the first of them.
_DIVIDER = "divider"
#: Latitudes below and above the country, in degrees.
_SOUTH, _NORTH = 50.0, 54.0


@dataclass(frozen=True)
class Spot:
    """An area on the map: what it is coloured by (None: cannot be told), and how many patients that is a mean of."""

    id: str
    name: str
    latitude: float
    longitude: float
    inhabitants: int
    value: float | None
    patients: float


@dataclass(frozen=True)
class Measure:
    """What areas are coloured by: its classes, and the key of the line that says it of one area."""

    classes: tuple[tuple[float, str, str], ...]
    line: str
    unknown: tuple[str, str] | None = None

    def colour(self, value: float | None) -> str:
        """Return the colour of a value."""
        if value is None:
            assert self.unknown is not None
            return self.unknown[0]
        return next(colour for upper, colour, _ in self.classes if value < upper)


TRAVEL = Measure(CLASSES, "ui.map.minutes")
WAITING = Measure(WEEKS, "ui.map.weeks", UNKNOWN)


def colour_of(extra_minutes: float) -> str:
    """Return the colour of a number of extra minutes.

    >>> colour_of(31), colour_of(-2)
    ('#D55E00', '#00A08A')
    """
    return TRAVEL.colour(extra_minutes)


def map_spec(
    areas: Sequence[AreaImpact],
    places: Sequence[LocationImpact],
    numbers: dict[str, int],
    language: Language,
    boundaries: Sequence[Boundaries] = (),
) -> dict[str, Any]:
    """Return the map of extra travel as a Vega-Lite specification; `numbers` are of the hospitals it names."""
    return spots_spec([spot_of(area) for area in areas], TRAVEL, places, numbers, language, boundaries)


def spot_of(area: AreaImpact) -> Spot:
    """Return an area as it stands on the map of extra travel."""
    return Spot(
        area.id,
        area.name,
        area.latitude,
        area.longitude,
        area.inhabitants,
        area.extra_minutes.mean,
        area.moved_patients.mean,
    )


def spots_spec(
    areas: Sequence[Spot],
    measure: Measure,
    places: Sequence[LocationImpact],
    numbers: dict[str, int],
    language: Language,
    boundaries: Sequence[Boundaries] = (),
    *,
    frame: Sequence[tuple[float, float]] = (),
    height: int = HEIGHT,
) -> dict[str, Any]:
    """Return a map as a Vega-Lite specification.

    `frame` are longitudes and latitudes it must show, so that several maps show the same; without, what changes most.
    """
    moved = sum(area.patients for area in areas)
    many = [area for area in areas if area.patients >= SMALLEST_SHARE * moved]
    points = list(frame) or [(area.longitude, area.latitude) for area in many]
    drawn, filled = _drawn(areas, measure, places, language, boundaries)
    if not frame:
        points += _corners(filled, {area.id for area in many})
        points += [(place.longitude, place.latitude) for place in places if place.id in numbers]
    return map_of(
        [
            _land(),
            *drawn,
            *([borders_of(attributions(filled, boundaries), language)] if filled else ()),
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
                    "encoding": {**_POSITION, "text": {"field": "number", "type": "nominal"}},
                }
                for edge in ({"stroke": "#FFFFFF", "strokeWidth": 3}, {"color": "#1B1B1B"})
            ),
        ],
        points,
        height,
        language,
    )


def divided_spec(
    first: tuple[Sequence[Spot], Sequence[LocationImpact]],
    second: tuple[Sequence[Spot], Sequence[LocationImpact]],
    measure: Measure,
    language: Language,
    boundaries: Sequence[Boundaries] = (),
    *,
    frame: Sequence[tuple[float, float]],
    height: int = HEIGHT,
) -> dict[str, Any]:
    """Return one map of two plans with a slider: west of its line areas and hospitals of the first, east of the second.

    An area is shown whole, on the side its centre is on. `frame` as for `spots_spec`.
    """
    west, east = min(x for x, _ in frame), max(x for x, _ in frame)
    line = f"({west} - {MARGIN} + {_DIVIDER} * {(east - west + 2 * MARGIN) / 100})"
    layers: list[dict[str, Any]] = []
    in_border: list[Patch] = []
    # At either end one plan has the whole map, also what stands beyond the frame.
    of_first = f"({_DIVIDER} == 100 || {_DIVIDER} > 0 && datum.longitude <= {line})"
    for (areas, places), keeps in ((first, of_first), (second, f"!{of_first}")):
        drawn, filled = _drawn(areas, measure, places, language, boundaries)
        keep = {"filter": keeps}
        layers += [{**layer, "transform": [keep]} for layer in drawn]
        in_border += filled
    divider = {
        "data": {"values": [{"south": _SOUTH, "north": _NORTH}]},
        "transform": [{"calculate": line, "as": "longitude"}],
        "mark": {"type": "rule", "color": "#1B1B1B", "strokeWidth": 2, "strokeDash": [6, 3], **QUIET},
        "encoding": {
            "longitude": {"field": "longitude", "type": "quantitative"},
            "longitude2": {"field": "longitude"},
            "latitude": {"field": "south", "type": "quantitative"},
            "latitude2": {"field": "north"},
        },
    }
    whose = [borders_of(attributions(in_border, boundaries), language)] if in_border else []
    spec = map_of([_land(), *layers, *whose, divider], frame, height, language)
    name = translate("ui.map.divider", language)
    slider = {"input": "range", "min": 0, "max": 100, "step": 5, "name": name}
    return {**spec, "params": [{"name": _DIVIDER, "value": 50, "bind": slider}]}


def legend(language: Language, measure: Measure = TRAVEL) -> list[tuple[str, str]]:
    """Return colour and text of every class."""
    classes = [(colour, key) for _, colour, key in measure.classes]
    if measure.unknown is not None:
        classes.append(measure.unknown)
    return [(colour, translate(f"ui.map.class.{key}", language)) for colour, key in classes]


def extent(groups: Sequence[Sequence[Spot]]) -> list[tuple[float, float]]:
    """Return longitudes and latitudes that show what changes most in each group of areas."""
    found = []
    for areas in groups:
        moved = sum(area.patients for area in areas)
        found += [
            (area.longitude, area.latitude) for area in areas if area.patients >= SMALLEST_SHARE * moved
        ]
    return found


_POSITION = {
    "longitude": {"field": "longitude", "type": "quantitative"},
    "latitude": {"field": "latitude", "type": "quantitative"},
}


def _land() -> dict[str, Any]:
    return {
        "data": {"values": outline()["features"]},
        "mark": {"type": "geoshape", "fill": "#FFFFFF", "stroke": "#8A99AB", **QUIET},
    }


def _drawn(
    areas: Sequence[Spot],
    measure: Measure,
    places: Sequence[LocationImpact],
    language: Language,
    boundaries: Sequence[Boundaries],
) -> tuple[list[dict[str, Any]], list[Patch]]:
    """Return the layers of areas and hospitals, each thing with its `longitude`; and which areas fill a border."""
    # The value of an area is a mean over its patients who move: they are what parts are weighted by.
    known = [(area.id, area.patients, area.value) for area in areas if area.value is not None]
    filled, in_border = patches(known, boundaries)
    circles = [area for area in areas if area.id not in in_border]
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
    own_colour = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    shape = {"field": "shape", "type": "nominal", "scale": None, "legend": None}
    layers = [
        *([_filled_layer(filled, areas, measure, language)] if filled else ()),
        {
            "data": {"values": [_area(area, measure, language) for area in circles]},
            "mark": {"type": "circle", "opacity": 0.95, "stroke": "#33475B", "strokeWidth": 0.8, **QUIET},
            "encoding": {**_POSITION, "size": size, "color": own_colour, "tooltip": tooltip},
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
            "encoding": {**_POSITION, "shape": shape, "color": own_colour, "tooltip": tooltip},
        },
    ]
    return layers, filled


def _corners(filled: Sequence[Patch], wanted: set[str]) -> list[tuple[float, float]]:
    """Return the corners of the boxes around the borders of the wanted areas."""
    boxes = [bounds(patch.shape) for patch in filled if wanted.intersection(patch.area_ids)]
    return [corner for west, south, east, north in boxes for corner in ((west, south), (east, north))]


def _filled_layer(
    filled: Sequence[Patch], areas: Sequence[Spot], measure: Measure, language: Language
) -> dict[str, Any]:
    by_id = {area.id: area for area in areas}
    return {
        "data": {"values": [_patch(patch, by_id, measure, language) for patch in filled]},
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
    }


def _patch(patch: Patch, by_id: dict[str, Spot], measure: Measure, language: Language) -> dict[str, Any]:
    members = [by_id[area_id] for area_id in patch.area_ids]
    # The parts of a gemeente are named after it, with a hospital between brackets.
    name = members[0].name if len(members) == 1 else members[0].name.partition(" (")[0]
    moved = sum(area.patients for area in members)
    return {
        "type": "Feature",
        # Of the feature, not of its properties: where it stands, as circles and hospitals have it.
        "longitude": sum(area.longitude for area in members) / len(members),
        "geometry": spherical_geometry_of(patch.shape),
        "properties": {"colour": measure.colour(patch.value), "place": name}
        | _words(patch.value, moved, measure, language),
    }


def _words(value: float | None, moved: float, measure: Measure, language: Language) -> dict[str, str]:
    """Return the lines about an area below its name."""
    if value is None:
        first = translate("ui.map.class.weeks.unknown", language)
    else:
        first = translate(measure.line, language, minutes=signed(value, language, 1))
    return {
        "first": first,
        "second": translate("ui.map.patients", language, patients=number(moved, language)),
    }


def _position(thing: Spot | LocationImpact) -> dict[str, Any]:
    return {"longitude": thing.longitude, "latitude": thing.latitude}


def _area(area: Spot, measure: Measure, language: Language) -> dict[str, Any]:
    return {
        **_position(area),
        "inhabitants": area.inhabitants,
        "colour": measure.colour(area.value),
        "place": area.name,
        **_words(area.value, area.patients, measure, language),
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
