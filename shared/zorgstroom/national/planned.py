"""The same plan by the national method: from a scenario to a case.

The scenario says who stops, stays and starts; everything else is what the dataset knows. What the method has no word
for (spreading, capacity, dates and so on) is left out, and named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Close, Concentrate, Open, Scenario
from zorgstroom.national.case import Case, Decision, Intervention, Norm, Override
from zorgstroom.national.defaults import expected_totals, expected_volumes, national_proxies
from zorgstroom.national.geography import geography_of
from zorgstroom.planning.actions.concentrating import minimum_of
from zorgstroom.planning.norms import norm_in_force
from zorgstroom.planning.plan import Plan, calendar_of, region_of
from zorgstroom.planning.regions import scope_of
from zorgstroom.planning.state import shares_permille
from zorgstroom.text import Language


@dataclass(frozen=True)
class Planned:
    """A case made of a scenario, and what of the scenario is not in it."""

    case: Case
    #: Kinds of actions that the method does not know, in the order of the scenario.
    unknown: tuple[str, ...]
    #: Profiles that the plan moves and of which nobody in the region is left to go to.
    without_receiver: tuple[str, ...]
    #: Profiles whose patients choose in the plan; in the method they go to the nearest.
    choosing: tuple[str, ...]
    #: Profiles that the method brings up to the norm (step 2) and the plan does not.
    topped_up: tuple[str, ...]
    #: Whether some action starts or ends during the run: the method knows no dates.
    dated: bool


@dataclass
class _Found:
    """What the scenario says of one profile."""

    decisions: dict[int, Decision] = field(default_factory=dict)
    overrides: dict[int, tuple[Override, ...]] = field(default_factory=dict)
    minimum: Fraction | None = None


def planned_case(scenario: Scenario, dataset: Dataset, region: Region | None, plan: Plan) -> Planned:
    """Return what the national method is given for a plan.

    `plan` is that of `compile_plan` for the same scenario, dataset and region. Per profile: who provides it today and
    in the end stays, who no longer does stops, who starts receives; within the region of the action that names it.
    Each profile is under a norm of its own: the minimum of the action, or the norm in force.
    """
    after = plan.offers[-1][1]
    touched = [
        row
        for row, profile in enumerate(dataset.profiles)
        if profile.pathway == "care"
        and ((after != dataset.offers)[:, row].any() or _concentrated(scenario, profile.id))
    ]
    found: dict[str, _Found] = {}
    nowhere = []
    for row in touched:
        profile = dataset.profiles[row].id
        of_profile = _decide(scenario, dataset, region, after, row)
        if not of_profile.decisions:
            continue
        if _without_receiver(of_profile):
            nowhere.append(profile)
            continue
        found[profile] = of_profile
    of = {profile: dataset.profiles[dataset.profile_index[profile]] for profile in found}
    names: dict[str, dict[Language, str]] = {
        name: {"nl": profile.name_nl, "en": profile.name_en} for name, profile in of.items()
    }
    profiles = {profile: profile for profile in found}
    places = [location.id for location in dataset.locations]
    geography = geography_of(dataset)
    case = Case(
        name=scenario.name,
        year=str(dataset.base_year),
        confidential=dataset.confidential,
        geography=geography.name,
        areas=geography.areas,
        places=geography.places,
        travel=geography.travel,
        transfer=geography.transfer,
        interventions=tuple(
            Intervention(
                profile,
                names[profile],
                profile,
                of[profile].specialty,
                profile,
            )
            for profile in found
        ),
        norms=tuple(
            Norm(profile, names[profile], item.minimum, Fraction(1), True, True)
            for profile, item in found.items()
        ),
        volumes=expected_volumes(dataset, profiles),
        decisions={
            (places[row], profile): decision
            for profile, item in found.items()
            for row, decision in item.decisions.items()
        },
        overrides={
            (places[row], profile): to
            for profile, item in found.items()
            for row, to in item.overrides.items()
        },
        own_proxies={},
        national_proxies=national_proxies(dataset, profiles),
        key_figures=expected_totals(dataset),
        specialties={item.id: {"nl": item.name_nl, "en": item.name_en} for item in dataset.specialties},
        dataset=f"{dataset.id} {dataset.version}",
    )
    actions = [item for item in scenario.actions if _concentrates(item.action)]
    concentrating = {
        profile: item.action
        for item in actions
        for profile in (item.action.profiles if isinstance(item.action, Concentrate) else ())
    }
    calendar = calendar_of(scenario, dataset)
    return Planned(
        case,
        unknown=tuple(
            dict.fromkeys(item.kind for item in scenario.actions if not _concentrates(item.action))
        ),
        without_receiver=tuple(nowhere),
        choosing=tuple(
            profile for profile in found if getattr(concentrating.get(profile), "rule", "choice") == "choice"
        ),
        topped_up=tuple(
            profile
            for profile, item in found.items()
            if item.minimum is not None and not getattr(concentrating.get(profile), "top_up", False)
        ),
        dated=any(
            item.action.start is not None and calendar.day_of(item.action.start) > 0 for item in actions
        ),
    )


def _concentrates(action: object) -> bool:
    return isinstance(action, Concentrate | Close | Open)


def _concentrated(scenario: Scenario, profile: str) -> bool:
    return any(
        isinstance(item.action, Concentrate) and profile in item.action.profiles for item in scenario.actions
    )


def _decide(
    scenario: Scenario, dataset: Dataset, region: Region | None, after: BoolArray, row: int
) -> _Found:
    """Return who stops, stays and starts, within which region, and what is said of the patients of who stops."""
    profile = dataset.profiles[row].id
    year = calendar_of(scenario, dataset).demand_year
    whole = region_of(scenario.region) or region
    in_force = norm_in_force(dataset, profile, year)
    found = _Found(minimum=None if in_force is None else Fraction(in_force.minimum))
    regions: dict[int, str] = {}
    shares: dict[int, tuple[Override, ...]] = {}
    for item in scenario.actions:
        action = item.action
        if isinstance(action, Concentrate) and profile in action.profiles:
            minimum = minimum_of(action, dataset, row, year)
            found.minimum = None if minimum is None else Fraction(minimum)
            inside = scope_of(action.within, dataset, whole)
            named = [dataset.location_index[place] for place in action.at or ()]
            label = _label(region_of(action.within) or whole)
            members = [*np.flatnonzero(inside).tolist(), *named]
            regions |= dict.fromkeys(members, label)
            if action.shares is not None:
                permille = shares_permille(action.shares, dataset).tolist()
                to = tuple(Override(at, Fraction(part, 1000)) for at, part in enumerate(permille) if part)
                shares |= dict.fromkeys(members, to)
    changed = after[:, row] != dataset.offers[:, row]
    if any(int(place) not in regions for place in np.flatnonzero(changed)):
        # Closed or opened by itself: within the region of the plan.
        rest = np.flatnonzero(scope_of(None, dataset, whole) | changed).tolist()
        regions = dict.fromkeys(rest, _label(whole)) | regions
    for place in sorted(regions):
        today, later = bool(dataset.offers[place, row]), bool(after[place, row])
        if today or later:
            choice = ("keeps" if later else "stops") if today else "receives"
            found.decisions[place] = Decision(choice, regions[place])  # type: ignore[arg-type]
            if choice == "stops" and place in shares:
                found.overrides[place] = shares[place]
    return found


def _label(region: Region | None) -> str:
    return "" if region is None else f"{region.kind}:{region.name}"


def _without_receiver(found: _Found) -> bool:
    staying = {item.region for item in found.decisions.values() if item.choice != "stops"}
    return any(
        item.choice == "stops" and item.region not in staying and place not in found.overrides
        for place, item in found.decisions.items()
    )
