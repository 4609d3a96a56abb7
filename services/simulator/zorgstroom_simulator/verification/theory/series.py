"""Two units after each other: with room to wait between them, and with a first bed that stays occupied."""

from __future__ import annotations

import numpy as np

from zorgstroom.queueing.formulas import erlang_c, mean_waits_in_series
from zorgstroom.queueing.markov import blocked_link
from zorgstroom_simulator.systems import DAY, Exponential, Location, Poisson, System, Unplanned, run
from zorgstroom_simulator.verification.theory.case import (
    FloatArray,
    Quantity,
    TheoryCase,
    counted,
    minutes,
    run_days,
    share,
)


def cases() -> list[TheoryCase]:
    """Return the cases of two units."""
    return [tandem(), blocking()]


def tandem() -> TheoryCase:
    """Return two M/M/c stations in series, each as if alone, and both full at once."""
    beds, loads, stays = (2, 4), (1.5, 3.2), (0.2 * DAY, 0.2 * DAY * 3.2 / 1.5)
    per_day = loads[0] * DAY / stays[0]
    warm_up, measured, finish = 40, 500, 30
    system = System(
        {"A": Location(units={"ic": beds[0], "ward": beds[1]})}, when_full="wait", next_unit_full="wait"
    )
    flows = {
        "acute": Unplanned(
            at="A",
            route=["ic", "ward"],
            stay=[Exponential(stay) for stay in stays],
            arrivals=Poisson(per_day),
        )
    }
    skip, count = round(warm_up * per_day), round(measured * per_day)
    days = run_days(skip + count, per_day, then=finish)
    first, last = warm_up * DAY, (warm_up + measured) * DAY

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        journeys = run(system, flows, days=days, seed=seed, replication=replication, engine=engine)
        mine = counted(journeys, "acute", skip, count)
        second_wait = minutes(mine, "last_start") - minutes(mine, "first_end")
        after_run = days * DAY
        arrival, between, end = (
            journeys[name].fill_null(after_run).to_numpy() for name in ("arrival", "first_end", "end")
        )
        both = time_both_full(arrival, between, end, beds, first, last)
        return [float(minutes(mine, "wait").mean()), float(second_wait.mean()), both]

    waits = mean_waits_in_series(beds, loads, stays)
    return TheoryCase(
        id="tandem",
        formula=(
            "each unit is an M/M/c of its own: W_i = C(c_i, a_i) s_i / (c_i - a_i); "
            "P(n_1 >= c_1 and n_2 >= c_2) = C(c_1, a_1) C(c_2, a_2), "
            f"c = {beds[0]} and {beds[1]}, a = {loads[0]:g} and {loads[1]:g}, "
            f"s = {stays[0]:g} and {stays[1]:g} min"
        ),
        source="Burke (1956), Operations Research 4(6); Jackson (1957), Operations Research 5(4)",
        quantities=(
            Quantity("wait_first", "minutes", waits[0]),
            Quantity("wait_second", "minutes", waits[1]),
            Quantity("both_full", "share", erlang_c(beds[0], loads[0]) * erlang_c(beds[1], loads[1])),
        ),
        observe=observe,
    )


def time_both_full(
    arrival: FloatArray,
    between: FloatArray,
    end: FloatArray,
    beds: tuple[int, int],
    first: int,
    last: int,
) -> float:
    """Return the part of the time between two minutes in which there are patients for all beds of both units.

    Each patient is at the first unit (waiting or in bed) from `arrival` to `between`, at the second until `end`.
    """
    n = len(arrival)
    when = np.concatenate([arrival, between, end])
    step_first = np.concatenate([np.ones(n), -np.ones(n), np.zeros(n)])
    step_second = np.concatenate([np.zeros(n), np.ones(n), -np.ones(n)])
    order = np.argsort(when, kind="stable")
    full = (np.cumsum(step_first[order]) >= beds[0]) & (np.cumsum(step_second[order]) >= beds[1])
    edges = np.clip(np.append(when[order], last), first, last)
    return float(np.diff(edges)[full].sum()) / (last - first)


def blocking() -> TheoryCase:
    """Return an operating theatre whose patients stay there while the intensive care is full."""
    rooms, beds, per_day, operation, care = 4, 6, 9.0, 0.25 * DAY, 0.6 * DAY
    skip, count = 300, 4_000
    system = System(
        {"A": Location(units={"theatre": rooms, "ic": beds})}, when_full="lose", next_unit_full="block"
    )
    flows = {
        "acute": Unplanned(
            at="A",
            route=["theatre", "ic"],
            stay=[Exponential(operation), Exponential(care)],
            arrivals=Poisson(per_day),
        )
    }
    days = run_days(skip + count, per_day, then=20)

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        journeys = run(system, flows, days=days, seed=seed, replication=replication, engine=engine)
        mine = counted(journeys, "acute", skip, count)
        treated = mine.filter(mine["start"].is_valid())
        kept = minutes(treated, "first_end") - minutes(treated, "start") - minutes(treated, "stay_first")
        # Over everybody counted, not over the changing number admitted: see `counted`.
        return [share(mine, "state", "lost"), float((kept > 0).sum()) / count, float(kept.sum()) / count]

    link = blocked_link(rooms, beds, per_day, operation / DAY, care / DAY)
    return TheoryCase(
        id="blocking",
        formula=(
            "exact solution of the chain (in operation, in intensive care, blocked): pi Q = 0, "
            f"{rooms} rooms, {beds} beds, {per_day:g} a day, {operation:g} and {care:g} min"
        ),
        source=(
            "OT-ICU link: Van Dijk & Kortbeek (2009), Queueing Systems 63; "
            "blocking after service: Avi-Itzhak & Yadin (1965), Management Science 11(5)"
        ),
        quantities=(
            Quantity("lost", "share", link.lost),
            Quantity("blocked", "share", link.blocked * (1 - link.lost)),
            Quantity("blocked_time", "minutes", link.mean_blocked_time * (1 - link.lost) * DAY),
        ),
        observe=observe,
    )
