"""Money: turnover that leaves and comes, fixed cost that stays behind year by year, transition and travel.

Turnover that moves is patients who are treated elsewhere x the price of their care. A hospital that loses more than it
gets keeps the fixed part of that cost; the part falls from the first year to the fifth. Arrays are
float64[replications], euros a year each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Dataset, FixedShare
from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.balance import yearly_changes
from zorgstroom.reporting.impact import Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.intervals import estimate
from zorgstroom.reporting.readings import Readings
from zorgstroom.reporting.staff import assumed_ends, times

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

FloatArray = npt.NDArray[np.float64]
#: Money is told in thousands.
THOUSAND = 1 / 1000
UNIT = "thousand_euros_per_year"
DAYS_A_YEAR = 365
#: Less than this in a year is not told in words.
SMALLEST_EURO = 500.0


# Pure: what moves, what stays


@dataclass(frozen=True)
class Turnover:
    """Turnover that leaves each location, and that comes to it."""

    leaves: Mapping[str, FloatArray]
    comes: Mapping[str, FloatArray]

    def lost(self, location: str) -> FloatArray:
        """Return what a location loses on balance; nothing where it gains."""
        leaves, comes = self.leaves.get(location), self.comes.get(location)
        if leaves is None:
            return np.zeros_like(comes)
        return leaves if comes is None else np.maximum(leaves - comes, 0.0)

    @property
    def locations(self) -> tuple[str, ...]:
        """Return every location that something leaves or comes to."""
        return tuple(dict.fromkeys([*self.leaves, *self.comes]))


def moved_turnover(
    moved: Mapping[tuple[str, ...], FloatArray],
    replaced: Mapping[tuple[str, str], FloatArray],
    price: Callable[[str], float],
) -> Turnover:
    """Return turnover from patients by (profile, from, to), and by (location, profile) of who is helped elsewhere.

    `price` is the euros of a patient of a profile.
    """
    leaves: dict[str, FloatArray] = {}
    comes: dict[str, FloatArray] = {}
    for (profile, sender, receiver), patients in moved.items():
        euros = patients * price(profile)
        leaves[sender] = leaves[sender] + euros if sender in leaves else euros
        comes[receiver] = comes[receiver] + euros if receiver in comes else euros
    for (location, profile), patients in replaced.items():
        euros = patients * price(profile)
        leaves[location] = leaves[location] + euros if location in leaves else euros
    return Turnover(leaves, comes)


def price_of_patient(dataset: Dataset) -> Callable[[str], float]:
    """Return what gives the price of a simulated patient of a profile: of all his sessions together."""

    def price(profile: str) -> float:
        found = dataset.profiles[dataset.profile_index[profile]]
        return found.cost_eur * (found.sessions_per_person if found.pathway == "sessions" else 1)

    return price


def moved_fte(
    changes: Mapping[tuple[str, str], FloatArray], net: Mapping[tuple[str, str], float], years: int
) -> FloatArray:
    """Return the FTE that care asks more where patients come; `net` are patients by (location, profile)."""
    growing = (change for place, change in changes.items() if net.get(place, 0.0) > 0)
    return np.maximum(sum(growing, np.zeros(years)), 0.0)


def moved_beds(bed_days: Mapping[tuple[str, ...], FloatArray], occupied: float, years: int) -> FloatArray:
    """Return the beds that come at locations that gain days in bed, by (from, to), when `occupied` part is in use."""
    gained: dict[str, FloatArray] = defaultdict(lambda: np.zeros(years))
    for (sender, receiver), days in bed_days.items():
        gained[sender] = gained[sender] - days
        gained[receiver] = gained[receiver] + days
    total = sum((np.maximum(days, 0.0) for days in gained.values()), np.zeros(years))
    return np.asarray(total / DAYS_A_YEAR / occupied)


# As sections of the report


def contribute(sources: Sources) -> Sequence[Section]:
    """Return money by hospital, what stays by year, and transition and travel."""
    dataset, years = sources.dataset, sources.identity.replications
    moved = sources.moves.yearly("patients", ("profile", "from_location", "to_location"))
    replaced = yearly_changes(sources.tables["indicators"], "replaced", years)
    turnover = moved_turnover(moved, replaced, price_of_patient(dataset))
    lost = sum((turnover.lost(location) for location in turnover.locations), np.zeros(years))
    once = _once(sources, moved)
    shares = dataset.fixed_shares
    return (
        _by_hospital(sources, turnover, lost),
        _by_year(lost, shares) if lost.any() else _section("finance_years", [], [], "flows"),
        _section("finance_once", _ONCE_COLUMNS, once, "flows", ["prices"], _once_sources(dataset)),
    )


def _by_hospital(sources: Sources, turnover: Turnover, lost: FloatArray) -> Section:
    years, shares = sources.identity.replications, sources.dataset.fixed_shares
    nothing = np.zeros(years)
    columns = [
        SectionColumn(id="location"),
        *(
            SectionColumn(id=name, kind=kind, unit=UNIT)
            for name, kind in (
                ("turnover_baseline", "spread"),
                ("turnover_plan", "spread"),
                ("turnover_difference", "difference"),
                ("turnover_leaves", "spread"),
                ("turnover_comes", "spread"),
                ("stranded_first", "spread"),
                ("stranded_last", "spread"),
                ("reference_difference", "difference"),
            )
        ),
    ]
    rows = []
    for location in ("", *sources.touched):
        found = sources.readings.at("turnover", location=location)
        cost = sources.readings.at("reference_cost", location=location)
        if found is None:
            continue
        if location:
            leaves, comes = turnover.leaves.get(location, nothing), turnover.comes.get(location, nothing)
            kept = turnover.lost(location) if location in turnover.locations else nothing
        else:
            leaves, comes = (sum(side.values(), nothing) for side in (turnover.leaves, turnover.comes))
            kept = lost
        values = [
            found.baseline,
            found.plan,
            found.difference,
            *(estimate(part.tolist()) for part in (leaves, comes)),
            *(estimate((kept * share.share).tolist()) for share in (shares[0], shares[-1])),
        ]
        row: list[SectionCell] = [location or TextRef(key="staff.all_locations")]
        row += [times(value, THOUSAND) for value in values]
        rows.append([*row, None if cost is None else times(cost.difference, THOUSAND)])
    said = _sentences(sources, turnover, lost) if rows else []
    section = _section("finance", columns, rows, "comparison", ["profile_figures.cost_eur"])
    return section.model_copy(update={"sentences": said})


def _by_year(lost: FloatArray, shares: Sequence[FixedShare]) -> Section:
    columns = [
        SectionColumn(id="cost_year", kind="number"),
        SectionColumn(id="fixed_share", kind="number", share=True),
        SectionColumn(id="stranded", kind="spread", unit=UNIT),
        SectionColumn(id="assumed_lowest", kind="number", unit=UNIT),
        SectionColumn(id="assumed_highest", kind="number", unit=UNIT),
        SectionColumn(id="variable", kind="spread", unit=UNIT),
    ]
    mean = float(lost.mean()) * THOUSAND
    rows: list[list[SectionCell]] = [
        [
            float(item.year),
            item.share,
            times(estimate((lost * item.share).tolist()), THOUSAND),
            mean * item.lowest,
            mean * item.highest,
            times(estimate((lost * (1 - item.share)).tolist()), THOUSAND),
        ]
        for item in shares
    ]
    return _section("finance_years", columns, rows, "flows", ["cost_behaviour"])


_ONCE_COLUMNS = [
    SectionColumn(id="money_item"),
    SectionColumn(id="units_moved", kind="spread", decimals=1),
    SectionColumn(id="price", kind="number"),
    SectionColumn(id="price_year"),
    SectionColumn(id="amount", kind="difference", unit="thousand_euros"),
    SectionColumn(id="assumed_lowest", kind="number", unit="thousand_euros"),
    SectionColumn(id="assumed_highest", kind="number", unit="thousand_euros"),
]


def _once(sources: Sources, moved: Mapping[tuple[str, ...], FloatArray]) -> list[list[SectionCell]]:
    """Return what is paid once for staff and beds that move, and what patients pay more to travel every year."""
    dataset, years = sources.dataset, sources.identity.replications
    net: dict[tuple[str, str], float] = defaultdict(float)
    for (profile, sender, receiver), patients in moved.items():
        net[sender, profile] -= float(patients.mean())
        net[receiver, profile] += float(patients.mean())
    fte = moved_fte(yearly_changes(sources.tables["indicators"], "staff_fte", years), net, years)
    bed_days = sources.moves.yearly("bed_days", ("from_location", "to_location"))
    beds = moved_beds(bed_days, dataset.parameter("ward_target_load"), years)
    rows: list[list[SectionCell]] = []
    for name, units in (("transition_fte", fte), ("transition_bed", beds)):
        price = dataset.prices[name]
        if units.any():
            amount = times(estimate((units * price.value).tolist()), THOUSAND)
            rows.append(
                [
                    TextRef(key=f"finance.item.{name}"),
                    estimate(units.tolist()),
                    price.value,
                    price.year,
                    amount,
                    *assumed_ends(amount.mean, price.confidence),
                ]
            )
    travel = sources.readings.at("travel_cost")
    if travel is not None and abs(travel.difference.mean) >= SMALLEST_EURO:
        amount, price = times(travel.difference, THOUSAND), dataset.prices["car_km"]
        item: list[SectionCell] = [TextRef(key="finance.item.travel"), None, None, price.year, amount]
        rows.append([*item, *assumed_ends(amount.mean, price.confidence)])
    return rows


def _sentences(sources: Sources, turnover: Turnover, lost: FloatArray) -> list[TextRef]:
    total = sum(float(part.mean()) for part in turnover.leaves.values())
    if total < SMALLEST_EURO:
        return [TextRef(key="finance.sentence.none")]
    shares = sources.dataset.fixed_shares
    first, last, mean = shares[0], shares[-1], float(lost.mean())
    told = {
        "first": _rounded(mean * first.share),
        "last": _rounded(mean * last.share),
        "first_low": _rounded(mean * first.lowest),
        "first_high": _rounded(mean * first.highest),
        "last_low": _rounded(mean * last.lowest),
        "last_high": _rounded(mean * last.highest),
        "turnover": _rounded(total),
    }
    used = {
        "stranded": ("turnover", "first", "last"),
        "range": ("first_low", "first_high", "last_low", "last_high"),
    }
    lines = [
        TextRef(key=f"finance.sentence.{name}", params={part: told[part] for part in parts})
        for name, parts in used.items()
    ]
    return [*lines, *_of_travel(sources.readings)]


def _of_travel(readings: Readings) -> list[TextRef]:
    travel = readings.at("travel_cost")
    if travel is None or abs(travel.difference.mean) < SMALLEST_EURO:
        return []
    key = "finance.sentence.travel_more" if travel.difference.mean > 0 else "finance.sentence.travel_less"
    return [TextRef(key=key, params={"amount": _rounded(abs(travel.difference.mean))})]


def _rounded(euros: float) -> dict[str, float]:
    """Return an amount to two figures: more would promise what the prices do not hold.

    >>> _rounded(123_456.0), _rounded(0.0)
    ({'n': 120000.0}, {'n': 0.0})
    """
    return {"n": float(f"{euros:.2g}")}


def _section(
    identifier: str,
    columns: list[SectionColumn],
    rows: list[list[SectionCell]],
    table: str,
    kinds: Sequence[str] = (),
    sources: Sequence[str] = (),
) -> Section:
    """Return a section about money; `kinds` are the beginnings of the kinds of assumptions it rests on."""
    known = numbers()
    return Section(
        id=identifier,
        criterion="real_estate",
        columns=columns,
        rows=rows,
        table=table,
        assumptions=[number for kind, number in known.items() if kind.startswith(tuple(kinds))],
        sources=list(sources),
    )


def _once_sources(dataset: Dataset) -> list[str]:
    return sorted({price.source for price in dataset.prices.values()})
