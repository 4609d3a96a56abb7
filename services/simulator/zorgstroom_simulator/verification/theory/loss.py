"""Beds without a queue: who finds them all occupied is lost (Erlang B), whatever the distribution of the stay.

In whole minutes a bed that is left is free for who comes in the same minute, half a minute earlier than in theory.
With stays of a day that is 0.1% fewer lost, a tenth of the standard error.
"""

from __future__ import annotations

from zorgstroom.queueing.formulas import erlang_b
from zorgstroom_simulator.systems import (
    DAY,
    Constant,
    Empirical,
    Exponential,
    Location,
    Lognormal,
    Poisson,
    System,
    Unplanned,
    run,
)
from zorgstroom_simulator.systems.durations import Duration
from zorgstroom_simulator.verification.theory.case import Quantity, TheoryCase, counted, run_days, share

BEDS, LOAD = 12, 10.0
SKIP, COUNT = 400, 4_000
#: One mean, very different shapes: most stay hours and some for days, or one night, two or a week.
STAYS: dict[str, Duration] = {
    "constant": Constant(DAY),
    "exponential": Exponential(DAY),
    "lognormal": Lognormal(DAY, sd=1.5 * DAY),
    "empirical": Empirical([180, 240, 300, 480, 720, 1000, 1440, 2880, 5720]),
}


def cases() -> list[TheoryCase]:
    """Return one case per distribution of the stay."""
    return [_case(shape, stay) for shape, stay in STAYS.items()]


def _case(shape: str, stay: Duration) -> TheoryCase:
    system = System({"A": Location(units={"ward": BEDS})}, when_full="lose")
    flows = {"acute": Unplanned(at="A", route=["ward"], stay=[stay], arrivals=Poisson(LOAD))}
    days = run_days(SKIP + COUNT, LOAD)

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        journeys = run(system, flows, days=days, seed=seed, replication=replication, engine=engine)
        return [share(counted(journeys, "acute", SKIP, COUNT), "state", "lost")]

    return TheoryCase(
        id=f"erlang_b_{shape}",
        formula=f"B(c, a) = (a^c / c!) / (sum over k = 0..c of a^k / k!), c = {BEDS}, a = {LOAD:g}",
        source="Erlang (1917), Elektroteknikeren 13; any distribution: Sevastyanov (1957), Theory Probab. Appl. 2",
        quantities=(Quantity("lost", "share", erlang_b(BEDS, LOAD)),),
        observe=observe,
    )
