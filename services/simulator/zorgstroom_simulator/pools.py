"""Indicators of waiting lists, beds and rooms: what each pool of a location was asked for and what it did."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import IC_TYPES, TREATMENT_LISTS, WARD_GROUPS, clinic_pool, ic_pool, ward_pool
from zorgstroom_simulator.engines import NEVER, Care, Network, State
from zorgstroom_simulator.pathways import ADM
from zorgstroom_simulator.rows import Rows, nearest_rank
from zorgstroom_simulator.scope import Outcome, Scope

Int8Array = npt.NDArray[np.int8]
Int16Array = npt.NDArray[np.int16]


def add_lists(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Waiting lists: at the end, and grown from the first to the last quarter of the period."""
    journeys, table = outcome.journeys, outcome.table
    state, planned = journeys.state, ~table.acute
    local = scope.locations[journeys.location] & (journeys.location >= 0)
    for indicator, waiting in (
        ("list_first_visit_end", state == State.AWAITING_VISIT),
        ("list_treatment_end", state == State.AWAITING_TREATMENT),
    ):
        at_end = np.flatnonzero(waiting & local)
        by = {"location": journeys.location[at_end]}
        if indicator == "list_treatment_end":
            by["profile"] = outcome.queued.profile[at_end]
        rows.margins(indicator, table.weight[at_end], 1, by)

    names = [specialty.id for specialty in scope.dataset.specialties]
    joined = np.maximum(table.minute, 0)
    left = np.where(journeys.visit_minute == NEVER, scope.end, journeys.visit_minute)
    left = np.where(table.stage >= 2, joined, left)
    clinics = [clinic_pool(name) for name in names]
    weight = table.weight.astype(np.int64)
    _growth(rows, scope, outcome, planned, joined, left, weight, weight, table.specialty, clinics)
    listed = planned & (journeys.list_minute != NEVER) & (state >= State.AWAITING_TREATMENT)
    joined = np.maximum(journeys.list_minute, 0)
    left = np.where(journeys.admission_minute == NEVER, scope.end, journeys.admission_minute)
    one = np.ones(len(table), np.int64)
    minutes = table.procedure_minutes.astype(np.int64) + outcome.network.rules.change_over_minutes
    work = np.where(table.treatment_list == ADM, 1, minutes)
    _growth(rows, scope, outcome, listed, joined, left, one, work, table.treatment_list, [*TREATMENT_LISTS])


def _growth(
    rows: Rows,
    scope: Scope,
    outcome: Outcome,
    who: BoolArray,
    joined: Int64Array,
    left: Int64Array,
    weight: Int64Array,
    work: Int64Array,
    queue: Int8Array | Int16Array,
    pools: list[str],
) -> None:
    """Add mean list of the last quarter minus that of the first, and who joined, per location and list.

    `weight` is how many a simulated patient stands for on the list, `work` what he brings to the pool.
    """
    first_day, days = scope.calendar.measured_from_day, scope.calendar.days
    quarter = max(1, (days - first_day) // 4)
    shape = (len(scope.dataset.locations), len(pools))
    size = shape[0] * shape[1]
    growth = np.zeros(size, np.int64)
    # Of who joined: how many are simulated, how many they stand for, their work and its squares.
    joining = np.zeros((4, size), np.int64)
    bounds = [*outcome.epochs.tolist(), scope.end]
    for epoch in range(len(outcome.epochs)):
        start = np.maximum(joined, bounds[epoch])
        stop = np.minimum(left, bounds[epoch + 1])
        here = np.flatnonzero(who & (stop > start) & (joined < scope.end))
        place = outcome.chosen[here, epoch].astype(np.int64) * len(pools) + queue[here]
        # Days whose 00:00 falls in [start, stop).
        from_day = -(-start[here] // MINUTES_PER_DAY)
        to_day = -(-stop[here] // MINUTES_PER_DAY)
        for sign, lower, upper in ((1, days - quarter, days), (-1, first_day, first_day + quarter)):
            overlap = np.clip(np.minimum(to_day, upper) - np.maximum(from_day, lower), 0, None)
            summed = np.bincount(place, overlap * weight[here], minlength=size)
            growth += sign * summed.astype(np.int64)
        new = scope.within(joined[here]) & (start[here] == joined[here])
        who_joined, brought = here[new], work[here[new]]
        for number, amount in enumerate((None, weight[who_joined], brought, brought * brought)):
            joining[number] += np.bincount(place[new], amount, minlength=size).astype(np.int64)
    growth, arrivals = growth.reshape(shape), joining[1].reshape(shape)
    spread = np.array([_spread(*moments) for moments in joining.T.tolist()], np.int64).reshape(shape)
    for kind, pool in enumerate(pools):
        present = np.flatnonzero(scope.locations & (arrivals[:, kind] > 0))
        codes = {"location": present}
        quarters, weeks = np.full(len(present), quarter), np.full(len(present), scope.calendar.weeks)
        rows.rows("list_growth", codes, growth[present, kind], quarters, pool=pool)
        rows.rows("list_arrivals", codes, arrivals[present, kind] * 52, weeks, pool=pool)
        rows.rows("list_spread", codes, spread[present, kind], np.ones(len(present), np.int64), pool=pool)


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


def add_beds(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Occupancy and peaks of ward groups and ICs, and their expected load."""
    journeys, table, network = outcome.journeys, outcome.table, outcome.network
    in_bed = np.flatnonzero(journeys.bed_minute != NEVER)
    leaves = _until(journeys.discharge_minute[in_bed], scope)
    ic_end = _until(journeys.ic_leave_minute[in_bed], scope)
    bed = journeys.bed_minute[in_bed]
    on_ic = table.care[in_bed] == Care.IC_THEN_BED
    on_ward = journeys.ward_group[in_bed] >= 0
    location = journeys.location[in_bed]
    ward_start = np.where(on_ic, ic_end, bed)

    arrives = np.flatnonzero(scope.within(table.minute) & (table.care >= Care.BED))
    sent = outcome.first_choice[arrives]
    ic_minutes = table.ic_minutes[arrives].astype(np.int64)
    minute = table.minute[arrives] % MINUTES_PER_DAY
    hours = np.where(table.acute[arrives], minute, network.rules.planning_minute)
    stay = table.nights[arrives].astype(np.int64) * MINUTES_PER_DAY + network.rules.discharge_minute - hours
    stay = np.where(table.stay_minutes[arrives] > 0, table.stay_minutes[arrives], stay) - ic_minutes

    wards = [ward_pool(name) for name in WARD_GROUPS]
    ics = [ic_pool(name) for name in IC_TYPES]
    used = capacity = 0
    for pools, who, kind, start, end, asked_kind, asked, beds in (
        (wards, on_ward, journeys.ward_group[in_bed], ward_start, leaves,
         table.ward_group[arrives], stay, network.ward_beds),
        (ics, on_ic, table.ic_type[in_bed], bed, ic_end,
         table.ic_type[arrives], ic_minutes, network.ic_beds),
    ):  # fmt: skip
        size = len(pools) * len(scope.locations)
        expected = _work(sent, asked_kind, asked, asked_kind >= 0, len(pools), size)
        expected = expected.reshape(-1, len(pools))
        stays = dict(_stays(location[who], kind[who], start[who], end[who], len(pools)))
        for index, pool in enumerate(pools):
            capacity_days, _ = capacity_over_period(scope, network, beds[:, index], pool)
            for number in np.flatnonzero(scope.locations).tolist():
                begins, ends = stays.get(number * len(pools) + index, _NOBODY)
                inside = np.clip(np.minimum(ends, scope.end) - np.maximum(begins, scope.start), 0, None)
                minutes, days = int(inside.sum()), int(capacity_days[number])
                if pools is wards:
                    used, capacity = used + minutes, capacity + days
                if days == 0:
                    continue
                name = scope.dataset.locations[number].id
                rows.add("occupancy", minutes, days * MINUTES_PER_DAY, location=name, pool=pool)
                work = int(expected[number, index])
                rows.add("load", work, days * MINUTES_PER_DAY, location=name, pool=pool)
                peak = nearest_rank(daily_peaks(begins, ends, scope), 95)
                rows.add("peak_p95", peak, 1, location=name, pool=pool)
    if capacity:
        rows.add("occupancy", used, capacity * MINUTES_PER_DAY, pool="ward")


_NOBODY = (np.zeros(0, np.int64), np.zeros(0, np.int64))


def _until(minute: Int64Array, scope: Scope) -> Int64Array:
    """Return the minutes, and the end of the run for what has not happened."""
    return np.where(minute == NEVER, scope.end, minute)


def _stays(
    location: Int16Array, kind: Int8Array, start: Int64Array, end: Int64Array, kinds: int
) -> Iterator[tuple[int, tuple[Int64Array, Int64Array]]]:
    """Yield (location x kinds + kind, (starts, ends)) of the stays in each pool that has any."""
    code = location.astype(np.int64) * kinds + kind
    order = np.argsort(code, kind="stable")
    present, first = np.unique(code[order], return_index=True)
    for number, mine in zip(present.tolist(), np.split(order, first)[1:], strict=True):
        yield number, (start[mine], end[mine])


def _work(
    location: Int16Array,
    kind: Int8Array | Int16Array,
    amount: npt.NDArray[np.integer],
    who: BoolArray,
    kinds: int,
    size: int,
) -> Int64Array:
    """Sum the work of those who are `who` per location and kind of pool: int64[size]."""
    code = location[who].astype(np.int64) * kinds + kind[who]
    return np.bincount(code, amount[who], minlength=size).astype(np.int64)


def daily_peaks(start: Int64Array, end: Int64Array, scope: Scope) -> Int64Array:
    """Return the most beds in use at once on each measured day; who leaves at a minute makes room at that minute."""
    first, days = scope.calendar.measured_from_day, scope.calendar.days
    starts, ends = np.sort(start), np.sort(end)
    midnights = np.arange(first, days, dtype=np.int64) * MINUTES_PER_DAY
    peaks = np.searchsorted(starts, midnights, side="right") - np.searchsorted(ends, midnights, side="right")
    measured = scope.within(starts)
    moments = starts[measured]
    # The last of several arrivals at one minute sees them all.
    occupied = np.searchsorted(starts, moments, side="right") - np.searchsorted(ends, moments, side="right")
    np.maximum.at(peaks, moments // MINUTES_PER_DAY - first, occupied)
    return np.asarray(peaks, dtype=np.int64)


def add_rooms(rows: Rows, scope: Scope, outcome: Outcome) -> None:
    """Use and expected load of operating rooms, procedure rooms, planned admissions, day places and clinics."""
    journeys, table, network = outcome.journeys, outcome.table, outcome.network
    count = len(scope.locations)
    in_room = table.procedure_minutes > 0
    minutes = np.where(in_room, table.procedure_minutes + network.rules.change_over_minutes, 0)
    on_adm = (table.treatment_list == ADM) & ~table.acute & ~table.visit_only
    # On the list for planned admissions every patient is one; in a room he is minutes.
    work = np.where(table.treatment_list == ADM, 1, minutes)
    listed = np.where(table.treatment_list == ADM, on_adm, in_room)
    treated = scope.within(journeys.admission_minute)
    arrives = scope.within(table.minute)
    at, sent = journeys.location, outcome.first_choice
    kinds = len(TREATMENT_LISTS)
    used, expected = (
        _work(place, table.treatment_list, work, listed & when, kinds, count * kinds).reshape(count, kinds)
        for place, when in ((at, treated), (sent, arrives))
    )
    for index, pool in enumerate(TREATMENT_LISTS):
        _, capacity = capacity_over_period(scope, network, network.list_capacity[:, index], pool)
        _room(rows, scope, pool, used[:, index], expected[:, index], capacity)

    day = table.care == Care.DAY_PLACE
    _, capacity = capacity_over_period(scope, network, network.day_places, "day")
    _room(
        rows, scope, "day",
        np.bincount(at[day & treated], minlength=count), np.bincount(sent[day & arrives], minlength=count),
        capacity * network.rules.day_turns_permille // 1000,
    )  # fmt: skip

    kinds = len(scope.dataset.specialties)
    used, expected = (
        _work(place, table.specialty, table.weight, who, kinds, count * kinds).reshape(count, kinds)
        for place, who in (
            (journeys.visit_location, scope.within(journeys.visit_minute)),
            (sent, arrives & ~table.acute),
        )
    )
    for index, specialty in enumerate(scope.dataset.specialties):
        clinic = np.maximum(network.clinic_capacity[:, index], 0)
        _, capacity = capacity_over_period(scope, network, clinic, f"clinic:{index}")
        capacity = np.where(network.clinic_capacity[:, index] < 0, 0, capacity)
        _room(rows, scope, clinic_pool(specialty.id), used[:, index], expected[:, index], capacity)


def _room(
    rows: Rows, scope: Scope, pool: str, used: Int64Array, expected: Int64Array, capacity_permille: Int64Array
) -> None:
    present = np.flatnonzero(scope.locations & (capacity_permille > 0))
    codes, capacity = {"location": present}, capacity_permille[present]
    rows.rows("occupancy", codes, used[present] * 1000, capacity, pool=pool)
    rows.rows("load", codes, expected[present] * 1000, capacity, pool=pool)
