"""A scatter chart: few points with their names, of which it shows where better is; a pure function of its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zorgstroom.reporting.drawing import GREY, LINE, MAIN, TEXT, line, picture, short, text

_LEFT, _RIGHT, _TOP, _HEIGHT = 70.0, 600.0, 30.0, 340.0
_RADIUS = 6.0
#: Least distance between the feet of two names, and of a name from its point.
_NAME_HEIGHT = 15.0


@dataclass(frozen=True)
class Dot:
    """A point with its name; one that stands out is filled, the others are open."""

    label: str
    x: float
    y: float
    filled: bool
    #: What it is the mean of, as small dots around it.
    cloud: tuple[tuple[float, float], ...] = ()


def extent(dots: Sequence[Dot]) -> tuple[tuple[float, float], ...]:
    """Return the smallest and largest value of each axis, clouds too; nothing without dots."""
    places = [place for dot in dots for place in ((dot.x, dot.y), *dot.cloud)]
    return tuple((min(values), max(values)) for values in zip(*places, strict=True))


def scatter_chart(
    dots: Sequence[Dot], across: str, up: str, ticks: tuple[Sequence[str], Sequence[str]], alt: str
) -> str:
    """Return the chart.

    `across`, `up`: what the axes are, with where better is; `ticks`: texts of the smallest and largest value of each,
    as in `extent`.
    """
    bottom = _TOP + _HEIGHT
    parts = [
        line(_LEFT, bottom, _RIGHT, bottom, LINE),
        line(_LEFT, _TOP, _LEFT, bottom, LINE),
        text(_LEFT, bottom + 36, across, colour=TEXT, bold=True),
        text(0, 16, up, colour=TEXT, bold=True),
    ]
    (low_x, high_x), (low_y, high_y) = extent(dots) or ((0.0, 0.0), (0.0, 0.0))
    inside = 20.0

    def place_of(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + inside + _part(x, low_x, high_x) * (_RIGHT - _LEFT - 2 * inside),
            bottom - inside - _part(y, low_y, high_y) * (_HEIGHT - 2 * inside),
        )

    for place, tick, anchor in ((_LEFT + inside, 0, "middle"), (_RIGHT - inside, 1, "middle")):
        parts.append(text(place, bottom + 18, ticks[0][tick], anchor=anchor, colour=GREY, size=12))
    for place, tick in ((bottom - inside, 0), (_TOP + inside, 1)):
        parts.append(text(_LEFT - 8, place + 4, ticks[1][tick], anchor="end", colour=GREY, size=12))
    for dot in dots:
        colour = MAIN if dot.filled else GREY
        for x, y in (place_of(*year) for year in dot.cloud):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}" fill-opacity="0.35"/>')
    taken: list[tuple[float, float]] = []
    for dot in sorted(dots, key=lambda dot: (not dot.filled, dot.y, dot.x)):
        x, y = place_of(dot.x, dot.y)
        fill = MAIN if dot.filled else "#FFFFFF"
        edge = MAIN if dot.filled else GREY
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}" fill="{fill}" stroke="{edge}" stroke-width="2"/>'
        )
        foot = y + 5
        while any(abs(foot - other) < _NAME_HEIGHT and abs(x - there) < 160 for there, other in taken):
            foot += _NAME_HEIGHT
        taken.append((x, foot))
        colour = TEXT if dot.filled else GREY
        parts.append(text(x + 11, foot, short(dot.label, 24), colour=colour, bold=dot.filled, size=13))
    return picture(bottom + 46, parts, alt)


def _part(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5
