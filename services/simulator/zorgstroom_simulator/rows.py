"""Tidy rows of indicators: integer sums over patients, by location, profile and area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.tables import INDICATORS

LEVELS = ("location", "profile", "area", "pool", "band")
#: Positions of locations, profiles or areas, one per value that is summed.
Codes = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Sums:
    """Totals and counts by place, int64 with an axis per level of `by`; there is a row wherever `number` is not 0."""

    by: tuple[str, ...]
    totals: Int64Array
    #: A number is the count of every row.
    counts: Int64Array | int
    number: Int64Array

    def times(self, factor: int) -> Sums:
        """Return the sums with every total so many times as large."""
        return Sums(self.by, self.totals * factor, self.counts, self.number)

    def part(self, kept: tuple[str, ...]) -> Sums:
        """Return the sums over the levels that are not `kept`."""
        gone = tuple(axis for axis, name in enumerate(self.by) if name not in kept)
        counts = self.counts if isinstance(self.counts, int) else self.counts.sum(axis=gone)
        return Sums(kept, self.totals.sum(axis=gone), counts, self.number.sum(axis=gone))


@dataclass(frozen=True)
class _Block:
    """Rows together: numbers of texts, per column one for all rows or one each."""

    size: int
    codes: Mapping[str, int | Codes]
    totals: int | Int64Array
    counts: int | Int64Array


class Rows:
    """Collects tidy rows of one scenario and replication."""

    def __init__(self, dataset: Dataset) -> None:
        self.sizes = {
            "location": len(dataset.locations),
            "profile": len(dataset.profiles),
            "area": len(dataset.areas),
        }
        # The texts of a column and their numbers: a location, profile or area has that of its position.
        self._numbers: dict[str, dict[str, int]] = {
            "indicator": {},
            "location": {location.id: number for number, location in enumerate(dataset.locations)},
            "profile": {profile.id: number for number, profile in enumerate(dataset.profiles)},
            "area": {area.id: number for number, area in enumerate(dataset.areas)},
            "pool": {},
            "band": {},
        }
        self._blocks: list[_Block] = []

    def add(self, indicator: str, total: int, count: int, **level: str) -> None:
        """Add one row; levels not named are empty."""
        self._block(indicator, 1, {}, total, count, level)

    def sum(
        self,
        indicator: str,
        value: npt.NDArray[np.integer],
        count: npt.NDArray[np.integer] | int,
        by: Mapping[str, Codes],
        **fixed: str,
    ) -> None:
        """Add a row per combination of the codes in `by` (positions of locations, profiles, areas).

        `count` per patient is summed along; a number is the count of every row.
        """
        self.part_of(indicator, self.sums(value, count, by), tuple(by), **fixed)

    def margins(
        self,
        indicator: str,
        value: npt.NDArray[np.integer],
        count: npt.NDArray[np.integer] | int,
        by: Mapping[str, Codes],
        **fixed: str,
    ) -> None:
        """Add the rows of `sum` for `by` and for every part of it, down to nothing: the whole."""
        self.margins_of(indicator, self.sums(value, count, by), **fixed)

    def margins_of(self, indicator: str, sums: Sums, **fixed: str) -> None:
        """Add the rows of these sums by all their levels and by every part of them, down to nothing: the whole."""
        for size in range(len(sums.by) + 1):
            for kept in combinations(sums.by, size):
                self.part_of(indicator, sums, kept, **fixed)

    def part_of(self, indicator: str, sums: Sums, kept: tuple[str, ...], **fixed: str) -> None:
        """Add the rows of these sums by the levels that are `kept`."""
        part = sums.part(kept)
        places = np.nonzero(np.atleast_1d(part.number))
        totals = np.atleast_1d(part.totals)[places]
        counts = part.counts if isinstance(part.counts, int) else np.atleast_1d(part.counts)[places]
        if len(totals):
            codes = dict(zip(kept, places, strict=False))
            self._block(indicator, len(totals), codes, totals, counts, fixed)

    def places(
        self, indicator: str, totals: Int64Array, counts: Int64Array | int, present: BoolArray, **fixed: str
    ) -> None:
        """Add a row for each location (axis L) that is `present`, and one for all of them together."""
        rows = np.flatnonzero(present)
        if not len(rows):
            return
        each = counts if isinstance(counts, int) else counts[rows]
        self._block(indicator, len(rows), {"location": rows}, totals[rows], each, fixed)
        whole = counts if isinstance(counts, int) else int(counts[rows].sum())
        self.add(indicator, int(totals[rows].sum()), whole, **fixed)

    def rows(
        self,
        indicator: str,
        codes: Mapping[str, Codes],
        totals: Int64Array,
        counts: Int64Array | int,
        **fixed: str,
    ) -> None:
        """Add rows that are already summed, one per position in `codes`."""
        if len(totals):
            self._block(indicator, len(totals), codes, totals, counts, fixed)

    def side_by_side(
        self,
        figures: Mapping[str, tuple[Int64Array, Int64Array | int]],
        codes: Mapping[str, Codes],
        **fixed: str,
    ) -> None:
        """Add of each position in `codes` a row of every indicator in `figures`: its totals and counts."""
        size = len(next(iter(codes.values())))
        columns = [np.broadcast_arrays(*figure) for figure in figures.values()]
        totals, counts = (np.stack(part, axis=1).ravel() for part in zip(*columns, strict=True))
        several: dict[str, Codes] = {name: np.repeat(places, len(figures)) for name, places in codes.items()}
        indicators = np.tile([self._number("indicator", name) for name in figures], size)
        self._block(indicators, size * len(figures), several, totals, counts, fixed)

    def table(self, scenario: str, replication: int) -> pa.Table:
        """Return the rows as a table of `zorgstroom.tables.INDICATORS`."""
        size = sum(block.size for block in self._blocks)
        codes = {name: np.empty(size, np.int32) for name in ("indicator", *LEVELS)}
        totals, counts = np.empty(size, np.int64), np.empty(size, np.int64)
        first = 0
        for block in self._blocks:
            mine = slice(first, first + block.size)
            for name, column in codes.items():
                column[mine] = block.codes[name]
            totals[mine], counts[mine] = block.totals, block.counts
            first += block.size
        texts = {
            name: pa.array([*self._numbers[name]], pa.string()).take(pa.array(column))
            for name, column in codes.items()
        }
        data = {
            "scenario": pa.repeat(scenario, size),
            "replication": pa.repeat(pa.scalar(replication, pa.int32()), size),
            **texts,
            "total": totals,
            "count": counts,
        }
        return pa.table(data, schema=INDICATORS)

    def sums(
        self, value: npt.NDArray[np.integer], count: npt.NDArray[np.integer] | int, by: Mapping[str, Codes]
    ) -> Sums:
        """Return the sums over patients by the codes in `by`; see `sum`."""
        shape = tuple(self.sizes[name] for name in by)
        code = np.zeros(len(value), np.int64)
        for name, places in by.items():
            code = code * self.sizes[name] + places
        size = int(np.prod(shape, dtype=np.int64))
        number = np.bincount(code, minlength=size).reshape(shape)

        def summed(amount: npt.NDArray[np.integer]) -> Int64Array:
            # Sums of integers below 2^53 are exact in float64.
            return np.bincount(code, amount, minlength=size).astype(np.int64).reshape(shape)

        return Sums(tuple(by), summed(value), count if isinstance(count, int) else summed(count), number)

    def _number(self, column: str, text: str) -> int:
        numbers = self._numbers[column]
        return numbers.setdefault(text, len(numbers))

    def _block(
        self,
        indicator: str | Codes,
        size: int,
        codes: Mapping[str, Codes],
        totals: int | Int64Array,
        counts: int | Int64Array,
        fixed: Mapping[str, str],
    ) -> None:
        numbers: dict[str, int | Codes] = {
            name: codes[name] if name in codes else self._number(name, fixed.get(name, "")) for name in LEVELS
        }
        numbers["indicator"] = (
            self._number("indicator", indicator) if isinstance(indicator, str) else indicator
        )
        self._blocks.append(_Block(size, numbers, totals, counts))


def nearest_rank(values: npt.NDArray[np.integer], percent: int) -> int:
    """Return the percentile by nearest rank: the smallest value with at least this share at or below it.

    >>> nearest_rank(np.array([10, 20, 30, 40]), 50)
    20
    """
    return int(nearest_ranks(values, percent))


def nearest_ranks(values: npt.NDArray[np.integer], percent: int) -> Int64Array:
    """Return `nearest_rank` of the values along the last axis.

    >>> nearest_ranks(np.array([[10, 20, 30, 40], [4, 3, 2, 1]]), 50).tolist()
    [20, 2]
    """
    rank = max(0, -(-percent * values.shape[-1] // 100) - 1)
    return np.asarray(np.partition(values, rank)[..., rank], dtype=np.int64)


def nearest_ranks_of_counts(
    values: npt.NDArray[np.integer],
    counts: Int64Array,
    groups: npt.NDArray[np.integer],
    percents: tuple[int, ...],
) -> Int64Array:
    """Return `nearest_rank` of values that occur `counts` times each, for every group that occurs, in order.

    One row per percentage. At least one value, and each occurs at least once; values and groups are not negative.

    >>> values, counts, groups = np.array([20, 10, 5]), np.array([3, 1, 2]), np.array([0, 0, 7])
    >>> nearest_ranks_of_counts(values, counts, groups, (25, 50)).tolist()
    [[10, 5], [20, 5]]
    """
    # Numbers that fit in 16 bits are sorted by counting.
    order = np.lexsort([part.astype(np.min_scalar_type(part.max())) for part in (values, groups)])
    first = np.flatnonzero(np.diff(groups[order], prepend=groups[order[0]] - 1))
    upto = np.cumsum(counts[order])
    before = upto[first] - counts[order[first]]
    whole = np.diff(before, append=upto[-1])
    ranks = [before - (-percent * whole // 100) for percent in percents]
    return np.asarray(values[order[np.searchsorted(upto, ranks)]], dtype=np.int64)
