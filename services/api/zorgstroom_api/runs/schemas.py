"""Runs as they go over the line."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zorgstroom.events.schemas import Priority, RunSettings
from zorgstroom_api.pagination import PageQuery
from zorgstroom_api.store.models import RunState


class RequestedSettings(RunSettings):
    """How a run is made: number of simulated years, random number, region (``roaz:Limburg``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RunRequest(BaseModel):
    """What to run: a kept scenario by its id, or a scenario document."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "scenario_id": "8f0c1f…",
                    "settings": {"replications": 10, "seed": 1, "region": "roaz:Limburg"},
                }
            ]
        },
    )

    scenario_id: str | None = Field(default=None, max_length=64)
    scenario: dict[str, Any] | None = None
    settings: RequestedSettings = RequestedSettings()
    #: An interactive run goes before every batch: somebody waits for it.
    priority: Priority = "interactive"

    @model_validator(mode="after")
    def _one(self) -> RunRequest:
        if (self.scenario_id is None) == (self.scenario is None):
            raise ValueError("scenario_exactly_one")
        return self


class RunQuery(PageQuery):
    """Which runs."""

    state: RunState | None = None


class RunInfo(BaseModel):
    """A run: where it stands, in simulated years, and its place in the queue while it waits."""

    id: str
    scenario_id: str
    name: str
    state: RunState
    done: int
    total: int
    position: int | None
    priority: Priority
    attempt: int
    #: The request was answered with a result that was already there.
    cached: bool = False
    cancellation_requested: bool
    settings: RunSettings
    dataset_digest: str
    created: dt.datetime
    started: dt.datetime | None
    #: When it was completed, failed or was cancelled.
    ended: dt.datetime | None
    wall_seconds: float | None
    error: str | None = None
    error_code: str | None = None
