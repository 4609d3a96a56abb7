"""Charts as small pieces of SVG: pure functions of labelled numbers, no scripts, no fonts, no requests.

Every chart has a text alternative; colour never carries a meaning alone. Colours keep 3:1 contrast on white.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from zorgstroom.geo import Point, lakes, outline, project
from zorgstroom.geo.polygons import Shape, bounds
from zorgstroom.reporting.drawing import (
    GREY,
    LINE,
    LOSS,
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
from zorgstroom.reporting.impact import Estimate

SEA, LAND = "#E4EAEE", "#FCFBF8"

#: Extra minutes from which each class of the travel scale starts; the first is shorter travel.
TRAVEL_CLASSES: tuple[tuple[str, float, str], ...] = (
    ("shorter", -math.inf, "#2E7DA8"),
    ("5", 0.0, "#F3D9C2"),
    ("15", 5.0, "#EFA56B"),
    ("30", 15.0, "#D55E00"),
    ("more", 30.0, "#7A2E00"),
)

_LABEL = 250
_ROW = 32
#: Width of a letter of a bold value, at most.
_BOLD_LETTER = 9


@dataclass(frozen=True)
class Balance:
    """What leaves and what arrives at one place."""

    label: str
    sent: float
    received: float
    sent_text: str
    received_text: str


@dataclass(frozen=True)
class Bar:
    """One bar of a bar chart."""

    label: str
    value: float
    text: str
    colour: str = MAIN


@dataclass(frozen=True)
class Change:
    """One value before and after."""

    label: str
    detail: str
    before: Estimate
    after: Estimate
    text: str
    worse: bool = False


@dataclass(frozen=True)
class Circle:
    """An area on the map."""

    label: str
    longitude: float
    latitude: float
    size: float
    minutes: float


@dataclass(frozen=True)
class Surface:
    """An area on the map within its border."""

    label: str
    shape: Shape
    minutes: float


@dataclass(frozen=True)
class Site:
    """A hospital on the map."""

    id: str
    number: int
    label: str
    longitude: float
    latitude: float
    sends: bool


@dataclass(frozen=True)
class Stream:
    """Patients between two sites on the map."""

    origin: str
    destination: str
    patients: float


def travel_class(minutes: float) -> tuple[str, str]:
    """Return the class of extra minutes and its colour.

    >>> travel_class(12.0)[0]
    '15'
    """
    name, _, colour = next(entry for entry in reversed(TRAVEL_CLASSES) if minutes >= entry[1])
    return name, colour


def balance_chart(rows: Sequence[Balance], left: str, right: str, alt: str) -> str:
    """Return bars to the left for what leaves and to the right for what arrives."""
    half = (WIDTH - _LABEL) / 2 - 52
    middle = _LABEL + (WIDTH - _LABEL) / 2
    most = max((max(row.sent, row.received) for row in rows), default=0) or 1
    parts = [
        text(middle - 8, 16, f"← {left}", anchor="end", colour=LOSS_TEXT, bold=True),
        text(middle + 8, 16, f"{right} →", colour=MAIN, bold=True),
    ]
    for index, row in enumerate(rows):
        y = 28 + index * _ROW
        parts.append(text(0, y + 17, short(row.label)))
        if row.sent > 0:
            width = max(2.0, row.sent / most * half)
            parts.append(rect(middle - width, y + 3, width, _ROW - 12, LOSS))
            parts.append(text(middle - width - 6, y + 17, row.sent_text, anchor="end", colour=LOSS_TEXT))
        if row.received > 0:
            width = max(2.0, row.received / most * half)
            parts.append(rect(middle, y + 3, width, _ROW - 12, MAIN))
            parts.append(text(middle + width + 6, y + 17, row.received_text, colour=MAIN))
    height = 32 + len(rows) * _ROW
    parts.append(line(middle, 24, middle, height, GREY))
    return picture(height, parts, alt)


def bar_chart(rows: Sequence[Bar], alt: str) -> str:
    """Return horizontal bars with their values."""
    most = max((row.value for row in rows), default=0) or 1
    longest = max((len(row.text) for row in rows), default=0)
    space = WIDTH - _LABEL - max(150, longest * _BOLD_LETTER)
    parts = []
    for index, row in enumerate(rows):
        y = index * _ROW
        parts.append(text(_LABEL - 10, y + 20, row.label, anchor="end"))
        width = row.value / most * space
        if width > 0:
            parts.append(rect(_LABEL, y + 5, max(2.0, width), _ROW - 10, row.colour))
        parts.append(text(_LABEL + width + 8, y + 20, row.text, bold=row.value > 0))
    parts.append(line(_LABEL, 0, _LABEL, len(rows) * _ROW, GREY))
    return picture(len(rows) * _ROW + 2, parts, alt)


def change_chart(
    rows: Sequence[Change],
    ticks: Sequence[tuple[float, str]],
    alt: str,
    reference: tuple[float, str] | None = None,
) -> str:
    """Return per row an open dot (before), a filled dot (after), their ranges, and an arrow between them."""
    right, row_height = 175, 42
    space = WIDTH - _LABEL - right
    top = max((tick for tick, _ in ticks), default=1.0) or 1.0

    def x(value: float) -> float:
        return _LABEL + min(max(value, 0.0), top) / top * space

    height = 34 + len(rows) * row_height
    parts = []
    for value, label in ticks:
        parts.append(line(x(value), 24, x(value), height - 8, LINE))
        parts.append(text(x(value), 14, label, anchor="middle", colour=GREY))
    if reference is not None:
        value, label = reference
        parts.append(line(x(value), 20, x(value), height - 8, LOSS_TEXT, width=2, dash="5 4"))
        parts.append(text(x(value), height + 8, label, anchor="middle", colour=LOSS_TEXT, bold=True))
    for index, row in enumerate(rows):
        y = 50 + index * row_height
        colour = LOSS_TEXT if row.worse else MAIN
        parts.append(text(0, y - 2, short(row.label, 32)))
        parts.append(text(0, y + 14, short(row.detail, 40), colour=GREY, size=12.5))
        for estimate, shade, shift in ((row.before, GREY, -4), (row.after, colour, 4)):
            if estimate.low is not None and estimate.high is not None:
                parts.append(
                    line(
                        x(estimate.low), y + shift, x(estimate.high), y + shift, shade, width=3, opacity=0.45
                    )
                )
        start, end = x(row.before.mean), x(row.after.mean)
        if abs(end - start) > 18:
            tip = end - math.copysign(9, end - start)
            parts.append(line(start + math.copysign(6, end - start), y, tip, y, colour, width=2))
        parts.append(
            f'<circle cx="{start:.1f}" cy="{y}" r="5.5" fill="#fff" stroke="{GREY}" stroke-width="2"/>'
        )
        parts.append(f'<circle cx="{end:.1f}" cy="{y}" r="6" fill="{colour}"/>')
        parts.append(text(WIDTH - right + 14, y + 5, row.text, colour=colour if row.worse else TEXT))
    return picture(height + (14 if reference else 0), parts, alt)


def dot_strip(met: int, total: int, alt: str) -> str:
    """Return one dot per simulated year, filled where the norm is met; at most 50, scaled above that."""
    shown = min(total, 50)
    filled = round(met * shown / total)
    per_row = 25
    parts = []
    for index in range(shown):
        cx, cy = 8 + index % per_row * 15, 8 + index // per_row * 15
        fill = MAIN if index < filled else "#fff"
        parts.append(f'<circle cx="{cx}" cy="{cy}" r="5" fill="{fill}" stroke="{MAIN}" stroke-width="1.5"/>')
    width, height = 16 + min(shown, per_row) * 15 - 15, 16 + (shown - 1) // per_row * 15
    return (
        f'<svg class="dots" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f"aria-label={quoteattr(alt)}>{''.join(parts)}</svg>"
    )


def map_chart(
    areas: Sequence[Circle],
    sites: Sequence[Site],
    streams: Sequence[Stream],
    alt: str,
    surfaces: Sequence[Surface] = (),
) -> str:
    """Return areas coloured by extra minutes, numbered sites, and the largest streams as arrows.

    An area is a circle, or a surface where its border is known. The map shows the part of the country that
    matters: all areas and sites with some margin.
    """
    places = [(area.longitude, area.latitude) for area in areas]
    for west, south, east, north in (bounds(surface.shape) for surface in surfaces):
        places += [(west, south), (east, north)]
    frame = _Frame(places + [(site.longitude, site.latitude) for site in sites])
    parts = [rect(0, 0, frame.width, frame.height, SEA)]
    for rings, fill in ((outline(), LAND), (lakes(), SEA)):
        for ring in rings:
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (frame.place(*point) for point in ring))
            parts.append(f'<polygon points="{points}" fill="{fill}" stroke="#9AA5AE" stroke-width="1"/>')
    parts += [_surface(surface, frame) for surface in surfaces]
    largest = max((area.size for area in areas), default=1.0)
    # Many areas get smaller circles, so that the country stays visible between them.
    widest = min(30.0, max(11.0, 30 * math.sqrt(40 / max(len(areas), 1))))
    for area in sorted(areas, key=lambda item: -item.size):
        x, y = frame.place(area.longitude, area.latitude)
        radius = max(4.0, widest * math.sqrt(area.size / largest))
        _, colour = travel_class(area.minutes)
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" '
            f'fill-opacity="0.88" stroke="{GREY}" stroke-width="1">'
            f"<title>{escape(area.label)}</title></circle>"
        )
    at = {site.id: frame.place(site.longitude, site.latitude) for site in sites}
    most = max((stream.patients for stream in streams), default=1.0)
    parts += [
        _arrow(at[stream.origin], at[stream.destination], 1.5 + 6 * stream.patients / most)
        for stream in streams
        if stream.origin in at and stream.destination in at
    ]
    parts += [
        _marker(at[site.id], site, labelled=len(sites) <= 14, width=frame.width) for site in reversed(sites)
    ]
    return picture(frame.height, parts, alt, width=frame.width, kind="map")


class _Frame:
    """The window of the map on the projected country."""

    def __init__(self, places: Sequence[Point]) -> None:
        points = [project(*place) for place in places]
        if not points:
            points = [project(*point) for ring in outline() for point in ring]
        left, right = min(x for x, _ in points), max(x for x, _ in points)
        top, bottom = min(y for _, y in points), max(y for _, y in points)
        # At least about 60 km high and as wide, so that a village does not fill the page.
        margin = max(
            0.12 * max(right - left, bottom - top), 0.12, (0.55 - max(right - left, bottom - top)) / 2
        )
        self._left, self._top = left - margin, top - margin
        wide, high = right - left + 2 * margin, bottom - top + 2 * margin
        self.width = WIDTH
        self._scale = min(self.width / wide, 640 / high)
        self.height = round(high * self._scale)
        # Centre what is left over when the window is narrow.
        self._left -= (self.width / self._scale - wide) / 2

    def place(self, longitude: float, latitude: float) -> Point:
        """Return pixels."""
        x, y = project(longitude, latitude)
        return (x - self._left) * self._scale, (y - self._top) * self._scale


def _surface(surface: Surface, frame: _Frame) -> str:
    rings = [ring for polygon in surface.shape for ring in polygon]
    lines = [
        "L".join(f"{x:.1f} {y:.1f}" for x, y in (frame.place(*point) for point in ring[:-1]))
        for ring in rings
    ]
    path = "".join(f"M{line}Z" for line in lines)
    _, colour = travel_class(surface.minutes)
    return (
        f'<path d="{path}" fill="{colour}" fill-rule="evenodd" fill-opacity="0.88" stroke="#fff" '
        f'stroke-width="1"><title>{escape(surface.label)}</title></path>'
    )


def _arrow(start: Point, end: Point, width: float) -> str:
    """A curved arrow that ends at the edge of the marker."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    if length < 30:
        return ""
    bend = 0.18
    control = ((start[0] + end[0]) / 2 - dy * bend, (start[1] + end[1]) / 2 + dx * bend)
    angle = math.atan2(end[1] - control[1], end[0] - control[0])
    head = 8 + width
    tip = (end[0] - 13 * math.cos(angle), end[1] - 13 * math.sin(angle))
    neck = (tip[0] - head * math.cos(angle), tip[1] - head * math.sin(angle))
    wings = " ".join(
        f"{neck[0] + side * head / 2 * math.sin(angle):.1f},{neck[1] - side * head / 2 * math.cos(angle):.1f}"
        for side in (1, -1)
    )
    path = f"M{start[0]:.1f} {start[1]:.1f}Q{control[0]:.1f} {control[1]:.1f} {neck[0]:.1f} {neck[1]:.1f}"
    return (
        f'<path d="{path}" fill="none" stroke="{TEXT}" stroke-opacity="0.65" stroke-width="{width:.1f}"/>'
        f'<polygon points="{tip[0]:.1f},{tip[1]:.1f} {wings}" fill="{TEXT}" fill-opacity="0.75"/>'
    )


def _marker(at: Point, site: Site, labelled: bool, width: float) -> str:
    """A square for a receiver, a diamond for a sender, with the number of the hospital."""
    x, y = at
    colour = LOSS_TEXT if site.sends else MAIN
    turn = f' transform="rotate(45 {x:.1f} {y:.1f})"' if site.sends else ""
    shape = (
        f'<rect x="{x - 10:.1f}" y="{y - 10:.1f}" width="20" height="20" rx="3" fill="{colour}" '
        f'stroke="#fff" stroke-width="2"{turn}/>'
    )
    number = text(x, y + 4.5, str(site.number), anchor="middle", colour="#fff", bold=True, size=12)
    if not labelled:
        return shape + number
    anchor, shift = ("end", -20) if x > width * 0.72 else ("start", 20)
    label = escape(site.label)
    return (
        f'{shape}{number}<text x="{x + shift:.1f}" y="{y + 5:.1f}" text-anchor="{anchor}" font-size="13.5" '
        f'font-weight="600" fill="{TEXT}" stroke="#fff" stroke-width="4" paint-order="stroke">{label}</text>'
    )


def axis(largest: float, steps: int = 5) -> list[float]:
    """Return round tick values from 0 to at least `largest`.

    >>> axis(7.3)
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """
    if largest <= 0:
        return [0.0, 1.0]
    raw = largest / steps
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= raw)
    return [index * step for index in range(math.ceil(largest / step - 1e-9) + 1)]
