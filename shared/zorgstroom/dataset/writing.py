"""Writing the tables of a dataset as CSV, as `dataset.reading` reads them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from zorgstroom.tables import write_atomically


def table_csv(header: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    """Return a table as CSV: commas, UTF-8, one line feed per row; equal tables give equal bytes.

    >>> table_csv(("pool", "capacity"), [("day", 40)])
    b'pool,capacity\\nday,40\\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def write_table(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table that is there whole or not at all; makes its folder."""
    write_atomically(path, table_csv(header, rows))
