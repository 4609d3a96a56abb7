"""What follows from an organisation's own figures: offers, attraction, expected volumes and capacities.

Own figures win. A location gets the attraction with which its expected volume is the one it gave; all others keep
theirs, so that its patients come from and go to them. Capacities nobody gave follow the new expected volumes.
What no figure touches stays as it was, to the last digit. Pure functions on a calibrated dataset.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset, Int32Array, OwnFigure
from zorgstroom.dataset.own.measures import capacity_of
from zorgstroom.planning.attraction import Expected, ic_share
from zorgstroom.planning.baseline import derive_capacities
from zorgstroom.planning.expected import (
    UTILITY_SCALE,
    FloatArray,
    choice_shares,
    persons_per_year,
    utility,
)

#: An own volume is met within this part of it.
TOLERANCE = 0.0005
_STEPS = 2_000

Capacities = Mapping[tuple[str, str], int]


def apply_own(dataset: Dataset) -> Dataset:
    """Return a calibrated dataset in which its own figures have won; without own figures the same object."""
    if not dataset.own:
        return dataset
    touched = touched_profiles(dataset)
    if not touched:
        capacities = capacities_with_own(dataset.capacities, dataset.own)
        return dataclasses.replace(dataset, capacities=capacities)
    offers = offers_with_own(dataset.offers, dataset, dataset.own)
    attraction, expected_volume = dataset.attraction.copy(), dataset.expected_volume.copy()
    for profile in touched:
        attraction[:, profile] = started(dataset, offers[:, profile], profile)
        changed = dataclasses.replace(dataset, attraction=attraction)
        attraction[:, profile] = fit_own_volumes(changed, offers[:, profile], profile)
        changed = dataclasses.replace(dataset, attraction=attraction)
        flows, _ = expected_flows(changed, offers[:, profile], profile)
        expected_volume[:, profile] = np.rint(flows * 1000).astype(np.int64)
    followed = dataclasses.replace(
        dataset, offers=offers, attraction=attraction, expected_volume=expected_volume
    )
    capacities = capacities_with_own(capacities_that_follow(dataset, followed), dataset.own)
    return dataclasses.replace(followed, capacities=capacities)


def offers_with_own(offers: BoolArray, dataset: Dataset, own: Sequence[OwnFigure]) -> BoolArray:
    """Return who offers what after the organisations' own word on it: bool[L, P]."""
    result = offers.copy()
    for figure in own:
        if figure.kind == "offers":
            cell = dataset.location_index[figure.location_id], dataset.profile_index[figure.subject]
            result[cell] = figure.value > 0
    return result


def touched_profiles(dataset: Dataset) -> list[int]:
    """Return the positions of the profiles of which an offer changes or a volume is given."""
    touched = set()
    for figure in dataset.own:
        column = dataset.profile_index.get(figure.subject)
        if column is None:
            continue
        row = dataset.location_index[figure.location_id]
        changes = figure.kind == "offers" and bool(dataset.offers[row, column]) != (figure.value > 0)
        if changes or figure.kind == "volumes":
            touched.add(column)
    return sorted(touched)


def started(dataset: Dataset, offering: BoolArray, profile: int) -> Int32Array:
    """Return the attraction of a profile int32[L] in which those who start are like others of their type.

    Calibration gives a location that could start an attraction of its own; where it has none, it gets the mean
    of the locations of its type that offer the profile, or of all of them.
    """
    attraction = dataset.attraction[:, profile].copy()
    before = dataset.offers[:, profile]
    types = np.array([location.type for location in dataset.locations])
    for row in np.flatnonzero(offering & ~before & (attraction == 0)):
        alike = before & (types == types[row])
        like = alike if alike.any() else before
        if like.any():
            attraction[row] = round(float(dataset.attraction[like, profile].mean()))
    return attraction


def fit_own_volumes(dataset: Dataset, offering: BoolArray, profile: int) -> Int32Array:
    """Return the attraction of a profile int32[L] with which own volumes are the expected ones.

    Contraction mapping (Berry 1994) on the locations with an own volume only: add log(own / expected). A volume
    that cannot be reached is left as near as it came; `dataset.own.judging` says so.
    """
    attraction = dataset.attraction[:, profile].copy()
    subject, weight = dataset.profiles[profile].id, dataset.profiles[profile].weight
    wanted = np.zeros(len(attraction))
    for figure in dataset.own:
        if figure.kind == "volumes" and figure.subject == subject:
            wanted[dataset.location_index[figure.location_id]] = figure.value / weight
    named = (wanted > 0) & offering
    if not named.any():
        return attraction
    level = attraction / UTILITY_SCALE
    work = _Flows(dataset, offering, profile)
    for _ in range(_STEPS):
        flows, _ = work.of(level)
        ratio = np.where(named & (flows > 0), wanted / np.maximum(flows, 1e-12), 1.0)
        if np.abs(ratio - 1).max() < TOLERANCE:
            break
        level = level + np.log(ratio)
    return np.asarray(np.rint(level * UTILITY_SCALE), dtype=np.int32)


def expected_flows(dataset: Dataset, offering: BoolArray, profile: int) -> tuple[FloatArray, FloatArray]:
    """Return expected persons of the base year per location, and those who need an IC: float64[L] each."""
    return _Flows(dataset, offering, profile).of(dataset.attraction[:, profile] / UTILITY_SCALE)


class _Flows:
    """Where the persons of one profile go, for any attraction; who needs an IC goes where it is."""

    def __init__(self, dataset: Dataset, offering: BoolArray, profile: int) -> None:
        kind = dataset.profiles[profile]
        zero = dataclasses.replace(dataset, attraction=np.zeros_like(dataset.attraction))
        self._base = utility(zero, profile, dataset.travel_hundredths) / UTILITY_SCALE
        self._offering = offering[None, :]
        with_ic = np.array([kind.ic_type in location.ic_types for location in dataset.locations])
        self._with_ic = (offering & with_ic)[None, :]
        persons = persons_per_year(dataset, dataset.base_year)[:, profile]
        self._in_need = persons * ic_share(kind)
        self._others = persons - self._in_need

    def of(self, level: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return persons and those among them who need an IC."""
        score = self._base + level[None, :]
        to_ic = self._in_need @ choice_shares(score, self._with_ic)
        return np.asarray(self._others @ choice_shares(score, self._offering) + to_ic), np.asarray(to_ic)


def capacities_that_follow(before: Dataset, after: Dataset) -> dict[tuple[str, str], int]:
    """Return the capacities for the volumes of `after`, as `before` had them for its own.

    A capacity changes in the proportion in which the one derived from expected volumes does; where that stays
    the same, it stays.
    """
    old, new = derived_capacities(before), derived_capacities(after)
    result = {}
    for place in sorted(before.capacities.keys() | new.keys()):
        had, was, becomes = before.capacities.get(place), old.get(place), new.get(place)
        if becomes is None or becomes == was:
            # Nothing asks for it any more, or nothing changed: a clinic without work goes, the rest stays.
            if had is not None and (becomes is not None or was is None):
                result[place] = had
        elif had is None or not was or had == was:
            result[place] = becomes
        else:
            unit = 1 if place[1].startswith(("ward:", "ic:")) else 1000 if place[1] == "day" else None
            exact = had * becomes / was
            result[place] = round(exact) if unit is None else max(1, round(exact / unit)) * unit
    return result


def derived_capacities(dataset: Dataset) -> dict[tuple[str, str], int]:
    """Return the capacities that the expected volumes of a dataset ask for."""
    persons = dataset.expected_volume / 1000.0
    need_ic = np.zeros_like(persons)
    for index, profile in enumerate(dataset.profiles):
        if ic_share(profile) > 0:
            _, need_ic[:, index] = expected_flows(dataset, dataset.offers[:, index], index)
    return derive_capacities(dataset, Expected(persons, np.minimum(need_ic, persons)))


def capacities_with_own(capacities: Capacities, own: Sequence[OwnFigure]) -> dict[tuple[str, str], int]:
    """Return the capacities with those the organisations gave in the place of the derived ones."""
    given = {
        (figure.location_id, figure.subject): capacity_of(figure.subject, figure.value)
        for figure in own
        if figure.kind in ("beds", "rooms")
    }
    return {**capacities, **given}
