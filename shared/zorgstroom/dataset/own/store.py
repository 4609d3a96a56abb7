"""The table ``own_figures.csv`` of a dataset with own figures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from zorgstroom.dataset.model import OWN_KINDS, OwnFigure, OwnKind
from zorgstroom.dataset.reading import Row, read_rows
from zorgstroom.dataset.writing import table_csv
from zorgstroom.text.spreadsheet import harmless

OWN_TABLE = "own_figures.csv"
COLUMNS = (
    *("kind", "location_id", "subject", "value", "unit", "default_value"),
    *("basis", "confidence", "source", "date"),
)
#: Basis and confidence of every own figure: the organisation knows it.
BASIS, CONFIDENCE = "known", "high"


def read_own(folder: Path, locations: Collection[str], subjects: Collection[str]) -> tuple[OwnFigure, ...]:
    """Return the own figures of a dataset with these locations and pools and profiles; none without such a table.

    Raises InvalidInput for a wrong cell.
    """
    if not (folder / OWN_TABLE).is_file():
        return ()
    return tuple(_figure(row, locations, subjects) for row in read_rows(folder, OWN_TABLE))


def own_csv(figures: Iterable[OwnFigure]) -> bytes:
    """Return the table, sorted; a source that looks like a formula gets an apostrophe before it."""
    return table_csv(
        COLUMNS,
        (
            (
                figure.kind,
                figure.location_id,
                figure.subject,
                repr(figure.value),
                figure.unit,
                "" if figure.default is None else repr(figure.default),
                BASIS,
                CONFIDENCE,
                harmless(figure.source),
                figure.date,
            )
            for figure in sorted(figures, key=lambda item: (item.kind, item.location_id, item.subject))
        ),
    )


def places_of(figures: Iterable[OwnFigure], *kinds: OwnKind) -> frozenset[tuple[str, str]]:
    """Return the (location, subject) of the own figures of these kinds."""
    return frozenset((figure.location_id, figure.subject) for figure in figures if figure.kind in kinds)


def capacity_marks(figures: Iterable[OwnFigure]) -> Callable[[str, str], tuple[str, str]]:
    """Return a function that gives basis and confidence of the capacity of a location's pool."""
    own = places_of(figures, "beds", "rooms")
    return lambda location, pool: (BASIS, CONFIDENCE) if (location, pool) in own else ("derived", "low")


def wait_permille(figures: Iterable[OwnFigure]) -> Mapping[tuple[str, str], int]:
    """Return own waits per mille of the published ones, by location and by clinic or profile."""
    return {
        (figure.location_id, figure.subject): int(figure.value / figure.default * 1000 + 0.5)
        for figure in figures
        if figure.kind == "waits" and figure.default
    }


def _figure(row: Row, locations: Collection[str], subjects: Collection[str]) -> OwnFigure:
    return OwnFigure(
        kind=row.choice("kind", OWN_KINDS),
        location_id=row.choice("location_id", locations),
        subject=row.choice("subject", subjects),
        value=row.number("value"),
        unit=row.text("unit"),
        default=row.number("default_value") if row.text("default_value") else None,
        source=row.text("source"),
        date=row.text("date"),
    )
