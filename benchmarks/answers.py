"""What a user waits for: a preview, the services in a workshop, and a sweep."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks import service_latency
from benchmarks.bench import Bench
from benchmarks.inputs import EXAMPLES, example
from benchmarks.measuring import Seconds, in_process, repeated, timed
from benchmarks.replication import CHANGED, PAIRED
from benchmarks.report import Cell, Part, Target
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.preview import preview

#: Points of the sweep, and simulated years of each.
POINTS, YEARS = 20, 2
WORKERS = 2
#: Changed plans after the first that the services are asked.
PLANS = 3


def previewed(slug: str) -> dict[str, Any]:
    """A preview in a process that has just started, and of other plans after it, each another."""
    experiment = example(slug)
    plans = (_another(experiment.scenario, number) for number in count(1))
    _, first = timed(lambda: preview(experiment.dataset, experiment.scenario, None))
    _, others = repeated(lambda: preview(experiment.dataset, next(plans), None))
    return {"first": vars(first), "others": vars(others)}


def _another(scenario: Scenario, number: int) -> Scenario:
    """Return the plan with a larger share that is spread, or with a higher minimum."""
    document = json.loads(scenario.canonical_json())
    for action in document["actions"]:
        (what,) = action.values()
        if what.get("share"):
            what["share"] = round(what["share"] + 0.01 * number, 2)
        if what.get("to_minimum"):
            what["to_minimum"] += number
    return Scenario.model_validate(document)


def served() -> dict[str, Any]:
    """The services: seconds from a request to the first interval and to the impact document, of a changed plan."""
    with TemporaryDirectory(prefix="zorgstroom-bench-") as folder:
        cold, *warm = service_latency.measure(Path(folder), PAIRED, WORKERS, PLANS)
    names = ("answered", "first_interval", "completed", "impact")
    return {
        "cold": {name: getattr(cold, name) for name in names},
        "warm": {name: statistics.median(getattr(line, name) for line in warm) for name in names},
    }


def swept(compute: str) -> dict[str, Any]:
    """The command: seconds of a sweep over one field, starting included."""
    shares = [round(0.02 * point, 2) for point in range(1, POINTS + 1)]
    document = {"zorgstroom": 1, "name": "share", "base": CHANGED, "grid": {"actions[1].share": shares}}
    with TemporaryDirectory(prefix="zorgstroom-bench-") as folder:
        file = Path(folder, "sweep.yaml")
        file.write_text(json.dumps(document))
        command = [sys.executable, "-m", "zorgstroom", "sweep", str(file), "--out", str(Path(folder, "out"))]
        options = ["--replications", str(YEARS), "--jobs", str(WORKERS), "--compute", compute]
        started = perf_counter()
        subprocess.run([*command, *options], check=True, capture_output=True)
        return {"seconds": perf_counter() - started}


def measure(bench: Bench) -> Part:
    """Measure all three."""
    rows: list[tuple[Cell, ...]] = []
    targets = []
    for label, slug in (("ROAZ Euregio", CHANGED), ("the country", EXAMPLES["national"])):
        case = in_process(previewed, slug=slug)
        first, others = Seconds(**case["first"]), Seconds(**case["others"])
        rows.append((f"preview, {label}: first plan of a process", first.wall))
        rows.append((f"preview, {label}: another plan", others.wall))
        targets.append(_at_most(f"preview, {label}", 0.2, others.wall))
    case = in_process(served)
    for which, label in (("cold", "first plan after the start"), ("warm", "a changed plan")):
        words = {"answered": "answered", "first_interval": "first interval", "impact": "impact document read"}
        for name, word in words.items():
            rows.append(
                (f"services, ROAZ Euregio, {PAIRED} replications, {label}: {word}", case[which][name])
            )
    targets.append(_at_most("services, a changed plan: first interval", 1, case["warm"]["first_interval"]))
    targets.append(_at_most("services, a changed plan: complete", 3, case["warm"]["completed"]))
    for compute in ("processes", "threads"):
        seconds = in_process(swept, compute=compute)["seconds"]
        label = f"sweep, ROAZ Euregio, {POINTS} points x {YEARS} years, {WORKERS} {compute}"
        rows.append((f"{label}: all of the command", seconds))
        rows.append((f"{label}: points per minute, number", POINTS / seconds * 60))
    return Part(
        name="answers",
        title="What a user waits for",
        about=(
            f"Seconds of wall time. The preview simulates nothing. The services are an API and a simulator on this "
            f"machine with {WORKERS} processes; the changed plans are forms of {CHANGED}, after a first plan that is "
            f"{EXAMPLES['region']}; medians of {PLANS}. A sweep varies one field of {CHANGED} and includes starting."
        ),
        columns=("what", "s"),
        rows=tuple(rows),
        targets=tuple(targets),
    )


def _at_most(what: str, wanted: float, value: float) -> Target:
    return Target(what=what, unit="s", kind="at most", wanted=wanted, measured=value)
