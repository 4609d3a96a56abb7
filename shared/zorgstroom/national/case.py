"""What the method is given: hospitals, areas, interventions, volumes, choices, key figures and proxies.

Axes: areas and places (locations of hospitals) by position; travel times are whole hundredths of minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from zorgstroom.text import Language

#: What a place does with an intervention in the scenario. `receives` and `keeps` differ in words only: who has no
#: volume yet and does it afterwards is a new provider.
Choice = Literal["stops", "keeps", "receives", "not_done", "excluded"]
CHOICES: tuple[Choice, ...] = ("stops", "keeps", "receives", "not_done", "excluded")
#: Those that take part in the redistribution.
TAKING_PART: tuple[Choice, ...] = ("stops", "keeps", "receives")

#: Where a value comes from: the place itself, its organisation, a national value the user gave, a national default
#: with a source, one without (assumed), what the model expects (derived), a rule of the method, or nowhere.
Origin = Literal["own", "organisation", "national_own", "national", "assumed", "derived", "rule", "missing"]

#: How firm a value is, in one word: from the hospital or its organisation, a national one, without a source, or none.
Basis = Literal["own", "national", "assumed", "missing"]
BASES: tuple[Basis, ...] = ("own", "national", "assumed", "missing")
BASIS_OF: Mapping[Origin, Basis] = {
    **{"own": "own", "organisation": "own", "national_own": "national", "national": "national"},
    **{"assumed": "assumed", "derived": "assumed", "rule": "assumed", "missing": "missing"},
}

Key = tuple[str, str]
Minutes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Value:
    """A figure with where it comes from."""

    value: Fraction
    origin: Origin
    source: str = ""


def bases_of(origins: Iterable[Origin]) -> tuple[Basis, ...]:
    """Return how firm a figure is that rests on several values: every basis once, the firmest first."""
    found = {BASIS_OF[origin] for origin in origins}
    return tuple(basis for basis in BASES if basis in found)


#: What stands in for a figure that nobody gave.
MISSING = Value(Fraction(0), "missing")


@dataclass(frozen=True)
class Place:
    """A location of a hospital."""

    id: str
    name: str
    organisation: str


@dataclass(frozen=True)
class Area:
    """Where patients live: a gemeente, a part of one, or a postcode."""

    id: str
    name: str
    inhabitants: int


@dataclass(frozen=True)
class Norm:
    """What is redistributed as one: an intervention, or several summed under one norm."""

    id: str
    names: Mapping[Language, str]
    #: Minimum a year at each place; None: no norm, so no step 2.
    minimum: Fraction | None
    #: Part of the volume that goes where the patients go; the rest stays (ERCP: 10% moves).
    moving: Fraction
    #: Whether it counts in travel and in impact.
    travel: bool
    impact: bool

    def name(self, language: Language) -> str:
        """Return the name in Dutch or English."""
        return self.names[language]


@dataclass(frozen=True)
class Intervention:
    """What is done, under which norm it counts, and whose specialty it is."""

    id: str
    names: Mapping[Language, str]
    norm: str
    specialty: str
    #: Care profile of the simulation it is part of; empty: none.
    profile: str = ""

    def name(self, language: Language) -> str:
        """Return the name in Dutch or English."""
        return self.names[language]


@dataclass(frozen=True)
class Decision:
    """The choice of a place, and the region within which its patients are divided."""

    choice: Choice
    region: str = ""


@dataclass(frozen=True)
class Override:
    """Part of the patients of a place goes to this one, whatever is nearest."""

    to: int
    share: Fraction


@dataclass(frozen=True)
class Case:
    """Everything the method works with; nothing in it is rounded."""

    name: str
    #: Year of the volumes, in the words of the user.
    year: str
    confidential: bool
    #: Where areas and travel times come from, in words: a dataset, or the workbook.
    geography: str
    areas: tuple[Area, ...]
    places: tuple[Place, ...]
    #: Hundredths of minutes from each area to each place, and from each place to each other.
    travel: Minutes
    transfer: Minutes
    interventions: tuple[Intervention, ...]
    norms: tuple[Norm, ...]
    #: Volume a year by place and intervention.
    volumes: Mapping[Key, Value]
    #: By place and norm.
    decisions: Mapping[Key, Decision]
    overrides: Mapping[Key, tuple[Override, ...]]
    #: By place or organisation, intervention and measure; and national ones by intervention (``*``: all) and measure.
    own_proxies: Mapping[tuple[str, str, str], Value]
    national_proxies: Mapping[Key, Value]
    #: By organisation, place ("": the whole organisation), specialty ("": all) and activity.
    key_figures: Mapping[tuple[str, str, str, str], Value]
    #: Nursing days as the published code has them: multiplied by the share admitted once more.
    published_nursing_days: bool = False
    #: Names of specialties by code.
    specialties: Mapping[str, Mapping[Language, str]] = field(default_factory=dict)
    #: Name and version of the dataset the geography is of; empty: the workbook has one of its own.
    dataset: str = ""
    #: Which of the plans of a workbook it is; empty: the only one.
    plan: str = ""

    def place_index(self) -> dict[str, int]:
        """Return the position of each place."""
        return {place.id: index for index, place in enumerate(self.places)}

    def members(self, norm: str) -> tuple[Intervention, ...]:
        """Return the interventions that count together under a norm."""
        return tuple(item for item in self.interventions if item.norm == norm)

    def volume(self, place: int, intervention: str) -> Fraction:
        """Return the volume of a place, 0 if there is none."""
        return self.volumes.get((self.places[place].id, intervention), MISSING).value

    def total(self, place: int, norm: str) -> Fraction:
        """Return the volume of a place of all interventions under a norm."""
        return sum((self.volume(place, item.id) for item in self.members(norm)), Fraction(0))

    def decision(self, place: int, norm: str) -> Decision:
        """Return the choice of a place; without one it takes no part."""
        return self.decisions.get((self.places[place].id, norm), Decision("excluded"))

    def computed_norms(self) -> tuple[Norm, ...]:
        """Return the norms of which at least one place takes part."""
        there = {norm for (_, norm), decision in self.decisions.items() if decision.choice in TAKING_PART}
        return tuple(norm for norm in self.norms if norm.id in there)
