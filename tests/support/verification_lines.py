"""Hand-made lines of a verification: of every verdict one."""

from __future__ import annotations

import dataclasses

from tests.support.small_dataset import make_dataset
from zorgstroom.planning.fit import Fit, FitLine
from zorgstroom.planning.targets import Deviation, Target
from zorgstroom.reporting.verification import Verification
from zorgstroom_simulator.verification.little import LittleLine
from zorgstroom_simulator.verification.national import GroupLine, National
from zorgstroom_simulator.verification.report import make_report
from zorgstroom_simulator.verification.results import InvariantLine, TheoryLine, Trial, TrialLine

GOOD = TheoryLine("erlang_b", "refused", "share", 0.2, 0.201, 0.001, 40, "B(c, a)", "Erlang 1917")
EXACT = TheoryLine("slow_clinic", "wait", "days", 3.0, 3.0, 0.0, 1, "3", "by hand")
BAD = dataclasses.replace(GOOD, case="mm1", observed=0.25)
NEVER = dataclasses.replace(EXACT, observed=4.0)
HOLDS = InvariantLine("conservation", 20, 1200)
BROKEN = InvariantLine("utilisation", 20, 300, ("seed 7: 1.02 > 1",))
TRIAL = Trial(
    (
        TrialLine("beds_share", 1, "A", 0.20, 0.22, 0.40, 0.21),
        TrialLine("beds_share", 2, "B", 0.10, 0.20, 0.11, 0.10),
    ),
    (("beds_share", 2), ("type_share", 4)),
)


def target(identifier: str, used_for: str = "", tolerance: float | None = 0.05, **changes: object) -> Target:
    made = Target(
        identifier, 100.0, "patients", tolerance, "relative", 2022, "aim" if used_for else "held_back", used_for,
        "known", "high", "S1", "chosen",
    )  # fmt: skip
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


TARGETS = (
    target("births", "volumes"),
    target("ic_days", "stays"),
    target("kilometres"),
    target("admissions"),
    target("visits", tolerance=None),
    target("wait", "waits", value=None),
    target("wait_profiles", "waits", value=0.5, tolerance_kind="at_least", basis="assumed"),
    target("list", "capacities", value=1.0, basis="derived"),
    target("stay_umc", value=7.0, use="informed", used_for="stays"),
)


def line_of(
    identifier: str, model: float, subject: str = "", known: float = 100.0, **more: float
) -> Deviation:
    found = next(found for found in TARGETS if found.id == identifier)
    return Deviation(found, subject, known, model, 0, **more)


#: In-sample: births fits, ic_days does not; held back: kilometres fits, admissions does not.
LINES = (
    line_of("births", 101.0, low=99.5, high=102.5),
    line_of("ic_days", 120.0, low=119.0, high=121.0),
    line_of("kilometres", 96.0),
    line_of("admissions", 150.0, low=149.0, high=151.0),
    line_of("visits", 300.0),
    line_of("wait", 12.0, "pneumonia", 10.0),
    line_of("wait_profiles", 0.6, known=0.5),
    line_of("list", 1.3, "LOC-A or", 1.0, chance=0.2),
    line_of("stay_umc", 7.1, known=7.0),
)
FIT = Fit(
    5,
    (
        FitLine("type", "umc", "patients", "", 0.2, 0.2, True),
        FitLine("roaz", "Oost", "bed_days", "", 0.1, 0.13, False),
        FitLine("profile", "hip", "patients", "umc", 0.1, 0.1, True),
    ),
)


def national_part(*, misfits: bool) -> National:
    """Return a national part, with everything in it or with what fits only."""
    fitting = tuple(line for line in LINES if line.verdict == "fits")
    return National(
        dataset=make_dataset(),
        fit=FIT,
        targets=TARGETS,
        year=2023,
        seed=1,
        replications=4,
        weeks=52,
        lines=LINES if misfits else fitting,
        by_type=(GroupLine("umc", "admissions", "admissions per year", 1200.0, 1100.0, 1300.0),),
        by_roaz=(GroupLine("Oost", "ed_visits", "visits per year", 900.0, None, None, 950.0, "S1"),),
        little=(
            LittleLine("LOC-A", "clinic:surgery", 10, 100, 50, 105, 20, 15),
            LittleLine("LOC-B", "clinic:orthopaedics", 10, 100, 50, 90, 20, 15),
            LittleLine("LOC-A", "line:ward:medical", 10, 0, 0, 0, 0, 0),
        ),
        little_checks=(InvariantLine("little_exact", 4, 3),),
    )


def make_document(**changes: object) -> Verification:
    parts: dict[str, object] = {
        "theory": [GOOD, EXACT, BAD, NEVER],
        "invariants": [HOLDS, BROKEN],
        "cases": 20,
        "national": national_part(misfits=True),
        "trial": TRIAL,
    }
    return make_report(make_dataset(), "simpy", 1, **(parts | changes))  # type: ignore[arg-type]
