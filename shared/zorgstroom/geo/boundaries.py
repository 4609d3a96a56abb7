"""Borders of areas on the maps: those `zorgstroom dataset boundaries` fetched, if it did.

The product brings no borders of gemeenten itself; without the file every map draws circles. An area of a dataset
belongs to a border by its id: ``GM0014`` and its parts (``GM0014-1``) to gemeente GM0014, ``PC1011`` to that PC4.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from zorgstroom.geo.polygons import Shape, shape_of

Level = Literal["gemeente", "pc4"]
LEVELS: tuple[Level, ...] = get_args(Level)
#: Folder of the borders in the data folder of an installation.
FOLDER = "boundaries"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Boundaries:
    """The borders of one level, by code, with what to say about them below a map."""

    level: Level
    year: int
    source: str
    licence: str
    shapes: Mapping[str, Shape]

    @property
    def attribution(self) -> str:
        """What the licence asks to say."""
        return f"{self.source}, {self.year}, {self.licence}"


@dataclass(frozen=True)
class Patch:
    """One border to fill: the areas inside it, and their weighted mean."""

    code: str
    shape: Shape
    area_ids: tuple[str, ...]
    value: float


def boundary_file(folder: Path, level: Level) -> Path:
    """Return the file of the borders of a level below a folder of borders."""
    return folder / f"{level}.geojson"


def boundaries_folder(data_dir: Path) -> Path:
    """Return the folder of the borders in the data folder of an installation."""
    return data_dir / FOLDER


def fetched_boundaries(data_dir: Path) -> tuple[Boundaries, ...]:
    """Return all borders that an installation has fetched."""
    found = (load_boundaries(boundaries_folder(data_dir), level) for level in LEVELS)
    return tuple(item for item in found if item is not None)


def load_boundaries(folder: Path, level: Level) -> Boundaries | None:
    """Return the fetched borders of a level, or None if there are none that can be read."""
    path = boundary_file(folder, level)
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return None
    return _load(path, changed)


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int) -> Boundaries | None:
    try:
        return parse_boundaries(path.read_bytes())
    except OSError as error:
        _log.warning("the borders in %s cannot be read: %s", path, error)
        return None


def parse_boundaries(content: bytes) -> Boundaries | None:
    """Return borders from their file, or None if they are not of its form."""
    try:
        document = json.loads(content)
        return Boundaries(
            level=document["level"],
            year=int(document["year"]),
            source=str(document["source"]),
            licence=str(document["licence"]),
            shapes={feature["id"]: shape_of(feature["geometry"]) for feature in document["features"]},
        )
    except (ValueError, KeyError, TypeError) as error:
        # A map with circles is better than none.
        _log.warning("borders of areas cannot be read: %r", error)
        return None


def code_of(area_id: str) -> tuple[Level, str]:
    """Return the level and the code of the border an area belongs to.

    >>> code_of("GM0014-1"), code_of("PC1011")
    (('gemeente', 'GM0014'), ('pc4', 'PC1011'))
    """
    return "pc4" if area_id.startswith("PC") else "gemeente", area_id.partition("-")[0]


def patches(
    values: Iterable[tuple[str, float, float]], boundaries: Iterable[Boundaries]
) -> tuple[list[Patch], frozenset[str]]:
    """Return the borders to fill, and the ids of the areas in them; the other areas have no border.

    `values` are (area id, weight, value). Areas that share a border, the parts of a gemeente, get one value: the
    weighted mean, by inhabitants or by the patients the values are about.
    """
    known = {found.level: found.shapes for found in boundaries}
    groups: defaultdict[tuple[Level, str], list[tuple[str, float, float]]] = defaultdict(list)
    for area_id, weight, value in values:
        level, code = code_of(area_id)
        if code in known.get(level, {}):
            groups[level, code].append((area_id, weight, value))
    made = [
        Patch(code, known[level][code], tuple(area_id for area_id, _, _ in members), _mean(members))
        for (level, code), members in groups.items()
    ]
    return made, frozenset(area_id for patch in made for area_id in patch.area_ids)


def attributions(filled: Iterable[Patch], boundaries: Iterable[Boundaries]) -> str:
    """Return what the licences of the borders that are filled ask to say; empty if none is."""
    levels = {code_of(patch.code)[0] for patch in filled}
    return "; ".join(found.attribution for found in boundaries if found.level in levels)


def _mean(members: list[tuple[str, float, float]]) -> float:
    total = sum(weight for _, weight, _ in members)
    if total <= 0:
        return sum(value for _, _, value in members) / len(members)
    return sum(weight * value for _, weight, value in members) / total
