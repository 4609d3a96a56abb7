"""The charts of the page Verdieping as Vega-Lite specifications: pure functions of what they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, radians
from typing import Any

from zorgstroom.text import Language
from zorgstroom_ui.components.charts import GREY, LINE, QUIET, SERIES, TEXT, fitting
from zorgstroom_ui.components.charts import LOSS as ORANGE
from zorgstroom_ui.components.charts import MAIN as BLUE
from zorgstroom_ui.components.map_base import map_of, outline

#: Height of a line of a strip or a dumbbell, with its name above it.
ROW = 52
#: Height of the axis below the lines.
AXIS = 48
#: Points along a stream of the flow chart.
STEPS = 24
_NODE = 0.05


@dataclass(frozen=True)
class Strip:
    """A line of a dot strip: values of simulated years, today and under the plan, and what they are held against."""

    label: str
    baseline: Sequence[float | None]
    plan: Sequence[float | None]
    limit: float | None = None


@dataclass(frozen=True)
class Dumbbell:
    """A line from today to the plan, with the interval of the plan."""

    label: str
    baseline: float
    plan: float


@dataclass(frozen=True)
class Stream:
    """Patients a year from one place to another; `text` is their number as it is written."""

    start: str
    end: str
    patients: float
    text: str


@dataclass(frozen=True)
class Place:
    """A hospital on the map of streams."""

    id: str
    number: str
    longitude: float
    latitude: float


def dot_strips(
    strips: Sequence[Strip],
    title: str,
    words: Mapping[str, str],
    language: Language,
    *,
    share: bool = False,
    zero: bool = True,
) -> dict[str, Any]:
    """Return a dot for every simulated year: open is today, filled the plan; an upright line is the norm.

    `words` are those of the legend: baseline, plan, limit.
    """
    across = _across(title, share=share, zero=zero)
    down = _down(len(strips))
    marks = {
        "baseline": {"shape": "circle", "stroke": GREY, "fill": "#FFFFFF", "yOffset": 4},
        "plan": {"shape": "diamond", "stroke": BLUE, "fill": BLUE, "yOffset": 18},
    }
    layers = [_names([strip.label for strip in strips], down)]
    limits = [
        {"line": index, "value": strip.limit, "words": words["limit"]}
        for index, strip in enumerate(strips)
        if strip.limit is not None
    ]
    if limits:
        layers.append(
            {
                "data": {"values": limits},
                "mark": {
                    "type": "tick",
                    "orient": "vertical",
                    "thickness": 3,
                    "size": 34,
                    "yOffset": 11,
                    **QUIET,
                },
                "encoding": {"x": across, "y": down, "color": {"value": ORANGE}},
            }
        )
    for side, mark in marks.items():
        values = [
            {"line": index, "value": value, "words": words[side]}
            for index, strip in enumerate(strips)
            for value in (strip.baseline if side == "baseline" else strip.plan)
            if value is not None
        ]
        layers.append(
            {
                "data": {"values": values},
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 70,
                    "opacity": 0.8,
                    "strokeWidth": 1.8,
                    **mark,
                    **QUIET,
                },
                "encoding": {
                    "x": across,
                    "y": down,
                    "tooltip": [
                        {"field": "words", "type": "nominal"},
                        {"field": "value", "type": "quantitative"},
                    ],
                },
            }
        )
    return _spec(layers, AXIS + ROW * max(1, len(strips)), language)


def dumbbells(
    rows: Sequence[Dumbbell], title: str, words: Mapping[str, str], language: Language, *, share: bool = False
) -> dict[str, Any]:
    """Return a line per group from today (open) to the plan (filled)."""
    sides = [words["baseline"], words["plan"]]
    values = [
        {"line": index, "value": value, "side": side}
        for index, row in enumerate(rows)
        for side, value in zip(sides, (row.baseline, row.plan), strict=True)
    ]
    lines = [{"line": index, "start": row.baseline, "end": row.plan} for index, row in enumerate(rows)]
    across = _across(title, share=share, zero=False)
    down = _down(len(rows))
    layers = [
        _names([row.label for row in rows], down),
        {
            "data": {"values": lines},
            "mark": {"type": "rule", "strokeWidth": 3, "color": LINE, "yOffset": 11, **QUIET},
            "encoding": {"x": {**across, "field": "start"}, "x2": {"field": "end"}, "y": down},
        },
        {
            "data": {"values": values},
            "mark": {
                "type": "point", "size": 150, "opacity": 1, "strokeWidth": 2, "yOffset": 11, **QUIET
            },
            "encoding": {
                "x": across,
                "y": down,
                "color": _key(sides, [GREY, BLUE]),
                "fill": {
                    "field": "side",
                    "type": "nominal",
                    "scale": {"domain": sides, "range": ["#FFFFFF", BLUE]},
                    "legend": None,
                },
                "shape": {
                    "field": "side",
                    "type": "nominal",
                    "scale": {"domain": sides, "range": ["circle", "diamond"]},
                    "legend": None,
                },
            },
        },
    ]  # fmt: skip
    return _spec(layers, AXIS + ROW * max(1, len(rows)), language)


def stream_map(streams: Sequence[Stream], places: Sequence[Place], language: Language) -> dict[str, Any]:
    """Return the country with a line for every stream, as wide as it is large, an arrow at its end."""
    where = {place.id: place for place in places}
    lines, ends = [], []
    for stream in streams:
        start, end = where[stream.start], where[stream.end]
        lines.append(
            {
                "x": start.longitude,
                "y": start.latitude,
                "x2": end.longitude,
                "y2": end.latitude,
                "patients": stream.patients,
                "words": f"{start.number} → {end.number}: {stream.text}",
            }
        )
        # Past the middle: it stays apart from the arrows of streams the other way, and from those next to it.
        ends.append(
            {
                "x": start.longitude + 0.6 * (end.longitude - start.longitude),
                "y": start.latitude + 0.6 * (end.latitude - start.latitude),
                "shape": "triangle-up",
                "angle": _direction(start, end),
                "words": f"{start.number} → {end.number}: {stream.text}",
            }
        )
    corners = [(place.longitude, place.latitude) for place in places]
    spot = {
        "longitude": {"field": "x", "type": "quantitative"},
        "latitude": {"field": "y", "type": "quantitative"},
    }
    tooltip = {"field": "words", "type": "nominal"}
    width = {
        "field": "patients",
        "type": "quantitative",
        "legend": None,
        "scale": {"domain": [0, max((stream.patients for stream in streams), default=1)], "range": [1, 14]},
    }
    dots = [{"x": place.longitude, "y": place.latitude, "number": place.number} for place in places]
    return map_of(
        [
            {
                "data": {"values": outline()["features"]},
                "mark": {"type": "geoshape", "fill": "#FFFFFF", "stroke": LINE, "clip": True, **QUIET},
            },
            {
                "data": {"values": lines},
                "mark": {
                    "type": "rule", "color": BLUE, "opacity": 0.55, "strokeCap": "round", "clip": True, **QUIET
                },
                "encoding": {
                    **spot,
                    "longitude2": {"field": "x2"},
                    "latitude2": {"field": "y2"},
                    "size": width,
                    "tooltip": tooltip,
                },
            },
            {
                "data": {"values": ends},
                "mark": {
                    "type": "point", "shape": "triangle-up", "filled": True, "color": ORANGE, "opacity": 1,
                    "size": 130, "clip": True, **QUIET,
                },
                "encoding": {
                    **spot,
                    "angle": {"field": "angle", "type": "quantitative", "scale": None},
                    "tooltip": tooltip,
                },
            },
            {
                "data": {"values": dots},
                "mark": {
                    "type": "circle", "color": "#FFFFFF", "stroke": TEXT, "strokeWidth": 1.5, "opacity": 1,
                    "size": 330, "clip": True, **QUIET,
                },
                "encoding": spot,
            },
            {
                "data": {"values": dots},
                "mark": {
                    "type": "text", "fontSize": 12, "fontWeight": "bold", "color": TEXT, "clip": True, **QUIET
                },
                "encoding": {**spot, "text": {"field": "number", "type": "nominal"}},
            },
        ],
        corners,
        560,
        language,
    )  # fmt: skip


def flow_chart(
    streams: Sequence[Stream],
    names: Mapping[str, str],
    ends: tuple[str, str],
    texts: Mapping[str, str],
    language: Language,
) -> dict[str, Any]:
    """Return streams from left (today) to right (the plan), as wide as they are large.

    `ends` are the headings; `texts` the totals by ``from:<id>`` and ``to:<id>``.
    """
    senders, receivers = _by_size(streams, "start"), _by_size(streams, "end")
    total = sum(stream.patients for stream in streams) or 1.0
    # Room for the name of a node that is next to nothing.
    gap = 0.12 * total
    left, right = _stack(streams, senders, "start", gap), _stack(streams, receivers, "end", gap)
    reached = {("start", name): top for name, (top, _) in left.items()}
    reached |= {("end", name): top for name, (top, _) in right.items()}
    points: list[dict[str, Any]] = []
    ordered = sorted(streams, key=lambda stream: (senders.index(stream.start), receivers.index(stream.end)))
    for number, stream in enumerate(ordered):
        start, end = reached["start", stream.start], reached["end", stream.end]
        reached["start", stream.start] += stream.patients
        reached["end", stream.end] += stream.patients
        for step in range(STEPS + 1):
            share = step / STEPS
            # A smooth step: level at both ends.
            bend = share * share * (3 - 2 * share)
            top = start + (end - start) * bend
            points.append(
                {
                    "stream": number,
                    "x": _NODE + share * (1 - 2 * _NODE),
                    "top": top,
                    "bottom": top + stream.patients,
                    "colour": senders.index(stream.start),
                }
            )
    nodes = [
        {
            "x": 0.0 if side == "from" else 1 - _NODE,
            "x2": _NODE if side == "from" else 1.0,
            "top": top,
            "bottom": bottom,
            "middle": (top + bottom) / 2,
            "at": _NODE + 0.01 if side == "from" else 1 - _NODE - 0.01,
            "side": side,
            "label": f"{names[name]} ({texts[f'{side}:{name}']})",
        }
        for side, stack in (("from", left), ("to", right))
        for name, (top, bottom) in stack.items()
    ]
    most = max((bottom for _, bottom in (*left.values(), *right.values())), default=1.0)
    across = {"type": "quantitative", "axis": None, "scale": {"domain": [0, 1]}}
    down = {"type": "quantitative", "axis": None, "scale": {"domain": [most, 0]}}
    colours = [*SERIES, "#12335C", "#5C4A00"]
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": points},
            "mark": {"type": "area", "opacity": 0.45, **QUIET},
            "encoding": {
                "x": {"field": "x", **across},
                "y": {"field": "top", **down},
                "y2": {"field": "bottom"},
                "detail": {"field": "stream", "type": "nominal"},
                "color": {
                    "field": "colour",
                    "type": "ordinal",
                    "legend": None,
                    "scale": {"domain": list(range(len(colours))), "range": colours},
                },
            },
        },
        {
            "data": {"values": nodes},
            "mark": {"type": "rect", "color": TEXT, **QUIET},
            "encoding": {
                "x": {"field": "x", **across},
                "x2": {"field": "x2"},
                "y": {"field": "top", **down},
                "y2": {"field": "bottom"},
            },
        },
    ]
    for side, align in (("from", "left"), ("to", "right")):
        for edge in ({"stroke": "#FFFFFF", "strokeWidth": 3}, {"color": TEXT}):
            layers.append(
                {
                    "data": {"values": [node for node in nodes if node["side"] == side]},
                    "mark": {"type": "text", "align": align, "fontSize": 13, "limit": 260, **edge, **QUIET},
                    "encoding": {
                        "x": {"field": "at", **across},
                        "y": {"field": "middle", **down},
                        "text": {"field": "label", "type": "nominal"},
                    },
                }
            )
    heads = [{"x": 0.0, "text": ends[0], "side": "left"}, {"x": 1.0, "text": ends[1], "side": "right"}]
    for side in ("left", "right"):
        layers.append(
            {
                "data": {"values": [head for head in heads if head["side"] == side]},
                "mark": {
                    "type": "text", "align": side, "baseline": "bottom", "dy": -8, "fontSize": 13,
                    "fontWeight": "bold", "color": TEXT, "y": 0, **QUIET,
                },
                "encoding": {"x": {"field": "x", **across}, "text": {"field": "text", "type": "nominal"}},
            }
        )  # fmt: skip
    height = max(300, 60 * max(len(senders), len(receivers)))
    return {**_spec(layers, height, language), "padding": {"top": 24, "bottom": 6, "left": 2, "right": 2}}


def matrix(
    streams: Sequence[Stream], numbers: Mapping[str, str], ends: tuple[str, str], language: Language
) -> dict[str, Any]:
    """Return a matrix from (down) to (across) with the number in every cell; darker is more."""
    largest = max((stream.patients for stream in streams), default=1.0)
    values = [
        {
            "from": numbers[stream.start],
            "to": numbers[stream.end],
            "patients": stream.patients,
            "text": stream.text,
            "dark": stream.patients > 0.45 * largest,
        }
        for stream in streams
    ]
    order = sorted(numbers.values(), key=int)
    axis = {"labelFontSize": 12, "titleFontSize": 13, "labelColor": TEXT, "titleColor": TEXT, "labelAngle": 0}
    across = {
        "field": "to",
        "type": "nominal",
        "sort": order,
        "axis": {**axis, "title": ends[1], "orient": "top"},
    }
    down = {"field": "from", "type": "nominal", "sort": order, "axis": {**axis, "title": ends[0]}}
    layers: list[dict[str, Any]] = [
        {
            "mark": {"type": "rect", "stroke": "#FFFFFF", **QUIET},
            "encoding": {
                "x": across,
                "y": down,
                "color": {
                    "field": "patients",
                    "type": "quantitative",
                    "legend": None,
                    "scale": {"range": ["#E3ECF6", "#12335C"], "domain": [0, largest]},
                },
            },
        },
        # White on what is dark, in a layer of its own: one scale of colours cannot be both.
        _numbers_in("true", "#FFFFFF", across, down),
        _numbers_in("false", TEXT, across, down),
    ]
    rows = len({stream.start for stream in streams})
    return {**_spec(layers, 90 + 26 * rows, language), "data": {"values": values}}


def _numbers_in(dark: str, ink: str, across: Mapping[str, Any], down: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of the dark cells of a matrix, or of the others."""
    return {
        "transform": [{"filter": f"datum.dark === {dark}"}],
        "mark": {"type": "text", "fontSize": 11, "color": ink, **QUIET},
        "encoding": {"x": dict(across), "y": dict(down), "text": {"field": "text", "type": "nominal"}},
    }


def _direction(start: Place, end: Place) -> float:
    """Return the angle of an arrow on a map, clockwise from north, in degrees."""
    across = (end.longitude - start.longitude) * cos(radians((start.latitude + end.latitude) / 2))
    return round(degrees(atan2(across, end.latitude - start.latitude)), 1)


def _by_size(streams: Sequence[Stream], end: str) -> list[str]:
    sums: dict[str, float] = {}
    for stream in streams:
        name = getattr(stream, end)
        sums[name] = sums.get(name, 0.0) + stream.patients
    return sorted(sums, key=lambda name: (-sums[name], name))


def _stack(
    streams: Sequence[Stream], names: Sequence[str], end: str, gap: float
) -> dict[str, tuple[float, float]]:
    """Return top and bottom of every node, one below the other."""
    found, top = {}, 0.0
    for name in names:
        size = sum(stream.patients for stream in streams if getattr(stream, end) == name)
        found[name] = (top, top + size)
        top += size + gap
    return found


def _names(labels: Sequence[str], down: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names above their lines: on a phone there is no room beside them."""
    return {
        "data": {"values": [{"line": index, "label": label} for index, label in enumerate(labels)]},
        "mark": {
            "type": "text", "align": "left", "baseline": "middle", "x": 0, "yOffset": -17, "fontSize": 13,
            "color": TEXT, **QUIET,
        },
        "encoding": {"y": dict(down), "text": {"field": "label", "type": "nominal"}},
    }  # fmt: skip


def _key(sides: Sequence[str], colours: Sequence[str]) -> dict[str, Any]:
    return {
        "field": "side",
        "type": "nominal",
        "scale": {"domain": list(sides), "range": list(colours)},
        "legend": None,
    }


def _across(title: str, *, share: bool, zero: bool) -> dict[str, Any]:
    return {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": zero, "nice": True},
        "axis": {
            "title": title,
            "orient": "bottom",
            "format": ".0%" if share else ",~f",
            "tickCount": 6,
            "labelFontSize": 12,
            "titleFontSize": 13,
            "labelColor": TEXT,
            "titleColor": TEXT,
            "grid": True,
        },
    }


def _down(count: int) -> dict[str, Any]:
    return {
        "field": "line",
        "type": "ordinal",
        "axis": None,
        "scale": {"type": "band", "domain": list(range(count)), "paddingInner": 0, "paddingOuter": 0},
    }


def _spec(layers: Sequence[Mapping[str, Any]], height: int, language: Language) -> dict[str, Any]:
    return {
        **fitting(height, language),
        "layer": [dict(layer) for layer in layers],
    }
