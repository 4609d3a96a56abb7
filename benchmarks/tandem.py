"""IC and then ward, first come first served: the part of the flow that general queueing libraries can express.

The same patients in our `systems`, in SimPy, in Ciw and in salabim: each comes at his minute, waits for an IC bed,
lies there, gives it up and waits for a bed of the ward. Waits must agree; at one minute the order of who leaves and
comes is each program's own, so a few waits may not be the same to the minute.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
import simpy

from benchmarks.bench import Bench
from benchmarks.measuring import Seconds, in_process, repeated, timed
from benchmarks.report import Cell, Part
from zorgstroom_simulator.systems import DAY, At, Location, Minutes, System, Unplanned, simulate

FloatArray = npt.NDArray[np.float64]
IC_BEDS, WARD_BEDS = 20, 80
#: Minutes between arrivals, and in each unit, on average: 85% and 90% of the beds are in use.
GAP, IC_STAY, WARD_STAY = 100, 1700, 7200
#: Events of a patient: comes, leaves the IC, leaves the ward.
EVENTS = 3


@dataclass(frozen=True)
class Stays:
    """When patients come, in order, and how long they stay; minutes, int64[n]."""

    arrival: npt.NDArray[np.int64]
    ic: npt.NDArray[np.int64]
    ward: npt.NDArray[np.int64]

    @property
    def days(self) -> int:
        """Days after which everybody has left."""
        return int(self.arrival[-1]) // DAY + 365


def drawn(patients: int) -> Stays:
    """Return so many patients, always the same."""
    rng = np.random.default_rng(1)

    def stays(mean: float) -> npt.NDArray[np.int64]:
        return 1 + rng.exponential(mean, patients).astype(np.int64)

    return Stays(np.cumsum(stays(GAP)), stays(IC_STAY), stays(WARD_STAY))


def ours(stays: Stays, engine: str) -> FloatArray:
    """Our own: the public interface for systems of one's own; waits in minutes, float64[n, 2]."""
    system = System(
        {"H": Location(units={"IC": IC_BEDS, "ward": WARD_BEDS})}, when_full="wait", next_unit_full="wait"
    )
    flow = Unplanned(
        at="H",
        route=["IC", "ward"],
        stay=[Minutes(stays.ic.tolist()), Minutes(stays.ward.tolist())],
        arrivals=At(stays.arrival.tolist()),
    )
    journeys = simulate(system, {"all": flow}, days=stays.days, engine=engine).journeys
    left, start = journeys["first_end"].to_numpy(), journeys["last_start"].to_numpy()
    return np.stack([journeys["wait"].to_numpy(), start - left], axis=1).astype(np.float64)


def in_simpy(stays: Stays) -> FloatArray:
    """Idiomatic SimPy."""
    env = simpy.Environment()
    units = simpy.Resource(env, IC_BEDS), simpy.Resource(env, WARD_BEDS)
    waits = np.zeros((len(stays.arrival), 2))
    columns = stays.ic.tolist(), stays.ward.tolist()

    def patient(number: int) -> Generator[simpy.Event, Any, None]:
        for unit, (resource, column) in enumerate(zip(units, columns, strict=True)):
            asked = env.now
            with resource.request() as bed:
                yield bed
                waits[number, unit] = env.now - asked
                yield env.timeout(column[number])

    def arrivals() -> Generator[simpy.Event, Any, None]:
        for number, minute in enumerate(stays.arrival.tolist()):
            yield env.timeout(minute - env.now)
            env.process(patient(number))

    env.process(arrivals())
    env.run()
    return waits


def in_salabim(stays: Stays) -> FloatArray:
    """Salabim, with generators, which is its faster way, and without its monitors."""
    import salabim  # noqa: PLC0415

    salabim.yieldless(False)
    env = salabim.Environment(trace=False)
    units = salabim.Resource("IC", IC_BEDS, monitor=False), salabim.Resource("ward", WARD_BEDS, monitor=False)
    waits = np.zeros((len(stays.arrival), 2))
    columns = stays.ic.tolist(), stays.ward.tolist()

    class Patient(salabim.Component):  # type: ignore[misc]
        def process(self, number: int) -> Generator[Any, None, None]:
            for unit, (resource, column) in enumerate(zip(units, columns, strict=True)):
                asked = env.now()
                yield self.request(resource)
                waits[number, unit] = env.now() - asked
                yield self.hold(column[number])
                self.release(resource)

    class Arrivals(salabim.Component):  # type: ignore[misc]
        def process(self) -> Generator[Any, None, None]:
            for number, minute in enumerate(stays.arrival.tolist()):
                yield self.hold(till=minute)
                Patient(number=number)

    Arrivals()
    env.run(till=stays.days * DAY)
    return waits


def in_ciw(stays: Stays) -> FloatArray:
    """Ciw, two nodes in a row."""
    import ciw  # noqa: PLC0415

    class Own(ciw.dists.Distribution):  # type: ignore[misc]
        def __init__(self, column: npt.NDArray[np.int64]) -> None:
            super().__init__()
            self.column = column.tolist()

        def sample(self, t: float | None = None, ind: Any = None) -> float:
            return float(self.column[ind.id_number - 1])

    gaps = [*np.diff(stays.arrival, prepend=0).astype(float).tolist(), float("inf")]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential(gaps), None],
        service_distributions=[Own(stays.ic), Own(stays.ward)],
        number_of_servers=[IC_BEDS, WARD_BEDS],
        routing=[[0.0, 1.0], [0.0, 0.0]],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(stays.days * DAY)
    waits = np.zeros((len(stays.arrival), 2))
    for record in simulation.get_all_records():
        waits[record.id_number - 1, record.node - 1] = record.waiting_time
    return waits


WAYS: dict[str, tuple[str, Callable[[Stays], FloatArray]]] = {
    "compiled": ("Zorgstroom `systems`, `compiled`", lambda stays: ours(stays, "compiled")),
    "simpy": ("Zorgstroom `systems`, `simpy`", lambda stays: ours(stays, "simpy")),
    "idiomatic": ("idiomatic SimPy", in_simpy),
    "ciw": ("Ciw", in_ciw),
    "salabim": ("salabim", in_salabim),
}


def one_way(way: str, patients: int) -> dict[str, Any]:
    """Simulate so many patients; what it took, and their mean waits."""
    stays, run = drawn(patients), WAYS[way][1]
    # What a program loads or compiles at its first use is in the table of starting.
    run(drawn(10))
    if way == "compiled":
        waits, seconds = repeated(lambda: run(stays))
    else:
        waits, seconds = timed(lambda: run(stays))
    same = np.isclose(waits, in_simpy(stays), rtol=0, atol=1e-6).all(axis=1)
    return {
        "seconds": vars(seconds),
        "waits": waits.mean(axis=0).tolist(),
        "same": float(same.mean()),
    }


def measure(bench: Bench) -> Part:
    """Measure every program that is installed, at a size it can do in reasonable time."""
    asked = [(way, 10_000) for way in WAYS]
    if bench.full:
        asked += [(way, 200_000) for way in WAYS]
    rows: list[tuple[Cell, ...]] = []
    base: dict[int, float] = {}
    for way, patients in sorted(asked, key=lambda pair: pair[1]):
        label = f"{patients:,} patients: {WAYS[way][0]}"
        if way in ("ciw", "salabim") and find_spec(way) is None:
            rows.append((f"{label}: not installed", *[None] * 9))
            continue
        case = in_process(one_way, way=way, patients=patients)
        took = Seconds(**case["seconds"])
        per_event = took.cpu / patients / EVENTS * 1e6
        base.setdefault(patients, took.cpu)
        rows.append(
            (
                label, took.wall, took.cpu, patients / took.cpu, per_event, case["peak_mb"], took.cpu / base[patients],
                *case["waits"], 100 * case["same"],
            )
        )  # fmt: skip
    return Part(
        name="tandem",
        title="What general libraries can express: IC, then ward, first come first served",
        about=(
            f"{IC_BEDS} IC beds and {WARD_BEDS} on the ward, 85% and 90% in use. Ours through the public "
            "`zorgstroom_simulator.systems`, from lists of Python to tables of journeys. Three events a patient: "
            "comes, leaves the IC, leaves the ward. The last columns are mean waits in minutes and how many patients "
            "wait exactly as long as in SimPy; where two things happen in one minute each program has its own order."
        ),
        columns=(
            "program", "wall s", "CPU s", "patients/s", "us/event", "peak MB", "times `compiled`",
            "wait for IC", "wait for ward", "same waits %",
        ),
        rows=tuple(rows),
    )  # fmt: skip
