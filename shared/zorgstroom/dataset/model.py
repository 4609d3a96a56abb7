"""The dataset in memory: plain tuples and integer arrays, in the order of the tables.

Axes: A areas, L locations, P profiles, B age bands. Everything that decides a patient's path is an
integer, so that the same dataset gives the same bytes on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from zorgstroom.domain.area import Area, Region
from zorgstroom.domain.hospital import Basis, Confidence, HospitalType, Location, Organisation
from zorgstroom.domain.profile import Profile

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

#: Points of a duration's quantile table.
QUANTILE_POINTS = 4096
#: Durations sampled per patient: nights, procedure minutes, IC minutes.
DURATIONS = ("nights", "procedure_minutes", "ic_minutes")
#: Quantile table of a patient's factor on the published wait, per mille; belongs to no profile.
TARGET_FACTOR = ("", "target_factor")


@dataclass(frozen=True)
class Figure:
    """One figure of the dataset with where it comes from."""

    subject: str
    name: str
    value: float
    unit: str
    basis: Basis
    confidence: Confidence
    source: str
    note: str = ""


@dataclass(frozen=True)
class Price(Figure):
    """A price in the money of a year."""

    #: Year of the price level.
    year: str = ""


@dataclass(frozen=True)
class FixedShare:
    """Which part of its cost a hospital keeps in a year after care has left it."""

    #: The first year after is 1.
    year: int
    share: float
    #: Between which the share is thought to lie.
    lowest: float
    highest: float
    basis: Basis
    confidence: Confidence
    source: str


#: How strong the Dutch evidence about volume and outcome is: an association, none found, only found elsewhere, or about
#: something else than death.
Evidence = Literal["strong", "moderate", "no_association", "foreign", "other_outcome"]
EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)


@dataclass(frozen=True)
class VolumeOutcome:
    """How the risk of death of a profile goes along with the yearly volume of a location: an association, no cause."""

    profile_id: str
    #: Ascending points; straight lines in between, flat beyond the ends.
    volumes: tuple[int, ...]
    #: Risk relative to the highest volume, per mille, at each point: as thought (empty), at its weakest (low) and
    #: strongest (high).
    permille: Mapping[str, tuple[int, ...]]
    evidence: Evidence
    #: What was measured, and when.
    outcome: str
    basis: Basis
    confidence: Confidence
    source: str
    note: str


#: When a rule about what leans on what fires.
Fires = Literal[
    "ic_share_lost",
    "ic_admissions_below",
    "unit_without_ic",
    "unit_without_profiles",
    "profiles_without_unit",
    "profiles_below",
    "profiles_share_lost",
    "operations_per_week_below",
    "specialty_share_lost",
]
FIRES: tuple[Fires, ...] = get_args(Fires)


@dataclass(frozen=True)
class Dependency:
    """A rule about what else leans on a unit or on care that a plan moves."""

    id: str
    fires: Fires
    #: ``ic``, ``picu``, ``nicu``, ``ed``, ``obstetrics`` or empty.
    unit: str
    #: Empty: all.
    profiles: tuple[str, ...]
    threshold: float
    threshold_unit: str
    basis: Basis
    confidence: Confidence
    source: str
    note: str


#: Kinds of figures an organisation can give itself: staffed beds, rooms and clinics, patients, weeks, care given.
OwnKind = Literal["beds", "rooms", "volumes", "waits", "offers"]
OWN_KINDS: tuple[OwnKind, ...] = ("beds", "rooms", "volumes", "waits", "offers")


@dataclass(frozen=True)
class OwnFigure:
    """One figure an organisation gave itself; it wins over the default, and its basis is known.

    `subject` is a pool (beds, rooms), a profile (volumes, offers) or either a clinic's pool or a profile
    (waits); `value` and `default` are in `unit`, an offer is 1 or 0.
    """

    kind: OwnKind
    location_id: str
    subject: str
    value: float
    unit: str
    #: What the dataset had; None: nothing, as for a clinic the dataset did not know.
    default: float | None
    #: In the words of the organisation; may be empty.
    source: str
    #: Date the figure is of: ``2025``, ``2025-12-31`` or empty.
    date: str


@dataclass(frozen=True)
class Specialty:
    """A medical specialty: its clinic and its part of the national first visits."""

    id: str
    name_nl: str
    name_en: str
    first_visit_share: float
    wait_first_visit_weeks: float
    #: Of the wait.
    wait_basis: Basis = "assumed"
    wait_confidence: Confidence = "low"


@dataclass(frozen=True)
class VolumeNorm:
    """A minimum number of procedures per location per year, with its dates and source."""

    id: str
    profile_id: str
    minimum: int
    valid_from: str
    valid_to: str
    status: str
    confidence: Confidence
    source: str
    note: str


@dataclass(frozen=True)
class Source:
    """Where figures come from."""

    id: str
    title: str
    publisher: str
    year: str
    address: str
    licence: str
    read: str


@dataclass(frozen=True, eq=False)
class MeasuredTravel:
    """Travel times a user measured, which win over the fitted function."""

    #: Minutes x 100 from each area to each location, -1 where nothing was measured: int32[A, L].
    hundredths: Int32Array
    #: Ids of their sources.
    sources: tuple[str, ...]

    @property
    def pairs(self) -> int:
        """How many pairs of an area and a location were measured."""
        return int((self.hundredths >= 0).sum())

    @property
    def share(self) -> float:
        """Part of all pairs that was measured."""
        return self.pairs / self.hundredths.size


@dataclass(frozen=True, eq=False)
class Dataset:
    """Everything a run needs; immutable, and equal only to itself."""

    id: str
    version: str
    #: SHA-256 over the content of all tables: part of the key of every result.
    digest: str
    base_year: int
    areas: tuple[Area, ...]
    organisations: tuple[Organisation, ...]
    locations: tuple[Location, ...]
    profiles: tuple[Profile, ...]
    specialties: tuple[Specialty, ...]
    norms: tuple[VolumeNorm, ...]
    sources: tuple[Source, ...]
    #: Model parameters by id (travel function, betas, planner rules), each with basis and source.
    parameters: Mapping[str, Figure]
    #: Every figure of the profiles with its basis, confidence and source.
    figures: tuple[Figure, ...]
    #: Case-mix multiplier per mille of a hospital type: {(type, duration): per mille}.
    case_mix: Mapping[tuple[HospitalType, str], int]
    #: Inhabitants per year: int64[A, B].
    population: Mapping[int, Int64Array]
    #: Minutes by car x 100, patient scale: int32[A, L] and between locations int32[L, L].
    travel_hundredths: Int32Array
    transfer_hundredths: Int32Array
    #: Who provides what in the baseline: bool[L, P].
    offers: BoolArray
    #: Attraction at scale 65536: int32[L, P].
    attraction: Int32Array
    #: Expected yearly patients per location and profile in the baseline year: int64[L, P], per mille.
    expected_volume: Int64Array
    #: Capacity per location and pool id (units in `domain.hospital.POOL_UNITS`).
    capacities: Mapping[tuple[str, str], int]
    #: Durations: {(profile id, duration): int32[QUANTILE_POINTS]}, ascending; nights in thousandths. Without
    #: a table the duration is zero. Also `TARGET_FACTOR`.
    quantiles: Mapping[tuple[str, str], Int32Array]
    #: Taste noise, int32[65536] at scale 65536.
    gumbel: Int32Array
    #: Standard normal quantiles, int32[65536] at scale 65536.
    normal: Int32Array
    #: Relative weights of demand in time, {(pattern, kind): int64[12 | 7 | 24]}; patterns acute and referral.
    demand_patterns: Mapping[tuple[str, str], Int64Array] = field(default_factory=dict)
    #: Key figures that make hours of staff of activity, by name; `Figure.subject` is the profession, empty: all.
    staffing: Mapping[str, Figure] = field(default_factory=dict)
    #: Reference prices by name.
    prices: Mapping[str, Price] = field(default_factory=dict)
    #: Fixed part of the cost of care that leaves, year by year.
    fixed_shares: tuple[FixedShare, ...] = ()
    #: How death goes along with volume, by profile; who is not in it: no Dutch evidence.
    volume_outcome: Mapping[str, VolumeOutcome] = field(default_factory=dict)
    #: What else leans on what a plan moves.
    dependencies: tuple[Dependency, ...] = ()
    #: Minutes by ferry, waiting included, for inhabitants of an island: {gemeente id: minutes}.
    ferry_minutes: Mapping[str, float] = field(default_factory=dict)
    #: Figures an organisation gave itself; what is derived already follows from them.
    own: tuple[OwnFigure, ...] = ()
    #: Whether those figures are confidential: every export says so.
    confidential: bool = False
    #: Name and version of the dataset that own figures were put into, such as ``nl2025 0.1.0``; else empty.
    based_on: str = ""
    #: Own waits, per mille of the published wait: {(location id, clinic pool or profile id): per mille}. Who is
    #: not in it has the published wait.
    wait_permille: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: Travel times a user measured; `travel_hundredths` follows them already.
    measured_travel: MeasuredTravel | None = None

    @cached_property
    def area_index(self) -> dict[str, int]:
        """Position of each area id."""
        return {area.id: index for index, area in enumerate(self.areas)}

    @cached_property
    def location_index(self) -> dict[str, int]:
        """Position of each location id."""
        return {location.id: index for index, location in enumerate(self.locations)}

    @cached_property
    def profile_index(self) -> dict[str, int]:
        """Position of each profile id."""
        return {profile.id: index for index, profile in enumerate(self.profiles)}

    @cached_property
    def specialty_index(self) -> dict[str, int]:
        """Position of each specialty id."""
        return {specialty.id: index for index, specialty in enumerate(self.specialties)}

    def parameter(self, name: str) -> float:
        """Return the value of a model parameter."""
        return self.parameters[name].value

    def regions(self, kind: str) -> tuple[str, ...]:
        """Return the names of the regions of one division, sorted."""
        return tuple(sorted({area.region(kind) for area in self.areas}))

    def areas_in(self, region: Region) -> BoolArray:
        """Return which areas lie in the region: bool[A]."""
        return np.array([area.region(region.kind) == region.name for area in self.areas], dtype=np.bool_)

    def locations_in(self, region: Region) -> BoolArray:
        """Return which locations lie in the region, by the area (gemeente) they stand in: bool[L]."""
        of_gemeente = {area.gemeente_id: area.region(region.kind) for area in self.areas}
        if region.kind == "roaz":
            return np.array([location.roaz == region.name for location in self.locations], dtype=np.bool_)
        return np.array(
            [of_gemeente[location.gemeente_id] == region.name for location in self.locations], dtype=np.bool_
        )
