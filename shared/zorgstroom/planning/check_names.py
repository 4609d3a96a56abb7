"""Names in a scenario: every location, profile, region and pool must exist, and stand there once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zorgstroom.dataset.model import Dataset
from zorgstroom.document import pointer_to
from zorgstroom.domain.area import REGION_KINDS, Region
from zorgstroom.domain.calendar import YEAR_WEEKS
from zorgstroom.domain.scenario import (
    AnyAction,
    Capacity,
    Close,
    Concentrate,
    Demand,
    Horizon,
    Open,
    RegionChoice,
    ShareCare,
    ShareParts,
    Spread,
    Workforce,
)
from zorgstroom.errors import Problem, nearest_known
from zorgstroom.planning.findings import Findings
from zorgstroom.planning.norms import norm_in_force
from zorgstroom.planning.regions import region_of, region_problem
from zorgstroom.planning.rounding import permille

#: Shares may miss one by this much (rounding by hand).
SHARE_TOLERANCE = 0.001


def check_names(action: AnyAction, pointer: str, dataset: Dataset, year: int, findings: Findings) -> None:
    """Check one action; `year` is the demand year, for the norms in force."""
    check_profiles(getattr(action, "profiles", None) or [], f"{pointer}/profiles", dataset, findings)
    _check_region(getattr(action, "within", None), f"{pointer}/within", dataset, findings)
    if isinstance(action, Concentrate):
        check_locations(action.at or [], f"{pointer}/at", dataset, findings)
        _check_shares(action, pointer, findings)
        _check_norms(action, pointer, dataset, year, findings)
    elif isinstance(action, Spread):
        for name, chosen in (("from", action.from_), ("to", action.to)):
            check_locations(chosen.locations or [], f"{pointer}/{name}/locations", dataset, findings)
        _check_parts(action, pointer, findings)
    elif isinstance(action, ShareCare):
        check_locations(action.locations or [], f"{pointer}/locations", dataset, findings)
        _check_once(action.contacts, f"{pointer}/contacts", findings)
    elif isinstance(action, Close | Open):
        check_locations([action.location], f"{pointer}/location", dataset, findings)
        _check_once(action.units or [], f"{pointer}/units", findings)
    elif isinstance(action, Capacity):
        check_locations([action.location], f"{pointer}/location", dataset, findings)
        if action.location in dataset.location_index:
            _check_pool(action, f"{pointer}/pool", dataset, findings)
    elif isinstance(action, Demand):
        _check_once(action.ages or [], f"{pointer}/ages", findings)
        kind, share = action.change
        if permille(share) == 0:
            findings.error(f"{pointer}/{kind}", "scenario.share_too_small")
    elif isinstance(action, Workforce):
        check_locations(action.locations or [], f"{pointer}/locations", dataset, findings)
        _check_once(action.types or [], f"{pointer}/types", findings)


def check_horizon(horizon: Horizon, dataset: Dataset, findings: Findings) -> None:
    """There must be inhabitants for the demand year; the factors' profiles and regions must exist."""
    year = horizon.demand_year
    if year is not None and year not in dataset.population:
        known = ", ".join(str(known) for known in sorted(dataset.population))
        findings.error("/horizon/demand_year", "scenario.unknown_year", year=year, known=known)
    elif horizon.demand_growth is not None:
        last = (year or dataset.base_year) + (horizon.weeks - 1) // YEAR_WEEKS
        missing = [
            late for late in range(year or dataset.base_year, last + 1) if late not in dataset.population
        ]
        if missing:
            params = {"year": missing[0], "last": max(dataset.population)}
            findings.error("/horizon/demand_growth", "scenario.growth_beyond_projection", **params)
    for position, factor in enumerate(horizon.demand_factors):
        pointer = f"/horizon/demand_factors/{position}"
        check_profiles(factor.profiles or [], f"{pointer}/profiles", dataset, findings)
        _check_once(factor.ages or [], f"{pointer}/ages", findings)
        _check_region(factor.within, f"{pointer}/within", dataset, findings)


def check_profiles(ids: Sequence[str], pointer: str, dataset: Dataset, findings: Findings) -> None:
    """Each profile must exist and be named once; the place of an id is `pointer` with its position."""
    names = {
        name: profile.id
        for profile in dataset.profiles
        for name in (profile.name_nl, profile.name_en, profile.id)
    }
    _check_ids(ids, pointer, "profile", dataset.profile_index, names, findings)


def check_locations(ids: Sequence[str], pointer: str, dataset: Dataset, findings: Findings) -> None:
    """Each location must exist and be named once; a `pointer` that ends in ``/location`` is the place itself."""
    names = {name: location.id for location in dataset.locations for name in (location.name, location.id)}
    _check_ids(ids, pointer, "location", dataset.location_index, names, findings)


def _check_ids(
    ids: Sequence[str],
    pointer: str,
    kind: str,
    known: Mapping[str, int],
    names: Mapping[str, str],
    findings: Findings,
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


def _check_once(values: Sequence[str], pointer: str, findings: Findings) -> None:
    for position, value in enumerate(values):
        if value in values[:position]:
            findings.error(f"{pointer}/{position}", "scenario.named_twice", name=value)


def _check_region(within: RegionChoice | None, pointer: str, dataset: Dataset, findings: Findings) -> None:
    region = region_of(within)
    if region is not None:
        findings.add(region_problem(region, dataset, pointer, pointer))


def _check_norms(action: Concentrate, pointer: str, dataset: Dataset, year: int, findings: Findings) -> None:
    """An action that works towards the norm needs one in force for each profile."""
    if action.to_minimum != "norm" and not (action.top_up and action.to_minimum is None):
        return
    for position, name in enumerate(action.profiles):
        if name in dataset.profile_index and norm_in_force(dataset, name, year) is None:
            place = f"{pointer}/profiles/{position}"
            findings.error(place, "scenario.no_norm", profile=name, year=year)


def _check_shares(action: Concentrate, pointer: str, findings: Findings) -> None:
    """Directed shares name exactly the locations in `at`, are at least one in a thousand and sum to one."""
    if action.shares is None or action.at is None:
        return
    for name, share in action.shares.items():
        if name not in action.at:
            findings.error(pointer_to(f"{pointer}/shares", name), "scenario.share_not_in_at", name=name)
        if permille(share) == 0:
            findings.error(pointer_to(f"{pointer}/shares", name), "scenario.share_too_small")
    for position, name in enumerate(action.at):
        if name not in action.shares:
            findings.error(f"{pointer}/at/{position}", "scenario.at_without_share", name=name)
    total = sum(action.shares.values())
    if abs(total - 1) > SHARE_TOLERANCE:
        findings.error(f"{pointer}/shares", "scenario.shares_sum", total=f"{total:.4g}")


def _check_parts(action: Spread, pointer: str, findings: Findings) -> None:
    """Shares are at least one in a thousand; shares per type or profile name all of them and no others."""
    place = f"{pointer}/share"
    if not isinstance(action.share, ShareParts):
        if permille(action.share) == 0:
            findings.error(place, "scenario.share_too_small")
        return
    known: Sequence[str] | None
    if action.share.by_type is not None:
        side, known = "by_type", action.from_.types
        parts: dict[str, float] = {str(kind): share for kind, share in action.share.by_type.items()}
    else:
        side, known = "by_profile", action.profiles
        parts = {**(action.share.by_profile or {})}
    for name, share in parts.items():
        if permille(share) == 0:
            findings.error(pointer_to(f"{place}/{side}", name), "scenario.share_too_small")
        if known is not None and name not in known:
            findings.error(
                pointer_to(f"{place}/{side}", name), f"scenario.share_without_{side[3:]}", name=name
            )
    for name in known or ():
        if name not in parts:
            findings.error(f"{place}/{side}", f"scenario.{side[3:]}_without_share", name=name)


def _check_pool(action: Capacity, pointer: str, dataset: Dataset, findings: Findings) -> None:
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


def check_unfinished(document: object, dataset: Dataset) -> list[Problem]:
    """Return the unknown names in a document whose shape is not right yet, so that all mistakes show at once.

    Looks at what has the right form and passes over the rest, which the check of the shape names.
    """
    findings = Findings()
    root = document if isinstance(document, dict) else {}
    _check_raw_region(root.get("region"), "/region", dataset, findings)
    actions = root.get("actions")
    for index, item in enumerate(actions if isinstance(actions, list) else []):
        for kind, action in item.items() if isinstance(item, dict) else ():
            if isinstance(action, dict):
                _check_raw_action(action, f"/actions/{index}/{kind}", dataset, findings)
    return findings.errors


def _check_raw_action(
    action: Mapping[str, object], pointer: str, dataset: Dataset, findings: Findings
) -> None:
    """Check the names in one action, wherever they have the right form."""
    check_profiles(_texts(action.get("profiles")), f"{pointer}/profiles", dataset, findings)
    check_locations(_texts(action.get("at")), f"{pointer}/at", dataset, findings)
    check_locations(_texts(action.get("locations")), f"{pointer}/locations", dataset, findings)
    _check_raw_region(action.get("within"), f"{pointer}/within", dataset, findings)
    for side in ("from", "to"):
        chosen = action.get(side)
        if isinstance(chosen, dict):
            names = _texts(chosen.get("locations"))
            check_locations(names, f"{pointer}/{side}/locations", dataset, findings)
    location = action.get("location")
    if isinstance(location, str):
        check_locations([location], f"{pointer}/location", dataset, findings)


def _texts(value: object) -> list[str]:
    """Return a list of texts, or nothing when it is anything else."""
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else []


def _check_raw_region(value: object, pointer: str, dataset: Dataset, findings: Findings) -> None:
    if isinstance(value, dict) and len(value) == 1:
        ((kind, name),) = value.items()
        if kind in REGION_KINDS and isinstance(name, str):
            findings.add(region_problem(Region(kind, name), dataset, pointer, pointer))
