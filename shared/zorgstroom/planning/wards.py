"""How many beds a ward needs: for the mean, for its chance, and for the mornings of working days.

Planned patients come on working days at seven, when those who leave at eleven are still in bed. Where most patients
are planned, as in a hospital without an emergency department, the ward is half empty on Sunday and full on Thursday:
beds for the mean over the week would keep operating rooms waiting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import HOSPITAL_TYPES, ward_pool
from zorgstroom.planning.attraction import Expected, type_index, without_ic_need
from zorgstroom.planning.case_mix import NIGHTS, case_mix_permille, whole_nights
from zorgstroom.planning.expected import FloatArray
from zorgstroom.planning.work import WORKING_HOURS_START

WEEKDAYS = 5


@dataclass(frozen=True)
class PlannedBeds:
    """Planned patients in the beds of one ward group, per location."""

    #: Mean over the year: float64[L].
    mean: FloatArray
    #: At seven in the morning of a working day, that day's admissions included: float64[L].
    morning: FloatArray


def planned_beds(dataset: Dataset, expected: Expected, working_days: int) -> dict[str, PlannedBeds]:
    """Return the planned patients without an IC in the beds of each ward pool, in a week without holidays."""
    kinds, factors = type_index(dataset), case_mix_permille(dataset)
    discharge, observed = dataset.parameter("discharge_minute"), dataset.parameter("observation_minutes")
    size = len(dataset.locations)
    result: dict[str, PlannedBeds] = {}
    for index, profile in enumerate(dataset.profiles):
        elective = 0.0 if profile.always_acute else 1.0 - profile.acute_share
        settings = profile.setting_shares
        if profile.pathway != "care" or elective * (settings["overnight"] + settings["observation"]) <= 0:
            continue
        others = without_ic_need(profile, expected.persons[:, index], expected.need_ic[:, index])
        planned = others * (1 - profile.ic_probability if profile.ic_type else 1.0) * elective
        overnight, short = planned * settings["overnight"], planned * settings["observation"]
        beds = result.setdefault(
            ward_pool(profile.ward_group),
            PlannedBeds(np.zeros(size), np.zeros(size)),
        )
        beds.mean[:] += short * observed / (364 * MINUTES_PER_DAY)
        beds.morning[:] += short / working_days
        table = dataset.quantiles.get((profile.id, "nights"))
        if table is None:
            continue
        for kind in range(len(HOSPITAL_TYPES)):
            mine: BoolArray = kinds == kind
            nights = whole_nights(table, int(factors[kind, index, NIGHTS]))
            stay = nights.mean() * MINUTES_PER_DAY + discharge - WORKING_HOURS_START
            beds.mean[mine] += overnight[mine] * stay / (364 * MINUTES_PER_DAY)
            # Still there so many days after admission, the day of discharge included.
            there = 1 - np.cumsum(np.bincount(nights + 1)) / len(nights)
            days = np.arange(WEEKDAYS)[:, None] - np.arange(len(there))
            in_bed = np.where(days % 7 < WEEKDAYS, there, 0.0).sum() / WEEKDAYS
            beds.morning[mine] += overnight[mine] / working_days * in_bed
    return result


def staffed_beds(load: float, target: float) -> int:
    """Return the beds at the target load; at least two standard deviations above the mean, and two."""
    return max(2, math.ceil(max(load / target, load + 2 * math.sqrt(load))))


def ward_beds(
    load: float, planned: PlannedBeds | None, row: int, target: float, reserve: float, least: int
) -> int:
    """Return the beds of a ward with this mean load at a location: `staffed_beds`, or more for its mornings.

    On a working morning the planner finds beds for his patients, beside the other patients with a standard
    deviation of chance and the acute reserve (a share of the beds, at least `least`).
    """
    beds = staffed_beds(load, target)
    if planned is None:
        return beds
    unplanned = max(0.0, load - float(planned.mean[row]))
    morning = unplanned + float(planned.morning[row]) + math.sqrt(load)
    return max(beds, math.ceil(max(morning / (1 - reserve), morning + least)))
