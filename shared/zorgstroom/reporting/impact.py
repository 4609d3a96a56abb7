"""The impact analysis as one document: what reports, API and screens all show.

`build` (in `zorgstroom.reporting.build`) makes it from the comparison tables. It holds no finished
sentences: texts are keys with parameters, so that one document reads in Dutch and in English.
"""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

SCHEMA_VERSION = 1

Verdict = Literal["meets", "near", "fails", "better", "worse", "equal", "none"]
ConfidenceLevel = Literal["high", "medium", "low"]


class Part(BaseModel):
    """A part of the document."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Estimate(Part):
    """A mean over replications with its 95% interval; None below 3 replications."""

    mean: float
    low: float | None = None
    high: float | None = None


class TextRef(Part):
    """A text of the catalogue and what to fill in; `zorgstroom.reporting.rendering` formats the raw numbers.

    A parameter ``{"n": 12.3, "d": 1}`` is a number with decimals, ``{"key": ...}`` another text,
    ``{"name": ...}`` a name of `Impact.names`, a string itself; the renderer lists all forms.
    """

    key: str
    params: dict[str, Any] = {}


class Row(Part):
    """One indicator at one place: today, under the plan, and the paired difference."""

    indicator: str
    location: str = ""
    profile: str = ""
    area: str = ""
    pool: str = ""
    band: str = ""
    baseline: Estimate
    plan: Estimate
    difference: Estimate
    #: The difference's interval excludes zero.
    clear: bool
    verdict: Verdict = "none"
    confidence: ConfidenceLevel = "medium"
    #: What is agreed about it, where there is such a norm.
    norm: TextRef | None = None


class VolumeRow(Part):
    """Volume of a profile at a location against its norm."""

    location: str
    profile: str
    baseline: Estimate
    plan: Estimate
    difference: Estimate
    norm: int | None
    norm_status: str = ""
    norm_source: str = ""
    #: Replications in which the volume is at or above the norm.
    baseline_met: int | None = None
    plan_met: int | None = None
    replications: int
    verdict: Verdict


class Balance(Part):
    """What leaves a location and what comes, per year, paired per simulated year."""

    sent: Estimate
    received: Estimate
    net: Estimate


class LocationImpact(Part):
    """What a location sends and receives per year."""

    id: str
    name: str
    type: str
    latitude: float
    longitude: float
    in_region: bool
    received: Estimate
    sent: Estimate
    net: Estimate
    #: Of these patients: hours in operating rooms, and calendar days in a bed.
    or_hours: Balance | None = None
    bed_days: Balance | None = None


class Flow(Part):
    """Patients per year who are treated elsewhere than today."""

    profile: str
    from_location: str
    to_location: str
    patients: Estimate
    #: Mean extra minutes one way of these patients.
    extra_minutes: float
    #: Hours in operating rooms and calendar days in a bed of these patients, a year.
    or_hours: float | None = None
    bed_days: float | None = None


class ProfileImpact(Part):
    """What the plan means for one kind of care."""

    id: str
    moved_patients: Estimate
    extra_minutes: Estimate
    longer: Estimate
    shorter: Estimate
    #: Of these patients, a year.
    or_hours: float
    bed_days: float
    #: Locations that provide it.
    providers_baseline: float | None
    providers_plan: float | None


class TravelBand(Part):
    """Moved patients per year by extra travel minutes, one way."""

    band: str
    patients: Estimate


class AreaImpact(Part):
    """What the plan means for the inhabitants of an area."""

    id: str
    name: str
    latitude: float
    longitude: float
    inhabitants: int
    moved_patients: Estimate
    extra_minutes: Estimate
    #: How many of them travel longer and how many shorter, and the hours that adds up to, one way.
    longer: Estimate | None = None
    shorter: Estimate | None = None
    travel_hours: Estimate | None = None


class WaitRow(Part):
    """Waiting at a location for a profile (weeks), and the list at the end.

    Where the queue behind a wait grows, its mean depends on how long one looks: then it is None, and `growth` says by
    how many patients (first visits: visits) the growing lists behind it grow in a week. Their difference is None too.
    """

    kind: Literal["first_visit", "treatment"]
    location: str
    profile: str
    baseline: Estimate | None
    plan: Estimate | None
    difference: Estimate | None
    growth_baseline: Estimate | None = None
    growth_plan: Estimate | None = None
    #: Patients on the list at the end of the period; None where lists are not counted this finely.
    list_baseline: Estimate | None = None
    list_plan: Estimate | None = None
    clear: bool
    #: Longest acceptable wait (Treeknorm), and the share of patients who are treated within it.
    norm_weeks: float | None = None
    within_baseline: Estimate | None = None
    within_plan: Estimate | None = None

    @property
    def change(self) -> float:
        """Weeks longer (below zero: shorter) under the plan; 0 where a growing queue has no mean wait."""
        return 0.0 if self.difference is None else self.difference.mean

    @property
    def starts_to_grow(self) -> bool:
        """Whether the queue grows under the plan, and does not today."""
        return self.plan is None and self.baseline is not None


class PoolRow(Part):
    """Load of a pool of capacity: expected before the run, measured in it."""

    location: str
    pool: str
    capacity_baseline: float
    capacity_plan: float
    load_baseline: float
    load_plan: float
    occupancy_baseline: Estimate | None
    occupancy_plan: Estimate | None
    growing: bool
    growth_per_week: Estimate | None = None
    #: Capacity that comes free (above zero) or is short (below) to keep today's load, in the unit of the pool.
    room: Estimate | None = None
    #: The organisation gave this capacity itself.
    own: bool = False


class PoolTotal(Part):
    """Capacity of one kind that comes free and that is short, over all locations the plan touches."""

    #: ``or``, ``ward``, ...
    kind: str
    freed: float
    short: float
    places_freed: int
    places_short: int


class WaterfallRow(Part):
    """What each part of the plan does to one indicator: differences with today, and what they add up to."""

    indicator: str
    #: By part: demand, redistribution, capacity, workforce, interaction, total.
    parts: dict[str, Estimate]


class Assumption(Part):
    """A figure the outcome rests on that is not known for certain."""

    id: str
    label: TextRef
    value: float
    unit: str
    #: known, estimated, assumed, derived; own: given by the organisation itself.
    basis: str
    confidence: ConfidenceLevel
    source: str
    #: What the dataset had where the organisation gave its own figure.
    default: float | None = None


class Driver(Part):
    """An uncertain figure that an outcome goes along with, more than chance among all figures tried explains."""

    id: str
    label: TextRef
    confidence: ConfidenceLevel
    #: Spearman's rank correlation over the draws, between -1 and 1.
    correlation: float


class DrawnRange(Part):
    """An outcome over the draws of a robustness run: the middle one, and the range of nine in ten."""

    median: float
    low: float
    high: float


class Conclusion(Part):
    """Something this run says, and in how many draws with other assumptions it still holds."""

    id: str
    statement: TextRef
    #: What the numbers are of: an indicator, or ``moved_patients`` and ``extra_minutes`` of those who move.
    indicator: str
    #: Whether they are differences with today, or what it is under the plan.
    quantity: Literal["difference", "plan"]
    #: Due to chance: the mean over simulated years with its interval, and the years in which it holds.
    chance: Estimate
    years: int
    years_held: int | None = None
    #: Due to assumptions: the range over draws, and the draws in which it holds.
    drawn: DrawnRange | None = None
    draws: int
    draws_held: int | None = None
    #: Draws in which it could not be measured, such as the wait for what a place does not give there.
    unmeasured: int = 0
    robustness: Literal["robust", "not_robust", "none"] = "none"
    drivers: list[Driver] = []


class Infeasible(Part):
    """Draws in which the plan cannot be carried out, with the reason in both languages."""

    reason: dict[str, str]
    draws: int


class Robustness(Part):
    """How much the outcome depends on figures nobody knows for certain; apart from chance."""

    #: Draws asked for, and simulated years of each.
    draws: int
    replications: int
    #: Figures (or groups that move together) that were drawn, and by how much at most, by confidence.
    figures: int
    ranges: dict[ConfidenceLevel, float]
    #: Figures tried for each conclusion, and the correlation from which one is named.
    tried: int
    limit: float | None = None
    conclusions: list[Conclusion]
    infeasible: list[Infeasible] = []

    @property
    def feasible(self) -> int:
        """Draws in which the plan could be carried out."""
        return self.draws - sum(item.draws for item in self.infeasible)


class PrecisionRow(Part):
    """Half the width of the 95% interval of one indicator, of everybody together, relative to its mean.

    That of the difference is relative to the mean of today, since a difference may be zero. None: no interval.
    """

    indicator: str
    baseline: float | None
    plan: float | None
    difference: float | None


class Precision(Part):
    """How precise the outcome is, and whether that is what was asked for."""

    #: Relative half-width that was asked for; None: a fixed number of replications.
    target: float | None = None
    reached: bool | None = None
    replications: int
    rows: list[PrecisionRow]

    @property
    def too_wide(self) -> list[PrecisionRow]:
        """The indicators that did not reach the target, the widest first; none without a target."""
        if self.target is None:
            return []
        found = {row.indicator: [row.baseline, row.plan, row.difference] for row in self.rows}
        widest = {
            name: max(math.inf if value is None else value for value in values)
            for name, values in found.items()
            if any(value is not None for value in values)
        }
        wide = [row for row in self.rows if widest.get(row.indicator, 0.0) > self.target]
        return sorted(wide, key=lambda row: -widest[row.indicator])


class WarmupRow(Part):
    """When one series of the simulation of today settles (MSER-5)."""

    #: ward, ic: beds in use, over what their admissions ask for; treatment_lists, first_visits: who waits.
    series: str
    #: First day, from the start of the warm-up, that shows nothing of the start any more; None: it never settles, or
    #: the run is too short to tell.
    settles_on_day: int | None
    too_short: bool
    #: Lists begin with who waits already: they need no warm-up.
    judged: bool
    #: Part by which the start still changes the mean of the measured beds, with the warm-up of the run.
    effect: float | None = None


class Warmup(Part):
    """Whether the weeks that were simulated and not counted were enough to fill the beds."""

    weeks: int
    #: Whole weeks that are enough; None: cannot be told.
    needed_weeks: int | None
    enough: bool | None
    rows: list[WarmupRow]


class TableDifference(Part):
    """The first place where two engines gave something else."""

    replication: int
    #: One of the result tables, or what else a replication counts; without a column the number of rows differs.
    table: str
    row: int
    column: str
    ours: str
    theirs: str


class CrossCheck(Part):
    """Replications that were done again with the other engine, and all tables compared."""

    engine: str
    other: str
    replications: int
    #: Simulated by both engines, all of them together.
    patients: int
    events: int
    #: None: everything was the same, to the bit.
    difference: TableDifference | None = None

    @property
    def equal(self) -> bool:
        """Whether both engines gave the same, to the bit."""
        return self.difference is None


#: The four criteria of an "impactvolle transformatie" (Integraal Zorgakkoord, annex J, 3), and what is under none.
Criterion = Literal["care_use", "redistribution", "staff", "real_estate", "other"]


class SectionColumn(Part):
    """A column of a section: its heading is the text ``report.column.<id>``, and what its cells are.

    ``text``: a name of the document, a `TextRef` or words; ``number``: a bare number; ``spread``: an `Estimate`;
    ``difference``: an `Estimate` with a sign, grey where it is not clear.
    """

    id: str
    kind: Literal["text", "number", "spread", "difference"] = "text"
    decimals: int = 0
    #: A share from 0 to 1, shown as a percentage.
    share: bool = False
    #: Totals and other kinds have other units: the key of a unit, behind the heading.
    unit: str = ""


#: A cell of a section; a string is an id of something the document names, or else words as they are.
SectionCell = TextRef | Estimate | float | str | None


class Section(Part):
    """A table with its sentences that one part of the analysis brings; see `zorgstroom.reporting.sections`.

    Texts by `id`: ``report.section.<id>`` (caption and heading), ``report.section.<id>.help`` (how to read it),
    ``report.sheet.<id>`` (sheet of the workbook, at most 31 characters).
    """

    id: str
    criterion: Criterion
    columns: list[SectionColumn]
    rows: list[list[SectionCell]]
    #: What the table says in words, the most important first; the first is the answer of the board's page.
    sentences: list[TextRef] = []
    confidence: ConfidenceLevel = "low"
    #: Result table the rows come from, and the ids in the assumptions register of what they rest on.
    table: str = ""
    assumptions: list[str] = []
    sources: list[str] = []


class ConservationLine(Part):
    """The count of patients of one scenario, summed over replications."""

    scenario: Literal["baseline", "plan"]
    arrived: int
    seeded: int
    treated: int
    in_treatment: int
    waiting: int

    @property
    def balanced(self) -> bool:
        """Whether every patient is accounted for."""
        return self.arrived + self.seeded == self.treated + self.in_treatment + self.waiting


class Identity(Part):
    """What leads back to this result."""

    run_id: str
    region: str
    dataset_id: str
    dataset_version: str
    dataset_digest: str
    model_version: str
    engine: str
    seed: int
    replications: int
    demand_year: int
    weeks: int
    created: str
    synthetic: bool = False
    confidential: bool = False
    #: Number of figures the organisation gave itself, and the dataset they were put into.
    own_figures: int = 0
    dataset_based_on: str = ""

    @property
    def years(self) -> int:
        """Return how many years one simulation of the plan is about; a part of a year counts as one."""
        return max(1, round(self.weeks / 52))


class Impact(Part):
    """The whole document."""

    schema_version: int = SCHEMA_VERSION
    name: str
    description: str
    actions: list[TextRef]
    identity: Identity
    summary: list[TextRef]
    headline: list[Row]
    locations: list[LocationImpact]
    volumes: list[VolumeRow]
    flows: list[Flow]
    travel_bands: list[TravelBand]
    areas: list[AreaImpact]
    waits: list[WaitRow]
    pools: list[PoolRow]
    activity: list[Row]
    conservation: list[ConservationLine]
    assumptions: list[Assumption]
    unchanged: list[TextRef]
    limits: list[TextRef]
    warnings: list[TextRef]
    pool_totals: list[PoolTotal] = []
    profiles: list[ProfileImpact] = []
    #: Inhabitants of areas who come to live further from acute care, or nearer to it.
    access: list[Row] = []
    #: What each part of the plan does, where that was asked for, and which parts change none of these figures.
    waterfall: list[WaterfallRow] = []
    waterfall_notes: list[TextRef] = []
    #: Which locations stay below a number that the plan itself asks of them, beside the norms.
    own_minimums: list[TextRef] = []
    #: How precise the headline figures are; None in documents made before this was told.
    #: Patients a year who are treated elsewhere, and their extra minutes, with intervals; None: nobody is.
    moved: Estimate | None = None
    moved_extra_minutes: Estimate | None = None
    #: Simulated years in which those who are treated elsewhere travel longer on average; None: nobody is.
    longer_years: int | None = None
    precision: Precision | None = None
    #: Whether the warm-up was long enough; None in documents made before this was told.
    warmup: Warmup | None = None
    #: Both scenarios have the same patients; not so where the plan changes who comes.
    same_patients: bool = True
    #: What demand is multiplied by in both scenarios.
    demand_factors: list[TextRef] = []
    #: Rows that are only in the result tables, by part of the document, where it would be too long.
    left_out: dict[str, int] = {}
    #: How the outcome does with other assumptions, where that was asked for.
    robustness: Robustness | None = None
    #: Whether the other engine gives the same, where that was asked for.
    cross_check: CrossCheck | None = None
    #: What further parts of the analysis bring: staff, money, equity, years, balances.
    sections: list[Section] = []
    #: Names of everything the document refers to, in both languages: {id: {"nl": ..., "en": ...}}.
    names: dict[str, dict[str, str]]

    @property
    def balanced(self) -> bool:
        """Whether every patient is accounted for, in both scenarios and from one to the other."""
        counts = {line.arrived + line.seeded for line in self.conservation}
        lines = all(line.balanced for line in self.conservation)
        return lines and (len(counts) == 1 or not self.same_patients)

    @property
    def moved_patients(self) -> float:
        """Patients a year who are treated elsewhere than today; complete, however long the flows are."""
        return sum(row.sent.mean for row in self.locations)

    @property
    def mean_extra_minutes(self) -> float:
        """Mean extra minutes one way of the patients who are treated elsewhere; 0 when nobody is."""
        moved = sum(row.moved_patients.mean for row in self.areas)
        minutes = sum(row.moved_patients.mean * row.extra_minutes.mean for row in self.areas)
        return minutes / moved if moved else 0.0
