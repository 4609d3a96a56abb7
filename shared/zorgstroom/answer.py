"""What everything that the service answers has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """A part of an answer, for the service and for its client; keys that a newer service adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")
