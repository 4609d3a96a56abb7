"""Time per patient as the network grows, workers, and memory as replications and plans go on."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.bench import Bench
from benchmarks.inputs import EXAMPLES, example, part_of, read_input
from benchmarks.measuring import Seconds, in_process, repeated
from benchmarks.replication import BEFORE, CHANGED, COMPUTES
from benchmarks.report import Cell, Part, Target
from zorgstroom.domain.area import Region
from zorgstroom_simulator.blocks import PREPARE, block_of
from zorgstroom_simulator.engines.registry import ENGINES
from zorgstroom_simulator.experiment import Experiment, simulate_replication, simulate_today, simulate_under
from zorgstroom_simulator.kept_today import KeptToday
from zorgstroom_simulator.resources import peak_memory_mb
from zorgstroom_simulator.scope import Scope

#: Parts of the country's patients; 0.05 is about 0.2 million with queues.
SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
#: Regions of the country that are simulated together, the smallest first; None: all.
REGIONS = (1, 3, 6, None)
#: As many as are measured when little time is asked for.
QUICK = 2
#: Replications, or plans, after which memory is looked at.
MOMENTS = (1, 5, 20)
#: Replications that workers share.
SHARED = 8


def engine_at(file: str, share: float) -> dict[str, Any]:
    """The engine on the locations that have this part of the patients."""
    given = read_input(file)
    given = given if share == 1 else part_of(given, share)
    engine = ENGINES["compiled"]
    engine(given.patients, given.network)
    journeys, seconds = repeated(lambda: engine(given.patients, given.network))
    return {"patients": len(given.patients), "events": journeys.events, "seconds": vars(seconds)}


def today_at(regions: int | None) -> dict[str, Any]:
    """Sampling, engine and measurement of the smallest regions together; None: the country."""
    experiment = together(regions)
    simulate_today(example(BEFORE), 0)
    made, seconds = repeated(lambda: simulate_today(experiment, 0))
    return {"patients": len(made.patients), "events": made.events, "seconds": vars(seconds)}


def together(regions: int | None) -> Experiment:
    """Return an experiment on so many of the smallest regions as if they were one; None: on the country."""
    national = example(EXAMPLES["national"])
    if regions is None:
        return national
    dataset = national.dataset
    volume = dataset.expected_volume.sum(axis=1)
    found = np.array([location.roaz for location in dataset.locations])
    names = sorted(set(found.tolist()), key=lambda name: int(volume[found == name].sum()))[:regions]
    areas = np.array([area.roaz in names for area in dataset.areas], np.bool_)
    made = replace(national, region=Region("roaz", names[0]))
    # The scope is a cached property: what is in its place already is not asked of the region.
    made.__dict__["scope"] = Scope(dataset, made.calendar, areas, np.isin(found, names))
    return made


def engine_on_threads(file: str, threads: int) -> dict[str, Any]:
    """The same engine input twice as often as there are threads; seconds per run."""
    given = read_input(file)
    engine = ENGINES["compiled"]
    engine(given.patients, given.network)
    runs = 2 * max(COUNTS)

    def run(_: int) -> int:
        return engine(given.patients, given.network).events

    started = perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, range(runs)))
    return {"seconds": (perf_counter() - started) / runs}


#: Numbers of workers.
COUNTS = (1, 2)


def workers(kind: str, jobs: int) -> dict[str, Any]:
    """Replications of the region, from nothing, on so many workers that are warm; seconds per replication."""
    experiment = example(BEFORE)
    compute = COMPUTES[kind](PREPARE, experiment.dataset.id, jobs)
    try:
        for future in [compute.submit(block_of(experiment, [number])) for number in range(jobs)]:
            future.result()
        started = perf_counter()
        for future in [compute.submit(block_of(experiment, [100 + number])) for number in range(SHARED)]:
            future.result()
        taken = perf_counter() - started
    finally:
        compute.close()
    return {"seconds": taken / SHARED}


def memory_of_replications() -> dict[str, Any]:
    """Memory after some replications of the region, today and the plan."""
    experiment = example(BEFORE)
    return _memory(lambda number: simulate_replication(experiment, number))


def memory_of_plans() -> dict[str, Any]:
    """Memory after some plans in turn on the patients of one replication, which are kept."""
    kept = KeptToday()
    plans = [example(slug) for slug in (BEFORE, CHANGED)]

    def simulate(number: int) -> object:
        experiment = plans[number % len(plans)]
        return simulate_under(experiment, kept.of(experiment, 0))

    return _memory(simulate)


def _memory(work: Callable[[int], object]) -> dict[str, Any]:
    found = []
    for number in range(max(MOMENTS)):
        work(number)
        if number + 1 in MOMENTS:
            found.append({"now": _memory_mb(), "peak": peak_memory_mb()})
    return {"moments": found}


def _memory_mb() -> float:
    """Return the memory of this process now; nan where nobody says."""
    file = Path("/proc/self/statm")
    pages = int(file.read_text().split()[1]) if file.exists() else float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(bench: Bench) -> Part:
    """Measure growth, workers and memory."""
    rows: list[tuple[Cell, ...]] = []
    targets = []
    engine = [in_process(engine_at, file=bench.national, share=share) for share in SHARES]
    for case in engine:
        # It read the whole country first: its memory says nothing about the part.
        del case["peak_mb"]
    regions = REGIONS if bench.full else REGIONS[:QUICK]
    replications = [in_process(today_at, regions=number) for number in regions]
    for what, cases in (("the engine", engine), ("a replication of today", replications)):
        each = [Seconds(**case["seconds"]).cpu / case["patients"] * 1e6 for case in cases]
        rows += [_grown(what, case, one) for case, one in zip(cases, each, strict=True)]
        if cases is engine or bench.full:
            ratio = max(each) / min(each)
            targets.append(
                _at_most(f"{what}: most time per patient, of all sizes, against the least", 1.2, ratio)
            )
    for count in COUNTS:
        case = in_process(engine_on_threads, file=bench.region, threads=count)
        rows.append((f"the engine, region, {count} threads: a run", case["seconds"], *[None] * 4))
    for kind in COMPUTES:
        for count in COUNTS:
            case = in_process(workers, kind=kind, jobs=count)
            label = f"the region, {count} {kind}: a replication of today and a plan"
            rows.append((label, case["seconds"], None, None, None, case["peak_mb"]))
    for what, function in (("replications", memory_of_replications), ("plans", memory_of_plans)):
        moments = in_process(function)["moments"]
        for number, memory in zip(MOMENTS, moments, strict=True):
            label = f"the region, after {number} {what}: memory now {memory['now']:.0f} MB"
            rows.append((label, None, None, None, None, memory["peak"]))
        ratio = moments[-1]["peak"] / moments[1]["peak"]
        targets.append(_at_most(f"memory after {MOMENTS[-1]} {what} against {MOMENTS[1]}", 1.05, ratio))
    return Part(
        name="scaling",
        title="Growth",
        about=(
            "The engine on parts of the country with more and more locations, and whole replications of today of 1, 3 "
            "and 6 regions together and of the country (the last two only in full). Real parts, not thinned patients: "
            "queues are as long as they are. Workers: wall seconds of one run or replication when they share the "
            "work, warm. Peak memory is that of the largest process."
        ),
        columns=("what", "wall s", "CPU s", "us per patient", "ns/event", "peak MB"),
        rows=tuple(rows),
        targets=tuple(targets),
    )


def _grown(what: str, case: dict[str, Any], each: float) -> tuple[Cell, ...]:
    took = Seconds(**case["seconds"])
    label = f"{what}, {case['patients'] / 1e6:.2f} million patients"
    return label, took.wall, took.cpu, each, took.cpu / case["events"] * 1e9, case.get("peak_mb")


def _at_most(what: str, wanted: float, value: float) -> Target:
    return Target(what=what, unit="times", kind="at most", wanted=wanted, measured=value)
