"""Who is able to provide what: facilities against what a profile needs, and the pools its patients use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.hospital import Location, ic_pool, ward_pool
from zorgstroom.domain.profile import Profile

#: From this share of acute patients a profile needs a hospital that is open day and night.
MAINLY_ACUTE = 0.5


def obstacles(location: Location, profile: Profile) -> tuple[str, ...]:
    """Return what keeps a location from starting a profile, by name; empty: it is able to.

    An outpatient clinic sees first visits only; a day hospital (role ``deels``) has no nights, no
    observation and no mainly acute profiles; some profiles need an emergency department, acute obstetrics,
    cardiac surgery or a trauma centre on site. An IC is judged per patient, not here.
    """
    if profile.pathway == "visit":
        return ()
    if location.role == "poli":
        return ("clinic",)
    stays = profile.setting_shares["overnight"] + profile.setting_shares["observation"] > 0
    found = []
    if location.role == "deels" and (stays or profile.acute_share >= MAINLY_ACUTE or profile.always_acute):
        found.append("ward")
    has = {
        "ed": location.ed != "geen",
        "obstetrics": location.acute_obstetrics,
        "cardiac": location.cardiac_surgery,
        "trauma": location.level1_trauma,
    }
    found += [need for need in sorted(profile.needs) if not has[need]]
    return tuple(found)


def needed_pools(location: Location, profile: Profile) -> tuple[str, ...]:
    """Return the pools, besides clinics, that a location's patients of a profile use: room, list, beds, day places."""
    if profile.pathway != "care":
        return ()
    planned = not profile.always_acute and profile.acute_share < 1
    in_room = profile.procedure_list != "adm" and profile.procedure_share > 0
    shares = profile.setting_shares
    found = []
    if in_room:
        found.append(str(profile.procedure_list))
    if planned and (not in_room or profile.procedure_share < 1):
        found.append("adm")
    if shares["overnight"] + shares["observation"] > 0:
        found.append(ward_pool(profile.ward_group))
        if profile.ic_type in location.ic_types and profile.ic_probability > 0:
            found.append(ic_pool(str(profile.ic_type)))
    if shares["day"] > 0:
        found.append("day")
    return tuple(found)


def able_mask(dataset: Dataset, profile: int, locations: Sequence[Location] | None = None) -> BoolArray:
    """Return which locations are able to provide a profile: bool[L].

    `locations`: the same ones with other facilities, when units have opened or closed.
    """
    sites = dataset.locations if locations is None else locations
    return np.array([not obstacles(site, dataset.profiles[profile]) for site in sites], dtype=np.bool_)


def has_ic(dataset: Dataset, profile: int) -> BoolArray:
    """Return which locations have the IC that patients of a profile may need; all if they need none: bool[L]."""
    ic = dataset.profiles[profile].ic_type
    return np.array([ic is None or ic in location.ic_types for location in dataset.locations], dtype=np.bool_)
