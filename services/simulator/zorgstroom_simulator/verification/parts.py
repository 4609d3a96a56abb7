"""The parts of a verification, tried one after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from zorgstroom.dataset import load_dataset
from zorgstroom.reporting.verification import PartName, Verification
from zorgstroom_simulator.verification.invariants import verify_invariants
from zorgstroom_simulator.verification.national import national
from zorgstroom_simulator.verification.report import make_report
from zorgstroom_simulator.verification.theory import REPLICATIONS as THEORY_REPLICATIONS
from zorgstroom_simulator.verification.theory import verify_theory
from zorgstroom_simulator.verification.trial import calibration_trial

#: Told before each part begins, with how many steps it has, and after each step.
Progress = Callable[[PartName, int], Callable[[int], None]]


@dataclass(frozen=True)
class Effort:
    """How much is done for a verification."""

    #: Simulated years of the national part, and measured weeks of each.
    replications: int
    weeks: int
    #: Random systems and plans per invariant.
    cases: int
    #: Runs of every case of theory.
    theory_replications: int


#: What a verification takes by default, and what shows large mistakes in a few minutes.
FULL = Effort(replications=4, weeks=52, cases=60, theory_replications=THEORY_REPLICATIONS)
QUICK = Effort(replications=1, weeks=52, cases=10, theory_replications=THEORY_REPLICATIONS // 3)


def verify(
    folder: Path,
    parts: Collection[PartName],
    effort: Effort,
    *,
    seed: int,
    engine: str,
    year: int,
    jobs: int,
    progress: Progress,
) -> Verification:
    """Return the document of the parts tried; the same for the same arguments, whatever the number of `jobs`.

    Raises InvalidInput if the tables in `folder` are wrong or the year has no population.
    """
    dataset = load_dataset(folder)
    country = None
    # First what can be refused: an unknown year should not wait for minutes of theory.
    if "national" in parts:
        told = progress("national", effort.replications)
        country = national(folder, year, seed, effort.replications, jobs, effort.weeks, told, engine)
    theory = invariants = trial = None
    if "theory" in parts:
        told = progress("theory", 1)
        theory = verify_theory(seed, engine, effort.theory_replications)
        told(1)
    if "invariants" in parts:
        told = progress("invariants", 1)
        invariants = verify_invariants(seed, effort.cases, engine)
        told(1)
    if "trial" in parts:
        told = progress("trial", 1)
        trial = calibration_trial(folder)
        told(1)
    return make_report(
        dataset,
        engine,
        seed,
        theory=theory,
        invariants=invariants,
        cases=effort.cases,
        national=country,
        trial=trial,
    )
