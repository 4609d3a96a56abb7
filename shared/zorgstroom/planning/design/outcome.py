"""What sets of locations do, by the rules of the expected flows: many sets at once, exactly.

The rules are those of `planning.flows` after the actions of a proposal: locations that start are opened (patients
come if they prefer it), then the profile is concentrated at the set. Axes N sets, C candidates, A areas, G groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray
from zorgstroom.planning.design.case import Case, Group, IntArray
from zorgstroom.planning.expected import FloatArray

#: The part of the patients whose travel counts in `worst_off_travel`.
WORST_OFF = 0.2
#: Largest array of an intermediate result, in numbers.
_LARGEST = 4_000_000
_NOBODY = 1e-9


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What each of N sets does."""

    #: Who provides the profile: bool[N, C].
    sets: BoolArray
    #: Everybody can be treated somewhere: bool[N].
    possible: BoolArray
    #: Persons a year by group: float64[N, G, C].
    volumes: FloatArray
    #: Minutes of the region's patients together, and of the fifth of them who live where they travel furthest.
    minutes: FloatArray
    worst_off: FloatArray
    #: Minutes more than today of the areas in the region that travel longer, together: float64[N].
    extra: FloatArray
    #: Fixed cost a year that stays behind where the profile stops, in euros: float64[N].
    stranded: FloatArray
    #: Candidates that start or stop, and that provide it: int64[N].
    changes: FloatArray
    count: FloatArray
    #: Fewest patients a year of those that provide it: float64[N].
    smallest: FloatArray

    def select(self, chosen: BoolArray | np.ndarray[tuple[int], np.dtype[np.int64]]) -> Outcomes:
        """Return the chosen sets only."""
        return Outcomes(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def outcomes(case: Case, sets: BoolArray, *, worst_off: bool = True) -> Outcomes:
    """Return what sets bool[N, C] do; without `worst_off`, which takes long, that is nan."""
    largest = case.minutes.size if case.rule == "nearest" else len(case.minutes) * 4
    step = max(1, _LARGEST // largest)
    return joined(
        [_of(case, sets[start : start + step], worst_off) for start in range(0, max(len(sets), 1), step)]
    )


def joined(parts: list[Outcomes]) -> Outcomes:
    """Return the outcomes of several lists of sets as one."""
    return Outcomes(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Outcomes.__dataclass_fields__)
    )


def area_minutes(case: Case, sets: BoolArray) -> FloatArray:
    """Return the minutes of everybody in each area together: sets bool[N, C] to float64[N, A]."""
    return _flows(case, sets)[1]


def _flows(case: Case, sets: BoolArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return persons a year float64[N, G, C], minutes float64[N, A], and whether everybody is served bool[N]."""
    rule = _by_choice if case.rule == "choice" else _to_nearest
    possible = sets.any(axis=1)
    volumes = np.zeros((len(sets), len(case.groups), len(case.rows)))
    minutes = np.zeros((len(sets), len(case.counted)))
    for index, group in enumerate(case.groups):
        volume, travel, served = rule(case, group, sets)
        volumes[:, index], possible = volume, possible & served
        minutes += travel
    return volumes, minutes, np.asarray(possible)


def _of(case: Case, sets: BoolArray, worst_off: bool) -> Outcomes:
    volumes, minutes, possible = _flows(case, sets)
    patients = volumes.sum(axis=1) * case.weight
    return Outcomes(
        sets,
        possible,
        volumes,
        minutes[:, case.counted].sum(axis=1),
        _worst_off(case, minutes) if worst_off else np.full(len(sets), np.nan),
        _extra(case, minutes),
        (case.offered & ~sets) @ case.stranding,
        (sets != case.offered).sum(axis=1).astype(np.float64),
        sets.sum(axis=1).astype(np.float64),
        np.where(sets, patients, np.inf).min(axis=1),
    )


def _by_choice(case: Case, group: Group, sets: BoolArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return persons float64[N, C], minutes float64[N, A] and whether all are served, when patients choose again."""
    chosen = sets.astype(np.float64)
    offered = case.offered.astype(np.float64)
    old, new = chosen * offered, chosen * (1 - offered)
    weighted = group.weights * case.minutes
    open_now = chosen @ group.weights.T + group.outside
    starting = new @ group.weights.T
    before = group.weights @ offered + group.outside
    # Who prefers a location that starts goes there; the others stay where they are.
    all_told = before + starting
    staying = np.divide(before, all_told, out=np.ones_like(all_told), where=all_told > 0)
    lost = ((1 - chosen) * offered) @ group.flows.T * staying
    per_weight = np.divide(lost, open_now, out=np.zeros_like(lost), where=open_now > 0)
    total = group.flows.sum(axis=1) + group.elsewhere
    drawn = np.divide(total, all_told, out=np.zeros_like(all_told), where=all_told > 0)
    again = per_weight @ group.weights
    volumes = old * (staying @ group.flows + again) + new * (drawn @ group.weights + again)
    minutes = (
        staying * (old @ (group.flows * case.minutes).T + group.elsewhere_minutes)
        + per_weight * (chosen @ weighted.T + group.outside_minutes)
        + drawn * (new @ weighted.T)
    )
    served = ~((lost > _NOBODY) & (open_now <= 0)).any(axis=1)
    return volumes, minutes, np.asarray(served)


def _to_nearest(case: Case, group: Group, sets: BoolArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return the same when those whose location stops go to the nearest of the set (of equal ones the first id)."""
    chosen = sets.astype(np.float64)
    receiving = sets & group.treating
    lost = (1 - chosen) @ group.flows.T
    nearest = nearest_of(case, receiving)
    served = receiving.any(axis=1) | (lost.sum(axis=1) <= _NOBODY)
    number, candidates = sets.shape
    place = np.arange(number)[:, None] * candidates + nearest
    arriving = np.bincount(place.ravel(), lost.ravel(), minlength=number * candidates)
    volumes = chosen * group.flows.sum(axis=0) + arriving.reshape(number, candidates)
    there = case.minutes[np.arange(len(case.minutes)), nearest]
    minutes = chosen @ (group.flows * case.minutes).T + group.elsewhere_minutes + lost * there
    return volumes, minutes, np.asarray(served)


def nearest_of(case: Case, receiving: BoolArray) -> IntArray:
    """Return which of each set is nearest to each area (of equal ones the first id): bool[N, C] to int64[N, A]."""
    found = np.zeros((len(receiving), len(case.minutes)), np.int64)
    waiting = np.repeat(np.asarray(receiving.any(axis=1))[:, None], found.shape[1], axis=1)
    # Nearly always one of the first few candidates of an area is there.
    for place in case.nearest_first.T:
        if not waiting.any():
            break
        there = waiting & receiving[:, place]
        found = np.where(there, place, found)
        waiting = waiting & ~there
    return found


def worst_off_persons(case: Case, minutes: FloatArray) -> FloatArray:
    """Return how many of each area are of the fifth who live where travel is longest: float64[N, A], both."""
    persons = np.where(case.counted, case.persons, 0.0)
    mean = np.divide(minutes, persons, out=np.zeros_like(minutes), where=persons > 0)
    order = np.argsort(-mean, axis=1, kind="stable")
    number = persons[order]
    before = np.cumsum(number, axis=1) - number
    taken = np.clip(WORST_OFF * persons.sum() - before, 0.0, number)
    found = np.zeros_like(minutes)
    np.put_along_axis(found, order, taken, axis=1)
    return found


def _worst_off(case: Case, minutes: FloatArray) -> FloatArray:
    """Return the minutes together of the fifth who live where travel is longest: float64[N, A] to float64[N]."""
    mean = np.divide(minutes, case.persons, out=np.zeros_like(minutes), where=case.persons > 0)
    return np.asarray((mean * worst_off_persons(case, minutes)).sum(axis=1))


def _extra(case: Case, minutes: FloatArray) -> FloatArray:
    """Return the minutes more than today where travel gets longer: float64[N, A] to float64[N]."""
    return np.asarray(np.maximum(minutes - case.minutes_today, 0.0)[:, case.counted].sum(axis=1))


def covered(case: Case, sets: BoolArray, minutes: float) -> FloatArray:
    """Return which share of the region's inhabitants has a provider within so many minutes: float64[N]."""
    within = (case.minutes <= minutes).astype(np.float64)
    near = (sets.astype(np.float64) @ within.T > 0) | (case.outside_reach <= minutes)
    return np.asarray(near @ case.inhabitants / max(float(case.inhabitants.sum()), _NOBODY))


def added_work(case: Case, found: Outcomes) -> FloatArray:
    """Return by how much the work of each pool of each candidate grows: float64[N, Q, C].

    Patients bring the case mix of the hospital type they come from, as in the expected load of a plan.
    """
    step = max(1, _LARGEST // case.minutes.size)
    work = np.zeros((len(found.sets), case.work.shape[1], len(case.rows)))
    for start in range(0, len(found.sets), step):
        part = slice(start, start + step)
        for group, each in zip(case.groups, case.work, strict=True):
            arriving, leaving = _moving(case, group, found.sets[part])
            work[part] += np.einsum("ntc,qt->nqc", arriving, each) - leaving[:, None, :] * each[:, case.types]
    return work


def _moving(case: Case, group: Group, sets: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return who arrive by the type they come from, float64[N, type, C], and who leave, float64[N, C]."""
    chosen, offered = sets.astype(np.float64), case.offered.astype(np.float64)
    kinds = group.by_type.shape[1]
    arriving = np.zeros((len(sets), kinds, len(case.rows)))
    stopping = (1 - chosen) * offered
    everybody = group.flows.sum(axis=0)
    if case.rule == "nearest":
        nearest = nearest_of(case, sets & group.treating)
        place = np.arange(len(sets))[:, None] * len(case.rows) + nearest
        for kind in range(kinds):
            lost = (stopping * (case.types == kind)) @ group.flows.T
            numbers = np.bincount(place.ravel(), lost.ravel(), minlength=chosen.size)
            arriving[:, kind] = numbers.reshape(chosen.shape)
        return arriving, stopping * everybody
    new = chosen * (1 - offered)
    open_now = chosen @ group.weights.T + group.outside
    before = group.weights @ offered + group.outside
    all_told = before + new @ group.weights.T
    staying = np.divide(before, all_told, out=np.ones_like(all_told), where=all_told > 0)
    for kind in range(kinds):
        lost = (stopping * (case.types == kind)) @ group.flows.T * staying
        again = np.divide(lost, open_now, out=np.zeros_like(lost), where=open_now > 0)
        drawn = np.divide(group.by_type[:, kind], all_told, out=np.zeros_like(lost), where=all_told > 0)
        arriving[:, kind] = chosen * (again @ group.weights) + new * (drawn @ group.weights)
    return arriving, stopping * everybody + chosen * offered * ((1 - staying) @ group.flows)
