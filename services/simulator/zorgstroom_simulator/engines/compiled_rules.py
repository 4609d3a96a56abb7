"""The rules of `simpy_engine` in compiled form: each is the function that bears the name of its counterpart there.

`world` is where the table of all columns stands; see `layout`.
"""

from __future__ import annotations

from zorgstroom_simulator.engines.compiled_lists import (
    after_node,
    append,
    entry_of,
    first_place,
    happens,
    insert,
    patient_of,
    place_of,
    settle,
    take,
    take_first,
    wait_for_date,
)
from zorgstroom_simulator.engines.layout import (
    ACUTE,
    ACUTE_DAY_PLACES,
    ACUTE_MINUTES,
    ADM,
    ADMISSION,
    AFTER_WORK_UP,
    AMOUNT_BITS,
    AMOUNT_MASK,
    ASSIGNED,
    AT,
    AWAITING_TREATMENT,
    AWAITING_VISIT,
    AWAITS_VISIT,
    BALANCE,
    BED,
    BED_GROUP,
    BED_MINUTE,
    BEDS,
    BEDS_USED,
    BOARDED,
    BUFFER,
    BY_DAY,
    BY_MINUTE,
    CARE,
    CLINIC_CAPACITY,
    DATE,
    DAY,
    DAY_PLACE,
    DAY_PLACES,
    DISCHARGE,
    DIVERSION,
    DIVERSIONS,
    DONE,
    ENTRIES,
    EXECUTED,
    FIRST_BED_LINE,
    FIRST_CLINIC_LIST,
    FIRST_LINE,
    FRACTION,
    FULL,
    GROUPS,
    IC_BEDS,
    IC_LEAVE,
    IC_MINUTES,
    IC_THEN_BED,
    IC_TYPE,
    IC_TYPES,
    IC_USED,
    IN_TREATMENT,
    IN_WORK_UP,
    KEEPS_BED,
    KEPT,
    KIND_BITS,
    KIND_MASK,
    LEAVES,
    LEAVES_IC,
    LENGTH,
    LINE,
    LINE_WAIT,
    LIST_CAPACITY,
    LIST_MINUTE,
    LISTS,
    LOCATIONS,
    LOSE,
    LOST,
    MINUTE,
    NEVER,
    NIGHTS,
    NOBODY,
    NODE_PATIENT,
    ON_LIST,
    OUTLIER,
    OUTLIER_GROUPS,
    OUTLIERS,
    OVER,
    OVER_CAPACITY,
    PATIENT_BITS,
    PATIENTS,
    PROCEDURE_MINUTES,
    QUEUED,
    RULE_CHANGE_OVER,
    RULE_CLINIC_MINUTE,
    RULE_DAY_TURNS_PERMILLE,
    RULE_DISCHARGE_MINUTE,
    RULE_DIVERSION_DELAY,
    RULE_IC_RESERVE,
    RULE_LOOK_AHEAD,
    RULE_NEXT_FULL,
    RULE_OUTLIER_PERMILLE,
    RULE_PLANNING_MINUTE,
    RULE_RESERVE_MIN,
    RULE_RESERVE_PERMILLE,
    RULE_WHEN_FULL,
    RULES,
    SPECIALTIES,
    SPECIALTY,
    STAGE,
    STATE,
    STAY_MINUTES,
    TARGET,
    TRANSFER_MINUTES,
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
    add,
    add_cell,
    cell,
    get,
    length,
    put,
    put_cell,
)
from zorgstroom_simulator.machine_code import compiled, compiled_part, written_out

# --- beds --------------------------------------------------------------------------------------------


@written_out
def _take_bed(world: int, patient: int, location: int, group: int) -> None:
    add_cell(world, BEDS_USED, location, group, 1)
    put(world, BED_GROUP, patient, group)


@compiled_part
def _occupy(world: int, patient: int, location: int, care: int, kind: int) -> None:
    """Take the IC bed of this type, or the bed of this ward group, free or not."""
    if care == IC_THEN_BED:
        add_cell(world, IC_USED, location, kind, 1)
    elif care == BED:
        _take_bed(world, patient, location, kind)


@written_out
def _free_beds(world: int, location: int, group: int) -> int:
    return cell(world, BEDS, location, group) - cell(world, BEDS_USED, location, group)


@written_out
def _free_ic(world: int, location: int, ic_type: int) -> int:
    return cell(world, IC_BEDS, location, ic_type) - cell(world, IC_USED, location, ic_type)


@compiled_part
def _kind_of(world: int, patient: int, care: int) -> int:
    """Return the type of IC or the ward group a patient needs first."""
    return get(world, IC_TYPE, patient) if care == IC_THEN_BED else get(world, WARD_GROUP, patient)


@compiled_part
def _stay_on_ward(world: int, patient: int, start: int) -> None:
    """Set when the patient leaves: after his minutes, or at the hour of discharge after the last night."""
    leaves = start + get(world, STAY_MINUTES, patient)
    if leaves == start:
        midnight = get(world, ADMISSION, patient) // DAY * DAY
        leaves = midnight + get(world, NIGHTS, patient) * DAY + get(world, RULES, RULE_DISCHARGE_MINUTE)
    put(world, DISCHARGE, patient, leaves)
    happens(world, LEAVES, leaves, patient)


@compiled_part
def _stay(world: int, patient: int, care: int, admission: int) -> None:
    """Start the stay of who holds what he needs, at his minute of admission."""
    put(world, ADMISSION, patient, admission)
    if care <= DAY_PLACE:
        put(world, DISCHARGE, patient, admission)
        put(world, STATE, patient, DONE)
        return
    put(world, STATE, patient, IN_TREATMENT)
    if care == IC_THEN_BED:
        leaves = admission + get(world, IC_MINUTES, patient)
        put(world, IC_LEAVE, patient, leaves)
        happens(world, LEAVES_IC, leaves, patient)
    else:
        _stay_on_ward(world, patient, admission)


@compiled_part
def _admit_acute(world: int, patient: int, location: int, now: int, minutes: int) -> None:
    """Start the stay of an acute patient who holds a bed from now and is there in so many minutes."""
    put(world, AT, patient, location)
    put(world, BED_MINUTE, patient, now)
    procedure = get(world, PROCEDURE_MINUTES, patient)
    if procedure:
        used = procedure + get(world, RULES, RULE_CHANGE_OVER)
        add_cell(world, ACUTE_MINUTES, location, get(world, TREATMENT_LIST, patient), used)
    _stay(world, patient, get(world, CARE, patient), now + minutes)


@compiled_part
def _line_for(world: int, location: int, care: int, kind: int) -> int:
    """Return the line for a bed of this kind: of each location the wards' first, then the ICs'."""
    groups = get(world, RULES, GROUPS)
    units = groups + get(world, RULES, IC_TYPES)
    place = kind + (groups if care == IC_THEN_BED else 0)
    return get(world, RULES, FIRST_BED_LINE) + location * units + place


@compiled_part
def _join_bed_line(world: int, line: int, patient: int, now: int) -> None:
    """Put a patient in the line for a bed, by (urgency, minute of joining, number)."""
    urgency, entry = get(world, URGENCY, patient), entry_of(now, patient)
    base = first_place(world, line)
    low, high = 0, get(world, LENGTH, line)
    while low < high:
        middle = (low + high) >> 1
        other = get(world, ENTRIES, 2 * (base + middle))
        as_urgent = get(world, URGENCY, patient_of(other))
        if as_urgent < urgency or (as_urgent == urgency and other < entry):
            low = middle + 1
        else:
            high = middle
    insert(world, line, low, entry, 0)


@compiled_part
def _fill(world: int, location: int, care: int, kind: int, now: int) -> None:
    """Give every free bed of a kind somebody waits for to who is next.

    Who comes from the IC moves at this minute too.
    """
    line = _line_for(world, location, care, kind)
    while get(world, LENGTH, line):
        free = _free_ic(world, location, kind) if care == IC_THEN_BED else _free_beds(world, location, kind)
        if free <= 0:
            return
        patient = take_first(world, line)
        _occupy(world, patient, location, care, kind)
        if care == BED and get(world, CARE, patient) == IC_THEN_BED:
            happens(world, LEAVES_IC, now, patient)
        else:
            _admit_acute(world, patient, location, now, 0)


@compiled_part
def _find_place(world: int, patient: int, location: int, care: int, kind: int) -> bool:
    """Take a bed, else an outlier bed; a day place needs no queue. Return whether there was one."""
    if care == IC_THEN_BED:
        if get(world, QUEUED, location) and _free_ic(world, location, kind) <= 0:
            return False
        add_cell(world, IC_USED, location, kind, 1)
        return True
    if care != BED:
        if care == DAY_PLACE:
            add(world, ACUTE_DAY_PLACES, location, 1)
        return True
    if not get(world, QUEUED, location) or _free_beds(world, location, kind) > 0:
        _take_bed(world, patient, location, kind)
        return True
    if not get(world, RULES, RULE_OUTLIER_PERMILLE):
        return False
    mixing = length(world, OUTLIER_GROUPS)
    mixes = False
    for place in range(mixing):
        mixes = mixes or get(world, OUTLIER_GROUPS, place) == kind
    if not mixes:
        return False
    for place in range(mixing):
        other = get(world, OUTLIER_GROUPS, place)
        most = cell(world, BEDS, location, other) * get(world, RULES, RULE_OUTLIER_PERMILLE) // 1000
        if (
            other != kind
            and _free_beds(world, location, other) > 0
            and cell(world, OUTLIERS, location, other) < most
        ):
            add_cell(world, OUTLIERS, location, other, 1)
            put(world, OUTLIER, patient, 1)
            _take_bed(world, patient, location, other)
            return True
    return False


@compiled_part
def _acute(world: int, patient: int, now: int) -> None:
    """First choice, else the first of the next-best that has a bed now, else what the rules say."""
    first, care = get(world, ASSIGNED, patient), get(world, CARE, patient)
    kind = _kind_of(world, patient, care)
    # Place 0 is the first choice.
    for place in range(length(world, DIVERSIONS) + 1):
        location = cell(world, DIVERSIONS, patient, place - 1) if place else first
        if location < 0:
            break
        if _find_place(world, patient, location, care, kind):
            minutes = 0
            if place:
                put(world, DIVERSION, patient, place)
                minutes = cell(world, TRANSFER_MINUTES, first, location) + get(
                    world, RULES, RULE_DIVERSION_DELAY
                )
            _admit_acute(world, patient, location, now, minutes)
            return
    when_full = get(world, RULES, RULE_WHEN_FULL)
    if when_full == LOSE:
        put(world, STATE, patient, LOST)
    elif when_full == WAIT:
        put(world, STATE, patient, AWAITING_TREATMENT)
        put(world, AT, patient, first)
        _join_bed_line(world, _line_for(world, first, care, kind), patient, now)
    else:
        put(world, BOARDED, patient, 1)
        _occupy(world, patient, first, care, kind)
        _admit_acute(world, patient, first, now, 0)


@compiled_part
def _leave_ic(world: int, patient: int, now: int) -> None:
    """From the IC to the ward of the same location; or out; or, with a bed that was waited for, in it."""
    location, ic_type = get(world, AT, patient), get(world, IC_TYPE, patient)
    group, next_full = get(world, WARD_GROUP, patient), get(world, RULES, RULE_NEXT_FULL)
    gives_up_ic = True
    if group < 0:
        put(world, DISCHARGE, patient, get(world, IC_LEAVE, patient))
        put(world, STATE, patient, DONE)
    elif get(world, BED_GROUP, patient) >= 0:
        # The bed waited for was given at this minute.
        put(world, STATE, patient, IN_TREATMENT)
        gives_up_ic = next_full == KEEPS_BED
        if gives_up_ic:
            put(world, IC_LEAVE, patient, now)
    else:
        full = bool(get(world, QUEUED, location)) and _free_beds(world, location, group) <= 0
        if full and next_full != OVER:
            _join_bed_line(world, _line_for(world, location, BED, group), patient, now)
            if next_full == KEEPS_BED:
                put(world, IC_LEAVE, patient, NEVER)
                return
            put(world, STATE, patient, AWAITING_TREATMENT)
            group = NOBODY
        else:
            put(world, OVER_CAPACITY, patient, full)
            _take_bed(world, patient, location, group)
    if gives_up_ic:
        add_cell(world, IC_USED, location, ic_type, -1)
    _fill(world, location, IC_THEN_BED, ic_type, now)
    if group >= 0:
        _stay_on_ward(world, patient, now)


@compiled
def fill_beds(world: int, location: int, now: int) -> None:
    """Give every free bed somebody waits for to who is next."""
    for ic_type in range(get(world, RULES, IC_TYPES)):
        _fill(world, location, IC_THEN_BED, ic_type, now)
    for group in range(get(world, RULES, GROUPS)):
        _fill(world, location, BED, group, now)


# --- planned care ------------------------------------------------------------------------------------


@compiled_part
def _has_clinic_queue(world: int, location: int, specialty: int) -> bool:
    return bool(get(world, QUEUED, location) and cell(world, CLINIC_CAPACITY, location, specialty) >= 0)


@written_out
def _clinic_list(world: int, location: int, line: int) -> int:
    """Return the list of a line of a location."""
    return get(world, RULES, FIRST_CLINIC_LIST) + location * length(world, LINE_WAIT) + line


@compiled_part
def _join_clinic(world: int, location: int, patient: int) -> None:
    """Put a patient in his line of a clinic, by (due, number)."""
    key, entry = _clinic_list(world, location, get(world, LINE, patient)), _visit_entry(world, patient)
    wants = get(world, WEIGHT, patient) + (get(world, VISIT_ONLY, patient) << AMOUNT_BITS)
    insert(world, key, place_of(world, key, entry), entry, wants)
    add_cell(world, WAITING, location, get(world, SPECIALTY, patient), 1)


@written_out
def _visit_entry(world: int, patient: int) -> int:
    return entry_of(get(world, VISIT_DUE, patient), patient)


@written_out
def _list_entry(world: int, patient: int) -> int:
    return entry_of(get(world, LIST_MINUTE, patient) + get(world, TARGET, patient), patient)


@compiled_part
def _first_visit(world: int, patient: int, location: int, now: int) -> None:
    """Referral -> clinic queue of location and specialty."""
    put(world, STATE, patient, AWAITING_VISIT)
    put(world, AT, patient, location)
    if _has_clinic_queue(world, location, get(world, SPECIALTY, patient)):
        _join_clinic(world, location, patient)
    else:
        wait_for_date(world, VISIT_DATE, get(world, VISIT_DUE, patient), patient, now)


@compiled_part
def _treatment(world: int, patient: int, location: int, now: int) -> None:
    """On the treatment list of the location, by (due, number)."""
    put(world, STATE, patient, AWAITING_TREATMENT)
    put(world, AT, patient, location)
    entry = _list_entry(world, patient)
    if get(world, QUEUED, location):
        kind, care = get(world, TREATMENT_LIST, patient), get(world, CARE, patient)
        key = location * get(world, RULES, LISTS) + kind
        amount = (
            1 if kind == ADM else get(world, PROCEDURE_MINUTES, patient) + get(world, RULES, RULE_CHANGE_OVER)
        )
        # Without a ward group or type of IC nobody asks for it.
        needs = (care << KIND_BITS) + max(_kind_of(world, patient, care), 0)
        append(world, key, entry, (needs << AMOUNT_BITS) + amount)
    else:
        wait_for_date(world, TREATMENT_DATE, entry >> PATIENT_BITS, patient, now)


@compiled_part
def _seen(world: int, patient: int, location: int, visit_only: int, now: int) -> None:
    """The first visit; then work-up, if there is more."""
    put(world, VISIT_MINUTE, patient, now)
    put(world, VISIT_LOCATION, patient, location)
    if visit_only:
        put(world, STATE, patient, DONE)
        return
    minute = get(world, AFTER_WORK_UP, now // DAY) * DAY + now % DAY
    put(world, LIST_MINUTE, patient, minute)
    put(world, STATE, patient, WORK_UP)
    if minute == now:
        add(world, EXECUTED, 0, 1)
        _treatment(world, patient, get(world, ASSIGNED, patient), now)
    else:
        happens(world, WORKED_UP, minute, patient)


@compiled_part
def _new_day(
    world: int, location: int, place: int, capacity_permille: int, used_since_yesterday: int
) -> None:
    """Start a working day: today's whole units and what was kept, less debts and what acute patients used."""
    whole = cell(world, FRACTION, location, place) + capacity_permille
    today = whole // 1000
    before = min(cell(world, BALANCE, location, place), 0) + cell(world, KEPT, location, place)
    put_cell(world, FULL, location, place, today)
    put_cell(world, FRACTION, location, place, whole - 1000 * today)
    put_cell(world, BALANCE, location, place, before + today - used_since_yesterday)
    put_cell(world, KEPT, location, place, 0)


@compiled_part
def _hold_clinics(world: int, location: int, now: int) -> None:
    """See patients while there are slots: who has waited longest for his wait, then was due first, then by number."""
    offset = get(world, RULES, LISTS) + 1
    for specialty in range(get(world, RULES, SPECIALTIES)):
        capacity = cell(world, CLINIC_CAPACITY, location, specialty)
        if capacity < 0:
            continue
        _new_day(world, location, offset + specialty, capacity, 0)
        slots = cell(world, BALANCE, location, offset + specialty)
        waiting = cell(world, WAITING, location, specialty)
        first, beyond = get(world, FIRST_LINE, specialty), get(world, FIRST_LINE, specialty + 1)
        while slots > 0 and waiting > 0:
            best, best_wait, best_key = 0, 0, 0
            for line in range(first, beyond):
                key = _clinic_list(world, location, line)
                if not get(world, LENGTH, key):
                    continue
                entry, wait = get(world, ENTRIES, 2 * first_place(world, key)), get(world, LINE_WAIT, line)
                if best_wait:
                    mine = (now - (entry >> PATIENT_BITS)) * best_wait
                    other = (now - (best >> PATIENT_BITS)) * wait
                    if mine < other or (mine == other and best < entry):
                        continue
                best, best_wait, best_key = entry, wait, key
            wants = get(world, ENTRIES, 2 * first_place(world, best_key) + 1)
            take(world, best_key, 0, 1)
            waiting -= 1
            slots -= wants & AMOUNT_MASK
            add(world, EXECUTED, 0, 1)
            _seen(world, patient_of(best), location, wants >> AMOUNT_BITS, now)
        put_cell(world, BALANCE, location, offset + specialty, slots)
        put_cell(world, WAITING, location, specialty, waiting)


@compiled_part
def _has_place(world: int, location: int, care: int, kind: int) -> bool:
    """Return whether the bed, IC bed or day place a planned patient needs is free above the acute reserve."""
    if care == DAY_PLACE:
        return bool(cell(world, BALANCE, location, get(world, RULES, LISTS)) > 0)
    if care == IC_THEN_BED:
        return bool(_free_ic(world, location, kind) > get(world, RULES, RULE_IC_RESERVE))
    if care == BED:
        reserve = cell(world, BEDS, location, kind) * get(world, RULES, RULE_RESERVE_PERMILLE) // 1000
        return bool(_free_beds(world, location, kind) > max(reserve, get(world, RULES, RULE_RESERVE_MIN)))
    return True


@written_out
def _admitted(world: int, patient: int, care: int, now: int) -> None:
    """A planned patient's admission, who holds what he needs."""
    put(world, BED_MINUTE, patient, now)
    _stay(world, patient, care, now)


@compiled_part
def _plan_list(world: int, location: int, kind: int, now: int) -> None:
    """Go down a treatment list and admit whoever fits, skipping at most `look_ahead` entries."""
    kinds = get(world, RULES, LISTS)
    key = location * kinds + kind
    settle(world, key)
    full, balance = cell(world, FULL, location, kind), cell(world, BALANCE, location, kind)
    base, number = first_place(world, key), get(world, LENGTH, key)
    untouched, too_long = True, False
    skipped = looked = 0
    while looked < number and skipped < get(world, RULES, RULE_LOOK_AHEAD) and balance > 0:
        entry, wants = get(world, ENTRIES, 2 * (base + looked)), get(world, ENTRIES, 2 * (base + looked) + 1)
        looked += 1
        amount, needs = wants & AMOUNT_MASK, wants >> AMOUNT_BITS
        care, unit = needs >> KIND_BITS, needs & KIND_MASK
        # Longer than a whole day: first on a day, and the debt carries over.
        fits = amount <= balance or (untouched and amount > full)
        if fits and _has_place(world, location, care, unit):
            balance -= amount
            untouched = False
            if care == DAY_PLACE:
                add_cell(world, BALANCE, location, kinds, -1)
            patient = patient_of(entry)
            _occupy(world, patient, location, care, unit)
            add(world, EXECUTED, 0, 1)
            _admitted(world, patient, care, now)
        else:
            put(world, ENTRIES, 2 * (base + skipped), entry)
            put(world, ENTRIES, 2 * (base + skipped) + 1, wants)
            skipped += 1
            too_long = too_long or not fits
    take(world, key, skipped, looked - skipped)
    put_cell(world, BALANCE, location, kind, balance)
    if too_long:
        put_cell(world, KEPT, location, kind, max(balance, 0))


@compiled_part
def _plan_admissions(world: int, location: int, now: int) -> None:
    """Every treatment list of a location, after what acute patients used since yesterday."""
    kinds = get(world, RULES, LISTS)
    turns = get(world, DAY_PLACES, location) * get(world, RULES, RULE_DAY_TURNS_PERMILLE) // 1000
    _new_day(world, location, kinds, turns, get(world, ACUTE_DAY_PLACES, location))
    put(world, ACUTE_DAY_PLACES, location, 0)
    for kind in range(kinds):
        used = cell(world, ACUTE_MINUTES, location, kind)
        _new_day(world, location, kind, cell(world, LIST_CAPACITY, location, kind), used)
        put_cell(world, ACUTE_MINUTES, location, kind, 0)
        _plan_list(world, location, kind, now)


# --- epochs and the run --------------------------------------------------------------------------------


@compiled
def start_epoch(world: int, now: int) -> None:
    """Who waits and has another location now goes to its list, with the same due time."""
    for patient in range(get(world, RULES, PATIENTS)):
        state = get(world, STATE, patient)
        visit = state == AWAITING_VISIT
        # Who has been admitted waits for a bed after the IC.
        if not visit and (state != AWAITING_TREATMENT or get(world, ADMISSION, patient) != NEVER):
            continue
        old, new = get(world, AT, patient), get(world, ASSIGNED, patient)
        if old == new or get(world, ACUTE, patient):
            continue
        specialty = get(world, SPECIALTY, patient)
        joins = _has_clinic_queue(world, new, specialty) if visit else bool(get(world, QUEUED, new))
        if get(world, DATE, patient) >= 0:
            if not joins:
                put(world, AT, patient, new)
                continue
            put(world, DATE, patient, NOBODY)
        else:
            if visit:
                key = _clinic_list(world, old, get(world, LINE, patient))
                entry = _visit_entry(world, patient)
                add_cell(world, WAITING, old, specialty, -1)
            else:
                key = old * get(world, RULES, LISTS) + get(world, TREATMENT_LIST, patient)
                entry = _list_entry(world, patient)
            settle(world, key)
            take(world, key, place_of(world, key, entry), 1)
        if visit:
            _first_visit(world, patient, new, now)
        else:
            _treatment(world, patient, new, now)


@compiled
def start_waiting_patients(world: int) -> int:
    """Put everybody where the published waits have him at minute 0; return the first who comes during the run."""
    patient = 0
    while patient < get(world, RULES, PATIENTS) and get(world, MINUTE, patient) < 0:
        location, stage = get(world, ASSIGNED, patient), get(world, STAGE, patient)
        if stage == AWAITS_VISIT:
            _first_visit(world, patient, location, 0)
        else:
            put(world, VISIT_LOCATION, patient, location)
            if stage == IN_WORK_UP:
                put(world, STATE, patient, WORK_UP)
                happens(world, WORKED_UP, get(world, LIST_MINUTE, patient), patient)
            else:
                _treatment(world, patient, location, 0)
        patient += 1
    return patient


@compiled_part
def _discharges(world: int, now: int) -> None:
    """Everybody who leaves at this minute; beds go to who waits for them."""
    node = cell(world, BY_MINUTE, LEAVES, now)
    while node != NOBODY:
        patient = get(world, NODE_PATIENT, node)
        node = after_node(world, node)
        location, group = get(world, AT, patient), get(world, BED_GROUP, patient)
        add_cell(world, BEDS_USED, location, group, -1)
        if get(world, OUTLIER, patient):
            add_cell(world, OUTLIERS, location, group, -1)
        put(world, STATE, patient, DONE)
        _fill(world, location, BED, group, now)


@compiled_part
def _transfers(world: int, now: int) -> None:
    """Everybody who leaves the IC at this minute, by number: the order decides who gets the last bed."""
    node = cell(world, BY_MINUTE, LEAVES_IC, now)
    count = 0
    while node != NOBODY:
        patient = get(world, NODE_PATIENT, node)
        node = after_node(world, node)
        # They are few: each goes before those with a larger number.
        place = count
        while place > 0 and get(world, BUFFER, place - 1) > patient:
            put(world, BUFFER, place, get(world, BUFFER, place - 1))
            place -= 1
        put(world, BUFFER, place, patient)
        count += 1
    for place in range(count):
        _leave_ic(world, get(world, BUFFER, place), now)


@compiled_part
def _worked_up(world: int, now: int) -> None:
    """Everybody whose work-up ends at this minute."""
    node = cell(world, BY_MINUTE, WORKED_UP, now)
    while node != NOBODY:
        patient = get(world, NODE_PATIENT, node)
        node = after_node(world, node)
        _treatment(world, patient, get(world, ASSIGNED, patient), now)


@compiled_part
def _next_dated(world: int, kind: int, day: int) -> int:
    """Return the next patient whose date of this kind is today, and take him off; NOBODY after the last."""
    node = cell(world, BY_DAY, kind, day)
    while node != NOBODY:
        patient = get(world, NODE_PATIENT, node)
        node = after_node(world, node)
        if get(world, DATE, patient) == 2 * day + kind:
            put_cell(world, BY_DAY, kind, day, node)
            put(world, DATE, patient, NOBODY)
            return patient
    put_cell(world, BY_DAY, kind, day, NOBODY)
    return NOBODY


@compiled_part
def _plannings(world: int, day: int, now: int) -> None:
    """07:00 of a working day: who has a date, and every planner."""
    patient = _next_dated(world, TREATMENT_DATE, day)
    while patient != NOBODY:
        location, care = get(world, AT, patient), get(world, CARE, patient)
        _occupy(world, patient, location, care, _kind_of(world, patient, care))
        _admitted(world, patient, care, now)
        patient = _next_dated(world, TREATMENT_DATE, day)
    for location in range(get(world, RULES, LOCATIONS)):
        if get(world, QUEUED, location):
            add(world, EXECUTED, 0, 1)
            _plan_admissions(world, location, now)


@compiled_part
def _clinics(world: int, day: int, now: int) -> None:
    """08:00 of a working day: who has a date, and every clinic."""
    patient = _next_dated(world, VISIT_DATE, day)
    while patient != NOBODY:
        _seen(world, patient, get(world, AT, patient), get(world, VISIT_ONLY, patient), now)
        patient = _next_dated(world, VISIT_DATE, day)
    for location in range(get(world, RULES, LOCATIONS)):
        if get(world, QUEUED, location):
            add(world, EXECUTED, 0, 1)
            _hold_clinics(world, location, now)


@compiled_part
def _arrive(world: int, patient: int, now: int) -> None:
    """Let somebody in."""
    add(world, EXECUTED, 0, 1)
    if get(world, ACUTE, patient):
        _acute(world, patient, now)
    elif get(world, STAGE, patient) == ON_LIST:
        _treatment(world, patient, get(world, ASSIGNED, patient), now)
    else:
        _first_visit(world, patient, get(world, ASSIGNED, patient), now)


@compiled
def run_day(world: int, day: int, works: bool, arriving: int) -> int:
    """Run the minutes of a day, each in the order of the model; return who comes next."""
    planning = get(world, RULES, RULE_PLANNING_MINUTE) if works else NOBODY
    clinic = get(world, RULES, RULE_CLINIC_MINUTE) if works else NOBODY
    patients = get(world, RULES, PATIENTS)
    for minute in range(DAY):
        now = day * DAY + minute
        _discharges(world, now)
        _transfers(world, now)
        _worked_up(world, now)
        if minute == planning:
            _plannings(world, day, now)
        if minute == clinic:
            _clinics(world, day, now)
        while arriving < patients and get(world, MINUTE, arriving) == now:
            _arrive(world, arriving, now)
            arriving += 1
    return arriving
