"""Simulating the baseline of a demand year that it is calibrated for, one replication at a time, in any process."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from pathlib import Path

import pyarrow as pa

from zorgstroom.domain.scenario import Horizon, Scenario
from zorgstroom_simulator.calibrate import calibrate
from zorgstroom_simulator.compute import Work
from zorgstroom_simulator.experiment import Experiment, simulate_baseline
from zorgstroom_simulator.measure import measure
from zorgstroom_simulator.scope import Outcome, Scope
from zorgstroom_simulator.verification.admissions import admissions
from zorgstroom_simulator.verification.counts import count_country
from zorgstroom_simulator.verification.found import Found
from zorgstroom_simulator.verification.little import LittleLine, as_rows, census_check, from_rows, little
from zorgstroom_simulator.verification.places import (
    count_groups,
    count_organisations,
    figures_of_locations,
)
from zorgstroom_simulator.verification.sums import Sums
from zorgstroom_simulator.verification.travel import count_travel
from zorgstroom_simulator.verification.waits import count_waits

#: Where `zorgstroom_simulator.compute.LocalCompute` finds the work.
PREPARE = "zorgstroom_simulator.verification.national_work:prepare"


def baseline_experiment(
    folder: Path, year: int, seed: int, *, weeks: int = 52, warmup_weeks: int = 6, engine: str = "simpy"
) -> Experiment:
    """Return the baseline of a demand year, with attraction and capacities calibrated for that year.

    Raises InvalidInput if the tables in `folder` are wrong or the year has no population.
    """
    horizon = Horizon(demand_year=year, weeks=weeks, warmup_weeks=warmup_weeks)
    dataset, _ = calibrate(folder, year)
    return Experiment(dataset, Scenario(zorgstroom=1, name="baseline", horizon=horizon), None, seed, engine)


@dataclass(frozen=True)
class Replication:
    """What one replication gives."""

    sums: Sums
    #: Little's law on every queue and kind of bed.
    little: tuple[LittleLine, ...]
    #: The counts of the engine at 00:00 beside those from the journeys.
    census: Found


def simulate(experiment: Experiment, replication: int) -> Replication:
    """Simulate one replication of the baseline and return what it gives."""
    outcome = simulate_baseline(experiment, replication)
    indicators = measure(experiment.scope, outcome, "baseline", replication, None)
    return Replication(
        observe(experiment.scope, outcome, indicators),
        tuple(little(experiment.scope, outcome)),
        census_check(outcome.table, outcome.journeys, outcome.network),
    )


def observe(scope: Scope, outcome: Outcome, indicators: pa.Table) -> Sums:
    """Return what one replication of the baseline gives for every target, hospital type and ROAZ region.

    `indicators` is the table of `measure` for this outcome.
    """
    admitted = admissions(scope, outcome)
    figures = figures_of_locations(scope, indicators, admitted)
    return {
        **count_country(scope, outcome, indicators, admitted),
        **count_waits(scope, outcome),
        **count_travel(scope, outcome, admitted),
        **count_organisations(scope, figures, admitted),
        **count_groups(scope, figures),
    }


def setup(folder: Path, year: int, seed: int, weeks: int, warmup_weeks: int, engine: str = "simpy") -> str:
    """Return the text that tells `prepare` what to simulate."""
    return json.dumps([str(folder), year, seed, weeks, warmup_weeks, engine])


def prepare(text: str) -> Work:
    """Return the work of a process: a replication's number in, what it gives out, both as JSON."""
    folder, year, seed, weeks, warmup_weeks, engine = json.loads(text)
    experiment = baseline_experiment(
        Path(folder), year, seed, weeks=weeks, warmup_weeks=warmup_weeks, engine=engine
    )
    return lambda block: encode(simulate(experiment, int(block)))


def encode(made: Replication) -> bytes:
    """Return a replication as bytes, for another process to read."""
    sums = [[*key, *values] for key, values in made.sums.items()]
    return json.dumps({"sums": sums, "little": as_rows(made.little), "census": astuple(made.census)}).encode()


def decode(content: bytes) -> Replication:
    """Return the replication that `encode` wrote."""
    read = json.loads(content)
    comparisons, differences = read["census"]
    return Replication(
        {(figure, subject): (above, below) for figure, subject, above, below in read["sums"]},
        tuple(from_rows(read["little"])),
        Found(comparisons, tuple(differences)),
    )
