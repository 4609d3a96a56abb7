"""What may be asked about places, assumptions and weeks."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from zorgstroom.places_document import Side
from zorgstroom.text import Language
from zorgstroom_api.pagination import PageQuery

RegionName = Annotated[str | None, Field(max_length=80)]
RunId = Annotated[str | None, Field(max_length=64)]


class AreasQuery(PageQuery):
    """Which areas, and in which form."""

    #: ``roaz:Limburg``; None: all.
    region: RegionName = None
    format: str | None = Field(default=None, max_length=20)
    lang: Language | None = None


class RegionQuery(BaseModel):
    """Which region; None: the whole country."""

    model_config = ConfigDict(extra="forbid")

    region: RegionName = None


class AssumptionQuery(BaseModel):
    """The run with trials to tell the influence of."""

    model_config = ConfigDict(extra="forbid")

    run: RunId = None


class AssumptionsQuery(AssumptionQuery):
    """The whole register, and in which form."""

    format: str | None = Field(default=None, max_length=20)
    lang: Language | None = None


class WeekQuery(BaseModel):
    """Which week of which side."""

    model_config = ConfigDict(extra="forbid")

    side: Side = "plan"
    #: From 1; None: a week with about as many arrivals as the mean.
    week: int | None = Field(default=None, ge=1, le=10_000)
