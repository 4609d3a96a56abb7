"""Two hospitals that send patients on when full, against the exactly solved Markov chain."""

from __future__ import annotations

import numpy as np

from zorgstroom.queueing.markov import two_hospitals
from zorgstroom_simulator.systems import DAY, Exponential, Location, Poisson, System, Unplanned, run
from zorgstroom_simulator.verification.theory.case import Quantity, TheoryCase, counted, run_days, share

BEDS, LOADS = {"A": 8, "B": 10}, {"A": 7.0, "B": 7.0}
#: Counted of each hospital's own patients.
SKIP, COUNT = 200, 2_500


def cases() -> list[TheoryCase]:
    """Return diversion one way and both ways."""
    return [_case("diversion", mutual=False), _case("mutual_overflow", mutual=True)]


def _case(case: str, *, mutual: bool) -> TheoryCase:
    system = System({name: Location(units={"ward": beds}) for name, beds in BEDS.items()}, when_full="lose")
    flows = {
        name: Unplanned(
            at=name,
            route=["ward"],
            stay=[Exponential(DAY)],
            arrivals=Poisson(LOADS[name]),
            diversions=[other] if mutual or name == "A" else [],
        )
        for name, other in (("A", "B"), ("B", "A"))
    }
    days = run_days(SKIP + COUNT, min(LOADS.values()))

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        journeys = run(system, flows, days=days, seed=seed, replication=replication, engine=engine)
        found = []
        for name in flows:
            mine = counted(journeys, name, SKIP, COUNT)
            if mutual or name == "A":
                found.append(float(np.mean(mine["diversion"].to_numpy() > 0)))
            found.append(share(mine, "state", "lost"))
        return found

    chain = two_hospitals((BEDS["A"], BEDS["B"]), (LOADS["A"], LOADS["B"]), mutual=mutual)
    quantities = [
        Quantity("diverted_a", "share", chain.diverted[0]),
        Quantity("lost_a", "share", chain.lost[0]),
        Quantity("diverted_b", "share", chain.diverted[1]),
        Quantity("lost_b", "share", chain.lost[1]),
    ]
    return TheoryCase(
        id=case,
        formula=(
            "exact solution of the chain (patients in A, patients in B): pi Q = 0, "
            f"c = {BEDS['A']} and {BEDS['B']}, a = {LOADS['A']:g} and {LOADS['B']:g}"
        ),
        source=(
            "overflow: Wilkinson (1956), Bell System Technical Journal 35(2); "
            "in intensive care: Litvak et al. (2008), European Journal of Operational Research 185(3)"
        ),
        quantities=tuple(one for one in quantities if mutual or one.id != "diverted_b"),
        observe=observe,
    )
