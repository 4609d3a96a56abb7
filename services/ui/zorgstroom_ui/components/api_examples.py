"""One request to the API, written out for the command line, Python and R: the same address in all three.

Nothing has to be installed for curl and Python; CSV asked for in English has a point in its decimals, as programs
expect.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

Language = Literal["curl", "python", "r"]
LANGUAGES: tuple[Language, ...] = ("curl", "python", "r")


@dataclass(frozen=True)
class Request:
    """What is asked: a table with its filters, as CSV."""

    base_url: str
    path: str
    filters: Mapping[str, Sequence[str]]

    @property
    def address(self) -> str:
        """The whole address.

        >>> Request("http://127.0.0.1:8000", "/runs/3f/results/flows", {"location": ["AMC"]}).address
        'http://127.0.0.1:8000/v1/runs/3f/results/flows?location=AMC&format=csv&lang=en'
        """
        query = urlencode(
            {**{name: list(values) for name, values in self.filters.items()}, "format": "csv", "lang": "en"},
            doseq=True,
            quote_via=quote,
        )
        return f"{self.base_url.rstrip('/')}/v1{quote(self.path)}?{query}"


def example(language: Language, request: Request, *, keys_needed: bool = False) -> str:
    """Return the request as a program; where keys are asked for, with the place for one's own."""
    return {"curl": _curl, "python": _python, "r": _r}[language](request, keys_needed)


def _curl(request: Request, keys_needed: bool) -> str:
    key = " \\\n  -H 'Authorization: Bearer '\"$ZORGSTROOM_KEY\"" if keys_needed else ""
    return f"curl --fail --show-error{key} \\\n  '{_quoted(request.address)}'"


def _python(request: Request, keys_needed: bool) -> str:
    lines = ["import csv", "import io"]
    lines += ["import os"] if keys_needed else []
    lines += ["import urllib.request", "", f"address = {json.dumps(request.address)}"]
    headers = ""
    if keys_needed:
        lines.append('key = os.environ["ZORGSTROOM_KEY"]')
        headers = ', headers={"Authorization": f"Bearer {key}"}'
    lines += [
        f"request = urllib.request.Request(address{headers})",
        "with urllib.request.urlopen(request) as answer:",
        '    rows = list(csv.DictReader(io.TextIOWrapper(answer, "utf-8")))',
        "",
        "print(len(rows))",
        "for row in rows[:5]:",
        "    print(row)",
    ]
    return "\n".join(lines)


def _r(request: Request, keys_needed: bool) -> str:
    address = json.dumps(request.address)
    if not keys_needed:
        return f"rows <- read.csv({address})\nnrow(rows)\nhead(rows)"
    return "\n".join(
        [
            'key <- Sys.getenv("ZORGSTROOM_KEY")',
            f"address <- {address}",
            'connection <- url(address, headers = c(Authorization = paste("Bearer", key)))',
            "rows <- read.csv(connection)",
            "nrow(rows)",
            "head(rows)",
        ]
    )


def _quoted(address: str) -> str:
    """Return an address that ends no string of the command line; `quote` leaves no such letter but to be sure."""
    return address.replace("'", "%27")
