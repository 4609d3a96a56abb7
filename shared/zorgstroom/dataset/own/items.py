"""Every figure an organisation can give of its locations, with the default it replaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zorgstroom.dataset.model import Dataset, OwnKind
from zorgstroom.dataset.own.measures import measure_of, stated, volume_of, volume_unit
from zorgstroom.domain.hospital import Basis, Confidence, Location, clinic_pool
from zorgstroom.domain.profile import Profile
from zorgstroom.planning.baseline import able

#: Decimals of a default: enough for a planner to recognise his figure.
DECIMALS = 1


@dataclass(frozen=True)
class Item:
    """One figure that can be given; `default` None: the dataset has none."""

    kind: OwnKind
    location_id: str
    subject: str
    unit: str
    default: float | None
    basis: Basis
    confidence: Confidence


Key = tuple[OwnKind, str, str]


def items(dataset: Dataset, location_ids: Sequence[str]) -> list[Item]:
    """Return what can be given for these locations, by kind, then location, then subject."""
    wanted = set(location_ids)
    found = [
        item
        for row, location in enumerate(dataset.locations)
        if location.id in wanted
        for item in (
            *_capacities(dataset, location),
            *_care(dataset, row, location),
            *_waits(dataset, row, location),
        )
    ]
    return found


def by_key(found: Sequence[Item]) -> dict[Key, Item]:
    """Return items by kind, location and subject."""
    return {(item.kind, item.location_id, item.subject): item for item in found}


def can_offer(location: Location, profile: Profile) -> bool:
    """Return whether an organisation may say that a location gives this care: its facilities allow it."""
    return able(location, profile)


def _capacities(dataset: Dataset, location: Location) -> Iterator[Item]:
    """Pools of the location, and the clinics the dataset knows no capacity of."""
    pools = sorted(pool for owner, pool in dataset.capacities if owner == location.id)
    for pool in pools:
        measure = measure_of(pool)
        default = round(stated(pool, dataset.capacities[location.id, pool]), DECIMALS)
        yield Item(measure.kind, location.id, pool, measure.unit, default, "derived", "low")
    for pool in (clinic_pool(specialty.id) for specialty in dataset.specialties):
        if pool not in pools:
            measure = measure_of(pool)
            yield Item(measure.kind, location.id, pool, measure.unit, None, "derived", "low")


def _care(dataset: Dataset, row: int, location: Location) -> Iterator[Item]:
    """Yearly volume and offer of all care the location gives or could give."""
    for column, profile in enumerate(dataset.profiles):
        offered = bool(dataset.offers[row, column])
        if offered or can_offer(location, profile):
            volume = round(volume_of(dataset, row, column), DECIMALS)
            unit = volume_unit(profile)
            yield Item("volumes", location.id, profile.id, unit, volume, "derived", "low")
            yield Item("offers", location.id, profile.id, "yes_no", float(offered), "assumed", "low")


def _waits(dataset: Dataset, row: int, location: Location) -> Iterator[Item]:
    """Weeks to a first visit per specialty and to treatment per profile, where somebody waits."""
    for specialty in dataset.specialties:
        if specialty.wait_first_visit_weeks > 0:
            weeks = specialty.wait_first_visit_weeks
            basis, confidence = specialty.wait_basis, specialty.wait_confidence
            yield Item("waits", location.id, clinic_pool(specialty.id), "weeks", weeks, basis, confidence)
    figures = {figure.subject: figure for figure in dataset.figures if figure.name == "wait_treatment_weeks"}
    for column, profile in enumerate(dataset.profiles):
        offered = dataset.offers[row, column] or can_offer(location, profile)
        planned = profile.pathway == "care" and not profile.always_acute and profile.acute_share < 1
        if offered and planned and profile.wait_treatment_weeks > 0:
            figure = figures.get(profile.id)
            yield Item(
                "waits",
                location.id,
                profile.id,
                "weeks",
                profile.wait_treatment_weeks,
                figure.basis if figure else "assumed",
                figure.confidence if figure else "low",
            )
