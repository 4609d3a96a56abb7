"""The rules of `simpy_engine` in compiled form: each is the function that bears the name of its counterpart there.

`world` is the array of addresses of all columns (`columns`, numbered in `layout`); a function looks up what it needs.
"""

from __future__ import annotations

from zorgstroom_simulator.engines.layout import (
    ACUTE,
    ACUTE_DAY_PLACES,
    ACUTE_MINUTES,
    ADM,
    ADMISSION,
    AFTER_WORK_UP,
    ASSIGNED,
    AT,
    AWAITING_TREATMENT,
    AWAITING_VISIT,
    AWAITS_VISIT,
    BALANCE,
    BED,
    BED_GROUP,
    BED_LINES,
    BED_MINUTE,
    BEDS,
    BEDS_USED,
    BLOCK,
    BOARDED,
    BUFFER,
    BY_DAY,
    BY_MINUTE,
    CARE,
    CLINIC,
    CLINIC_CAPACITY,
    DATE,
    DATE_KIND,
    DAY,
    DAY_PLACE,
    DAY_PLACES,
    DISCHARGE,
    DIVERSION,
    DIVERSIONS,
    DONE,
    DUE,
    EXECUTED,
    FIRST,
    FIRST_LINE,
    FIRST_ROOM,
    FOLLOWING,
    FRACTION,
    FREE,
    FULL,
    IC_BEDS,
    IC_LEAVE,
    IC_MINUTES,
    IC_THEN_BED,
    IC_TYPE,
    IC_USED,
    IN_TREATMENT,
    IN_WORK_UP,
    JOINED,
    KEEPS_BED,
    KEPT,
    LEAVES,
    LEAVES_IC,
    LENGTH,
    LINE,
    LINE_WAIT,
    LIST_CAPACITY,
    LIST_MINUTE,
    LOSE,
    LOST,
    MINUTE,
    NEVER,
    NEXT_WORKING_DAY,
    NIGHTS,
    NOBODY,
    NOTHING,
    ON_LIST,
    OUTLIER,
    OUTLIER_GROUPS,
    OUTLIERS,
    OVER,
    OVER_CAPACITY,
    POOL,
    PREVIOUS,
    PROCEDURE_MINUTES,
    QUEUED,
    ROOM,
    RULE_CHANGE_OVER,
    RULE_CLINIC_MINUTE,
    RULE_DAY_TURNS_PERMILLE,
    RULE_DISCHARGE_MINUTE,
    RULE_DIVERSION_DELAY,
    RULE_END,
    RULE_IC_RESERVE,
    RULE_LOOK_AHEAD,
    RULE_NEXT_FULL,
    RULE_OUTLIER_PERMILLE,
    RULE_PLANNING_MINUTE,
    RULE_RESERVE_MIN,
    RULE_RESERVE_PERMILLE,
    RULE_WHEN_FULL,
    RULES,
    SPECIALTY,
    STAGE,
    STATE,
    STAY_MINUTES,
    TARGET,
    TRANSFER_MINUTES,
    TREATMENT,
    TREATMENT_DATE,
    TREATMENT_LIST,
    URGENCY,
    VISIT_DATE,
    VISIT_DUE,
    VISIT_LOCATION,
    VISIT_MINUTE,
    VISIT_ONLY,
    WAIT,
    WAITING,
    WARD_GROUP,
    WEIGHT,
    WORK_UP,
    WORKED_UP,
    Addresses,
    flag,
    int8,
    int16,
    int16_table,
    int32,
    int32_table,
    int64,
    int64_table,
)
from zorgstroom_simulator.machine_code import compiled

# --- sorted lists ------------------------------------------------------------------------------------


@compiled
def _make_room(world: Addresses, lists: int, key: int) -> None:
    """Make a place free behind the last of a list."""
    pool_of = int32(world, lists + POOL)
    block_of, room_of = int64(world, lists + BLOCK), int64(world, lists + ROOM)
    first_of, length_of = int64(world, lists + FIRST), int64(world, lists + LENGTH)
    free_of = int64(world, lists + FREE)
    start, first, length = block_of[key], first_of[key], length_of[key]
    if first + length < room_of[key]:
        return
    if 2 * first >= room_of[key] and first > 0:
        target = start
    else:
        room_of[key] = max(2 * room_of[key], FIRST_ROOM)
        target = free_of[0]
        free_of[0] += room_of[key]
        block_of[key] = target
    for place in range(length):
        pool_of[target + place] = pool_of[start + first + place]
    first_of[key] = 0


@compiled
def _put(world: Addresses, lists: int, key: int, place: int, patient: int) -> None:
    """Put a patient on a place of a list; who is there moves up."""
    pool_of = int32(world, lists + POOL)
    block_of, first_of = int64(world, lists + BLOCK), int64(world, lists + FIRST)
    length_of = int64(world, lists + LENGTH)
    _make_room(world, lists, key)
    base = block_of[key] + first_of[key]
    for moving in range(base + length_of[key], base + place, -1):
        pool_of[moving] = pool_of[moving - 1]
    pool_of[base + place] = patient
    length_of[key] += 1


@compiled
def _take_first(world: Addresses, lists: int, key: int) -> int:
    """Take out who is first."""
    pool_of = int32(world, lists + POOL)
    block_of, first_of = int64(world, lists + BLOCK), int64(world, lists + FIRST)
    length_of = int64(world, lists + LENGTH)
    patient = pool_of[block_of[key] + first_of[key]]
    first_of[key] += 1
    length_of[key] -= 1
    return int(patient)


@compiled
def _join_list(world: Addresses, key: int, patient: int) -> None:
    """Put a patient on a treatment list, by (due, number)."""
    pool_of = int32(world, TREATMENT + POOL)
    block_of, first_of = int64(world, TREATMENT + BLOCK), int64(world, TREATMENT + FIRST)
    length_of, target_of = int64(world, TREATMENT + LENGTH), int64(world, TARGET)
    list_minute_of, due_of = int64(world, LIST_MINUTE), int64(world, DUE)
    due = list_minute_of[patient] + target_of[patient]
    due_of[patient] = due
    base = block_of[key] + first_of[key]
    low, high = 0, length_of[key]
    while low < high:
        middle = (low + high) // 2
        other = pool_of[base + middle]
        if due_of[other] < due or (due_of[other] == due and other < patient):
            low = middle + 1
        else:
            high = middle
    _put(world, TREATMENT, key, low, patient)


@compiled
def _join_clinic(world: Addresses, location: int, patient: int) -> None:
    """Put a patient in his line of a clinic, by (due, number): most join behind the last."""
    pool_of, line_of = int32(world, CLINIC + POOL), int32(world, LINE)
    block_of, first_of = int64(world, CLINIC + BLOCK), int64(world, CLINIC + FIRST)
    length_of, line_wait_of = int64(world, CLINIC + LENGTH), int64(world, LINE_WAIT)
    specialty_of, visit_due_of = int16(world, SPECIALTY), int64(world, VISIT_DUE)
    waiting_of = int64_table(world, WAITING)
    key = location * len(line_wait_of) + line_of[patient]
    base, due = block_of[key] + first_of[key], visit_due_of[patient]
    low, high = 0, length_of[key]
    # The first look is at the last.
    middle = high - 1
    while low < high:
        other = pool_of[base + middle]
        if visit_due_of[other] < due or (visit_due_of[other] == due and other < patient):
            low = middle + 1
        else:
            high = middle
        middle = (low + high) // 2
    _put(world, CLINIC, key, low, patient)
    waiting_of[location, specialty_of[patient]] += 1


@compiled
def _join_bed_line(world: Addresses, key: int, patient: int, now: int) -> None:
    """Put a patient in the line for a bed, by (urgency, minute of joining, number)."""
    pool_of = int32(world, BED_LINES + POOL)
    block_of, first_of = int64(world, BED_LINES + BLOCK), int64(world, BED_LINES + FIRST)
    length_of, joined_of = int64(world, BED_LINES + LENGTH), int64(world, JOINED)
    urgency_of = int8(world, URGENCY)
    joined_of[patient] = now
    urgency = urgency_of[patient]
    base = block_of[key] + first_of[key]
    low, high = 0, length_of[key]
    while low < high:
        middle = (low + high) // 2
        other = pool_of[base + middle]
        before = urgency_of[other] < urgency or (
            urgency_of[other] == urgency
            and (joined_of[other] < now or (joined_of[other] == now and other < patient))
        )
        if before:
            low = middle + 1
        else:
            high = middle
    _put(world, BED_LINES, key, low, patient)


# --- the calendar ------------------------------------------------------------------------------------


@compiled
def _link(world: Addresses, heads: int, kind: int, slot: int, patient: int) -> None:
    following_of, previous_of = int32(world, FOLLOWING), int32(world, PREVIOUS)
    heads_of = int32_table(world, heads)
    head = heads_of[kind, slot]
    following_of[patient] = head
    previous_of[patient] = NOBODY
    if head != NOBODY:
        previous_of[head] = patient
    heads_of[kind, slot] = patient


@compiled
def _unlink(world: Addresses, heads: int, kind: int, slot: int, patient: int) -> None:
    following_of, previous_of = int32(world, FOLLOWING), int32(world, PREVIOUS)
    heads_of = int32_table(world, heads)
    before, after = previous_of[patient], following_of[patient]
    if before == NOBODY:
        heads_of[kind, slot] = after
    else:
        following_of[before] = after
    if after != NOBODY:
        previous_of[after] = before


@compiled
def _at(world: Addresses, kind: int, minute: int, patient: int) -> None:
    """Let something happen at a minute."""
    rules, executed_of = int64(world, RULES), int64(world, EXECUTED)
    executed_of[0] += 1
    if minute < rules[RULE_END]:
        _link(world, BY_MINUTE, kind, minute, patient)


@compiled
def _wait_for_date(world: Addresses, kind: int, due: int, patient: int, now: int) -> None:
    """Where nobody queues: go on at the first clinic, or planning, that is not before the due time."""
    rules, next_working_day_of = int64(world, RULES), int64(world, NEXT_WORKING_DAY)
    executed_of = int64(world, EXECUTED)
    by_day_of = int32_table(world, BY_DAY)
    date_of = int32(world, DATE)
    date_kind_of = int8(world, DATE_KIND)
    minute_of_day = rules[RULE_CLINIC_MINUTE] if kind == VISIT_DATE else rules[RULE_PLANNING_MINUTE]
    due = max(due, now + 1)
    day = due // DAY
    if due % DAY > minute_of_day:
        day += 1
    day = next_working_day_of[min(day, len(next_working_day_of) - 1)]
    executed_of[0] += 1
    date_of[patient] = day
    date_kind_of[patient] = kind
    if day < by_day_of.shape[1]:
        _link(world, BY_DAY, kind, day, patient)


# --- beds --------------------------------------------------------------------------------------------


@compiled
def _take_bed(world: Addresses, patient: int, location: int, group: int) -> None:
    bed_group_of = int8(world, BED_GROUP)
    beds_used_of = int64_table(world, BEDS_USED)
    beds_used_of[location, group] += 1
    bed_group_of[patient] = group


@compiled
def _occupy(world: Addresses, patient: int, location: int) -> None:
    """Take the IC bed or the bed of the patient's own ward group, free or not."""
    care_of, ward_group_of = int8(world, CARE), int8(world, WARD_GROUP)
    ic_type_of = int8(world, IC_TYPE)
    ic_used_of = int64_table(world, IC_USED)
    care = care_of[patient]
    if care == IC_THEN_BED:
        ic_used_of[location, ic_type_of[patient]] += 1
    elif care == BED:
        _take_bed(world, patient, location, ward_group_of[patient])


@compiled
def _stay_on_ward(world: Addresses, patient: int, start: int) -> None:
    """Set when the patient leaves: after his minutes, or at the hour of discharge after the last night."""
    rules, admission_of = int64(world, RULES), int64(world, ADMISSION)
    discharge_of = int64(world, DISCHARGE)
    stay_minutes_of, nights_of = int32(world, STAY_MINUTES), int32(world, NIGHTS)
    if stay_minutes_of[patient]:
        leaves = start + stay_minutes_of[patient]
    else:
        midnight = admission_of[patient] // DAY * DAY
        leaves = midnight + nights_of[patient] * DAY + rules[RULE_DISCHARGE_MINUTE]
    discharge_of[patient] = leaves
    _at(world, LEAVES, leaves, patient)


@compiled
def _stay(world: Addresses, patient: int) -> None:
    """Start the stay of who holds what he needs, at his minute of admission."""
    care_of, state_of = int8(world, CARE), int8(world, STATE)
    ic_minutes_of = int32(world, IC_MINUTES)
    admission_of, ic_leave_of = int64(world, ADMISSION), int64(world, IC_LEAVE)
    discharge_of = int64(world, DISCHARGE)
    admission = admission_of[patient]
    care = care_of[patient]
    if care in (NOTHING, DAY_PLACE):
        discharge_of[patient] = admission
        state_of[patient] = DONE
        return
    state_of[patient] = IN_TREATMENT
    if care == IC_THEN_BED:
        ic_leave_of[patient] = admission + ic_minutes_of[patient]
        _at(world, LEAVES_IC, ic_leave_of[patient], patient)
    else:
        _stay_on_ward(world, patient, admission)


@compiled
def _admit_acute(world: Addresses, patient: int, location: int, now: int, minutes: int) -> None:
    """Start the stay of an acute patient who holds a bed from now and is there in so many minutes."""
    rules, bed_minute_of = int64(world, RULES), int64(world, BED_MINUTE)
    admission_of = int64(world, ADMISSION)
    treatment_list_of = int8(world, TREATMENT_LIST)
    procedure_minutes_of = int32(world, PROCEDURE_MINUTES)
    at_of = int16(world, AT)
    acute_minutes_of = int64_table(world, ACUTE_MINUTES)
    at_of[patient] = location
    bed_minute_of[patient] = now
    admission_of[patient] = now + minutes
    if procedure_minutes_of[patient]:
        used = procedure_minutes_of[patient] + rules[RULE_CHANGE_OVER]
        acute_minutes_of[location, treatment_list_of[patient]] += used
    _stay(world, patient)


@compiled
def _fill_ic(world: Addresses, location: int, ic_type: int, now: int) -> None:
    """Give every free IC bed somebody waits for to who is next."""
    line_length_of = int64(world, BED_LINES + LENGTH)
    beds_of, ic_beds_of = int64_table(world, BEDS), int64_table(world, IC_BEDS)
    ic_used_of = int64_table(world, IC_USED)
    groups, types = beds_of.shape[1], ic_beds_of.shape[1]
    key = location * (groups + types) + groups + ic_type
    while line_length_of[key] and ic_beds_of[location, ic_type] > ic_used_of[location, ic_type]:
        patient = _take_first(world, BED_LINES, key)
        _occupy(world, patient, location)
        _admit_acute(world, patient, location, now, 0)


@compiled
def _fill_ward(world: Addresses, location: int, group: int, now: int) -> None:
    """Give every free ward bed somebody waits for to who is next; who comes from the IC moves at this minute too."""
    line_length_of = int64(world, BED_LINES + LENGTH)
    care_of = int8(world, CARE)
    beds_of, beds_used_of = int64_table(world, BEDS), int64_table(world, BEDS_USED)
    ic_beds_of = int64_table(world, IC_BEDS)
    key = location * (beds_of.shape[1] + ic_beds_of.shape[1]) + group
    while line_length_of[key] and beds_of[location, group] > beds_used_of[location, group]:
        patient = _take_first(world, BED_LINES, key)
        _take_bed(world, patient, location, group)
        if care_of[patient] == IC_THEN_BED:
            _at(world, LEAVES_IC, now, patient)
        else:
            _admit_acute(world, patient, location, now, 0)


@compiled
def _find_place(world: Addresses, patient: int, location: int) -> bool:
    """Take a bed, else an outlier bed; a day place needs no queue. Return whether there was one."""
    rules, acute_day_places_of = int64(world, RULES), int64(world, ACUTE_DAY_PLACES)
    outlier_groups_of = int64(world, OUTLIER_GROUPS)
    care_of, ward_group_of = int8(world, CARE), int8(world, WARD_GROUP)
    ic_type_of = int8(world, IC_TYPE)
    outlier_of, queued_of = flag(world, OUTLIER), flag(world, QUEUED)
    beds_of, beds_used_of = int64_table(world, BEDS), int64_table(world, BEDS_USED)
    outliers_of, ic_beds_of = int64_table(world, OUTLIERS), int64_table(world, IC_BEDS)
    ic_used_of = int64_table(world, IC_USED)
    care = care_of[patient]
    if care == IC_THEN_BED:
        ic_type = ic_type_of[patient]
        if queued_of[location] and ic_beds_of[location, ic_type] <= ic_used_of[location, ic_type]:
            return False
        ic_used_of[location, ic_type] += 1
        return True
    if care == DAY_PLACE:
        acute_day_places_of[location] += 1
        return True
    if care == NOTHING:
        return True
    group = ward_group_of[patient]
    if not queued_of[location] or beds_of[location, group] > beds_used_of[location, group]:
        _take_bed(world, patient, location, group)
        return True
    if not rules[RULE_OUTLIER_PERMILLE]:
        return False
    mixes = False
    for other in outlier_groups_of:
        mixes = mixes or other == group
    if not mixes:
        return False
    for other in outlier_groups_of:
        most = beds_of[location, other] * rules[RULE_OUTLIER_PERMILLE] // 1000
        free = beds_of[location, other] - beds_used_of[location, other]
        if other != group and free > 0 and outliers_of[location, other] < most:
            outliers_of[location, other] += 1
            outlier_of[patient] = True
            _take_bed(world, patient, location, other)
            return True
    return False


@compiled
def _acute(world: Addresses, patient: int, now: int) -> None:
    """First choice, else the first of the next-best that has a bed now, else what the rules say."""
    rules = int64(world, RULES)
    assigned_of, at_of = int16(world, ASSIGNED), int16(world, AT)
    diversions_of = int16_table(world, DIVERSIONS)
    care_of, ward_group_of = int8(world, CARE), int8(world, WARD_GROUP)
    ic_type_of, state_of = int8(world, IC_TYPE), int8(world, STATE)
    diversion_of = int8(world, DIVERSION)
    boarded_of = flag(world, BOARDED)
    beds_of, ic_beds_of = int64_table(world, BEDS), int64_table(world, IC_BEDS)
    transfer_minutes_of = int64_table(world, TRANSFER_MINUTES)
    first = assigned_of[patient]
    if _find_place(world, patient, first):
        _admit_acute(world, patient, first, now, 0)
        return
    for place in range(diversions_of.shape[1]):
        location = diversions_of[patient, place]
        if location < 0:
            break
        if _find_place(world, patient, location):
            diversion_of[patient] = place + 1
            minutes = transfer_minutes_of[first, location] + rules[RULE_DIVERSION_DELAY]
            _admit_acute(world, patient, location, now, minutes)
            return
    if rules[RULE_WHEN_FULL] == LOSE:
        state_of[patient] = LOST
    elif rules[RULE_WHEN_FULL] == WAIT:
        state_of[patient] = AWAITING_TREATMENT
        at_of[patient] = first
        groups, types = beds_of.shape[1], ic_beds_of.shape[1]
        if care_of[patient] == IC_THEN_BED:
            key = first * (groups + types) + groups + ic_type_of[patient]
        else:
            key = first * (groups + types) + ward_group_of[patient]
        _join_bed_line(world, key, patient, now)
    else:
        boarded_of[patient] = True
        _occupy(world, patient, first)
        _admit_acute(world, patient, first, now, 0)


@compiled
def _leave_ic(world: Addresses, patient: int, now: int) -> None:
    """From the IC to the ward of the same location; or out; or, with a bed that was waited for, in it."""
    rules, ic_leave_of = int64(world, RULES), int64(world, IC_LEAVE)
    discharge_of = int64(world, DISCHARGE)
    ward_group_of, ic_type_of = int8(world, WARD_GROUP), int8(world, IC_TYPE)
    state_of, bed_group_of = int8(world, STATE), int8(world, BED_GROUP)
    at_of = int16(world, AT)
    over_capacity_of, queued_of = flag(world, OVER_CAPACITY), flag(world, QUEUED)
    beds_of, beds_used_of = int64_table(world, BEDS), int64_table(world, BEDS_USED)
    ic_beds_of, ic_used_of = int64_table(world, IC_BEDS), int64_table(world, IC_USED)
    location, ic_type, group = at_of[patient], ic_type_of[patient], ward_group_of[patient]
    if group < 0:
        ic_used_of[location, ic_type] -= 1
        discharge_of[patient] = ic_leave_of[patient]
        state_of[patient] = DONE
        _fill_ic(world, location, ic_type, now)
        return
    if bed_group_of[patient] >= 0:
        # The bed waited for was given at this minute.
        state_of[patient] = IN_TREATMENT
        if rules[RULE_NEXT_FULL] == KEEPS_BED:
            ic_leave_of[patient] = now
            ic_used_of[location, ic_type] -= 1
    else:
        full = queued_of[location] and beds_of[location, group] <= beds_used_of[location, group]
        if full and rules[RULE_NEXT_FULL] != OVER:
            key = location * (beds_of.shape[1] + ic_beds_of.shape[1]) + group
            _join_bed_line(world, key, patient, now)
            if rules[RULE_NEXT_FULL] == KEEPS_BED:
                ic_leave_of[patient] = NEVER
            else:
                state_of[patient] = AWAITING_TREATMENT
                ic_used_of[location, ic_type] -= 1
                _fill_ic(world, location, ic_type, now)
            return
        over_capacity_of[patient] = full
        _take_bed(world, patient, location, group)
        ic_used_of[location, ic_type] -= 1
    _fill_ic(world, location, ic_type, now)
    _stay_on_ward(world, patient, now)


# --- planned care ------------------------------------------------------------------------------------


@compiled
def _has_clinic_queue(world: Addresses, location: int, specialty: int) -> bool:
    queued_of = flag(world, QUEUED)
    clinic_capacity_of = int64_table(world, CLINIC_CAPACITY)
    return bool(queued_of[location] and clinic_capacity_of[location, specialty] >= 0)


@compiled
def _first_visit(world: Addresses, patient: int, now: int) -> None:
    """Referral -> clinic queue of location and specialty."""
    assigned_of, specialty_of = int16(world, ASSIGNED), int16(world, SPECIALTY)
    at_of = int16(world, AT)
    visit_due_of = int64(world, VISIT_DUE)
    state_of = int8(world, STATE)
    location = assigned_of[patient]
    state_of[patient] = AWAITING_VISIT
    at_of[patient] = location
    if _has_clinic_queue(world, location, specialty_of[patient]):
        _join_clinic(world, location, patient)
    else:
        _wait_for_date(world, VISIT_DATE, visit_due_of[patient], patient, now)


@compiled
def _treatment(world: Addresses, patient: int, now: int) -> None:
    """On the treatment list of the location, by due time."""
    assigned_of, at_of = int16(world, ASSIGNED), int16(world, AT)
    target_of, list_minute_of = int64(world, TARGET), int64(world, LIST_MINUTE)
    treatment_list_of, state_of = int8(world, TREATMENT_LIST), int8(world, STATE)
    queued_of = flag(world, QUEUED)
    list_capacity_of = int64_table(world, LIST_CAPACITY)
    location = assigned_of[patient]
    state_of[patient] = AWAITING_TREATMENT
    at_of[patient] = location
    if queued_of[location]:
        key = location * list_capacity_of.shape[1] + treatment_list_of[patient]
        _join_list(world, key, patient)
    else:
        due = list_minute_of[patient] + target_of[patient]
        _wait_for_date(world, TREATMENT_DATE, due, patient, now)


@compiled
def _seen(world: Addresses, patient: int, now: int) -> None:
    """The first visit; then work-up, if there is more."""
    visit_only_of = flag(world, VISIT_ONLY)
    state_of = int8(world, STATE)
    visit_location_of, at_of = int16(world, VISIT_LOCATION), int16(world, AT)
    visit_minute_of, list_minute_of = int64(world, VISIT_MINUTE), int64(world, LIST_MINUTE)
    after_work_up_of, executed_of = int64(world, AFTER_WORK_UP), int64(world, EXECUTED)
    visit_minute_of[patient] = now
    visit_location_of[patient] = at_of[patient]
    if visit_only_of[patient]:
        state_of[patient] = DONE
        return
    minute = after_work_up_of[now // DAY] * DAY + now % DAY
    list_minute_of[patient] = minute
    state_of[patient] = WORK_UP
    if minute == now:
        executed_of[0] += 1
        _treatment(world, patient, now)
    else:
        _at(world, WORKED_UP, minute, patient)


@compiled
def _admitted(world: Addresses, patient: int, now: int) -> None:
    """A planned patient's admission."""
    at_of = int16(world, AT)
    bed_minute_of, admission_of = int64(world, BED_MINUTE), int64(world, ADMISSION)
    queued_of = flag(world, QUEUED)
    if not queued_of[at_of[patient]]:
        _occupy(world, patient, at_of[patient])
    admission_of[patient] = now
    bed_minute_of[patient] = now
    _stay(world, patient)


@compiled
def _new_day(
    world: Addresses, location: int, place: int, capacity_permille: int, used_since_yesterday: int
) -> None:
    """Start a working day: today's whole units and what was kept, less debts and what acute patients used."""
    balance_of, fraction_of = int64_table(world, BALANCE), int64_table(world, FRACTION)
    full_of, kept_of = int64_table(world, FULL), int64_table(world, KEPT)
    whole = fraction_of[location, place] + capacity_permille
    full_of[location, place], fraction_of[location, place] = whole // 1000, whole % 1000
    before = min(balance_of[location, place], 0) + kept_of[location, place]
    balance_of[location, place] = before + full_of[location, place] - used_since_yesterday
    kept_of[location, place] = 0


@compiled
def _hold_clinics(world: Addresses, location: int, now: int) -> None:
    """See patients while there are slots: who has waited longest for his wait, then was due first, then by number."""
    pool_of, weight_of = int32(world, CLINIC + POOL), int32(world, WEIGHT)
    block_of, first_of = int64(world, CLINIC + BLOCK), int64(world, CLINIC + FIRST)
    length_of, visit_due_of = int64(world, CLINIC + LENGTH), int64(world, VISIT_DUE)
    executed_of, first_line_of = int64(world, EXECUTED), int64(world, FIRST_LINE)
    line_wait_of = int64(world, LINE_WAIT)
    list_capacity_of = int64_table(world, LIST_CAPACITY)
    clinic_capacity_of, balance_of = int64_table(world, CLINIC_CAPACITY), int64_table(world, BALANCE)
    waiting_of = int64_table(world, WAITING)
    lines = len(line_wait_of)
    offset = list_capacity_of.shape[1] + 1
    for specialty in range(clinic_capacity_of.shape[1]):
        capacity = clinic_capacity_of[location, specialty]
        if capacity < 0:
            continue
        _new_day(world, location, offset + specialty, capacity, 0)
        while balance_of[location, offset + specialty] > 0 and waiting_of[location, specialty]:
            best, best_wait, best_due = NOBODY, 1, 0
            best_key = 0
            for line in range(first_line_of[specialty], first_line_of[specialty + 1]):
                key = location * lines + line
                if not length_of[key]:
                    continue
                patient = pool_of[block_of[key] + first_of[key]]
                due, wait = visit_due_of[patient], line_wait_of[line]
                if best != NOBODY:
                    mine, other = (now - due) * best_wait, (now - best_due) * wait
                    if mine < other:
                        continue
                    if mine == other and (best_due < due or (best_due == due and best < patient)):
                        continue
                best, best_wait, best_due, best_key = patient, wait, due, key
            _take_first(world, CLINIC, best_key)
            waiting_of[location, specialty] -= 1
            balance_of[location, offset + specialty] -= weight_of[best]
            executed_of[0] += 1
            _seen(world, best, now)


@compiled
def _has_place(world: Addresses, patient: int, location: int) -> bool:
    """Return whether the bed, IC bed or day place a planned patient needs is free above the acute reserve."""
    rules = int64(world, RULES)
    care_of, ward_group_of = int8(world, CARE), int8(world, WARD_GROUP)
    ic_type_of = int8(world, IC_TYPE)
    beds_of, beds_used_of = int64_table(world, BEDS), int64_table(world, BEDS_USED)
    ic_beds_of, ic_used_of = int64_table(world, IC_BEDS), int64_table(world, IC_USED)
    list_capacity_of, balance_of = int64_table(world, LIST_CAPACITY), int64_table(world, BALANCE)
    care = care_of[patient]
    if care == DAY_PLACE:
        return bool(balance_of[location, list_capacity_of.shape[1]] > 0)
    if care == IC_THEN_BED:
        ic_type = ic_type_of[patient]
        free = ic_beds_of[location, ic_type] - ic_used_of[location, ic_type]
        return bool(free > rules[RULE_IC_RESERVE])
    if care == BED:
        group = ward_group_of[patient]
        reserve = beds_of[location, group] * rules[RULE_RESERVE_PERMILLE] // 1000
        free = beds_of[location, group] - beds_used_of[location, group]
        return bool(free > max(reserve, rules[RULE_RESERVE_MIN]))
    return True


@compiled
def _plan_admissions(world: Addresses, location: int, now: int) -> None:
    """Go down each treatment list and admit whoever fits, skipping at most `look_ahead` entries."""
    rules, block_of = int64(world, RULES), int64(world, TREATMENT + BLOCK)
    first_of, length_of = int64(world, TREATMENT + FIRST), int64(world, TREATMENT + LENGTH)
    day_places_of, acute_day_places_of = int64(world, DAY_PLACES), int64(world, ACUTE_DAY_PLACES)
    executed_of = int64(world, EXECUTED)
    pool_of, procedure_minutes_of = int32(world, TREATMENT + POOL), int32(world, PROCEDURE_MINUTES)
    care_of = int8(world, CARE)
    list_capacity_of = int64_table(world, LIST_CAPACITY)
    acute_minutes_of, balance_of = int64_table(world, ACUTE_MINUTES), int64_table(world, BALANCE)
    full_of, kept_of = int64_table(world, FULL), int64_table(world, KEPT)
    kinds = list_capacity_of.shape[1]
    turns = day_places_of[location] * rules[RULE_DAY_TURNS_PERMILLE] // 1000
    _new_day(world, location, kinds, turns, acute_day_places_of[location])
    acute_day_places_of[location] = 0
    for kind in range(kinds):
        _new_day(world, location, kind, list_capacity_of[location, kind], acute_minutes_of[location, kind])
        balance = balance_of[location, kind]
        acute_minutes_of[location, kind] = 0
        key = location * kinds + kind
        base = block_of[key] + first_of[key]
        untouched, too_long = True, False
        skipped = looked = 0
        while looked < length_of[key] and skipped < rules[RULE_LOOK_AHEAD] and balance > 0:
            patient = pool_of[base + looked]
            looked += 1
            need = 1 if kind == ADM else procedure_minutes_of[patient] + rules[RULE_CHANGE_OVER]
            # Longer than a whole day: first on a day, and the debt carries over.
            fits = need <= balance or (untouched and need > full_of[location, kind])
            if fits and _has_place(world, patient, location):
                balance -= need
                untouched = False
                if care_of[patient] == DAY_PLACE:
                    balance_of[location, kinds] -= 1
                _occupy(world, patient, location)
                executed_of[0] += 1
                _admitted(world, patient, now)
            else:
                pool_of[base + skipped] = patient
                skipped += 1
                too_long = too_long or not fits
        admitted = looked - skipped
        if admitted:
            for place in range(skipped - 1, -1, -1):
                pool_of[base + admitted + place] = pool_of[base + place]
            first_of[key] += admitted
            length_of[key] -= admitted
        balance_of[location, kind] = balance
        if too_long:
            kept_of[location, kind] = max(balance, 0)


# --- epochs and the run --------------------------------------------------------------------------------


@compiled
def start_epoch(world: Addresses, now: int) -> None:
    """Who waits and has another location now goes to its list, with the same due time."""
    minute_of, visit_due_of = int64(world, MINUTE), int64(world, VISIT_DUE)
    target_of, list_minute_of = int64(world, TARGET), int64(world, LIST_MINUTE)
    admission_of, line_wait_of = int64(world, ADMISSION), int64(world, LINE_WAIT)
    acute_of, queued_of = flag(world, ACUTE), flag(world, QUEUED)
    assigned_of, specialty_of = int16(world, ASSIGNED), int16(world, SPECIALTY)
    at_of = int16(world, AT)
    treatment_list_of, state_of = int8(world, TREATMENT_LIST), int8(world, STATE)
    date_kind_of = int8(world, DATE_KIND)
    line_of, date_of = int32(world, LINE), int32(world, DATE)
    list_capacity_of, waiting_of = int64_table(world, LIST_CAPACITY), int64_table(world, WAITING)
    by_day_of = int32_table(world, BY_DAY)
    kinds, lines = list_capacity_of.shape[1], len(line_wait_of)
    for patient in range(len(minute_of)):
        state = state_of[patient]
        if state not in (AWAITING_VISIT, AWAITING_TREATMENT) or admission_of[patient] != NEVER:
            continue
        if acute_of[patient] or assigned_of[patient] == at_of[patient]:
            continue
        old, new = at_of[patient], assigned_of[patient]
        visit = state == AWAITING_VISIT
        specialty = specialty_of[patient]
        joins = _has_clinic_queue(world, new, specialty) if visit else bool(queued_of[new])
        at_of[patient] = new
        if date_of[patient] >= 0:
            if not joins:
                continue
            if date_of[patient] < by_day_of.shape[1]:
                _unlink(world, BY_DAY, date_kind_of[patient], date_of[patient], patient)
            date_of[patient] = -1
        elif visit:
            _remove(world, CLINIC, old * lines + line_of[patient], patient)
            waiting_of[old, specialty] -= 1
        else:
            _remove(world, TREATMENT, old * kinds + treatment_list_of[patient], patient)
        if joins and visit:
            _join_clinic(world, new, patient)
        elif joins:
            _join_list(world, new * kinds + treatment_list_of[patient], patient)
        elif visit:
            _wait_for_date(world, VISIT_DATE, visit_due_of[patient], patient, now)
        else:
            due = list_minute_of[patient] + target_of[patient]
            _wait_for_date(world, TREATMENT_DATE, due, patient, now)


@compiled
def _remove(world: Addresses, lists: int, key: int, patient: int) -> None:
    """Take a patient off a list, wherever he stands."""
    pool_of = int32(world, lists + POOL)
    block_of, first_of = int64(world, lists + BLOCK), int64(world, lists + FIRST)
    length_of = int64(world, lists + LENGTH)
    base = block_of[key] + first_of[key]
    place = 0
    while pool_of[base + place] != patient:
        place += 1
    for moving in range(place, length_of[key] - 1):
        pool_of[base + moving] = pool_of[base + moving + 1]
    length_of[key] -= 1


@compiled
def start_waiting_patients(world: Addresses) -> int:
    """Put everybody where the published waits have him at minute 0; return the first who comes during the run."""
    minute_of, list_minute_of = int64(world, MINUTE), int64(world, LIST_MINUTE)
    stage_of, state_of = int8(world, STAGE), int8(world, STATE)
    assigned_of, visit_location_of = int16(world, ASSIGNED), int16(world, VISIT_LOCATION)
    first = 0
    while first < len(minute_of) and minute_of[first] < 0:
        patient = first
        first += 1
        if stage_of[patient] == AWAITS_VISIT:
            _first_visit(world, patient, 0)
            continue
        visit_location_of[patient] = assigned_of[patient]
        if stage_of[patient] == IN_WORK_UP:
            state_of[patient] = WORK_UP
            _at(world, WORKED_UP, list_minute_of[patient], patient)
        else:
            _treatment(world, patient, 0)
    return first


@compiled
def _discharges(world: Addresses, now: int) -> None:
    """Everybody who leaves at this minute; beds go to who waits for them."""
    state_of, bed_group_of = int8(world, STATE), int8(world, BED_GROUP)
    at_of = int16(world, AT)
    outlier_of = flag(world, OUTLIER)
    beds_used_of, outliers_of = int64_table(world, BEDS_USED), int64_table(world, OUTLIERS)
    by_minute_of = int32_table(world, BY_MINUTE)
    following_of = int32(world, FOLLOWING)
    patient = by_minute_of[LEAVES, now]
    while patient != NOBODY:
        following = following_of[patient]
        location, group = at_of[patient], bed_group_of[patient]
        beds_used_of[location, group] -= 1
        if outlier_of[patient]:
            outliers_of[location, group] -= 1
        state_of[patient] = DONE
        _fill_ward(world, location, group, now)
        patient = following


@compiled
def _transfers(world: Addresses, now: int) -> None:
    """Everybody who leaves the IC at this minute, by number: the order decides who gets the last bed."""
    by_minute_of = int32_table(world, BY_MINUTE)
    following_of, buffer_of = int32(world, FOLLOWING), int32(world, BUFFER)
    patient = by_minute_of[LEAVES_IC, now]
    count = 0
    while patient != NOBODY:
        buffer_of[count] = patient
        count += 1
        patient = following_of[patient]
    if count > 1:
        buffer_of[:count].sort()
    for place in range(count):
        _leave_ic(world, buffer_of[place], now)


@compiled
def _worked_up(world: Addresses, now: int) -> None:
    """Everybody whose work-up ends at this minute."""
    by_minute_of = int32_table(world, BY_MINUTE)
    following_of = int32(world, FOLLOWING)
    patient = by_minute_of[WORKED_UP, now]
    while patient != NOBODY:
        following = following_of[patient]
        _treatment(world, patient, now)
        patient = following


@compiled
def _plannings(world: Addresses, day: int, now: int) -> None:
    """07:00 of a working day: who has a date, and every planner."""
    queued_of = flag(world, QUEUED)
    by_day_of = int32_table(world, BY_DAY)
    following_of, date_of = int32(world, FOLLOWING), int32(world, DATE)
    executed_of = int64(world, EXECUTED)
    patient = by_day_of[TREATMENT_DATE, day]
    while patient != NOBODY:
        following = following_of[patient]
        date_of[patient] = -1
        _admitted(world, patient, now)
        patient = following
    for location in range(len(queued_of)):
        if queued_of[location]:
            executed_of[0] += 1
            _plan_admissions(world, location, now)


@compiled
def _clinics(world: Addresses, day: int, now: int) -> None:
    """08:00 of a working day: who has a date, and every clinic."""
    queued_of = flag(world, QUEUED)
    by_day_of = int32_table(world, BY_DAY)
    following_of, date_of = int32(world, FOLLOWING), int32(world, DATE)
    executed_of = int64(world, EXECUTED)
    patient = by_day_of[VISIT_DATE, day]
    while patient != NOBODY:
        following = following_of[patient]
        date_of[patient] = -1
        _seen(world, patient, now)
        patient = following
    for location in range(len(queued_of)):
        if queued_of[location]:
            executed_of[0] += 1
            _hold_clinics(world, location, now)


@compiled
def _arrive(world: Addresses, patient: int, now: int) -> None:
    """Let somebody in."""
    acute_of = flag(world, ACUTE)
    stage_of = int8(world, STAGE)
    executed_of = int64(world, EXECUTED)
    executed_of[0] += 1
    if acute_of[patient]:
        _acute(world, patient, now)
    elif stage_of[patient] == ON_LIST:
        _treatment(world, patient, now)
    else:
        _first_visit(world, patient, now)


@compiled
def run_day(world: Addresses, day: int, works: bool, arriving: int) -> int:
    """Run the minutes of a day, each in the order of the model; return who comes next."""
    rules, minute_of = int64(world, RULES), int64(world, MINUTE)
    for now in range(day * DAY, (day + 1) * DAY):
        _discharges(world, now)
        _transfers(world, now)
        _worked_up(world, now)
        if works and now == day * DAY + rules[RULE_PLANNING_MINUTE]:
            _plannings(world, day, now)
        if works and now == day * DAY + rules[RULE_CLINIC_MINUTE]:
            _clinics(world, day, now)
        while arriving < len(minute_of) and minute_of[arriving] == now:
            _arrive(world, arriving, now)
            arriving += 1
    return arriving


@compiled
def fill_beds(world: Addresses, location: int, now: int) -> None:
    """Give every free bed somebody waits for to who is next."""
    beds_of, ic_beds_of = int64_table(world, BEDS), int64_table(world, IC_BEDS)
    for ic_type in range(ic_beds_of.shape[1]):
        _fill_ic(world, location, ic_type, now)
    for group in range(beds_of.shape[1]):
        _fill_ward(world, location, group, now)
