"""The work that patients of a profile bring to the pools of a location."""

from __future__ import annotations

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import clinic_pool, ic_pool, ward_pool
from zorgstroom.planning.attraction import type_index, without_ic_need
from zorgstroom.planning.case_mix import mean_stays
from zorgstroom.planning.expected import FloatArray

#: Planned patients are admitted at seven in the morning.
WORKING_HOURS_START = 7 * 60


def work_of_profile(
    dataset: Dataset,
    index: int,
    persons: FloatArray,
    need_ic: FloatArray,
    working_days: int,
    acute_share: float | None = None,
) -> dict[str, FloatArray]:
    """Return the work of one profile per pool, for all locations: float64[L].

    `persons` a year at each location and those among them who need an IC: float64[L]. In mean occupied beds, and
    in patients, minutes, admissions or visits per working day; case mix is that of the location's type. `acute_share`
    is the share of acute patients among them, if it is not that of the profile.
    """
    profile = dataset.profiles[index]
    if profile.pathway == "sessions":
        return {}
    if profile.pathway == "visit":
        visits = persons * profile.weight / working_days
        return {clinic_pool(s.id): visits * s.first_visit_share for s in dataset.specialties}
    stays, kinds = mean_stays(dataset), type_index(dataset)
    minutes_of_year = 364 * MINUTES_PER_DAY
    settings = profile.setting_shares
    acute = 1.0 if profile.always_acute else profile.acute_share
    acute = acute if acute_share is None else acute_share
    elective = 1.0 - acute
    others = without_ic_need(profile, persons, need_ic)
    ward_only = others * (1 - profile.ic_probability if profile.ic_type else 1.0)
    work = {clinic_pool(profile.specialty): persons * elective / working_days}
    # From admission to eleven in the morning after the last night.
    admitted_at = acute * _mean_minute_of_day(dataset) + elective * WORKING_HOURS_START
    partial_day = dataset.parameter("discharge_minute") - admitted_at
    ic_minutes = stays.ic_minutes[kinds, index]
    bed_minutes = (
        ward_only * settings["overnight"] * (stays.nights[kinds, index] * MINUTES_PER_DAY + partial_day)
        + need_ic * (stays.nights_with_ic[kinds, index] * MINUTES_PER_DAY + partial_day - ic_minutes)
        + ward_only * settings["observation"] * dataset.parameter("observation_minutes")
    )
    work[ward_pool(profile.ward_group)] = bed_minutes / minutes_of_year
    if profile.ic_type:
        work[ic_pool(profile.ic_type)] = need_ic * ic_minutes / minutes_of_year
    work["day"] = others * settings["day"] / working_days
    rooms = profile.procedure_list
    if rooms != "adm":
        # Acute care without a bed or day place, as a birth in the policlinic, meets no queue and no room.
        in_room = persons - acute * others * settings["outpatient"]
        minutes = stays.procedure_minutes[kinds, index] + dataset.parameter("change_over_minutes")
        work[rooms] = in_room * profile.procedure_share * minutes / working_days
    without_room = 1.0 if rooms == "adm" else 1.0 - profile.procedure_share
    work["adm"] = persons * elective * without_room / working_days
    return work


def _mean_minute_of_day(dataset: Dataset) -> float:
    """Return the mean minute of the day at which acute patients arrive."""
    hours = dataset.demand_patterns["acute", "hour"].astype(np.float64)
    return float((hours * (np.arange(24) * 60 + 30)).sum() / hours.sum())
