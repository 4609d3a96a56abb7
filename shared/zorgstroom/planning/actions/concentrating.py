"""`concentrate`: fewer locations provide a profile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.scenario import Concentrate
from zorgstroom.planning.ability import has_ic
from zorgstroom.planning.attraction import ic_share
from zorgstroom.planning.changes import Move
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.flows import after_move, patients_per_year
from zorgstroom.planning.norms import norm_in_force
from zorgstroom.planning.regions import scope_of
from zorgstroom.planning.state import (
    Kept,
    Mover,
    Setting,
    State,
    Step,
    location_mask,
    profile_positions,
    shares_permille,
)

#: A shortfall or surplus below this part of a patient a year is none: expected values are no exact counts.
NO_PATIENT = 0.01


def concentrate(action: Concentrate, state: State, setting: Setting) -> Step:
    """Every provider in the region that is not kept stops; named locations that did not provide it start.

    Kept are the locations in `at`; or the largest: the smallest below the minimum stops (with `to_count`: until
    so many are left), its expected patients go where the rule sends them, and again, until nobody is below it.
    The patients of those that stop choose again: ``choice`` among all who provide it afterwards, also outside
    the region; ``nearest`` the nearest that is kept; ``directed`` over `at` by the given shares. `top_up` then
    brings who is below the norm above it, see `top_up`.
    """
    dataset = setting.dataset
    scope = scope_of(action.within, dataset, setting.region)
    shares = None if action.shares is None else shares_permille(action.shares, dataset)
    offers = state.offers.copy()
    mover = Mover(state, setting)
    kept = []
    for profile in profile_positions(dataset, action.profiles):
        staying = _kept(action, state, setting, profile, scope)
        leaving = state.offers[:, profile] & scope & ~staying
        offers[:, profile] = (state.offers[:, profile] & ~leaving) | staying
        receivers = offers[:, profile].copy() if action.rule == "choice" else staying
        mover.move(profile, leaving, receivers, action.rule, shares=shares)
        minimum = minimum_of(action, dataset, profile, setting.calendar.demand_year)
        if action.top_up and minimum is not None:
            top_up(mover, setting, profile, staying, minimum)
        rows = np.flatnonzero(staying)
        volumes = setting.volumes(mover.state, profile)[rows]
        kept.append(Kept(profile, tuple(rows.tolist()), tuple(volumes.tolist()), minimum))
    return replace(mover.step(offers), kept=tuple(kept))


def minimum_of(action: Concentrate, dataset: Dataset, profile: int, year: int) -> int | None:
    """Return the yearly volume each provider should have: the action's number, or the norm in force that year."""
    if isinstance(action.to_minimum, int):
        return action.to_minimum
    norm = norm_in_force(dataset, dataset.profiles[profile].id, year)
    return None if norm is None else norm.minimum


def _kept(action: Concentrate, state: State, setting: Setting, profile: int, scope: BoolArray) -> BoolArray:
    """Return who provides the profile in the region after the action: bool[L]."""
    dataset = setting.dataset
    if action.at is not None:
        return location_mask(dataset, action.at)
    providers = state.offers[:, profile] & scope
    flows = setting.flows(state, profile)
    if action.to_count is not None:
        return _largest(setting, profile, flows, providers, state.offers[:, profile], action, None)
    minimum = minimum_of(action, dataset, profile, setting.calendar.demand_year)
    if minimum is None:
        return providers
    return _largest(setting, profile, flows, providers, state.offers[:, profile], action, minimum)


def _largest(
    setting: Setting,
    profile: int,
    flows: FloatArray,
    providers: BoolArray,
    offered: BoolArray,
    action: Concentrate,
    minimum: int | None,
) -> BoolArray:
    """Drop the smallest provider, give its patients to the others, and so on; the last one stays: bool[L]."""
    dataset = setting.dataset
    kept = providers.copy()
    fewest = action.to_count or 1
    while kept.sum() > fewest:
        smallest = _smallest(dataset, profile, flows, kept)
        if smallest is None:
            break
        volume = patients_per_year(dataset.profiles[profile], flows)[smallest]
        if minimum is not None and volume >= minimum - NO_PATIENT:
            break
        leaving = np.zeros_like(kept)
        leaving[smallest] = True
        kept = kept & ~leaving
        elsewhere = offered & ~providers
        receivers = kept | elsewhere if action.rule == "choice" else kept
        move = Move(setting.action, setting.start_day, profile, leaving, receivers, action.rule, 1000, None)
        flows = after_move(dataset, flows, move, offered).flows
    return kept


def _smallest(dataset: Dataset, profile: int, flows: FloatArray, kept: BoolArray) -> int | None:
    """Return who has fewest patients (of equals the first by id); never the last with the IC they may need."""
    volumes = patients_per_year(dataset.profiles[profile], flows)
    with_ic = kept & has_ic(dataset, profile)
    needed = with_ic.sum() == 1 and ic_share(dataset.profiles[profile]) > 0
    rows = [int(row) for row in np.flatnonzero(kept) if not (needed and with_ic[row])]
    return min(rows, key=lambda row: (float(volumes[row]), dataset.locations[row].id), default=None)


def top_up(mover: Mover, setting: Setting, profile: int, providers: BoolArray, norm: int) -> None:
    """Bring providers below the norm up to it with patients of the nearest provider that has more than it needs.

    Step 2 of the national method (SiRM, impact analysis of tranche 1): the smallest shortfall first; who gives
    keeps at least the norm; if the nearest has too few, the next nearest; it stops when none has a surplus.
    `providers` bool[L].
    """
    dataset = setting.dataset
    rows = np.flatnonzero(providers).tolist()
    volumes = setting.volumes(mover.state, profile)
    short = [row for row in rows if volumes[row] < norm - NO_PATIENT]
    for receiver in sorted(short, key=lambda row: (norm - volumes[row], dataset.locations[row].id)):
        nearest_first = sorted(
            (row for row in rows if row not in short),
            key=lambda row: (int(dataset.transfer_hundredths[row, receiver]), dataset.locations[row].id),
        )
        for giver in nearest_first:
            volumes = setting.volumes(mover.state, profile)
            need, surplus = norm - volumes[receiver], volumes[giver] - norm
            if need < NO_PATIENT:
                break
            # Enough, rounded up; but never so much that the giver falls below the norm.
            part = min(_per_mille_up(need, volumes[giver]), _per_mille_down(surplus, volumes[giver]))
            if part <= 0:
                continue
            leaving, to = np.zeros_like(providers), np.zeros_like(providers)
            leaving[giver] = to[receiver] = True
            everything = np.where(to, 1000, 0).astype(np.int32)
            mover.move(profile, leaving, to, "directed", part=part, shares=everything)


def _per_mille_up(patients: float, of: float) -> int:
    return -int(-patients * 1000 // of)


def _per_mille_down(patients: float, of: float) -> int:
    return int(patients * 1000 // of)
