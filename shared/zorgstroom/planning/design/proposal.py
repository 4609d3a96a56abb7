"""A design as plans that can be simulated and as one document, with every figure from the expected flows of the plan.

The search and the plan are two ways to the same numbers: they are compared, and a difference is a defect.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput
from zorgstroom.planning.check import check_scenario
from zorgstroom.planning.design.case import Case, region_name
from zorgstroom.planning.design.designing import Design, Plan
from zorgstroom.planning.design.outcome import WORST_OFF, Outcomes, outcomes
from zorgstroom.planning.load import Course, expected_course
from zorgstroom.planning.sides import Side
from zorgstroom.text import Language, translate

#: Fullest pools in the document, and the least growth of a load that counts as one.
MOST_POOLS = 8
_GROWS = 0.001
#: Of objectives that are no travel.
_UNITS = {"fewest_changes": "changes", "stranded_cost": "euros"}
#: The search and the plan agree within this part.
_AGREES = 1e-6


@dataclass(frozen=True)
class Part:
    """What a plan does for one profile."""

    profile: str
    locations: tuple[str, ...]
    stops: tuple[str, ...]
    starts: tuple[str, ...]
    #: Mean minutes one way of the region's patients, and of the fifth of them who live where they travel furthest.
    travel: Side[float]
    worst_off: Side[float]
    #: Minutes that patients travel more than now, over those whose area travels longer, per patient of the region.
    extra_travel: float
    #: Fixed cost that stays behind where it stops, in euros in the first year.
    stranded_cost: float
    #: Patients a year at each location that provides it under the plan.
    patients: dict[str, float]
    norm: int | None


@dataclass(frozen=True)
class PoolLoad:
    """Expected work over capacity of a pool that gets fuller."""

    location: str
    pool: str
    load: Side[float]


@dataclass(frozen=True)
class Proposal:
    """One plan, ready to be simulated."""

    scenario: Scenario
    #: In minutes, changes or euros, as the objective says.
    value: float
    changes: int
    parts: tuple[Part, ...]
    fullest: tuple[PoolLoad, ...]


def proposals(design: Design, dataset: Dataset, language: Language) -> tuple[Proposal, ...]:
    """Return the plans of a design, best first; their words are in a language, their numbers are not."""
    return tuple(_proposal(design, plan, rank, dataset, language) for rank, plan in enumerate(design.plans))


def document_of(design: Design, found: Sequence[Proposal], dataset: Dataset) -> dict[str, Any]:
    """Return the design as a document; the same request and data give the same bytes, unless time ran out."""
    request = design.file.request
    canonical = json.dumps(request.model_dump(mode="json", exclude_none=True), sort_keys=True)
    return {
        "zorgstroom_design": 1,
        "name": request.name,
        "request": request.model_dump(mode="json", exclude_defaults=True),
        "request_digest": hashlib.sha256(canonical.encode()).hexdigest(),
        "dataset": {"id": dataset.id, "version": dataset.version, "digest": dataset.digest},
        "confidential": dataset.confidential,
        "region": region_name(design.file.region),
        "demand_year": design.file.year,
        "objective": request.objective,
        "unit": _UNITS.get(request.objective, "minutes"),
        "rule": request.rule,
        "status": design.status,
        "method": design.method,
        "value": _rounded(found[0].value),
        "bound": _rounded(design.in_words(design.bound)) if np.isfinite(design.bound) else None,
        "gap": _rounded(design.gap),
        "alternatives_are_next_best": design.ranked,
        "plans": [
            {"file": file_name(rank), **_rounded(_plain(proposal))} for rank, proposal in enumerate(found)
        ],
    }


def file_name(rank: int) -> str:
    """Return the name of the scenario file of a plan; 0 is the best."""
    return "plan.yaml" if rank == 0 else f"alternative-{rank}.yaml"


def _plain(proposal: Proposal) -> dict[str, Any]:
    return {
        "value": proposal.value,
        "changes": proposal.changes,
        "profiles": [asdict(part) for part in proposal.parts],
        "fullest_pools": [asdict(pool) for pool in proposal.fullest],
    }


def _rounded(value: Any) -> Any:
    """Return a value with its numbers at six decimals: beyond it they are rounding."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _proposal(design: Design, plan: Plan, rank: int, dataset: Dataset, language: Language) -> Proposal:
    scenario = _scenario(design, plan, rank, dataset, language)
    checked = check_scenario(scenario, dataset, None)
    if checked.errors:
        # Such as care that would be too far away for some: the checks of every plan hold for a proposal too.
        raise InvalidInput(checked.errors)
    course = expected_course(scenario, dataset, None)
    parts = [_part(case, done, course, dataset) for case, done in zip(design.cases, plan.parts, strict=True)]
    return Proposal(
        scenario,
        float(design.in_words(plan.score)),
        plan.changes,
        tuple(parts),
        _fullest(design, course, dataset),
    )


def _scenario(design: Design, plan: Plan, rank: int, dataset: Dataset, language: Language) -> Scenario:
    """Return the plan as a scenario: who starts is opened, then each profile is concentrated."""
    request = design.file.request
    opening: dict[str, list[str]] = {}
    actions: list[dict[str, Any]] = []
    for case, done in zip(design.cases, plan.parts, strict=True):
        goes_on = done.sets[0]
        profile = dataset.profiles[case.wish.profile]
        new, stops = goes_on & ~case.offered, case.offered & ~goes_on
        if case.rule == "choice":
            for name in _ids(case, new):
                opening.setdefault(name, []).append(profile.id)
        if not stops.any():
            continue
        words = {"profile": profile.name(language), "left": int(goes_on.sum()), "of": int(case.offered.sum())}
        reason = "design.why_norm" if case.wish.norm is not None else "design.why"
        why = translate(reason, language, **words, norm=case.wish.norm)
        actions.append(
            {
                "concentrate": {
                    "profiles": [profile.id],
                    "at": list(_ids(case, goes_on)),
                    "rule": case.rule,
                    "why": why,
                }
            }
        )
    why_open = translate("design.why_open", language)
    opened = [
        {"open": {"location": name, "profiles": profiles, "why": why_open}}
        for name, profiles in sorted(opening.items())
    ]
    title = (
        request.name if rank == 0 else translate("design.alternative", language, name=request.name, rank=rank)
    )
    document: dict[str, Any] = {
        "zorgstroom": 1,
        "name": title[:120],
        "description": translate("design.description", language),
        "actions": [*opened, *actions],
    }
    if request.region is not None:
        document["region"] = request.region.model_dump(exclude_none=True)
    if request.demand_year is not None:
        document["horizon"] = {"demand_year": request.demand_year}
    return Scenario.model_validate(document)


def _part(case: Case, done: Outcomes, course: Course, dataset: Dataset) -> Part:
    """Return what a plan does for a profile, by its expected flows; they must be what the search found."""
    goes_on = done.sets[0]
    today, plan = outcomes(case, case.today), outcomes(case, done.sets)
    after = course.flows[case.wish.profile][1] if case.wish.profile in course.flows else None
    patients = today.volumes[0].sum(axis=0) if after is None else after.sum(axis=(0, 1))[case.rows]
    minutes = float(today.minutes[0])
    if after is not None:
        hundredths = dataset.travel_hundredths[case.counted]
        minutes = float((after[:, case.counted] * hundredths / 100).sum())
    _must_agree(done.volumes[0].sum(axis=0)[goes_on], patients[goes_on])
    _must_agree(done.minutes, np.array([minutes]))
    persons = max(case.counted_persons, 1e-9)
    return Part(
        dataset.profiles[case.wish.profile].id,
        _ids(case, goes_on),
        _ids(case, case.offered & ~goes_on),
        _ids(case, goes_on & ~case.offered),
        Side(float(today.minutes[0]) / persons, minutes / persons),
        Side(float(today.worst_off[0]) / persons / WORST_OFF, float(plan.worst_off[0]) / persons / WORST_OFF),
        float(plan.extra[0]) / persons,
        float(plan.stranded[0]),
        {name: float(patients[case.ids.index(name)]) * case.weight for name in _ids(case, goes_on)},
        case.wish.norm,
    )


def _must_agree(found: np.ndarray[Any, np.dtype[np.float64]], planned: Any) -> None:
    scale = np.maximum(np.abs(planned), 1.0)
    assert (np.abs(found - planned) <= _AGREES * scale).all(), "the search and the expected flows differ"


def _fullest(design: Design, course: Course, dataset: Dataset) -> tuple[PoolLoad, ...]:
    """Return the fullest pools among those that the plan makes fuller, in the region."""
    region = design.file.region
    inside = np.ones(len(dataset.locations), np.bool_) if region is None else dataset.locations_in(region)
    today, plan = course.loads.today.load, course.loads.days[-1].load
    fuller = np.argwhere((plan - today > _GROWS) & inside[None, :] & np.isfinite(plan)).tolist()
    found = [
        PoolLoad(
            dataset.locations[place].id,
            course.loads.pools[pool],
            Side(float(today[pool, place]), float(plan[pool, place])),
        )
        for pool, place in fuller
    ]
    found.sort(key=lambda item: (-round(item.load.plan, 6), item.location, item.pool))
    return tuple(found[:MOST_POOLS])


def _ids(case: Case, chosen: Any) -> tuple[str, ...]:
    """Return the ids of chosen candidates bool[C]."""
    return tuple(name for name, there in zip(case.ids, chosen, strict=True) if there)
