"""Sorted lists and events to come, compiled: what the rules in `compiled_rules` put patients in and take them out of.

A list is a block of pairs in one pool: (due, patient) as one number, by which it is sorted, and what the rules want to
know of who stands there without looking him up: in a waiting list nobody's columns are near each other in memory.
"""

from __future__ import annotations

from zorgstroom_simulator.engines.layout import (
    BLOCK,
    BY_DAY,
    BY_MINUTE,
    CALENDAR_DAYS,
    DATE,
    DAY,
    DAYS,
    ENTRIES,
    EXECUTED,
    FIRST,
    FIRST_ROOM,
    FREE,
    FREE_NODE,
    INCOMING,
    LENGTH,
    MOST_UNSORTED,
    NEXT_NODE,
    NEXT_WORKING_DAY,
    NOBODY,
    NODE_NEXT,
    NODE_PATIENT,
    PATIENT_BITS,
    PATIENT_MASK,
    ROOM,
    RULE_CLINIC_MINUTE,
    RULE_END,
    RULE_PLANNING_MINUTE,
    RULES,
    SORTED,
    VISIT_DATE,
    add,
    cell,
    get,
    move,
    put,
    put_cell,
)
from zorgstroom_simulator.machine_code import compiled_part, written_out


@written_out
def entry_of(due: int, patient: int) -> int:
    """Return the number that sorts by (due, patient)."""
    return (due << PATIENT_BITS) + patient


@written_out
def patient_of(entry: int) -> int:
    """Return the patient of an entry."""
    return entry & PATIENT_MASK


@written_out
def first_place(world: int, key: int) -> int:
    """Return where in the pool a list begins."""
    return get(world, BLOCK, key) + get(world, FIRST, key)


@compiled_part
def _place_among(world: int, base: int, count: int, entry: int) -> int:
    """Return how many of so many sorted entries come before one. The first look is at the last."""
    low, high = 0, count
    middle = high - 1
    while low < high:
        if get(world, ENTRIES, 2 * (base + middle)) < entry:
            low = middle + 1
        else:
            high = middle
        middle = (low + high) >> 1
    return low


@compiled_part
def place_of(world: int, key: int, entry: int) -> int:
    """Return how many of a list come before an entry."""
    return _place_among(world, first_place(world, key), get(world, LENGTH, key), entry)


@written_out
def _set_pair(world: int, place: int, entry: int, wants: int) -> None:
    put(world, ENTRIES, 2 * place, entry)
    put(world, ENTRIES, 2 * place + 1, wants)


@compiled_part
def _make_room(world: int, key: int) -> None:
    """Make a place free behind the last of a list."""
    first, length, room = get(world, FIRST, key), get(world, LENGTH, key), get(world, ROOM, key)
    if first + length < room:
        return
    start = get(world, BLOCK, key)
    target = start
    if 2 * first < room or first == 0:
        room = max(2 * room, FIRST_ROOM)
        target = get(world, FREE, 0)
        add(world, FREE, 0, room)
        put(world, ROOM, key, room)
        put(world, BLOCK, key, target)
    move(world, target, start + first, length)
    put(world, FIRST, key, 0)


@compiled_part
def insert(world: int, key: int, place: int, entry: int, wants: int) -> None:
    """Put an entry on a place of a list; who is there moves up. `wants` is what comes with it."""
    _make_room(world, key)
    at, length = first_place(world, key) + place, get(world, LENGTH, key)
    move(world, at + 1, at, length - place)
    _set_pair(world, at, entry, wants)
    put(world, LENGTH, key, length + 1)
    put(world, SORTED, key, length + 1)


@compiled_part
def append(world: int, key: int, entry: int, wants: int) -> None:
    """Put an entry behind a list, for `settle` to bring to its place before anybody is looked for or taken out."""
    _make_room(world, key)
    length = get(world, LENGTH, key)
    _set_pair(world, first_place(world, key) + length, entry, wants)
    put(world, LENGTH, key, length + 1)
    if length + 1 - get(world, SORTED, key) == MOST_UNSORTED:
        settle(world, key)


@compiled_part
def settle(world: int, key: int) -> None:
    """Bring who joined behind a list to their places: together, as each alone would have half the list move up."""
    base, before, length = first_place(world, key), get(world, SORTED, key), get(world, LENGTH, key)
    # They are few: each goes before those of them that are larger.
    for number in range(length - before):
        at = 2 * (base + before + number)
        entry, wants = get(world, ENTRIES, at), get(world, ENTRIES, at + 1)
        place = number
        while place > 0 and get(world, INCOMING, 2 * (place - 1)) > entry:
            put(world, INCOMING, 2 * place, get(world, INCOMING, 2 * (place - 1)))
            put(world, INCOMING, 2 * place + 1, get(world, INCOMING, 2 * (place - 1) + 1))
            place -= 1
        put(world, INCOMING, 2 * place, entry)
        put(world, INCOMING, 2 * place + 1, wants)
    beyond = before
    for number in range(length - before - 1, -1, -1):
        entry = get(world, INCOMING, 2 * number)
        place = _place_among(world, base, beyond, entry)
        move(world, base + place + number + 1, base + place, beyond - place)
        _set_pair(world, base + place + number, entry, get(world, INCOMING, 2 * number + 1))
        beyond = place
    put(world, SORTED, key, length)


@compiled_part
def take(world: int, key: int, place: int, count: int) -> None:
    """Take so many out of a list, from a place on: who stands before them moves up."""
    base = first_place(world, key)
    move(world, base + count, base, place)
    add(world, FIRST, key, count)
    add(world, LENGTH, key, -count)
    add(world, SORTED, key, -count)


@compiled_part
def take_first(world: int, key: int) -> int:
    """Take out who is first."""
    patient = patient_of(get(world, ENTRIES, 2 * first_place(world, key)))
    take(world, key, 0, 1)
    return patient


@compiled_part
def _new_node(world: int, patient: int, following: int) -> int:
    node = get(world, FREE_NODE, 0)
    if node == NOBODY:
        node = get(world, NEXT_NODE, 0)
        put(world, NEXT_NODE, 0, node + 1)
    else:
        put(world, FREE_NODE, 0, get(world, NODE_NEXT, node))
    put(world, NODE_PATIENT, node, patient)
    put(world, NODE_NEXT, node, following)
    return node


@compiled_part
def after_node(world: int, node: int) -> int:
    """Return the node behind one that has been read, which may be used again."""
    following = get(world, NODE_NEXT, node)
    put(world, NODE_NEXT, node, get(world, FREE_NODE, 0))
    put(world, FREE_NODE, 0, node)
    return following


@compiled_part
def happens(world: int, kind: int, minute: int, patient: int) -> None:
    """Let something happen to a patient at a minute."""
    add(world, EXECUTED, 0, 1)
    if minute < get(world, RULES, RULE_END):
        put_cell(
            world, BY_MINUTE, kind, minute, _new_node(world, patient, cell(world, BY_MINUTE, kind, minute))
        )


@compiled_part
def wait_for_date(world: int, kind: int, due: int, patient: int, now: int) -> None:
    """Where nobody queues: go on at the first clinic, or planning, that is not before the due time."""
    minute_of_day = get(world, RULES, RULE_CLINIC_MINUTE if kind == VISIT_DATE else RULE_PLANNING_MINUTE)
    due = max(due, now + 1)
    day = due // DAY
    if due % DAY > minute_of_day:
        day += 1
    day = get(world, NEXT_WORKING_DAY, min(day, get(world, RULES, CALENDAR_DAYS) - 1))
    add(world, EXECUTED, 0, 1)
    # Two kinds of dates in one number; who gets another date, or none, leaves a node behind that is not his any more.
    put(world, DATE, patient, 2 * day + kind)
    if day < get(world, RULES, DAYS):
        put_cell(world, BY_DAY, kind, day, _new_node(world, patient, cell(world, BY_DAY, kind, day)))
