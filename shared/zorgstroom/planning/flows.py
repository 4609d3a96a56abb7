"""Expected flows: how many persons of an area go to each location, today and after a move.

The same rules as the simulation follows per patient, on expected numbers: what an action needs to know of
what earlier ones left. Arrays float64[2, A, L]: persons a year who need no IC, and who need one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.profile import Profile
from zorgstroom.planning.ability import has_ic
from zorgstroom.planning.attraction import ic_share
from zorgstroom.planning.changes import DemandChange, Move
from zorgstroom.planning.demand import ExpectedDemand, expected_demand
from zorgstroom.planning.expected import UTILITY_SCALE, FloatArray, choice_shares, utility

_SMALLEST = 1e-12


class BaselineFlows:
    """Flows of today's offers at the demand of a scenario's horizon, per profile and made when asked for.

    Locations get the dataset's expected volumes, grown as their patients' areas grow.
    """

    def __init__(self, dataset: Dataset, demand: ExpectedDemand) -> None:
        self._dataset = dataset
        self.demand = demand
        self._base = expected_demand(dataset, dataset.base_year).persons
        self._flows: dict[int, FloatArray] = {}

    def of(self, profile: int) -> FloatArray:
        """Return the flows of a profile: float64[2, A, L]."""
        if profile not in self._flows:
            self._flows[profile] = self._made(profile)
        return self._flows[profile]

    def _made(self, profile: int) -> FloatArray:
        dataset = self._dataset
        utilities = utility(dataset, profile, dataset.travel_hundredths) / UTILITY_SCALE
        offering = dataset.offers[:, profile]
        shares = np.stack(
            [
                choice_shares(utilities, offering[None, :]),
                choice_shares(utilities, (offering & has_ic(dataset, profile))[None, :]),
            ]
        )
        in_need = ic_share(dataset.profiles[profile])
        parts = np.array([1 - in_need, in_need])[:, None, None] * shares
        modelled = (parts * self._base[None, :, profile, None]).sum(axis=(0, 1))
        known = dataset.expected_volume[:, profile] / 1000
        level = np.ones(len(dataset.locations))
        if known.any():
            np.divide(known, modelled, out=level, where=modelled > _SMALLEST)
        return np.asarray(parts * self.demand.persons[None, :, profile, None] * level)


@dataclass(frozen=True)
class Moved:
    """What a move does to the flows of its profile."""

    flows: FloatArray
    #: Persons a year from one location (axis 1) to another: float64[2, L, L].
    pairs: FloatArray
    #: Persons a year who live in each area: float64[A].
    areas: FloatArray


def after_move(dataset: Dataset, flows: FloatArray, move: Move, offered: BoolArray) -> Moved:
    """Return the flows after a move; `offered` bool[L] is who provided the profile before the action.

    Those who need an IC only go where there is one. Of a part, those go first who lose least travel time; under
    the rule `choice`, where taste decides too, a part goes of everybody alike.
    """
    after = flows.copy()
    places = len(dataset.locations)
    pairs = np.zeros((2, places, places))
    areas = np.zeros(len(dataset.areas))
    leaving = np.flatnonzero(move.leaving)
    part = _part(dataset.profiles[move.profile], move)
    for group in (0, 1):
        able = move.receivers & has_ic(dataset, move.profile) if group else move.receivers
        if not able.any() or not flows[group].any():
            continue
        shares = _destination_shares(dataset, move, able, offered)
        going = _going(dataset, flows[group][:, leaving], shares, move, leaving, part)
        after[group][:, leaving] -= going * shares.sum(axis=1, keepdims=True)
        after[group] += going.sum(axis=1, keepdims=True) * shares
        pairs[group][leaving] = np.einsum("ak,am->km", going, shares)
        areas += going.sum(axis=1) * shares.sum(axis=1)
    return Moved(np.maximum(after, 0.0), pairs, areas)


def _part(profile: Profile, move: Move) -> float:
    """Return the part of the patients that moves, acute and others together."""
    if move.acute_permille is None:
        return move.share_permille / 1000
    acute = 1.0 if profile.always_acute else profile.acute_share
    return (acute * move.acute_permille + (1 - acute) * move.share_permille) / 1000


def _destination_shares(dataset: Dataset, move: Move, able: BoolArray, offered: BoolArray) -> FloatArray:
    """Return to which of the able receivers who goes from an area goes: float64[A, L], rows sum to 1 or less."""
    if move.rule == "directed" and move.shares_permille is not None:
        fixed = np.where(able, move.shares_permille, 0).astype(np.float64)
        return np.tile(fixed / max(fixed.sum(), 1.0), (len(dataset.areas), 1))
    if move.rule == "nearest":
        # Of equally near ones the first by id, whatever the order of the table.
        rows = sorted(np.flatnonzero(able).tolist(), key=lambda row: dataset.locations[row].id)
        nearest = np.array(rows)[dataset.travel_hundredths[:, rows].argmin(axis=1)]
        shares = np.zeros(dataset.travel_hundredths.shape)
        shares[np.arange(len(shares)), nearest] = 1.0
        return shares
    utilities = utility(dataset, move.profile, dataset.travel_hundredths) / UTILITY_SCALE
    shares = choice_shares(utilities, able[None, :])
    if move.only_if_better:
        # The chance that the best receiver is better than all that were there.
        shares = choice_shares(utilities, (able | offered)[None, :]) * able
    return shares


def _going(
    dataset: Dataset,
    flows: FloatArray,
    shares: FloatArray,
    move: Move,
    leaving: npt.NDArray[np.intp],
    part: float,
) -> FloatArray:
    """Return who of `flows` float64[A, leaving] is asked to go, to be divided by `shares`: likewise."""
    if part >= 1 or move.rule == "choice":
        return np.asarray(flows * part)
    travel = dataset.travel_hundredths.astype(np.float64)
    loss = ((shares * travel).sum(axis=1, keepdims=True) - travel[:, leaving]).ravel()
    # Who lose equally much go in the same part, whatever the order of the tables.
    values, group = np.unique(loss, return_inverse=True)
    mass = np.bincount(group, weights=flows.ravel(), minlength=len(values))
    before = np.concatenate([[0.0], np.cumsum(mass)[:-1]])
    taken = np.clip(part * mass.sum() - before, 0.0, mass)
    fraction = np.divide(taken, mass, out=np.zeros(len(mass)), where=mass > 0)
    return np.asarray(flows * fraction[group].reshape(flows.shape))


def after_demand_change(flows: FloatArray, change: DemandChange, demand: ExpectedDemand) -> FloatArray:
    """Return the flows after part of the patients stays away or more come."""
    by_age = demand.by_age[:, change.profile]
    total = by_age.sum(axis=1)
    touched = np.divide(by_age[:, change.ages].sum(axis=1), total, out=np.zeros(len(total)), where=total > 0)
    sign = 1 if change.kind == "grow" else -1
    factor = 1 + sign * change.permille / 1000 * np.where(change.areas, touched, 0.0)
    return np.asarray(flows * factor[None, :, None])


def patients_per_year(profile: Profile, flows: FloatArray) -> FloatArray:
    """Return expected patients (visits, for first visits) a year per location: float64[L]."""
    return np.asarray(flows.sum(axis=(0, 1)) * profile.weight)
