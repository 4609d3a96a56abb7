"""How long people wait: per kind of care, per hospital, and where both change, against the Treeknorm."""

from __future__ import annotations

from collections.abc import Sequence

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import clinic_pool
from zorgstroom.reporting import wording
from zorgstroom.reporting.growing import Kind, Queues
from zorgstroom.reporting.impact import WaitRow
from zorgstroom.reporting.readings import Reading, Readings

KINDS: tuple[Kind, ...] = ("first_visit", "treatment")


def waits(
    readings: Readings, dataset: Dataset, queues: Queues, touched: Sequence[str], plan_profiles: Sequence[str]
) -> list[WaitRow]:
    """Return waits where the plan sends or takes patients; for a profile as a whole; and other clear changes.

    Where the queue behind it grows there is no mean wait, but how much it grows by.
    """
    of_plan, here = set(plan_profiles), set(touched)
    found: list[tuple[Reading, WaitRow]] = []
    for kind in KINDS:
        for reading in readings.of(
            f"wait_{kind}", lambda row: not row.area and bool(row.location or row.profile)
        ):
            about_plan = reading.profile in of_plan and (not reading.location or reading.location in here)
            whole_location = not reading.profile and reading.location in here
            if about_plan or whole_location or wording.stands_out(reading.difference):
                found.append((reading, _row(readings, dataset, queues, kind, reading)))
    # What is about all hospitals or all care together is little, and is never cut off.
    found.sort(
        key=lambda item: (
            bool(item[1].location and item[1].profile),
            not item[0].clear,
            -abs(item[0].difference.mean),
            item[1].kind,
            item[1].location,
            item[1].profile,
        )
    )
    return [row for _, row in found]


def _row(readings: Readings, dataset: Dataset, queues: Queues, kind: Kind, reading: Reading) -> WaitRow:
    place = {"location": reading.location, "profile": reading.profile}
    listed = _list_at_end(readings, dataset, kind, reading)
    within = readings.at("within_treeknorm", **place) if kind == "treatment" else None
    queue = queues.behind(kind, reading.location, reading.profile)
    return WaitRow(
        kind=kind,
        location=reading.location,
        profile=reading.profile,
        baseline=None if queue.grows_baseline else reading.baseline,
        plan=None if queue.grows_plan else reading.plan,
        difference=None if queue.grows else reading.difference,
        growth_baseline=queue.per_week_baseline if queue.grows_baseline else None,
        growth_plan=queue.per_week_plan if queue.grows_plan else None,
        list_baseline=listed.baseline if listed else None,
        list_plan=listed.plan if listed else None,
        clear=reading.clear and not queue.grows,
        norm_weeks=norm_weeks(dataset, kind, reading.profile),
        within_baseline=within.baseline if within and not queue.grows_baseline else None,
        within_plan=within.plan if within and not queue.grows_plan else None,
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
