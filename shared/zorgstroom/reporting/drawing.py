"""What every chart is drawn with: colours, text, lines and the frame with its text alternative."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

TEXT, MAIN, GREY = "#1B1B1B", "#154273", "#595959"
LOSS, LOSS_TEXT = "#D55E00", "#A84300"
LINE = "#D0D5DA"

#: A picture is XML, which holds no control characters.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

#: Width of a chart, in its own units.
WIDTH = 760


def picture(height: float, parts: Sequence[str], alt: str, width: float = WIDTH, kind: str = "chart") -> str:
    """Return the whole picture of its parts; `alt` says in words what it shows."""
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label={quoteattr(alt)}>'
        f"{''.join(parts)}</svg>"
    )


def alternative(svg: str) -> str:
    """Return what a picture shows in words; empty for one that only decorates.

    >>> alternative(picture(10, [], "Niets te zien"))
    'Niets te zien'
    """
    return ElementTree.fromstring(_CONTROL.sub(" ", svg)).get("aria-label", "")  # noqa: S314 (our own picture)


def standalone(svg: str) -> str:
    """Return the picture as a file of its own: with the namespace that a page does not need."""
    return _CONTROL.sub(" ", svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def text(
    x: float,
    y: float,
    content: str,
    *,
    anchor: str = "start",
    colour: str = TEXT,
    bold: bool = False,
    size: float = 14,
) -> str:
    """Return a text on one line; (x, y) is the left, middle or right of its foot, by `anchor`."""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"{weight}>'
        f"{escape(content)}</text>"
    )


def rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    """Return a filled rectangle; (x, y) is its upper left corner."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def line(
    x1: float,
    y1: float,
    x2: float,
    y2: float,
    colour: str,
    *,
    width: float = 1,
    dash: str = "",
    opacity: float = 1,
) -> str:
    """Return a straight line."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    faint = f' stroke-opacity="{opacity}"' if opacity < 1 else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width}"{dashes}{faint}/>'
    )


def short(label: str, limit: int = 36) -> str:
    """Return a label that has room, cut off with an ellipsis where it is too long."""
    return label if len(label) <= limit else label[: limit - 1].rstrip() + "…"
