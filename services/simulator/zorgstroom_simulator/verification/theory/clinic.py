"""A clinic that sees its patients once a day, against the exact steady state of its queue."""

from __future__ import annotations

import numpy as np

from zorgstroom.queueing.batch import daily_clinic
from zorgstroom_simulator.systems import DAY, HOUR, Location, Poisson, System, Visits, run
from zorgstroom_simulator.verification.theory.case import Quantity, TheoryCase, counted, minutes, run_days

OPENS = 8
#: After so many patients the next may come on any day of the week alike: a number of patients is as fair as weeks.
SKIP, COUNT = 600, 4_000


def cases() -> list[TheoryCase]:
    """Return a clinic every day and one on working days only."""
    return [_case("clinic_daily", 8.8, 10, weekdays=False), _case("clinic_weekdays", 4.4, 5, weekdays=True)]


def _case(case: str, referrals: float, slots: int, *, weekdays: bool) -> TheoryCase:
    system = System(
        {"A": Location(clinics={"clinic": slots})}, working_days="weekdays" if weekdays else "all"
    )
    arrivals = Poisson(referrals, working_days_only=weekdays)
    flows = {"referred": Visits(at="A", clinic="clinic", arrivals=arrivals)}
    week = 5 / 7 if weekdays else 1.0
    days = run_days(SKIP + COUNT, referrals * week, then=60)

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        journeys = run(system, flows, days=days, seed=seed, replication=replication, engine=engine)
        mine = counted(journeys, "referred", SKIP, COUNT)
        wait = minutes(mine, "wait")
        first = first_opening(minutes(mine, "arrival"), weekdays=weekdays)
        return [float(wait.mean()), float((minutes(mine, "visit") == first).mean())]

    per_day = [referrals] * 5 + [0.0 if weekdays else referrals] * 2
    places = [slots] * 5 + [0 if weekdays else slots] * 2
    expected = daily_clinic(per_day, places, OPENS)
    return TheoryCase(
        id=case,
        formula=(
            "left after a clinic L' = max(L + A - c, 0), A Poisson(m); W by L = lambda W, "
            f"c = {slots}, m = {referrals:g} a {'working ' if weekdays else ''}day"
        ),
        source="Bailey (1954), J. Royal Statistical Society B 16(1); Little (1961), Operations Research 9(3)",
        quantities=(
            Quantity("wait", "minutes", expected.mean_wait_days * DAY),
            Quantity("seen_at_first", "share", expected.seen_at_first),
        ),
        observe=observe,
    )


def first_opening(arrival: np.ndarray, *, weekdays: bool) -> np.ndarray:
    """Return the minute of the first clinic after each arrival; who comes at its very minute is too late."""
    day = (arrival // DAY + (arrival % DAY >= OPENS * HOUR)).astype(np.int64)
    if weekdays:
        day += np.where(day % 7 >= 5, 7 - day % 7, 0)
    return day * DAY + OPENS * HOUR
