"""Future inhabitants per area: cohort survival nationally, areas by their shares of today.

National: every year everybody grows a year older and each age and sex keeps the part that survived and
stayed, migration included, in the years the ratios are taken from; newborns follow the number of women aged 20
to 44. Areas: who is 45 or over now stays where his age group lives (people move little from then on); the
younger live where people of that age live today, because students follow students. An estimate of low
confidence: no area plans, no building.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Int64Array
from zorgstroom.dataset.reading import read_rows
from zorgstroom.domain.area import AGE_BANDS

FloatArray = npt.NDArray[np.float64]

NATIONAL_TABLE = "national_population.csv"
#: First age of each of `AGE_BANDS`.
BAND_STARTS = (0, 15, 25, 45, 65, 75)
#: Years whose ratios are kept: before them mortality and migration were those of the pandemic and of 2022.
RATIO_YEARS = (2023, 2025)
#: Ages of mothers, and the age from which people hardly move house to another area.
MOTHERS = slice(20, 45)
SETTLED = 45
PROJECTED_YEARS = (2030, 2035, 2040)


def read_national(folder: Path) -> dict[int, Int64Array]:
    """Return inhabitants per year by age and sex (men, women): int64[ages, 2]; raises InvalidInput.

    The last age counts everybody of that age and over.
    """
    found: dict[int, dict[int, tuple[int, int]]] = {}
    for row in read_rows(folder, NATIONAL_TABLE):
        numbers = row.integer("men"), row.integer("women")
        found.setdefault(row.integer("year"), {})[row.integer("age")] = numbers
    return {
        year: np.array([numbers for _, numbers in sorted(ages.items())], dtype=np.int64)
        for year, ages in found.items()
    }


def project_national(
    national: Mapping[int, Int64Array], base_year: int, years: Sequence[int]
) -> dict[int, FloatArray]:
    """Return expected inhabitants by single age in each of `years` (after the base year): float64[ages]."""
    first, last = RATIO_YEARS
    before = sum(national[year].astype(np.float64) for year in range(first, last))
    after = sum(national[year].astype(np.float64) for year in range(first + 1, last + 1))
    assert isinstance(before, np.ndarray)
    assert isinstance(after, np.ndarray)
    stay = np.zeros_like(before)
    stay[:-2] = after[1:-1] / before[:-2]
    # The last age is open: who comes from the year before, and who was there already.
    stay[-2:] = after[-1] / (before[-2] + before[-1])
    births = after[0] / before[MOTHERS, 1].sum()
    people = national[base_year].astype(np.float64)
    projected = {}
    for year in range(base_year + 1, max(years) + 1):
        newborn = births * people[MOTHERS, 1].sum()
        older = people * stay
        people = np.concatenate([newborn[None, :], older[:-1]])
        people[-1] += older[-1]
        if year in years:
            projected[year] = people.sum(axis=1)
    return projected


def project_population(
    national: Mapping[int, Int64Array],
    base: Int64Array,
    base_year: int,
    years: Sequence[int] = PROJECTED_YEARS,
) -> dict[int, Int64Array]:
    """Return inhabitants per area and age band in each of `years`: int64[A, B].

    `base` int64[A, B] are those of the base year, which `national` must have. Every band adds up to the
    national number, rounded.
    """
    shares = base / base.sum(axis=0)
    projected = {}
    for year, by_age in project_national(national, base_year, years).items():
        people = np.zeros(base.shape)
        for age, number in enumerate(by_age.tolist()):
            age_then = age - (year - base_year)
            source = _band(age_then) if age_then >= SETTLED else _band(age)
            people[:, _band(age)] += number * shares[:, source]
        projected[year] = _whole(people)
    return projected


def _band(age: int) -> int:
    """Return the position of an age in `AGE_BANDS`.

    >>> [_band(age) for age in (0, 14, 15, 44, 45, 74, 75, 105)]
    [0, 0, 1, 2, 3, 4, 5, 5]
    """
    return sum(age >= start for start in BAND_STARTS) - 1


def _whole(people: FloatArray) -> Int64Array:
    """Round to whole persons so that every column keeps its rounded sum: the largest remainders go up."""
    whole = np.floor(people).astype(np.int64)
    for band in range(len(AGE_BANDS)):
        missing = round(float(people[:, band].sum())) - int(whole[:, band].sum())
        order = np.argsort(whole[:, band] - people[:, band], kind="stable")
        whole[order[:missing], band] += 1
    return whole
