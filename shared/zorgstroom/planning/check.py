"""Judges a scenario against a dataset before anything runs: unknown names and impossible plans.

Errors stop a run; warnings are said and the run goes on. Every problem carries the JSON pointer of the
field it is about, both as its place and as `pointer`, so that a caller who knows the file can name the line.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import (
    Action,
    AnyAction,
    Capacity,
    Close,
    Concentrate,
    MovingCapacity,
    Open,
    Scenario,
    Spread,
    Temporary,
)
from zorgstroom.errors import Count, Problem
from zorgstroom.planning.ability import needed_pools, obstacles
from zorgstroom.planning.actions.concentrating import NO_PATIENT
from zorgstroom.planning.actions.opening import has_unit
from zorgstroom.planning.check_contradictions import check_contradictions, receivers_of
from zorgstroom.planning.check_names import check_horizon, check_names, check_unfinished
from zorgstroom.planning.findings import Findings, action_pointer
from zorgstroom.planning.plan import Steps, calendar_of, take_steps
from zorgstroom.planning.regions import region_of, region_problem
from zorgstroom.planning.state import State, Step

__all__ = ["CheckResult", "check_scenario", "check_unfinished"]

IntArray = npt.NDArray[np.int64]
#: A provider further away than this, one way by car, is out of reach.
REACH_MINUTES = 120
#: Acute care should be nearer than this, one way by car.
ACUTE_REACH_MINUTES = 45
#: What makes a profile acute care: it needs an emergency department or acute obstetrics.
ACUTE_NEEDS = frozenset({"ed", "obstetrics"})
#: From so many expected patients a year, inhabitants who must leave a location mean that a plan touches them;
#: below the second, not even a run of many years shows one of them.
TOUCHED_PATIENTS, VISIBLE_PATIENTS = 1.0, 0.001


@dataclass(frozen=True)
class CheckResult:
    """What is wrong with a scenario, and what deserves a second look."""

    errors: list[Problem]
    warnings: list[Problem]


def check_scenario(scenario: Scenario, dataset: Dataset, region: Region | None) -> CheckResult:
    """Return everything that is wrong with a scenario for this dataset and region of the run.

    `region` None: the scenario's own region, or the whole country.
    """
    findings = Findings()
    own_region = region_of(scenario.region)
    if own_region is not None:
        findings.add(region_problem(own_region, dataset, "/region", "/region"))
    if region is not None:
        findings.add(region_problem(region, dataset, "region", None))
    regions_are_known = not findings.errors
    check_horizon(scenario.horizon, dataset, findings)
    calendar = calendar_of(scenario, dataset)
    for index, item in enumerate(scenario.actions):
        pointer = action_pointer(index, item)
        _check_dates(item.action, pointer, calendar, findings)
        check_names(item.action, pointer, dataset, calendar.demand_year, findings)
    sound = [
        index
        for index, item in enumerate(scenario.actions)
        if not findings.below(action_pointer(index, item))
    ]
    if regions_are_known:
        check_contradictions(scenario, sound, calendar, dataset, own_region or region, findings)
        possible = _with_possible_demand(scenario, findings)
        _check_effects(possible, set(sound), dataset, region, findings)
    return CheckResult(findings.errors, findings.warnings)


def _with_possible_demand(scenario: Scenario, findings: Findings) -> Scenario:
    """Return the scenario, with today's demand where its own is a mistake: the actions are judged all the same."""
    if not findings.below("/horizon"):
        return scenario
    horizon = scenario.horizon.model_copy(update={"demand_year": None, "demand_factors": []})
    return scenario.model_copy(update={"horizon": horizon})


def _check_dates(action: Action, pointer: str, calendar: Calendar, findings: Findings) -> None:
    """An action must start before the run ends and end after it begins; else it says nothing about the run."""
    first, last = calendar.start, calendar.start + dt.timedelta(days=calendar.days - 1)
    period = {"first": first.isoformat(), "last": last.isoformat()}
    if action.start is not None:
        params = {"start": action.start.isoformat(), **period}
        if action.start > last:
            findings.error(f"{pointer}/start", "scenario.after_horizon", **params)
        elif action.start < first:
            findings.warn(f"{pointer}/start", "scenario.before_run", **params)
    if isinstance(action, Temporary) and action.until is not None and action.until <= first:
        findings.error(
            f"{pointer}/until", "scenario.until_before_run", until=action.until.isoformat(), **period
        )


# What the actions do


def _check_effects(
    scenario: Scenario, sound: Set[int], dataset: Dataset, region: Region | None, findings: Findings
) -> None:
    """Take the actions one after the other and judge what each does."""
    run_region = region or region_of(scenario.region)
    found = take_steps(scenario, dataset, region, sound)
    steps: list[tuple[str, Step]] = []
    for step in found.steps:
        if step.ends:
            continue
        item = scenario.actions[step.action]
        action, pointer = item.action, action_pointer(step.action, item)
        if isinstance(action, Capacity) and any(change.capacity < 0 for change in step.capacities):
            findings.error(pointer, "scenario.capacity_negative", location=action.location, pool=action.pool)
            continue
        _check_abilities(action, step, pointer, dataset, findings)
        _check_units(action, step, pointer, dataset, findings)
        _check_change(item.kind, action, step, pointer, dataset, findings)
        _check_kept(action, step, pointer, dataset, findings)
        _check_moving_capacity(action, step, found, pointer, calendar_of(scenario, dataset), findings)
        _check_receivers(step, pointer, dataset, findings)
        _check_reach(step, pointer, scenario, dataset, run_region, findings)
        _check_outside(step, pointer, dataset, run_region, findings)
        steps.append((pointer, step))
    for pointer, step in steps:
        _check_capacity(pointer, step, found.end, dataset, findings)
    if run_region is not None and steps and not findings.errors:
        _check_touched(scenario, [step for _, step in steps], dataset, run_region, findings)


def _check_touched(
    scenario: Scenario, steps: Sequence[Step], dataset: Dataset, region: Region, findings: Findings
) -> None:
    """A plan must touch the region of the run: its locations or the patients who live there.

    A mistake if nothing the run counts can change.
    """
    inside, inhabited = dataset.locations_in(region), dataset.areas_in(region)
    for step in steps:
        named = receivers_of(scenario.actions[step.action].action, dataset)
        if any((inside & (move.leaving | (move.receivers & named))).any() for move in step.moves):
            return
        if any(inside[change.location] for change in step.capacities):
            return
        if any(inside[change.location] for change in step.units):
            return
        if any((inhabited & change.areas).any() for change in step.demand):
            return
        if any((inside & change.locations).any() for change in step.shared_care):
            return
    patients = sum(
        float(transfer.areas[inhabited].sum()) * dataset.profiles[transfer.profile].weight
        for step in steps
        for transfer in step.transfers
    )
    if patients >= TOUCHED_PATIENTS:
        return
    own = region == region_of(scenario.region)
    params = {"region": region.name}
    pointer = "/region" if own else None
    problem = Problem("/region" if own else "region", "scenario.region_untouched", params, pointer)
    (findings.warnings if patients >= VISIBLE_PATIENTS else findings.errors).append(problem)


def _check_outside(
    step: Step, pointer: str, dataset: Dataset, region: Region | None, findings: Findings
) -> None:
    """Of who leaves a location outside the region of the run, only the region's inhabitants are simulated."""
    if region is None:
        return
    patients = np.zeros(len(dataset.locations))
    for transfer in step.transfers:
        patients += transfer.leaving * dataset.profiles[transfer.profile].weight
    leaving = np.flatnonzero(~dataset.locations_in(region) & (patients >= TOUCHED_PATIENTS))
    if len(leaving):
        names = ", ".join(dataset.locations[row].id for row in leaving)
        findings.warn(pointer, "scenario.leaves_outside_region", locations=names, region=region.name)


def _check_capacity(pointer: str, step: Step, end: State, dataset: Dataset, findings: Findings) -> None:
    """Who starts a profile needs capacity for it, from this plan or before: without it patients only wait."""
    started = step.after.offers & ~step.before.offers
    for row, column in np.argwhere(started).tolist():
        location, profile = dataset.locations[row], dataset.profiles[column]
        for pool in needed_pools(location, profile):
            if end.capacities.get((location.id, pool), 0) <= 0:
                params = {"location": location.id, "name": location.name, "profile": profile.id, "pool": pool}
                findings.warn(pointer, "scenario.starts_without_capacity", **params)


def _check_abilities(
    action: AnyAction, step: Step, pointer: str, dataset: Dataset, findings: Findings
) -> None:
    """A location named by id must be able to provide what it does not provide yet."""
    for location_id, profile_id, place in _starting(action, pointer):
        row, column = dataset.location_index[location_id], dataset.profile_index[profile_id]
        if step.before.offers[row, column]:
            continue
        # With the units that this action or an earlier one opened.
        location, profile = step.after.locations[row], dataset.profiles[column]
        params = {"location": location.id, "name": location.name, "profile": profile.id}
        lacking = obstacles(location, profile)
        for lack in lacking:
            findings.error(place, f"scenario.cannot_provide.{lack}", **params)
        needs_ic = profile.ic_type is not None and profile.ic_probability > 0
        if not lacking and needs_ic and profile.ic_type not in location.ic_types:
            findings.warn(place, "scenario.starts_without_ic", **params, ic=profile.ic_type)


def _starting(action: AnyAction, pointer: str) -> list[tuple[str, str, str]]:
    """Return (location, profile, pointer) of what an action says that a location by name is to provide."""
    if isinstance(action, Open):
        return [
            (action.location, profile, f"{pointer}/profiles/{position}")
            for position, profile in enumerate(action.profiles or ())
        ]
    places: list[tuple[str, str]] = []
    if isinstance(action, Concentrate):
        places = [(name, f"{pointer}/at/{position}") for position, name in enumerate(action.at or ())]
    elif isinstance(action, Spread):
        ids = action.to.locations or []
        places = [(name, f"{pointer}/to/locations/{position}") for position, name in enumerate(ids)]
    profiles = getattr(action, "profiles", None) or ()
    return [(name, profile, place) for name, place in places for profile in profiles]


def _check_units(action: AnyAction, step: Step, pointer: str, dataset: Dataset, findings: Findings) -> None:
    """A unit that closes must be there; one that opens needs a hospital with wards, and care that uses it."""
    if not isinstance(action, Close | Open):
        return
    row = dataset.location_index[action.location]
    location = step.before.locations[row]
    params = {"location": location.id, "name": location.name}
    changed = {change.unit for change in step.units}
    for position, unit in enumerate(action.units or ()):
        place = f"{pointer}/units/{position}"
        if isinstance(action, Close):
            if not has_unit(location, unit):
                findings.error(place, f"scenario.unit_not_there.{unit}", **params)
        elif location.role != "klinisch":
            findings.error(place, f"scenario.cannot_open_unit.{unit}", **params)
        elif unit not in changed:
            findings.error(place, f"scenario.unit_already_there.{unit}", **params)
        elif not any(
            unit in dataset.profiles[column].needs for column in np.flatnonzero(step.after.offers[row])
        ):
            findings.warn(place, f"scenario.unit_without_care.{unit}", **params)


def _check_change(
    kind: str, action: Action, step: Step, pointer: str, dataset: Dataset, findings: Findings
) -> None:
    """An action must change something; a profile of it that stays as it is deserves a warning."""
    changed = {change.profile for change in step.moves}
    changed |= {change.profile for change in step.demand}
    changed |= {change.profile for change in step.shared_care}
    if not changed and not step.capacities and not step.units:
        if not findings.below(pointer):
            by_number = isinstance(action, Concentrate) and action.at is None
            findings.error(pointer, f"scenario.changes_nothing.{kind}{'_number' if by_number else ''}")
        return
    for position, name in enumerate(getattr(action, "profiles", None) or ()):
        if dataset.profile_index[name] not in changed:
            findings.warn(f"{pointer}/profiles/{position}", "scenario.profile_unchanged", profile=name)


def _check_kept(action: AnyAction, step: Step, pointer: str, dataset: Dataset, findings: Findings) -> None:
    """Say which locations stay below the number an action works towards, and that only one is left."""
    if not isinstance(action, Concentrate):
        return
    for kept in step.kept:
        profile = dataset.profiles[kept.profile].id
        towards = action.to_minimum is not None or action.top_up
        if towards and kept.minimum is not None:
            short = [
                dataset.locations[row].id
                for row, patients in zip(kept.locations, kept.patients_per_year, strict=True)
                if patients < kept.minimum - NO_PATIENT
            ]
            if short:
                params = {"profile": profile, "minimum": kept.minimum, "locations": ", ".join(short)}
                findings.warn(pointer, "scenario.still_below", **params)
        stopped = any(move.profile == kept.profile for move in step.moves)
        if action.to_minimum is not None and stopped and len(kept.locations) == 1:
            location = dataset.locations[kept.locations[0]]
            params = {"profile": profile, "location": location.id, "name": location.name}
            findings.warn(pointer, "scenario.one_left", **params)


def _check_moving_capacity(
    action: AnyAction, step: Step, found: Steps, pointer: str, calendar: Calendar, findings: Findings
) -> None:
    """Capacity that is to follow must be there, and move within the period."""
    if not isinstance(action, MovingCapacity) or not action.capacity_follows or not step.moves:
        return
    if any(change.action == step.action for change in found.capacities):
        return
    late = next((item for item in found.too_late if item.action == step.action), None)
    if late is not None:
        date = calendar.start + dt.timedelta(days=late.day)
        last = calendar.start + dt.timedelta(days=calendar.days - 1)
        params = {"date": date.isoformat(), "last": last.isoformat()}
        findings.warn(f"{pointer}/after_months", "scenario.capacity_too_late", **params)
    else:
        findings.warn(f"{pointer}/capacity_follows", "scenario.capacity_nothing_moves")


def _check_receivers(step: Step, pointer: str, dataset: Dataset, findings: Findings) -> None:
    """Those who leave must find a provider, and one with the IC they may need."""
    for move in step.moves:
        profile = dataset.profiles[move.profile]
        if not step.after.offers[:, move.profile].any():
            findings.error(pointer, "scenario.no_provider", profile=profile.id)
        elif not move.receivers.any():
            findings.error(pointer, "scenario.no_receiver", profile=profile.id)
        elif profile.ic_type is not None and profile.ic_probability > 0 and not move.only_if_better:
            receivers = np.flatnonzero(move.receivers)
            if not any(profile.ic_type in dataset.locations[row].ic_types for row in receivers):
                findings.error(pointer, "scenario.no_ic", profile=profile.id, ic=profile.ic_type)


def _check_reach(
    step: Step,
    pointer: str,
    scenario: Scenario,
    dataset: Dataset,
    region: Region | None,
    findings: Findings,
) -> None:
    """Inhabitants of the region keep a provider within `REACH_MINUTES`; growing distance to acute care is told.

    Profiles for which as many inhabitants come to live far from acute care share one warning.
    """
    year = scenario.horizon.demand_year or dataset.base_year
    inhabitants = dataset.population.get(year, dataset.population[dataset.base_year]).sum(axis=1)
    if region is not None:
        inhabitants = inhabitants * dataset.areas_in(region)
    # Who lives on an island is far from everything: what counts is the drive.
    ferry = ferry_minutes(dataset)
    further: dict[int, list[str]] = {}
    for column in dict.fromkeys(move.profile for move in step.moves):
        profile = dataset.profiles[column]
        before, after = step.before.offers[:, column], step.after.offers[:, column]
        if not after.any():
            continue
        reached = [_within_reach(dataset, offering, REACH_MINUTES, ferry) for offering in (before, after)]
        lost = reached[0] & ~reached[1]
        if people := int(inhabitants[lost].sum()):
            params = {"profile": profile.id, "people": Count(people), "minutes": REACH_MINUTES}
            findings.error(pointer, "scenario.out_of_reach", **params)
        if profile.needs & ACUTE_NEEDS:
            near = [_within_reach(dataset, offering, ACUTE_REACH_MINUTES) for offering in (before, after)]
            people = int(inhabitants[near[0]].sum() - inhabitants[near[1]].sum())
            further.setdefault(people, []).append(profile.id)
    for people, profiles in further.items():
        if people > 0:
            findings.warn(
                pointer,
                "scenario.acute_further",
                people=Count(people),
                minutes=ACUTE_REACH_MINUTES,
                profiles=", ".join(profiles),
            )


def _within_reach(
    dataset: Dataset, providers: BoolArray, minutes: int, ferry: IntArray | None = None
) -> BoolArray:
    """Return which areas have a provider within so many minutes, without those on a `ferry` int[A]: bool[A]."""
    nearest = dataset.travel_hundredths[:, providers].min(axis=1)
    if ferry is not None:
        nearest = nearest - ferry * 100
    return np.asarray(nearest <= minutes * 100, dtype=np.bool_)


def ferry_minutes(dataset: Dataset) -> IntArray:
    """Return the minutes by ferry in each area's travel times, rounded up: int[A]."""
    return np.array([math.ceil(dataset.ferry_minutes.get(area.gemeente_id, 0.0)) for area in dataset.areas])
