"""Scenarios: an ordered list of actions on the baseline, as a small document.

The document's shape is validated here; whether ids exist and whether the plan can work is judged
against a dataset in `zorgstroom.planning.check`.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

AgeBand = Literal["0_14", "15_24", "25_44", "45_64", "65_74", "75plus"]
RedistributionRule = Literal["choice", "nearest", "directed"]
SpreadRule = Literal["choice", "nearest"]
LocationType = Literal["umc", "topklinisch", "algemeen", "categoraal"]
#: Emergency department; acute obstetrics day and night.
Unit = Literal["ed", "obstetrics"]
#: Contacts before and after the treatment.
Contact = Literal["before", "after"]
Profession = Literal["ward_nurse", "ic_nurse", "or_staff", "clinic_staff"]
DemandKind = Literal["prevent", "replace", "grow"]
#: A method to work out the same plan by, beside the simulation.
Method = Literal["national-tranche-1"]
#: Every next year of the run has the inhabitants that the projection of the population gives it.
DemandGrowth = Literal["projected"]

Name = Annotated[str, Field(min_length=1, max_length=120)]
Text = Annotated[str, Field(max_length=2000)]
Id = Annotated[str, Field(min_length=1, max_length=80)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=200)]
Types = Annotated[list[LocationType], Field(min_length=1, max_length=4)]
Units = Annotated[list[Unit], Field(min_length=1, max_length=2)]
Ages = Annotated[list[AgeBand], Field(min_length=1, max_length=6)]
#: Other scenario files or shipped examples whose actions come first.
Bases = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=300)]], Field(min_length=1, max_length=20)
]


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
    ages: Ages | None = None
    within: RegionChoice | None = None


class Horizon(Strict):
    """What stretch of time is measured."""

    demand_year: Annotated[int, Field(ge=2021, le=2060)] | None = None
    weeks: Annotated[int, Field(ge=4, le=260)] = 52
    warmup_weeks: Annotated[int, Field(ge=0, le=52)] = 6
    #: What the demand of both sides, baseline and plan, is multiplied by.
    demand_factors: Annotated[list[DemandFactor], Field(max_length=100)] = []
    #: How demand goes on after the first 52 weeks; without it every year has the demand of the demand year.
    demand_growth: DemandGrowth | None = None


class LocationFilter(Strict):
    """Locations by id or by type."""

    locations: Ids | None = None
    types: Types | None = None

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


class Temporary(Action):
    """What an action that may end again may say besides."""

    #: The first day on which things are as without the action.
    until: dt.date | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.until is not None and self.start is not None and self.until <= self.start:
            raise ValueError("until_after_start")
        return self


class MovingCapacity(Action):
    """What an action that moves patients may say about the capacity that goes with them."""

    #: Part of the capacity for the moving work that leaves the sender.
    capacity_follows: Annotated[float, Field(ge=0, le=1)] = 0.0
    #: Whole months between the start of the action and the move of the capacity.
    after_months: Annotated[int, Field(ge=0, le=60)] = 0
    #: Part of what leaves the sender that does not arrive, because its staff goes elsewhere.
    staff_not_moving: Annotated[float, Field(ge=0, le=1)] = 0.0
    #: Whole months that the sender keeps what the receivers have already: capacity twice, for a time.
    overlap_months: Annotated[int, Field(ge=1, le=60)] | None = None
    #: Whole months after the sender lost it that the capacity arrives: staff that comes later.
    arrives_after_months: Annotated[int, Field(ge=1, le=60)] | None = None
    #: Euros that the move costs once. Without it the report reckons with an assumed amount per FTE and per bed.
    transition_cost: Annotated[float, Field(ge=0, le=1e10)] | None = None

    @model_validator(mode="after")
    def _follows(self) -> Self:
        details = (self.after_months, self.staff_not_moving, self.overlap_months, self.arrives_after_months)
        if not self.capacity_follows and any(details):
            raise ValueError("capacity_follows_needed")
        if self.overlap_months and self.arrives_after_months:
            raise ValueError("overlap_or_later")
        return self


def _number_or_norm(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    """Name both possibilities in one message, instead of one mistake for each."""
    try:
        return validate(value)
    except ValidationError:
        raise ValueError("number_or_norm") from None


#: A yearly volume per location, or the norm in force for each profile.
Minimum = Annotated[Annotated[int, Field(ge=1, le=100_000)] | Literal["norm"], WrapValidator(_number_or_norm)]


class Concentrate(MovingCapacity):
    """The profiles are provided at fewer locations: named ones, the largest above a minimum, or so many."""

    profiles: Ids
    at: Ids | None = None
    to_minimum: Minimum | None = None
    to_count: Annotated[int, Field(ge=1, le=200)] | None = None
    within: RegionChoice | None = None
    rule: RedistributionRule = "choice"
    shares: dict[Id, Annotated[float, Field(gt=0, le=1)]] | None = None
    #: Who is below the norm afterwards receives from the nearest provider above it.
    top_up: bool = False

    @model_validator(mode="after")
    def _which(self) -> Concentrate:
        if sum(value is not None for value in (self.at, self.to_minimum, self.to_count)) != 1:
            raise ValueError("concentrate_exactly_one")
        if (self.rule == "directed") != (self.shares is not None):
            raise ValueError("directed_needs_shares")
        if self.rule == "directed" and self.at is None:
            raise ValueError("directed_needs_at")
        return self


Share = Annotated[float, Field(gt=0, le=1)]


class ShareParts(Strict):
    """A share per type of the location patients leave, or per profile; what is not named stays."""

    by_type: Annotated[dict[LocationType, Share], Field(min_length=1)] | None = None
    by_profile: Annotated[dict[Id, Share], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one(self) -> ShareParts:
        if (self.by_type is None) == (self.by_profile is None):
            raise ValueError("share_exactly_one")
        return self


def _form_of_share(value: object) -> str:
    return "[parts]" if isinstance(value, dict | ShareParts) else "[number]"


class Spread(MovingCapacity):
    """A share of the patients of the named profiles moves from some locations to others."""

    profiles: Ids
    from_: Annotated[LocationFilter, Field(alias="from")]
    to: LocationFilter
    share: Annotated[
        Annotated[Share, Tag("[number]")] | Annotated[ShareParts, Tag("[parts]")],
        Discriminator(_form_of_share),
    ]
    #: Part of the acute patients; without it the same part as of the others.
    acute: Annotated[float, Field(ge=0, le=1)] | None = None
    within: RegionChoice | None = None
    rule: SpreadRule = "nearest"

    def share_of(self, kind: LocationType, profile: str) -> float:
        """Return the share of the patients of a profile who leave locations of this type."""
        if not isinstance(self.share, ShareParts):
            return self.share
        if self.share.by_type is not None:
            return self.share.by_type.get(kind, 0.0)
        return (self.share.by_profile or {}).get(profile, 0.0)


class ShareCare(Action):
    """Contacts before or after treatment are at the nearest clinic of the specialty."""

    profiles: Ids
    locations: Ids | None = None
    contacts: Annotated[list[Contact], Field(min_length=1, max_length=2)] = ["before", "after"]
    within: RegionChoice | None = None


class Close(MovingCapacity, Temporary):
    """A location stops the named profiles, the care that needs a unit it closes, or everything.

    With `until` it starts again on that day, and who left because of it comes back.
    """

    location: Id
    profiles: Ids | None = None
    units: Units | None = None
    rule: SpreadRule = "choice"

    @model_validator(mode="after")
    def _one(self) -> Close:
        if self.profiles is not None and self.units is not None:
            raise ValueError("close_at_most_one")
        if self.until and (self.after_months or self.overlap_months or self.arrives_after_months):
            raise ValueError("until_at_once")
        return self


class Open(Action):
    """A location starts profiles or gets a unit; patients come if they prefer it to where they go now."""

    location: Id
    profiles: Ids | None = None
    units: Units | None = None

    @model_validator(mode="after")
    def _something(self) -> Open:
        if self.profiles is None and self.units is None:
            raise ValueError("open_something")
        return self


class Capacity(Temporary):
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


class Demand(Action):
    """Part of the patients does not come (prevention), is helped outside the hospital, or comes extra."""

    profiles: Ids
    prevent: Share | None = None
    replace: Share | None = None
    grow: Annotated[float, Field(gt=0, le=5)] | None = None
    ages: Ages | None = None
    within: RegionChoice | None = None

    @model_validator(mode="after")
    def _one(self) -> Demand:
        if sum(value is not None for value in (self.prevent, self.replace, self.grow)) != 1:
            raise ValueError("demand_exactly_one")
        return self

    @property
    def change(self) -> tuple[DemandKind, float]:
        """What happens, and to which part of the patients."""
        if self.prevent is not None:
            return "prevent", self.prevent
        if self.replace is not None:
            return "replace", self.replace
        assert self.grow is not None
        return "grow", self.grow


class Workforce(Temporary):
    """The pools that a profession staffs get some percent more or less capacity."""

    profession: Profession
    percent: Annotated[float, Field(ge=-100, le=1000)]
    types: Types | None = None
    locations: Ids | None = None
    within: RegionChoice | None = None

    @model_validator(mode="after")
    def _one(self) -> Workforce:
        if self.types is not None and self.locations is not None:
            raise ValueError("workforce_at_most_one")
        return self


#: Every kind of action.
AnyAction = Concentrate | Spread | ShareCare | Close | Open | Capacity | Demand | Workforce


class ActionItem(Strict):
    """One action of the list: a mapping with exactly one key, its kind."""

    concentrate: Concentrate | None = None
    spread: Spread | None = None
    shared_care: ShareCare | None = None
    close: Close | None = None
    open: Open | None = None
    capacity: Capacity | None = None
    demand: Demand | None = None
    workforce: Workforce | None = None

    @model_validator(mode="after")
    def _one(self) -> ActionItem:
        if sum(getattr(self, kind) is not None for kind in type(self).model_fields) != 1:
            raise ValueError("action_exactly_one")
        return self

    @property
    def kind(self) -> str:
        """The key of the action, such as ``concentrate``."""
        return next(kind for kind in type(self).model_fields if getattr(self, kind) is not None)

    @property
    def action(self) -> AnyAction:
        """The action itself."""
        action: AnyAction = getattr(self, self.kind)
        return action


class Scenario(Strict):
    """A scenario document, version 1."""

    zorgstroom: Literal[1]
    name: Name
    description: Text = ""
    #: Resolved when a file is read (`zorgstroom.scenario_file`): never set in a scenario that is carried out.
    based_on: Bases | None = None
    region: RegionChoice | None = None
    #: The report sets the outcome of this method beside that of the simulation, which it does not change.
    method: Method | None = None
    horizon: Horizon = Horizon()
    actions: Annotated[list[ActionItem], Field(max_length=200)] = []

    def canonical_json(self) -> str:
        """Return the document in one spelling, for hashing: defaults filled in, keys sorted."""
        return json.dumps(
            self.model_dump(mode="json", by_alias=True, exclude_none=True), sort_keys=True, ensure_ascii=False
        )
