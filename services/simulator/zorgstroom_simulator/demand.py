"""Demand: the patients of one replication, as columns.

What is sampled here depends on (dataset, demand year, seed, replication) alone, never on who offers what or
on capacities: common random numbers by construction. Elective demand starts long before the run: who was
referred then and is still waiting at minute 0 *is* the standing waiting list, in number (Little's law) and in
ages of waiting.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import DURATIONS, TARGET_FACTOR, BoolArray, Dataset, Int32Array, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar, public_holidays
from zorgstroom.domain.hospital import IC_TYPES, TREATMENT_LISTS, WARD_GROUPS
from zorgstroom.domain.profile import SETTINGS
from zorgstroom.planning.attraction import type_index
from zorgstroom.planning.case_mix import case_mix_permille
from zorgstroom.planning.expected import persons_per_year
from zorgstroom_simulator.randomness import (
    UInt64Array,
    below_permillion,
    cell_keys,
    patient_keys,
    poisson,
    words,
)

Int16Array = npt.NDArray[np.int16]
Int8Array = npt.NDArray[np.int8]

OVERNIGHT, OBSERVATION, DAY, OUTPATIENT = range(len(SETTINGS))
WEEK_MINUTES = 7 * MINUTES_PER_DAY
#: How patients move: acute at once; elective through clinic and list; a visit only; sessions without queue.
ACUTE, ELECTIVE, VISIT, SESSIONS = range(4)


@dataclass(frozen=True)
class ProfileTable:
    """The profiles' rules as integer columns, one row per profile."""

    acute_permillion: Int64Array
    setting_cumulative: Int64Array  # [P, 4] per million
    procedure_permillion: Int64Array
    ic_permillion: Int64Array
    ic_type: Int8Array  # index in IC_TYPES, -1 none
    ward_group: Int8Array
    procedure_list: Int8Array  # index in TREATMENT_LISTS
    specialty: Int16Array  # -1: drawn per patient
    weight: Int32Array
    pathway: Int8Array  # 0 care, 1 sessions, 2 visit
    always_acute: BoolArray
    visit_wait_minutes: Int64Array
    treatment_wait_minutes: Int64Array


@lru_cache(maxsize=4)
def profile_table(dataset: Dataset) -> ProfileTable:
    """Return the integer columns of the dataset's profiles."""
    profiles = dataset.profiles

    def million(values: list[float]) -> Int64Array:
        return np.asarray(np.rint(np.array(values) * 1_000_000), dtype=np.int64)

    settings = np.cumsum([[p.setting_shares[s] for s in SETTINGS] for p in profiles], axis=1)
    return ProfileTable(
        acute_permillion=million([p.acute_share for p in profiles]),
        setting_cumulative=np.rint(settings * 1_000_000).astype(np.int64),
        procedure_permillion=million([p.procedure_share for p in profiles]),
        ic_permillion=million([p.ic_probability if p.ic_type else 0.0 for p in profiles]),
        ic_type=np.array([IC_TYPES.index(p.ic_type) if p.ic_type else -1 for p in profiles], np.int8),
        ward_group=np.array([WARD_GROUPS.index(p.ward_group) for p in profiles], np.int8),
        procedure_list=np.array([TREATMENT_LISTS.index(p.procedure_list) for p in profiles], np.int8),
        specialty=np.array(
            [-1 if p.pathway == "visit" else dataset.specialty_index[p.specialty] for p in profiles], np.int16
        ),
        weight=np.array([p.weight for p in profiles], np.int32),
        pathway=np.array([("care", "sessions", "visit").index(p.pathway) for p in profiles], np.int8),
        always_acute=np.array([p.always_acute for p in profiles], np.bool_),
        visit_wait_minutes=np.rint(
            np.array([p.wait_first_visit_weeks for p in profiles]) * WEEK_MINUTES
        ).astype(np.int64),
        treatment_wait_minutes=np.rint(
            np.array([p.wait_treatment_weeks for p in profiles]) * WEEK_MINUTES
        ).astype(np.int64),
    )


@dataclass(frozen=True)
class Patients:
    """Everything about the patients that no scenario changes; row i is patient i, in order of (minute, key).

    `minute` is the arrival of an acute patient and the referral of an elective one; negative before the run.
    Durations are raw quantiles: the case mix of the baseline location's type is applied once, in
    `with_case_mix`, and goes with the patient into every scenario.
    """

    key: UInt64Array
    area: Int16Array
    profile: Int16Array
    minute: Int64Array
    flow: Int8Array
    setting: Int8Array
    specialty: Int16Array
    weight: Int32Array
    needs_ic: BoolArray
    has_procedure: BoolArray
    nights: Int32Array
    procedure_minutes: Int32Array
    ic_minutes: Int32Array
    #: Target minutes from list entry to treatment: published wait of the profile x the patient's factor.
    target_minutes: Int64Array

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: npt.NDArray[np.int64] | BoolArray) -> Patients:
        """Return the patients of these rows, in this order."""
        return Patients(**{f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)})


@dataclass(frozen=True)
class Pattern:
    """Cumulative intensity of demand per hour, from `first_day` (negative: before the run) to the end of the run."""

    first_day: int
    cumulative: Int64Array  # [hours + 1]
    year: int  # weight of the measured year of 364 days

    def at_day(self, day: npt.NDArray[np.int64]) -> Int64Array:
        """Return the cumulative weight at 00:00 of a day."""
        return np.asarray(self.cumulative[(day - self.first_day) * 24])

    def minute(self, lower: Int64Array, upper: Int64Array, bits: UInt64Array) -> Int64Array:
        """Return a minute for each patient, between his bounds of cumulative weight, by inversion."""
        if int(self.cumulative[-1]) >= 2**32:
            raise ValueError("demand pattern weights are too large")
        span = (upper - lower).astype(np.uint64)
        position = lower + (((bits >> np.uint64(32)) * span) >> np.uint64(32)).astype(np.int64)
        hour = np.searchsorted(self.cumulative, position, side="right") - 1
        within = (((bits & np.uint64(0xFFFFFFFF)) * np.uint64(60)) >> np.uint64(32)).astype(np.int64)
        return np.asarray((hour + self.first_day * 24) * 60 + within)


def make_pattern(dataset: Dataset, name: str, calendar: Calendar, days_before: int) -> Pattern:
    """Return the intensity of a pattern: month x weekday x hour weights; referrals stop on public holidays."""
    month, weekday, hour = (dataset.demand_patterns[name, kind] for kind in ("month", "weekday", "hour"))
    first = calendar.start - dt.timedelta(days=days_before)
    days_after = max(0, 364 - calendar.weeks * 7)
    dates = [first + dt.timedelta(days=day) for day in range(days_before + calendar.days + days_after)]
    by_day = np.array([int(month[date.month - 1]) * int(weekday[date.weekday()]) for date in dates], np.int64)
    if name == "referral":
        holidays = {day for year in {date.year for date in dates} for day in public_holidays(year)}
        by_day[[date in holidays for date in dates]] = 0
    # Month and weekday weights are about 1,000 each; the sum over all years must stay below 2^32 (see `minute`).
    hourly = ((by_day // 10_000)[:, None] * hour[None, :]).ravel()
    cumulative = np.concatenate([[0], np.cumsum(hourly)]).astype(np.int64)
    start = (calendar.measured_from_day + days_before) * 24
    return Pattern(-days_before, cumulative, int(cumulative[start + 364 * 24] - cumulative[start]))


def quantile(dataset: Dataset, profile: int, duration: str, bits: UInt64Array) -> Int32Array:
    """Return a duration for each patient of one profile from its quantile table (zeros where it has none)."""
    table = dataset.quantiles.get((dataset.profiles[profile].id, duration))
    if table is None:
        return np.zeros(len(bits), np.int32)
    return np.asarray(table[(bits >> np.uint64(52)).astype(np.int64)])


def target_factor_permille(dataset: Dataset, bits: UInt64Array) -> Int64Array:
    """Return each patient's factor on the published wait, per mille: lognormal, mean 1, CV from the parameters."""
    return dataset.quantiles[TARGET_FACTOR][(bits >> np.uint64(52)).astype(np.int64)].astype(np.int64)


def longest_wait_days(dataset: Dataset, table: ProfileTable) -> Int64Array:
    """Return per profile how many days before the run a patient may be referred and still wait at its start."""
    longest = int(dataset.quantiles[TARGET_FACTOR][-1])
    # A visit without further care waits as long as its specialty, drawn per patient.
    by_specialty = int(max(s.wait_first_visit_weeks for s in dataset.specialties) * WEEK_MINUTES) + 1
    visit = np.where(table.pathway == 2, by_specialty, table.visit_wait_minutes)
    minutes = visit + table.treatment_wait_minutes * longest // 1000
    work_up = int(dataset.parameter("work_up_days")) * 2 + 10
    days = minutes // MINUTES_PER_DAY + 1 + np.where(table.pathway == 0, work_up, 10)
    no_queue = (table.pathway == 1) | table.always_acute | (table.acute_permillion >= 1_000_000)
    return np.asarray(np.where(no_queue, 0, days))


def sample_patients(
    dataset: Dataset, calendar: Calendar, seed: int, replication: int, cells: BoolArray | None = None
) -> Patients:
    """Sample the patients of one replication from a Poisson process per area and profile.

    `cells` bool[A, P] limits the sampling; the patients of a cell do not depend on which other cells are sampled.
    Elective patients from before the run are all here; `still_waiting_at_start` tells who is left of them.
    """
    table = profile_table(dataset)
    days_before = longest_wait_days(dataset, table)
    referral = make_pattern(dataset, "referral", calendar, int(days_before.max(initial=0)))
    acute = make_pattern(dataset, "acute", calendar, 0)
    yearly = persons_per_year(dataset, calendar.demand_year)
    keys = cell_keys(seed, replication, [a.id for a in dataset.areas], [p.id for p in dataset.profiles])

    parts: list[Patients] = []
    for flow_acute in (True, False):
        share = table.acute_permillion / 1_000_000
        share = np.where(table.always_acute, 1.0, share)
        share = np.where(table.pathway != 0, 0.0, share)
        share = share if flow_acute else 1.0 - share
        pattern = acute if flow_acute else referral
        first = np.zeros_like(days_before) if flow_acute else -days_before
        lower = pattern.at_day(first)
        upper = np.full_like(lower, int(pattern.at_day(np.array([calendar.days]))[0]))
        mean = yearly * share * ((upper - lower) / pattern.year)
        if cells is not None:
            mean = np.where(cells, mean, 0.0)
        flow_keys = words(keys, "acute" if flow_acute else "elective")
        counts = poisson(mean, words(flow_keys, "count"), dataset.normal)
        area, profile = np.nonzero(counts)
        number = counts[area, profile]
        cell = np.repeat(np.arange(len(number)), number)
        rank = np.arange(len(cell)) - np.repeat(np.cumsum(number) - number, number)
        key = patient_keys(flow_keys[area, profile][cell], rank)
        parts.append(
            _describe(dataset, table, pattern, lower, upper, flow_acute, key, area[cell], profile[cell])
        )
    return _sorted(parts)


def _describe(
    dataset: Dataset,
    table: ProfileTable,
    pattern: Pattern,
    lower: Int64Array,
    upper: Int64Array,
    acute: bool,
    key: UInt64Array,
    area: Int64Array,
    profile: Int64Array,
) -> Patients:
    """Draw everything about patients whose cell is known."""
    pathway = table.pathway[profile]
    flow = np.where(pathway == 1, SESSIONS, np.where(pathway == 2, VISIT, ACUTE if acute else ELECTIVE))
    uniform = ((words(key, "setting") >> np.uint64(32)) * np.uint64(1_000_000) >> np.uint64(32)).astype(
        np.int64
    )
    setting = (uniform[:, None] >= table.setting_cumulative[profile][:, :3]).sum(axis=1)
    has_procedure = below_permillion(key, "procedure", table.procedure_permillion[profile])
    # Only who stays a night can be on the IC: its probability is per patient with an overnight stay or observation.
    inpatient = setting <= OBSERVATION
    needs_ic = below_permillion(key, "ic", table.ic_permillion[profile]) & inpatient & (flow <= ELECTIVE)
    setting = np.where(needs_ic, OVERNIGHT, setting)
    has_procedure &= flow <= ELECTIVE

    nights = np.zeros(len(key), np.int32)
    procedure_minutes = np.zeros(len(key), np.int32)
    ic_minutes = np.zeros(len(key), np.int32)
    draws = {name: words(key, name) for name in ("nights", "procedure_minutes", "ic_minutes")}
    order = np.argsort(profile, kind="stable")
    bounds = np.searchsorted(profile[order], np.arange(len(dataset.profiles) + 1))
    for index in range(len(dataset.profiles)):
        rows = order[bounds[index] : bounds[index + 1]]
        if len(rows):
            nights[rows] = quantile(dataset, index, "nights", draws["nights"][rows])
            procedure_minutes[rows] = quantile(
                dataset, index, "procedure_minutes", draws["procedure_minutes"][rows]
            )
            ic_minutes[rows] = quantile(dataset, index, "ic_minutes", draws["ic_minutes"][rows])
    factor = target_factor_permille(dataset, words(key, "target"))
    specialty = table.specialty[profile].astype(np.int16)
    visits = specialty < 0
    if visits.any():
        shares = np.cumsum([s.first_visit_share for s in dataset.specialties])
        steps = np.rint(shares / shares[-1] * 2**32).astype(np.uint64)
        drawn = np.searchsorted(steps, words(key[visits], "specialty") >> np.uint64(32), side="right")
        specialty[visits] = np.minimum(drawn, len(steps) - 1)
    return Patients(
        key=key,
        area=area.astype(np.int16),
        profile=profile.astype(np.int16),
        minute=pattern.minute(lower[profile], upper[profile], words(key, "minute")),
        flow=flow.astype(np.int8),
        setting=setting.astype(np.int8),
        specialty=specialty,
        weight=table.weight[profile],
        needs_ic=needs_ic,
        has_procedure=has_procedure,
        nights=np.where(setting == OVERNIGHT, nights, 0).astype(np.int32),
        procedure_minutes=np.where(has_procedure, procedure_minutes, 0).astype(np.int32),
        ic_minutes=np.where(needs_ic, ic_minutes, 0).astype(np.int32),
        target_minutes=table.treatment_wait_minutes[profile] * factor // 1000,
    )


def _sorted(parts: list[Patients]) -> Patients:
    """Join the parts in order of (minute, key)."""
    joined = Patients(
        **{
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in dataclasses.fields(Patients)
        }
    )
    return joined.take(np.lexsort((joined.key, joined.minute)))


def with_case_mix(dataset: Dataset, patients: Patients, baseline_location: Int16Array) -> Patients:
    """Return the patients with the durations of the type of hospital they go to in the baseline.

    Differences between hospital types are case mix: a stay, an operation and an IC need belong to the patient.
    Nights at least 1 for an overnight stay; an IC stay lies inside the stay: nights >= IC nights + 1.
    """
    permille = case_mix_permille(dataset)[type_index(dataset)[baseline_location], patients.profile]

    def scaled(raw: Int32Array, duration: str) -> Int64Array:
        return raw.astype(np.int64) * permille[:, DURATIONS.index(duration)]

    night_scale = 1000 * 1000  # quantiles are thousandths of a night, factors thousandths of one
    nights = (scaled(patients.nights, "nights") + night_scale // 2) // night_scale
    procedure = (scaled(patients.procedure_minutes, "procedure_minutes") + 500) // 1000
    ic = (scaled(patients.ic_minutes, "ic_minutes") + 500) // 1000
    ic = np.where(patients.needs_ic, np.maximum(ic, 1), 0)
    nights = np.maximum(nights, 1)
    nights = np.where(patients.needs_ic, np.maximum(nights, -(-ic // MINUTES_PER_DAY) + 1), nights)
    return dataclasses.replace(
        patients,
        nights=np.where(patients.setting == OVERNIGHT, nights, 0).astype(np.int32),
        procedure_minutes=np.where(patients.has_procedure, np.maximum(procedure, 1), 0).astype(np.int32),
        ic_minutes=ic.astype(np.int32),
    )
