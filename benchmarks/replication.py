"""A whole replication: sampling, engine and measurement; what another plan and another replication cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import replace
from time import perf_counter, sleep
from typing import Any

import numpy as np

from benchmarks.bench import Bench
from benchmarks.inputs import EXAMPLES, example
from benchmarks.measuring import Seconds, in_process, repeated, timed
from benchmarks.report import Cell, Part, Target
from zorgstroom.dataset import load_dataset
from zorgstroom.reporting.excel import render_xlsx
from zorgstroom.reporting.html import render_html
from zorgstroom_simulator.blocks import PREPARE, block_of, decode
from zorgstroom_simulator.compute import Compute, LocalCompute
from zorgstroom_simulator.compute_threads import ThreadCompute
from zorgstroom_simulator.engines.registry import ENGINES
from zorgstroom_simulator.experiment import (
    Experiment,
    ReplicationTables,
    sample,
    simulate_baseline,
    simulate_replication,
    simulate_today,
    simulate_under,
)
from zorgstroom_simulator.measure import measure as measured_of
from zorgstroom_simulator.outcome import Outcome, make_outcome
from zorgstroom_simulator.precision import precision
from zorgstroom_simulator.resources import peak_memory_mb

#: The plan whose patients and baseline are there already, and the changed one that is asked next, both in Euregio.
BEFORE, CHANGED = EXAMPLES["region"], "04-concentreren-en-spreiden"
#: Paired replications of a changed scenario, and how many give an interval at all.
PAIRED, FIRST = 10, 2
COMPUTES: dict[str, Callable[[str, str, int], Compute]] = {
    "threads": ThreadCompute,
    "processes": LocalCompute,
}


def today(size: str) -> dict[str, Any]:
    """One replication as it is today, warm: in all and its pieces."""
    experiment = example(EXAMPLES[size])
    # Another year of the same size: tables of candidates are made, and memory is there.
    simulate_today(experiment, 1)
    kept, whole = repeated(lambda: simulate_today(experiment, 0))
    peak = peak_memory_mb()
    patients = len(kept.patients)
    del kept
    _, sampling = repeated(lambda: sample(experiment, 0))
    side = simulate_baseline(experiment, 0)
    engine = ENGINES[experiment.engine]
    _, running = repeated(lambda: engine(side.table, side.network))
    _, measuring = repeated(lambda: measured_of(experiment.scope, side, "baseline", 0, None))
    pieces = {"whole": whole, "sampling": sampling, "engine": running, "measuring": measuring}
    return {"patients": patients, "peak": peak, **{name: vars(took) for name, took in pieces.items()}}


def both(size: str) -> dict[str, Any]:
    """Today and a plan: another plan on patients that are kept, and a replication from nothing."""
    experiment = example(EXAMPLES[size])
    simulate_replication(example(EXAMPLES["region"]), 0)
    kept = simulate_today(experiment, 0)

    def another_plan() -> ReplicationTables:
        # A new experiment has compiled nothing of its scenario yet.
        return simulate_under(replace(experiment), kept)

    _, plan = repeated(another_plan)
    made, whole = repeated(lambda: simulate_replication(experiment, 0))
    return {"patients": made.patients, "events": made.events, "plan": vars(plan), "whole": vars(whole)}


def around() -> dict[str, Any]:
    """What comes before and after the replications of the region: loading, combining, page, workbook."""
    _, loading = timed(load_dataset)
    experiment = example(EXAMPLES["region"])
    years = [simulate_replication(experiment, number) for number in range(3)]
    outcome, combining = repeated(lambda: _outcome(experiment, years))
    page, drawing = repeated(lambda: render_html(outcome.impact, "nl"))
    book, writing = repeated(lambda: render_xlsx(outcome.impact, "nl"))
    return {
        "load the dataset": vars(loading),
        "combine 3 years and build the impact document": vars(combining),
        f"draw the page, {len(page.encode()) / 1e6:.2f} MB": vars(drawing),
        f"write the workbook, {len(book) / 1e6:.2f} MB": vars(writing),
    }


def workshop(kind: str, jobs: int) -> dict[str, Any]:
    """Ask a changed plan of the region while patients and today are kept: seconds to the first interval and to all."""
    dataset = example(BEFORE).dataset.id
    compute = COMPUTES[kind](PREPARE, dataset, jobs)
    try:
        paired(compute, example(BEFORE))
        sleep(1)
        times = [paired(compute, example(CHANGED)) for _ in range(3)]
    finally:
        compute.close()
    first, complete = np.median(times, axis=0).tolist()
    return {"first": first, "complete": complete}


def country(jobs: int) -> dict[str, Any]:
    """The national example on processes: seconds to the first interval and to all, starting them included."""
    experiment = example(EXAMPLES["national"])
    started = perf_counter()
    compute = LocalCompute(PREPARE, experiment.dataset.id, jobs)
    try:
        starting = perf_counter() - started
        first, complete = paired(compute, experiment)
    finally:
        compute.close()
    return {"first": starting + first, "complete": starting + complete}


def paired(compute: Compute, experiment: Experiment) -> tuple[float, float]:
    """Have the paired replications done; return the seconds to the first interval and to the whole impact analysis."""
    started = perf_counter()
    futures: list[Future[bytes]] = [
        compute.submit(block_of(experiment, [number]), (experiment.region, number))
        for number in range(PAIRED)
    ]
    done: list[ReplicationTables] = []
    first = 0.0
    for future in as_completed(futures):
        done += decode(future.result())
        if len(done) == FIRST:
            precision([tables.headline for tables in done], None)
            first = perf_counter() - started
    _outcome(experiment, done)
    return first, perf_counter() - started


def _outcome(experiment: Experiment, done: Sequence[ReplicationTables]) -> Outcome:
    return make_outcome(experiment, done, run_id="", created="2026-01-01T00:00:00+00:00", wall_seconds=0.0)


def measure(bench: Bench) -> Part:
    """Measure the region and the country."""
    names = {"region": "ROAZ Euregio", "national": "the country"}
    rows: list[tuple[Cell, ...]] = []
    targets: list[Target] = []
    for size, wanted in (("region", 0.5), ("national", 6.0)):
        alone, pair = in_process(today, size=size), in_process(both, size=size)
        label = names[size]
        for what, took in (
            ("a replication of today, in all", alone["whole"]),
            ("of which sampling and choice", alone["sampling"]),
            ("of which the engine", alone["engine"]),
            ("of which measurement", alone["measuring"]),
            ("an extra plan on patients that are kept", pair["plan"]),
            ("an extra replication of today and a plan", pair["whole"]),
        ):
            seconds = Seconds(**took)
            rows.append((f"{label}: {what}", alone["patients"], seconds.wall, seconds.cpu, None))
        rows.append((f"{label}: peak memory of today", None, None, None, alone["peak"]))
        rows.append((f"{label}: peak memory of today and a plan", None, None, None, pair["peak_mb"]))
        targets.append(
            _at_most(f"a replication of today, warm, {label}", "s", wanted, alone["whole"]["wall"])
        )
        if size == "national":
            targets.append(_at_most(f"its peak memory, {label}", "MB", 2500, alone["peak"]))
    for what, took in in_process(around).items():
        if what != "peak_mb":
            seconds = Seconds(**took)
            rows.append((f"ROAZ Euregio: {what}", None, seconds.wall, seconds.cpu, None))
    for kind in COMPUTES:
        case = in_process(workshop, kind=kind, jobs=2)
        label = f"ROAZ Euregio, 2 {kind}: a changed plan, {PAIRED} paired replications"
        rows.append((f"{label}: first interval", None, case["first"], None, None))
        rows.append((f"{label}: complete", None, case["complete"], None, case["peak_mb"]))
        # What services and the command line use; threads are beside it.
        if kind == "processes":
            targets.append(_at_most(f"{label}: first interval", "s", 1, case["first"]))
            targets.append(_at_most(f"{label}: complete", "s", 3, case["complete"]))
    if bench.full:
        case = in_process(country, jobs=2)
        label = f"the country, 2 processes: a plan, {PAIRED} paired replications"
        rows.append((f"{label}: first interval", None, case["first"], None, None))
        rows.append((f"{label}: complete", None, case["complete"], None, case["peak_mb"]))
        targets.append(_at_most(f"{label}: complete", "s", 60, case["complete"]))
    return Part(
        name="replication",
        title="Whole replications",
        about=(
            f"`compiled` engine, one process, warm, medians of three; examples {EXAMPLES['region']} and "
            f"{EXAMPLES['national']}. In the workshop rows the patients and today's result of the region are kept in "
            f"memory, as a service keeps them, and {CHANGED} is asked. The first interval is there when {FIRST} "
            "replications are; complete is with the whole impact analysis. Those of the country include starting "
            "the processes and sampling everybody. Memory is of the largest process."
        ),
        columns=("what", "patients", "wall s", "CPU s", "peak MB"),
        rows=tuple(rows),
        targets=tuple(targets),
    )


def _at_most(what: str, unit: str, wanted: float, value: float) -> Target:
    return Target(what=what, unit=unit, kind="at most", wanted=wanted, measured=value)
