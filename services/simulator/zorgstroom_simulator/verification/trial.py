"""The calibration on trial: half of the known figures predicts the other half, both ways.

    trial = calibration_trial(folder)
    for error in errors(trial): ...       # per kind of figure: with it, predicted without it, with none of its kind

Every known figure is in one half, by a hash of its name; each half is held back once. Nothing is simulated: the
calibration itself is done again on what is left. Three kinds of figures can be held back:

`beds_share`
    The beds of an organisation as a share of those of its type. Its level of attraction is 0 when they are held
    back, and travel alone says which share of the bed-days it gets. Without: no beds of anybody.
`type_share`
    The share of a hospital type in the patients of a profile. Held back, the profile gets the mean levels of the
    other half's profiles of its choice class, and providers are divided over the types by those profiles' mean
    shares. Without: types differ in nothing but where they are.
`people_beyond_45`
    Inhabitants more than 45 minutes by ambulance from an emergency department or from acute obstetrics. Minutes
    for call and departure are fitted on the one and predict the other. Without: the drive alone, by car.

Volumes, stays and published waits cannot be held back: nothing in the model predicts one from another. Waits are
what the lists are filled with.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.hospital import HOSPITAL_TYPES, HospitalType
from zorgstroom.domain.profile import Profile
from zorgstroom.planning.access import ED_MINUTES, emergency_sites, minutes_to_nearest, obstetrics_sites
from zorgstroom.planning.attraction import (
    Attraction,
    Expected,
    calendar_bed_days,
    expected_at,
    fit_attraction,
    organisation_index,
    type_index,
)
from zorgstroom.planning.baseline import derive_offers
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.targets import Target, read_targets
from zorgstroom_simulator.calibrate import calibrate
from zorgstroom_simulator.verification.results import Trial, TrialLine

HALVES = (1, 2)
#: Type that levels are measured from: nearly every profile has patients there.
REFERENCE = HOSPITAL_TYPES.index("topklinisch")
#: Targets of `people_beyond_45`, and where their sites are.
BEYOND: tuple[tuple[str, Callable[[Dataset], BoolArray]], ...] = (
    ("people_beyond_45_ed", emergency_sites),
    ("people_beyond_45_obstetrics", obstetrics_sites),
)


@dataclass(frozen=True)
class TrialError:
    """How far the model is from the known figures of a kind."""

    figure: str
    number: int
    #: Mean absolute relative deviation: with the figures, predicted from the other half, with none of the kind.
    fitted: float
    predicted: float
    without: float
    #: Root mean square deviation, in the unit of the figure (shares: 0.01 is a point).
    fitted_rmse: float
    predicted_rmse: float
    without_rmse: float


def calibration_trial(folder: Path, year: int | None = None) -> Trial:
    """Put the calibration of a dataset on trial; takes some 20 seconds. Raises InvalidInput if its tables are wrong.

    `year` is the year of the population, the dataset's base year if it is not given.
    """
    dataset, _ = calibrate(folder, year)
    targets = read_targets(folder)
    lines = [
        *trial_of_beds(dataset, year),
        *trial_of_types(dataset, year),
        *trial_of_minutes(dataset, targets),
    ]
    return Trial(tuple(lines), calibrated_on(dataset, targets))


def errors(trial: Trial) -> tuple[TrialError, ...]:
    """Return the errors per kind of figure; known figures of zero have no relative deviation and are left out of it."""
    found = []
    for figure in dict.fromkeys(line.figure for line in trial.lines):
        mine = [line for line in trial.lines if line.figure == figure]
        known = np.array([line.known for line in mine])
        relative, rmse = [], []
        for name in ("fitted", "predicted", "without"):
            off = np.array([getattr(line, name) for line in mine]) - known
            some = known > 0
            relative.append(float(np.abs(off[some] / known[some]).mean()) if some.any() else 0.0)
            rmse.append(float(np.sqrt((off**2).mean())))
        found.append(TrialError(figure, len(mine), *relative, *rmse))
    return tuple(found)


def halves(names: Iterable[str]) -> dict[str, int]:
    """Return which half each name is in: 1 or 2, as equal in number as can be, by a hash of the name."""
    ordered = sorted(set(names), key=lambda name: hashlib.sha256(name.encode()).digest())
    return {name: 1 if place < (len(ordered) + 1) // 2 else 2 for place, name in enumerate(ordered)}


def trial_of_beds(dataset: Dataset, year: int | None = None) -> list[TrialLine]:
    """Hold back the beds of half of the organisations."""
    beds = np.array([organisation.beds or 0.0 for organisation in dataset.organisations])

    def bed_days(held_back: Iterable[str]) -> FloatArray:
        organisations = tuple(
            dataclasses.replace(organisation, beds=None) if organisation.id in held_back else organisation
            for organisation in dataset.organisations
        )
        without = dataclasses.replace(dataset, organisations=organisations)
        days = calendar_bed_days(dataset, fit_attraction(without, dataset.offers, year).expected)
        return np.asarray(
            np.bincount(organisation_index(dataset), days, minlength=len(organisations)), np.float64
        )

    with_all = bed_days(())
    # Some categorical hospitals have beds for nothing that is modelled: they take no part in the fit.
    base: BoolArray = (beds > 0) & (with_all > 0)

    def shares(held_back: Iterable[str]) -> dict[str, float]:
        return _shares_within_types(dataset, bed_days(held_back), base)

    known = _shares_within_types(dataset, beds, base)
    half_of = halves(known)
    fitted, without = _shares_within_types(dataset, with_all, base), shares(known)
    predicted = {half: shares([name for name in known if half_of[name] == half]) for half in HALVES}
    return [
        TrialLine(
            "beds_share",
            half_of[name],
            name,
            value,
            predicted[half_of[name]][name],
            without[name],
            fitted[name],
        )
        for name, value in known.items()
    ]


def _shares_within_types(dataset: Dataset, amounts: FloatArray, base: BoolArray) -> dict[str, float]:
    """Return each organisation's share of an amount within its type, among those of `base` bool[O]."""
    kind_of = np.array([organisation.type for organisation in dataset.organisations])
    found: dict[str, float] = {}
    for kind in HOSPITAL_TYPES:
        mine = np.flatnonzero(base & (kind_of == kind))
        # One alone has the whole of its type, whatever is fitted.
        if len(mine) > 1:
            total = float(amounts[mine].sum())
            found |= {
                dataset.organisations[index].id: float(amounts[index]) / total for index in mine.tolist()
            }
    return found


def trial_of_types(dataset: Dataset, year: int | None = None) -> list[TrialLine]:
    """Hold back the type shares of half of the profiles."""
    whole = fit_attraction(dataset, dataset.offers, year)
    known = _known_shares(dataset)
    fitted = _modelled_shares(dataset, whole.expected)
    everything = range(len(dataset.profiles))
    no_levels = np.zeros_like(whole.type_level)
    alike = _with_shares(
        dataset, dict.fromkeys(everything, dict.fromkeys(HOSPITAL_TYPES, 1 / len(HOSPITAL_TYPES)))
    )
    nothing = expected_at(alike, derive_offers(alike), no_levels, np.zeros(len(dataset.organisations)), year)
    without = _modelled_shares(dataset, nothing)
    half_of = halves(profile.id for profile in dataset.profiles)
    predicted = {}
    for half in HALVES:
        held_back = [index for index in everything if half_of[dataset.profiles[index].id] == half]
        predicted[half] = _modelled_shares(dataset, _predict_types(dataset, held_back, year))
    lines = []
    for index, profile in enumerate(dataset.profiles):
        half = half_of[profile.id]
        for number, kind in enumerate(HOSPITAL_TYPES):
            if known[index, number] > 0:
                values = (array[index, number] for array in (known, predicted[half], without, fitted))
                lines.append(TrialLine("type_share", half, f"{profile.id}:{kind}", *map(float, values)))
    return lines


def _known_shares(dataset: Dataset) -> FloatArray:
    """Return the share of each type that provides a profile in its patients: float64[P, type]."""
    kinds = type_index(dataset)
    shares = np.array(
        [[profile.type_shares[kind] for kind in HOSPITAL_TYPES] for profile in dataset.profiles]
    )
    for index in range(len(shares)):
        shares[index] *= np.bincount(kinds[dataset.offers[:, index]], minlength=len(HOSPITAL_TYPES)) > 0
    total = shares.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(shares, total, out=np.zeros_like(shares), where=total > 0))


def _modelled_shares(dataset: Dataset, expected: Expected) -> FloatArray:
    """Return the share of each type in the persons of a profile: float64[P, type]."""
    kinds = type_index(dataset)
    persons = np.array([expected.persons[kinds == kind].sum(axis=0) for kind in range(len(HOSPITAL_TYPES))]).T
    total = persons.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(persons, total, out=np.zeros_like(persons), where=total > 0))


def _predict_types(dataset: Dataset, held_back: Sequence[int], year: int | None) -> Expected:
    """Return who goes where when the type shares of these profiles are unknown: levels of the others of their class."""
    kept = [index for index in range(len(dataset.profiles)) if index not in set(held_back)]
    training = dataclasses.replace(
        dataset,
        profiles=tuple(dataset.profiles[index] for index in kept),
        offers=dataset.offers[:, kept],
        attraction=dataset.attraction[:, kept],
        expected_volume=dataset.expected_volume[:, kept],
    )
    fit = fit_attraction(training, training.offers, year)
    levels = np.zeros((len(dataset.profiles), len(HOSPITAL_TYPES)))
    assumed: dict[int, dict[HospitalType, float]] = {}
    for index in held_back:
        like = _of_class(training.profiles, dataset.profiles[index])
        levels[index] = _mean_levels(training, fit, like)
        shares = _known_shares(training)[like].mean(axis=0)
        assumed[index] = dict(zip(HOSPITAL_TYPES, shares.tolist(), strict=True))
    guessed = _with_shares(dataset, assumed)
    return expected_at(guessed, derive_offers(guessed), levels, fit.organisation_level, year)


def _of_class(profiles: Sequence[Profile], wanted: Profile) -> list[int]:
    """Return the profiles of the same choice class; all of them if there is none."""
    same = [index for index, profile in enumerate(profiles) if profile.choice_class == wanted.choice_class]
    return same or list(range(len(profiles)))


def _mean_levels(dataset: Dataset, fit: Attraction, rows: Sequence[int]) -> FloatArray:
    """Return the mean level of each type over these profiles, less that of `REFERENCE`: float64[type]."""
    known = _known_shares(dataset)
    mean = np.zeros(len(HOSPITAL_TYPES))
    for kind in range(len(HOSPITAL_TYPES)):
        both = [row for row in rows if known[row, kind] > 0 and known[row, REFERENCE] > 0]
        if both:
            mean[kind] = float((fit.type_level[both, kind] - fit.type_level[both, REFERENCE]).mean())
    return mean


def _with_shares(dataset: Dataset, shares: Mapping[int, Mapping[HospitalType, float]]) -> Dataset:
    """Return the dataset with other type shares for some profiles (positions)."""
    profiles = tuple(
        dataclasses.replace(profile, type_shares=shares[index]) if index in shares else profile
        for index, profile in enumerate(dataset.profiles)
    )
    return dataclasses.replace(dataset, profiles=profiles)


def trial_of_minutes(dataset: Dataset, targets: Iterable[Target]) -> list[TrialLine]:
    """Fit the minutes for call and departure on one of the two published figures, and predict the other."""
    values = {target.id: target for target in targets if target.value is not None}
    found = [(name, sites(dataset)) for name, sites in BEYOND if name in values]
    if len(found) != len(BEYOND) or not all(sites.any() for _, sites in found):
        return []
    # The population of the year nearest to the figure's own.
    minutes: dict[str, tuple[FloatArray, FloatArray, FloatArray]] = {}
    for name, sites in found:
        rows = tuple(np.flatnonzero(sites).tolist())
        year = min(dataset.population, key=lambda known: abs(known - values[name].year))
        people = dataset.population[year].sum(axis=1).astype(np.float64)
        by_ambulance, by_car = (minutes_to_nearest(dataset, rows, ambulance) for ambulance in (True, False))
        minutes[name] = by_ambulance, by_car, people
    lines = []
    names = [name for name, _ in found]
    for half, (held_back, used) in enumerate((names[::-1], names), start=1):
        known, used_value = float(values[held_back].value or 0), float(values[used].value or 0)
        shift = _shift_for(minutes[used][0], minutes[used][2], used_value)
        own = _shift_for(minutes[held_back][0], minutes[held_back][2], known)
        by_ambulance, by_car, people = minutes[held_back]
        predicted, fitted = (_beyond(by_ambulance + more, people) for more in (shift, own))
        lines.append(
            TrialLine("people_beyond_45", half, held_back, known, predicted, _beyond(by_car, people), fitted)
        )
    return lines


def _beyond(minutes: FloatArray, people: FloatArray) -> float:
    """Return how many people have more than `ED_MINUTES`; `minutes` float64[A, points], `people` float64[A]."""
    return float((people * (minutes > ED_MINUTES).mean(axis=1)).sum())


def _shift_for(minutes: FloatArray, people: FloatArray, known: float) -> float:
    """Return the minutes to add so that as many people as known have more than `ED_MINUTES`."""
    weight = np.repeat(people / minutes.shape[1], minutes.shape[1])
    order = np.argsort(-minutes.ravel(), kind="stable")
    reached = np.searchsorted(np.cumsum(weight[order]), known)
    furthest_inside = minutes.ravel()[order[min(int(reached), len(order) - 1)]]
    return float(math.nextafter(ED_MINUTES, -math.inf) - furthest_inside)


def calibrated_on(dataset: Dataset, targets: Iterable[Target]) -> tuple[tuple[str, int], ...]:
    """Return every kind of figure the model is set with, and how many; names are texts ``trial.<kind>``."""
    profiles, organisations = dataset.profiles, dataset.organisations
    bands = len(profiles[0].rate_per_1000) if profiles else 0
    counts = {
        "beds_share": sum(1 for organisation in organisations if organisation.beds),
        "type_share": sum(share > 0 for profile in profiles for share in profile.type_shares.values()),
        "providers": sum(1 for profile in profiles if profile.providers),
        "rates": len(profiles) * bands,
        "stays": sum(1 for profile in profiles if profile.los_nights_mean > 0),
        "case_mix": len(dataset.case_mix),
        "ic_probabilities": sum(1 for profile in profiles if profile.ic_type and profile.ic_probability > 0),
        "wait_first_visit": sum(1 for profile in profiles if profile.wait_first_visit_weeks > 0)
        + sum(1 for specialty in dataset.specialties if specialty.wait_first_visit_weeks > 0),
        "wait_treatment": sum(1 for profile in profiles if profile.wait_treatment_weeks > 0),
        "published": sum(1 for target in targets if target.calibrated_on and target.published),
    }
    return tuple((name, number) for name, number in counts.items() if number)
