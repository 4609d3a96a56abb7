"""What a plan changes, as rows and columns of the dataset: what the simulation carries out."""

from __future__ import annotations

from dataclasses import dataclass

from zorgstroom.dataset.model import BoolArray, Int32Array
from zorgstroom.domain.scenario import DemandKind, RedistributionRule, Unit


@dataclass(frozen=True)
class Move:
    """Patients of one profile at the leaving locations choose again, among the receivers."""

    #: Position of the action in the scenario.
    action: int
    #: Day of the run; 0: from the beginning.
    start_day: int
    #: Position of the profile in the dataset.
    profile: int
    #: bool[L].
    leaving: BoolArray
    #: bool[L], without the leaving ones; whether a receiver has the IC a patient needs is judged per patient.
    receivers: BoolArray
    rule: RedistributionRule
    #: Part of the patients that moves.
    share_permille: int
    #: Directed: int32[L], sums to 1000; else None.
    shares_permille: Int32Array | None
    #: Part of the acute patients that moves; None: the same part as of the others.
    acute_permille: int | None = None
    #: Patients go only if they prefer the receiver to where they are: a location that opens.
    only_if_better: bool = False
    #: Those whom the earlier moves of this action and profile took along, and who still are where they were sent,
    #: go back to where they came from: a location that comes back.
    returns: bool = False


@dataclass(frozen=True)
class CapacityChange:
    """A pool of a location gets a new capacity, in the unit of the pool."""

    action: int
    start_day: int
    location: int
    pool: str
    capacity: int


@dataclass(frozen=True)
class DemandChange:
    """From a day on, part of the patients of one profile does not come, is helped elsewhere, or comes extra."""

    action: int
    start_day: int
    #: Position of the profile in the dataset.
    profile: int
    #: Inhabitants it is about: bool[A] areas and bool[B] age bands.
    areas: BoolArray
    ages: BoolArray
    kind: DemandKind
    permille: int


@dataclass(frozen=True)
class SharedCare:
    """From a day on, contacts before or after treatment at some locations are at the nearest clinic."""

    action: int
    start_day: int
    #: Position of the profile in the dataset.
    profile: int
    #: Where the treatment is: bool[L].
    locations: BoolArray
    before: bool
    after: bool


@dataclass(frozen=True)
class UnitChange:
    """From a day on, a location has or has no emergency department or acute obstetrics day and night."""

    action: int
    start_day: int
    location: int
    unit: Unit
    opens: bool


@dataclass(frozen=True)
class Plan:
    """Everything a scenario changes."""

    moves: tuple[Move, ...]
    capacities: tuple[CapacityChange, ...]
    #: (start day, bool[L, P]) ascending; the first is day 0.
    offers: tuple[tuple[int, BoolArray], ...]
    demand: tuple[DemandChange, ...] = ()
    shared_care: tuple[SharedCare, ...] = ()
    units: tuple[UnitChange, ...] = ()
