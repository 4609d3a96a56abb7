"""Latin hypercube sampling (McKay, Beckman & Conover 1979, Technometrics 21(2)): every figure in every stratum once.

With n draws the range of each figure is cut into n equal parts, and each part is drawn once. Which draw gets which
part follows from the seed and the name of the figure alone: a figure more or less changes no other one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zorgstroom_simulator.randomness import mix, name_hash, patient_keys, words

FloatArray = npt.NDArray[np.float64]


def latin_hypercube(names: Sequence[str], draws: int, seed: int) -> FloatArray:
    """Return positions in (0, 1) of every figure in every draw: float64[draws, figures].

    Each column holds one value in each of the `draws` equal parts of (0, 1), in an order of its own.
    """
    ranks = np.arange(draws, dtype=np.int64)
    columns = np.empty((draws, len(names)))
    for column, name in enumerate(names):
        root = mix(np.array([name_hash(f"robust seed {seed} figure {name}")], dtype=np.uint64))
        keys = patient_keys(np.repeat(root, draws), ranks)
        stratum = np.argsort(np.argsort(words(keys, "stratum"), kind="stable"), kind="stable")
        # Half a step from both ends: never 0 or 1, and equal on every processor.
        within = ((words(keys, "within") >> np.uint64(44)).astype(np.float64) + 0.5) / 2.0**20
        columns[:, column] = (stratum + within) / draws
    return columns
