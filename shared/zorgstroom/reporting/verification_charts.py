"""Charts of a verification: deviations with their intervals, and predicted beside known figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from zorgstroom.reporting.drawing import (
    GREY,
    LINE,
    LOSS_TEXT,
    MAIN,
    TEXT,
    WIDTH,
    line,
    picture,
    rect,
    short,
    text,
)

_LABEL, _RIGHT, _TOP = 300, 130, 30
#: Height of a row of one line and of two.
_ROW, _TWO_LINES = 30, 38
#: Fill of the part of the axis that is accepted.
_ALLOWED = "#E7EDF3"
_SIDE = 420


@dataclass(frozen=True)
class Deviation:
    """One row: how far off, relative to what it should be."""

    label: str
    #: A second line under the label; may be empty.
    detail: str
    value: float
    #: Ends of the interval of `value`; None where there is none.
    low: float | None
    high: float | None
    #: Largest deviation that is accepted; None where it is not judged.
    allowed: float | None
    #: The value in words, at the right.
    text: str
    #: A dot is in-sample, a diamond is held back.
    in_sample: bool = True
    off: bool = False


@dataclass(frozen=True)
class Prediction:
    """One point: what is known and what was predicted without it."""

    label: str
    known: float
    predicted: float


def deviation_chart(rows: Sequence[Deviation], ticks: Sequence[tuple[float, str]], alt: str) -> str:
    """Return a dot per row on one axis around zero, with its interval and the part that is accepted.

    `ticks` are (value, label), from the smallest to the largest; what lies beyond is drawn at the edge, with its
    value in words. Shape and word carry the meaning: a dot is in-sample, a diamond held back; a figure that is
    off is filled with another colour and its value is bold.
    """
    first, last = ticks[0][0], ticks[-1][0]
    space = WIDTH - _LABEL - _RIGHT
    high = _TWO_LINES if any(row.detail for row in rows) else _ROW

    def x(value: float) -> float:
        return _LABEL + (min(max(value, first), last) - first) / (last - first) * space

    height = _TOP + len(rows) * high + 6
    parts = [
        rect(x(-row.allowed), _TOP + index * high + 3, x(row.allowed) - x(-row.allowed), high - 6, _ALLOWED)
        for index, row in enumerate(rows)
        if row.allowed is not None
    ]
    for value, label in ticks:
        parts.append(line(x(value), _TOP - 6, x(value), height - 4, GREY if value == 0 else LINE))
        parts.append(text(x(value), 14, label, anchor="middle", colour=GREY, size=12.5))
    for index, row in enumerate(rows):
        y = _TOP + index * high + high / 2
        colour = LOSS_TEXT if row.off else MAIN
        parts.append(text(0, y - 2 if row.detail else y + 5, short(row.label, 44), size=13))
        if row.detail:
            parts.append(text(0, y + 12, short(row.detail, 50), colour=GREY, size=11.5))
        if row.low is not None and row.high is not None:
            parts.append(line(x(row.low), y, x(row.high), y, colour, width=2.5))
        parts.append(_point(x(row.value), y, colour, round_=row.in_sample))
        shade = LOSS_TEXT if row.off else TEXT
        parts.append(text(WIDTH - _RIGHT + 12, y + 5, row.text, colour=shade, bold=row.off, size=13))
    return picture(height, parts, alt)


def _point(x: float, y: float, colour: str, *, round_: bool) -> str:
    if round_:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
    return (
        f'<rect x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9" fill="#fff" stroke="{colour}" '
        f'stroke-width="2.5" transform="rotate(45 {x:.1f} {y:.1f})"/>'
    )


def prediction_chart(
    points: Sequence[Prediction], ticks: Sequence[tuple[float, str]], known: str, predicted: str, alt: str
) -> str:
    """Return every prediction against what is known, on equal axes, with the line where both are equal.

    `ticks` are (value, label) from zero to at least the largest value.
    """
    most = ticks[-1][0]
    left, top = 90.0, 12.0

    def x(value: float) -> float:
        return left + value / most * _SIDE

    def y(value: float) -> float:
        return top + _SIDE - value / most * _SIDE

    parts = [
        line(x(0), y(0), x(most), y(0), GREY),
        line(x(0), y(0), x(0), y(most), GREY),
        line(x(0), y(0), x(most), y(most), GREY, dash="5 4"),
        text(x(most / 2), y(0) + 40, known, anchor="middle", colour=GREY),
        text(left + 8, top + 12, predicted, colour=GREY),
    ]
    for value, label in ticks:
        parts.append(text(x(value), y(0) + 20, label, anchor="middle", colour=GREY, size=12.5))
        parts.append(text(left - 8, y(value) + 5, label, anchor="end", colour=GREY, size=12.5))
    parts += [
        f'<circle cx="{x(point.known):.1f}" cy="{y(max(point.predicted, 0)):.1f}" r="4" fill="{MAIN}" '
        f'fill-opacity="0.55"><title>{escape(point.label)}</title></circle>'
        for point in points
    ]
    return picture(top + _SIDE + 50, parts, alt)


def symmetric_axis(largest: float, limit: float = math.inf) -> list[float]:
    """Return five round values around zero that reach `largest`, or `limit` if that is less.

    >>> symmetric_axis(0.07)
    [-0.1, -0.05, 0.0, 0.05, 0.1]
    """
    wanted = min(max(largest, 1e-6), limit)
    magnitude = 10.0 ** math.floor(math.log10(wanted))
    end = next(factor * magnitude for factor in (1, 2, 4, 6, 10) if factor * magnitude >= wanted * (1 - 1e-9))
    return [round(part * end, 12) for part in (-1, -0.5, 0, 0.5, 1)]
