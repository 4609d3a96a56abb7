"""Charts as Vega-Lite specifications: pure functions of what they show, with everything in them.

Numbers stand in the charts as texts that are written already, so that they read as people of the language write them.
Name and number stand above a mark and not beside it: on a phone there is no room beside.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zorgstroom.text import Language

MAIN, LOSS, GREY, TEXT = "#154273", "#D55E00", "#595959", "#1B1B1B"
#: What parts add up to.
TOTAL = TEXT
#: What stands for a scenario, apart from its letter: colours that differ in print too, and shapes that do anyway.
SERIES = ("#154273", "#A84300", "#00645A", "#7A3E6B", "#01689B", "#595959")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
#: Height of one row with its name above it.
ROW = 44
#: Where a letter stands at its point, and from which part of an axis on points have their letters at one corner.
CORNERS: Mapping[str, Mapping[str, Any]] = {
    "above-right": {"dx": 12, "dy": -12, "align": "left"},
    "below-left": {"dx": -12, "dy": 14, "align": "right"},
    "above-left": {"dx": -12, "dy": -12, "align": "right"},
    "below-right": {"dx": 12, "dy": 14, "align": "left"},
}
CLOSE = 0.15
#: An axis of shares that is shorter has a decimal in its numbers.
CLOSE_SHARES = 0.05
#: Lines of axes and coasts.
LINE = "#8A99AB"
#: Letters of a line of the name of an axis: more does not fit on a phone.
AXIS_LETTERS = 38
#: Marks are not read out one by one: the table below a chart has them all.
QUIET = {"aria": False}
LOCALES: Mapping[Language, Mapping[str, object]] = {
    "nl": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["€ ", ""], "minus": "−"},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["€", ""], "minus": "−"},
}


@dataclass(frozen=True)
class Arrow:
    """What somebody gains (above zero) or loses; `total` stands apart, and unclear ones are grey."""

    label: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None
    clear: bool = True
    total: bool = False


@dataclass(frozen=True)
class Dot:
    """A scenario in a trade-off: its letter, what it is called, and its simulated years around it."""

    letter: str
    label: str
    x: float
    y: float
    years: Sequence[tuple[float, float]] = ()
    today: bool = False


@dataclass(frozen=True)
class Axis:
    """An axis: what it is, with where better is, and how its numbers are written."""

    title: str
    share: bool = False
    #: The axis is at least this long, so that what nobody would call a difference does not look like one.
    least: float = 0.0


@dataclass(frozen=True)
class Step:
    """A part of a change."""

    label: str
    value: float
    text: str
    #: Whether it is more than chance, and whether it is for the better; a total has a colour of its own.
    clear: bool = True
    better: bool = True
    total: bool = False


@dataclass(frozen=True)
class Moment:
    """A value in one year with its interval, as a part of a line."""

    year: int
    series: str
    value: float
    low: float | None = None
    high: float | None = None


def arrows(
    rows: Sequence[Arrow], language: Language, *, loss_is_negative: bool = True, widest: float | None = None
) -> dict[str, Any]:
    """Return arrows from zero: to the left what is lost or less, to the right what is gained or more.

    With `loss_is_negative` off, more is what people lose, such as hours on the road. `widest` is what the scale
    reaches to, so that several charts have the same.
    """
    values = [
        {
            "place": index,
            "label": f"{row.label}: {row.text}",
            "value": row.value,
            "zero": 0,
            "low": row.value if row.low is None else row.low,
            "high": row.value if row.high is None else row.high,
            "colour": _arrow_colour(row, loss_is_negative),
            "side": "left" if row.value < 0 else "right" if row.value > 0 else "none",
        }
        for index, row in enumerate(rows)
    ]
    if widest is None:
        widest = reach_of(rows)
    reach = 1.05 * widest or 1.0
    across = {"type": "quantitative", "scale": {"domain": [-reach, reach]}, "axis": None}
    down = {"field": "place", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0}}
    colour = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    return _spec(
        language,
        values,
        height=ROW * max(1, len(rows)),
        layer=[
            _layer(
                {"type": "rule", "color": "#8A99AB"},
                x={"datum": 0, **across},
            ),
            *_labels(down),
            _layer(
                {"type": "rule", "strokeWidth": 1.5, "color": "#8A99AB", "yOffset": 8},
                y=down,
                x={"field": "low", **across},
                x2={"field": "high"},
            ),
            _layer(
                {"type": "bar", "size": 7, "yOffset": 8},
                y=down,
                x={"field": "zero", **across},
                x2={"field": "value"},
                color=colour,
            ),
            *(
                _layer(
                    {
                        "type": "point",
                        "shape": f"triangle-{side}",
                        "filled": True,
                        "opacity": 1,
                        "size": 190,
                        "yOffset": 8,
                    },
                    side,
                    y=down,
                    x={"field": "value", **across},
                    color=colour,
                )
                for side in ("left", "right")
            ),
        ],
    )


def reach_of(rows: Sequence[Arrow]) -> float:
    """Return how far arrows reach, with their intervals."""
    ends = (end for row in rows for end in (row.value, row.low, row.high) if end is not None)
    return max(map(abs, ends), default=0.0)


def scatter(dots: Sequence[Dot], across: Axis, up: Axis, language: Language) -> dict[str, Any]:
    """Return scenarios as points with their letters; around each its simulated years, as far as they are known."""
    order = {dot.letter: index for index, dot in enumerate(dot for dot in dots if not dot.today)}
    corners = _corners(dots)
    points = [
        {
            "letter": dot.letter,
            "label": dot.label,
            "x": dot.x,
            "y": dot.y,
            "colour": GREY if dot.today else SERIES[order[dot.letter] % len(SERIES)],
            "fill": "#FFFFFF" if dot.today else SERIES[order[dot.letter] % len(SERIES)],
            "shape": "circle" if dot.today else SHAPES[order[dot.letter] % len(SHAPES)],
            "corner": corner,
        }
        for dot, corner in zip(dots, corners, strict=True)
    ]
    years = [
        {"x": x, "y": y, "colour": point["colour"]}
        for dot, point in zip(dots, points, strict=True)
        for x, y in dot.years
    ]
    drawn = _drawn(dots)
    x, y = _axis("x", across, drawn[0]), _axis("y", up, drawn[1])
    colour = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    shape = {"field": "shape", "type": "nominal", "scale": None, "legend": None}
    fill = {"field": "fill", "type": "nominal", "scale": None, "legend": None}
    here = {"values": points}
    return _spec(
        language,
        years,
        height=380,
        layer=[
            _layer({"type": "circle", "size": 22, "opacity": 0.45}, x=x, y=y, color=colour),
            {
                "data": here,
                **_layer(
                    {"type": "point", "size": 170, "strokeWidth": 2, "opacity": 1},
                    x=x,
                    y=y,
                    stroke=colour,
                    fill=fill,
                    shape=shape,
                ),
            },
            *(
                {"data": here, **_letter(corner, edge, x, y)}
                for corner in sorted(set(corners))
                for edge in ({"stroke": "#FFFFFF", "strokeWidth": 3}, {"color": TEXT})
            ),
        ],
    )


def _drawn(dots: Sequence[Dot]) -> tuple[list[float], list[float]]:
    """Return everything that is drawn of the points and their years: across, and up."""
    pairs = [pair for dot in dots for pair in ((dot.x, dot.y), *dot.years)]
    return [x for x, _ in pairs], [y for _, y in pairs]


def _corners(dots: Sequence[Dot]) -> list[str]:
    """Return at which corner of each point its letter stands: another one where points lie close together."""
    reach = [(max(values) - min(values)) or 1.0 for values in _drawn(dots)]
    corners: list[str] = []
    for place, dot in enumerate(dots):
        near = [
            corners[other]
            for other in range(place)
            if abs(dots[other].x - dot.x) < CLOSE * reach[0] and abs(dots[other].y - dot.y) < CLOSE * reach[1]
        ]
        corners.append(next((corner for corner in CORNERS if corner not in near), next(iter(CORNERS))))
    return corners


def _letter(
    corner: str, edge: Mapping[str, Any], x: Mapping[str, Any], y: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the letters that stand at one corner of their points."""
    mark = {"type": "text", "fontSize": 15, "fontWeight": "bold", **CORNERS[corner], **edge}
    made = _layer(mark, x=x, y=y, text={"field": "letter"})
    return {**made, "transform": [{"filter": f"datum.corner === '{corner}'"}]}


def waterfall(steps: Sequence[Step], language: Language) -> dict[str, Any]:
    """Return how the parts of a plan add up: each begins where the one before it ended, the total at zero."""
    reached, values = 0.0, []
    for index, step in enumerate(steps):
        start = 0.0 if step.total else reached
        reached = step.value if step.total else reached + step.value
        values.append(
            {
                "place": index,
                "label": f"{step.label}: {step.text}",
                "start": start,
                "end": reached,
                "colour": _step_colour(step),
            }
        )
    across = {"type": "quantitative", "axis": None}
    down = {"field": "place", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0}}
    return _spec(
        language,
        values,
        height=ROW * max(1, len(steps)),
        layer=[
            _layer({"type": "rule", "color": "#8A99AB"}, x={"datum": 0, **across}),
            *_labels(down),
            _layer(
                {"type": "bar", "size": 14, "yOffset": 9},
                y=down,
                x={"field": "start", **across},
                x2={"field": "end"},
                color={"field": "colour", "type": "nominal", "scale": None, "legend": None},
            ),
        ],
    )


def _step_colour(step: Step) -> str:
    if step.total:
        return TOTAL
    if not step.clear:
        return GREY
    return MAIN if step.better else LOSS


def lines(moments: Sequence[Moment], names: Sequence[str], up: Axis, language: Language) -> dict[str, Any]:
    """Return a line with its band for each of `names`, with the name at its end."""
    values = [
        {
            "year": moment.year,
            "series": moment.series,
            "value": moment.value,
            "low": moment.value if moment.low is None else moment.low,
            "high": moment.value if moment.high is None else moment.high,
        }
        for moment in moments
    ]
    last = max((moment.year for moment in moments), default=0)
    years = sorted({moment.year for moment in moments})
    x = {
        "field": "year",
        "type": "quantitative",
        "scale": {"domain": [min(years, default=0), last], "nice": False},
        "axis": {"title": None, "format": "d", "values": years, "grid": False, "labelFontSize": 13},
    }
    # The colours of today and of the plan, which also differ in kind of line.
    paint = {"domain": list(names), "range": [GREY, *SERIES][: len(names)]}
    dash = {"domain": list(names), "range": [[6, 4], [1, 0]][: len(names)]}
    colour = {"field": "series", "type": "nominal", "scale": paint, "legend": None}
    y = {**_axis("y", up), "field": "value"}
    at_end = sorted((row for row in values if row["year"] == last), key=lambda row: float(str(row["value"])))
    # The name of the lowest line stands below it, so that names of lines that end together can be read.
    ends = [{**row, "side": "below" if place == 0 else "above"} for place, row in enumerate(at_end)]
    return _spec(
        language,
        values,
        height=280,
        layer=[
            _layer(
                {"type": "area", "opacity": 0.18},
                x=x,
                y={**y, "field": "low"},
                y2={"field": "high"},
                color=colour,
            ),
            _layer(
                {"type": "line", "strokeWidth": 2.5, "point": True},
                x=x,
                y=y,
                color=colour,
                strokeDash={"field": "series", "type": "nominal", "scale": dash, "legend": None},
            ),
            *(
                {
                    "data": {"values": ends},
                    **_layer(
                        {"type": "text", "align": "right", "dy": shift, "fontSize": 13, "fontWeight": "bold"},
                        side,
                        x=x,
                        y=y,
                        text={"field": "series"},
                        color=colour,
                    ),
                }
                for side, shift in (("above", -12), ("below", 16))
            ),
        ],
    )


def _arrow_colour(row: Arrow, loss_is_negative: bool) -> str:
    if row.total or not row.clear:
        return GREY
    return LOSS if (row.value < 0) == loss_is_negative else MAIN


def _labels(down: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the names above the marks, first their white edge so that they can be read across a line."""
    mark = {"type": "text", "align": "left", "dy": -12, "fontSize": 13, "x": 2}
    return [
        _layer({**mark, **edge}, y=down, text={"field": "label"})
        for edge in ({"stroke": "#FFFFFF", "strokeWidth": 3}, {"color": TEXT})
    ]


def _axis(field: str, axis: Axis, values: Sequence[float] = ()) -> dict[str, Any]:
    shown = {
        "title": textwrap.wrap(axis.title, AXIS_LETTERS),
        "format": _format(axis, values),
        "titleFontSize": 13,
        "labelFontSize": 12,
        "titleColor": TEXT,
        "labelColor": TEXT,
        "tickCount": 5,
        "gridColor": "#E4EAF1",
    }
    if axis.share:
        shown["labelExpr"] = "datum.value > 1 ? '' : datum.label"
    if field == "y":
        # Above the axis it can be read without turning one's head.
        shown |= {
            "titleAngle": 0,
            "titleAlign": "left",
            "titleAnchor": "start",
            "titleY": -14,
            "titleX": 0,
            "titleBaseline": "bottom",
        }
    scale: dict[str, Any] = {"zero": False, "padding": 24}
    if values and max(values) - min(values) < axis.least:
        middle = (max(values) + min(values)) / 2
        end = middle + axis.least / 2
        if axis.share:
            # Nothing is more than all.
            end = min(1.0, end)
        scale["domain"] = [end - axis.least, end]
    return {"field": field, "type": "quantitative", "scale": scale, "axis": shown}


def _format(axis: Axis, values: Sequence[float]) -> str:
    """Return how the numbers of an axis are written: of shares that lie close together a decimal tells them apart."""
    if not axis.share:
        return "~f"
    return ".1%" if values and max(values) - min(values) < CLOSE_SHARES else ".0%"


def _layer(mark: Mapping[str, Any], side: str = "", /, **encoding: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"mark": {**mark, **QUIET}, "encoding": encoding}
    if side:
        made["transform"] = [{"filter": f"datum.side === '{side}'"}]
    return made


def _spec(
    language: Language,
    values: Sequence[Mapping[str, Any]],
    *,
    height: int,
    layer: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    return {**fitting(height, language), "data": {"values": list(values)}, "layer": list(layer)}


def fitting(height: int, language: Language) -> dict[str, Any]:
    """Return what every chart with axes has: everything around it fits within its height."""
    return {
        **base(height, language),
        "autosize": {"type": "fit", "contains": "padding"},
        "view": {"stroke": None},
    }


def base(height: int, language: Language) -> dict[str, Any]:
    """Return what every chart and map has: as wide as the page, with our letters and our numbers."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": "container",
        "height": height,
        "config": {
            "font": "Source Sans, Arial, sans-serif",
            "locale": {"number": dict(LOCALES[language])},
            "axis": {"domainColor": LINE, "tickColor": LINE, "gridColor": "#E4EAF1"},
        },
        "usermeta": {"embedOptions": {"actions": False}},
    }
