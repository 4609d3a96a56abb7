"""What is behind a number, as it goes over the line."""

from __future__ import annotations

from typing import Literal

from zorgstroom.answer import Answer
from zorgstroom.reporting.impact import Estimate

#: What a line is about: columns of the result tables, or sums over them (organisation, group of care).
Subject = Literal["location", "organisation", "profile", "group", "area", "pool", "band", "year"]
#: Streams of fewer patients a year are not told one by one.
SMALLEST = 10


class Norm(Answer):
    """The minimum a volume is held against."""

    minimum: int
    status: str
    source: str


class YearsLine(Answer):
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


class SimulatedYears(Answer):
    """An indicator year by year; the largest lines first."""

    indicator: str
    unit: str
    replications: int
    items: list[YearsLine]
    #: Lines beyond `limit`.
    left_out: int
    confidential: bool = False


class MovesLine(Answer):
    """Patients a year who go from one hospital to another."""

    from_location: str
    to_location: str
    patients: Estimate
    #: One way.
    extra_minutes: float


class _Told(Answer):
    """Patients a year who go elsewhere than today, told in lines of `smallest` patients or more."""

    patients: Estimate
    smallest: int = SMALLEST
    #: Part of these patients that the lines are about.
    shown_share: float
    #: Lines that are too small to be told.
    left_out: int
    confidential: bool = False


class Moves(_Told):
    """Who goes elsewhere than today, the largest streams first; smaller ones than `smallest` are only counted."""

    items: list[MovesLine]


class AreaLine(Answer):
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


class AreaMoves(_Told):
    """Where those live who go elsewhere; areas with fewer than `smallest` of them are only counted."""

    items: list[AreaLine]
