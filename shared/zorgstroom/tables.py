"""The result tables: their schemas, their digests, and how they are written without leaving half a file.

Tables are tidy: one row per (scenario, replication, indicator, place). A value is `total / count / scale`,
with the scale of the indicator in the catalogue; totals and counts are integer sums, so equal runs give
equal bytes. Empty strings mean "all": no location, profile, area, pool or band in particular.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA_VERSION = 1

INDICATORS = pa.schema(
    [
        ("scenario", pa.string()),  # baseline, plan
        ("replication", pa.int32()),
        ("indicator", pa.string()),
        ("location", pa.string()),
        ("profile", pa.string()),
        ("area", pa.string()),
        ("pool", pa.string()),
        ("band", pa.string()),
        ("total", pa.int64()),
        ("count", pa.int64()),
    ]
)

#: Patients treated elsewhere than in the baseline, per replication.
FLOWS = pa.schema(
    [
        ("replication", pa.int32()),
        ("profile", pa.string()),
        ("area", pa.string()),
        ("from_location", pa.string()),
        ("to_location", pa.string()),
        ("patients", pa.int64()),
        ("extra_travel_hundredths", pa.int64()),
        ("bed_days", pa.int64()),
        ("or_minutes", pa.int64()),
        ("ic_minutes", pa.int64()),
    ]
)

#: Baseline against plan with paired differences and 95% intervals over replications (null below 3).
COMPARISON = pa.schema(
    [
        ("indicator", pa.string()),
        ("location", pa.string()),
        ("profile", pa.string()),
        ("area", pa.string()),
        ("pool", pa.string()),
        ("band", pa.string()),
        ("replications", pa.int32()),
        *[
            (f"{what}{part}", pa.float64())
            for what in ("baseline", "plan", "difference")
            for part in ("", "_low", "_high")
        ],
    ]
)

#: As `INDICATORS`, per measured year of 52 weeks (1: the first); only of runs that are longer than one.
YEARS = pa.schema([*list(INDICATORS)[:2], ("year", pa.int32()), *list(INDICATORS)[2:]])

#: Where every simulated patient is at the end, per replication: must add up exactly.
CONSERVATION = pa.schema(
    [
        ("scenario", pa.string()),
        ("replication", pa.int32()),
        ("arrived", pa.int64()),
        ("seeded", pa.int64()),
        ("treated", pa.int64()),
        ("in_treatment", pa.int64()),
        ("waiting", pa.int64()),
    ]
)

#: What each part of a plan does to the headline indicators, per replication; only when asked for. Of every indicator
#: the parts together are the row `total`, to the last digit.
WATERFALL = pa.schema(
    [
        ("replication", pa.int32()),
        ("indicator", pa.string()),
        ("part", pa.string()),  # demand, redistribution, capacity, workforce, interaction, total
        ("millionths", pa.int64()),  # of the indicator's unit; the difference with the baseline
    ]
)

#: Today and the plan with the same patients, as they are and under a shock each; only when asked for. An outage is told
#: of its own week: what it is compared with stands under its own name, at the sides with ``_calm``.
RESILIENCE = pa.schema(
    [
        ("shock", pa.string()),  # empty: none; peak, nurses, outage:<location>
        ("side", pa.string()),  # baseline, plan; baseline_calm, plan_calm: without the shock, in its week
        ("replication", pa.int32()),
        ("indicator", pa.string()),
        ("location", pa.string()),  # empty: the whole region
        ("total", pa.int64()),
        ("count", pa.int64()),
    ]
)

#: What happened to every patient who met queues or beds, in one replication; only when asked for. Minutes count from
#: 00:00 of the first day of the run, its warm-up included, and are empty where it did not happen.
JOURNEYS = pa.schema(
    [
        ("scenario", pa.string()),
        ("replication", pa.int32()),
        ("patient", pa.int64()),  # the same number is the same patient under baseline and plan
        ("flow", pa.string()),  # acute, elective, visit
        ("profile", pa.string()),
        ("area", pa.string()),
        ("age_band", pa.string()),
        ("state", pa.string()),  # at the end of the run
        ("visit_location", pa.string()),
        ("location", pa.string()),  # of the treatment
        ("ward_group", pa.string()),
        ("minute", pa.int64()),  # arrival, or referral: negative is before the run
        ("visit_minute", pa.int64()),
        ("list_minute", pa.int64()),
        ("bed_minute", pa.int64()),
        ("admission_minute", pa.int64()),
        ("ic_leave_minute", pa.int64()),
        ("discharge_minute", pa.int64()),
        ("diversion", pa.int32()),  # 0: first choice
        ("boarded", pa.int32()),
        ("outlier", pa.int32()),
        ("over_capacity", pa.int32()),
    ]
)

#: The tables every run leaves behind.
SCHEMAS = {"indicators": INDICATORS, "flows": FLOWS, "comparison": COMPARISON, "conservation": CONSERVATION}


def canonical(table: pa.Table) -> pa.Table:
    """Return the table sorted by all its columns in order, in one chunk."""
    return table.sort_by([(name, "ascending") for name in table.column_names]).combine_chunks()


def table_digest(table: pa.Table) -> str:
    """Return the SHA-256 of names, types and values of the canonically sorted columns.

    This, not the bytes of a Parquet or Excel container, is what *the same table* means.
    """
    return canonical_digest(canonical(table))


def canonical_digest(table: pa.Table) -> str:
    """Return `table_digest` of a table that is sorted already."""
    digest = hashlib.sha256()
    for name, column in zip(table.column_names, table.columns, strict=True):
        digest.update(f"{name}:{column.type}\n".encode())
        if pa.types.is_string(column.type):
            # Each different value once: a column repeats few of them.
            codes = column.combine_chunks().dictionary_encode(null_encoding="encode")
            values = [b"\xff" if value is None else value.encode() for value in codes.dictionary.to_pylist()]
            written = [len(value).to_bytes(4, "little") + value for value in values]
            digest.update(b"".join(map(written.__getitem__, codes.indices.to_pylist())))
        else:
            digest.update(np.asarray(column.is_null()).tobytes())
            digest.update(np.ascontiguousarray(column.fill_null(0).to_numpy()).tobytes())
    return digest.hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


#: Rows that are read together: a reader of a page or of a few rows opens no more than he needs.
GROUP_ROWS = 8_192
#: In the metadata of a table with confidential figures behind it.
CONFIDENTIAL = b"zorgstroom_confidential"


def to_parquet(table: pa.Table, *, confidential: bool = False) -> bytes:
    """Return the table as a Parquet file (zstd), with the schema version and the mark in its metadata."""
    sink = pa.BufferOutputStream()
    metadata: dict[bytes | str, bytes | str] = {"zorgstroom_schema_version": str(SCHEMA_VERSION)}
    if confidential:
        metadata[CONFIDENTIAL] = "true"
    pq.write_table(
        table.replace_schema_metadata(metadata), sink, compression="zstd", row_group_size=GROUP_ROWS
    )
    return bytes(sink.getvalue().to_pybytes())
