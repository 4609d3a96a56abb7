"""Little's law on every kind of queue: who waits at midnight by the engine's count, beside arrivals times time waited.

The two come from different parts of the engine's answer: the count from its lines and lists as they stand, the time
from the minutes in the journeys. A patient who is lost from one and not from the other shows here.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from zorgstroom.queueing.formulas import erlang_c
from zorgstroom_simulator.systems import (
    DAY,
    Exponential,
    Location,
    Lognormal,
    Planned,
    Poisson,
    System,
    Unplanned,
    simulate,
)
from zorgstroom_simulator.verification.theory.case import FloatArray, Quantity, TheoryCase, minutes

#: Whole weeks, since clinics and planners rest at weekends; the last days are for who came in the weeks before.
WARM_UP_DAYS, MEASURED_DAYS, FINISH_DAYS = 42, 399, 60
FIRST, LAST = WARM_UP_DAYS * DAY, (WARM_UP_DAYS + MEASURED_DAYS) * DAY
ALL_DAYS = WARM_UP_DAYS + MEASURED_DAYS + FINISH_DAYS
SOURCE = "Little (1961), Operations Research 9(3)"


def cases() -> list[TheoryCase]:
    """Return a line for a bed, and a clinic followed by a list for an operation."""
    return [beds_case(), clinic_and_list_case()]


def beds_case() -> TheoryCase:
    """Return M/M/c, of which the number waiting is known as well."""
    beds, load, stay = 6, 5.1, DAY / 2
    per_day = load * DAY / stay
    system = System({"A": Location(units={"ward": beds})}, when_full="wait")
    flows = {"acute": Unplanned(at="A", route=["ward"], stay=[Exponential(stay)], arrivals=Poisson(per_day))}

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        result = simulate(system, flows, days=ALL_DAYS, seed=seed, replication=replication, engine=engine)
        waiting = at_midnight(result.census, "line")
        wait = minutes(came_while_measured(result.journeys, "arrival"), "wait")
        by_little = float(wait.sum()) / (MEASURED_DAYS * DAY)
        return [waiting, waiting - by_little, at_midnight(result.census, "beds")]

    return TheoryCase(
        id="little",
        formula=f"L = lambda W; L = C a / (c - a), c = {beds}, a = {load:g}, s = {stay:g} min",
        source=SOURCE,
        quantities=(
            Quantity("waiting", "patients", erlang_c(beds, load) * load / (beds - load)),
            Quantity("waiting_minus_rate_times_wait", "patients", 0.0),
            Quantity("in_bed", "patients", load),
        ),
        observe=observe,
    )


def clinic_and_list_case() -> TheoryCase:
    """Return planned patients: a clinic that is 85% full, and then a planner with 83% of his minutes wanted.

    Not fuller: the queues forget their empty start in about 2 variance / drift^2 (of a working day), here two weeks;
    95% full it is fifteen, and then the end of the measured weeks is on average longer than their start.
    """
    referrals, slots, room, operation = 8.5, 10, 1000.0, 98.0
    system = System({"A": Location(rooms={"or": room}, clinics={"clinic": slots})}, working_days="weekdays")
    flows = {
        "planned": Planned(
            at="A",
            clinic="clinic",
            room="or",
            operation=Lognormal(operation, sd=0.6 * operation),
            arrivals=Poisson(referrals, working_days_only=True),
        )
    }

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        result = simulate(system, flows, days=ALL_DAYS, seed=seed, replication=replication, engine=engine)
        found = []
        for kind, begin, end in (("clinic", "arrival", "visit"), ("list", "listed", "start")):
            waited = came_while_measured(result.journeys, begin)
            nights = midnights(minutes(waited, begin), minutes(waited, end))
            found.append(at_midnight(result.census, kind) - float(nights.sum()) / MEASURED_DAYS)
        return found

    return TheoryCase(
        id="little_planned",
        formula=(
            f"L - lambda W = 0 at midnight, W in midnights, {referrals:g} a working day, {slots} slots, "
            f"{operation:g} of {room:g} min"
        ),
        source=SOURCE,
        quantities=(
            Quantity("clinic_minus_rate_times_wait", "patients", 0.0),
            Quantity("list_minus_rate_times_wait", "patients", 0.0),
        ),
        observe=observe,
    )


def at_midnight(census: pa.Table, kind: str) -> float:
    """Return the mean number over the measured midnights and one place of a kind."""
    mine = census.filter(pc.equal(census["kind"], kind))
    days = mine["day"].to_numpy()
    number = mine["number"].to_numpy()
    measured = (days >= WARM_UP_DAYS) & (days < WARM_UP_DAYS + MEASURED_DAYS)
    return float(number[measured].sum()) / MEASURED_DAYS


def came_while_measured(journeys: pa.Table, column: str) -> pa.Table:
    """Return the patients for whom a minute lies in the measured weeks."""
    when = journeys[column]
    return journeys.filter(
        pc.fill_null(pc.and_(pc.greater_equal(when, FIRST), pc.less(when, LAST)), fill_value=False)
    )


def midnights(begin: FloatArray, end: FloatArray) -> FloatArray:
    """Return how many midnights lie after each first minute and not after the last."""
    return np.asarray(end // DAY - begin // DAY, np.float64)
