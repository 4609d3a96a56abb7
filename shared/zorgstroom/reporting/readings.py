"""The comparison and flow tables in the shape the report asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zorgstroom.reporting.impact import Balance, Estimate
from zorgstroom.reporting.intervals import estimate

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

#: A measured year has 52 weeks.
WEEKS_PER_YEAR = 52
_PLACE = ("location", "profile", "area", "pool", "band")


@dataclass(frozen=True)
class Reading:
    """One indicator at one place in the comparison table."""

    indicator: str
    location: str
    profile: str
    area: str
    pool: str
    band: str
    replications: int
    baseline: Estimate
    plan: Estimate
    difference: Estimate

    @property
    def has_interval(self) -> bool:
        """Whether there were enough simulated years for an interval."""
        return self.difference.low is not None

    @property
    def clear(self) -> bool:
        """Whether the interval of the difference excludes zero."""
        return is_clear(self.difference)


def is_clear(difference: Estimate) -> bool:
    """Return whether the interval excludes zero; without interval nothing is clear."""
    if difference.low is None or difference.high is None:
        return False
    return difference.low > 0 or difference.high < 0


class Readings:
    """The comparison table, found by indicator and place.

    A national table has a hundred thousand rows of which a report needs some: rows become objects only
    for the indicators that are asked for.
    """

    def __init__(self, comparison: pa.Table) -> None:
        self._table = comparison.sort_by("indicator")
        self._made: dict[str, dict[tuple[str, ...], Reading]] = {}
        names, first, counts = np.unique(
            self._table["indicator"].to_numpy(zero_copy_only=False).astype(str),
            return_index=True,
            return_counts=True,
        )
        self._where = {
            str(name): (int(start), int(count))
            for name, start, count in zip(names, first, counts, strict=True)
        }

    def at(
        self,
        indicator: str,
        *,
        location: str = "",
        profile: str = "",
        area: str = "",
        pool: str = "",
        band: str = "",
    ) -> Reading | None:
        """Return the reading at exactly this place (empty: all), or None."""
        return self._of(indicator).get((location, profile, area, pool, band))

    def of(self, indicator: str, where: Callable[[Reading], bool] = lambda _: True) -> Iterator[Reading]:
        """Iterate over the readings of one indicator, in the order of the table."""
        return filter(where, self._of(indicator).values())

    def _of(self, indicator: str) -> Mapping[tuple[str, ...], Reading]:
        if indicator not in self._made:
            start, count = self._where.get(indicator, (0, 0))
            self._made[indicator] = {
                tuple(record[name] or "" for name in _PLACE): _reading(record)
                for record in self._table.slice(start, count).to_pylist()
                if _is_complete(record)
            }
        return self._made[indicator]


def _reading(record: Mapping[str, Any]) -> Reading:
    return Reading(
        indicator=record["indicator"],
        **{name: record[name] or "" for name in _PLACE},
        replications=record["replications"],
        baseline=_estimate_of(record, "baseline"),
        plan=_estimate_of(record, "plan"),
        difference=_estimate_of(record, "difference"),
    )


def _is_complete(record: Mapping[str, Any]) -> bool:
    """A mean without observations on one side, such as the wait of a stopped offer, cannot be compared.

    A location without patients does not meet its norm, though: that is a comparison.
    """
    if record["indicator"] == "norm_met":
        return True
    return all(record[what] is not None for what in ("baseline", "plan", "difference"))


def _estimate_of(record: Mapping[str, Any], what: str) -> Estimate:
    return Estimate(mean=record[what] or 0.0, low=record[f"{what}_low"], high=record[f"{what}_high"])


#: Columns that say who goes where, and what is counted of them.
_WHO, _COUNTED = (
    ("profile", "area", "from_location", "to_location"),
    ("patients", "extra_travel_hundredths", "bed_days", "or_minutes", "ic_minutes"),
)
Key = tuple[str, ...]


class Moves:
    """Patients treated elsewhere than today: sums per simulated year, scaled to a year."""

    def __init__(self, flows: pa.Table, replications: int, weeks: int) -> None:
        self.replications = replications
        self._per_year = WEEKS_PER_YEAR / weeks
        self._replication = flows["replication"].to_numpy().astype(np.int64)
        # A table of an older version does not count everything.
        nothing = np.zeros(len(flows), np.int64)
        self._numbers = {
            name: flows[name].to_numpy().astype(np.int64) if name in flows.column_names else nothing
            for name in _COUNTED
        }
        self._numbers["longer"] = np.where(
            self._numbers["extra_travel_hundredths"] > 0, self._numbers["patients"], 0
        )
        self._numbers["shorter"] = np.where(
            self._numbers["extra_travel_hundredths"] < 0, self._numbers["patients"], 0
        )
        self._codes, self._names = {}, {}
        for name in _WHO:
            encoded = flows[name].combine_chunks().dictionary_encode()
            self._codes[name] = encoded.indices.to_numpy().astype(np.int64)
            self._names[name] = encoded.dictionary.to_pylist()

    def patients(self, *by: str) -> dict[Key, Estimate]:
        """Return patients a year per combination of columns (none: the total)."""
        return self._counts("patients", by)

    def longer(self, *by: str) -> dict[Key, Estimate]:
        """Return patients a year who travel longer than today; all of one row travel equally far."""
        return self._counts("longer", by)

    def shorter(self, *by: str) -> dict[Key, Estimate]:
        """Return patients a year who travel shorter than today."""
        return self._counts("shorter", by)

    def travel_hours(self, *by: str) -> dict[Key, Estimate]:
        """Return the extra hours a year, one way, of all moved patients together; below zero: less travel."""
        return self._scaled("extra_travel_hundredths", by, 1 / 6000)

    def balance(self, column: str, scale: float = 1.0) -> dict[str, Balance]:
        """Return per location what leaves, what comes and the difference, paired per simulated year."""
        received, sent = (
            {key[0]: values for key, values in self._sums(column, (side,)).items()}
            for side in ("to_location", "from_location")
        )
        nothing = np.zeros(self.replications, np.int64)
        found = {}
        for location in sorted(received.keys() | sent.keys()):
            coming, leaving = received.get(location, nothing), sent.get(location, nothing)
            found[location] = Balance(
                sent=at_least_zero(self._estimate(leaving, scale)),
                received=at_least_zero(self._estimate(coming, scale)),
                net=self._estimate(coming - leaving, scale),
            )
        return found

    def longer_years(self) -> int | None:
        """Return in how many simulated years they travel longer on average; None where nobody moves."""
        hours = self._sums("extra_travel_hundredths", ()).get(())
        return None if hours is None else int((hours > 0).sum())

    def yearly(self, column: str, by: tuple[str, ...], scale: float = 1.0) -> dict[Key, FloatArray]:
        """Return one column in every simulated year, scaled to a year: float64[replications] per combination."""
        factor = np.float64(self._per_year * scale)
        return {key: values * factor for key, values in self._sums(column, by).items()}

    def means(self, column: str, by: tuple[str, ...], scale: float = 1.0) -> dict[Key, float]:
        """Return the mean over simulated years of one column, a year."""
        factor = self._per_year * scale / self.replications
        return {key: float(values.sum()) * factor for key, values in self._sums(column, by).items()}

    def extra_minutes(self, *by: str) -> dict[Key, Estimate]:
        """Return mean extra minutes one way of moved patients per combination of columns.

        The mean weighs all patients equally; the interval is over the simulated years with any.
        """
        patients = self._sums("patients", by)
        hundredths = self._sums("extra_travel_hundredths", by)
        result = {}
        for key, counts in patients.items():
            with_any = counts > 0
            if with_any.any():
                spread = estimate((hundredths[key][with_any] / counts[with_any] / 100).tolist())
                mean = int(hundredths[key].sum()) / int(counts.sum()) / 100
                result[key] = spread.model_copy(update={"mean": mean})
        return result

    def _counts(self, column: str, by: tuple[str, ...]) -> dict[Key, Estimate]:
        return {key: at_least_zero(value) for key, value in self._scaled(column, by, 1.0).items()}

    def _scaled(self, column: str, by: tuple[str, ...], scale: float) -> dict[Key, Estimate]:
        return {key: self._estimate(values, scale) for key, values in self._sums(column, by).items()}

    def _estimate(self, values: IntArray, scale: float) -> Estimate:
        return estimate((values * (self._per_year * scale)).tolist())

    def _sums(self, column: str, by: tuple[str, ...]) -> dict[Key, IntArray]:
        """Return sums per group and simulated year, in the order in which the groups first appear."""
        if not len(self._replication):
            return {}
        group = np.zeros(len(self._replication), np.int64)
        for name in by:
            group = group * len(self._names[name]) + self._codes[name]
        codes, first, place = np.unique(group, return_index=True, return_inverse=True)
        sums = np.zeros((len(codes), self.replications), np.int64)
        np.add.at(sums, (place, self._replication), self._numbers[column])
        return {
            tuple(self._names[name][self._codes[name][first[index]]] for name in by): sums[index]
            for index in np.argsort(first, kind="stable").tolist()
        }


def at_least_zero(count: Estimate) -> Estimate:
    """A count of few patients has no interval below zero."""
    return count if count.low is None else count.model_copy(update={"low": max(0.0, count.low)})
