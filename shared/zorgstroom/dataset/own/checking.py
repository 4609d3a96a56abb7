"""Is the table of own figures of a dataset right, and does what is derived follow from it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from zorgstroom.dataset.model import OWN_KINDS, Dataset, OwnFigure
from zorgstroom.dataset.own.items import Key
from zorgstroom.dataset.own.judging import figure_warnings, unreached_volumes, workload_warnings
from zorgstroom.dataset.own.measures import capacity_of, maximum_of, measure_of
from zorgstroom.dataset.own.store import BASIS, CONFIDENCE, OWN_TABLE
from zorgstroom.dataset.reading import unknown_value
from zorgstroom.dataset.schema import Content, Table, cell_problems, read_table, table_of
from zorgstroom.domain.hospital import pool_ids
from zorgstroom.errors import Problem
from zorgstroom.planning.own import derived_capacities

_UNITS = (
    *("beds", "places", "hours_per_week", "admissions_per_week", "visits_per_week"),
    *("patients_per_year", "visits_per_year", "weeks", "yes_no"),
)


def _field(name: str, kind: str, description: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "description": description, **more}


def _words(*allowed: str) -> dict[str, Any]:
    return {"required": True, "enum": list(allowed)}


#: Description of the table, as it stands in the ``datapackage.json`` of a dataset with own figures.
RESOURCE: Mapping[str, Any] = {
    "name": "own_figures",
    "type": "table",
    "path": OWN_TABLE,
    "title": "Own figures",
    "description": "Figures an organisation gave itself, with the default each replaced.",
    "format": "csv",
    "mediatype": "text/csv",
    "encoding": "utf-8",
    "schema": {
        "fields": [
            _field("kind", "string", "What the figure is about", constraints=_words(*OWN_KINDS)),
            _field("location_id", "string", "Location", constraints={"required": True}),
            _field("subject", "string", "Pool or care profile", constraints={"required": True}),
            _field("value", "number", "Own figure", constraints={"required": True, "minimum": 0}),
            _field("unit", "string", "Unit of both figures", constraints=_words(*_UNITS)),
            _field("default_value", "number", "What the dataset had; empty: nothing"),
            _field("basis", "string", "Basis", constraints=_words(BASIS)),
            _field("confidence", "string", "Confidence", constraints=_words(CONFIDENCE)),
            _field("source", "string", "Source, in the words of the organisation"),
            _field("date", "string", "Year or date the figure is of"),
        ],
        "primaryKey": ["kind", "location_id", "subject"],
    },
}


@cache
def own_table() -> Table:
    """Return the Table Schema of the own figures."""
    return table_of(RESOURCE)


def read_own_table(folder: Path) -> Content | None:
    """Return the table as it stands, or None if the dataset has no own figures."""
    return read_table(folder, own_table()) if (folder / OWN_TABLE).is_file() else None


def own_table_problems(content: Content, names: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    """Yield every cell that is wrong by itself or names a location, profile or specialty that does not exist.

    `names` are the known ``locations``, ``profiles`` and ``specialties``.
    """
    yield from content.problems
    if content.problems:
        return
    yield from cell_problems(content)
    for line in content.lines:
        where = f"{OWN_TABLE}:{line.number}"
        kind, subject = line.cells["kind"], line.cells["subject"]
        if line.cells["location_id"] not in names["locations"]:
            yield unknown_value(where, "location_id", line.cells["location_id"], names["locations"])
        pools = frozenset(pool_ids(names["specialties"]))
        if subject not in pools | names["profiles"]:
            yield unknown_value(where, "subject", subject, pools | names["profiles"])
        elif not _fits(kind, subject, subject in pools):
            params = {"what": f"{kind}, {line.cells['location_id']}, {subject}"}
            yield Problem(where, "dataset.own_out_of_place", params, pointer="subject")


def _fits(kind: str, subject: str, is_pool: bool) -> bool:
    """Return whether a kind of figure is about this pool or profile."""
    if kind == "waits":
        return not is_pool or subject.startswith("clinic:")
    return is_pool and measure_of(subject).kind == kind if kind in ("beds", "rooms") else not is_pool


def own_derived_problems(dataset: Dataset) -> Iterator[Problem]:
    """Yield own figures that are impossible or that the derived tables do not follow: those are out of date."""
    for key, figure in _by_key(dataset).items():
        where = f"{OWN_TABLE}: {', '.join(key)}"
        params: dict[str, object] = {"field": "value", "value": f"{figure.value:g}"}
        if figure.value > maximum_of(figure.kind, figure.subject):
            maximum = f"{maximum_of(figure.kind, figure.subject):g}"
            yield Problem(where, "dataset.too_large", params | {"maximum": maximum})
        elif figure.kind in ("beds", "rooms"):
            place = (figure.location_id, figure.subject)
            if measure_of(figure.subject).whole and figure.value != int(figure.value):
                yield Problem(where, "own.not_whole", params)
            elif dataset.capacities.get(place) != capacity_of(figure.subject, figure.value):
                yield Problem("derived/capacities.csv", "dataset.derived_stale")
        elif figure.kind == "offers":
            row, column = dataset.location_index[figure.location_id], dataset.profile_index[figure.subject]
            if bool(dataset.offers[row, column]) != (figure.value > 0):
                yield Problem("derived/offers.csv", "dataset.derived_stale")
    yield from unreached_volumes(dataset)


def own_warnings(dataset: Dataset) -> Iterator[Problem]:
    """Yield own figures that are odd: far from the default, or too little for the expected patients."""
    if dataset.own:
        yield from figure_warnings(dataset, dataset.own, dict.fromkeys(_by_key(dataset), OWN_TABLE))
        yield from workload_warnings(dataset, derived_capacities(dataset))


def _by_key(dataset: Dataset) -> dict[Key, OwnFigure]:
    return {(figure.kind, figure.location_id, figure.subject): figure for figure in dataset.own}
