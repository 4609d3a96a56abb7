"""Plans next to each other: the headline figures of runs on the same patients, and how they differ from the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.comparison import KEYS
from zorgstroom.reporting.impact import Estimate, Impact, Row
from zorgstroom.reporting.intervals import estimate

Key = tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """One run: its impact analysis and its table of indicators."""

    impact: Impact
    indicators: pa.Table


@dataclass(frozen=True)
class Line:
    """One indicator of every run."""

    #: As the first run that has it tells it.
    row: Row
    #: Position of that run.
    first: int
    #: Per run; None where its summary does not tell it.
    plans: tuple[Estimate | None, ...]
    #: Of the second run and later: paired with the first, year by year; None where it cannot be told.
    differences: tuple[Estimate | None, ...]


def side_by_side(results: Sequence[Result]) -> list[Line]:
    """Return the headline indicators of comparable runs, in the order of their summaries."""
    known: list[Mapping[Key, Row]] = [
        {key_of(row): row for row in result.impact.headline} for result in results
    ]
    order = dict.fromkeys(key for rows in known for key in rows)
    years = [years_of(result, set(order)) for result in results]
    lines = []
    for key in order:
        first = next(number for number, rows in enumerate(known) if key in rows)
        of_first = years[0].get(key)
        differences = [
            None
            if of_first is None or key not in others or key not in known[0] or key not in rows
            else _paired(of_first, others[key])
            for others, rows in zip(years[1:], known[1:], strict=True)
        ]
        plans = tuple(rows[key].plan if key in rows else None for rows in known)
        lines.append(Line(known[first][key], first, plans, tuple(differences)))
    return lines


def different_baselines(results: Sequence[Result]) -> list[float] | None:
    """Return the value of today of each run for an indicator in which they differ; None where all are the same.

    On the same patients they are: if not, something differs that the results do not tell. What is told instead of a
    wait depends on the plan too, and is left out.
    """
    known = [
        {key_of(row): row.baseline for row in result.impact.headline if not CATALOGUE[row.indicator].derived}
        for result in results
    ]
    for key in known[0]:
        values = [rows[key] for rows in known if key in rows]
        if len(values) == len(known) and any(value != values[0] for value in values):
            return [value.mean for value in values]
    return None


def key_of(row: Row) -> Key:
    """Return what a row is about: its indicator and place."""
    return tuple(getattr(row, name) for name in KEYS)


def years_of(result: Result, keys: set[Key], side: str = "plan") -> dict[Key, dict[int, float]]:
    """Return the values per simulated year of the plan, or of today, of these indicators; a count of nobody is zero."""
    names = pa.array(sorted({key[0] for key in keys}))
    indicators, replications = result.indicators, result.impact.identity.replications
    chosen = indicators.filter(
        pc.and_(pc.is_in(indicators["indicator"], names), pc.equal(indicators["scenario"], side))
    )
    found: dict[Key, dict[int, float]] = {
        key: dict.fromkeys(range(replications), 0.0) for key in keys if CATALOGUE[key[0]].empty_is_zero
    }
    for row in chosen.to_pylist():
        key = tuple(row[name] for name in KEYS)
        if key in keys and row["count"]:
            value = row["total"] / row["count"] / CATALOGUE[key[0]].scale
            found.setdefault(key, {})[row["replication"]] = value
    return found


def _paired(first: Mapping[int, float], other: Mapping[int, float]) -> Estimate | None:
    """Return the mean of the differences of the same simulated years, with its interval."""
    both = sorted(first.keys() & other.keys())
    if not both:
        return None
    return estimate((np.array([other[year] for year in both]) - [first[year] for year in both]).tolist())
