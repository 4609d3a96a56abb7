"""What a backup looks like: a zip file with

- `manifest.json`: what made it, the revision of the tables, and for every other part its size and SHA-256;
- `tables/<name>.jsonl`: the rows of a table, one JSON object per line, in the order of their key;
- `artefacts/<key>`: every result file that a row names;
- `events.db`: the bus, when it is a file of this installation (`local:`).

Nothing else is in it; of keys only the hash that the database has.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Table

from zorgstroom.errors import ZorgstroomError
from zorgstroom.settings import Settings
from zorgstroom_api.store.models import Base
from zorgstroom_api.store.types import UtcDateTime

FORMAT_VERSION = 1
MANIFEST = "manifest.json"
EVENTS = "events.db"
ARTEFACTS = "artefacts/"
#: In the order in which rows can be put back: what is referred to first.
TABLES: Mapping[str, Table] = {table.name: table for table in Base.metadata.sorted_tables}
#: Read and written in pieces of so many bytes, so that memory does not grow with the backup.
PIECE_BYTES = 1 << 20


class CannotWriteBackup(ZorgstroomError):
    """The file cannot be written there: no room, no folder, no permission."""

    key = "backup.cannot_write"


class BadBackup(ZorgstroomError):
    """The file is not a backup of ours, or not whole; nothing of it was used."""

    key = "backup.not_a_backup"
    http_status = 400


class Part(BaseModel):
    """One file in the backup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    #: Rows of a table; None for other files.
    rows: int | None = None


class Manifest(BaseModel):
    """What is in a backup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["zorgstroom-backup"] = "zorgstroom-backup"
    version: int = FORMAT_VERSION
    zorgstroom: str
    #: Revision of the tables.
    tables_revision: str
    made: dt.datetime
    #: Which bus the cursors are of.
    bus: str
    parts: dict[str, Part]
    #: Result files that rows name and that were not there.
    missing: list[str] = []


def table_part(name: str) -> str:
    """Return where the rows of a table are in the backup."""
    return f"tables/{name}.jsonl"


#: What may be in a backup, besides the manifest.
KNOWN_PART = re.compile(
    rf"tables/({'|'.join(map(re.escape, TABLES))})\.jsonl"
    rf"|{ARTEFACTS}[0-9a-f]{{2}}/[0-9a-f]{{64}}(\.[a-z0-9]{{1,10}})?"
    rf"|{re.escape(EVENTS)}"
)


def bus_of(settings: Settings) -> str:
    """Return a name of the bus, without anything secret: the same name means the same messages."""
    if not settings.bus_url.startswith("kafka:"):
        return "local:"
    address = urlsplit(settings.bus_url)
    servers = ",".join(sorted(address.netloc.rpartition("@")[2].split(",")))
    return f"kafka://{servers}/{dict(parse_qsl(address.query)).get('prefix', '')}"


def encode_row(row: Mapping[str, Any]) -> bytes:
    """Return a row as one line."""
    values = {
        name: value.isoformat() if isinstance(value, dt.datetime) else value for name, value in row.items()
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decode_row(table: Table, line: bytes) -> dict[str, Any]:
    """Return the row that a line holds. Raises ValueError when it is no row of that table."""
    values = json.loads(line)
    if not isinstance(values, dict) or set(values) != {column.name for column in table.columns}:
        raise ValueError("the columns are not those of the table")
    for column in table.columns:
        value = values[column.name]
        if value is not None and isinstance(column.type, UtcDateTime):
            values[column.name] = dt.datetime.fromisoformat(value)
    return values
