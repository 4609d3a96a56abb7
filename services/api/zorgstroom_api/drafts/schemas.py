"""Drafts as they go over the line."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

#: A document that need not be finished: it is judged when it is handed in as a scenario.
Unfinished = dict[str, Any]
#: Steps back that are kept.
MOST_STEPS = 30


class DraftContent(BaseModel):
    """What somebody is working on, with the way back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"document": {"zorgstroom": 1, "name": "Twee centra", "actions": []}}]
        },
    )

    #: The scenario it was made from; null: today.
    base: str | None = Field(default=None, max_length=64)
    document: Unfinished
    #: Earlier states, oldest first, and those that were taken back, the next one last.
    past: Annotated[list[Unfinished], Field(max_length=MOST_STEPS)] = []
    future: Annotated[list[Unfinished], Field(max_length=MOST_STEPS)] = []


class Draft(DraftContent):
    """A draft as it is kept. Who knows its id may read and change it."""

    id: str
    #: Grows with every change.
    revision: int
    changed: dt.datetime
