"""What a calculation needs of the machine: processes that fit in memory, and what it took in the end.

A process that computes holds one simulated year at a time, so its memory grows with the patients of a year
and not with the number of years.
"""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Amount, Count, InvalidInput, Problem
from zorgstroom.planning.plan import calendar_of
from zorgstroom_simulator.engines.registry import AUTO, FASTEST, REFERENCE, engine_named
from zorgstroom_simulator.experiment import Experiment
from zorgstroom_simulator.kept_today import KEPT_BYTES
from zorgstroom_simulator.machine import free_memory

#: Measured on ROAZ Euregio and on the whole country, with a fifth to spare: a process with the dataset and the machine
#: code (335 MB with the region), and per patient of a simulated year by each engine (1,174 MB with the country).
PROCESS_BYTES = 300 * 2**20
PATIENT_BYTES = {FASTEST: 200, REFERENCE: 320}
#: What this process keeps for itself, for the tables and the report.
OWN_BYTES = 500 * 2**20
#: Part of the free memory that may be used.
USABLE = 0.9
_DAYS_PER_YEAR = 365


@dataclass(frozen=True)
class Jobs:
    """How many processes compute; where memory allows fewer than asked, why."""

    count: int
    wanted: int
    bytes_each: int
    bytes_free: int

    @property
    def limited(self) -> bool:
        """Whether memory allows fewer than there is work and there are cores for."""
        return self.count < self.wanted


def expected_patients(experiment: Experiment) -> int:
    """Return about how many patients a simulated year has: those of the locations that are measured."""
    dataset = experiment.dataset
    calendar: Calendar = calendar_of(experiment.scenario, dataset)
    yearly = int(dataset.expected_volume[experiment.scope.locations].sum()) / 1000
    # Inhabitants of a region who go elsewhere, and who wait already, come on top.
    return round(yearly * (1.5 if experiment.region else 1.2) * calendar.days / _DAYS_PER_YEAR)


def bytes_of_year(experiment: Experiment) -> int:
    """Return about how much memory a process takes that simulates and measures a year, and keeps nothing of it."""
    return PROCESS_BYTES + PATIENT_BYTES[experiment.engine] * expected_patients(experiment)


def jobs_that_fit(experiment: Experiment, replications: int, free: int | None = None) -> Jobs:
    """Return how many processes to use: one per core and simulated year, as far as memory allows."""
    each = bytes_of_year(experiment) + KEPT_BYTES
    available = free_memory() if free is None else free
    wanted = max(1, min(replications, os.cpu_count() or 1))
    fit = int((available * USABLE - OWN_BYTES) // each)
    return Jobs(count=max(1, min(wanted, fit)), wanted=wanted, bytes_each=each, bytes_free=available)


def require_memory(experiment: Experiment, free: int | None = None) -> None:
    """Raise InvalidInput if not even one simulated year of the experiment fits in memory: it would be killed."""
    patients = expected_patients(experiment)
    needed = bytes_of_year(experiment)
    available = free_memory() if free is None else free
    if needed <= available:
        return
    most = max(0, (available - PROCESS_BYTES) // PATIENT_BYTES[experiment.engine])
    params = {
        # Expected numbers: not to the last patient.
        "patients": Count(round(patients, -3)),
        "needed": Amount(round(needed / 2**30, 1)),
        "free": Amount(round(available / 2**30, 1)),
        "most": Count(most // 1000 * 1000),
    }
    raise InvalidInput([Problem("", "engine.run_memory", params)])


def jobs_for_any_run(dataset: Dataset) -> int:
    """Return how many processes fit in memory when each computes the largest run: the whole country."""
    scenario = Scenario(zorgstroom=1, name="country")
    country = Experiment(dataset, scenario, None, seed=0, engine=engine_named(AUTO))
    return jobs_that_fit(country, os.cpu_count() or 1).count


def peak_memory_mb() -> float:
    """Return the most memory any one process took so far: this one, or one that it started and that has ended."""
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    # Linux counts in kibibytes, macOS in bytes.
    return round(most / (2**20 if sys.platform == "darwin" else 2**10), 1)
