"""`demand` and `shared_care`: how many patients come, and where their contacts before and after treatment are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.domain.scenario import Demand, ShareCare
from zorgstroom.planning.changes import DemandChange, SharedCare
from zorgstroom.planning.flows import after_demand_change
from zorgstroom.planning.regions import areas_of, scope_of
from zorgstroom.planning.rounding import permille
from zorgstroom.planning.state import Setting, State, Step, location_mask, profile_positions, unchanged_step


def change_demand(action: Demand, state: State, setting: Setting) -> Step:
    """Part of the patients of these ages and areas stays away, is helped elsewhere, or comes extra."""
    dataset = setting.dataset
    areas = areas_of(action.within, dataset, setting.region)
    ages = np.array([action.ages is None or band in action.ages for band in AGE_BANDS], dtype=np.bool_)
    kind, share = action.change
    flows = dict(state.flows)
    changes, differences = [], []
    for profile in profile_positions(dataset, action.profiles):
        change = DemandChange(setting.action, setting.start_day, profile, areas, ages, kind, permille(share))
        if not setting.baseline.demand.by_age[areas][:, profile][:, ages].any() or not change.permille:
            continue
        before = setting.flows(state, profile)
        flows[profile] = after_demand_change(before, change, setting.baseline.demand)
        changes.append(change)
        more = float(flows[profile].sum() - before.sum())
        differences.append(more * dataset.profiles[profile].weight)
    step = unchanged_step(state, setting)
    after = replace(state, flows=flows)
    return replace(step, after=after, demand=tuple(changes), demand_per_year=tuple(differences))


def share_care(action: ShareCare, state: State, setting: Setting) -> Step:
    """Contacts before or after treatment of patients of some locations are at the nearest clinic."""
    dataset = setting.dataset
    if action.locations is None:
        places = scope_of(action.within, dataset, setting.region)
    else:
        places = location_mask(dataset, action.locations)
    changes = []
    for profile in profile_positions(dataset, action.profiles):
        figures = dataset.profiles[profile]
        before = "before" in action.contacts and figures.precare_contacts > 0
        after = "after" in action.contacts and figures.aftercare_contacts > 0
        treating = places & state.offers[:, profile]
        if treating.any() and (before or after):
            changes.append(SharedCare(setting.action, setting.start_day, profile, treating, before, after))
    return replace(unchanged_step(state, setting), shared_care=tuple(changes))
