"""What is behind a number, as it goes over the line."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from zorgstroom.reporting.impact import Estimate
from zorgstroom_api.results.schemas import Values

#: What a line is about: columns of the result tables, or sums over them (organisation, group of care).
Subject = Literal["location", "organisation", "profile", "group", "area", "pool", "band", "year"]
#: Streams of fewer patients a year are not told one by one.
SMALLEST = 10
_Name = Annotated[str, Field(max_length=80)]


class YearsQuery(BaseModel):
    """Which indicator, of what."""

    model_config = ConfigDict(extra="forbid")

    indicator: _Name
    #: One line for each combination of these; none: everything together.
    by: list[Subject] = Field(default=[], max_length=3)
    location: Values = []
    profile: Values = []
    group: Values = []
    area: Values = []
    pool: Values = []
    band: Values = []
    limit: int = Field(default=500, ge=1, le=5_000)

    def filters(self) -> dict[str, list[str]]:
        """Return the filters that are set and that tables have a column for."""
        names = ("location", "profile", "area", "pool", "band")
        return {name: values for name in names if (values := getattr(self, name))}


class MovesQuery(BaseModel):
    """Which patients who go elsewhere."""

    model_config = ConfigDict(extra="forbid")

    profile: Values = []
    group: Values = []
    #: Where they go today or under the plan.
    location: Values = []
    area: Values = []
    #: Where they live: ``roaz:Limburg``.
    region: Annotated[str, Field(max_length=120)] | None = None
    #: Fifths of the inhabitants by socio-economic score of their gemeente; 1 is the lowest.
    ses: list[Annotated[int, Field(ge=1, le=5)]] = Field(default=[], max_length=5)


class Norm(BaseModel):
    """The minimum a volume is held against."""

    minimum: int
    status: str
    source: str


class YearsLine(BaseModel):
    """One indicator at one place: its value in every simulated year, under today and the plan."""

    location: str = ""
    organisation: str = ""
    profile: str = ""
    group: str = ""
    area: str = ""
    pool: str = ""
    band: str = ""
    #: Of runs of several years: which one, 1 is the first.
    year: int | None = None
    #: None: nothing happened that a mean could be taken of.
    baseline: list[float | None]
    plan: list[float | None]
    #: Means over the simulated years; the difference is that of the same years, None where there is no such pair.
    baseline_mean: Estimate | None
    plan_mean: Estimate | None
    difference: Estimate | None
    #: Simulated years in which it is higher, or lower, under the plan than today.
    higher: int
    lower: int
    norm: Norm | None = None
    #: Simulated years at or above the norm. Not given for today where it is not met: who does what today is partly
    #: derived, so that would be no finding about a hospital.
    baseline_met: int | None = None
    plan_met: int | None = None


class SimulatedYears(BaseModel):
    """An indicator year by year; the largest lines first."""

    indicator: str
    unit: str
    replications: int
    items: list[YearsLine]
    #: Lines beyond `limit`.
    left_out: int
    confidential: bool = False


class MovesLine(BaseModel):
    """Patients a year who go from one hospital to another."""

    from_location: str
    to_location: str
    patients: Estimate
    #: One way.
    extra_minutes: float


class Moves(BaseModel):
    """Who goes elsewhere than today, the largest streams first; smaller ones than `smallest` are only counted."""

    patients: Estimate
    smallest: int = SMALLEST
    #: Part of these patients that the items are about.
    shown_share: float
    items: list[MovesLine]
    #: Streams that are too small to be told.
    left_out: int
    confidential: bool = False


class AreaLine(BaseModel):
    """The inhabitants of an area who go elsewhere: how much longer they travel and wait."""

    area: str
    name: str
    gemeente: str
    latitude: float
    longitude: float
    inhabitants: int
    patients: Estimate
    extra_minutes: float
    #: Weeks longer until treatment, where they go less where they went; None where no wait can be compared, because
    #: a list grows or there is none.
    extra_weeks: float | None
    #: Part of the patients whose wait can be compared.
    compared_share: float


class AreaMoves(BaseModel):
    """Where those live who go elsewhere; areas with fewer than `smallest` of them are only counted."""

    patients: Estimate
    smallest: int = SMALLEST
    shown_share: float
    items: list[AreaLine]
    left_out: int
    confidential: bool = False
