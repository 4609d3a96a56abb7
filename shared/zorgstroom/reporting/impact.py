"""The impact analysis as one document: what reports, API and screens all show.

`build` (in `zorgstroom.reporting.build`) makes it from the comparison tables. It holds no finished
sentences: texts are keys with parameters, so that one document reads in Dutch and in English.
"""

from __future__ import annotations

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


class Flow(Part):
    """Patients per year who are treated elsewhere than today."""

    profile: str
    from_location: str
    to_location: str
    patients: Estimate
    #: Mean extra minutes one way of these patients.
    extra_minutes: float


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


class WaitRow(Part):
    """Waiting at a location for a profile (weeks), and the list at the end."""

    kind: Literal["first_visit", "treatment"]
    location: str
    profile: str
    baseline: Estimate
    plan: Estimate
    difference: Estimate
    #: Patients on the list at the end of the period; None where lists are not counted this finely.
    list_baseline: Estimate | None = None
    list_plan: Estimate | None = None
    clear: bool


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


class Assumption(Part):
    """A figure the outcome rests on that is not known for certain."""

    id: str
    label: TextRef
    value: float
    unit: str
    basis: str
    confidence: ConfidenceLevel
    source: str


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
    #: Names of everything the document refers to, in both languages: {id: {"nl": ..., "en": ...}}.
    names: dict[str, dict[str, str]]
