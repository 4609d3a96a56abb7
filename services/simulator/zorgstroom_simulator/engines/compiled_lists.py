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
    LENGTH,
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
    VISIT_DATE,
    add,
    cell,
    get,
    move,
    put,
    put_cell,
)
from zorgstroom_simulator.machine_code import compiled_part


@compiled_part
def entry_of(due: int, patient: int) -> int:
    """Return the number that sorts by (due, patient)."""
    return (due << PATIENT_BITS) + patient


@compiled_part
def patient_of(entry: int) -> int:
    """Return the patient of an entry."""
    return entry & PATIENT_MASK


@compiled_part
def first_place(world: int, key: int) -> int:
    """Return where in the pool a list begins."""
    return get(world, BLOCK, key) + get(world, FIRST, key)


@compiled_part
def place_of(world: int, key: int, entry: int) -> int:
    """Return how many of a list come before an entry. The first look is at the last: most join behind him."""
    base = first_place(world, key)
    low, high = 0, get(world, LENGTH, key)
    middle = high - 1
    while low < high:
        if get(world, ENTRIES, 2 * (base + middle)) < entry:
            low = middle + 1
        else:
            high = middle
        middle = (low + high) >> 1
    return low


@compiled_part
def insert(world: int, key: int, place: int, entry: int, wants: int) -> None:
    """Put an entry on a place of a list; who is there moves up. `wants` is what comes with it."""
    first, length, room = get(world, FIRST, key), get(world, LENGTH, key), get(world, ROOM, key)
    if first + length == room:
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
    at = first_place(world, key) + place
    move(world, at + 1, at, length - place)
    put(world, ENTRIES, 2 * at, entry)
    put(world, ENTRIES, 2 * at + 1, wants)
    put(world, LENGTH, key, length + 1)


@compiled_part
def take(world: int, key: int, place: int, count: int) -> None:
    """Take so many out of a list, from a place on: who stands before them moves up."""
    base = first_place(world, key)
    move(world, base + count, base, place)
    add(world, FIRST, key, count)
    add(world, LENGTH, key, -count)


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
