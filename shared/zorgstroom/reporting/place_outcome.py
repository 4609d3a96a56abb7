"""What a plan means for those who live in one place: where they go now and then, and how far that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.dataset.gemeenten import gemeente_names
from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.places_document import (
    AcuteCare,
    CareOfPlace,
    NearestSite,
    PlaceOutcome,
    PlaceShare,
    UnchangedCare,
)
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.expected_today import today_of
from zorgstroom.planning.near import Near, areas_of, nearest, with_emergency
from zorgstroom.planning.plan import take_steps
from zorgstroom.planning.regions import parse_region
from zorgstroom.reporting.impact import Estimate, Identity
from zorgstroom.reporting.readings import Moves, Readings

#: Groups of fewer patients a year are not told.
SMALLEST = 10
#: Hospitals named per kind of care: those where at least this part of the patients goes.
NAMED_SHARE = 0.1
MOST_NAMED = 4


def place_outcome(
    dataset: Dataset,
    scenario: Scenario,
    identity: Identity,
    flows: pa.Table,
    comparison: pa.Table,
    place: str,
) -> PlaceOutcome | None:
    """Return the outcome for an area or gemeente; None for one the dataset does not have.

    Who goes elsewhere comes from the run, where people go today is expected by the choices of the model.
    """
    rows = areas_of(dataset, place)
    if not rows:
        return None
    region = parse_region(identity.region, dataset) if identity.region else None
    ids = [dataset.areas[row].id for row in rows]
    moves = Moves(
        flows.filter(pc.is_in(flows["area"], value_set=pa.array(ids))), identity.replications, identity.weeks
    )
    locations, shared = _end_of_plan(dataset, scenario, identity)
    today = _going(dataset, scenario, rows)
    changed = [
        _changed(dataset, rows, dataset.profile_index[profile], moves, today, shared)
        for (profile,), patients in sorted(moves.patients("profile").items(), key=lambda item: -item[1].mean)
        if patients.mean > 0 and profile in dataset.profile_index
    ]
    minutes = _travel(comparison, ids)
    people = dataset.population[dataset.base_year][list(rows)].sum()
    return PlaceOutcome(
        place=place,
        name=place_name(dataset, rows),
        region=identity.region,
        inhabitants=int(people),
        replications=identity.replications,
        included=region is None or all(dataset.areas_in(region)[list(rows)]),
        changed=changed,
        unchanged=_unchanged(dataset, rows, today, {care.profile for care in changed}),
        emergency=AcuteCare(
            today=_nearest(dataset, rows, with_emergency(dataset.locations)),
            plan=_nearest(dataset, rows, locations[0]),
        ),
        obstetrics=AcuteCare(
            today=_nearest(
                dataset, rows, np.array([site.acute_obstetrics for site in dataset.locations], dtype=np.bool_)
            ),
            plan=_nearest(dataset, rows, locations[1]),
        ),
        minutes_today=minutes.get("baseline"),
        minutes_plan=minutes.get("plan"),
        minutes_difference=minutes.get("difference"),
        names=_names(dataset),
    )


def place_name(dataset: Dataset, rows: Sequence[int]) -> str:
    """Return the name of an area, or of the gemeente of several."""
    area = dataset.areas[rows[0]]
    return area.name if len(rows) == 1 else gemeente_names(dataset)[area.gemeente_id]


def _end_of_plan(
    dataset: Dataset, scenario: Scenario, identity: Identity
) -> tuple[tuple[BoolArray, BoolArray], frozenset[int]]:
    """Return who has acute care in the end (emergency, obstetrics), and the care of which contacts are shared."""
    region = parse_region(identity.region, dataset) if identity.region else None
    steps = take_steps(scenario, dataset, region)
    sites = steps.end.locations
    obstetrics = np.array([site.acute_obstetrics for site in sites], dtype=np.bool_)
    shared = frozenset(change.profile for step in steps.steps for change in step.shared_care if change.after)
    return (with_emergency(sites), obstetrics), shared


def _going(dataset: Dataset, scenario: Scenario, rows: Sequence[int]) -> Mapping[int, FloatArray]:
    """Return expected patients a year of these areas by location, for every kind of care: float64[A, L]."""
    flows = today_of(scenario, dataset).flows
    return {
        index: flows.once(index)[:, list(rows), :].sum(axis=0) * profile.weight
        for index, profile in enumerate(dataset.profiles)
    }


def _changed(
    dataset: Dataset,
    rows: Sequence[int],
    profile: int,
    moves: Moves,
    today: Mapping[int, FloatArray],
    shared: frozenset[int],
) -> CareOfPlace:
    identifier = dataset.profiles[profile].id
    before = today[profile]
    after = before.copy()
    column = {dataset.areas[row].id: position for position, row in enumerate(rows)}
    sums = np.zeros(3)
    for (name, area, source, target), patients in moves.means(
        "patients", ("profile", "area", "from_location", "to_location")
    ).items():
        if name != identifier:
            continue
        position, leave, arrive = column[area], dataset.location_index[source], dataset.location_index[target]
        after[position, leave] = max(0.0, after[position, leave] - patients)
        after[position, arrive] += patients
        travel = dataset.travel_hundredths[rows[position]]
        sums += patients * np.array([1.0, travel[leave] / 100, travel[arrive] / 100])
    moved = moves.patients("profile")[identifier,]
    told = moved.mean >= SMALLEST
    total = float(before.sum())
    return CareOfPlace(
        profile=identifier,
        today=_shares(dataset, rows, before),
        plan=_shares(dataset, rows, after),
        moved=moved if told else None,
        minutes_today=sums[1] / sums[0],
        minutes_plan=sums[2] / sums[0],
        extra_minutes=moves.extra_minutes("profile")[identifier,],
        moved_share=min(1.0, moved.mean / total) if told and total else None,
        shared=profile in shared,
    )


def _shares(dataset: Dataset, rows: Sequence[int], going: FloatArray) -> list[PlaceShare]:
    """Return where most go, the largest part first; the first is always there."""
    by_location = going.sum(axis=0)
    total = by_location.sum()
    if not total:
        return []
    order = np.argsort(-by_location, kind="stable")[:MOST_NAMED]
    travel = dataset.travel_hundredths[list(rows)] / 100
    return [
        PlaceShare(
            location=dataset.locations[location].id,
            share=round(float(by_location[location] / total), 4),
            minutes=round(float((going[:, location] * travel[:, location]).sum() / by_location[location]), 1),
        )
        for rank, location in enumerate(order.tolist())
        if by_location[location] and (rank == 0 or by_location[location] >= NAMED_SHARE * total)
    ]


def _unchanged(
    dataset: Dataset, rows: Sequence[int], today: Mapping[int, FloatArray], changed: set[str]
) -> list[UnchangedCare]:
    found = [
        UnchangedCare(
            profile=dataset.profiles[index].id,
            patients=round(float(going.sum()), 1),
            today=_shares(dataset, rows, going),
        )
        for index, going in today.items()
        if dataset.profiles[index].id not in changed and going.sum() >= SMALLEST
    ]
    return sorted(found, key=lambda care: (-care.patients, care.profile))


def _nearest(dataset: Dataset, rows: Sequence[int], sites: BoolArray) -> NearestSite | None:
    """Return the nearest site of the largest area of a place."""
    people = dataset.population[dataset.base_year].sum(axis=1)
    largest = max(rows, key=lambda row: int(people[row]))
    return site_of(dataset, nearest(dataset, sites)[largest])


def site_of(dataset: Dataset, near: Near | None) -> NearestSite | None:
    """Return a near location as it goes over the line."""
    if near is None:
        return None
    return NearestSite(location=dataset.locations[near.location].id, minutes=round(near.minutes, 1))


def _travel(comparison: pa.Table, ids: Sequence[str]) -> dict[str, Estimate]:
    """Return the mean travel of all who are treated; of a place of several areas nothing: their means do not add up."""
    if len(ids) != 1:
        return {}
    row = Readings(comparison).at("travel_mean", area=ids[0])
    if row is None:
        return {}
    return {"baseline": row.baseline, "plan": row.plan, "difference": row.difference}


def _names(dataset: Dataset) -> dict[str, dict[str, str]]:
    names = {item.id: {"nl": item.name, "en": item.name} for item in dataset.locations}
    return names | {item.id: {"nl": item.name_nl, "en": item.name_en} for item in dataset.profiles}
