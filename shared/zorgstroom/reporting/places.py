"""Who goes elsewhere: what every location hands over and receives, the streams, and where people live."""

from __future__ import annotations

from collections.abc import Set

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.reporting.impact import AreaImpact, Balance, Estimate, Flow, LocationImpact, ProfileImpact
from zorgstroom.reporting.readings import Moves, Readings

_NOTHING = Estimate(mean=0.0)
_NO_BALANCE = Balance(sent=_NOTHING, received=_NOTHING, net=_NOTHING)
MINUTES_PER_HOUR = 60


def locations(dataset: Dataset, region: Region | None, moves: Moves, named: Set[str]) -> list[LocationImpact]:
    """Return the locations that send, receive or are named in the plan, the largest movers first."""
    patients = moves.balance("patients")
    or_hours, bed_days = moves.balance("or_minutes", 1 / MINUTES_PER_HOUR), moves.balance("bed_days")
    inside = dataset.locations_in(region) if region else [True] * len(dataset.locations)
    rows = []
    for location, in_region in zip(dataset.locations, inside, strict=True):
        if location.id not in patients and location.id not in named:
            continue
        balance = patients.get(location.id, _NO_BALANCE)
        rows.append(
            LocationImpact(
                id=location.id,
                name=location.name,
                type=location.type,
                latitude=location.latitude,
                longitude=location.longitude,
                in_region=bool(in_region),
                received=balance.received,
                sent=balance.sent,
                net=balance.net,
                or_hours=or_hours.get(location.id, _NO_BALANCE),
                bed_days=bed_days.get(location.id, _NO_BALANCE),
            )
        )
    return sorted(rows, key=lambda row: (-(row.received.mean + row.sent.mean), row.id))


def flows(moves: Moves) -> list[Flow]:
    """Return patients per kind of care, origin and destination, the largest streams first."""
    columns = ("profile", "from_location", "to_location")
    extra = moves.extra_minutes(*columns)
    or_hours = moves.means("or_minutes", columns, 1 / MINUTES_PER_HOUR)
    bed_days = moves.means("bed_days", columns)
    rows = [
        Flow(
            profile=key[0],
            from_location=key[1],
            to_location=key[2],
            patients=patients,
            extra_minutes=extra[key].mean,
            or_hours=or_hours[key],
            bed_days=bed_days[key],
        )
        for key, patients in moves.patients(*columns).items()
        if key in extra
    ]
    rows.sort(key=lambda row: (-row.patients.mean, row.profile, row.from_location, row.to_location))
    return rows


def profiles(moves: Moves, readings: Readings) -> list[ProfileImpact]:
    """Return what changes per kind of care, those with most moved patients first."""
    extra, longer, shorter = moves.extra_minutes("profile"), moves.longer("profile"), moves.shorter("profile")
    or_hours = moves.means("or_minutes", ("profile",), 1 / MINUTES_PER_HOUR)
    bed_days = moves.means("bed_days", ("profile",))
    rows = []
    for key, patients in moves.patients("profile").items():
        providers = readings.at("providers", profile=key[0])
        rows.append(
            ProfileImpact(
                id=key[0],
                moved_patients=patients,
                extra_minutes=extra[key],
                longer=longer[key],
                shorter=shorter[key],
                or_hours=or_hours[key],
                bed_days=bed_days[key],
                providers_baseline=providers.baseline.mean if providers else None,
                providers_plan=providers.plan.mean if providers else None,
            )
        )
    return sorted(rows, key=lambda row: (-row.moved_patients.mean, row.id))


def areas(dataset: Dataset, moves: Moves, year: int) -> list[AreaImpact]:
    """Return the areas whose inhabitants go elsewhere, those with most of them first."""
    nearest_year = min(dataset.population, key=lambda known: abs(known - year))
    inhabitants = dataset.population[nearest_year].sum(axis=1)
    patients, extra = moves.patients("area"), moves.extra_minutes("area")
    longer, shorter = moves.longer("area"), moves.shorter("area")
    hours = moves.travel_hours("area")
    rows = [
        AreaImpact(
            id=area.id,
            name=area.name,
            latitude=area.latitude,
            longitude=area.longitude,
            inhabitants=int(inhabitants[index]),
            moved_patients=patients[area.id,],
            extra_minutes=extra[area.id,],
            longer=longer[area.id,],
            shorter=shorter[area.id,],
            travel_hours=hours[area.id,],
        )
        for index, area in enumerate(dataset.areas)
        if (area.id,) in extra
    ]
    return sorted(rows, key=lambda row: (-row.moved_patients.mean, row.id))
