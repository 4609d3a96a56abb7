"""Demand: the patients of one replication, as columns.

What is sampled here depends on (dataset, demand year, seed, replication) alone, never on who offers what or
on capacities: common random numbers by construction. Elective demand starts long before the run: who was
referred then and is still waiting at minute 0 *is* the standing waiting list, in number (Little's law) and in
ages of waiting.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import DURATIONS, TARGET_FACTOR, BoolArray, Dataset, Int32Array, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar, public_holidays
from zorgstroom.domain.hospital import IC_TYPES, TREATMENT_LISTS, WARD_GROUPS
from zorgstroom.domain.profile import SETTINGS, Pathway
from zorgstroom.planning.attraction import type_index
from zorgstroom.planning.case_mix import case_mix_permille
from zorgstroom.planning.demand import ExpectedDemand, FloatArray, persons_of
from zorgstroom_simulator.randomness import (
    UInt64Array,
    below_permillion,
    cell_keys,
    patient_keys,
    permillion,
    poisson,
    words,
)

Int16Array = npt.NDArray[np.int16]
Int8Array = npt.NDArray[np.int8]

OVERNIGHT, OBSERVATION, DAY, OUTPATIENT = range(len(SETTINGS))
WEEK_MINUTES = 7 * MINUTES_PER_DAY
#: How patients move: acute at once; elective through clinic and list; a visit only; sessions without queue.
ACUTE, ELECTIVE, VISIT, SESSIONS = range(4)
#: Pathways of profiles by code.
PATHWAYS: tuple[Pathway, ...] = ("care", "sessions", "visit")
CARE_PATHWAY, SESSIONS_PATHWAY, VISIT_PATHWAY = range(len(PATHWAYS))


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
    pathway: Int8Array
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
        pathway=np.array([PATHWAYS.index(p.pathway) for p in profiles], np.int8),
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
    """Everything about the patients that no scenario changes; row i is patient i.

    In order of (minute, key), who meets queues or beds before who does not (see `meets_queue`). `minute` is the
    arrival of an acute patient and the referral of an elective one; negative before the run. Durations are raw
    quantiles: the case mix of the baseline location's type is applied once, in `with_case_mix`, and goes with
    the patient into every scenario; so do the waits of that location, in `with_own_waits`.
    """

    key: UInt64Array
    area: Int16Array
    profile: Int16Array
    #: Index in `AGE_BANDS`.
    age_band: Int8Array
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
    #: Published minutes from referral to first visit; 0 for acute patients and sessions.
    visit_wait_minutes: Int32Array
    #: Target minutes from list entry to treatment: published wait of the profile x the patient's factor.
    target_minutes: Int64Array

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: npt.NDArray[np.int64] | BoolArray | slice) -> Patients:
        """Return the patients of these rows, in this order; of a slice without copying them."""
        return Patients(**{f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)})


def meets_queue(patients: Patients) -> BoolArray:
    """Return who meets queues or beds: planned care, and acute care with a bed or day place."""
    acute = (patients.flow == ACUTE) & (patients.setting <= DAY)
    return np.asarray(acute | (patients.flow == ELECTIVE) | (patients.flow == VISIT))


@dataclass(frozen=True)
class Pattern:
    """Cumulative intensity of demand per hour, from `first_day` (negative: before the run) to the end of the run."""

    first_day: int
    cumulative: Int64Array  # [hours + 1]
    year: int  # weight of the measured year of 364 days

    def at_day(self, day: npt.NDArray[np.int64]) -> Int64Array:
        """Return the cumulative weight at 00:00 of a day."""
        return np.asarray(self.cumulative[(day - self.first_day) * 24])

    def minute(self, lower: int, upper: int, bits: UInt64Array) -> Int64Array:
        """Return a minute for each patient, between two bounds of cumulative weight, by inversion."""
        if int(self.cumulative[-1]) >= 2**32:
            raise ValueError("demand pattern weights are too large")
        span = np.uint64(upper - lower)
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
    # Month and weekday weights are about 1,000 each; the sum over all years must stay below 2^32 (see `minute`), so
    # where waits reach back more than fifteen years the weights become coarser.
    coarser = 1 + int(by_day.sum()) // 10_000 * int(hour.sum()) // 2**32
    hourly = ((by_day // (10_000 * coarser))[:, None] * hour[None, :]).ravel()
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


@lru_cache(maxsize=4)
def own_waits(dataset: Dataset) -> tuple[Int64Array, Int64Array] | None:
    """Return the waits locations gave of themselves, per mille of the published ones; None if there are none.

    To the first visit per specialty int64[L, S], and on the treatment list per profile int64[L, P].
    """
    if not dataset.wait_permille:
        return None
    visit = np.full((len(dataset.locations), len(dataset.specialties)), 1000, np.int64)
    treatment = np.full((len(dataset.locations), len(dataset.profiles)), 1000, np.int64)
    for (location, what), permille in dataset.wait_permille.items():
        row = dataset.location_index[location]
        kind, _, specialty = what.partition(":")
        if kind == "clinic" and specialty:
            visit[row, dataset.specialty_index[specialty]] = permille
        else:
            treatment[row, dataset.profile_index[what]] = permille
    return visit, treatment


def with_own_waits(dataset: Dataset, patients: Patients, baseline_location: Int16Array) -> Patients:
    """Return the patients with the waits of the location they go to in the baseline, in every scenario."""
    own = own_waits(dataset)
    if own is None:
        return patients
    visit, treatment = own
    return _scaled_waits(
        patients,
        visit[baseline_location, patients.specialty],
        treatment[baseline_location, patients.profile],
    )


def with_visit_specialties(dataset: Dataset, patients: Patients, baseline_location: Int16Array) -> Patients:
    """Return visits without further care spread over the specialties of the location they go to in the baseline.

    A simulated visit stands for ten. Drawn one by one, the number at a small clinic would swing three times
    as much as that of real visits. So the visits from an area to a location, in order of time, go round the
    specialties by their shares: a Kronecker sequence with the golden ratio, from a start that chance decides. It
    starts with the first who waits at minute 0 by published waits: longer waits of one location, for which more
    is sampled, move nobody else.
    """
    rows = np.flatnonzero(patients.flow == VISIT)
    if not len(rows):
        return patients
    pair = patients.area[rows].astype(np.int64) * len(dataset.locations) + baseline_location[rows]
    in_time = np.lexsort((patients.key[rows], patients.minute[rows], pair))
    order, pair = rows[in_time], pair[in_time]
    waits = patients.minute[order] >= -specialty_wait_minutes(dataset).max()
    # Within a pair those who came too early stand first; where nobody waits by then, the last one counts.
    early = np.searchsorted(pair[~waits], pair, side="right") - np.searchsorted(
        pair[~waits], pair, side="left"
    )
    last = np.searchsorted(pair, pair, side="right") - 1
    first = np.minimum(np.searchsorted(pair, pair, side="left") + early, last)
    turn = (np.arange(len(order)) - first).astype(np.uint64) * _GOLDEN + words(
        patients.key[order[first]], "specialty"
    )
    shares = np.cumsum([specialty.first_visit_share for specialty in dataset.specialties])
    steps = np.rint(shares / shares[-1] * 2**32).astype(np.uint64)
    drawn = np.searchsorted(steps, turn >> np.uint64(32), side="right")
    specialty, wait = patients.specialty.copy(), patients.visit_wait_minutes.copy()
    specialty[order] = np.minimum(drawn, len(steps) - 1)
    wait[order] = specialty_wait_minutes(dataset)[specialty[order]]
    return dataclasses.replace(patients, specialty=specialty, visit_wait_minutes=wait)


def with_longest_waits(dataset: Dataset, patients: Patients) -> Patients:
    """Return the patients as if each went where the wait is longest: none of them waits longer than this."""
    if (patients.flow == VISIT).any():
        longest = np.int32(specialty_wait_minutes(dataset).max())
        wait = np.where(patients.flow == VISIT, longest, patients.visit_wait_minutes)
        patients = dataclasses.replace(patients, visit_wait_minutes=wait)
    own = own_waits(dataset)
    if own is None:
        return patients
    visit, treatment = (np.maximum(1000, permille.max(axis=0)) for permille in own)
    of_specialty = np.where(patients.flow == VISIT, visit.max(), visit[patients.specialty])
    return _scaled_waits(patients, of_specialty, treatment[patients.profile])


def _scaled_waits(patients: Patients, visit_permille: Int64Array, treatment_permille: Int64Array) -> Patients:
    return dataclasses.replace(
        patients,
        visit_wait_minutes=(patients.visit_wait_minutes * visit_permille // 1000).astype(np.int32),
        target_minutes=patients.target_minutes * treatment_permille // 1000,
    )


def longest_wait_days(dataset: Dataset, table: ProfileTable, *, published: bool = False) -> Int64Array:
    """Return per profile how many days before the run a patient may be referred and still wait at its start.

    `published`: by the published waits, whatever locations gave of themselves.
    """
    longest = int(dataset.quantiles[TARGET_FACTOR][-1])
    visit_permille = np.full(len(dataset.specialties), 1000, np.int64)
    treatment_permille = np.full(len(dataset.profiles), 1000, np.int64)
    own = None if published else own_waits(dataset)
    if own is not None:
        visit_permille, treatment_permille = (np.maximum(1000, permille.max(axis=0)) for permille in own)
    # A visit without further care waits as long as its specialty, drawn per patient.
    by_specialty = int((specialty_wait_minutes(dataset) * visit_permille // 1000).max()) + 1
    of_profile = table.visit_wait_minutes * visit_permille[np.maximum(table.specialty, 0)] // 1000
    visit = np.where(table.pathway == VISIT_PATHWAY, by_specialty, of_profile)
    minutes = visit + table.treatment_wait_minutes * treatment_permille // 1000 * longest // 1000
    work_up = int(dataset.parameter("work_up_days")) * 2 + 10
    days = minutes // MINUTES_PER_DAY + 1 + np.where(table.pathway == CARE_PATHWAY, work_up, 10)
    no_queue = (
        (table.pathway == SESSIONS_PATHWAY) | table.always_acute | (table.acute_permillion >= 1_000_000)
    )
    return np.asarray(np.where(no_queue, 0, days))


def specialty_wait_minutes(dataset: Dataset) -> Int64Array:
    """Return the published minutes from referral to a first visit without further care: int64[S]."""
    weeks = np.array([specialty.wait_first_visit_weeks for specialty in dataset.specialties])
    return np.asarray(np.rint(weeks * WEEK_MINUTES), dtype=np.int64)


#: 2^64 divided by the golden ratio: the multiples of no other number fill a circle as evenly.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Sampler:
    """Draws the patients of one replication, one profile at a time.

    The patients of a cell (area, profile) depend on no other cell: sampled alone or among all, they are the same.
    """

    def __init__(
        self, dataset: Dataset, calendar: Calendar, demand: ExpectedDemand, seed: int, replication: int
    ) -> None:
        self.dataset = dataset
        self.demand = demand
        self._days = calendar.days
        self._table = profile_table(dataset)
        self._days_before = longest_wait_days(dataset, self._table)
        self._published_before = longest_wait_days(dataset, self._table, published=True)
        self._referral = make_pattern(dataset, "referral", calendar, int(self._days_before.max(initial=0)))
        self._acute = make_pattern(dataset, "acute", calendar, 0)
        self._keys = cell_keys(
            seed, replication, [a.id for a in dataset.areas], [p.id for p in dataset.profiles]
        )

    def patients(self, profile: int, areas: BoolArray | None = None) -> Patients:
        """Return the patients of a profile, of these areas (bool[A]) or of all, in no particular order.

        Elective patients from before the run are all here; `pathways.published_waits` tells who is left of them.
        """
        persons = self.demand.persons[:, profile]
        if areas is not None:
            persons = np.where(areas, persons, 0.0)
        by_age = self.demand.by_age[:, profile]
        first, published = -int(self._days_before[profile]), -int(self._published_before[profile])
        parts = [self._draw(profile, by_age, persons, acute, "", published) for acute in (True, False)]
        if first < published:
            # A location gave a longer wait. From a stream of their own: everybody else stays who he is.
            parts.append(self._draw(profile, by_age, persons, False, " earlier", first, published))
        return joined(parts)

    def extra_patients(self, profile: int, by_age: FloatArray, first_day: int, stream: str) -> Patients:
        """Return patients who come from a day on besides the others, from a stream of their own.

        `by_age` float64[A, B]: their expected cases a year x 1,000.
        """
        whole = np.zeros((len(by_age), len(self.dataset.profiles), by_age.shape[1]))
        whole[:, profile] = by_age
        persons = persons_of(self.dataset, whole)[:, profile]
        first = min(max(0, first_day), self._days)
        return joined(
            [self._draw(profile, by_age, persons, acute, f" {stream}", first) for acute in (True, False)]
        )

    def _draw(
        self,
        profile: int,
        by_age: FloatArray,
        persons: FloatArray,
        acute: bool,
        stream: str,
        first_day: int,
        until: int | None = None,
    ) -> Patients:
        """Draw the acute or the other patients of a profile, of the days before `until` or of all.

        Poisson per area, their moments by inversion.
        """
        table = self._table
        share = table.acute_permillion[profile] / 1_000_000
        share = 1.0 if table.always_acute[profile] else share
        share = 0.0 if table.pathway[profile] != CARE_PATHWAY else share
        share = share if acute else 1.0 - share
        pattern = self._acute if acute else self._referral
        first = max(first_day, 0) if acute else first_day
        lower, upper = pattern.at_day(np.array([first, self._days if until is None else until])).tolist()
        mean = persons * share * ((upper - lower) / pattern.year)
        keys = words(self._keys[:, profile], f"{'acute' if acute else 'elective'}{stream}")
        number = poisson(mean, words(keys, "count"), self.dataset.normal)
        area = np.repeat(np.arange(len(number)), number)
        rank = np.arange(len(area)) - np.repeat(np.cumsum(number) - number, number)
        key = patient_keys(keys[area], rank)
        minute = pattern.minute(lower, upper, words(key, "minute"))
        return _describe(self.dataset, profile, acute, key, area, age_bands(by_age, key, area), minute)


def age_bands(by_age: FloatArray, key: UInt64Array, area: Int64Array) -> Int8Array:
    """Return the age band of each patient, drawn by the shares of his area: per million, int8[n]."""
    cumulative = np.cumsum(by_age, axis=1)
    total = np.where(cumulative[:, -1:] > 0, cumulative[:, -1:], 1.0)
    steps = np.rint(cumulative[:, :-1] / total * 1_000_000).astype(np.int32)
    uniform = permillion(key, "age").astype(np.int32)
    band = np.zeros(len(key), np.int8)
    for column in range(steps.shape[1]):
        band += uniform >= steps[area, column]
    return band


def _describe(
    dataset: Dataset,
    profile: int,
    acute: bool,
    key: UInt64Array,
    area: Int64Array,
    age_band: Int8Array,
    minute: Int64Array,
) -> Patients:
    """Draw everything else about patients of one profile."""
    table, n = profile_table(dataset), len(key)
    pathway = dataset.profiles[profile].pathway
    flow = {"care": ACUTE if acute else ELECTIVE, "sessions": SESSIONS, "visit": VISIT}[pathway]
    in_care = flow <= ELECTIVE
    setting = np.searchsorted(table.setting_cumulative[profile][:3], permillion(key, "setting"), side="right")
    # Only who stays a night can be on the IC: its probability is per patient with an overnight stay or observation.
    needs_ic = np.zeros(n, np.bool_)
    has_procedure = np.zeros(n, np.bool_)
    if in_care:
        needs_ic = below_permillion(key, "ic", table.ic_permillion[profile]) & (setting <= OBSERVATION)
        has_procedure = below_permillion(key, "procedure", table.procedure_permillion[profile])
    setting = np.where(needs_ic, OVERNIGHT, setting)
    nights, procedure_minutes, ic_minutes = (
        np.where(who, quantile(dataset, profile, duration, words(key, duration)), 0).astype(np.int32)
        for who, duration in zip((setting == OVERNIGHT, has_procedure, needs_ic), DURATIONS, strict=True)
    )
    factor = target_factor_permille(dataset, words(key, "target"))
    specialty = np.full(n, table.specialty[profile], np.int16)
    visit_wait = np.full(n, table.visit_wait_minutes[profile] if flow == ELECTIVE else 0, np.int32)
    if flow == VISIT:
        shares = np.cumsum([s.first_visit_share for s in dataset.specialties])
        steps = np.rint(shares / shares[-1] * 2**32).astype(np.uint64)
        drawn = np.searchsorted(steps, words(key, "specialty") >> np.uint64(32), side="right")
        specialty = np.minimum(drawn, len(steps) - 1).astype(np.int16)
        visit_wait = specialty_wait_minutes(dataset)[specialty].astype(np.int32)
    return Patients(
        key=key,
        area=area.astype(np.int16),
        profile=np.full(n, profile, np.int16),
        age_band=age_band,
        minute=minute,
        flow=np.full(n, flow, np.int8),
        setting=setting.astype(np.int8),
        specialty=specialty,
        weight=np.full(n, table.weight[profile], np.int32),
        needs_ic=needs_ic,
        has_procedure=has_procedure,
        nights=nights,
        procedure_minutes=procedure_minutes,
        ic_minutes=ic_minutes,
        visit_wait_minutes=visit_wait,
        target_minutes=table.treatment_wait_minutes[profile] * factor // 1000,
    )


def joined(parts: Sequence[Patients]) -> Patients:
    """Return the patients of several tables, one after the other."""
    return Patients(
        **{
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in dataclasses.fields(Patients)
        }
    )


def order_of(parts: Sequence[Patients]) -> npt.NDArray[np.intp]:
    """Return the rows of the joined tables in the order of `Patients`: who meets queues first, then (minute, key)."""
    key, minute = (np.concatenate([getattr(part, name) for part in parts]) for name in ("key", "minute"))
    direct = np.concatenate([~meets_queue(part) for part in parts])
    return np.lexsort((key, minute, direct))


def rearranged(parts: Sequence[Patients], rows: npt.NDArray[np.intp]) -> Patients:
    """Return these rows of the joined tables; column by column, so that never two whole copies exist."""
    return Patients(
        **{
            f.name: np.concatenate([getattr(part, f.name) for part in parts])[rows]
            for f in dataclasses.fields(Patients)
        }
    )


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
