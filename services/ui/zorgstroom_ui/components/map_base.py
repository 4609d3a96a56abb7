"""What every map of the country has: its outline, its frame, and the line that says whose borders are on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from zorgstroom.text import Language, translate
from zorgstroom_ui.components.charts import GREY, base

#: Degrees around the outermost area or hospital.
MARGIN = 0.12
#: Marks stay inside the frame, and are not read out one by one: the table below a map has them all.
QUIET = {"clip": True, "aria": False}


@cache
def outline() -> dict[str, Any]:
    """Return the outline of the country as GeoJSON."""
    text = resources.files("zorgstroom.geo").joinpath("netherlands.geojson").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def map_of(
    layers: Sequence[Mapping[str, Any]],
    points: Sequence[tuple[float, float]],
    height: int,
    language: Language,
) -> dict[str, Any]:
    """Return the specification of a map that shows all `points`, the country without any."""
    return {
        **base(height, language),
        "autosize": {"type": "none"},
        "padding": 0,
        "projection": {"type": "mercator", "fit": _around(points), "size": {"expr": "[width, height]"}},
        "view": {"stroke": "#C9D3DF", "fill": "#E4EAF1"},
        "layer": list(layers),
    }


def borders_of(source: str, language: Language) -> dict[str, Any]:
    """Return the line that says whose borders they are, as their licence asks."""
    return {
        "data": {"values": [{"text": translate("area.map.borders", language, source=source)}]},
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
    }


def _around(points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    if not points:
        return outline()
    west, east = min(x for x, _ in points) - MARGIN, max(x for x, _ in points) + MARGIN
    south, north = min(y for _, y in points) - MARGIN, max(y for _, y in points) + MARGIN
    corners = [[west, south], [east, south], [east, north], [west, north]]
    return {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPoint", "coordinates": corners}}
