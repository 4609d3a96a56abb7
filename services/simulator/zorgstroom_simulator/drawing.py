"""Compiled loops of demand: who comes at which minute, and in which order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Int64Array
from zorgstroom_simulator.machine_code import compiled
from zorgstroom_simulator.randomness import GOLDEN, UInt64Array, splitmix

#: Bits of a number by which is sorted at once: the counts of so many values stay in the fastest memory.
_DIGIT = 11
_VALUES = 1 << _DIGIT
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@compiled
def draw(
    cells: UInt64Array,
    number: Int64Array,
    variable: np.uint64,
    lower: int,
    span: np.uint64,
    bounds: Int64Array,
    minutes: Int64Array,
    guide: Int64Array,
    shift: int,
    key: UInt64Array,
    area: npt.NDArray[np.int16],
    minute: Int64Array,
) -> None:
    """Write key, area and minute of `number` int64[A] patients of each area, which has the key `cells` uint64[A].

    The minute by inversion of a cumulative intensity between `lower` and `lower` + `span`, from the random bits named
    by the hash `variable`: hours with any intensity begin at `minutes` int64[H] and at the cumulative intensity
    `bounds` int64[H + 1]; `guide` holds the last hour that has begun at every multiple of 2^`shift`.
    """
    patient = 0
    for row in range(len(number)):
        for rank in range(number[row]):
            mine = splitmix(cells[row] + np.uint64(rank) * GOLDEN)
            bits = splitmix(mine ^ variable)
            position = lower + np.int64(((bits >> _HALF) * span) >> _HALF)
            hour = guide[position >> shift]
            while bounds[hour + 1] <= position:
                hour += 1
            key[patient] = mine
            area[patient] = row
            minute[patient] = minutes[hour] + np.int64(((bits & _LOW) * np.uint64(60)) >> _HALF)
            patient += 1


@compiled
def sort_rows(
    values: Int64Array, keys: UInt64Array, bits: int, rows: Int64Array, spare: Int64Array
) -> Int64Array:
    """Return the rows in order of (value, key), in `rows` or `spare`, which are of their length and overwritten.

    By counting, eleven bits of the values at once, the lowest first (Knuth 1998, 5.2.5); of equal values by insertion,
    because they are few. `values` lie from 0 to 2^`bits` - 1.
    """
    count = np.empty(_VALUES + 1, np.int64)
    for row in range(len(values)):
        rows[row] = row
    for shift in range(0, bits, _DIGIT):
        count[:] = 0
        for row in range(len(values)):
            count[((values[row] >> shift) & (_VALUES - 1)) + 1] += 1
        for value in range(_VALUES):
            count[value + 1] += count[value]
        for place in range(len(values)):
            row = rows[place]
            value = (values[row] >> shift) & (_VALUES - 1)
            spare[count[value]] = row
            count[value] += 1
        rows, spare = spare, rows
    for place in range(1, len(rows)):
        row = rows[place]
        before = place - 1
        while before >= 0 and values[rows[before]] == values[row] and keys[rows[before]] > keys[row]:
            rows[before + 1] = rows[before]
            before -= 1
        rows[before + 1] = row
    return rows
