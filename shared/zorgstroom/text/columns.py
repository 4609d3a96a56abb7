"""Tables as text: for a terminal, and for a page of documentation."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> list[str]:
    """Return rows as lines with aligned columns; `right` says which columns are aligned on that side.

    >>> aligned([("a", "b"), ("cc", "d")])
    ['a   b', 'cc  d']
    >>> aligned([("a", "9"), ("cc", "10")], right=(False, True))
    ['a    9', 'cc  10']
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    sides = right or [False] * len(widths)
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, sides, strict=True)
        ).rstrip()
        for row in rows
    ]


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first row is its header.

    >>> markdown_table([("a", "b"), ("1", "2|3")])
    '| a | b |\\n|---|---|\\n| 1 | 2\\\\|3 |\\n'
    """
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"
