"""Tables that turn random bits into durations and taste: made once, shipped, hashed.

Logarithms and exponentials are taken here, when a dataset is made, and never in a run.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np

from zorgstroom.dataset.model import QUANTILE_POINTS, Int32Array

#: Points of the taste noise and of the standard normal.
NOISE_POINTS = 65536
NOISE_SCALE = 65536
#: Nights are tabulated in thousandths, so that case mix is applied before rounding to whole nights.
NIGHT_SCALE = 1000


@cache
def _standard_normal(points: int) -> tuple[float, ...]:
    inverse = NormalDist().inv_cdf
    return tuple(inverse((index + 0.5) / points) for index in range(points))


def lognormal_quantiles(mean: float, sd: float, scale: int = 1) -> Int32Array:
    """Return QUANTILE_POINTS midpoint quantiles of a lognormal with this mean and sd, times `scale`, rounded.

    Zeros for mean zero, a constant for sd zero. The points are rescaled so that their mean is the mean asked
    for: midpoints alone miss the far tail (up to 1% of the mean at a CV of 1.5).
    """
    if mean <= 0:
        return np.zeros(QUANTILE_POINTS, dtype=np.int32)
    sigma = math.sqrt(math.log(1 + (sd / mean) ** 2))
    values = np.exp(sigma * np.array(_standard_normal(QUANTILE_POINTS)))
    return np.asarray(np.rint(values / values.mean() * mean * scale), dtype=np.int32)


def gumbel_table() -> Int32Array:
    """Return the taste noise: int32[65536] quantiles of the standard Gumbel at scale 65536."""
    points = (np.arange(NOISE_POINTS) + 0.5) / NOISE_POINTS
    return np.asarray(np.rint(-np.log(-np.log(points)) * NOISE_SCALE), dtype=np.int32)


def normal_table() -> Int32Array:
    """Return standard normal quantiles: int32[65536] at scale 65536."""
    return np.asarray(np.rint(np.array(_standard_normal(NOISE_POINTS)) * NOISE_SCALE), dtype=np.int32)
