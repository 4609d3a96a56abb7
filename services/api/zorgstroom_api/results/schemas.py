"""Results as they go over the line."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from zorgstroom.reporting.impact import Estimate
from zorgstroom.text import Language

#: `years` is there only for runs of more than 52 weeks, what comes after it only for runs that were asked for it:
#: `journeys`, `waterfall` (the parts of a plan), `resilience` (shocks), `robustness` and `draws` (other assumptions).
TableName = Literal[
    "indicators",
    "flows",
    "comparison",
    "conservation",
    "years",
    "journeys",
    "waterfall",
    "resilience",
    "robustness",
    "draws",
]
#: Values of one filter: a row matches when it has one of them.
Values = Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=50)]


class TableQuery(BaseModel):
    """Which rows, and how."""

    model_config = ConfigDict(extra="forbid")

    scenario: Values = []
    indicator: Values = []
    location: Values = []
    profile: Values = []
    area: Values = []
    pool: Values = []
    band: Values = []
    #: Of the flows: where patients go today, and under the plan; `location` is either.
    from_location: Values = []
    to_location: Values = []
    #: Only for JSON; the other formats hold all rows.
    limit: int | None = Field(default=None, ge=1, le=10_000)
    cursor: str | None = Field(default=None, max_length=300)
    format: str | None = Field(default=None, max_length=20)
    lang: Language | None = None

    def filters(self) -> dict[str, list[str]]:
        """Return the filters that are set."""
        names = (
            "scenario",
            "indicator",
            "location",
            "profile",
            "area",
            "pool",
            "band",
            "from_location",
            "to_location",
        )
        return {name: values for name in names if (values := getattr(self, name))}


class ArtefactInfo(BaseModel):
    """One result of a run."""

    name: str
    rows: int
    bytes: int
    sha256: str
    #: Equal tables have equal digests in every format.
    table_digest: str
    schema_version: int
    address: str


class Results(BaseModel):
    """What came out of a run, and how it was made."""

    run_id: str
    published: dt.datetime
    manifest: dict[str, Any]
    artefacts: list[ArtefactInfo]


class HeadlineLine(BaseModel):
    """One indicator of everybody together; an interval from three simulated years on."""

    indicator: str
    unit: str
    baseline: Estimate
    plan: Estimate
    #: Of the same patients.
    difference: Estimate


class Headline(BaseModel):
    """What is known of a run so far."""

    run_id: str
    #: Simulated years that are done, and asked for.
    replications: int
    total: int
    indicators: list[HeadlineLine]
    #: There are confidential figures of an organisation behind it.
    confidential: bool = False


class Rows(BaseModel):
    """A part of a table."""

    table: str
    columns: list[str]
    items: list[dict[str, Any]]
    next_cursor: str | None
    #: There are confidential figures of an organisation behind it.
    confidential: bool = False
