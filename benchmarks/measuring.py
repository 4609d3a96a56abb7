"""Measure an example: seconds to load, to sample, per simulated year and to report; speed and memory.

One simulated year means: patients sampled, then lived under the baseline and under the plan. Figures differ
per machine and are never tested; compare them on one machine before and after a change.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from zorgstroom.dataset import load_dataset
from zorgstroom.planning.plan import region_of
from zorgstroom.reporting.excel import render_xlsx
from zorgstroom.reporting.html import render_html
from zorgstroom.scenario_file import example_scenarios, load_scenario
from zorgstroom_simulator.experiment import Experiment, sample, simulate_replication
from zorgstroom_simulator.outcome import make_outcome
from zorgstroom_simulator.resources import peak_memory_mb

Result = TypeVar("Result")


def measure(example: str, count: int) -> None:
    """Print a table of what `count` simulated years of an example take."""
    dataset, loading = _timed(load_dataset)
    scenario = next(load_scenario(item.path) for item in example_scenarios() if item.slug == example)
    experiment = Experiment(dataset, scenario, region_of(scenario.region), seed=1)
    _, sampling = _timed(lambda: sample(experiment, 0))

    years, seconds, memory = [], [], []
    for replication in range(count):
        year, taken = _timed(partial(simulate_replication, experiment, replication))
        years.append(year)
        seconds.append(taken)
        memory.append(peak_memory_mb())

    created = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    outcome, combining = _timed(
        lambda: make_outcome(experiment, years, run_id="", created=created, wall_seconds=0.0)
    )
    page, drawing = _timed(lambda: render_html(outcome.impact, "nl"))
    workbook, writing = _timed(lambda: render_xlsx(outcome.impact, "nl"))

    rows = {
        "load the dataset, s": loading,
        "sample the patients of a year, s": sampling,
        "a simulated year (baseline and plan), median s": statistics.median(seconds),
        "combine the years and build the impact document, s": combining,
        "draw the page, s": drawing,
        "size of the page, MB": len(page.encode()) / 1e6,
        "write the workbook, s": writing,
        "size of the workbook, MB": len(workbook) / 1e6,
        "patients in a year": years[0].patients,
        "patients per second": sum(year.patients for year in years) / sum(seconds),
        "events per second": sum(year.events for year in years) / sum(seconds),
        "peak memory after the first year, MB": memory[0],
        "peak memory after the last year, MB": memory[-1],
    }
    print(f"{scenario.name}, {count} simulated years")
    for name, value in rows.items():
        print(f"  {name:<52}{value:>14,.2f}")


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started
