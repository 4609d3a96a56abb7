"""Simulating the baseline of a demand year that it is calibrated for, one replication at a time, in any process."""

from __future__ import annotations

import json
from pathlib import Path

from zorgstroom.domain.scenario import Horizon, Scenario
from zorgstroom_simulator.calibrate import calibrate
from zorgstroom_simulator.compute import Work
from zorgstroom_simulator.experiment import Experiment, simulate_baseline
from zorgstroom_simulator.measure import measure
from zorgstroom_simulator.validation import Sums, observe

#: Where `zorgstroom_simulator.compute.LocalCompute` finds the work.
PREPARE = "zorgstroom_simulator.validation_work:prepare"


def baseline_experiment(
    folder: Path, year: int, seed: int, *, weeks: int = 52, warmup_weeks: int = 6
) -> Experiment:
    """Return the baseline of a demand year, with attraction and capacities calibrated for that year.

    Raises InvalidInput if the tables in `folder` are wrong or the year has no population.
    """
    horizon = Horizon(demand_year=year, weeks=weeks, warmup_weeks=warmup_weeks)
    dataset, _ = calibrate(folder, year)
    return Experiment(dataset, Scenario(zorgstroom=1, name="baseline", horizon=horizon), None, seed)


def simulate(experiment: Experiment, replication: int) -> Sums:
    """Simulate one replication of the baseline and return what it gives for the targets."""
    outcome = simulate_baseline(experiment, replication)
    return observe(
        experiment.scope, outcome, measure(experiment.scope, outcome, "baseline", replication, None)
    )


def setup(folder: Path, year: int, seed: int, weeks: int, warmup_weeks: int) -> str:
    """Return the text that tells `prepare` what to simulate."""
    return json.dumps([str(folder), year, seed, weeks, warmup_weeks])


def prepare(text: str) -> Work:
    """Return the work of a process: a replication's number in, its sums out, both as JSON."""
    folder, year, seed, weeks, warmup_weeks = json.loads(text)
    experiment = baseline_experiment(Path(folder), year, seed, weeks=weeks, warmup_weeks=warmup_weeks)
    return lambda block: encode(simulate(experiment, int(block)))


def encode(sums: Sums) -> bytes:
    """Return sums as bytes."""
    return json.dumps([[*key, *values] for key, values in sums.items()]).encode()


def decode(content: bytes) -> Sums:
    """Return the sums that `encode` wrote."""
    return {(target, subject): (above, below) for target, subject, above, below in json.loads(content)}
