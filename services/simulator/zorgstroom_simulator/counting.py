"""Counting over all patients in machine code: one pass per subject, whole numbers, no columns in between.

What is added up here bears no name of an indicator: who was treated where, who joined and left which queue, what came
to which pool, how many beds were in use. Which of these numbers make an indicator, and by which rule, is in `measure`,
`pools` and `daily`. Minutes may be of any width; every function is compiled for one set of types.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Int32Array, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom_simulator.engines import Care, Int8Array, Int16Array
from zorgstroom_simulator.machine_code import compiled
from zorgstroom_simulator.pathways import ADM

Minutes = npt.NDArray[np.signedinteger]

# Compiled functions hold these as constants.
DAY = int(MINUTES_PER_DAY)
ON_ADM = int(ADM)
DAY_PLACE, BED = int(Care.DAY_PLACE), int(Care.BED)
#: What `add_treated` adds up of who is treated: how many, and their nights; how many have a procedure, and its minutes;
#: how many are on an IC, and their minutes there.
NUMBER, NIGHTS, PROCEDURES, PROCEDURE, IC_NUMBER, IC_MINUTES = range(6)
AMOUNTS = 6
#: What `add_queue` adds up per queue. On the list at 00:00, days of the last quarter less those of the first; of who
#: joined: how many simulated, how many they stand for, their work and its squares.
GROWTH, JOINED, JOINED_WEIGHT, JOINED_WORK, JOINED_SQUARES = range(5)
MOMENTS = 5


@compiled
def add_treated(
    start: int,
    end: int,
    minute: Minutes,
    location: Int16Array,
    area: Int16Array,
    profile: Int16Array,
    flow: Int8Array,
    setting: Int8Array,
    nights: Int32Array,
    procedure_minutes: Int32Array,
    needs_ic: BoolArray,
    ic_minutes: Int32Array,
    homes: Int32Array,
    sums: Int64Array,
) -> None:
    """Add who is treated from minute `start` to before `end`, all columns [n].

    To `homes` int32[A, L, P], patients by where they live, and to `sums` int64[L, P, flow, setting, AMOUNTS].
    """
    for row in range(len(minute)):
        if start <= minute[row] < end:
            homes[area[row], location[row], profile[row]] += 1
            at, what, how, stay = location[row], profile[row], flow[row], setting[row]
            sums[at, what, how, stay, NUMBER] += 1
            sums[at, what, how, stay, NIGHTS] += nights[row]
            if procedure_minutes[row] > 0:
                sums[at, what, how, stay, PROCEDURES] += 1
                sums[at, what, how, stay, PROCEDURE] += procedure_minutes[row]
            if needs_ic[row]:
                sums[at, what, how, stay, IC_NUMBER] += 1
                sums[at, what, how, stay, IC_MINUTES] += ic_minutes[row]


@compiled
def add_queue(
    first_day: int,
    days: int,
    never: int,
    bounds: Int64Array,
    chosen: Int16Array,
    queue: Int16Array,
    joined: Minutes,
    left: Minutes,
    served_at: Int16Array,
    profile: Int16Array,
    weight: Int32Array,
    work: Int32Array,
    moments: Int64Array,
    through: Int64Array,
    waits: Int64Array,
) -> None:
    """Add who waits in queues: `queue` int16[n], -1 for nobody, from `joined` to `left` (`never`: still there).

    A patient waits where `chosen` int16[n, E] sends him between `bounds` int64[E + 1]. `weight` is how many he stands
    for, `work` what he brings. To `moments` int64[L, Q, MOMENTS]; of who left between `first_day` and `days` to
    `through` int64[L, Q], their work, and to `waits` int64[L, P, 2], their minutes of waiting and their weight.
    """
    quarter = max(1, (days - first_day) // 4)
    start, end = first_day * DAY, days * DAY
    for row in range(len(joined)):
        if queue[row] < 0:
            continue
        many, brought = np.int64(weight[row]), np.int64(work[row])
        since = np.int64(max(joined[row], 0))
        until = np.int64(end if left[row] == never else left[row])
        for epoch in range(len(bounds) - 1):
            begins, stops = max(since, bounds[epoch]), min(until, bounds[epoch + 1])
            if begins >= stops:
                continue
            at, number = chosen[row, epoch], queue[row]
            # Days whose 00:00 falls in [begins, stops).
            from_day, to_day = (begins + DAY - 1) // DAY, (stops + DAY - 1) // DAY
            late = max(0, min(to_day, days) - max(from_day, days - quarter))
            early = max(0, min(to_day, first_day + quarter) - max(from_day, first_day))
            moments[at, number, GROWTH] += many * (late - early)
            if begins == since and since >= start:
                moments[at, number, JOINED] += 1
                moments[at, number, JOINED_WEIGHT] += many
                moments[at, number, JOINED_WORK] += brought
                moments[at, number, JOINED_SQUARES] += brought * brought
        if start <= left[row] < end:
            through[served_at[row], queue[row]] += brought
            waits[served_at[row], profile[row], 0] += many * (np.int64(left[row]) - joined[row])
            waits[served_at[row], profile[row], 1] += many


@compiled
def add_work(  # noqa: PLR0912 - one pass over many columns
    start: int,
    end: int,
    comes: Minutes,
    sent: Int16Array,
    treated: Minutes,
    location: Int16Array,
    acute: BoolArray,
    visit_only: BoolArray,
    care: Int8Array,
    treatment_list: Int8Array,
    procedure_minutes: Int32Array,
    specialty: Int16Array,
    weight: Int32Array,
    ward_group: Int8Array,
    ic_type: Int8Array,
    nights: Int32Array,
    stay_minutes: Int32Array,
    ic_minutes: Int32Array,
    rules: Int64Array,
    asked: Int64Array,
    used: Int64Array,
) -> None:
    """Add the work that patients bring to the pools of a location, all columns [n].

    To `asked` [L, pools] that of who comes from minute `start` to before `end`, where he is `sent` first; to `used`
    [L, lists + 1] that of who is treated then, where he is treated. Pools in this order: treatment lists, day places
    (patients), then of `asked` clinics (weights), wards and ICs (minutes). `rules`: minutes of change-over, minute of
    planning and of discharge, number of treatment lists, specialties and ward groups.
    """
    change_over, planning_minute, discharge_minute, lists, specialties, groups = rules
    day_place, clinics = lists, lists + 1
    wards = clinics + specialties
    ics = wards + groups
    for row in range(len(comes)):
        coming, in_treatment = start <= comes[row] < end, start <= treated[row] < end
        if not coming and not in_treatment:
            continue
        # On the list for planned admissions every patient is one; in a room he is minutes.
        pool, work = treatment_list[row], np.int64(0)
        if pool == ON_ADM:
            if not acute[row] and not visit_only[row]:
                work = np.int64(1)
        elif procedure_minutes[row] > 0:
            work = np.int64(procedure_minutes[row] + change_over)
        if in_treatment:
            used[location[row], pool] += work
            if care[row] == DAY_PLACE:
                used[location[row], day_place] += 1
        if not coming:
            continue
        at = sent[row]
        asked[at, pool] += work
        if not acute[row]:
            asked[at, clinics + specialty[row]] += weight[row]
        if care[row] == DAY_PLACE:
            asked[at, day_place] += 1
        elif care[row] >= BED:
            on_ic = np.int64(ic_minutes[row])
            if ic_type[row] >= 0:
                asked[at, ics + ic_type[row]] += on_ic
            if ward_group[row] >= 0:
                stay = np.int64(stay_minutes[row])
                if stay == 0:
                    hours = comes[row] % DAY if acute[row] else planning_minute
                    stay = nights[row] * DAY + discharge_minute - hours
                asked[at, wards + ward_group[row]] += stay - on_ic


@compiled
def add_stays(
    first_day: int,
    pool: Int32Array,
    start: Minutes,
    end: Minutes,
    at: Int32Array,
    before: Int32Array,
    in_use: Int64Array,
    minutes: Int64Array,
    peaks: Int64Array,
) -> None:
    """Add stays in beds of a `pool` from minute `start` to `end`, all [n], over the days from `first_day`.

    To `minutes` int64[pools] the minutes in use, and to `peaks` int64[pools, D] the most beds in use at once on each
    day; who leaves at a minute makes room at that minute. Room to work in: `at` int32[2, minutes of the days], all -1,
    the last stay that begins (0) or ends (1) at a minute, and `before` int32[2, n], of every stay the one before it;
    `in_use` int64[pools], all 0.
    """
    pools, days = peaks.shape
    first, last = first_day * DAY, (first_day + days) * DAY
    for stay in range(len(pool)):
        begins, ends = np.int64(start[stay]), np.int64(end[stay])
        minutes[pool[stay]] += min(max(ends, first), last) - min(max(begins, first), last)
        if ends <= first or begins >= last:
            continue
        if begins <= first:
            in_use[pool[stay]] += 1
        else:
            before[0, stay] = at[0, begins - first]
            at[0, begins - first] = stay
        if ends < last:
            before[1, stay] = at[1, ends - first]
            at[1, ends - first] = stay
    for day in range(days):
        for minute in range(day * DAY, (day + 1) * DAY):
            stay = at[1, minute]
            while stay >= 0:
                in_use[pool[stay]] -= 1
                stay = before[1, stay]
            stay = at[0, minute]
            while stay >= 0:
                in_use[pool[stay]] += 1
                peaks[pool[stay], day] = max(peaks[pool[stay], day], in_use[pool[stay]])
                stay = before[0, stay]
            if minute == day * DAY:
                for number in range(pools):
                    peaks[number, day] = in_use[number]
