"""What a sweep teaches: what the loss of each location does, each step of a norm, and which variants are not dominated.

Pure functions of the values per simulated year. All variants meet the same patients, so that two of them are compared
in pairs, year by year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.comparison import interval
from zorgstroom.planning.expected import FloatArray
from zorgstroom.reporting.impact import Estimate
from zorgstroom.reporting.intervals import estimate

#: What the tables have, of everybody or of one profile.
INDICATORS = (
    "travel_mean",
    "travel_over_30",
    "travel_over_45",
    "volume_at_norm",
    "wait_first_visit",
    "wait_treatment",
    "list_treatment_end",
    "diverted",
)
#: What a variant is weighed by, beside the norm.
WEIGHED = ("travel_mean", "wait_treatment")
#: Two means that differ by less than this part are as good.
_ROUNDING = 1e-9
#: Who receives most of a location that is left out.
MOST_RECEIVERS = 3


@dataclass(frozen=True, eq=False)
class Years:
    """The years of one variant, for one profile or everybody: today and the plan, float64[2, R] by indicator."""

    values: Mapping[str, FloatArray]

    def difference(self, indicator: str) -> FloatArray | None:
        """Return the plan less today per year: float64[R]; None if there is none."""
        found = self.values.get(indicator)
        if found is None:
            return None
        each: FloatArray = found[1] - found[0]
        return each if np.isfinite(each).any() else None

    def estimate(self, indicator: str) -> Estimate | None:
        """Return the mean difference with its interval."""
        each = self.difference(indicator)
        return None if each is None else estimate(each[np.isfinite(each)].tolist())


@dataclass(frozen=True)
class LeftOut:
    """What the loss of one location does."""

    location: str
    variant: int
    differences: Mapping[str, Estimate]
    #: (location, share of what the others get more), the largest first.
    receivers: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class NormStep:
    """What one norm does."""

    norm: int
    variant: int
    #: Locations of the region that go on, and the fewest patients a year that one of them expects.
    providers: int
    smallest: float
    #: Share of the expected patients of those locations who go to one that reaches the norm.
    at_norm: float
    differences: Mapping[str, Estimate]


@dataclass(frozen=True)
class Point:
    """A variant as it is weighed: small values are good, of the norm large ones."""

    variant: int
    label: str
    norm: float | None
    differences: Mapping[str, Estimate]
    #: The variant that is better on something, and nowhere worse; None: none is.
    dominated_by: int | None


@dataclass(frozen=True)
class Summary:
    """All there is to say about a sweep."""

    name: str
    replications: int
    confidential: bool
    left_out: tuple[LeftOut, ...]
    #: By profile.
    norms: Mapping[str, tuple[NormStep, ...]]
    points: tuple[Point, ...]
    #: What the points are weighed by; whether they have a norm too.
    weighed: tuple[str, ...]
    with_norm: bool
    #: The profile that it is about, if one.
    profile: str | None = None
    notes: tuple[str, ...] = field(default=())


def years_of(table: pa.Table, profile: str) -> Years:
    """Return the years of a profile, or of everybody, in all results of one variant."""
    whole = _rows(table, {"profile": profile, "location": ""})
    return Years({name: _by_year(whole, name, "total") for name in INDICATORS if name in whole["names"]})


def patients_by_location(table: pa.Table) -> dict[str, float]:
    """Return how many more patients are treated at each location than today, all years together."""
    found: dict[str, float] = {}
    rows = _rows(table, {"profile": ""})
    here = (rows["indicator"] == "travel_mean") & (rows["location"] != "")
    for name, side, count in zip(
        rows["location"][here], rows["scenario"][here], rows["count"][here], strict=True
    ):
        found[name] = found.get(name, 0.0) + (-count if side == "baseline" else count)
    return found


def receivers(more: Mapping[str, float], left_out: str) -> tuple[tuple[str, float], ...]:
    """Return who get most of those who come to others: (location, share), the largest first."""
    gains = {name: number for name, number in more.items() if number > 0 and name != left_out}
    total = sum(gains.values())
    order = sorted(gains, key=lambda name: (-gains[name], name))[:MOST_RECEIVERS]
    return tuple((name, gains[name] / total) for name in order)


def differences_of(years: Years) -> dict[str, Estimate]:
    """Return the mean differences with their intervals, of what there is."""
    found = {name: years.estimate(name) for name in INDICATORS}
    return {name: value for name, value in found.items() if value is not None}


def dominators(
    years: Sequence[Years], weighed: Sequence[str], norms: Sequence[float | None]
) -> list[int | None]:
    """Return for each variant the position of the first that dominates it.

    One variant dominates another if its mean is nowhere worse, and it is better on at least one thing by more than
    chance: the 95% interval of the paired difference leaves out zero. The norm is no matter of chance; more is better.
    """
    found: list[int | None] = []
    means = np.array([_means(of, weighed) for of in years]).reshape(len(years), len(weighed))
    for position in range(len(years)):
        # Most have a worse mean on something: years are put in pairs for the others only.
        worse = means - means[position] > _ROUNDING * np.maximum(np.abs(means[position]), 1.0)
        others = (other for other in np.flatnonzero(~worse.any(axis=1)).tolist() if other != position)
        found.append(
            next((other for other in others if _dominates(other, position, years, weighed, norms)), None)
        )
    return found


def _means(years: Years, weighed: Sequence[str]) -> list[float]:
    """Return the mean difference of each, small ones good; nan where a year has none."""
    found = []
    for name in weighed:
        each = years.difference(name)
        mean = float("nan") if each is None else float(each.mean())
        found.append(-mean if CATALOGUE[name].direction == "higher" else mean)
    return found


def _dominates(
    one: int,
    other: int,
    years: Sequence[Years],
    weighed: Sequence[str],
    norms: Sequence[float | None],
) -> bool:
    better = False
    mine, theirs = norms[one], norms[other]
    if mine is not None or theirs is not None:
        less = (mine or 0.0) - (theirs or 0.0)
        if less < 0:
            return False
        better = less > 0
    for name in weighed:
        first, second = years[one].difference(name), years[other].difference(name)
        if first is None or second is None:
            return False
        both = np.isfinite(first) & np.isfinite(second)
        first, second = first[both], second[both]
        sign = -1.0 if CATALOGUE[name].direction == "higher" else 1.0
        mean, low, high = interval(sign * (first - second))
        if mean is None or mean > 0:
            return False
        better = better or (low is not None and high is not None and high < 0)
    return better


def _rows(
    table: pa.Table, levels: Mapping[str, str]
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.object_]]]:
    """Return the rows at these levels, and at no area, band or pool, as columns."""
    wanted = {"area": "", "band": "", "pool": "", **levels}
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}
    mask = np.ones(table.num_rows, np.bool_)
    for name, value in wanted.items():
        mask &= columns[name] == value
    kept = {name: column[mask] for name, column in columns.items()}
    kept["names"] = np.unique(kept["indicator"].astype(str))
    kept["years"] = np.unique(columns["replication"])
    return kept


def _by_year(
    rows: Mapping[str, np.ndarray[tuple[int], np.dtype[np.object_]]], indicator: str, column: str
) -> FloatArray:
    """Return the values of an indicator, today and in the plan, per simulated year: float64[2, R]."""
    definition, years = CATALOGUE[indicator], rows["years"]
    found = np.full((2, len(years)), 0.0 if definition.empty_is_zero else np.nan)
    mine = rows["indicator"] == indicator
    side = (rows["scenario"][mine] != "baseline").astype(np.int64)
    place = np.searchsorted(years, rows["replication"][mine])
    total, count = rows[column][mine].astype(np.float64), rows["count"][mine].astype(np.float64)
    some = count != 0
    found[side[some], place[some]] = total[some] / count[some] / definition.scale
    return found
