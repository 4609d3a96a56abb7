"""Where the figures of a dataset come from: counts per basis, confidence and source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from zorgstroom.dataset.own.checking import read_own_table
from zorgstroom.dataset.schema import Field, Line, read_table, tables
from zorgstroom.dataset.travel_making import read_travel_table


class Provenance(NamedTuple):
    """Where one figure comes from."""

    table: str
    basis: str
    confidence: str
    sources: tuple[str, ...]


def provenance(folder: Path) -> Iterator[Provenance]:
    """Yield one entry for every number that states a fact or an assumption, what a user brought in included."""
    for table in tables().values():
        if table.path.startswith("derived/"):
            continue
        fields = [field for field in table.fields if field.numeric and field.name not in table.primary_key]
        for line in read_table(folder, table).lines:
            for field in fields:
                if line.cells[field.name]:
                    yield Provenance(
                        table.name,
                        field.basis or _of_row(line, field, "basis"),
                        field.confidence or _of_row(line, field, "confidence"),
                        tuple((field.source or _of_row(line, field, "source")).split(";")),
                    )
    yield from _own(folder)
    yield from _travel(folder)


def _own(folder: Path) -> Iterator[Provenance]:
    """Yield one entry for every own figure; its source is in the organisation's own words."""
    content = read_own_table(folder)
    for line in () if content is None else content.lines:
        cells = line.cells
        yield Provenance("own_figures", cells["basis"], cells["confidence"], (cells["source"],))


def _travel(folder: Path) -> Iterator[Provenance]:
    """Yield one entry for every travel time a user measured."""
    content = read_travel_table(folder)
    for line in () if content is None else content.lines:
        yield Provenance("travel_minutes", "known", "high", tuple(line.cells["source"].split(";")))


def _of_row(line: Line, field: Field, column: str) -> str:
    return line.cells[field.provenance + column]


def figures_per_confidence(folder: Path) -> Counter[tuple[str, str]]:
    """Return the number of figures per (basis, confidence)."""
    return Counter((entry.basis, entry.confidence) for entry in provenance(folder))


def figures_per_source(folder: Path) -> Counter[str]:
    """Return the number of figures that lean on each source; a figure may lean on several."""
    return Counter(source for entry in provenance(folder) for source in entry.sources)
