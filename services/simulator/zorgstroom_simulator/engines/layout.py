"""What compiled rules and the engine around them agree on: plain numbers, every column by number, and how it is read.

A function that is given sixty arrays takes minutes to compile and counts sixty references at every call. Compiled
rules are given one number instead, `world`: where the table of the columns stands in memory. They read and write
numbers of a column as ``get(world, COLUMN, row)``, or of one with two axes as ``cell(world, COLUMN, row, place)``;
whatever type a column has, what is read is int64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import TREATMENT_LISTS
from zorgstroom_simulator import engines
from zorgstroom_simulator.engines import Care, NextFull, Stage, State, WhenFull

# Compiled functions hold these as constants.
NEVER = int(engines.NEVER)
DAY = MINUTES_PER_DAY
ADM = TREATMENT_LISTS.index("adm")
ABSENT, AWAITING_VISIT, WORK_UP = int(State.ABSENT), int(State.AWAITING_VISIT), int(State.WORK_UP)
AWAITING_TREATMENT, IN_TREATMENT = int(State.AWAITING_TREATMENT), int(State.IN_TREATMENT)
DONE, LOST = int(State.DONE), int(State.LOST)
NOTHING, DAY_PLACE, BED, IC_THEN_BED = (int(care) for care in Care)
AWAITS_VISIT, IN_WORK_UP, ON_LIST = int(Stage.AWAITS_VISIT), int(Stage.IN_WORK_UP), int(Stage.ON_LIST)
WAIT, LOSE = int(WhenFull.WAIT), int(WhenFull.LOSE)
OVER, KEEPS_BED = int(NextFull.OVER), int(NextFull.BLOCK)
#: Kinds of events that have buckets: by minute, and by day for who waits for a date.
LEAVES, LEAVES_IC, WORKED_UP = range(3)
VISIT_DATE, TREATMENT_DATE = range(2)
NOBODY = -1
#: Places a sorted list has room for at first.
FIRST_ROOM = 4
#: Entries that stand behind a sorted list, at most, before they are brought to their places together.
MOST_UNSORTED = 32
#: An entry of a sorted list is (due minute, patient) in one number: due x 2^31 + patient.
PATIENT_BITS = 31
PATIENT_MASK = (1 << PATIENT_BITS) - 1
#: What comes with an entry is an amount and, above these bits, what else is needed.
AMOUNT_BITS = 32
AMOUNT_MASK = (1 << AMOUNT_BITS) - 1
#: What a planned patient needs besides a room: his `Care` and, in so many bits, the ward group or type of IC.
KIND_BITS = 8
KIND_MASK = (1 << KIND_BITS) - 1

_numbers = iter(range(1000))
_kinds: dict[int, npt.DTypeLike] = {}


def _columns(kind: npt.DTypeLike, count: int) -> list[int]:
    """Return the numbers of so many more columns of this type."""
    numbers = [next(_numbers) for _ in range(count)]
    _kinds.update(dict.fromkeys(numbers, kind))
    return numbers


#: The patients: columns of `PatientTable`; ASSIGNED is the location in the present epoch, LINE the line in his clinic.
MINUTE, VISIT_DUE, TARGET = _columns(np.int64, 3)
WEIGHT, STAY_MINUTES, NIGHTS, PROCEDURE_MINUTES, IC_MINUTES, LINE = _columns(np.int32, 6)
ASSIGNED, DIVERSIONS, SPECIALTY = _columns(np.int16, 3)
ACUTE, VISIT_ONLY, STAGE, TREATMENT_LIST, CARE, WARD_GROUP, IC_TYPE, URGENCY = _columns(np.int8, 8)
#: The journeys: columns of `Journeys`.
VISIT_MINUTE, LIST_MINUTE, BED_MINUTE, ADMISSION, IC_LEAVE, DISCHARGE = _columns(np.int64, 6)
VISIT_LOCATION, AT = _columns(np.int16, 2)
STATE, BED_GROUP, DIVERSION, BOARDED, OUTLIER, OVER_CAPACITY = _columns(np.int8, 6)
#: Sorted lists: a block each in one pool, doubled when it is full; ENTRIES holds (entry, what comes with it) in pairs.
#: The first SORTED of the LENGTH are in order; INCOMING has room for the others while they are put in their places.
ENTRIES, BLOCK, ROOM, FIRST, LENGTH, SORTED, FREE, INCOMING = _columns(np.int64, 8)
#: The pools of the locations and what is in use; budgets [L, lists, then day places, then clinics] in four parts.
(
    BEDS, BEDS_USED, OUTLIERS, IC_BEDS, IC_USED, DAY_PLACES, LIST_CAPACITY, CLINIC_CAPACITY,
    ACUTE_MINUTES, ACUTE_DAY_PLACES, TRANSFER_MINUTES, OUTLIER_GROUPS, BALANCE, FRACTION, FULL, KEPT,
) = _columns(np.int64, 16)  # fmt: skip
(QUEUED,) = _columns(np.int8, 1)
#: Events to come: the first node of each minute or day; of each node the patient and the next; a node to use again.
BY_MINUTE, BY_DAY, NODE_PATIENT, NODE_NEXT, DATE, BUFFER = _columns(np.int32, 6)
NEXT_WORKING_DAY, AFTER_WORK_UP, FREE_NODE, NEXT_NODE, EXECUTED = _columns(np.int64, 5)
#: Who waits: the first line of each specialty, the wait of each line, how many wait at each clinic.
FIRST_LINE, LINE_WAIT, WAITING = _columns(np.int64, 3)
#: The rules, by number, so that nothing of a run is frozen into the compiled code.
(RULES,) = _columns(np.int64, 1)
(
    RULE_LOOK_AHEAD, RULE_CHANGE_OVER, RULE_RESERVE_PERMILLE, RULE_RESERVE_MIN, RULE_IC_RESERVE,
    RULE_OUTLIER_PERMILLE, RULE_DIVERSION_DELAY, RULE_DISCHARGE_MINUTE, RULE_DAY_TURNS_PERMILLE,
    RULE_WHEN_FULL, RULE_NEXT_FULL, RULE_PLANNING_MINUTE, RULE_CLINIC_MINUTE, RULE_END,
    LOCATIONS, LISTS, SPECIALTIES, GROUPS, IC_TYPES, PATIENTS, DAYS, CALENDAR_DAYS,
    FIRST_CLINIC_LIST, FIRST_BED_LINE,
) = range(24)  # fmt: skip
KINDS: Mapping[int, np.dtype[Any]] = {number: np.dtype(kind) for number, kind in _kinds.items()}
COLUMNS = len(KINDS)
#: Words per column in the table of columns: where it begins, and how many places a row has.
_WORDS = 2


def table_of(columns: Mapping[int, np.ndarray]) -> npt.NDArray[np.int64]:
    """Return the table of the columns: int64[2 x COLUMNS]; `world` is where it stands.

    The caller keeps table and columns alive as long as compiled code uses them. Raises ValueError for a column that
    is not of its type, or not contiguous with one axis or two.
    """
    words = np.empty((COLUMNS, _WORDS), np.int64)
    for number, kind in KINDS.items():
        column = columns[number]
        flags = kind == np.int8 and column.dtype == np.bool_
        if not (column.dtype == kind or flags) or not column.flags.c_contiguous or column.ndim not in (1, 2):
            raise ValueError(f"column {number} is {column.dtype}, not contiguous {kind}")
        words[number] = (column.ctypes.data, column.shape[-1])
    return words.ravel()


_WORD = ir.IntType(64)
#: What LLVM calls a load of something that is never written to.
_UNCHANGING = ".".join(("invariant", "load"))


def _word(builder: Any, world: Any, number: int, place: int) -> Any:
    """Read a word of the table of columns."""
    table = builder.inttoptr(world, _WORD.as_pointer())
    loaded = builder.load(builder.gep(table, [_WORD(number * _WORDS + place)]))
    # Columns stay where they are: not to be read again after every write.
    loaded.set_metadata(_UNCHANGING, builder.module.add_metadata([]))
    return loaded


def _place(builder: Any, arguments: Any, number: int, axes: int) -> tuple[Any, Any]:
    """Return the address of a number in a column, and its type."""
    world, row = arguments[0], arguments[2]
    if axes == 2:
        row = builder.add(builder.mul(row, _word(builder, world, number, 1)), arguments[3])
    kind = ir.IntType(8 * KINDS[number].itemsize)
    return builder.gep(builder.inttoptr(_word(builder, world, number, 0), kind.as_pointer()), [row]), kind


def _read(builder: Any, address: Any, kind: Any) -> Any:
    value = builder.load(address)
    return builder.sext(value, _WORD) if kind.width < _WORD.width else value


def _write(builder: Any, address: Any, kind: Any, value: Any) -> None:
    builder.store(builder.trunc(value, kind) if kind.width < _WORD.width else value, address)


@intrinsic(prefer_literal=True)
def _length(typing_context: Any, world: Any, number: Any) -> Any:
    if not isinstance(number, types.IntegerLiteral):
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _word(builder, arguments[0], number.literal_value, 1)

    return types.int64(types.int64, number), generate


def _accessor(axes: int, action: str) -> Callable[..., Any]:
    """Return what compiled code calls to read, write or add to a number of a column that is named by a constant."""

    def typed(number: Any, given: tuple[Any, ...]) -> Any:
        places = [types.int64] * (axes + (action != "read"))
        if not isinstance(number, types.IntegerLiteral) or len(given) != len(places):
            return None

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            address, kind = _place(builder, arguments, number.literal_value, axes)
            if action == "read":
                return _read(builder, address, kind)
            value = arguments[-1]
            if action == "add":
                value = builder.add(_read(builder, address, kind), value)
            _write(builder, address, kind, value)
            return context.get_dummy_value()

        result = types.int64 if action == "read" else types.none
        return result(types.int64, number, *places), generate

    # Numba looks at the number of arguments.
    if axes + (action != "read") == 1:

        @intrinsic(prefer_literal=True)
        def one(typing_context: Any, world: Any, number: Any, row: Any) -> Any:
            return typed(number, (row,))

        return cast(Callable[..., Any], one)
    if axes + (action != "read") == 2:

        @intrinsic(prefer_literal=True)
        def two(typing_context: Any, world: Any, number: Any, row: Any, other: Any) -> Any:
            return typed(number, (row, other))

        return cast(Callable[..., Any], two)

    @intrinsic(prefer_literal=True)
    def three(typing_context: Any, world: Any, number: Any, row: Any, place: Any, value: Any) -> Any:
        return typed(number, (row, place, value))

    return cast(Callable[..., Any], three)


#: ``get(world, COLUMN, row)``, ``put(world, COLUMN, row, value)``, ``add(world, COLUMN, row, amount)``.
get: Callable[[int, int, int], int] = _accessor(1, "read")
put: Callable[[int, int, int, int], None] = _accessor(1, "write")
add: Callable[[int, int, int, int], None] = _accessor(1, "add")
#: The same with two axes: ``cell(world, COLUMN, row, place)`` and so on.
cell: Callable[[int, int, int, int], int] = _accessor(2, "read")
put_cell: Callable[[int, int, int, int, int], None] = _accessor(2, "write")
add_cell: Callable[[int, int, int, int, int], None] = _accessor(2, "add")
#: ``length(world, COLUMN)``: how many numbers there are, or in a row of one with two axes.
length: Callable[[int, int], int] = cast(Any, _length)


@intrinsic
def _move(typing_context: Any, world: Any, target: Any, source: Any, count: Any) -> Any:
    """Move `count` pairs of ENTRIES from `source` to `target`; they may overlap."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pair = _WORD(2)

        def address(row: Any) -> Any:
            found, _ = _place(builder, (arguments[0], None, builder.mul(row, pair)), ENTRIES, 1)
            return builder.bitcast(found, ir.IntType(8).as_pointer())

        byte = ir.IntType(8).as_pointer()
        function = builder.module.declare_intrinsic("llvm.memmove", [byte, byte, _WORD])
        size = builder.mul(arguments[3], _WORD(16))
        builder.call(function, [address(arguments[1]), address(arguments[2]), size, ir.IntType(1)(0)])
        return context.get_dummy_value()

    return types.none(*[types.int64] * 4), generate


move: Callable[[int, int, int, int], None] = cast(Any, _move)
