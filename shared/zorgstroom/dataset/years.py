"""Inhabitants in the years between those of the table."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from zorgstroom.dataset.model import Int64Array


def every_year(population: Mapping[int, Int64Array]) -> dict[int, Int64Array]:
    """Return inhabitants for every year from the first to the last, in between on a straight line.

    Whole persons, halves up, in integers: the same on every processor.
    """
    years = sorted(population)
    result = {year: population[year] for year in years}
    for before, after in pairwise(years):
        span = after - before
        for year in range(before + 1, after):
            weighted = population[before] * (after - year) + population[after] * (year - before)
            result[year] = (2 * weighted + span) // (2 * span)
    return dict(sorted(result.items()))
