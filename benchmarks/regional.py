"""How long the regional example takes: ``python -m benchmarks.regional [--years N]``.

One simulated year means: patients sampled, then lived under the baseline and under the plan. Figures differ
per machine and are never tested; compare them on one machine before and after a change.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time

from zorgstroom.dataset import load_dataset
from zorgstroom.planning.plan import region_of
from zorgstroom.scenario_file import example_scenarios, load_scenario
from zorgstroom_simulator.experiment import Experiment, combine, sample, simulate_replication


def main() -> None:
    """Print a table of seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=3, help="simulated years (default 3)")
    parser.add_argument("--example", default="02-slokdarm-pancreas-een-locatie", help="name of the example")
    asked = parser.parse_args()

    started = time.perf_counter()
    dataset = load_dataset()
    loading = time.perf_counter() - started
    scenario = next(load_scenario(item.path) for item in example_scenarios() if item.slug == asked.example)
    experiment = Experiment(dataset, scenario, region_of(scenario.region), seed=1)

    started = time.perf_counter()
    sample(experiment, 0)
    sampling = time.perf_counter() - started

    years, seconds = [], []
    for replication in range(asked.years):
        started = time.perf_counter()
        years.append(simulate_replication(experiment, replication))
        seconds.append(time.perf_counter() - started)

    started = time.perf_counter()
    combine(years)
    combining = time.perf_counter() - started

    events = sum(year.events for year in years)
    rows = {
        "load the dataset, s": loading,
        "sample the patients of a year, s": sampling,
        "a simulated year (baseline and plan), median s": statistics.median(seconds),
        "combine the years, s": combining,
        "patients in a year": years[0].patients,
        "events per second": events / sum(seconds),
        "peak memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(f"{scenario.name}, {asked.years} simulated years")
    for name, value in rows.items():
        print(f"  {name:<48}{value:>14,.2f}")


if __name__ == "__main__":
    main()
