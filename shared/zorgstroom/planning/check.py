"""Judges a scenario against a dataset before anything runs: unknown names and impossible plans.

Errors stop a run; warnings are said and the run goes on. Every problem carries the JSON pointer of the
field it is about, both as its place and as `pointer`, so that a caller who knows the file can name the line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.document import pointer_to
from zorgstroom.domain.area import REGION_KINDS, Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import (
    Action,
    ActionItem,
    Capacity,
    Close,
    Concentrate,
    RegionChoice,
    Scenario,
    Spread,
)
from zorgstroom.errors import Count, Problem, nearest_known
from zorgstroom.planning.expected import UTILITY_SCALE, choice_shares, persons_per_year, utility
from zorgstroom.planning.plan import (
    Setting,
    State,
    Step,
    action_order,
    calendar_of,
    filter_mask,
    location_mask,
    needed_pools,
    new_capacity,
    obstacles,
    permille,
    region_of,
    region_problem,
    scope_of,
    start_day_of,
    take_step,
)

#: A provider further away than this, one way by car, is out of reach.
REACH_MINUTES = 120
#: Acute care should be nearer than this, one way by car.
ACUTE_REACH_MINUTES = 45
#: What makes a profile acute care: it needs an emergency department or acute obstetrics.
ACUTE_NEEDS = frozenset({"ed", "obstetrics"})
#: From so many expected patients a year, inhabitants who must leave a location mean that a plan touches them;
#: below the second, not even a run of many years shows one of them.
TOUCHED_PATIENTS, VISIBLE_PATIENTS = 1.0, 0.001
#: Shares may miss one by this much (rounding by hand).
SHARE_TOLERANCE = 0.001


@dataclass(frozen=True)
class CheckResult:
    """What is wrong with a scenario, and what deserves a second look."""

    errors: list[Problem]
    warnings: list[Problem]


@dataclass
class _Findings:
    """Collects problems by pointer."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def error(self, pointer: str, key: str, **params: object) -> None:
        self.errors.append(Problem(pointer, key, params, pointer))

    def warn(self, pointer: str, key: str, **params: object) -> None:
        self.warnings.append(Problem(pointer, key, params, pointer))

    def add(self, problem: Problem | None) -> None:
        if problem:
            self.errors.append(problem)

    def below(self, pointer: str) -> bool:
        """Return whether an error was found in this part of the document."""
        return any(error.pointer == pointer or error.where.startswith(pointer + "/") for error in self.errors)


def check_scenario(scenario: Scenario, dataset: Dataset, region: Region | None) -> CheckResult:
    """Return everything that is wrong with a scenario for this dataset and region of the run.

    `region` None: the scenario's own region, or the whole country.
    """
    findings = _Findings()
    if scenario.region is not None:
        findings.add(region_problem(_named(scenario.region), dataset, "/region", "/region"))
    if region is not None:
        findings.add(region_problem(region, dataset, "region", None))
    regions_are_known = not findings.errors
    _check_demand_year(scenario, dataset, findings)
    calendar = calendar_of(scenario, dataset)
    for index, item in enumerate(scenario.actions):
        _check_date(item.action, f"{_pointer(index, item)}/start", calendar, findings)
        _check_names(item.action, _pointer(index, item), dataset, findings)
    sound = [
        index for index, item in enumerate(scenario.actions) if not findings.below(_pointer(index, item))
    ]
    if regions_are_known:
        plan_region = region_of(scenario.region) or region
        _check_contradictions(scenario, sound, calendar, dataset, plan_region, findings)
        _check_effects(scenario, sound, calendar, dataset, region, findings)
    return CheckResult(findings.errors, findings.warnings)


def _pointer(index: int, item: ActionItem) -> str:
    """Return the pointer of an action, such as ``/actions/0/close``."""
    kind = type(item.action).__name__.lower()
    return f"/actions/{index}/{kind}"


def _named(choice: RegionChoice) -> Region:
    return Region(*choice.kind_and_name())


# Horizon and dates


def _check_demand_year(scenario: Scenario, dataset: Dataset, findings: _Findings) -> None:
    """There must be inhabitants for the demand year."""
    year = scenario.horizon.demand_year
    if year is not None and year not in dataset.population:
        known = ", ".join(str(known) for known in sorted(dataset.population))
        findings.error("/horizon/demand_year", "scenario.unknown_year", year=year, known=known)


def _check_date(action: Action, pointer: str, calendar: Calendar, findings: _Findings) -> None:
    """An action must start before the run ends; one that starts before it counts from the beginning."""
    if action.start is None:
        return
    day = calendar.day_of(action.start)
    last = calendar.start + dt.timedelta(days=calendar.days - 1)
    params = {
        "start": action.start.isoformat(),
        "first": calendar.start.isoformat(),
        "last": last.isoformat(),
    }
    if day >= calendar.days:
        findings.error(pointer, "scenario.after_horizon", **params)
    elif day < 0:
        findings.warn(pointer, "scenario.before_run", **params)


# Names


def _check_names(action: Action, pointer: str, dataset: Dataset, findings: _Findings) -> None:
    """Every location, profile, region and pool named must exist, once."""
    if isinstance(action, Concentrate):
        _check_profiles(action.profiles, f"{pointer}/profiles", dataset, findings)
        _check_locations(action.at, f"{pointer}/at", dataset, findings)
        _check_region(action.within, f"{pointer}/within", dataset, findings)
        _check_shares(action, pointer, findings)
    elif isinstance(action, Spread):
        _check_profiles(action.profiles, f"{pointer}/profiles", dataset, findings)
        _check_region(action.within, f"{pointer}/within", dataset, findings)
        for name, chosen in (("from", action.from_), ("to", action.to)):
            _check_locations(chosen.locations or [], f"{pointer}/{name}/locations", dataset, findings)
        if permille(action.share) == 0:
            findings.error(f"{pointer}/share", "scenario.share_too_small")
    elif isinstance(action, Close):
        _check_locations([action.location], f"{pointer}/location", dataset, findings)
        _check_profiles(action.profiles or [], f"{pointer}/profiles", dataset, findings)
    elif isinstance(action, Capacity):
        _check_locations([action.location], f"{pointer}/location", dataset, findings)
        if action.location in dataset.location_index:
            _check_pool(action, f"{pointer}/pool", dataset, findings)


def _check_profiles(ids: Sequence[str], pointer: str, dataset: Dataset, findings: _Findings) -> None:
    names = {
        name: profile.id
        for profile in dataset.profiles
        for name in (profile.name_nl, profile.name_en, profile.id)
    }
    _check_ids(ids, pointer, "profile", dataset.profile_index, names, findings)


def _check_locations(ids: Sequence[str], pointer: str, dataset: Dataset, findings: _Findings) -> None:
    names = {name: location.id for location in dataset.locations for name in (location.name, location.id)}
    _check_ids(ids, pointer, "location", dataset.location_index, names, findings)


def _check_ids(
    ids: Sequence[str],
    pointer: str,
    kind: str,
    known: Mapping[str, int],
    names: Mapping[str, str],
    findings: _Findings,
) -> None:
    """Name each unknown id with the known one nearest to it by id or name, and each id given twice."""
    for position, name in enumerate(ids):
        place = pointer if pointer.endswith("/location") else f"{pointer}/{position}"
        if name in known:
            if name in ids[:position]:
                findings.error(place, "scenario.named_twice", name=name)
            continue
        nearest = nearest_known(name, names)
        if nearest is None:
            findings.error(place, f"scenario.unknown_{kind}", name=name)
        else:
            findings.error(place, f"scenario.unknown_{kind}_near", name=name, suggestion=names[nearest])


def _check_region(within: RegionChoice | None, pointer: str, dataset: Dataset, findings: _Findings) -> None:
    if within is not None:
        findings.add(region_problem(_named(within), dataset, pointer, pointer))


def _check_shares(action: Concentrate, pointer: str, findings: _Findings) -> None:
    """Directed shares name exactly the locations in `at` and sum to one."""
    if action.shares is None:
        return
    for name in action.shares:
        if name not in action.at:
            findings.error(pointer_to(f"{pointer}/shares", name), "scenario.share_not_in_at", name=name)
    for position, name in enumerate(action.at):
        if name not in action.shares:
            findings.error(f"{pointer}/at/{position}", "scenario.at_without_share", name=name)
    total = sum(action.shares.values())
    if abs(total - 1) > SHARE_TOLERANCE:
        findings.error(f"{pointer}/shares", "scenario.shares_sum", total=f"{total:.4g}")


def _check_pool(action: Capacity, pointer: str, dataset: Dataset, findings: _Findings) -> None:
    pools = [pool for location, pool in dataset.capacities if location == action.location]
    if action.pool in pools:
        return
    suggestion = nearest_known(action.pool, pools)
    findings.error(
        pointer,
        "scenario.unknown_pool_near" if suggestion else "scenario.unknown_pool",
        name=action.pool,
        location=action.location,
        suggestion=suggestion,
        known=", ".join(pools),
    )


# Contradictions between actions


def _check_contradictions(
    scenario: Scenario,
    sound: Sequence[int],
    calendar: Calendar,
    dataset: Dataset,
    region: Region | None,
    findings: _Findings,
) -> None:
    """Name pairs of actions that work against each other."""
    for first, second in combinations(sound, 2):
        one, other = scenario.actions[first].action, scenario.actions[second].action
        pointer = _pointer(second, scenario.actions[second])
        place = first + 1
        same_day = start_day_of(one, calendar) == start_day_of(other, calendar)
        closed_receiver = _closed_receiver(one, other, dataset) or _closed_receiver(other, one, dataset)
        if closed_receiver:
            report = findings.error if same_day else findings.warn
            report(pointer, "scenario.closed_and_receiving", location=closed_receiver, other=place)
            continue
        profiles = ", ".join(sorted(_profiles(one) & _profiles(other)))
        if profiles and _work_against(one, other, dataset, region):
            findings.warn(pointer, "scenario.contradicts", profiles=profiles, other=place)
        if same_day and _same_pool(one, other):
            findings.warn(pointer, "scenario.capacity_twice", other=place)


def _same_pool(one: Action, other: Action) -> bool:
    """Return whether two actions both set the size of one pool."""
    if not isinstance(one, Capacity) or not isinstance(other, Capacity):
        return False
    return (one.location, one.pool) == (other.location, other.pool)


def _profiles(action: Action) -> frozenset[str]:
    """Return the profiles an action names."""
    return frozenset(getattr(action, "profiles", None) or ())


def _receivers(action: Action, dataset: Dataset) -> BoolArray:
    """Return the locations an action sends patients to by name or type: bool[L]."""
    if isinstance(action, Concentrate):
        return location_mask(dataset, action.at)
    if isinstance(action, Spread):
        return filter_mask(dataset, action.to)
    return np.zeros(len(dataset.locations), dtype=np.bool_)


def _closed_receiver(closing: Action, receiving: Action, dataset: Dataset) -> str | None:
    """Return the location one action closes and the other sends the same patients to by id, if any."""
    if not isinstance(closing, Close) or not isinstance(receiving, Concentrate | Spread):
        return None
    if isinstance(receiving, Spread) and receiving.to.locations is None:
        return None
    if closing.profiles is not None and not _profiles(closing) & _profiles(receiving):
        return None
    receives = _receivers(receiving, dataset)[dataset.location_index[closing.location]]
    return closing.location if receives else None


def _work_against(one: Action, other: Action, dataset: Dataset, region: Region | None) -> bool:
    """Return whether two actions on the same profile pull patients in opposite directions."""
    scopes = [
        scope_of(action.within, Setting(dataset, 0, 0, region))
        for action in (one, other)
        if isinstance(action, Concentrate | Spread)
    ]
    if len(scopes) < 2 or not (scopes[0] & scopes[1]).any():
        return False
    if isinstance(one, Spread) and isinstance(other, Spread):
        back = filter_mask(dataset, one.from_) & filter_mask(dataset, other.to)
        forth = filter_mask(dataset, one.to) & filter_mask(dataset, other.from_)
        return bool((back & scopes[0]).any() or (forth & scopes[0]).any())
    return bool((_receivers(one, dataset) != _receivers(other, dataset)).any())


# What the actions do


def _check_effects(
    scenario: Scenario,
    sound: Iterable[int],
    calendar: Calendar,
    dataset: Dataset,
    region: Region | None,
    findings: _Findings,
) -> None:
    """Take the actions one after the other and judge what each does."""
    plan_region, run_region = region_of(scenario.region) or region, region or region_of(scenario.region)
    valid = set(sound)
    state = State(dataset.offers, dataset.capacities)
    steps: list[tuple[str, Step]] = []
    for index, start_day in action_order(scenario, calendar):
        if index not in valid:
            continue
        action, pointer = scenario.actions[index].action, _pointer(index, scenario.actions[index])
        if isinstance(action, Capacity) and _below_zero(action, state):
            findings.error(pointer, "scenario.capacity_negative", location=action.location, pool=action.pool)
            continue
        step = take_step(action, state, Setting(dataset, index, start_day, plan_region))
        state = step.after
        _check_abilities(action, step, pointer, dataset, findings)
        _check_change(action, step, pointer, dataset, findings)
        _check_receivers(step, pointer, dataset, findings)
        _check_reach(step, pointer, scenario, dataset, run_region, findings)
        _check_outside(step, pointer, dataset, run_region, findings)
        steps.append((pointer, step))
    for pointer, step in steps:
        _check_capacity(pointer, step, state, dataset, findings)
    if run_region is not None and steps and not findings.errors:
        _check_touched(scenario, [step for _, step in steps], dataset, run_region, findings)


def _check_touched(
    scenario: Scenario, steps: Sequence[Step], dataset: Dataset, region: Region, findings: _Findings
) -> None:
    """A plan must touch the region of the run: its locations or the patients who live there.

    A mistake if nothing the run counts can change.
    """
    inside = dataset.locations_in(region)
    for step in steps:
        named = _receivers(scenario.actions[step.action].action, dataset)
        if any((inside & (move.leaving | (move.receivers & named))).any() for move in step.moves):
            return
        if any(inside[change.location] for change in step.capacities):
            return
    patients = _expected_leaving_inhabitants(scenario, steps, dataset, dataset.areas_in(region))
    if patients >= TOUCHED_PATIENTS:
        return
    own = region == region_of(scenario.region)
    params = {"region": region.name}
    pointer = "/region" if own else None
    problem = Problem("/region" if own else "region", "scenario.region_untouched", params, pointer)
    (findings.warnings if patients >= VISIBLE_PATIENTS else findings.errors).append(problem)


def _expected_leaving_inhabitants(
    scenario: Scenario, steps: Sequence[Step], dataset: Dataset, areas: BoolArray
) -> float:
    """Return how many patients a year who live in the areas are expected at locations they must leave."""
    persons = persons_per_year(dataset, scenario.horizon.demand_year or dataset.base_year)[areas]
    travel = dataset.travel_hundredths[areas]
    total = 0.0
    for step in steps:
        for move in step.moves:
            utilities = utility(dataset, move.profile, travel) / UTILITY_SCALE
            shares = choice_shares(utilities, step.before.offers[:, move.profile])
            leaving = persons[:, move.profile] * shares[:, move.leaving].sum(axis=1)
            total += leaving.sum() * dataset.profiles[move.profile].weight * move.share_permille / 1000
    return float(total)


def _check_outside(
    step: Step, pointer: str, dataset: Dataset, region: Region | None, findings: _Findings
) -> None:
    """Of who leaves a location outside the region of the run, only the region's inhabitants are simulated."""
    if region is None:
        return
    outside = ~dataset.locations_in(region)
    leaving = [row for row in np.flatnonzero(outside) if any(move.leaving[row] for move in step.moves)]
    if leaving:
        names = ", ".join(dataset.locations[row].id for row in leaving)
        findings.warn(pointer, "scenario.leaves_outside_region", locations=names, region=region.name)


def _check_capacity(pointer: str, step: Step, end: State, dataset: Dataset, findings: _Findings) -> None:
    """Who starts a profile needs capacity for it, from this plan or before: without it patients only wait."""
    started = step.after.offers & ~step.before.offers
    for row, column in np.argwhere(started).tolist():
        location, profile = dataset.locations[row], dataset.profiles[column]
        for pool in needed_pools(location, profile):
            if end.capacities.get((location.id, pool), 0) <= 0:
                params = {"location": location.id, "name": location.name, "profile": profile.id, "pool": pool}
                findings.warn(pointer, "scenario.starts_without_capacity", **params)


def _below_zero(action: Capacity, state: State) -> bool:
    """Return whether an action takes more capacity than there is."""
    return new_capacity(action, state.capacities[action.location, action.pool]) < 0


def _check_abilities(action: Action, step: Step, pointer: str, dataset: Dataset, findings: _Findings) -> None:
    """A location named by id must be able to provide what it does not provide yet."""
    named: list[tuple[str, str]] = []
    if isinstance(action, Concentrate):
        named = [(name, f"{pointer}/at/{position}") for position, name in enumerate(action.at)]
    elif isinstance(action, Spread):
        ids = action.to.locations or []
        named = [(name, f"{pointer}/to/locations/{position}") for position, name in enumerate(ids)]
    for location_id, place in named:
        row = dataset.location_index[location_id]
        location = dataset.locations[row]
        for name in getattr(action, "profiles", ()):
            column = dataset.profile_index[name]
            profile = dataset.profiles[column]
            if step.before.offers[row, column]:
                continue
            params = {"location": location.id, "name": location.name, "profile": profile.id}
            lacking = obstacles(location, profile)
            for lack in lacking:
                findings.error(place, f"scenario.cannot_provide.{lack}", **params)
            needs_ic = profile.ic_type is not None and profile.ic_probability > 0
            if not lacking and needs_ic and profile.ic_type not in location.ic_types:
                findings.warn(place, "scenario.starts_without_ic", **params, ic=profile.ic_type)


def _check_change(action: Action, step: Step, pointer: str, dataset: Dataset, findings: _Findings) -> None:
    """An action must change something; a profile of it that stays as it is deserves a warning."""
    if not step.moves and not step.capacities:
        kind = type(action).__name__.lower()
        findings.error(pointer, f"scenario.changes_nothing.{kind}")
        return
    moved = {dataset.profiles[move.profile].id for move in step.moves}
    for position, name in enumerate(getattr(action, "profiles", None) or ()):
        if name not in moved:
            findings.warn(f"{pointer}/profiles/{position}", "scenario.profile_unchanged", profile=name)


def _check_receivers(step: Step, pointer: str, dataset: Dataset, findings: _Findings) -> None:
    """Those who leave must find a provider, and one with the IC they may need."""
    for move in step.moves:
        profile = dataset.profiles[move.profile]
        if not step.after.offers[:, move.profile].any():
            findings.error(pointer, "scenario.no_provider", profile=profile.id)
        elif not move.receivers.any():
            findings.error(pointer, "scenario.no_receiver", profile=profile.id)
        elif profile.ic_type is not None and profile.ic_probability > 0:
            receivers = np.flatnonzero(move.receivers)
            if not any(profile.ic_type in dataset.locations[row].ic_types for row in receivers):
                findings.error(pointer, "scenario.no_ic", profile=profile.id, ic=profile.ic_type)


def _check_reach(
    step: Step,
    pointer: str,
    scenario: Scenario,
    dataset: Dataset,
    region: Region | None,
    findings: _Findings,
) -> None:
    """Inhabitants of the region keep a provider within `REACH_MINUTES`; growing distance to acute care is told.

    Profiles for which as many inhabitants come to live far from acute care share one warning.
    """
    year = scenario.horizon.demand_year or dataset.base_year
    inhabitants = dataset.population.get(year, dataset.population[dataset.base_year]).sum(axis=1)
    if region is not None:
        inhabitants = inhabitants * dataset.areas_in(region)
    further: dict[int, list[str]] = {}
    for column in dict.fromkeys(move.profile for move in step.moves):
        profile = dataset.profiles[column]
        before, after = step.before.offers[:, column], step.after.offers[:, column]
        if not after.any():
            continue
        lost = ~_within_reach(dataset, after, REACH_MINUTES) & _within_reach(dataset, before, REACH_MINUTES)
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


def _within_reach(dataset: Dataset, providers: BoolArray, minutes: int) -> BoolArray:
    """Return which areas have a provider within so many minutes: bool[A]."""
    nearest = dataset.travel_hundredths[:, providers].min(axis=1)
    return np.asarray(nearest <= minutes * 100, dtype=np.bool_)


def check_unfinished(document: object, dataset: Dataset) -> list[Problem]:
    """Return the unknown names in a document whose shape is not right yet, so that all mistakes show at once.

    Looks at what has the right form and passes over the rest, which the check of the shape names.
    """
    findings = _Findings()
    root = document if isinstance(document, dict) else {}
    _check_raw_region(root.get("region"), "/region", dataset, findings)
    actions = root.get("actions")
    for index, item in enumerate(actions if isinstance(actions, list) else []):
        for kind, action in item.items() if isinstance(item, dict) else ():
            if isinstance(action, dict):
                _check_raw_action(action, f"/actions/{index}/{kind}", dataset, findings)
    return findings.errors


def _check_raw_action(
    action: Mapping[str, object], pointer: str, dataset: Dataset, findings: _Findings
) -> None:
    """Check the names in one action, wherever they have the right form."""
    _check_profiles(_texts(action.get("profiles")), f"{pointer}/profiles", dataset, findings)
    _check_locations(_texts(action.get("at")), f"{pointer}/at", dataset, findings)
    _check_raw_region(action.get("within"), f"{pointer}/within", dataset, findings)
    for side in ("from", "to"):
        chosen = action.get(side)
        if isinstance(chosen, dict):
            names = _texts(chosen.get("locations"))
            _check_locations(names, f"{pointer}/{side}/locations", dataset, findings)
    location = action.get("location")
    if isinstance(location, str):
        _check_locations([location], f"{pointer}/location", dataset, findings)


def _texts(value: object) -> list[str]:
    """Return a list of texts, or nothing when it is anything else."""
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else []


def _check_raw_region(value: object, pointer: str, dataset: Dataset, findings: _Findings) -> None:
    if isinstance(value, dict) and len(value) == 1:
        ((kind, name),) = value.items()
        if kind in REGION_KINDS and isinstance(name, str):
            findings.add(region_problem(Region(kind, name), dataset, pointer, pointer))
