"""Fixed cost that stays behind when care leaves, year by year.

What leaves keeps a part of its cost, which falls with the years since it left. A plan in steps has several such parts
at once: what left in the second year is in its first year then. A year after the last that was calculated is as that
last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import FixedShare

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class YearOfCost:
    """One year: turnover that is lost by then, and what of its cost stays; euros a year, float64[replications]."""

    year: int
    lost: FloatArray
    stays: FloatArray
    #: Mean with the lowest and the highest fixed part thought likely.
    lowest: float
    highest: float

    @property
    def goes(self) -> FloatArray:
        """Return the cost that goes along with the care."""
        return self.lost - self.stays

    @property
    def share(self) -> float | None:
        """Return the part that stays, on average; None where nothing is lost."""
        lost = float(self.lost.mean())
        return float(self.stays.mean()) / lost if lost else None


def cost_path(lost: Sequence[FloatArray], shares: Sequence[FixedShare]) -> list[YearOfCost]:
    """Return the years of `shares`, for what one place loses in each calculated year (on average not below zero)."""
    parts = np.array([(item.share, item.lowest, item.highest) for item in shares])
    ages = _ages([float(year.mean()) for year in lost], len(shares))
    found = []
    for number, of_age in enumerate(ages):
        now = lost[min(number, len(lost) - 1)]
        share, lowest, highest = (float(part) for part in of_age @ parts)
        mean = float(now.mean())
        found.append(YearOfCost(number + 1, now, now * share, mean * lowest, mean * highest))
    return found


def _ages(means: Sequence[float], years: int) -> npt.NDArray[np.float64]:
    """Return which part of what is lost left how many years ago, per year: float64[years, years].

    More than the year before: the rest left this year. Less: of all that left before, an equal part has come back.

    >>> _ages([10.0, 20.0, 5.0], 3).tolist()
    [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
    """
    amounts, found = np.zeros(years), np.zeros((years, years))
    for year in range(years):
        now, before = means[min(year, len(means) - 1)], float(amounts.sum())
        # A year older; what left longest ago stays in the last place.
        amounts = np.concatenate([[0.0], amounts[:-2], [amounts[-2:].sum()]]) if years > 1 else amounts
        if now >= before:
            amounts[0] += now - before
        else:
            amounts = amounts * (now / before)
        if now > 0:
            found[year] = amounts / amounts.sum()
    return found


def together(paths: Sequence[Sequence[YearOfCost]]) -> list[YearOfCost]:
    """Return the sum of places, year by year."""
    return [
        YearOfCost(
            of_year[0].year,
            np.sum([item.lost for item in of_year], axis=0),
            np.sum([item.stays for item in of_year], axis=0),
            sum(item.lowest for item in of_year),
            sum(item.highest for item in of_year),
        )
        for of_year in zip(*paths, strict=True)
    ]
