"""How long people wait: per kind of care, per hospital, and where both change, against the Treeknorm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import clinic_pool
from zorgstroom.reporting import wording
from zorgstroom.reporting.impact import WaitRow
from zorgstroom.reporting.readings import Reading, Readings

Kind = Literal["first_visit", "treatment"]
KINDS: tuple[Kind, ...] = ("first_visit", "treatment")


def waits(
    readings: Readings, dataset: Dataset, touched: Sequence[str], plan_profiles: Sequence[str]
) -> list[WaitRow]:
    """Return waits where the plan sends or takes patients; for a profile as a whole; and other clear changes."""
    of_plan, here = set(plan_profiles), set(touched)
    rows = []
    for kind in KINDS:
        for reading in readings.of(
            f"wait_{kind}", lambda row: not row.area and bool(row.location or row.profile)
        ):
            about_plan = reading.profile in of_plan and (not reading.location or reading.location in here)
            whole_location = not reading.profile and reading.location in here
            if about_plan or whole_location or wording.stands_out(reading.difference):
                rows.append(_row(readings, dataset, kind, reading))
    # What is about all hospitals or all care together is little, and is never cut off.
    rows.sort(
        key=lambda row: (
            bool(row.location and row.profile),
            not row.clear,
            -abs(row.difference.mean),
            row.kind,
            row.location,
            row.profile,
        )
    )
    return rows


def _row(readings: Readings, dataset: Dataset, kind: Kind, reading: Reading) -> WaitRow:
    place = {"location": reading.location, "profile": reading.profile}
    listed = _list_at_end(readings, dataset, kind, reading)
    within = readings.at("within_treeknorm", **place) if kind == "treatment" else None
    return WaitRow(
        kind=kind,
        location=reading.location,
        profile=reading.profile,
        baseline=reading.baseline,
        plan=reading.plan,
        difference=reading.difference,
        list_baseline=listed.baseline if listed else None,
        list_plan=listed.plan if listed else None,
        clear=reading.clear,
        norm_weeks=norm_weeks(dataset, kind, reading.profile),
        within_baseline=within.baseline if within else None,
        within_plan=within.plan if within else None,
    )


def norm_weeks(dataset: Dataset, kind: Kind, profile: str) -> float | None:
    """Return the Treeknorm; of a treatment that of how most patients are treated, of several kinds none."""
    if kind == "first_visit":
        name = "treeknorm_first_visit_weeks"
    elif profile:
        shares = dataset.profiles[dataset.profile_index[profile]].setting_shares
        admitted = shares["overnight"] + shares["observation"] >= 0.5
        name = f"treeknorm_{'admission' if admitted else 'day'}_weeks"
    else:
        return None
    return dataset.parameter(name) if name in dataset.parameters else None


def _list_at_end(readings: Readings, dataset: Dataset, kind: Kind, reading: Reading) -> Reading | None:
    if kind == "treatment":
        return readings.at("list_treatment_end", location=reading.location, profile=reading.profile)
    if not reading.profile:
        return readings.at("list_first_visit_end", location=reading.location)
    specialty = dataset.profiles[dataset.profile_index[reading.profile]].specialty
    return readings.at("list_first_visit_end", location=reading.location, pool=clinic_pool(specialty))
