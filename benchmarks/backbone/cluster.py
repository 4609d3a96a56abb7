"""A run on a Dask cluster: on one worker, on two, and on one that gets another on the way."""

from __future__ import annotations

import subprocess
import sys
import time
from tempfile import TemporaryDirectory

from tests.support.services import ApiProcess, free_port

from benchmarks.backbone.computed import completed, document, state, submit
from benchmarks.backbone.stack import Stack, running_stack, wait_until
from benchmarks.bench import Bench
from benchmarks.report import Cell, Part, Target

PLAN, YEARS = "04-concentreren-en-spreiden", 60
START_SECONDS = 120.0


def measure(bench: Bench) -> Part:
    """Compute the same plan three times, with other patients each time, since replications are kept."""
    with running_stack(bench.folder / "cluster") as stack, TemporaryDirectory() as scratch:
        scheduler = f"tcp://127.0.0.1:{free_port()}"
        process = subprocess.Popen(
            [
                sys.executable, "-m", "distributed.cli.dask_scheduler",
                "--host", "127.0.0.1", "--port", scheduler.rpartition(":")[2], "--no-dashboard",
            ],
            cwd=scratch,
        )  # fmt: skip
        try:
            return _measured(stack, scheduler)
        finally:
            process.kill()
            process.wait()


def _measured(stack: Stack, scheduler: str) -> Part:
    api = stack.api()
    _worker(stack, scheduler)
    stack.process("simulator", ZORGSTROOM_COMPUTE_URL=scheduler)
    # Both have everything loaded.
    completed(api, submit(api, document(PLAN), replications=2, seed=1))
    found: dict[str, float] = {"one worker": _seconds(api, 2)}
    run = submit(api, document(PLAN), replications=YEARS, seed=3)
    started = time.monotonic()
    wait_until(lambda: state(api, run)["done"] >= YEARS // 4, START_SECONDS)
    joined = time.monotonic() - started
    _worker(stack, scheduler)
    completed(api, run)
    found[f"a second one asked to join after {joined:.1f} s"] = time.monotonic() - started
    found["two workers"] = _seconds(api, 4)
    one = found["one worker"]
    rows: list[tuple[Cell, ...]] = [(words, seconds, one / seconds) for words, seconds in found.items()]
    mid_way = list(found.values())[1]
    return Part(
        name="cluster",
        title="A run on a Dask cluster",
        about=f"{YEARS} paired simulated years of a region; scheduler, workers, Kafka, PostgreSQL and our services on "
        "one machine with two cores. A worker that joins first loads the dataset and the machine code.",
        columns=("workers", "seconds", "times as fast as one"),
        rows=tuple(rows),
        targets=(
            Target(
                what="a run whose second worker joins on the way, against one worker",
                unit="times its seconds",
                kind="at most",
                wanted=0.9,
                measured=mid_way / one,
            ),
        ),
    )


def _seconds(api: ApiProcess, seed: int) -> float:
    started = time.monotonic()
    completed(api, submit(api, document(PLAN), replications=YEARS, seed=seed))
    return time.monotonic() - started


def _worker(stack: Stack, scheduler: str) -> None:
    stack.process("worker", "--scheduler", scheduler)
