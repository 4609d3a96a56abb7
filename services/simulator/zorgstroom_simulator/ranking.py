"""Compiled choice: the locations each patient likes best."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Int32Array, Int64Array
from zorgstroom_simulator.machine_code import compiled
from zorgstroom_simulator.randomness import UInt64Array, splitmix

#: A candidate is one whole number: utility in the upper bits, and in these lower ones how many places come after it.
#: So the largest number is the best candidate, and of equal ones the first.
PLACE_BITS = 16
LAST_PLACE = (1 << PLACE_BITS) - 1
_NONE = -(1 << 62)


@compiled
def rank(
    keys: UInt64Array,
    rows: Int32Array,
    first: Int64Array,
    rivals: Int64Array,
    candidates: Int64Array,
    noise_keys: UInt64Array,
    locations: npt.NDArray[np.int16],
    gumbel: Int32Array,
    left_out: npt.NDArray[np.int16],
    found: npt.NDArray[np.int16],
) -> None:
    """Write the best locations of each patient into `found` int16[n, K], K >= 1, best first, -1 where there are
    no more.

    A patient with key `keys[i]` has the candidates from `first[row]` to `first[row + 1]` of his row `rows[i]`, in two
    parts, each in descending order of utility without taste; the second part, `rivals[row]` and after, are those that
    do not count: who likes one of them better than all of the first part gets none (for K = 1).

    His taste for a place comes from the hash of his key and `noise_keys[place]`. `gumbel` is ascending, so that
    nobody further behind than its last value needs to be looked at. `left_out[i]` is not a candidate; `locations` are
    those of the places. Patients of one row together are fastest.
    """
    most = found.shape[1]
    highest = np.int64(gumbel[-1]) << PLACE_BITS
    # In loops of their own, over a row in a piece, the processor hashes several places at once.
    near = np.empty(len(noise_keys), np.uint64)
    taste = np.empty(len(noise_keys), np.uint64)
    best = np.empty(most, np.int64)
    present, start, number = -1, 0, 0
    for patient in range(len(keys)):
        row = rows[patient]
        if row != present:
            present, start, number = row, first[row], rivals[row] - first[row]
            for place in range(number):
                near[place] = noise_keys[LAST_PLACE - (candidates[start + place] & LAST_PLACE)]
        key = keys[patient]
        for place in range(number):
            taste[place] = splitmix(key ^ near[place]) >> np.uint64(48)
        for place in range(most):
            best[place] = _NONE
        worst = np.int64(_NONE)
        for place in range(number):
            base = candidates[start + place]
            if base + highest < worst:
                break
            value = base + (np.int64(gumbel[taste[place]]) << PLACE_BITS)
            if value > worst and locations[LAST_PLACE - (value & LAST_PLACE)] != left_out[patient]:
                _insert(best, value)
                worst = best[most - 1]
        if best[0] != _NONE and _beaten(
            best[0], key, candidates, rivals[row], first[row + 1], noise_keys, gumbel
        ):
            best[0] = _NONE
        for place in range(most):
            found[patient, place] = -1
            if best[place] != _NONE:
                found[patient, place] = locations[LAST_PLACE - (best[place] & LAST_PLACE)]


@compiled
def _insert(best: Int64Array, value: int) -> None:
    """Put a value where it belongs in descending numbers, of which the last goes."""
    at = len(best) - 1
    while at > 0 and best[at - 1] < value:
        best[at] = best[at - 1]
        at -= 1
    best[at] = value


@compiled
def _beaten(
    best: int,
    key: np.uint64,
    candidates: Int64Array,
    start: int,
    end: int,
    noise_keys: UInt64Array,
    gumbel: Int32Array,
) -> bool:
    """Return whether a patient likes any of the candidates from `start` to `end` better than `best`."""
    for rival in range(start, end):
        base = candidates[rival]
        if base + (np.int64(gumbel[-1]) << PLACE_BITS) < best:
            return False
        taste = splitmix(key ^ noise_keys[LAST_PLACE - (base & LAST_PLACE)]) >> np.uint64(48)
        if base + (np.int64(gumbel[taste]) << PLACE_BITS) > best:
            return True
    return False
