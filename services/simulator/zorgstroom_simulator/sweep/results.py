"""The tables of a sweep: one row per variant and outcome, and one row per variant.

The rows of a variant are those of `planning.comparison.compare`: means over the simulated years and the paired
difference with today, with its 95% interval. They depend on the results alone and come in the order of the variants,
so that the same sweep gives the same bytes wherever and in whatever order it was computed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.comparison import compare
from zorgstroom.tables import CONFIDENTIAL
from zorgstroom.text import LANGUAGES
from zorgstroom.text.spreadsheet import harmless
from zorgstroom_simulator.sweep.variants import Variants

OK, NOT_POSSIBLE = "ok", "not possible"
#: Of every row of the comparison.
LEVELS = ("location", "profile", "area", "pool", "band")
NUMBERS = ("baseline", "plan", "difference", "difference_low", "difference_high")
#: Rows that are written at once.
_ROWS_AT_ONCE = 50_000
#: What fits in a column of whole numbers.
_WHOLE = 2**63


def variants_table(found: Variants) -> pa.Table:
    """Return one row per variant: its values, whether it is possible, why not, or what in it changes nothing."""
    notes = {
        f"note_{language}": [variant.note.get(language, "") for variant in found.variants]
        for language in LANGUAGES
    }
    return pa.table({**_columns(found), **notes})


def sweep_tables(found: Variants, indicators_of: Callable[[int], pa.Table]) -> Iterator[pa.Table]:
    """Yield the rows of one variant after the other; `indicators_of` gives all replications of one by its position.

    A variant that is not possible has one row without an outcome.
    """
    columns = _columns(found)
    for position, variant in enumerate(found.variants):
        lines = compare(indicators_of(position)) if variant.possible else None
        count = 1 if lines is None else lines.num_rows
        own = {name: column.slice(position, 1) for name, column in columns.items()}
        table = {name: pa.concat_arrays([column] * count) for name, column in own.items()}
        ids = [""] if lines is None else lines["indicator"].to_pylist()
        table["indicator"] = pa.array(ids, pa.string())
        table["unit"] = pa.array([CATALOGUE[id_].unit if id_ else "" for id_ in ids], pa.string())
        for name in LEVELS:
            table[name] = pa.array([""] if lines is None else lines[name].to_pylist(), pa.string())
        for name in NUMBERS:
            table[name] = pa.array([None] if lines is None else lines[name].to_pylist(), pa.float64())
        years = [0] if lines is None else lines["replications"].to_pylist()
        table["replications"] = pa.array(years, pa.int32())
        yield pa.table(table)


def write_tables(tables: Iterator[pa.Table], parquet: Path, csv: Path, *, confidential: bool) -> None:
    """Write tables one after the other, as one Parquet and one CSV file; never all of them in memory."""
    first = next(tables)
    schema = first.schema.with_metadata({CONFIDENTIAL: "true"}) if confidential else first.schema
    with (
        pq.ParquetWriter(parquet, schema, compression="zstd") as parquet_writer,
        pacsv.CSVWriter(csv, first.schema) as csv_writer,
    ):
        waiting = [first]
        for table in tables:
            waiting.append(table)
            if sum(item.num_rows for item in waiting) >= _ROWS_AT_ONCE:
                _write(waiting, schema, parquet_writer, csv_writer)
                waiting = []
        _write(waiting, schema, parquet_writer, csv_writer)


def csv_of(table: pa.Table) -> bytes:
    """Return a table as CSV: UTF-8, commas, points as decimal signs."""
    sink = pa.BufferOutputStream()
    pacsv.write_csv(_harmless(table), sink)
    return bytes(sink.getvalue().to_pybytes())


def _write(tables: Sequence[pa.Table], schema: pa.Schema, parquet_writer: Any, csv_writer: Any) -> None:
    if tables:
        table = pa.concat_tables(tables).combine_chunks()
        parquet_writer.write_table(table.cast(schema))
        csv_writer.write_table(_harmless(table))


def _harmless(table: pa.Table) -> pa.Table:
    """Return the table with texts that no spreadsheet runs as a formula."""
    for place, column in enumerate(table.columns):
        if pa.types.is_string(column.type):
            codes = column.combine_chunks().dictionary_encode()
            texts = pa.array([harmless(text) for text in codes.dictionary.to_pylist()], pa.string())
            table = table.set_column(place, table.field(place), texts.take(codes.indices))
    return table


def _columns(found: Variants) -> dict[str, pa.Array]:
    """Return the columns that say which variant it is."""
    variants = found.variants
    columns = {
        "variant": pa.array([variant.number for variant in variants], pa.int32()),
        "status": pa.array([OK if variant.possible else NOT_POSSIBLE for variant in variants], pa.string()),
    }
    for position, name in enumerate(found.factors):
        columns[name] = _values([variant.values[position] for variant in variants])
    return columns


def _values(values: Sequence[object]) -> pa.Array:
    """Return the values of a factor as a column: whole numbers, numbers, or texts (JSON for what is neither)."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int} and all(value is None or -_WHOLE <= int(str(value)) < _WHOLE for value in values):
        return pa.array(values, pa.int64())
    if kinds <= {int, float}:
        return pa.array([None if value is None else float(str(value)) for value in values], pa.float64())
    texts = [
        value if value is None or isinstance(value, str) else json.dumps(value, sort_keys=True)
        for value in values
    ]
    return pa.array(texts, pa.string())
