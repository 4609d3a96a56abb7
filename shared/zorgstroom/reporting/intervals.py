"""Means over simulated years with their 95% interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from zorgstroom.reporting.impact import Estimate

#: Fewer simulated years than this give no interval.
MINIMUM_REPLICATIONS = 3

_Z = 1.959964
#: Student's t at 97.5% for 1 to 10 degrees of freedom.
_T = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281)


def student_t(degrees_of_freedom: int) -> float:
    """Return the 97.5% quantile of Student's t.

    Table up to 10 degrees, above it the expansion in 1/df (Abramowitz and Stegun 26.7.5), right to 0.001.

    >>> round(student_t(49), 3)
    2.01
    """
    if degrees_of_freedom <= len(_T):
        return _T[degrees_of_freedom - 1]
    first = (_Z**3 + _Z) / 4
    second = (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / 96
    return _Z + first / degrees_of_freedom + second / degrees_of_freedom**2


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean of one value per simulated year, with its interval from 3 years on."""
    mean = fmean(values)
    if len(values) < MINIMUM_REPLICATIONS:
        return Estimate(mean=mean)
    half = student_t(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Estimate(mean=mean, low=mean - half, high=mean + half)
