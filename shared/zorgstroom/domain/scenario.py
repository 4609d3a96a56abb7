"""Scenarios: an ordered list of actions on the baseline, as a small document.

The document's shape is validated here; whether ids exist and whether the plan can work is judged
against a dataset in `zorgstroom.planning.check`.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

AgeBand = Literal["0_14", "15_24", "25_44", "45_64", "65_74", "75plus"]
RedistributionRule = Literal["choice", "nearest", "directed"]
SpreadRule = Literal["choice", "nearest"]

Name = Annotated[str, Field(min_length=1, max_length=120)]
Text = Annotated[str, Field(max_length=2000)]
Id = Annotated[str, Field(min_length=1, max_length=80)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=200)]


class Strict(BaseModel):
    """A part of the document: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RegionChoice(Strict):
    """Exactly one region of one division, such as ``roaz: Limburg``."""

    roaz: Id | None = None
    zorgkantoorregio: Id | None = None
    province: Id | None = None
    corop: Id | None = None
    ggd: Id | None = None

    @model_validator(mode="after")
    def _one(self) -> RegionChoice:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("region_exactly_one")
        return self

    def kind_and_name(self) -> tuple[str, str]:
        """Return (kind, name)."""
        ((kind, name),) = self.model_dump(exclude_none=True).items()
        return kind, name


class DemandFactor(Strict):
    """Demand of some profiles, ages or inhabitants is this many times what the demand year gives."""

    factor: Annotated[float, Field(ge=0, le=5)]
    profiles: Ids | None = None
    ages: Annotated[list[AgeBand], Field(min_length=1, max_length=6)] | None = None
    within: RegionChoice | None = None


class Horizon(Strict):
    """What stretch of time is measured."""

    demand_year: Annotated[int, Field(ge=2021, le=2060)] | None = None
    weeks: Annotated[int, Field(ge=4, le=260)] = 52
    warmup_weeks: Annotated[int, Field(ge=0, le=52)] = 6
    #: What the demand of both sides, baseline and plan, is multiplied by.
    demand_factors: Annotated[list[DemandFactor], Field(max_length=100)] = []


class LocationFilter(Strict):
    """Locations by id or by type."""

    locations: Ids | None = None
    types: (
        Annotated[list[Literal["umc", "topklinisch", "algemeen", "categoraal"]], Field(min_length=1)] | None
    ) = None

    @model_validator(mode="after")
    def _one(self) -> LocationFilter:
        if (self.locations is None) == (self.types is None):
            raise ValueError("filter_exactly_one")
        return self


class Action(Strict):
    """What every action may say."""

    start: dt.date | None = None
    why: Text | None = None
    responsible: Name | None = None


class Concentrate(Action):
    """The named profiles are provided only at the named locations, within the region."""

    profiles: Ids
    at: Ids
    within: RegionChoice | None = None
    rule: RedistributionRule = "choice"
    shares: dict[Id, Annotated[float, Field(gt=0, le=1)]] | None = None

    @model_validator(mode="after")
    def _shares(self) -> Concentrate:
        if (self.rule == "directed") != (self.shares is not None):
            raise ValueError("directed_needs_shares")
        return self


class Spread(Action):
    """A share of the patients of the named profiles moves from some locations to others."""

    profiles: Ids
    from_: Annotated[LocationFilter, Field(alias="from")]
    to: LocationFilter
    share: Annotated[float, Field(gt=0, le=1)]
    within: RegionChoice | None = None
    rule: SpreadRule = "nearest"


class Close(Action):
    """A location stops the named profiles, or everything."""

    location: Id
    profiles: Ids | None = None
    rule: Literal["choice", "nearest"] = "choice"


class Capacity(Action):
    """A pool of a location gets more or less capacity: exactly one of `add`, `percent`, `set`."""

    location: Id
    pool: Id
    add: Annotated[float, Field(ge=-1e6, le=1e6)] | None = None
    percent: Annotated[float, Field(ge=-100, le=1000)] | None = None
    set: Annotated[float, Field(ge=0, le=1e6)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Capacity:
        if sum(value is not None for value in (self.add, self.percent, self.set)) != 1:
            raise ValueError("capacity_exactly_one")
        return self


class ActionItem(Strict):
    """One action of the list: a mapping with exactly one key, its kind."""

    concentrate: Concentrate | None = None
    spread: Spread | None = None
    close: Close | None = None
    capacity: Capacity | None = None

    @model_validator(mode="after")
    def _one(self) -> ActionItem:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("action_exactly_one")
        return self

    @property
    def action(self) -> Concentrate | Spread | Close | Capacity:
        """The action itself."""
        action = self.concentrate or self.spread or self.close or self.capacity
        assert action is not None
        return action


class Scenario(Strict):
    """A scenario document, version 1."""

    zorgstroom: Literal[1]
    name: Name
    description: Text = ""
    region: RegionChoice | None = None
    horizon: Horizon = Horizon()
    actions: Annotated[list[ActionItem], Field(max_length=200)] = []

    def canonical_json(self) -> str:
        """Return the document in one spelling, for hashing: defaults filled in, keys sorted."""
        return json.dumps(
            self.model_dump(mode="json", by_alias=True, exclude_none=True), sort_keys=True, ensure_ascii=False
        )
