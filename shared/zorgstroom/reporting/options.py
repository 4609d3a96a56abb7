"""What somebody asks of a report; apart from what makes it, which takes a while to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PartName = Literal["board", "full", "annex"]
Status = Literal["concept", "vastgesteld"]
PARTS: tuple[PartName, ...] = ("board", "full", "annex")
STATUSES: tuple[Status, ...] = ("concept", "vastgesteld")


@dataclass(frozen=True)
class Options:
    """Which parts of a report, whether it is a draft, and where it can be found again."""

    parts: tuple[PartName, ...] = PARTS
    status: Status = "concept"
    #: Where this result can be opened again; empty: its run id says enough.
    address: str = ""
