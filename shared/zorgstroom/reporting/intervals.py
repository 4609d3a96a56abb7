"""Means over simulated years with their 95% interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zorgstroom.planning.comparison import interval
from zorgstroom.reporting.impact import Estimate


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of one value per simulated year, with the interval every comparison uses.

    >>> estimate([1.0, 2.0])
    Estimate(mean=1.5, low=None, high=None)
    """
    mean, low, high = interval(np.array(values, dtype=np.float64))
    if mean is None:
        raise ValueError("an estimate needs at least one simulated year")
    return Estimate(mean=mean, low=low, high=high)


def count(values: Sequence[float]) -> Estimate:
    """Return the mean of a count of something per simulated year: its interval does not go below zero.

    >>> count([0, 0, 3]).low
    0.0
    """
    found = estimate(values)
    return found if found.low is None else found.model_copy(update={"low": max(0.0, found.low)})
