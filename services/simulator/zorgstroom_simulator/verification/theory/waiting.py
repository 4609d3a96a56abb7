"""Patients who wait for a bed, first come first served or by urgency; nobody is sent away."""

from __future__ import annotations

from zorgstroom.queueing.formulas import (
    cobham,
    cobham_mmc,
    erlang_c,
    mean_wait_mmc,
    pollaczek_khinchine,
    wait_tail_mmc,
)
from zorgstroom_simulator.systems import (
    DAY,
    Constant,
    Exponential,
    Location,
    Lognormal,
    Poisson,
    System,
    Unplanned,
    run,
)
from zorgstroom_simulator.systems.durations import Duration
from zorgstroom_simulator.verification.theory.case import Quantity, TheoryCase, counted, minutes, run_days

#: Days after the last counted patient, for the longest line there may be.
FINISH_DAYS = 30


def cases() -> list[TheoryCase]:
    """Return the cases with a line."""
    return [erlang_c_case(), *one_bed_cases(), urgency_one_bed(), urgency_several_beds()]


def erlang_c_case() -> TheoryCase:
    """Return M/M/c with the tail of its waits."""
    beds, load, stay, longer = 5, 4.0, DAY / 2, DAY / 2
    per_day = load * DAY / stay
    skip, count = 400, 4_000
    system = System({"A": Location(units={"ward": beds})}, when_full="wait")
    flows = {"acute": Unplanned(at="A", route=["ward"], stay=[Exponential(stay)], arrivals=Poisson(per_day))}
    days = run_days(skip + count, per_day, then=FINISH_DAYS)

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        journeys = run(system, flows, days=days, seed=seed, replication=replication, engine=engine)
        wait = minutes(counted(journeys, "acute", skip, count), "wait")
        return [float((wait > 0).mean()), float(wait.mean()), float((wait > longer).mean())]

    return TheoryCase(
        id="erlang_c",
        formula=(
            "C = B / (1 - (a/c)(1 - B)), W = C s / (c - a), P(W > t) = C exp(-(c - a) t / s), "
            f"c = {beds}, a = {load:g}, s = {stay:g} min, t = {longer:g} min"
        ),
        source="Erlang (1917), Elektroteknikeren 13; Kleinrock (1975), Queueing Systems I, section 3.5",
        quantities=(
            Quantity("waited", "share", erlang_c(beds, load)),
            Quantity("wait", "minutes", mean_wait_mmc(beds, load, stay)),
            Quantity("waited_long", "share", wait_tail_mmc(beds, load, stay, longer)),
        ),
        observe=observe,
    )


def one_bed_cases() -> list[TheoryCase]:
    """Return M/G/1 for three distributions of the stay with one mean."""
    stay, load = 240.0, 0.7
    made = []
    stays: dict[str, tuple[Duration, float]] = {
        "constant": (Constant(stay), 0.0),
        "exponential": (Exponential(stay), stay),
        "lognormal": (Lognormal(stay, sd=1.2 * stay), 1.2 * stay),
    }
    for shape, (duration, sd) in stays.items():
        made.append(_one_bed(shape, duration, stay, sd, load))
    return made


def _one_bed(shape: str, duration: Duration, stay: float, sd: float, load: float) -> TheoryCase:
    rate = load / stay
    skip, count = 200, 3_000
    system = System({"A": Location(units={"bed": 1})}, when_full="wait")
    flows = {"acute": Unplanned(at="A", route=["bed"], stay=[duration], arrivals=Poisson(rate * DAY))}
    days = run_days(skip + count, rate * DAY, then=FINISH_DAYS)

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        journeys = run(system, flows, days=days, seed=seed, replication=replication, engine=engine)
        wait = minutes(counted(journeys, "acute", skip, count), "wait")
        return [float((wait > 0).mean()), float(wait.mean())]

    return TheoryCase(
        id=f"one_bed_{shape}",
        formula=(
            "W = lambda (s^2 + sd^2) / (2 (1 - rho)), P(W > 0) = rho = lambda s, "
            f"rho = {load:g}, s = {stay:g} min, sd = {sd:g} min"
        ),
        source="Pollaczek (1930), Mathematische Zeitschrift 32; Khintchine (1932), Mat. Sbornik 39",
        quantities=(
            Quantity("waited", "share", load),
            Quantity("wait", "minutes", pollaczek_khinchine(rate, stay, sd)),
        ),
        observe=observe,
    )


def urgency_one_bed() -> TheoryCase:
    """Return two urgency classes with stays of their own at one bed."""
    stays, sds, loads = (120.0, 300.0), (120.0, 0.0), (0.3, 0.45)
    rates = [load / stay for load, stay in zip(loads, stays, strict=True)]
    system = System({"A": Location(units={"bed": 1})}, when_full="wait")
    flows = {
        "urgent": Unplanned(
            at="A",
            route=["bed"],
            stay=[Exponential(stays[0])],
            arrivals=Poisson(rates[0] * DAY),
            urgent=True,
        ),
        "other": Unplanned(
            at="A", route=["bed"], stay=[Constant(stays[1])], arrivals=Poisson(rates[1] * DAY)
        ),
    }
    waits = cobham(rates, stays, sds)
    return _urgency(
        "urgency_one_bed",
        system,
        flows,
        [rate * DAY for rate in rates],
        waits,
        "W_0 = sum of lambda_i E[S_i^2] / 2, W_1 = W_0 / (1 - r_1), W_2 = W_0 / ((1 - r_1)(1 - r_1 - r_2)), "
        f"r = {loads[0]:g} and {loads[1]:g}, s = {stays[0]:g} min (exponential) and {stays[1]:g} min (constant)",
    )


def urgency_several_beds() -> TheoryCase:
    """Return two urgency classes with one exponential stay at several beds."""
    beds, stay, loads = 4, DAY / 3, (1.2, 2.1)
    per_day = [load * DAY / stay for load in loads]
    system = System({"A": Location(units={"ward": beds})}, when_full="wait")
    flows = {
        name: Unplanned(
            at="A", route=["ward"], stay=[Exponential(stay)], arrivals=Poisson(rate), urgent=name == "urgent"
        )
        for name, rate in zip(("urgent", "other"), per_day, strict=True)
    }
    return _urgency(
        "urgency_several_beds",
        system,
        flows,
        per_day,
        cobham_mmc(beds, loads, stay),
        "W_0 = C(c, a) s / c, W_1 = W_0 / (1 - r_1), W_2 = W_0 / ((1 - r_1)(1 - r_1 - r_2)), "
        f"c = {beds}, a = {loads[0]:g} and {loads[1]:g}, r = a / c, s = {stay:g} min",
    )


def _urgency(
    case: str,
    system: System,
    flows: dict[str, Unplanned],
    per_day: list[float],
    waits: list[float],
    formula: str,
) -> TheoryCase:
    """Return a case of two classes; as many of each are counted as come in the same days on average."""
    skip_days, count_days = 50, 600
    numbers = {
        name: (round(rate * skip_days), round(rate * count_days))
        for name, rate in zip(flows, per_day, strict=True)
    }
    days = max(
        run_days(sum(number), rate, then=FINISH_DAYS)
        for number, rate in zip(numbers.values(), per_day, strict=True)
    )

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        journeys = run(system, flows, days=days, seed=seed, replication=replication, engine=engine)
        return [
            float(minutes(counted(journeys, name, *number), "wait").mean())
            for name, number in numbers.items()
        ]

    return TheoryCase(
        id=case,
        formula=formula,
        source="Cobham (1954), Operations Research 2(1)",
        quantities=(
            Quantity("wait_urgent", "minutes", waits[0]),
            Quantity("wait_other", "minutes", waits[1]),
        ),
        observe=observe,
    )
