"""A dataset with measured travel times, made from another one; and the test of its table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from zorgstroom.dataset.loading import DESCRIPTION, PRIMARY_TABLES
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset.reading import read_rows
from zorgstroom.dataset.schema import (
    Content,
    Table,
    cell_problems,
    read_table,
    reference_problems,
    table_of,
)
from zorgstroom.dataset.travel_times import MAX_MINUTES, TRAVEL_TABLE, measured_csv, with_measured
from zorgstroom.dataset.writing import write_table
from zorgstroom.errors import InvalidInput, Problem

#: Source of the travel times in ``sources.csv``.
SOURCE_ID = "own_travel"


def _field(name: str, kind: str, description: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "description": description, **more}


def _refers(field: str, resource: str) -> dict[str, Any]:
    return {"fields": [field], "reference": {"resource": resource, "fields": [field]}}


#: Description of the table, as it stands in the ``datapackage.json`` of a dataset with measured travel times.
RESOURCE: Mapping[str, Any] = {
    "name": "travel_minutes",
    "type": "table",
    "path": TRAVEL_TABLE,
    "title": "Measured travel times",
    "description": "Minutes that win over the fitted function; pairs without a row keep the function.",
    "format": "csv",
    "mediatype": "text/csv",
    "encoding": "utf-8",
    "schema": {
        "fields": [
            _field("area_id", "string", "Area", constraints={"required": True}),
            _field("location_id", "string", "Location", constraints={"required": True}),
            _field(
                *("minutes", "number", "Travel time of a patient from door to door, ferry included"),
                unit="minutes",
                constraints={"required": True, "minimum": 0, "maximum": MAX_MINUTES},
                basis="known",
                confidence="high",
            ),
            _field(
                *("source", "list", "Ids of sources"),
                delimiter=";",
                itemType="string",
                items={"resource": "sources", "field": "source_id"},
                constraints={"required": True},
            ),
        ],
        "primaryKey": ["area_id", "location_id"],
        "foreignKeys": [_refers("area_id", "areas"), _refers("location_id", "locations")],
    },
}


@cache
def travel_table() -> Table:
    """Return the Table Schema of the measured travel times."""
    return table_of(RESOURCE)


def read_travel_table(folder: Path) -> Content | None:
    """Return the table as it stands, or None if the dataset has no measured travel times.

    A table that is described but gone is read too, and so found missing: what is derived still follows it.
    """
    there = (folder / TRAVEL_TABLE).is_file() or _described(folder)
    return read_table(folder, travel_table()) if there else None


def _described(folder: Path) -> bool:
    try:
        document = json.loads((folder / DESCRIPTION).read_text("utf-8"))
        return any(resource["name"] == RESOURCE["name"] for resource in document.get("resources", ()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def travel_table_problems(content: Content, contents: Mapping[str, Content]) -> Iterator[Problem]:
    """Yield every cell that is wrong by itself or names an area, location or source that `contents` does not have."""
    yield from content.problems
    if content.problems:
        return
    yield from cell_problems(content)
    yield from reference_problems({**contents, content.table.name: content}, [content.table.name])


def travel_derived_problems(dataset: Dataset) -> Iterator[Problem]:
    """Yield that the derived travel times do not follow the measured ones: those are out of date."""
    followed = with_measured(dataset.travel_hundredths, dataset.measured_travel)
    if not np.array_equal(followed, dataset.travel_hundredths):
        yield Problem("derived/travel_hundredths.csv", "dataset.derived_stale")


def write_travel_tables(
    base: Path, hundredths: Mapping[tuple[str, str], int], title: str, year: str, folder: Path
) -> None:
    """Write the primary tables of a dataset with measured travel times into `folder`, which exists and is empty.

    `base` is the folder of a complete dataset; `title` and `year` (may be empty) say where the times come from.
    What is derived is left to calibration. Raises InvalidInput if the base dataset cannot be read.
    """
    for table in PRIMARY_TABLES:
        shutil.copyfile(base / table, folder / table)
    (folder / TRAVEL_TABLE).write_bytes(measured_csv(hundredths, SOURCE_ID))
    known = [row.cells for row in read_rows(base, "sources.csv")]
    source = {
        **dict.fromkeys(known[0], ""),
        "source_id": SOURCE_ID,
        "title": title,
        "publisher": "own figures",
        "year": year,
        "licence": "citation",
        "read": "own file",
    }
    kept = [cells for cells in known if cells["source_id"] != SOURCE_ID]
    write_table(folder / "sources.csv", list(source), (list(cells.values()) for cells in [*kept, source]))
    _describe(base, folder)


def _describe(base: Path, folder: Path) -> None:
    """Write the description of the base dataset under the name of the new one, with the table."""
    try:
        document = json.loads((base / DESCRIPTION).read_text("utf-8"))
        document["name"] = f"{document['name']}-travel"
        document["resources"] = [*document.get("resources", ()), RESOURCE]
    except (ValueError, KeyError, TypeError):
        raise InvalidInput([Problem(DESCRIPTION, "dataset.description_invalid")]) from None
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    (folder / DESCRIPTION).write_text(text, encoding="utf-8")
