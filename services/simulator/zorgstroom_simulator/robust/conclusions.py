"""What a run concludes, as statements that can be held against other simulations of the same plan.

They are what the report says: where its summary table shows a clear difference, where a norm is or is not met, where
a wait changes beyond chance and where there is too much work. Each is a test on one number, so that a draw with other
assumptions can agree or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.comparison import interval
from zorgstroom.planning.pool_estimates import FULL_LOAD
from zorgstroom.reporting import wording
from zorgstroom.reporting.impact import Estimate, Impact, PoolRow, Row, TextRef, VolumeRow, WaitRow
from zorgstroom.reporting.readings import WEEKS_PER_YEAR, is_clear

FloatArray = npt.NDArray[np.float64]
Test = Literal["above", "below", "at_least", "at_most", "none"]

#: Waits, norms and places told one by one; the tables of the run hold all.
MOST_WAITS, MOST_NORMS, MOST_POOLS = 3, 6, 3
#: Outcomes of those who are treated elsewhere: no indicators, they come from the table of flows.
MOVED, EXTRA = "moved_patients", "extra_minutes"
_PLACE = ("location", "profile", "area", "pool", "band")

_TESTS: Mapping[Test, Callable[[FloatArray, float], npt.NDArray[np.bool_]]] = {
    "above": lambda values, limit: values > limit,
    "below": lambda values, limit: values < limit,
    "at_least": lambda values, limit: values >= limit,
    "at_most": lambda values, limit: values <= limit,
}


@dataclass(frozen=True)
class Measure:
    """One number of a simulation: an indicator at a place, or an outcome of those who move."""

    indicator: str
    location: str = ""
    profile: str = ""
    area: str = ""
    pool: str = ""
    band: str = ""

    @property
    def name(self) -> str:
        """Key of the number in tables: the indicator and the place."""
        return "/".join([self.indicator, *(part for part in self.place if part)])

    @property
    def place(self) -> tuple[str, ...]:
        """Return location, profile, area, pool and band; empty: all."""
        return self.location, self.profile, self.area, self.pool, self.band


@dataclass(frozen=True)
class Claim:
    """A statement, and the test that says whether it holds."""

    statement: TextRef
    measure: Measure
    quantity: Literal["difference", "plan"]
    test: Test
    limit: float = 0.0

    @property
    def id(self) -> str:
        """Key of the statement."""
        return f"{self.measure.name}:{self.quantity}:{self.test}"

    def holds(self, values: FloatArray) -> npt.NDArray[np.bool_]:
        """Return where the statement holds: bool of the shape of `values`; not where nothing was measured."""
        with np.errstate(invalid="ignore"):
            return _TESTS[self.test](values, self.limit) & np.isfinite(values)


def claims(impact: Impact) -> list[Claim]:
    """Return what a run concludes, in the order of the report."""
    return [
        *_of_moves(impact),
        *(claim for row in _different(impact.headline) if (claim := _of_headline(row)) is not None),
        *_of_norms(impact.volumes),
        *_of_waits(impact.waits),
        *_of_pools(impact),
        *_of_means(impact),
    ]


def _of_moves(impact: Impact) -> Iterator[Claim]:
    if not impact.moved_patients:
        return
    yield Claim(TextRef(key="robust.statement.moved"), Measure(MOVED), "plan", "none")
    longer = impact.mean_extra_minutes > 0
    key = f"robust.statement.{'longer' if longer else 'shorter'}"
    yield Claim(TextRef(key=key), Measure(EXTRA), "plan", "above" if longer else "below")


def _different(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that tell something new: travel to check-ups often is that to the operation."""
    told: dict[tuple[object, ...], Row] = {}
    for row in rows:
        told.setdefault((row.location, row.profile, row.area, row.pool, row.difference, row.plan), row)
    return list(told.values())


def _of_headline(row: Row) -> Claim | None:
    """A clear difference in the summary table that can be seen in its number."""
    change = row.difference.mean
    decimals = 3 if CATALOGUE[row.indicator].unit == "share" else CATALOGUE[row.indicator].decimals
    # Growth is told where a queue has no mean wait; it is not among the counted indicators.
    counted = not CATALOGUE[row.indicator].derived
    if not (row.clear and counted) or round(change, decimals) == 0:
        return None
    about = row.profile or row.location or row.area or row.pool
    what = wording.text(f"indicator.{row.indicator}")
    if about:
        what = wording.text("robust.about", what=what, about={"name": about, "lower": True})
    key = f"robust.statement.{'higher' if change > 0 else 'lower'}"
    measure = Measure(row.indicator, row.location, row.profile, row.area, row.pool, row.band)
    return Claim(
        TextRef(key=key, params={"what": what}), measure, "difference", "above" if change > 0 else "below"
    )


def _of_norms(volumes: Sequence[VolumeRow]) -> Iterator[Claim]:
    """Whether a place has the volume of its norm under the plan: what most simulated years say."""
    judged = [row for row in volumes if row.norm is not None and row.plan_met is not None]
    for row in judged[:MOST_NORMS]:
        met = 2 * (row.plan_met or 0) >= row.replications
        yield Claim(
            TextRef(
                key=f"robust.statement.{'norm' if met else 'no_norm'}",
                params={
                    "location": {"name": row.location},
                    "profile": {"name": row.profile, "lower": True},
                    "n": wording.number(row.norm or 0),
                },
            ),
            Measure("volume", row.location, row.profile),
            "plan",
            "at_least" if met else "below",
            float(row.norm or 0),
        )


def _of_waits(waits: Sequence[WaitRow]) -> Iterator[Claim]:
    changed = sorted(wording.changed_waits(waits), key=lambda row: -abs(row.change))
    for row in changed[:MOST_WAITS]:
        longer = row.change > 0
        yield Claim(
            TextRef(
                key=f"robust.statement.wait_{'longer' if longer else 'shorter'}",
                params={
                    "kind": wording.text(f"report.wait.{row.kind}"),
                    "location": {"name": row.location},
                    "profile": {"name": row.profile, "lower": True},
                },
            ),
            Measure(f"wait_{row.kind}", row.location, row.profile),
            "difference",
            "above" if longer else "below",
        )


def _of_pools(impact: Impact) -> Iterator[Claim]:
    """Places that the plan makes too full; where there are none, whether the fullest that receives still fits."""
    full = [row for row in wording.fuller(impact.pools) if row.load_plan > FULL_LOAD]
    # Those that still fit today come first, as in the summary.
    full.sort(key=lambda row: (row.load_baseline > 1.0, -row.load_plan, row.location, row.pool))
    for row in full[:MOST_POOLS]:
        yield Claim(
            _place(row, "too_full"), Measure("load", row.location, pool=row.pool), "plan", "above", FULL_LOAD
        )
    if full:
        return
    receivers = {row.id for row in impact.locations if row.received.mean > 0}
    fitting = [row for row in impact.pools if row.location in receivers and row.load_plan <= FULL_LOAD]
    if fitting:
        row = max(fitting, key=lambda item: (item.load_plan, item.location, item.pool))
        yield Claim(
            _place(row, "fits"), Measure("load", row.location, pool=row.pool), "plan", "at_most", FULL_LOAD
        )


def _of_means(impact: Impact) -> Iterator[Claim]:
    """Where staff and turnover change most, beyond chance. Key figures and prices are not drawn: only what is done."""
    sections = {section.id: section for section in impact.sections}
    for indicator, name, column in (
        ("staff_fte", "staff", "fte_difference"),
        ("turnover", "finance", "turnover_difference"),
    ):
        if name not in sections:
            continue
        at = [known.id for known in sections[name].columns].index(column)
        # Of staff the first row of a place is of all professions together.
        first: dict[str, Estimate] = {}
        for row in sections[name].rows:
            change = row[at]
            if isinstance(row[0], str) and isinstance(change, Estimate):
                first.setdefault(row[0], change)
        clear = [(abs(change.mean), place) for place, change in first.items() if is_clear(change)]
        if clear:
            place = max(clear)[1]
            higher = first[place].mean > 0
            what = wording.text(f"indicator.{indicator}")
            what = wording.text("robust.about", what=what, about={"name": place})
            statement = TextRef(
                key=f"robust.statement.{'higher' if higher else 'lower'}", params={"what": what}
            )
            test: Test = "above" if higher else "below"
            yield Claim(statement, Measure(indicator, place), "difference", test)


def _place(row: PoolRow, key: str) -> TextRef:
    return TextRef(
        key=f"robust.statement.{key}",
        params={
            "pool": {"name": row.pool},
            "location": {"name": row.location},
            "limit": {"share": FULL_LOAD, "d": 0},
        },
    )


def measured(
    indicators: pa.Table,
    flows: pa.Table,
    measures: Sequence[Measure],
    replications: Sequence[int],
    weeks: int,
) -> FloatArray:
    """Return each measure today and under the plan, per simulated year: float64[measures, 2, replications].

    `indicators` and `flows` are tables of `zorgstroom.tables`, `weeks` the length of the measured period. NaN where
    nothing was observed, such as the wait for what a place does not give.
    """
    year = {number: index for index, number in enumerate(replications)}
    values = np.empty((len(measures), 2, len(year)))
    position: dict[tuple[str, ...], int] = {}
    for index, measure in enumerate(measures):
        known = CATALOGUE.get(measure.indicator)
        values[index] = 0.0 if known is None or known.empty_is_zero else np.nan
        position[(measure.indicator, *measure.place)] = index
    wanted = pa.array(sorted({measure.indicator for measure in measures}), pa.string())
    for row in indicators.filter(pc.is_in(indicators["indicator"], wanted)).to_pylist():
        found = position.get((row["indicator"], *(row[name] for name in _PLACE)))
        if found is not None and row["count"]:
            side = 0 if row["scenario"] == "baseline" else 1
            value = row["total"] / row["count"] / CATALOGUE[row["indicator"]].scale
            values[found, side, year[row["replication"]]] = value
    _set_moves(values, flows, position, year, weeks)
    return values


def _set_moves(
    values: FloatArray,
    flows: pa.Table,
    position: Mapping[tuple[str, ...], int],
    year: Mapping[int, int],
    weeks: int,
) -> None:
    """Set how many patients a year are treated elsewhere, and how many minutes further they travel."""
    moved = position.get((MOVED, *Measure(MOVED).place))
    extra = position.get((EXTRA, *Measure(EXTRA).place))
    if moved is None and extra is None:
        return
    patients, hundredths = np.zeros(len(year), np.int64), np.zeros(len(year), np.int64)
    rows = np.array([year[number] for number in flows["replication"].to_pylist()], dtype=np.int64)
    np.add.at(patients, rows, flows["patients"].to_numpy().astype(np.int64))
    np.add.at(hundredths, rows, flows["extra_travel_hundredths"].to_numpy().astype(np.int64))
    if moved is not None:
        values[moved, 1] = patients * (WEEKS_PER_YEAR / weeks)
    if extra is not None:
        values[extra, 1] = np.where(patients > 0, hundredths / np.maximum(patients, 1) / 100, np.nan)


def of_quantity(claim: Claim, values: FloatArray) -> FloatArray:
    """Return the numbers a claim is about of today's and the plan's: float64[2, n] gives float64[n]."""
    return np.asarray(values[1] - values[0] if claim.quantity == "difference" else values[1])


def by_chance(values: FloatArray) -> Estimate:
    """Return the mean over simulated years with its 95% interval; no interval below three."""
    mean, low, high = interval(values[np.isfinite(values)])
    return Estimate(mean=mean or 0.0, low=low, high=high)
