"""Lines of a CSV that somebody hands in: any of the usual separators, UTF-8 or the code page of Windows."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from zorgstroom.errors import InvalidInput, Problem

LARGEST_FILE_BYTES = 50_000_000


@dataclass(frozen=True)
class CsvLines:
    """The lines that are not empty, the header first: (line number, cells without spaces around them)."""

    separator: str
    lines: list[tuple[int, list[str]]]


def read_lines(path: Path, *, too_large: str, empty: str) -> CsvLines:
    """Return the lines of a CSV separated by commas, semicolons or tabs.

    `too_large` and `empty` are the keys of what to say of a file that is too large or has no line. Raises
    InvalidInput for those and for a file that cannot be read.
    """
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise InvalidInput(
                [Problem(path.name, too_large, {"megabytes": LARGEST_FILE_BYTES // 1_000_000})]
            )
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput([Problem(str(path), "area.file_unreadable", {"reason": reason})]) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Excel calls CSV without a further word is the code page of Windows.
        text = content.decode("cp1252", "replace")
    first = text.partition("\n")[0]
    separator = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(cells)]
    except csv.Error as error:
        where, params = f"{path.name}:{reader.line_num}", {"reason": str(error)}
        raise InvalidInput([Problem(where, "area.file_unreadable", params)]) from None
    if not lines:
        raise InvalidInput([Problem(path.name, empty)])
    return CsvLines(separator, lines)
