"""Precision: how wide the 95% intervals are, and how many replications make them narrow enough.

Of every chosen indicator three means are looked at: today, the plan, and their paired difference. The relative
half-width of the first two is that of their interval over their mean. A difference may well be zero, so its
half-width is taken relative to the mean of today: under common random numbers it is far smaller than that of either.

Replications are added one by one until all relative half-widths are at or below the target (the sequential
procedure of Law & Kelton 1982, Operations Research 30(3), "Confidence intervals for steady-state simulations II"; after
Chow & Robbins 1965, Annals of Mathematical Statistics 36(2)). Whether to stop is asked of the first n replications in
order of their number, so the answer is the same on any number of processes. The intervals of a run that stopped as
soon as they were narrow enough are a little too narrow: coverage reaches 95% only in the limit of a small target, and
is 92 to 94% for normal years (`tests/unit/test_precision.py`). That is why at least `LEAST` replications are made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zorgstroom.errors import Amount, InvalidInput, Problem
from zorgstroom.events.schemas import HeadlineIndicator
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.comparison import interval
from zorgstroom.reporting.impact import Precision, PrecisionRow

#: Fewest replications after which a run may stop, and the most it makes.
LEAST, MOST = 5, 100
#: Narrowest and widest half-width that can be asked for.
NARROWEST, WIDEST = 0.001, 0.5
#: Indicators that can be asked for: those of everybody together.
INDICATORS = tuple(indicator.id for indicator in CATALOGUE.values() if indicator.headline)
#: Asked for when nothing is named. Shares at a norm and rare events, such as patients who are sent on, say little
#: in parts of their own mean: for them many more years are needed, so they must be named.
DEFAULT_INDICATORS = ("travel_mean", "wait_first_visit", "wait_treatment", "list_treatment_end", "occupancy")
_PERCENT = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*%")
_PART = re.compile(r"0?[.,][0-9]+")


@dataclass(frozen=True)
class Target:
    """The relative half-width that is asked for, and of which indicators."""

    half_width: float
    indicators: tuple[str, ...] = DEFAULT_INDICATORS

    def reached(self, headlines: Sequence[Sequence[HeadlineIndicator]]) -> bool:
        """Return whether these replications, in order, are enough."""
        return len(headlines) >= LEAST and precision(headlines, self).reached is True


def parse_precision(text: str) -> float:
    """Return the part of one in ``5%`` or ``0.05``; raises InvalidInput for anything else.

    A bare ``5`` may mean five percent or five times the mean: it is refused.

    >>> parse_precision("5%"), parse_precision("0,05")
    (0.05, 0.05)
    """
    written = text.strip()
    percent, part = _PERCENT.fullmatch(written), _PART.fullmatch(written)
    params = {"value": text[:40], "low": Amount(100 * NARROWEST), "high": Amount(100 * WIDEST)}
    if percent is None and part is None:
        raise InvalidInput([Problem("--precision", "precision.form", params)])
    value = float((percent[1] if percent else written).replace(",", ".")) / (100 if percent else 1)
    if not NARROWEST <= value <= WIDEST:
        raise InvalidInput([Problem("--precision", "precision.range", params)])
    return value


def precision(headlines: Sequence[Sequence[HeadlineIndicator]], target: Target | None) -> Precision:
    """Return how precise replications are, in order of their number; without a target of the default indicators.

    `headlines` are those of `ReplicationTables`. An indicator that was not counted, such as the wait in a region
    without planned care, has no numbers and stands in nobody's way.
    """
    names = DEFAULT_INDICATORS if target is None else target.indicators
    values = {
        (row.indicator, row.scenario, number): row.total / row.count / CATALOGUE[row.indicator].scale
        for number, rows in enumerate(headlines)
        for row in rows
        if row.count
    }
    rows = []
    for name in names:
        today, plan = (
            np.array([values.get((name, scenario, number), np.nan) for number in range(len(headlines))])
            for scenario in ("baseline", "plan")
        )
        both = np.isfinite(today) & np.isfinite(plan)
        mean = interval(today[both])[0]
        halves = [
            _relative(today[both], mean),
            _relative(plan[both], interval(plan[both])[0]),
            _relative((plan - today)[both], mean),
        ]
        rows.append(PrecisionRow(indicator=name, baseline=halves[0], plan=halves[1], difference=halves[2]))
    asked = None if target is None else target.half_width
    return Precision(
        target=asked,
        reached=None if asked is None else all(_narrow(row, asked) for row in rows),
        replications=len(headlines),
        rows=rows,
    )


def _relative(values: np.typing.NDArray[np.float64], mean: float | None) -> float | None:
    """Return half-width over the size of a mean; None without an interval or where that is no number."""
    middle, _, high = interval(values)
    if middle is None or high is None or mean is None:
        return None
    half = high - middle
    if half == 0:
        return 0.0
    return half / abs(mean) if mean else None


def _narrow(row: PrecisionRow, half_width: float) -> bool:
    found = (row.baseline, row.plan, row.difference)
    if all(value is None for value in found):
        return True
    return all(value is not None and value <= half_width for value in found)
