"""Compiled choice: the locations each patient likes best."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Int32Array, Int64Array
from zorgstroom_simulator.machine_code import compiled
from zorgstroom_simulator.randomness import UInt64Array, splitmix


@compiled
def rank(
    keys: UInt64Array,
    rows: Int32Array,
    first: Int64Array,
    rivals: Int64Array,
    places: npt.NDArray[np.int16],
    base: Int64Array,
    noise_keys: UInt64Array,
    gumbel: Int32Array,
    left_out: npt.NDArray[np.int16],
    found: npt.NDArray[np.int16],
) -> None:
    """Write the best of each patient's candidates into `found` int16[n, K], best first; what is not used stays.

    A patient with key `keys[i]` has the candidates of row `rows[i]`: from `first[row]` to `first[row + 1]`, in two
    parts, each in descending order of utility without taste, `base`; the second part begins at `rivals[row]`. A
    candidate is a place in the order of `noise_keys`; equal utilities go to the smaller place. Taste, `gumbel`, is
    ascending, so that no candidate further behind than its last value needs to be looked at. `left_out[i]` is no
    candidate. Who likes a rival better than all of the first part gets none: for K = 1 only.
    """
    most = found.shape[1]
    highest = np.int64(gumbel[-1])
    best = np.empty(most, np.int64)
    for patient in range(len(keys)):
        row = rows[patient]
        count = 0
        for candidate in range(first[row], rivals[row]):
            if count == most and base[candidate] + highest < best[most - 1]:
                break
            place = places[candidate]
            if place == left_out[patient]:
                continue
            value = base[candidate] + gumbel[splitmix(keys[patient] ^ noise_keys[place]) >> np.uint64(48)]
            at = count
            while at > 0 and (
                value > best[at - 1] or (value == best[at - 1] and place < found[patient, at - 1])
            ):
                at -= 1
            if at == most:
                continue
            count = min(count + 1, most)
            for later in range(count - 1, at, -1):
                best[later] = best[later - 1]
                found[patient, later] = found[patient, later - 1]
            best[at] = value
            found[patient, at] = place
        for candidate in range(rivals[row], first[row + 1]):
            if count == 0 or base[candidate] + highest < best[0]:
                break
            place = places[candidate]
            value = base[candidate] + gumbel[splitmix(keys[patient] ^ noise_keys[place]) >> np.uint64(48)]
            if value > best[0] or (value == best[0] and place < found[patient, 0]):
                found[patient, 0] = -1
                break
