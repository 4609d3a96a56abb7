"""The Table Schemas of a dataset: what may stand in each column, and the test of a table against it.

The ``datapackage.json`` shipped with `nl2025` is the authority for every dataset; it follows the
Frictionless Data Package standard, so that other tools can read the tables too. Of the standard it uses
the types string, integer, number, boolean, date and list and the constraints required, enum, minimum,
maximum and pattern. Added are ``unit``, ``basis``, ``confidence``, ``source`` and ``provenance`` of a field,
and ``items``: what the items of a list must be.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from zorgstroom.dataset.loading import DATA_FOLDER, DEFAULT_DATASET, DESCRIPTION
from zorgstroom.dataset.reading import unknown_value
from zorgstroom.errors import Problem


@dataclass(frozen=True)
class Field:
    """One column: its type, what is allowed, and what its numbers mean."""

    name: str
    type: str
    description: str
    required: bool
    enum: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    pattern: str
    #: Items of a list: allowed words, or (resource, column) of the ids they must be among.
    item_enum: tuple[str, ...]
    item_reference: tuple[str, str] | None
    unit: str
    #: Provenance that all values share; where empty, the row says it.
    basis: str
    confidence: str
    source: str
    #: What the row's columns of provenance begin with, such as ``wait_``.
    provenance: str

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return self.type in ("integer", "number")


@dataclass(frozen=True)
class ForeignKey:
    """A column whose values must occur in a column of another table."""

    field: str
    resource: str
    reference: str


@dataclass(frozen=True)
class Table:
    """One table: its columns, its key, and what it refers to."""

    name: str
    path: str
    title: str
    fields: tuple[Field, ...]
    #: Whether further columns may follow, as in a table with a column per location.
    open_ended: bool
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]


@dataclass(frozen=True)
class Line:
    """One row of a file: where it stands and its cells by column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Content:
    """What was read from the file of a table; `problems` if its shape is wrong."""

    table: Table
    header: tuple[str, ...]
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]

    def column(self, field: str) -> frozenset[str]:
        """Return the values of a column."""
        return frozenset(line.cells.get(field, "") for line in self.lines)


@cache
def tables() -> Mapping[str, Table]:
    """Return the shipped Table Schemas by resource name."""
    document = json.loads((DATA_FOLDER / DEFAULT_DATASET / DESCRIPTION).read_text("utf-8"))
    return {
        resource["name"]: table_of(resource) for resource in document["resources"] if "schema" in resource
    }


def table_of(resource: Mapping[str, Any]) -> Table:
    """Return the table that a resource of a Data Package describes."""
    schema = resource["schema"]
    return Table(
        name=resource["name"],
        path=resource["path"],
        title=resource["title"],
        fields=tuple(_field(field) for field in schema["fields"]),
        open_ended=schema.get("fieldsMatch") == "subset",
        primary_key=tuple(schema["primaryKey"]),
        foreign_keys=tuple(
            ForeignKey(key["fields"][0], key["reference"]["resource"], key["reference"]["fields"][0])
            for key in schema.get("foreignKeys", ())
        ),
    )


def _field(field: Mapping[str, Any]) -> Field:
    limits = field.get("constraints", {})
    items = field.get("items", {})
    return Field(
        name=field["name"],
        type=field["type"],
        description=field["description"],
        required=limits.get("required", False),
        enum=tuple(limits.get("enum", ())),
        minimum=limits.get("minimum"),
        maximum=limits.get("maximum"),
        pattern=limits.get("pattern", ""),
        item_enum=tuple(items.get("enum", ())),
        item_reference=(items["resource"], items["field"]) if "resource" in items else None,
        unit=field.get("unit", ""),
        basis=field.get("basis", ""),
        confidence=field.get("confidence", ""),
        source=field.get("source", ""),
        provenance=field.get("provenance", ""),
    )


def read_table(folder: Path, table: Table) -> Content:
    """Read a table and test its shape: the file, its encoding, its header and the number of cells."""
    names = [field.name for field in table.fields]
    try:
        with (folder / table.path).open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle)
            header = tuple(next(reader, ()))
            rows = [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        return Content(table, (), (), (Problem(table.path, "dataset.file_missing"),))
    except UnicodeDecodeError:
        return Content(table, (), (), (Problem(table.path, "dataset.not_utf8"),))
    problems = [
        Problem(table.path, "dataset.column_missing", {"field": name}) for name in names if name not in header
    ]
    if not table.open_ended:
        problems += [
            unknown_value(f"{table.path}:1", "header", name, names) for name in header if name not in names
        ]
    lines = []
    for number, row in rows:
        if len(row) == len(header):
            lines.append(Line(number, dict(zip(header, row, strict=True))))
        else:
            sizes = {"found": len(row), "expected": len(header)}
            problems.append(Problem(f"{table.path}:{number}", "dataset.cells", sizes))
    return Content(table, header, tuple(lines), tuple(problems))


def cell_problems(content: Content) -> Iterator[Problem]:
    """Yield every cell that is not of the type or within the limits of its column, and every double key."""
    present = [field for field in content.table.fields if field.name in content.header]
    for line in content.lines:
        where = f"{content.table.path}:{line.number}"
        for field in present:
            problem = cell_problem(field, where, line.cells[field.name])
            if problem is not None:
                yield problem
    key = content.table.primary_key
    if set(key) <= set(content.header):
        seen = Counter[tuple[str, ...]]()
        for line in content.lines:
            values = tuple(line.cells[name] for name in key)
            seen[values] += 1
            if seen[values] == 2:
                yield Problem(
                    f"{content.table.path}:{line.number}",
                    "dataset.key_twice",
                    {"field": ", ".join(key), "value": ", ".join(values)},
                    pointer=key[0],
                )


def cell_problem(field: Field, where: str, value: str) -> Problem | None:
    """Return what is wrong with one cell, or None."""
    if value == "":
        params = {"field": field.name}
        return Problem(where, "dataset.empty", params, pointer=field.name) if field.required else None
    if field.numeric:
        return _number_problem(field, where, value)
    return _word_problem(field, where, value)


def _word_problem(field: Field, where: str, value: str) -> Problem | None:
    params = {"field": field.name, "value": value}
    allowed = ("0", "1") if field.type == "boolean" else field.enum or field.item_enum
    items = value.split(";") if field.type == "list" else [value]
    wrong = [item for item in items if allowed and item not in allowed]
    if wrong:
        return unknown_value(where, field.name, wrong[0], allowed)
    if field.type == "date" and not _is_date(value):
        return Problem(where, "dataset.not_date", params, pointer=field.name)
    if field.pattern and not re.fullmatch(field.pattern, value):
        return Problem(where, "dataset.pattern", params | {"pattern": field.pattern}, pointer=field.name)
    return None


def _number_problem(field: Field, where: str, value: str) -> Problem | None:
    params: dict[str, object] = {"field": field.name, "value": value}
    try:
        number = int(value) if field.type == "integer" else float(value)
    except ValueError:
        key = "dataset.not_integer" if field.type == "integer" else "dataset.not_number"
        return Problem(where, key, params, pointer=field.name)
    if not math.isfinite(number):
        return Problem(where, "dataset.not_number", params, pointer=field.name)
    if field.minimum is not None and number < field.minimum:
        return Problem(
            where, "dataset.too_small", params | {"minimum": f"{field.minimum:g}"}, pointer=field.name
        )
    if field.maximum is not None and number > field.maximum:
        return Problem(
            where, "dataset.too_large", params | {"maximum": f"{field.maximum:g}"}, pointer=field.name
        )
    return None


def _is_date(value: str) -> bool:
    try:
        return dt.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def reference_problems(contents: Mapping[str, Content], names: Collection[str]) -> Iterator[Problem]:
    """Yield every id in the tables `names` that the table it refers to does not have."""
    for name in names:
        content = contents[name]
        for column, resource, reference, is_list in _references(content.table):
            if column not in content.header:
                continue
            known = contents[resource].column(reference)
            for line in content.lines:
                value = line.cells[column]
                for item in value.split(";") if is_list else (value,):
                    if value and item not in known:
                        yield unknown_value(f"{content.table.path}:{line.number}", column, item, known)


def _references(table: Table) -> Sequence[tuple[str, str, str, bool]]:
    """Return (column, resource, its column, whether the cell is a list) of what refers elsewhere."""
    keys = [(key.field, key.resource, key.reference, False) for key in table.foreign_keys]
    lists = [
        (field.name, *field.item_reference, True)
        for field in table.fields
        if field.item_reference is not None
    ]
    return [*keys, *lists]
