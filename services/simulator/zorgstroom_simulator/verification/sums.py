"""What replications give for a figure, as a quotient of two sums, and its interval over replications."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from zorgstroom.planning.comparison import MIN_REPLICATIONS, student_t

#: Of one replication: {(figure, subject): (numerator, denominator)}; the model's figure is their quotient.
Sums = dict[tuple[str, str], tuple[float, float]]


@dataclass(frozen=True)
class Estimate:
    """A figure of the model over all replications."""

    #: Sum of the numerators over the sum of the denominators.
    value: float
    #: 95% interval: Student t over the quotients of the replications; None below `MIN_REPLICATIONS` of them.
    low: float | None
    high: float | None
    #: Sum of the denominators.
    denominator: float


def estimates(replications: Sequence[Sums]) -> dict[tuple[str, str], Estimate]:
    """Return every figure that has something to divide by, in order of first appearance."""
    keys = dict.fromkeys(key for sums in replications for key in sums)
    found = {}
    for key in keys:
        pairs = [sums[key] for sums in replications if key in sums]
        below = sum(denominator for _, denominator in pairs)
        if below <= 0:
            continue
        value = sum(numerator for numerator, _ in pairs) / below
        quotients = [numerator / denominator for numerator, denominator in pairs if denominator > 0]
        half = half_width(quotients)
        low, high = (None, None) if half is None else (value - half, value + half)
        found[key] = Estimate(value, low, high, below)
    return found


def half_width(values: Sequence[float]) -> float | None:
    """Return half the 95% interval of a mean, by Student's t; None where there are too few values for one."""
    n = len(values)
    if n < MIN_REPLICATIONS:
        return None
    mean = sum(values) / n
    variance = sum((value - mean) ** 2 for value in values) / (n - 1)
    return student_t(n - 1) * math.sqrt(variance / n)
