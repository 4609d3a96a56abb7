"""Which figures an outcome goes along with over the draws: rank correlation, and when it says anything.

With a hundred figures some go along with any outcome by chance. A figure is only named when its correlation is
larger than the largest of all figures is in nearly all random orders of the draws: the test on the maximum of Westfall
& Young (1993, Resampling-Based Multiple Testing). The 5% chance of naming any figure wrongly is shared out over the
outcomes (Bonferroni), so that it is that of the whole report.
"""

from __future__ import annotations

import numpy as np

from zorgstroom_simulator.randomness import mix, name_hash, patient_keys, words
from zorgstroom_simulator.robust.hypercube import FloatArray

#: Random orders of the draws, and the chance that anything is named wrongly.
ORDERS, WRONGLY = 10_000, 0.05
#: Correlations are rounded: their last digits differ between processors.
DECIMALS = 3
#: Orders held at once.
_BATCH = 250


def ranks(values: FloatArray) -> FloatArray:
    """Return ranks from 1 along the first axis, ties sharing their mean rank: float64 of the same shape."""
    columns = values if values.ndim == 2 else values[:, None]
    result = np.empty(columns.shape)
    for index in range(columns.shape[1]):
        _, place, counts = np.unique(columns[:, index], return_inverse=True, return_counts=True)
        last = np.cumsum(counts)
        result[:, index] = (last - (counts - 1) / 2)[place]
    return result.reshape(values.shape)


def rank_correlations(figures: FloatArray, outcome: FloatArray) -> FloatArray:
    """Return Spearman's rank correlation of each column of `figures` [draws, figures] with `outcome` [draws].

    Spearman (1904): Pearson's correlation of the ranks. Zero where a column or the outcome does not vary.
    """
    x, y = _standard(ranks(figures)), _standard(ranks(outcome)[:, None])
    return np.asarray(np.round((x * y).sum(axis=0), DECIMALS))


def limit_of_chance(figures: FloatArray, outcomes: int, seed: int) -> float:
    """Return the correlation that the largest of all columns exceeds in `WRONGLY` / `outcomes` of random orders.

    `figures` is float64[draws, figures]; an outcome is taken to have no ties.
    """
    draws = len(figures)
    x = _standard(ranks(figures))
    y = _standard(np.arange(draws, dtype=np.float64)[:, None])[:, 0]
    root = mix(np.array([name_hash(f"robust orders {seed}")], dtype=np.uint64))
    largest = []
    for at in range(0, ORDERS, _BATCH):
        numbers = np.arange(at * draws, (at + _BATCH) * draws, dtype=np.int64)
        keys = words(patient_keys(np.repeat(root, len(numbers)), numbers), "order").reshape(_BATCH, draws)
        orders = np.argsort(keys, axis=1, kind="stable")
        largest.append(np.abs(y[orders] @ x).max(axis=1))
    place = ORDERS - 1 - int(ORDERS * WRONGLY / max(1, outcomes))
    return round(float(np.sort(np.concatenate(largest))[place]), DECIMALS)


def _standard(columns: FloatArray) -> FloatArray:
    """Return columns with mean zero and length one; zero where a column does not vary."""
    centred = columns - columns.mean(axis=0, keepdims=True)
    length = np.sqrt((centred * centred).sum(axis=0, keepdims=True))
    return np.asarray(np.divide(centred, length, out=np.zeros_like(centred), where=length > 0))
