"""Tidy rows of indicators: integer sums over patients, by location, profile and area."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.tables import INDICATORS

LEVELS = ("location", "profile", "area", "pool", "band")
#: Positions of locations, profiles or areas, one per value that is summed.
Codes = npt.NDArray[np.int16] | Int64Array


class Rows:
    """Collects tidy rows of one scenario and replication."""

    def __init__(self, dataset: Dataset) -> None:
        self.names = {
            "location": [location.id for location in dataset.locations],
            "profile": [profile.id for profile in dataset.profiles],
            "area": [area.id for area in dataset.areas],
        }
        self._texts = {name: pa.array(names, pa.string()) for name, names in self.names.items()}
        self._blocks: list[dict[str, pa.Array]] = []

    def add(self, indicator: str, total: int, count: int, **level: str) -> None:
        """Add one row; levels not named are empty."""
        self._block(indicator, {}, np.array([total], np.int64), np.array([count], np.int64), level)

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
        names = tuple(by)
        self._add_sums(indicator, self._sums(value, count, by), names, names, count, fixed)

    def margins(
        self,
        indicator: str,
        value: npt.NDArray[np.integer],
        count: npt.NDArray[np.integer] | int,
        by: Mapping[str, Codes],
        **fixed: str,
    ) -> None:
        """Add the rows of `sum` for `by` and for every part of it, down to nothing: the whole."""
        names = tuple(by)
        sums = self._sums(value, count, by)
        for size in range(len(names) + 1):
            for kept in combinations(names, size):
                self._add_sums(indicator, sums, names, kept, count, fixed)

    def places(
        self, indicator: str, totals: Int64Array, counts: Int64Array | int, present: BoolArray, **fixed: str
    ) -> None:
        """Add a row for each location (axis L) that is `present`, and one for all of them together."""
        rows = np.flatnonzero(present)
        if not len(rows):
            return
        each = np.full(len(rows), counts, np.int64) if isinstance(counts, int) else counts[rows]
        self._block(indicator, {"location": rows}, totals[rows], each, fixed)
        whole = counts if isinstance(counts, int) else int(each.sum())
        self.add(indicator, int(totals[rows].sum()), whole, **fixed)

    def rows(
        self,
        indicator: str,
        codes: Mapping[str, Codes],
        totals: Int64Array,
        counts: Int64Array,
        **fixed: str,
    ) -> None:
        """Add rows that are already summed, one per position in `codes`."""
        if len(totals):
            self._block(indicator, codes, totals, counts, fixed)

    def table(self, scenario: str, replication: int) -> pa.Table:
        """Return the rows as a table of `zorgstroom.tables.INDICATORS`."""
        chunks = {name: pa.chunked_array([block[name] for block in self._blocks], INDICATORS.field(name).type)
                  for name in ("indicator", *LEVELS, "total", "count")}  # fmt: skip
        n = len(chunks["total"])
        data = {
            "scenario": pa.repeat(scenario, n),
            "replication": pa.repeat(pa.scalar(replication, pa.int32()), n),
            **chunks,
        }
        return pa.table(data, schema=INDICATORS)

    def _sums(
        self, value: npt.NDArray[np.integer], count: npt.NDArray[np.integer] | int, by: Mapping[str, Codes]
    ) -> tuple[Int64Array, Int64Array, Int64Array]:
        """Return totals, counts and numbers of patients, an axis per level of `by`."""
        shape = tuple(len(self.names[name]) for name in by)
        code = np.zeros(len(value), np.int64)
        for name, places in by.items():
            code = code * len(self.names[name]) + places
        size = int(np.prod(shape, dtype=np.int64))
        number = np.bincount(code, minlength=size)
        # Sums of integers below 2^53 are exact in float64.
        totals = np.bincount(code, value, minlength=size).astype(np.int64)
        counts = number if isinstance(count, int) else np.bincount(code, count, minlength=size)
        return totals.reshape(shape), counts.astype(np.int64).reshape(shape), number.reshape(shape)

    def _add_sums(
        self,
        indicator: str,
        sums: tuple[Int64Array, Int64Array, Int64Array],
        names: tuple[str, ...],
        kept: tuple[str, ...],
        count: npt.NDArray[np.integer] | int,
        fixed: Mapping[str, str],
    ) -> None:
        gone = tuple(axis for axis, name in enumerate(names) if name not in kept)
        totals, counts, number = (part.sum(axis=gone) for part in sums)
        places = np.nonzero(np.atleast_1d(number))
        if not len(places[0]):
            return
        totals, counts = np.atleast_1d(totals)[places], np.atleast_1d(counts)[places]
        if isinstance(count, int):
            counts = np.full(len(totals), count, np.int64)
        self._block(indicator, dict(zip(kept, places, strict=False)), totals, counts, fixed)

    def _block(
        self,
        indicator: str,
        codes: Mapping[str, Codes],
        totals: Int64Array,
        counts: Int64Array,
        fixed: Mapping[str, str],
    ) -> None:
        n = len(totals)
        block = {"indicator": pa.repeat(indicator, n), "total": pa.array(totals), "count": pa.array(counts)}
        for name in LEVELS:
            if name in codes:
                block[name] = self._texts[name].take(pa.array(np.asarray(codes[name], np.int64)))
            else:
                block[name] = pa.repeat(fixed.get(name, ""), n)
        self._blocks.append(block)


def nearest_rank(values: npt.NDArray[np.integer], percent: int) -> int:
    """Return the percentile by nearest rank: the smallest value with at least this share at or below it.

    >>> nearest_rank(np.array([10, 20, 30, 40]), 50)
    20
    """
    ordered = np.sort(values)
    return int(ordered[max(0, -(-percent * len(ordered) // 100) - 1)])


def nearest_rank_of_counts(values: npt.NDArray[np.integer], counts: Int64Array, percent: int) -> int:
    """Return `nearest_rank` of values that occur `counts` times each.

    >>> nearest_rank_of_counts(np.array([20, 10]), np.array([3, 1]), 50)
    20
    """
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(counts[order])
    rank = max(1, -(-percent * int(upto[-1]) // 100))
    return int(values[order[np.searchsorted(upto, rank)]])
