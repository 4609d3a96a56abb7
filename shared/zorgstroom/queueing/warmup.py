"""How much of the start of a series to leave out, so that an empty start does not bias its mean: MSER-5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Observations in a batch.
BATCH = 5
#: Fewest batches a verdict can be based on.
LEAST_BATCHES = 10


@dataclass(frozen=True)
class Truncation:
    """Where a series settles."""

    #: Observations to leave out; None where that cannot be told: the series is too short, or never settles.
    first: int | None
    #: Whether there were too few observations to tell anything.
    too_short: bool = False


def mser5(series: Sequence[float]) -> Truncation:
    """Return how many observations at the start to leave out (the marginal standard error rule on batches of 5).

    Of the means Z of batches of five observations, leave out the first d batches that minimise the standard error of
    what is left, sum over j > d of (Z_j - mean)^2 / (n - d)^2. A minimum in the second half of the series means that
    it never settled: then there is no answer.

    Sources: White (1997), "An effective truncation heuristic for bias reduction in simulation output", Simulation
    69(6), 323-334; White, Cobb & Spratt (2000), "A comparison of five steady-state truncation heuristics for
    simulation", Proceedings of the 2000 Winter Simulation Conference, 755-760.

    >>> mser5([0, 2, 4, 6, 8] + [10, 11, 9, 10, 10] * 20).first
    5
    """
    values = np.asarray(series, dtype=np.float64)
    count = len(values) // BATCH
    if count < LEAST_BATCHES:
        return Truncation(None, too_short=True)
    batches = values[: count * BATCH].reshape(count, BATCH).mean(axis=1)
    # The last few batches can be equal by chance: then their standard error is nothing.
    candidates = range(count - BATCH + 1)
    errors = [float(((batches[d:] - batches[d:].mean()) ** 2).sum()) / (count - d) ** 2 for d in candidates]
    best = min(candidates, key=lambda d: errors[d])
    return Truncation(None if 2 * best > count else best * BATCH)
