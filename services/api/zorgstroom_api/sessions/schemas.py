"""What goes over the line about workshops, besides the documents of `zorgstroom.workshop.documents`."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict, Field

from zorgstroom_api.pagination import PageQuery


class SessionQuery(PageQuery):
    """Which sessions."""


class Rehearsal(BaseModel):
    """How many participants are made up."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"participants": 30}]})

    participants: int = Field(default=30, ge=1, le=200)


class KeptUntil(BaseModel):
    """The last day on which the answers are kept."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"date": "2026-12-31"}]})

    date: dt.date


class SessionReportQuery(BaseModel):
    """Which report."""

    model_config = ConfigDict(extra="forbid")

    format: str | None = Field(default=None, max_length=20)
