"""What is told of places and added by those who live there, of assumptions and of one simulated week, over the line."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from zorgstroom.answer import Answer
from zorgstroom.reporting.impact import ConfidenceLevel, Estimate

#: How strongly outcomes go along with a figure, as a robustness run found it.
Influence = Literal["large", "medium", "small"]
Basis = Literal["known", "estimated", "assumed"]
Side = Literal["baseline", "plan"]
#: Characters that somebody may add to the picture of a region, and of who adds it.
LONGEST_ADDITION, LONGEST_AUTHOR = 2000, 120
#: How a patient comes: unplanned, unplanned and turned away at the first hospital, planned, for a first visit.
ArrivalKind = Literal["acute", "diverted", "planned", "visit"]


class NearestSite(Answer):
    """A location, and the minutes one way by car as the model reckons."""

    location: str
    minutes: float


class AreaInfo(Answer):
    """An area as it is today. Inhabitants are counted; minutes and who goes where are estimates of the model."""

    id: str
    name: str
    gemeente_id: str
    gemeente_name: str
    #: {division of the country: the region it lies in}.
    regions: dict[str, str]
    latitude: float
    longitude: float
    #: 1 very urban to 5 not urban.
    urbanity: int
    #: In standard deviations, higher is better off; and the fifth of the country's inhabitants, 1 (lowest) to 5.
    ses_score: float
    ses_fifth: int
    inhabitants: int
    #: {age band: inhabitants}.
    ages: dict[str, int]
    #: Nearest emergency department that is open day and night, and nearest acute obstetrics.
    emergency: NearestSite | None
    obstetrics: NearestSite | None
    #: Where most patients go, and which part of them.
    usual: NearestSite | None
    usual_share: float
    #: Inhabitants further than 45 minutes by ambulance from an emergency department, than 30 by car from obstetrics.
    beyond_emergency: int
    beyond_obstetrics: int


class Areas(Answer):
    """Areas, in the order of the dataset."""

    items: list[AreaInfo]
    next_cursor: str | None = None


class AssumptionSource(Answer):
    """Where figures come from."""

    id: str
    title: str
    publisher: str = ""
    year: str = ""
    #: How it was read.
    read: str = ""


class GroupOfPeople(Answer):
    """Inhabitants together: how far they live, on average, from what; None where there is none at all."""

    #: ``ses_1`` (lowest fifth of the country) to ``ses_5``, or an age band.
    group: str
    inhabitants: int
    emergency_minutes: float | None
    obstetrics_minutes: float | None
    usual_minutes: float | None


class RegionPicture(Answer):
    """A region as it is today. Inhabitants are counted, minutes are estimates of the model."""

    #: ``roaz:Limburg``; empty: the whole country.
    region: str
    year: int
    inhabitants: int
    ages: dict[str, int]
    #: Locations in the region, with or without wards.
    locations: list[str]
    #: Inhabitants further than the norms, with these minutes, from day-and-night emergency care and acute obstetrics.
    beyond_emergency: int
    beyond_obstetrics: int
    emergency_norm_minutes: int
    obstetrics_norm_minutes: int
    groups: list[GroupOfPeople]
    #: Sources of the norms and of how far people live.
    sources: list[AssumptionSource]


class YearDemand(Answer):
    """What a year asks for, by age band."""

    year: int
    inhabitants: dict[str, int]
    #: Expected treatments a year, first visits left out: an estimate.
    patients: dict[str, float]


class Demand(Answer):
    """Demand year by year if everybody goes on using as much care at his age as now."""

    #: ``roaz:Limburg``; empty: the whole country.
    region: str
    base_year: int
    confidence: ConfidenceLevel
    #: Numbers in the register of assumptions.
    assumptions: list[str]
    items: list[YearDemand]


class Assumption(Answer):
    """A numbered entry of the register: one figure, or all of a kind (one per care profile, per hospital, ...)."""

    number: str
    table: str
    figure: str
    #: {language: what it is}.
    name: dict[str, str]
    #: How many figures it stands for.
    figures: int
    lowest: float
    highest: float
    units: list[str]
    #: Between which one single figure is thought to lie; None for a kind, or where it is not varied.
    range: tuple[float, float] | None
    #: Why it is never varied (``agreed``, ``counted``, ...); empty where it is.
    not_varied: str
    #: {basis: figures} and {confidence: figures}.
    bases: dict[Basis, int]
    confidences: dict[ConfidenceLevel, int]
    sources: list[AssumptionSource]
    used_in: list[str]
    #: Strongest link with a conclusion of the run that was named; None: not worked out for it.
    influence: Influence | None = None
    correlation: float | None = None


class AssumptionFigure(Answer):
    """One number of an entry."""

    #: Care profile, hospital, specialty, ...; empty for a parameter.
    subject: str
    name: dict[str, str]
    value: float
    unit: str
    range: tuple[float, float] | None
    basis: Basis
    confidence: ConfidenceLevel
    sources: list[str]
    note: str


class AssumptionEffect(Answer):
    """A conclusion that goes along with an assumption: the higher the figure, the higher (or lower) the outcome."""

    conclusion: dict[str, str]
    #: Which figure of the entry, in words.
    figure: dict[str, str]
    correlation: float
    #: In how many of the trials with other assumptions it still holds; None for one that states nothing.
    held: int | None
    draws: int


class AssumptionDetail(Answer):
    """An entry with its single figures."""

    assumption: Assumption
    items: list[AssumptionFigure]
    #: Figures that are only in the dataset, where a table is too long.
    left_out: int
    #: What a run with other assumptions found; empty where none was named or made.
    effects: list[AssumptionEffect]


class Assumptions(Answer):
    """The register of assumptions."""

    dataset: str
    version: str
    #: How far a figure may be off either way, by confidence: a convention.
    ranges: dict[ConfidenceLevel, float]
    #: Trials with other assumptions in the run that was named; None: not worked out.
    draws: int | None
    items: list[Assumption]


class PlaceShare(Answer):
    """A location, which part of the patients goes there, and how far it is."""

    location: str
    share: float
    minutes: float


class CareOfPlace(Answer):
    """Where inhabitants go for one kind of care, today and under the plan."""

    profile: str
    today: list[PlaceShare]
    plan: list[PlaceShare]
    #: Patients a year who go elsewhere under the plan; None for fewer than ten: not told.
    moved: Estimate | None
    #: Of those who go elsewhere: minutes one way by car today and under the plan, and the difference.
    minutes_today: float
    minutes_plan: float
    extra_minutes: Estimate
    #: Part of the expected patients of today that goes elsewhere; None where it is not told how many.
    moved_share: float | None
    #: Controls before and after treatment stay near home under shared care.
    shared: bool


class UnchangedCare(Answer):
    """A kind of care for which inhabitants go where they go now."""

    profile: str
    #: Expected patients a year: an estimate.
    patients: float
    today: list[PlaceShare]


class AcuteCare(Answer):
    """The nearest acute care of a place, today and under the plan; None where there is none."""

    today: NearestSite | None
    plan: NearestSite | None


class PlaceOutcome(Answer):
    """What a plan means for those who live in one place."""

    place: str
    name: str
    region: str
    inhabitants: int
    replications: int
    #: Whether the calculation is about those who live here.
    included: bool
    #: Kinds of care of which patients go elsewhere, those with most of them first.
    changed: list[CareOfPlace]
    #: Kinds of care that nobody of here goes elsewhere for, those with most patients first; none with fewer than ten.
    unchanged: list[UnchangedCare]
    emergency: AcuteCare
    obstetrics: AcuteCare
    #: Mean minutes one way of all inhabitants who are treated.
    minutes_today: Estimate | None
    minutes_plan: Estimate | None
    minutes_difference: Estimate | None
    #: {id: {language: name}} of locations and kinds of care.
    names: dict[str, dict[str, str]]


class WeekPlace(Answer):
    """A point of the picture."""

    id: str
    name: str
    latitude: float
    longitude: float


class WeekArrival(Answer):
    """One simulated patient who comes to a hospital; about nobody who exists."""

    #: Since the beginning of the week.
    minute: int
    #: Position in `areas` and `locations`.
    area: int
    location: int
    kind: ArrivalKind


class WeekDay(Answer):
    """What a day adds up to at the hospitals of the picture; waiting and in bed are those at its end."""

    #: 1 is Monday.
    day: int
    acute: int
    diverted: int
    planned: int
    #: First visits.
    visits: int
    waiting: int
    in_bed: int


class SimulatedWeek(Answer):
    """One week of the first simulated year: an example, no mean. Of the hospitals in the region of the run."""

    side: Side
    #: Counted from the first measured week, and how many there are.
    week: int
    weeks: int
    #: Simulated years of the run; this is the first of them.
    years: int
    region: str
    areas: list[WeekPlace]
    locations: list[WeekPlace]
    #: A part of all arrivals, evenly over the week; who was turned away elsewhere is always in it.
    arrivals: list[WeekArrival]
    arrivals_in_all: int
    #: Arrivals of inhabitants of the region at hospitals elsewhere; not in the picture.
    elsewhere: int
    hours_per_frame: int
    #: Per moment and location of the picture: patients in a bed, and those who wait for treatment.
    in_bed: list[list[int]]
    waiting: list[list[int]]
    days: list[WeekDay]
    #: Fewest, mean and most arrivals of a week in this simulated year.
    arrivals_range: Estimate
    #: Who wait for treatment at the end of a year: mean of all simulated years with its interval.
    waiting_at_end: Estimate | None


class Addition(Answer):
    """Words that somebody of a region added to its picture."""

    id: int
    #: None: the whole country.
    region: str | None
    #: A role or an organisation rather than a person.
    author: str
    text: str
    created: dt.datetime
    #: Whether who asks may take it away.
    mine: bool


class Additions(Answer):
    """Everything that was added to the picture of a region, newest first."""

    items: list[Addition]
