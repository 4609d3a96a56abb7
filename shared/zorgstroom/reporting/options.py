"""What somebody asks of a report; apart from what makes it, which takes a while to import."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

PartName = Literal["board", "full", "annex", "region_plan"]
Status = Literal["concept", "vastgesteld"]
#: What a report has unless somebody chooses.
PARTS: tuple[PartName, ...] = ("board", "full", "annex")
#: Everything there is to choose, in the order of a report.
OFFERED: tuple[PartName, ...] = (*PARTS, "region_plan")
STATUSES: tuple[Status, ...] = ("concept", "vastgesteld")


@dataclass(frozen=True)
class Options:
    """Which parts of a report, whether it is a draft, and where it can be found again."""

    parts: tuple[PartName, ...] = PARTS
    status: Status = "concept"
    #: Where this result can be opened again; empty: its run id says enough.
    address: str = ""
    #: Who fixed it, as a role and not as a person, and when; empty for a draft.
    fixed_by: str = ""
    fixed_on: dt.date | None = None
