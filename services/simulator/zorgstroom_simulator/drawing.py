"""Compiled loops of demand: who comes at which minute, and in which order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Int64Array
from zorgstroom_simulator.machine_code import compiled
from zorgstroom_simulator.randomness import GOLDEN, UInt64Array, splitmix

_ROW_BITS = 32
_ROW = (1 << _ROW_BITS) - 1
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
def sort_rows(packed: Int64Array, spare: Int64Array, keys: UInt64Array, bits: int, digit: int) -> Int64Array:
    """Return the rows in order of (value, key), in `packed` or `spare`, which are of one length and overwritten.

    `packed`: a value from 0 to 2^`bits` - 1 in the upper half, its row in `keys` in the lower. By counting, `digit`
    bits at once, the lowest first (Knuth 1998, 5.2.5); of equal values by insertion, because they are few.
    """
    count = np.empty((1 << digit) + 1, np.int64)
    last = (1 << digit) - 1
    for shift in range(_ROW_BITS, _ROW_BITS + bits, digit):
        for value in range(last + 2):
            count[value] = 0
        for item in packed:
            count[((item >> shift) & last) + 1] += 1
        for value in range(last):
            count[value + 1] += count[value]
        for item in packed:
            value = (item >> shift) & last
            spare[count[value]] = item
            count[value] += 1
        packed, spare = spare, packed
    for place in range(1, len(packed)):
        item = packed[place]
        before = place - 1
        while (
            before >= 0
            and packed[before] >> _ROW_BITS == item >> _ROW_BITS
            and keys[packed[before] & _ROW] > keys[item & _ROW]
        ):
            packed[before + 1] = packed[before]
            before -= 1
        packed[before + 1] = item
    for place in range(len(packed)):
        packed[place] &= _ROW
    return packed
