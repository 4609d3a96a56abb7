"""What a plan costs once, and what patients pay more to travel.

Without an amount of its own, an action that moves patients is reckoned with assumed amounts per FTE and per bed that
come where patients come. Arrays are float64[replications].
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Price
from zorgstroom.domain.scenario import MovingCapacity
from zorgstroom.reporting.assumptions import numbers
from zorgstroom.reporting.balance import Transfer, yearly_changes
from zorgstroom.reporting.finance import (
    SMALLEST_EURO,
    THOUSAND,
    on_balance,
    places_in_region,
    rounded,
    turnover_by_year,
)
from zorgstroom.reporting.impact import Estimate, Section, SectionCell, SectionColumn, TextRef
from zorgstroom.reporting.intervals import count
from zorgstroom.reporting.readings import Readings
from zorgstroom.reporting.staff import assumed_ends, times

if TYPE_CHECKING:
    from zorgstroom.reporting.sections import Sources

FloatArray = npt.NDArray[np.float64]
DAYS_A_YEAR = 365
#: Prices and key figures that the section rests on, by the start of their kind.
_RESTS_ON = ("prices.transition_", "prices.car_km", "prices.parking", "staffing.")
_COLUMNS = (
    SectionColumn(id="money_item"),
    SectionColumn(id="units_moved", kind="spread", decimals=1),
    SectionColumn(id="price", kind="number"),
    SectionColumn(id="price_year"),
    SectionColumn(id="amount", kind="difference", unit="thousand_euros"),
    SectionColumn(id="assumed_lowest", kind="number", unit="thousand_euros"),
    SectionColumn(id="assumed_highest", kind="number", unit="thousand_euros"),
)


# Pure: what moves


def moved_fte(
    changes: Mapping[tuple[str, str], FloatArray], net: Mapping[tuple[str, str], float], years: int
) -> FloatArray:
    """Return the FTE that care asks more where patients come; `net` are patients by (location, profile)."""
    growing = (change for place, change in changes.items() if net.get(place, 0.0) > 0)
    return on_balance(sum(growing, np.zeros(years)))


def moved_beds(
    bed_days: Mapping[tuple[str, str], FloatArray], places: Collection[str], occupied: float, years: int
) -> FloatArray:
    """Return the beds that come at those of `places` that gain days in bed, when `occupied` part of beds is in use.

    `bed_days` are a year, by (from, to).
    """
    gained: dict[str, FloatArray] = defaultdict(lambda: np.zeros(years))
    for (sender, receiver), days in bed_days.items():
        gained[sender] = gained[sender] - days
        gained[receiver] = gained[receiver] + days
    total = sum((on_balance(days) for place, days in gained.items() if place in places), np.zeros(years))
    return np.asarray(total / DAYS_A_YEAR / occupied)


def once_all_moves(gained: Sequence[float]) -> float:
    """Return how many times its mean over all years something is in the years in which most of it has moved.

    What is paid once follows what moves in the end, not the mean with the years before.

    >>> once_all_moves([0.0, 0.0, 40.0, 38.0, 42.0]), once_all_moves([])
    (1.6666666666666667, 1.0)
    """
    most = max(gained, default=0.0)
    mean = sum(gained) / len(gained) if gained else 0.0
    moved = [amount for amount in gained if amount >= most / 2]
    return sum(moved) / len(moved) / mean if most > 0 and mean > 0 else 1.0


# As a section of the report


def contribute(sources: Sources) -> Sequence[Section]:
    """Return what is paid once, and what patients pay more to travel every year."""
    own, default = _own(sources), _default(sources)
    rows = [*own, *default, *_travel(sources.readings, sources.dataset.prices["car_km"])]
    known = numbers()
    return (
        Section(
            id="finance_once",
            criterion="real_estate",
            columns=list(_COLUMNS),
            rows=rows,
            sentences=[*_told(own, default), *_of_travel(sources.readings)],
            table="flows",
            assumptions=[number for kind, number in known.items() if kind.startswith(_RESTS_ON)],
            sources=sorted({sources.dataset.prices[name].source for name in ("transition_fte", "car_km")}),
        ),
    )


def _given(sources: Sources) -> dict[int, float]:
    """Return what actions cost once by the plan itself, by position."""
    return {
        position: item.action.transition_cost
        for position, item in enumerate(sources.scenario.actions)
        if isinstance(item.action, MovingCapacity) and item.action.transition_cost is not None
    }


def _own(sources: Sources) -> list[list[SectionCell]]:
    """Return a row per action with an amount of its own."""
    return [
        [
            TextRef(key="finance.item.own", params={"n": {"n": position + 1}}),
            None,
            None,
            None,
            # Chance has no part in it.
            Estimate(mean=euros * THOUSAND, low=euros * THOUSAND, high=euros * THOUSAND),
            None,
            None,
        ]
        for position, euros in _given(sources).items()
    ]


def _paid_for(sources: Sources) -> Callable[[Transfer], bool]:
    """Return what tells whether all actions that move patients so have an amount of their own."""
    given, dataset = _given(sources), sources.dataset
    moves = [move for move in sources.plan.moves if not move.returns]

    def paid(transfer: Transfer) -> bool:
        if not given:
            return False
        profile = dataset.profile_index[transfer[0]]
        row, column = (dataset.location_index[place] for place in transfer[1:])
        by = {
            move.action
            for move in moves
            if move.profile == profile and move.leaving[row] and move.receivers[column]
        }
        return bool(by) and by <= given.keys()

    return paid


def _default(sources: Sources) -> list[list[SectionCell]]:
    """Return the rows of staff and beds that move by actions without an amount of their own."""
    dataset, years, paid = sources.dataset, sources.identity.replications, _paid_for(sources)
    here = places_in_region(sources)
    by = ("profile", "from_location", "to_location")
    net: dict[tuple[str, str], float] = defaultdict(float)
    for (profile, sender, receiver), patients in sources.moves.yearly("patients", by).items():
        if not paid((profile, sender, receiver)):
            net[sender, profile] -= float(patients.mean())
            net[receiver, profile] += float(patients.mean())
    times_mean = _times_mean(sources, net)
    changes = {
        (place, profile): change * times_mean[profile]
        for (place, profile), change in yearly_changes(
            sources.tables["indicators"], "staff_fte", years
        ).items()
        if (place, profile) in net
    }
    bed_days: dict[tuple[str, str], FloatArray] = defaultdict(lambda: np.zeros(years))
    for (profile, sender, receiver), days in sources.moves.yearly("bed_days", by).items():
        if not paid((profile, sender, receiver)):
            between = (sender, receiver)
            bed_days[between] = bed_days[between] + days * times_mean[profile]
    units = {
        "transition_fte": moved_fte(changes, net, years),
        "transition_bed": moved_beds(bed_days, here, dataset.parameter("ward_target_load"), years),
    }
    rows: list[list[SectionCell]] = []
    for name, number in units.items():
        if number.any():
            price = dataset.prices[name]
            amount = times(count((number * price.value).tolist()), THOUSAND)
            ends = assumed_ends(amount.mean, price.confidence)
            what = TextRef(key=f"finance.item.{name}")
            rows.append([what, count(number.tolist()), price.value, price.year, amount, *ends])
    return rows


def _times_mean(sources: Sources, net: Mapping[tuple[str, str], float]) -> Mapping[str, float]:
    """Return per profile `once_all_moves` of the turnover that comes where patients come, year by year."""
    found: dict[str, list[float]] = {}
    by_year = turnover_by_year(sources)
    for number, of_year in enumerate(by_year):
        for (place, profile), change in of_year.items():
            if net.get((place, profile), 0.0) > 0:
                gained = found.setdefault(profile, [0.0] * len(by_year))
                gained[number] += float(change.mean())
    each: dict[str, float] = defaultdict(lambda: 1.0)
    return each | {profile: once_all_moves(gained) for profile, gained in found.items()}


def _travel(readings: Readings, price: Price) -> list[list[SectionCell]]:
    """Return the row of what patients pay more a year to travel."""
    travel = readings.at("travel_cost")
    if travel is None or abs(travel.difference.mean) < SMALLEST_EURO:
        return []
    amount = times(travel.difference, THOUSAND)
    what = TextRef(key="finance.item.travel")
    return [[what, None, None, price.year, amount, *assumed_ends(amount.mean, price.confidence)]]


def _told(own: Sequence[Sequence[SectionCell]], default: Sequence[Sequence[SectionCell]]) -> list[TextRef]:
    """Say what the transition costs once, and whose amounts these are."""
    sums = [
        sum(cell.mean for row in rows for cell in row[4:5] if isinstance(cell, Estimate)) / THOUSAND
        for rows in (own, default)
    ]
    found = []
    if own:
        found.append(TextRef(key="finance.sentence.once_own", params={"amount": rounded(sums[0])}))
    if sums[1] >= SMALLEST_EURO:
        key = "finance.sentence.once_rest" if own else "finance.sentence.once"
        found.append(TextRef(key=key, params={"amount": rounded(sums[1])}))
    return found


def _of_travel(readings: Readings) -> list[TextRef]:
    travel = readings.at("travel_cost")
    if travel is None or abs(travel.difference.mean) < SMALLEST_EURO:
        return []
    change = travel.difference
    if change.low is not None and change.high is not None and change.low <= 0 <= change.high:
        return [TextRef(key="finance.sentence.travel_unclear")]
    key = "finance.sentence.travel_more" if change.mean > 0 else "finance.sentence.travel_less"
    return [TextRef(key=key, params={"amount": rounded(abs(change.mean))})]
