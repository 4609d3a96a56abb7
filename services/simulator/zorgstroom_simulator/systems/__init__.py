"""Systems of one's own: a few locations and their beds, rooms and clinics, with patients, run by the model's engine.

For trying the engine against theory or published cases, and for small studies; see ``docs/engine.md``. Times are
minutes from Monday 00:00, durations whole minutes of at least 1.

    system = System({"A": Location(units={"ward": 10})}, when_full="lose")
    flows = {"acute": Unplanned(at="A", route=["ward"], stay=[Exponential(2 * DAY)], arrivals=Poisson(4))}
    journeys = run(system, flows, days=400, seed=1)
"""

from zorgstroom_simulator.systems.arrivals import At, Every, Poisson, VaryingPoisson
from zorgstroom_simulator.systems.description import (
    Flow,
    Location,
    Planned,
    System,
    Unplanned,
    Visits,
)
from zorgstroom_simulator.systems.durations import Constant, Empirical, Exponential, Lognormal, Minutes
from zorgstroom_simulator.systems.running import Run, run, simulate

#: Minutes.
HOUR, DAY, WEEK = 60, 1440, 7 * 1440

__all__ = [
    "DAY",
    "HOUR",
    "WEEK",
    "At",
    "Constant",
    "Empirical",
    "Every",
    "Exponential",
    "Flow",
    "Location",
    "Lognormal",
    "Minutes",
    "Planned",
    "Poisson",
    "Run",
    "System",
    "Unplanned",
    "VaryingPoisson",
    "Visits",
    "run",
    "simulate",
]
