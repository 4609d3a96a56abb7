"""The preview as one document: what the command, the API and the screens show. Every number is an estimate."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from zorgstroom.planning.queue_estimate import ListKind, QueueEstimate
from zorgstroom.reporting.impact import ConfidenceLevel

Method = Literal["choice_shares", "work_over_capacity", "queueing_theory"]
Part = Literal["redistribution", "volumes", "travel", "loads", "lists"]


@dataclass(frozen=True)
class HowEstimated:
    """How a part is estimated, and how far it can be relied on."""

    method: Method
    confidence: ConfidenceLevel


@dataclass(frozen=True)
class Numbers:
    """A number without the plan and with it, and what the plan adds; null where there is none."""

    today: float | None
    plan: float | None
    difference: float | None


@dataclass(frozen=True)
class BeforeAndAfter:
    """A number without the plan and with it."""

    today: float
    plan: float


@dataclass(frozen=True)
class TravelPreview:
    """Travel one way of the region's inhabitants who are treated, wherever that is."""

    #: Empty: all care.
    profile: str
    patients: Numbers
    #: Mean minutes, and parts of one of the patients who travel more than 30 and 45 minutes.
    minutes: Numbers
    over_30: Numbers
    over_45: Numbers


@dataclass(frozen=True)
class BandPreview:
    """Patients a year by extra minutes one way."""

    band: str
    patients: float


@dataclass(frozen=True)
class MoversPreview:
    """The region's inhabitants who are treated elsewhere under the plan."""

    patients: float
    #: Mean extra minutes one way; null if nobody moves.
    extra_minutes: float | None
    bands: list[BandPreview]


@dataclass(frozen=True)
class StreamPreview:
    """Patients a year of a profile who are treated elsewhere."""

    profile: str
    source: str
    destination: str
    patients: float


@dataclass(frozen=True)
class NormPreview:
    """The least a year by the norm in force in the demand year, and whether it is met."""

    minimum: int
    met_today: bool
    met_plan: bool
    #: Chance that a year has as many: numbers of patients differ from year to year.
    chance: Numbers


@dataclass(frozen=True)
class VolumePreview:
    """Patients a year of a profile at a location: who go there, and who are treated in the first year."""

    location: str
    profile: str
    patients: Numbers
    treated: Numbers
    norm: NormPreview | None


@dataclass(frozen=True)
class ListPreview:
    """A waiting list, or all lists of one kind."""

    #: Empty: all locations of the region.
    location: str
    kind: ListKind
    #: Empty: all lists of the kind.
    pool: str
    #: Patients on it if everybody waits as long as is known, and a year after the last change.
    at_start: Numbers
    after_year: Numbers
    #: By how much it is longer after that year.
    growth_per_year: Numbers
    #: More come than can be treated: it grows for as long as nothing changes.
    grows_today: bool
    grows_plan: bool
    #: Mean weeks of waiting in that year; null where it grows.
    weeks: Numbers


@dataclass(frozen=True)
class PoolLoads:
    """Expected work over capacity; null for work without any capacity."""

    today: float | None
    plan: float | None
    #: Highest from a day on which the plan changes something, and that day of the run.
    worst: float | None
    worst_day: int


@dataclass(frozen=True)
class QueuePreviews:
    """Estimates of queueing theory without the plan and with it; no simulated outcomes."""

    today: QueueEstimate
    plan: QueueEstimate


@dataclass(frozen=True)
class PoolPreview:
    """One pool of a location before a run."""

    location: str
    pool: str
    #: Beds, places, or minutes, admissions, visits per working day.
    capacity: BeforeAndAfter
    load: PoolLoads
    #: The plan brings more work than can be done.
    made_too_full: bool
    #: Weeks patients are known to wait here today.
    known_weeks: float | None
    estimate: QueuePreviews


class PreviewDocument(BaseModel):
    """What a scenario is expected to do in the year after its last action, beside today; nothing is simulated."""

    scenario: str
    dataset_digest: str
    #: Such as ``roaz:Limburg``; null: the whole country.
    region: str | None
    demand_year: int
    #: From this day on everything has taken effect.
    complete_from: dt.date
    parts: dict[Part, HowEstimated]
    #: All care first, then the profiles whose patients the plan moves or changes in number.
    travel: list[TravelPreview]
    movers: MoversPreview
    streams: list[StreamPreview]
    volumes: list[VolumePreview]
    #: Part of the patients of care with a norm who are treated where it is met; null without such care.
    at_norm: Numbers | None
    #: All of a kind together, and the lists the plan changes.
    lists: list[ListPreview]
    #: Pools with more work than they can do.
    too_full: BeforeAndAfter
    #: The pools whose load or capacity the plan changes, first what it makes too full.
    pools: list[PoolPreview]
    #: Rows left out of the longest parts.
    left_out: int
    #: There are confidential figures of an organisation behind it.
    confidential: bool = False
    #: What is called how: {id: {language: name}}.
    names: dict[str, dict[str, str]]
