"""Scenarios as they go over the line."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zorgstroom.preview_document import PoolPreview
from zorgstroom_api.pagination import PageQuery
from zorgstroom_api.problems import ProblemItem
from zorgstroom_api.store.models import ScenarioRow, ScenarioStatus, Visibility


class RegionQuery(BaseModel):
    """Which region an estimate is about; unknown query parameters are mistakes."""

    model_config = ConfigDict(extra="forbid")

    #: Such as ``roaz:Limburg``: the region of a run; by default the document's own.
    region: str | None = Field(default=None, max_length=120, pattern="^[a-z_]+:.+$")


class ScenarioQuery(PageQuery):
    """Which scenarios."""

    #: In the name or the description, in capitals or not.
    q: str | None = Field(default=None, min_length=1, max_length=120)
    status: ScenarioStatus | None = None
    #: Only those that the caller handed in.
    mine: bool = False
    #: Only examples, or only others.
    example: bool | None = None

    @model_validator(mode="after")
    def _readable(self) -> ScenarioQuery:
        if self.q is not None and not self.q.isprintable():
            raise ValueError("unreadable_text")
        return self


class NewScenarioQuery(BaseModel):
    """What to know of a document that is handed in, besides the document."""

    model_config = ConfigDict(extra="forbid")

    #: The version it was made from.
    previous: str | None = Field(default=None, max_length=64)
    visibility: Visibility = "shared"


class ScenarioChange(BaseModel):
    """What can be changed of a scenario; never its document."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"status": "vastgesteld", "visibility": "public"}]}
    )

    status: ScenarioStatus | None = None
    visibility: Visibility | None = None
    note: str | None = Field(default=None, max_length=500)

    @model_validator(mode="after")
    def _something(self) -> ScenarioChange:
        if self.status is None and self.visibility is None and self.note is None:
            raise ValueError("nothing_to_change")
        return self


class ScenarioInfo(BaseModel):
    """A scenario as the list shows it."""

    #: Hash of the content: the same document always has the same id.
    id: str
    name: str
    description: str
    status: ScenarioStatus
    visibility: Visibility
    #: Shipped with the product, and under which short name.
    example: bool
    slug: str | None
    created: dt.datetime
    #: Who handed it in first.
    owner: str
    #: The scenario it was made from; `series` is the id of the first one and `version` counts from 1.
    previous: str | None
    series: str
    version: int
    #: Grows with every change of status, visibility or note.
    revision: int
    #: What its maker says of this version.
    note: str = ""
    #: As in ``roaz:Limburg``; empty for the whole country.
    region: str
    #: How many things it changes.
    actions: int


class ScenarioDetail(ScenarioInfo):
    """A scenario with its document."""

    document: dict[str, Any]
    #: What deserves a second look; only when handed in.
    warnings: list[ProblemItem] = []


class Validation(BaseModel):
    """What is wrong with a document, what deserves a second look, and what to ask about a plan that is possible."""

    problems: list[ProblemItem]
    warnings: list[ProblemItem]
    #: What else leans on what the plan moves, by rules of thumb: no mistakes and no judgement.
    questions: list[ProblemItem] = []


class LoadPreview(BaseModel):
    """The expected load of every pool before a run; first what the plan makes too full, then what it changes most."""

    dataset_digest: str
    #: Date of day 0.
    first_day: dt.date
    #: Days of the run on which something changes.
    days: list[int]
    pools: list[PoolPreview]
    #: There are confidential figures of an organisation behind it.
    confidential: bool = False


def info_of(row: ScenarioRow) -> ScenarioInfo:
    """Return a row as the list shows it."""
    region: dict[str, str | None] = row.document.get("region") or {}
    return ScenarioInfo(
        id=row.id,
        name=row.name,
        description=row.description,
        status=row.status,
        visibility=row.visibility,
        example=row.slug is not None,
        slug=row.slug,
        created=row.created,
        owner=row.owner,
        previous=row.previous,
        series=row.series,
        version=row.version,
        revision=row.revision,
        note=row.note,
        region=next((f"{kind}:{name}" for kind, name in region.items() if name), ""),
        actions=len(row.document.get("actions", [])),
    )
