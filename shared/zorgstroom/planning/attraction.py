"""Attraction: what makes people travel further for one hospital than for another, fitted to known shares.

The attraction of a location for a profile is the level of its hospital type for that profile plus the level of its
organisation, which all profiles share. Type levels reproduce the types' shares of the patients; organisation levels
bring the bed-days of the organisations of one type into proportion to their beds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Dataset, Int32Array
from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.domain.profile import Profile
from zorgstroom.planning.ability import able_mask
from zorgstroom.planning.case_mix import mean_stays
from zorgstroom.planning.expected import UTILITY_SCALE, FloatArray, beta_milli, persons_per_year

#: An organisation is at most this many units more or less attractive than the mean of its type: ten minutes
#: of travel for basic care. Beyond it, beds say more about where people live than about what they prefer.
ORGANISATION_LIMIT = 1.5
ORGANISATION_TOLERANCE = 0.005
TYPE_TOLERANCE = 0.0005
_ROUNDS = 400
_STEPS = 200


@dataclass(frozen=True)
class Expected:
    """Expected persons a year per location and profile: float64[L, P]; who needs an IC goes where it is."""

    persons: FloatArray
    #: Those among them who need an IC.
    need_ic: FloatArray


@dataclass(frozen=True)
class Attraction:
    """Fitted attraction int32[L, P] at scale 65536, and what it gives and could not give."""

    attraction: Int32Array
    expected: Expected
    #: ``profile:type`` whose share no location can take; it is divided over the other types.
    homeless: tuple[str, ...]
    #: Level per organisation, float64[O]; 0 where its beds are not known.
    organisation_level: FloatArray
    #: Level per profile and hospital type, float64[P, type]; only differences within a profile mean anything, and only
    #: between types that provide it.
    type_level: FloatArray


def ic_share(profile: Profile) -> float:
    """Return the share of a profile's persons who need an IC: some of those with an overnight stay or observation."""
    if profile.ic_type is None or profile.pathway != "care":
        return 0.0
    return profile.ic_probability * (
        profile.setting_shares["overnight"] + profile.setting_shares["observation"]
    )


def without_ic_need(profile: Profile, persons: FloatArray, need_ic: FloatArray) -> FloatArray:
    """Return for how many persons the settings are shared out, as if nobody had gone elsewhere for an IC.

    Of them the part `ic_probability` of those in a bed does not exist at this location: they are `need_ic`.
    """
    share = ic_share(profile)
    if share >= 1:
        return np.zeros_like(persons)
    return np.asarray((persons - need_ic) / (1 - share))


def calendar_bed_days(dataset: Dataset, expected: Expected) -> FloatArray:
    """Return expected bed-days a year (calendar days touched, as statistics count) per location: float64[L]."""
    stays, kinds = mean_stays(dataset), type_index(dataset)
    days = np.zeros(len(dataset.locations))
    for index, profile in enumerate(dataset.profiles):
        if profile.pathway != "care":
            continue
        persons, need_ic = expected.persons[:, index], expected.need_ic[:, index]
        others = without_ic_need(profile, persons, need_ic)
        ward_only = others * (1 - profile.ic_probability if profile.ic_type else 1.0)
        settings = profile.setting_shares
        days += ward_only * settings["overnight"] * (stays.nights[kinds, index] + 1)
        days += ward_only * settings["observation"]
        days += need_ic * (stays.nights_with_ic[kinds, index] + 1)
    return days


def type_index(dataset: Dataset) -> npt.NDArray[np.int64]:
    """Return the position in HOSPITAL_TYPES of each location's type: int64[L]."""
    return np.array([HOSPITAL_TYPES.index(location.type) for location in dataset.locations])


def organisation_index(dataset: Dataset) -> npt.NDArray[np.int64]:
    """Return the position of each location's organisation: int64[L]."""
    position = {organisation.id: index for index, organisation in enumerate(dataset.organisations)}
    return np.array([position[location.organisation_id] for location in dataset.locations])


def fit_attraction(dataset: Dataset, offers: BoolArray, year: int | None = None) -> Attraction:
    """Fit type levels (per profile) and organisation levels (shared by all profiles) together.

    Contraction mapping (Berry 1994): add log(known / modelled share) to a level until the shares are right, types
    within 0.05%; organisations as near as ORGANISATION_LIMIT allows. `year` is the year of the population. A location
    that could start a profile but does not offer it gets the levels of its type and organisation too.
    """
    fit = _Fit(dataset, offers, dataset.base_year if year is None else year)
    beds = np.array([organisation.beds or 0.0 for organisation in dataset.organisations])
    organisations = organisation_index(dataset)
    kind_of = np.array([HOSPITAL_TYPES.index(organisation.type) for organisation in dataset.organisations])
    level = np.zeros(len(beds))
    for _ in range(_ROUNDS):
        fit.types(level[organisations])
        days = np.bincount(organisations, calendar_bed_days(dataset, fit.expected), minlength=len(beds))
        fitted = (beds > 0) & (days > 0)
        ratio = np.ones(len(beds))
        for kind in range(len(HOSPITAL_TYPES)):
            mine = fitted & (kind_of == kind)
            if mine.any():
                ratio[mine] = beds[mine] / beds[mine].sum() / (days[mine] / days[mine].sum())
        step = np.clip(level + np.log(ratio), -ORGANISATION_LIMIT, ORGANISATION_LIMIT) - level
        if np.abs(step).max(initial=0.0) < ORGANISATION_TOLERANCE:
            break
        level = level + step
    return fit.result(level, organisations)


def expected_at(
    dataset: Dataset,
    offers: BoolArray,
    type_level: FloatArray,
    organisation_level: FloatArray,
    year: int | None = None,
) -> Expected:
    """Return who goes where at given levels, nothing fitted: float64[P, type] and float64[O]."""
    fit = _Fit(dataset, offers, dataset.base_year if year is None else year)
    fit.level = type_level
    levels = organisation_level[organisation_index(dataset)]
    for index in range(len(dataset.profiles)):
        fit.place(index, levels)
    return fit.expected


class _Fit:
    """Shares by multinomial logit as products of weights: exp(attraction) of locations, exp(-beta t) of pairs."""

    def __init__(self, dataset: Dataset, offers: BoolArray, year: int) -> None:
        self.dataset = dataset
        self.offers = offers
        self.kinds = type_index(dataset)
        self.persons = persons_per_year(dataset, year)
        self.expected = Expected(np.zeros(offers.shape), np.zeros(offers.shape))
        nearness: dict[str, FloatArray] = {}
        self.nearness: list[FloatArray] = []
        self.with_ic = np.zeros_like(offers)
        self.known = np.zeros((len(dataset.profiles), len(HOSPITAL_TYPES)))
        self.homeless: list[str] = []
        self.level = np.zeros_like(self.known)
        minutes = dataset.travel_hundredths / 100
        # Relative to the nearest location of all: shares do not change, nothing underflows.
        further = minutes - minutes.min(axis=1, keepdims=True)
        for index, profile in enumerate(dataset.profiles):
            if profile.choice_class not in nearness:
                nearness[profile.choice_class] = np.exp(-beta_milli(dataset, profile) / 1000 * further)
            self.nearness.append(nearness[profile.choice_class])
            self.with_ic[:, index] = offers[:, index] & np.array(
                [profile.ic_type in location.ic_types for location in dataset.locations]
            )
            self._set_known(index, profile)

    def _set_known(self, index: int, profile: Profile) -> None:
        known = np.array([profile.type_shares[kind] for kind in HOSPITAL_TYPES])
        present = np.bincount(self.kinds[self.offers[:, index]], minlength=len(HOSPITAL_TYPES)) > 0
        self.homeless += [
            f"{profile.id}:{kind}"
            for kind, has, part in zip(HOSPITAL_TYPES, present, known, strict=True)
            if part > 0 and not has
        ]
        known = np.where(present, known, 0.0)
        self.known[index] = known / known.sum() if known.sum() > 0 else known

    def types(self, organisation_level: FloatArray) -> None:
        """Fit the type levels of every profile, given the organisation level of each location."""
        for index in range(len(self.dataset.profiles)):
            known, level = self.known[index], self.level[index]
            for _ in range(_STEPS):
                flows = self.place(index, organisation_level)
                by_type = np.bincount(self.kinds, flows, minlength=len(known))
                modelled = by_type / max(float(by_type.sum()), 1e-12)
                ratio = np.divide(
                    known, modelled, out=np.ones(len(known)), where=(known > 0) & (modelled > 0)
                )
                if np.abs(ratio - 1).max() < TYPE_TOLERANCE:
                    break
                level += np.log(ratio)

    def place(self, index: int, organisation_level: FloatArray) -> FloatArray:
        """Send the persons of a profile to locations by the levels as they are; keep and return them: float64[L]."""
        in_need = self.persons[:, index] * ic_share(self.dataset.profiles[index])
        weight = np.exp(self.level[index][self.kinds] + organisation_level)
        to_ic = self._flows(index, in_need, weight * self.with_ic[:, index])
        rest = self.persons[:, index] - in_need
        flows = self._flows(index, rest, weight * self.offers[:, index]) + to_ic
        self.expected.persons[:, index] = flows
        self.expected.need_ic[:, index] = to_ic
        return flows

    def _flows(self, index: int, persons: FloatArray, weight: FloatArray) -> FloatArray:
        """Return persons per location when each goes by logit weights: float64[L]."""
        nearness = self.nearness[index]
        if not weight.any() or not persons.any():
            return np.zeros(len(weight))
        return np.asarray(weight * (nearness.T @ (persons / (nearness @ weight))))

    def result(self, level: FloatArray, organisations: npt.NDArray[np.int64]) -> Attraction:
        """Return the attraction of every location that offers or could start a profile."""
        attraction = np.zeros(self.offers.shape, dtype=np.int32)
        for index in range(len(self.dataset.profiles)):
            known = self.known[index] > 0
            of_type = self.level[index].copy()
            # A type without patients of the profile has no level of its own: that of the least attractive type.
            if known.any():
                of_type[~known] = of_type[known].min()
            value = of_type[self.kinds] + level[organisations]
            offering = self.offers[:, index]
            stored = offering | able_mask(self.dataset, index)
            if offering.any():
                value = value - value[offering].max()
            attraction[stored, index] = np.rint(value[stored] * UTILITY_SCALE).astype(np.int32)
        return Attraction(attraction, self.expected, tuple(self.homeless), level, self.level)
