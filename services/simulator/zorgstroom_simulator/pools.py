"""Indicators of waiting lists, beds and rooms: what each pool of a location was asked for and what it did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import Int32Array, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import IC_TYPES, TREATMENT_LISTS, WARD_GROUPS, ic_pool, ward_pool
from zorgstroom_simulator.counting import Minutes, add_stays, add_work
from zorgstroom_simulator.engines import Network
from zorgstroom_simulator.queues import Queues
from zorgstroom_simulator.rows import Rows, nearest_ranks
from zorgstroom_simulator.scope import Outcome, Scope
from zorgstroom_simulator.stays import stays_of


def add_growth(rows: Rows, scope: Scope, clinics: Queues, lists: Queues) -> None:
    """Waiting lists: how much they have grown from the first to the last quarter of the period."""
    for queues in (clinics, lists):
        _growth(rows, scope, queues)


def _growth(rows: Rows, scope: Scope, queues: Queues) -> None:
    """Add mean list of the last quarter minus that of the first, and who joined, per location and list."""
    quarter = max(1, (scope.calendar.days - scope.calendar.measured_from_day) // 4)
    for number, pool in enumerate(queues.pools):
        present = np.flatnonzero(scope.locations & (queues.joined_weight[:, number] > 0))
        growth, joined, weight, work, squares = (
            moment[present, number]
            for moment in (
                queues.growth, queues.joined, queues.joined_weight, queues.joined_work, queues.joined_squares
            )
        )  # fmt: skip
        moments = zip(joined.tolist(), weight.tolist(), work.tolist(), squares.tolist(), strict=True)
        spread = np.array([_spread(*of_list) for of_list in moments], np.int64)
        codes = {"location": present}
        rows.rows("list_growth", codes, growth, quarter, pool=pool)
        rows.rows("list_arrivals", codes, weight * 52, scope.calendar.weeks, pool=pool)
        rows.rows("list_spread", codes, spread, 1, pool=pool)


def _spread(number: int, weight: int, work: int, squares: int) -> int:
    """Return arrivals x (1 + cv^2), rounded: the variance by chance of a list of those who joined.

    cv is the coefficient of variation of the work of a patient. Simulated patients who stand for several count as
    the batches they are: ``number x (weight / number)^2 x number x squares / work^2``, in whole numbers.
    """
    if not work:
        return weight
    return (2 * weight * weight * squares + work * work) // (2 * work * work)


def capacity_over_period(
    scope: Scope, network: Network, capacity: Int64Array, pool: str
) -> tuple[Int64Array, Int64Array]:
    """Return capacity x days and capacity x working days of a pool per location over the period: int64[L] each.

    `capacity` int64[L] is that of day 0; the network's steps change it.
    """
    first, last = scope.calendar.measured_from_day, scope.calendar.days
    working = network.working_days[first:last]
    by_day, by_working_day = capacity * (last - first), capacity * int(working.sum())
    for number in {step.location for step in network.steps if step.pool == pool}:
        daily = np.full(last, capacity[number], np.int64)
        for step in network.steps:
            if step.location == number and step.pool == pool:
                daily[max(step.day, 0) :] = step.capacity
        by_day[number] = daily[first:].sum()
        by_working_day[number] = daily[first:][working].sum()
    return by_day, by_working_day


@dataclass(frozen=True)
class Work:
    """Work that patients bring to pools in the measured period, with an axis L first: int64 each.

    Asked: of who comes, at the location of first choice. Used: of who is treated, where he is.
    """

    #: Minutes in rooms, on the list for planned admissions patients: [L, treatment lists].
    lists_asked: Int64Array
    lists_used: Int64Array
    #: Patients: [L].
    day_asked: Int64Array
    day_used: Int64Array
    #: First visits: [L, specialties].
    clinics_asked: Int64Array
    #: Minutes in bed: [L, ward groups] and [L, types of IC].
    wards_asked: Int64Array
    ics_asked: Int64Array


def count_work(scope: Scope, outcome: Outcome) -> Work:
    """Add up what patients bring to the pools of every location."""
    journeys, table, rules = outcome.journeys, outcome.table, outcome.network.rules
    sizes = len(TREATMENT_LISTS), 1, len(scope.dataset.specialties), len(WARD_GROUPS), len(IC_TYPES)
    asked = np.zeros((len(scope.locations), sum(sizes)), np.int64)
    used = np.zeros((len(scope.locations), sum(sizes[:2])), np.int64)
    numbers = np.array(
        [rules.change_over_minutes, rules.planning_minute, rules.discharge_minute, sizes[0], *sizes[2:4]], np.int64
    )  # fmt: skip
    add_work(
        scope.start, scope.end, table.minute, outcome.first_choice, journeys.admission_minute, journeys.location,
        table.acute, table.visit_only, table.care, table.treatment_list, table.procedure_minutes, table.specialty,
        table.weight, table.ward_group, table.ic_type, table.nights, table.stay_minutes, table.ic_minutes,
        numbers, asked, used,
    )  # fmt: skip
    lists, day, clinics, wards, ics = np.split(asked, np.cumsum(sizes)[:-1], axis=1)
    return Work(lists, used[:, : sizes[0]], day[:, 0], used[:, sizes[0]], clinics, wards, ics)


def add_beds(rows: Rows, scope: Scope, outcome: Outcome, work: Work) -> None:
    """Occupancy and peaks of ward groups and ICs, and their expected load."""
    network = outcome.network
    wards, ics = stays_of(scope, outcome)
    used = capacity = 0
    for stays, pools, asked, beds in (
        (wards, [ward_pool(name) for name in WARD_GROUPS], work.wards_asked, network.ward_beds),
        (ics, [ic_pool(name) for name in IC_TYPES], work.ics_asked, network.ic_beds),
    ):
        pool_of = stays.location.astype(np.int32) * len(pools) + stays.kind
        minutes, peaks = beds_in_use(pool_of, stays.start, stays.end, len(beds) * len(pools), scope)
        minutes, peaks = minutes.reshape(-1, len(pools)), peaks.reshape(-1, len(pools), peaks.shape[1])
        for index, pool in enumerate(pools):
            capacity_days, _ = capacity_over_period(scope, network, beds[:, index], pool)
            if stays is wards:
                used += int(minutes[scope.locations, index].sum())
                capacity += int(capacity_days[scope.locations].sum())
            present = np.flatnonzero(scope.locations & (capacity_days != 0))
            available = capacity_days[present] * MINUTES_PER_DAY
            rows.side_by_side(
                {
                    "occupancy": (minutes[present, index], available),
                    "load": (asked[present, index], available),
                    "peak_p95": (nearest_ranks(peaks[present, index], 95), 1),
                },
                {"location": present},
                pool=pool,
            )
    if capacity:
        rows.add("occupancy", used, capacity * MINUTES_PER_DAY, pool="ward")


def beds_in_use(
    pool: Int32Array, start: Minutes, end: Minutes, pools: int, scope: Scope
) -> tuple[Int64Array, Int64Array]:
    """Return the measured minutes in use per pool, and the most in use at once per pool and day: [pools], [pools, D].

    Stays in beds of `pool` from minute `start` to `end`, [n] each; who leaves at a minute makes room at that minute.
    """
    first, days = scope.calendar.measured_from_day, scope.calendar.days - scope.calendar.measured_from_day
    minutes, peaks = np.zeros(pools, np.int64), np.zeros((pools, days), np.int64)
    at = np.full((2, days * MINUTES_PER_DAY), -1, np.int32)
    before, in_use = np.empty((2, len(pool)), np.int32), np.zeros(pools, np.int64)
    add_stays(first, pool, start, end, at, before, in_use, minutes, peaks)
    return minutes, peaks


def add_rooms(rows: Rows, scope: Scope, outcome: Outcome, work: Work, clinics: Queues) -> None:
    """Use and expected load of operating rooms, procedure rooms, planned admissions, day places and clinics."""
    network = outcome.network
    for index, pool in enumerate(TREATMENT_LISTS):
        _, capacity = capacity_over_period(scope, network, network.list_capacity[:, index], pool)
        _room(rows, scope, pool, work.lists_used[:, index], work.lists_asked[:, index], capacity)
    _, capacity = capacity_over_period(scope, network, network.day_places, "day")
    places = capacity * network.rules.day_turns_permille // 1000
    _room(rows, scope, "day", work.day_used, work.day_asked, places)
    for index, clinic_pool in enumerate(clinics.pools):
        clinic = np.maximum(network.clinic_capacity[:, index], 0)
        _, capacity = capacity_over_period(scope, network, clinic, f"clinic:{index}")
        capacity = np.where(network.clinic_capacity[:, index] < 0, 0, capacity)
        _room(rows, scope, clinic_pool, clinics.through[:, index], work.clinics_asked[:, index], capacity)


def _room(
    rows: Rows, scope: Scope, pool: str, used: Int64Array, expected: Int64Array, capacity_permille: Int64Array
) -> None:
    present = np.flatnonzero(scope.locations & (capacity_permille > 0))
    codes, capacity = {"location": present}, capacity_permille[present]
    rows.rows("occupancy", codes, used[present] * 1000, capacity, pool=pool)
    rows.rows("load", codes, expected[present] * 1000, capacity, pool=pool)
