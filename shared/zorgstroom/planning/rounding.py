"""Whole numbers that keep their total."""

from __future__ import annotations

import math
from collections.abc import Sequence


def round_half_up(value: float) -> int:
    """Round to the nearest whole number, halves up."""
    return math.floor(value + 0.5)


def permille(share: float) -> int:
    """Return a share of one as a whole number per mille.

    >>> permille(0.3335)
    334
    """
    return round_half_up(share * 1000)


def largest_remainder(values: Sequence[float], total: int | None = None) -> list[int]:
    """Return whole numbers in proportion to `values` (none below zero) that sum to `total`.

    Without a total: to the rounded sum. What rounding down leaves goes to the largest remainders, and of equal
    ones to the first (Hamilton's method).

    >>> largest_remainder([0.4, 0.4, 1.2]), largest_remainder([1, 1, 1], 100)
    ([1, 0, 1], [34, 33, 33])
    """
    exact_sum = math.fsum(values)
    target = round_half_up(exact_sum) if total is None else total
    if exact_sum <= 0:
        return [0] * len(values)
    # A remainder of nearly one is a whole number that the quotient missed.
    exact = [round(value * (target / exact_sum), 9) if total is not None else value for value in values]
    result = [math.floor(value) for value in exact]
    order = sorted(range(len(exact)), key=lambda index: (result[index] - exact[index], index))
    for index in order[: target - sum(result)]:
        result[index] += 1
    return result
