"""Travel, waits and the burden of extra travel by group of inhabitants: score, urbanity, age and region.

A group is in the column `band`: ``ses_1`` (lowest score) to ``ses_5``, ``urbanity_1`` (very urban) to ``urbanity_5``,
``age_75plus``, ``age_under_75``, ``roaz:<name>``, and ``worst_fifth`` for the fifth that bears most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.indicators.equity import FIFTHS, concentration, fifths, worst_fifth
from zorgstroom_simulator.demand import ELECTIVE, VISIT_PATHWAY, Patients, profile_table
from zorgstroom_simulator.environment import trips_of
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.scope import Cells, Outcome, Scope

OLD, YOUNGER = "age_75plus", "age_under_75"
_OLDEST = AGE_BANDS.index("75plus")


@dataclass(frozen=True)
class Groups:
    """Groups of the region's inhabitants by area, and how many live in each."""

    #: bool[A] by name of the group.
    areas: Mapping[str, BoolArray]
    inhabitants: Mapping[str, int]
    #: int64[A], nobody outside the region.
    people: Int64Array


@lru_cache(maxsize=4)
def _groups(dataset: Dataset, year: int, inside_bytes: bytes) -> Groups:
    inside = np.frombuffer(inside_bytes, np.bool_)
    by_age = dataset.population[year] * inside[:, None]
    people = by_age.sum(axis=1)
    fifth = fifths(_scores(dataset), people, inside)
    urbanity = np.array([area.urbanity for area in dataset.areas])
    roaz = np.array([area.roaz for area in dataset.areas])
    areas = {
        **{f"ses_{number}": fifth == number for number in range(1, FIFTHS + 1)},
        **{f"urbanity_{number}": inside & (urbanity == number) for number in range(1, 6)},
    }
    regions = sorted(set(roaz[inside].tolist()))
    if len(regions) > 1:
        areas |= {f"roaz:{name}": inside & (roaz == name) for name in regions}
    old = int(by_age[:, _OLDEST].sum())
    inhabitants = {name: int(people[mask].sum()) for name, mask in areas.items()}
    inhabitants |= {OLD: old, YOUNGER: int(people.sum()) - old}
    return Groups(areas, inhabitants, people)


def groups_of(scope: Scope) -> Groups:
    """Return the groups of the region's inhabitants in the demand year."""
    return _groups(scope.dataset, scope.calendar.demand_year, scope.areas.tobytes())


def _scores(dataset: Dataset) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([area.ses_score for area in dataset.areas])


def add_equity(rows: Rows, scope: Scope, outcome: Outcome, cells: Cells) -> None:
    """Add inhabitants, mean travel and mean wait for treatment of each group of the region's inhabitants."""
    groups = groups_of(scope)
    for name, people in groups.inhabitants.items():
        if people:
            rows.add("group_inhabitants", people, 1, band=name)
    in_care = profile_table(scope.dataset).pathway != VISIT_PATHWAY
    mine = np.flatnonzero(in_care[cells.profile] & scope.areas[cells.area])
    area, number = cells.area[mine], cells.number[mine]
    minutes = scope.dataset.travel_hundredths[area, cells.location[mine]] * number
    _add_means(rows, "group_travel", groups, area, minutes, number, _travel_of_old(scope, outcome, in_care))
    _add_waits(rows, scope, outcome, groups)


def _travel_of_old(scope: Scope, outcome: Outcome, in_care: BoolArray) -> tuple[int, int]:
    """Return the minutes (x 100) one way of the oldest of the region who were treated, and how many there were."""
    patients, queues = outcome.patients, outcome.queues
    old = (patients.age_band == _OLDEST) & scope.areas[patients.area] & in_care[patients.profile]
    queued = np.flatnonzero(old[:queues] & scope.within(outcome.journeys.admission_minute))
    direct = queues + np.flatnonzero(old[queues:] & scope.within(patients.minute[queues:]))
    travel = scope.dataset.travel_hundredths
    total = 0
    for rows, location in (
        (queued, outcome.journeys.location[queued]),
        (direct, outcome.chosen_at(patients.minute[direct], direct)),
    ):
        total += int(travel[patients.area[rows], location].sum(dtype=np.int64))
    return total, len(queued) + len(direct)


def _add_waits(rows: Rows, scope: Scope, outcome: Outcome, groups: Groups) -> None:
    """Add the mean minutes from the treatment list to treatment of the region's inhabitants."""
    journeys, patients = outcome.journeys, outcome.queued
    done = np.flatnonzero(
        (patients.flow == ELECTIVE) & scope.within(journeys.admission_minute) & scope.areas[patients.area]
    )
    # Who is treated outside the region meets no queue there.
    done = done[scope.locations[journeys.location[done]]]
    wait = (journeys.admission_minute[done] - journeys.list_minute[done]).astype(np.int64)
    old = patients.age_band[done] == _OLDEST
    of_old = int(wait[old].sum()), int(np.count_nonzero(old))
    _add_means(rows, "group_wait", groups, patients.area[done], wait, np.ones_like(wait), of_old)


def _add_means(
    rows: Rows,
    indicator: str,
    groups: Groups,
    area: np.ndarray[tuple[int], np.dtype[np.integer]],
    totals: Int64Array,
    counts: Int64Array,
    of_old: tuple[int, int],
) -> None:
    """Add totals and counts by group: `area`, `totals` and `counts` [n] of everybody, `of_old` of the oldest."""
    size = len(groups.people)
    total, count = (np.bincount(area, value, minlength=size).astype(np.int64) for value in (totals, counts))
    found = {name: (int(total[mask].sum()), int(count[mask].sum())) for name, mask in groups.areas.items()}
    found[OLD] = of_old
    found[YOUNGER] = int(total.sum()) - of_old[0], int(count.sum()) - of_old[1]
    for name, (amount, number) in found.items():
        if number:
            rows.add(indicator, amount, number, band=name)


def add_burden(rows: Rows, scope: Scope, movers: Patients, extra: Int64Array) -> None:
    """Add how the extra travel of who is treated elsewhere is divided over the region's inhabitants.

    `extra` int64[n] is minutes x 100 one way, below zero for who travels less: they bear nothing.
    """
    groups = groups_of(scope)
    mine = np.flatnonzero(scope.areas[movers.area] & (extra > 0))
    borne = extra[mine] * trips_of(scope.dataset)[movers.profile[mine]]
    burden = np.bincount(movers.area[mine], borne, minlength=len(groups.people)).astype(np.int64)
    whole = int(burden.sum())
    if not whole:
        return
    old = int(borne[movers.age_band[mine] == _OLDEST].sum())
    shares = {name: int(burden[mask].sum()) for name, mask in groups.areas.items()}
    shares |= {OLD: old, YOUNGER: whole - old, "worst_fifth": worst_fifth(groups.people, burden)[0]}
    for name, share in shares.items():
        rows.add("burden_share", share, whole, band=name)
    inside = scope.areas
    index = concentration(_scores(scope.dataset)[inside], groups.people[inside], burden[inside])
    rows.add("burden_concentration", *index)
