"""Expected flows: how many persons of an area go to each location, today and after a move.

The same rules as the simulation follows per patient, on expected numbers: what an action needs to know of
what earlier ones left. Arrays float64[2, A, L]: persons a year who need no IC, and who need one.
"""

from __future__ import annotations

import math
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

#: A group (0, 1: no need of an IC, need of one), who of it goes float64[A, leaving], by which shares float64[A, L].
Stream = tuple[int, FloatArray, FloatArray]
_SMALLEST = 1e-12
#: Nobody loses or gains more units of utility than this by going elsewhere; halvings to find a bound between.
MOST_UTILITY = 200.0
_HALVINGS = 60


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

    def once(self, profile: int) -> FloatArray:
        """Return the flows of a profile without keeping them: float64[2, A, L]."""
        known = self._flows.get(profile)
        return self._made(profile) if known is None else known

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

    Those who need an IC only go where there is one. Of a part, those go first who lose least: travel time, or
    utility under the rule `choice`.
    """
    after = flows.copy()
    places = len(dataset.locations)
    pairs = np.zeros((2, places, places))
    areas = np.zeros(len(dataset.areas))
    leaving = np.flatnonzero(move.leaving)
    treating = np.stack([np.ones(places, np.bool_), has_ic(dataset, move.profile)])
    able, there = move.receivers & treating, offered & treating
    present = flows[:, :, leaving]
    for kind, part in _parts(dataset.profiles[move.profile], move):
        for group, going, shares in _streams(dataset, kind * present, move, leaving, able, there, part):
            after[group][:, leaving] -= going * shares.sum(axis=1, keepdims=True)
            after[group] += going.sum(axis=1, keepdims=True) * shares
            pairs[group][leaving] += np.einsum("ak,am->km", going, shares)
            areas += going.sum(axis=1) * shares.sum(axis=1)
    return Moved(np.maximum(after, 0.0), pairs, areas)


def _parts(profile: Profile, move: Move) -> tuple[tuple[float, float], ...]:
    """Return the shares of the patients of whom a part of their own moves (acute first), and that part."""
    if move.acute_permille is None:
        return ((1.0, move.share_permille / 1000),)
    acute = _acute_share(profile)
    return (acute, move.acute_permille / 1000), (1 - acute, move.share_permille / 1000)


def _acute_share(profile: Profile) -> float:
    return 1.0 if profile.always_acute else profile.acute_share


def acute_among_movers(profile: Profile, move: Move) -> float:
    """Return the share of acute patients among those a move takes along."""
    if move.acute_permille is None:
        return _acute_share(profile)
    moving = [kind * part for kind, part in _parts(profile, move)]
    return moving[0] / sum(moving) if sum(moving) > 0 else 0.0


def _receiver_shares(dataset: Dataset, move: Move, able: BoolArray, offered: BoolArray) -> FloatArray:
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
    # Only if better: the chance that the best receiver is better than all that were there.
    utilities = utility(dataset, move.profile, dataset.travel_hundredths) / UTILITY_SCALE
    return np.asarray(choice_shares(utilities, (able | offered)[None, :]) * able)


def _streams(
    dataset: Dataset,
    flows: FloatArray,
    move: Move,
    leaving: npt.NDArray[np.intp],
    able: BoolArray,
    offered: BoolArray,
    part: float,
) -> list[Stream]:
    """Return who of `flows` float64[2, A, leaving] goes: the `part` that loses least, of both groups together.

    `able` and `offered` bool[2, L]: who can receive a group, and who provided for it before the action.
    """
    groups = [group for group in (0, 1) if able[group].any() and flows[group].any()]
    if move.rule == "choice" and not move.only_if_better:
        return _choosing(dataset, flows, move, groups, able, offered, part)
    shares = {group: _receiver_shares(dataset, move, able[group], offered[group]) for group in groups}
    if part >= 1 or move.only_if_better:
        return [(group, flows[group] * part, shares[group]) for group in groups]
    travel = dataset.travel_hundredths.astype(np.float64)
    loss = [(shares[group] * travel).sum(axis=1, keepdims=True) - travel[:, leaving] for group in groups]
    going = _losing_least([flows[group] for group in groups], loss, part * float(flows.sum()))
    return [(group, mine, shares[group]) for group, mine in zip(groups, going, strict=True)]


def _losing_least(flows: list[FloatArray], loss: list[FloatArray], number: float) -> list[FloatArray]:
    """Return who of the flows are the `number` who lose least, in arrays of the same shapes."""
    if not flows:
        return []
    # Who lose equally much go in the same part, whatever the order of the tables.
    values, place = np.unique(np.stack(loss).ravel(), return_inverse=True)
    mass = np.bincount(place, weights=np.stack(flows).ravel(), minlength=len(values))
    before = np.concatenate([[0.0], np.cumsum(mass)[:-1]])
    taken = np.clip(number - before, 0.0, mass)
    fraction = np.divide(taken, mass, out=np.zeros(len(mass)), where=mass > 0)
    return list(np.stack(flows) * fraction[place].reshape(len(flows), *flows[0].shape))


class _Choosers:
    """Who leaves their favourite for the best of the receivers, by what that loses them in utility.

    Who is at his favourite k of the `offered` loses U_k less the best of the `able`, taste included. With sums S
    of exp(V) he loses more than c with chance S(offered) / (S(offered, not able) + e^max(c, 0) S(offered, able)
    + e^c S(new)), whatever k is. He only gains at a new one; who loses goes to old and new ones alike.
    """

    def __init__(self, utilities: FloatArray, flows: FloatArray, able: BoolArray, offered: BoolArray) -> None:
        self._utilities, self._flows = utilities, flows
        self._able, self._new = able, able & ~offered
        known = able | offered
        weights = np.where(known, np.exp(utilities - utilities[:, known].max(axis=1, keepdims=True)), 0.0)
        self._sums = [weights[:, who].sum(axis=1) for who in (offered & ~able, offered & able, self._new)]

    def going(self, bound: float) -> FloatArray:
        """Return which part of the patients of an area loses at most `bound`: float64[A]."""
        staying, old, new = self._sums
        all_told = staying + math.exp(max(bound, 0.0)) * old + math.exp(bound) * new
        rest = np.divide(staying + old, all_told, out=np.ones(len(all_told)), where=all_told > 0)
        return np.asarray(1 - rest)

    def number(self, bound: float) -> float:
        """Return how many patients lose at most `bound`."""
        return float((self.going(bound) * self._flows.sum(axis=1)).sum())

    def streams(self, bound: float | None) -> list[tuple[FloatArray, FloatArray]]:
        """Return who goes and by which shares: all who lose at most `bound`, or everybody."""
        gone = np.ones(len(self._flows)) if bound is None else self.going(bound)
        gaining = np.minimum(self.going(0.0), gone)
        found = [(gone - gaining, self._able)]
        if self._new.any():
            found.append((gaining, self._new))
        return [
            (self._flows * part[:, None], choice_shares(self._utilities, to[None, :])) for part, to in found
        ]


def _choosing(
    dataset: Dataset,
    flows: FloatArray,
    move: Move,
    groups: list[int],
    able: BoolArray,
    offered: BoolArray,
    part: float,
) -> list[Stream]:
    """Return `_streams` under the rule `choice`: loss is of utility, taste included."""
    utilities = utility(dataset, move.profile, dataset.travel_hundredths) / UTILITY_SCALE
    choosers = {group: _Choosers(utilities, flows[group], able[group], offered[group]) for group in groups}
    bound = None
    if part < 1:
        number = part * float(flows.sum())
        low, bound = -MOST_UTILITY, MOST_UTILITY
        for _ in range(_HALVINGS):
            middle = (low + bound) / 2
            enough = sum(mine.number(middle) for mine in choosers.values()) >= number
            low, bound = (low, middle) if enough else (middle, bound)
    return [(group, *stream) for group, mine in choosers.items() for stream in mine.streams(bound)]


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
