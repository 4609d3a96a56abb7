"""What a plan does to demand: patients who no longer come, are helped elsewhere, or come besides the others.

Whether a patient belongs to it is decided by a number of his own, named by what the change is about (care, kind,
inhabitants) and not by its place in the scenario: everybody else stays identical, and of a larger share he is
still part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.area import AGE_BANDS
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.planning.plan import DemandChange
from zorgstroom_simulator.demand import Patients, Sampler, describe, rows_of_profiles
from zorgstroom_simulator.randomness import below_permillion


def stream_names(dataset: Dataset, changes: Sequence[DemandChange]) -> list[str]:
    """Return the name of each change's random stream.

    Kind, profile, age bands and areas; the second change of exactly the same patients gets a 2, so that two
    of them thin independently.
    """
    seen: Counter[str] = Counter()
    names = []
    for change in changes:
        ages = " ".join(AGE_BANDS[band] for band in np.flatnonzero(change.ages).tolist())
        areas = " ".join(sorted(dataset.areas[area].id for area in np.flatnonzero(change.areas).tolist()))
        name = f"{change.kind} {dataset.profiles[change.profile].id} ages {ages} areas {areas}"
        seen[name] += 1
        names.append(f"{name} {seen[name]}")
    return names


def leave(
    dataset: Dataset, patients: Patients, changes: Sequence[DemandChange]
) -> tuple[BoolArray, BoolArray]:
    """Return who does not come under the plan, and who of them because he is helped elsewhere: bool[n] each.

    About who arrives or is referred from the start day on. Two changes that touch a patient are independent;
    the first that takes him counts.
    """
    gone = np.zeros(len(patients), np.bool_)
    replaced = np.zeros(len(patients), np.bool_)
    rows_of = rows_of_profiles(patients, [change.profile for change in changes])
    for change, name in zip(changes, stream_names(dataset, changes), strict=True):
        if change.kind == "grow":
            continue
        about = rows_of[change.profile]
        about = about[(patients.minute[about] >= max(0, change.start_day) * MINUTES_PER_DAY) & ~gone[about]]
        about = about[change.areas[patients.area[about]] & change.ages[patients.age_band[about]]]
        taken = about[below_permillion(patients.key[about], name, change.permille * 1000)]
        gone[taken] = True
        replaced[taken] = change.kind == "replace"
    return gone, replaced


def extra_patients(
    sampler: Sampler, changes: Sequence[DemandChange], cells: BoolArray | None
) -> Iterator[Patients]:
    """Yield the patients who come besides the others, a table per change, without their baseline location.

    `cells` bool[A, P] limits them to the cells that are sampled at all.
    """
    dataset = sampler.dataset
    for change, name in zip(changes, stream_names(dataset, changes), strict=True):
        if change.kind != "grow":
            continue
        areas = change.areas if cells is None else change.areas & cells[:, change.profile]
        about = areas[:, None] & change.ages[None, :]
        by_age = np.where(about, sampler.demand.by_age[:, change.profile], 0.0) * (change.permille / 1000)
        yield describe(dataset, sampler.extra_patients(change.profile, by_age, change.start_day, name))
