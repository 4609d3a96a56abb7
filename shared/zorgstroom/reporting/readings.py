"""The comparison and flow tables in the shape the report asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.intervals import estimate

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
    """The comparison table, found by indicator and place."""

    def __init__(self, comparison: pa.Table) -> None:
        self._rows: dict[tuple[str, ...], Reading] = {}
        self._by_indicator: dict[str, list[Reading]] = defaultdict(list)
        for record in comparison.to_pylist():
            if not _is_complete(record):
                continue
            reading = Reading(
                indicator=record["indicator"],
                **{name: record[name] or "" for name in _PLACE},
                replications=record["replications"],
                baseline=_estimate_of(record, "baseline"),
                plan=_estimate_of(record, "plan"),
                difference=_estimate_of(record, "difference"),
            )
            self._rows[record["indicator"], *(record[name] or "" for name in _PLACE)] = reading
            self._by_indicator[reading.indicator].append(reading)

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
        return self._rows.get((indicator, location, profile, area, pool, band))

    def of(self, indicator: str, where: Callable[[Reading], bool] = lambda _: True) -> Iterator[Reading]:
        """Iterate over the readings of one indicator, in the order of the table."""
        return filter(where, self._by_indicator.get(indicator, ()))


def _is_complete(record: Mapping[str, Any]) -> bool:
    """A mean without observations on one side, such as the wait of a stopped offer, cannot be compared.

    A location without patients does not meet its norm, though: that is a comparison.
    """
    if record["indicator"] == "norm_met":
        return True
    return all(record[what] is not None for what in ("baseline", "plan", "difference"))


def _estimate_of(record: Mapping[str, Any], what: str) -> Estimate:
    return Estimate(mean=record[what] or 0.0, low=record[f"{what}_low"], high=record[f"{what}_high"])


class Moves:
    """Patients treated elsewhere than today: sums per simulated year, scaled to a year."""

    def __init__(self, flows: pa.Table, replications: int, weeks: int) -> None:
        self._rows = flows.to_pylist()
        self.replications = replications
        self._per_year = WEEKS_PER_YEAR / weeks

    def patients(self, *by: str) -> dict[tuple[str, ...], Estimate]:
        """Return patients a year per combination of columns (none: the total)."""
        return {key: _at_least_zero(estimate(values)) for key, values in self._sums("patients", by).items()}

    def net(self) -> dict[str, Estimate]:
        """Return received minus sent per year and location, paired per simulated year."""
        received = self._sums("patients", ("to_location",))
        sent = self._sums("patients", ("from_location",))
        nothing = [0.0] * self.replications
        return {
            key[0]: estimate(
                [
                    plus - minus
                    for plus, minus in zip(received.get(key, nothing), sent.get(key, nothing), strict=True)
                ]
            )
            for key in received.keys() | sent.keys()
        }

    def extra_minutes(self, *by: str) -> dict[tuple[str, ...], Estimate]:
        """Return mean extra minutes one way of moved patients per combination of columns.

        The mean weighs all patients equally; the interval is over the simulated years with any.
        """
        patients = self._sums("patients", by)
        hundredths = self._sums("extra_travel_hundredths", by)
        result = {}
        for key, counts in patients.items():
            per_year = [
                minutes / count / 100 for minutes, count in zip(hundredths[key], counts, strict=True) if count
            ]
            if per_year:
                spread = estimate(per_year)
                mean = sum(hundredths[key]) / sum(counts) / 100
                result[key] = spread.model_copy(update={"mean": mean})
        return result

    def _sums(self, column: str, by: tuple[str, ...]) -> dict[tuple[str, ...], list[float]]:
        sums: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0.0] * self.replications)
        for row in self._rows:
            sums[tuple(row[name] for name in by)][row["replication"]] += row[column] * self._per_year
        return dict(sums)


def _at_least_zero(count: Estimate) -> Estimate:
    """A count of few patients has no interval below zero."""
    return count if count.low is None else count.model_copy(update={"low": max(0.0, count.low)})
