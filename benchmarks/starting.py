"""What starting takes: compiling the first time after installation, and every later start."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import zorgstroom
import zorgstroom_simulator
from benchmarks.bench import Bench
from benchmarks.inputs import EXAMPLES, example
from benchmarks.measuring import timed
from benchmarks.report import Cell, Part, Target
from zorgstroom.scenario_file import example_scenarios
from zorgstroom_simulator.experiment import simulate_replication

#: A year of the region in a fresh process, which uses all that is compiled; the clock starts before any import.
_CODE = "import time; started = time.perf_counter(); from benchmarks.starting import first_year; first_year(started)"


def first_year(started: float) -> None:
    """Print what the imports since a moment, and the first and the second year of a process take."""
    _import_all()
    importing = time.perf_counter() - started
    experiment, loading = timed(lambda: example(EXAMPLES["region"]))
    _, first = timed(lambda: simulate_replication(experiment, 0))
    _, second = timed(lambda: simulate_replication(experiment, 0))
    took = {"loading": vars(loading), "first": vars(first), "second": vars(second)}
    print(json.dumps({"importing": importing, **took}))


def _import_all() -> None:
    from zorgstroom_simulator.engines import compiled_engine  # noqa: F401, PLC0415


def measure(bench: Bench) -> Part:
    """Measure a copy of the installed sources without compiled code, twice: compiling, and then from disk."""
    copy = bench.folder / "copy"
    for package in (zorgstroom, zorgstroom_simulator):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, copy / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    # Where a wheel has them.
    shutil.copytree(
        next(iter(example_scenarios())).path.parent, copy / "zorgstroom" / "examples", dirs_exist_ok=True
    )
    rows: list[tuple[Cell, ...]] = []
    names = ("after installation: compiles", "second start: compiled code from disk", "third start")
    cases = [_start(copy) for _ in names]
    for name, case in zip(names, cases, strict=True):
        first, second = case["first"], case["second"]
        rows.append(
            (
                name, case["importing"], case["loading"]["wall"], first["wall"], second["wall"],
                first["wall"] - second["wall"], first["cpu"] - second["cpu"],
            )
        )  # fmt: skip
    kept = sum(file.stat().st_size for file in copy.rglob("*.nbc")) / 1e6
    number = sum(1 for _ in copy.rglob("*.nbc"))
    compiling = cases[0]["first"]["wall"] - cases[-1]["first"]["wall"]
    return Part(
        name="starting",
        title="Starting",
        about=(
            "A fresh copy of the packages without compiled code; a process of its own each time, which simulates "
            "a year of example 02 (today and the plan) twice. What is compiled is kept beside the sources: "
            f"{number} files, {kept:.1f} MB."
        ),
        columns=(
            "start", "import s", "load the dataset s", "first year s", "second year s",
            "first year takes longer by s", "of processor time s",
        ),
        rows=tuple(rows),
        targets=(
            Target(
                what="extra for compilation: the first year after installation, less that of a later start",
                unit="s",
                kind="at most",
                wanted=10,
                measured=compiling,
            ),
        ),
    )  # fmt: skip


def _start(copy: Path) -> dict[str, Any]:
    here = Path(__file__).parent.parent
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(copy), str(here)]),
        # Beside the sources of the copy, not where this machine has its compiled code.
        "NUMBA_CACHE_DIR": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", _CODE], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    took: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return took
