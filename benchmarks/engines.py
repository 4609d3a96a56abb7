"""The engines alone, on real networks, and the same flow in idiomatic SimPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.bench import Bench
from benchmarks.idiomatic import live
from benchmarks.inputs import EngineInput, read_input
from benchmarks.measuring import Seconds, in_process, repeated, timed
from benchmarks.report import Cell, Part, Target
from zorgstroom.dataset.model import Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom_simulator.engines import NEVER, Care
from zorgstroom_simulator.engines.registry import ENGINES

#: What each row is called, and how it is made: an engine of ours, or idiomatic SimPy with lists sorted or inserted in.
WAYS = {
    "compiled": "`compiled` engine",
    "simpy": "`simpy` engine",
    "inserting": "idiomatic SimPy, lists that insert in place",
    "sorting": "idiomatic SimPy, `PriorityResource`",
}
SIZES = {"region": "ROAZ Euregio", "half": "half the country", "national": "the country"}


def one_way(file: str, way: str) -> dict[str, Any]:
    """Simulate an input; what it took the first time and the next ones, and what became of the patients."""
    given = read_input(file)
    if way in ENGINES:
        engine = ENGINES[way]
        journeys, first = timed(lambda: engine(given.patients, given.network))
        if way == "compiled":
            del journeys
            journeys, seconds = repeated(lambda: engine(given.patients, given.network))
        else:
            seconds = first
        events, admission, discharge = journeys.events, journeys.admission_minute, journeys.discharge_minute
    else:
        lived, seconds = timed(lambda: live(given, inserting=way == "inserting"))
        first, events, admission, discharge = seconds, lived.events, lived.admission, lived.discharge
    return {
        "patients": len(given.patients),
        "events": events,
        "first": vars(first),
        "seconds": vars(seconds),
        "treated": _treated(given, discharge),
        "in_bed": _in_bed(given, admission, discharge),
    }


def _treated(given: EngineInput, discharge: Int64Array) -> int:
    """Return how many left before the end."""
    end = given.network.days * MINUTES_PER_DAY
    return int(np.count_nonzero((discharge != NEVER) & (discharge < end)))


def _in_bed(given: EngineInput, admission: Int64Array, discharge: Int64Array) -> float:
    """Return how many lie in IC and ward beds on average over the run."""
    end = given.network.days * MINUTES_PER_DAY
    bedded = np.isin(given.patients.care, (Care.BED, Care.IC_THEN_BED)) & (admission != NEVER)
    lying = bedded & (admission < end)
    until = np.where(discharge == NEVER, end, np.minimum(discharge, end))
    return float((until - admission)[lying].sum() / end)


def measure(bench: Bench) -> Part:
    """Measure every way at every size that is asked."""
    asked = [("region", way) for way in WAYS] + [("half", "compiled"), ("national", "compiled")]
    if bench.full:
        asked += [("half", "simpy"), ("national", "simpy"), ("national", "inserting")]
    found = {
        (size, way): in_process(one_way, file=bench.input(size), way=way)
        for size in SIZES
        for asked_size, way in asked
        if asked_size == size
    }
    columns = (
        "network and program", "patients", "events of its own", "wall s", "CPU s", "patients/s", "events/s",
        "ns/event", "first call s", "peak MB", "times `compiled`", "treated", "in beds",
    )  # fmt: skip
    rows = []
    for (size, way), case in found.items():
        rows.append(_row(f"{SIZES[size]}: {WAYS[way]}", case, found[size, "compiled"]))
    return Part(
        name="engines",
        title="Engines",
        about=(
            "Patients in, journeys out; neither sampling nor measuring. The same patients on the same network, as it "
            "is today. `compiled`: median of three, after a first call with compiled code from disk. Ratios are of "
            "processor time. Idiomatic SimPy has about three events for one of ours and a coarser calendar; the "
            "number treated and the mean number in beds show that it does the same work. Its `PriorityResource` sorts "
            "its whole list at every request; the row above it replaces that by one insertion."
        ),
        columns=columns,
        rows=tuple(rows),
        targets=_targets(found),
    )


def _row(label: str, case: dict[str, Any], compiled: dict[str, Any]) -> tuple[Cell, ...]:
    took = Seconds(**case["seconds"])
    return (
        label,
        case["patients"],
        case["events"],
        took.wall,
        took.cpu,
        case["patients"] / took.cpu,
        case["events"] / took.cpu,
        took.cpu / case["events"] * 1e9,
        case["first"]["wall"],
        case["peak_mb"],
        took.cpu / compiled["seconds"]["cpu"],
        case["treated"],
        case["in_bed"],
    )


def _targets(found: dict[tuple[str, str], dict[str, Any]]) -> tuple[Target, ...]:
    def ratio(size: str, way: str) -> float:
        other, ours = found[size, way]["seconds"]["cpu"], found[size, "compiled"]["seconds"]["cpu"]
        return float(other / ours)

    targets = [
        Target(
            what=f"`compiled` against {WAYS[way]}, {SIZES[size]}",
            unit="times",
            kind="at least",
            wanted=100,
            measured=ratio(size, way),
        )
        for size, way in found
        if way in ("inserting", "sorting")
    ]
    national = found["national", "compiled"]
    targets.append(
        Target(
            what="`compiled` per event, the country",
            unit="ns",
            kind="at most",
            wanted=150,
            measured=national["seconds"]["cpu"] / national["events"] * 1e9,
        )
    )
    return tuple(targets)
