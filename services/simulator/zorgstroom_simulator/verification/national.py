"""The country beside published figures: the baseline of a demand year, simulated and compared.

    found = national(folder, 2023, seed=1, replications=4, jobs=2)
    found.lines                      # every published figure: known, model, interval, verdict (`targets.Deviation`)
    found.by_type, found.by_roaz     # what the model gives per hospital type and ROAZ region (`GroupLine`)
    found.little, found.little_checks        # Little's law on every queue, and whether it held to the last patient
    found.tally                      # how many figures were judged, held back, fit
    not_accepted(found.lines, found.targets)     # in-sample and outside its tolerance: the verification fails
    not_fitting(found.lines)                     # held back and outside: a finding, said plainly

The calibration on trial needs no simulation and stands apart: `verification.trial.calibration_trial(folder)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

from zorgstroom.dataset.loading import load_primary
from zorgstroom.dataset.model import Dataset
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.planning.fit import Fit
from zorgstroom.planning.targets import Deviation, Observation, Tally, Target, deviations, read_targets, tally
from zorgstroom_simulator.calibrate import calibrate
from zorgstroom_simulator.compute import LocalCompute
from zorgstroom_simulator.verification.counts import VARIANCE
from zorgstroom_simulator.verification.little import LittleLine, little_invariants, together
from zorgstroom_simulator.verification.national_work import PREPARE, Replication, decode, setup
from zorgstroom_simulator.verification.places import GROUP, NORTH_WEST
from zorgstroom_simulator.verification.results import InvariantLine
from zorgstroom_simulator.verification.standing import standing_figures
from zorgstroom_simulator.verification.sums import Sums, estimates

#: Year of the rates and of most targets.
VALIDATION_YEAR = 2023
WARMUP_WEEKS = 6
#: A list shorter than this at its start is not judged.
SMALL_LIST = 100
#: Profiles with fewer planned patients a year than this have no mean wait worth judging.
FEW_PATIENTS = 50
#: Published figures of a hospital type or region, by figure and group: the target they stand in.
GROUP_TARGETS: Mapping[tuple[str, str], str] = {
    ("ed_visits_per_1000", f"roaz:{NORTH_WEST}"): "ed_visits_noordholland_flevoland",
}
#: Units of the figures per hospital type and ROAZ region, in the order they are shown.
GROUP_UNITS: Mapping[str, str] = {
    "admissions": "admissions per year",
    "day_admissions": "admissions per year",
    "bed_days": "bed-days per year",
    "occupancy_operational": "percent",
    "occupancy": "percent",
    "first_visits": "visits per year",
    "ed_visits": "visits per year",
    "ed_visits_per_1000": "visits per 1,000 inhabitants",
    "wait_first_visit": "weeks",
    "wait_treatment": "weeks",
    "list_treatment": "patients",
    "travel_mean": "minutes",
    "diverted": "per 1,000 acute admissions",
}


@dataclass(frozen=True)
class GroupLine:
    """A figure of the model for a hospital type or ROAZ region: an estimate, without a verdict."""

    #: ``umc`` or the name of the region.
    group: str
    #: Key of `GROUP_UNITS`; its name is the text ``group.<figure>``.
    figure: str
    unit: str
    model: float
    #: 95% interval over replications; None where there are too few.
    low: float | None
    high: float | None
    #: What is published of this very group, and where; None and empty where nothing was found.
    known: float | None = None
    source: str = ""


@dataclass(frozen=True)
class National:
    """What the national validation found, and what it was made with."""

    dataset: Dataset
    fit: Fit
    targets: tuple[Target, ...]
    year: int
    seed: int
    replications: int
    weeks: int
    lines: tuple[Deviation, ...]
    by_type: tuple[GroupLine, ...]
    by_roaz: tuple[GroupLine, ...]
    #: Little's law per location and queue or kind of bed, over all replications; and what of it must always hold.
    little: tuple[LittleLine, ...]
    little_checks: tuple[InvariantLine, ...]

    @property
    def tally(self) -> Tally:
        """How many published figures were judged and held back, and how many fit."""
        return tally(self.lines)


def nothing(done: int) -> None:
    """Report progress to nobody."""


def national(
    folder: Path,
    year: int = VALIDATION_YEAR,
    seed: int = 1,
    replications: int = 1,
    jobs: int = 1,
    weeks: int = 52,
    progress: Callable[[int], None] = nothing,
    engine: str = "simpy",
) -> National:
    """Simulate the baseline of a demand year in `jobs` processes and hold it against the dataset's targets.

    A replication takes 2 to 3 minutes and 1.5 to 3 GB. `progress` is told how many replications are done each time
    one is. Raises InvalidInput if the tables in `folder` are wrong or the year has no population.
    """
    folder = folder.resolve()
    targets = read_targets(folder)
    years = sorted(load_primary(folder).population)
    if year not in years:
        known = ", ".join(map(str, years))
        raise InvalidInput([Problem("--year", "verify.year_unknown", {"value": str(year), "known": known})])
    dataset, fit = calibrate(folder, year)
    made = _simulate(setup(folder, year, seed, weeks, WARMUP_WEEKS, engine), replications, jobs, progress)
    return compare(dataset, fit, targets, year, seed, weeks, made)


def compare(
    dataset: Dataset,
    fit: Fit,
    targets: tuple[Target, ...],
    year: int,
    seed: int,
    weeks: int,
    made: Sequence[Replication],
) -> National:
    """Return what replications of the baseline (`national_work.simulate`) give beside the targets."""
    sums = [replication.sums for replication in made]
    queues = together(replication.little for replication in made)
    return National(
        dataset=dataset,
        fit=fit,
        targets=targets,
        year=year,
        seed=seed,
        replications=len(made),
        weeks=weeks,
        lines=tuple(deviations(targets, observations(dataset, year, sums))),
        by_type=group_lines("type", targets, sums),
        by_roaz=group_lines("roaz", targets, sums),
        little=tuple(queues),
        little_checks=tuple(
            little_invariants(queues, len(made), [replication.census for replication in made])
        ),
    )


def _simulate(work: str, replications: int, jobs: int, progress: Callable[[int], None]) -> list[Replication]:
    compute = LocalCompute(PREPARE, work, min(jobs, replications))
    try:
        futures = [compute.submit(str(replication).encode()) for replication in range(replications)]
        for done, _ in enumerate(as_completed(futures), start=1):
            progress(done)
        # In order of number: sums of fractions depend on it.
        return [decode(future.result()) for future in futures]
    finally:
        compute.close()


def observations(dataset: Dataset, year: int, replications: Sequence[Sums]) -> list[Observation]:
    """Return the model's figures with their intervals, and what each should be where that differs per profile."""
    published = {
        "wait_first_visit": {p.id: p.wait_first_visit_weeks for p in dataset.profiles},
        "wait_treatment": {p.id: p.wait_treatment_weeks for p in dataset.profiles},
    }
    variances = [
        {subject: pair[0] for (name, subject), pair in sums.items() if name == VARIANCE}
        for sums in replications
    ]
    found = []
    for (target, subject), estimate in estimates(replications).items():
        expected = published.get(target, {}).get(subject)
        too_few = target in published and (not expected or estimate.denominator < FEW_PATIENTS)
        too_short = target == "treatment_list_each" and estimate.denominator < SMALL_LIST
        if too_few or too_short:
            continue
        counted = target in published or target.startswith("treatment_list")
        variance = sum(of.get(subject, 0.0) for of in variances) if target == "treatment_list_each" else 0.0
        found.append(
            Observation(
                target,
                subject,
                estimate.value,
                expected,
                round(estimate.denominator) if counted else 0,
                math.sqrt(variance) / estimate.denominator,
                estimate.low,
                estimate.high,
            )
        )
    return [*found, *standing_figures(dataset, year)]


def group_lines(kind: str, targets: Sequence[Target], replications: Sequence[Sums]) -> tuple[GroupLine, ...]:
    """Return the figures of every group of a kind (``type`` or ``roaz``), group by group."""
    found = estimates(replications)
    by_id = {target.id: target for target in targets}
    groups = dict.fromkeys(
        subject for name, subject in found if name.startswith(GROUP) and subject.startswith(f"{kind}:")
    )
    lines = []
    for group in groups:
        for figure, unit in GROUP_UNITS.items():
            estimate = found.get((GROUP + figure, group))
            if estimate is None:
                continue
            target = by_id.get(GROUP_TARGETS.get((figure, group), ""))
            lines.append(
                GroupLine(
                    group.partition(":")[2],
                    figure,
                    unit,
                    estimate.value,
                    estimate.low,
                    estimate.high,
                    None if target is None else target.value,
                    "" if target is None else target.source,
                )
            )
    return tuple(lines)
