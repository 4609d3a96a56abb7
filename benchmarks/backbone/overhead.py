"""What the services cost on top of the computing: the same runs in one process, on the local bus and on Kafka."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import wait
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.backbone.computed import completed, document, submit
from benchmarks.backbone.stack import cpu_seconds, running_stack
from benchmarks.bench import Bench
from benchmarks.measuring import in_process
from benchmarks.report import Cell, Part, Target
from zorgstroom.artefacts import ArtefactStore
from zorgstroom.dataset import load_dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.plan import region_of
from zorgstroom_simulator.blocks import block_of, decode
from zorgstroom_simulator.compute import LocalCompute
from zorgstroom_simulator.experiment import Experiment, today_key
from zorgstroom_simulator.outcome import keep, make_outcome
from zorgstroom_simulator.warm_up import NOTHING, PREPARE, warm_up

#: A region's plan, changed so many times, of so many simulated years each.
PLAN, PLANS, YEARS = "04-concentreren-en-spreiden", 8, 10
JOBS = 2


def measure(bench: Bench) -> Part:
    """Compute changed plans, with everything that is told about them and without."""
    direct = in_process(without_services, folder=bench.folder / "direct")
    found = {
        "without services": (direct["cpu"], direct["wall"], 0.0),
        "local bus, SQLite": _served(bench, "local"),
        "Kafka, PostgreSQL": _served(bench, "kafka"),
    }
    cpu, _, _ = found["without services"]
    rows: list[tuple[Cell, ...]] = [
        (words, simulator, 100 * (simulator / cpu - 1), api, wall)
        for words, (simulator, wall, api) in found.items()
    ]
    return Part(
        name="overhead",
        title="What telling about a run costs",
        about=f"{PLANS} changed plans of a region, {YEARS} paired simulated years each, {JOBS} processes, one plan "
        "after the other, after a first one. Processor time of the simulator with its processes, per run; "
        "that of the API apart.",
        columns=("how", "simulator CPU s", "more %", "API CPU s", "wall s"),
        rows=tuple(rows),
        targets=(
            Target(
                what="events of a regional run on Kafka: more processor time of the simulator",
                unit="%",
                kind="at most",
                wanted=5,
                measured=100 * (found["Kafka, PostgreSQL"][0] / cpu - 1),
            ),
        ),
    )


def variant(number: int) -> dict[str, Any]:
    """Return the plan with another share; number 0 is what is computed first."""
    plan: dict[str, Any] = json.loads(json.dumps(document(PLAN)))
    spread = next(item["spread"] for item in plan["actions"] if "spread" in item)
    spread["share"] = round(spread["share"] + 0.01 * number, 3)
    return plan


def without_services(folder: str) -> dict[str, Any]:
    """Compute, put together and keep, in this process and its children; nothing is told."""
    dataset = load_dataset()
    warm_up(dataset)
    store = ArtefactStore(Path(folder))
    with closing(LocalCompute(PREPARE, "nl2025", JOBS)) as compute:
        wait([compute.submit(NOTHING) for _ in range(JOBS)])
        for number in range(1 + PLANS):
            if number == 1:
                # Our own, and that of the children.
                before, started = cpu_seconds(os.getpid()), time.perf_counter()
            scenario = Scenario.model_validate(variant(number))
            experiment = Experiment(dataset, scenario, region_of(scenario.region), 1, "compiled")
            begun = time.monotonic()
            blocks = [
                compute.submit(block_of(experiment, [year]), (today_key(experiment), year))
                for year in range(YEARS)
            ]
            results = [result for block in blocks for result in decode(block.result())]
            outcome = make_outcome(
                experiment, results, run_id="direct", created="", wall_seconds=time.monotonic() - begun
            )
            keep(outcome, store)
        return {
            "cpu": (cpu_seconds(os.getpid()) - before) / PLANS,
            "wall": (time.perf_counter() - started) / PLANS,
        }


def _served(bench: Bench, bus: str) -> tuple[float, float, float]:
    """Return per run: processor seconds of the simulator, wall seconds, processor seconds of the API."""
    with running_stack(bench.folder / f"overhead-{bus}", bus=bus) as stack:
        api = stack.api()
        simulator = stack.simulator(jobs=JOBS)
        completed(api, submit(api, variant(0), replications=YEARS))
        before, before_api, started = cpu_seconds(simulator.pid), cpu_seconds(api.pid), time.perf_counter()
        for number in range(1, 1 + PLANS):
            completed(api, submit(api, variant(number), replications=YEARS))
        wall = time.perf_counter() - started
        return (
            (cpu_seconds(simulator.pid) - before) / PLANS,
            wall / PLANS,
            (cpu_seconds(api.pid) - before_api) / PLANS,
        )
