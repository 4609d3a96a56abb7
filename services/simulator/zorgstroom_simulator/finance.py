"""Money from what locations did and how far patients come: whole cents, and tenths of cents of travel."""

from __future__ import annotations

import numpy as np

from zorgstroom.dataset.model import Dataset, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom_simulator.activity import Activity
from zorgstroom_simulator.environment import CarTravel
from zorgstroom_simulator.rows import Rows, Sums
from zorgstroom_simulator.scope import Scope

CENTS = 100
#: Parts of a euro that travel is counted in.
MILLS = 1000


def add_finance(rows: Rows, scope: Scope, activity: Activity) -> None:
    """Add turnover, and the cost of activity at reference prices, of the region's locations."""
    weeks, here = scope.calendar.weeks, scope.locations[:, None]
    turnover = activity.care * _cents_of_care(scope.dataset) * here * 52
    rows.margins_of("turnover", Sums(("location", "profile"), turnover, weeks, turnover))
    cost = reference_cents(scope.dataset, activity) * here * 52
    sums = Sums(("location", "profile"), cost, weeks, cost)
    for kept in ((), ("location",), ("profile",)):
        rows.part_of("reference_cost", sums, kept)


def _cents_of_care(dataset: Dataset) -> Int64Array:
    """Return the price of a patient, session or visit of each profile in cents: int64[P]."""
    return np.array([round(profile.cost_eur * CENTS) for profile in dataset.profiles], np.int64)


def reference_cents(dataset: Dataset, activity: Activity) -> Int64Array:
    """Return the cost of what was done at reference prices, in cents: int64[L, P].

    Nursing days, IC days, day treatments, visits, emergency visits and minutes of surgery; nothing else has a price.
    """
    priced: tuple[tuple[Int64Array, str, int], ...] = (
        (activity.nursing_minutes, "nursing_day", MINUTES_PER_DAY),
        (activity.ic_minutes, "ic_day", MINUTES_PER_DAY),
        (activity.day_treatments, "day_treatment", 1),
        (activity.visits_permille, "visit", 1000),
        (activity.ed_visits_permille, "ed_visit", 1000),
        (activity.or_minutes, "or_minute", 1),
    )
    total = np.zeros(activity.care.shape, np.int64)
    for amount, price, unit in priced:
        total += amount * round(dataset.prices[price].value * CENTS) // unit
    return total


def add_travel_cost(rows: Rows, scope: Scope, travel: CarTravel) -> None:
    """Add what the region's inhabitants pay a year to come by car and park, there and back."""
    dataset = scope.dataset
    per_km, parking = (round(dataset.prices[name].value * MILLS) for name in ("car_km", "parking"))
    trip = 2 * travel.hectometres * per_km // 10 + parking
    paid = rows.sums(
        trip * travel.trips, scope.calendar.weeks * 1000, {"profile": travel.profile, "area": travel.area}
    )
    for by in ((), ("profile",), ("area",)):
        rows.part_of("travel_cost", paid.times(52), by)
