"""Demand: the patients of one replication, as columns.

What is sampled here depends on (dataset, demand year, seed, replication) alone, never on who offers what or
on capacities: common random numbers by construction. Elective demand starts long before the run: who was
referred then and is still waiting at minute 0 *is* the standing waiting list, in number (Little's law) and in
ages of waiting.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import DURATIONS, TARGET_FACTOR, BoolArray, Dataset, Int32Array, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar
from zorgstroom.domain.hospital import IC_TYPES, TREATMENT_LISTS, WARD_GROUPS
from zorgstroom.domain.profile import SETTINGS, Pathway
from zorgstroom.planning.attraction import type_index
from zorgstroom.planning.case_mix import case_mix_permille
from zorgstroom.planning.demand import ExpectedDemand, FloatArray, LaterYear, persons_of
from zorgstroom_simulator.drawing import draw, sort_rows
from zorgstroom_simulator.memory import give_back
from zorgstroom_simulator.patterns import Pattern, make_pattern
from zorgstroom_simulator.randomness import (
    UInt64Array,
    below_permillion,
    cell_keys,
    name_hash,
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
        if isinstance(rows, np.ndarray) and rows.dtype == np.bool_:
            rows = np.flatnonzero(rows)
        return Patients(**{f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)})


def meets_queue(patients: Patients) -> BoolArray:
    """Return who meets queues or beds: planned care, and acute care with a bed or day place."""
    acute = (patients.flow == ACUTE) & (patients.setting <= DAY)
    return np.asarray(acute | (patients.flow == ELECTIVE) | (patients.flow == VISIT))


def quantile(dataset: Dataset, profile: int, duration: str, bits: UInt64Array) -> Int32Array:
    """Return a duration for each patient of one profile from its quantile table (zeros where it has none)."""
    table = dataset.quantiles.get((dataset.profiles[profile].id, duration))
    if table is None:
        return np.zeros(len(bits), np.int32)
    return np.asarray(table[(bits >> np.uint64(52)).astype(np.int64)])


def target_minutes(dataset: Dataset, profile: int, key: UInt64Array) -> Int64Array:
    """Return each patient's published minutes on the treatment list: the profile's wait x his own factor.

    The factor is lognormal, mean 1, CV from the parameters.
    """
    wait = profile_table(dataset).treatment_wait_minutes[profile]
    if not wait:
        return np.zeros(len(key), np.int64)
    by_factor = wait * dataset.quantiles[TARGET_FACTOR].astype(np.int64) // 1000
    return np.asarray(by_factor[(words(key, "target") >> np.uint64(52)).astype(np.int64)])


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
    rows = rows[in_time(patients.minute[rows], patients.key[rows])]
    pair = patients.area[rows].astype(np.int64) * len(dataset.locations) + baseline_location[rows]
    # Numbers of sixteen bits are sorted much faster.
    smallest = np.min_scalar_type(len(dataset.areas) * len(dataset.locations))
    by_pair = np.argsort(pair.astype(smallest), kind="stable")
    order, pair = rows[by_pair], pair[by_pair]
    waits = patients.minute[order] >= -specialty_wait_minutes(dataset).max()
    # Within a pair those who came too early stand first; where nobody waits by then, the last one counts.
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    number = np.diff(starts, append=len(pair))
    first = starts + np.minimum(np.add.reduceat(~waits, starts, dtype=np.int64), number - 1)
    turn = (np.arange(len(order)) - np.repeat(first, number)).astype(np.uint64) * _GOLDEN + np.repeat(
        words(patients.key[order[first]], "specialty"), number
    )
    shares = np.cumsum([specialty.first_visit_share for specialty in dataset.specialties])
    steps = np.rint(shares / shares[-1] * 2**32).astype(np.uint64)
    drawn = np.searchsorted(steps, turn >> np.uint64(32), side="right")
    specialty, wait = patients.specialty.copy(), patients.visit_wait_minutes.copy()
    specialty[order] = np.minimum(drawn, len(steps) - 1)
    wait[order] = specialty_wait_minutes(dataset)[specialty[order]]
    return dataclasses.replace(patients, specialty=specialty, visit_wait_minutes=wait)


def _scaled_waits(patients: Patients, visit_permille: Int64Array, treatment_permille: Int64Array) -> Patients:
    return dataclasses.replace(
        patients,
        visit_wait_minutes=(patients.visit_wait_minutes * visit_permille // 1000).astype(np.int32),
        target_minutes=patients.target_minutes * treatment_permille // 1000,
    )


def longest_permille(dataset: Dataset, *, published: bool = False) -> tuple[Int64Array, Int64Array]:
    """Return the longest wait that any location has, per mille of the published one and not below it.

    To the first visit per specialty int64[S], and on the treatment list per profile int64[P]. `published`: whatever
    locations gave of themselves.
    """
    own = None if published else own_waits(dataset)
    if own is None:
        return np.full(len(dataset.specialties), 1000), np.full(len(dataset.profiles), 1000)
    visit, treatment = (np.maximum(1000, permille.max(axis=0)) for permille in own)
    return visit, treatment


def longest_waits(dataset: Dataset, drawn: Drawn, rows: Int64Array) -> tuple[int, Int64Array]:
    """Return the minutes to a first visit and on the list, int64 of each of `rows`, where the waits are longest."""
    table = profile_table(dataset)
    visit, treatment = longest_permille(dataset)
    if table.pathway[drawn.profile] == VISIT_PATHWAY:
        to_visit = int(specialty_wait_minutes(dataset).max() * visit.max()) // 1000
    else:
        own = visit[table.specialty[drawn.profile]]
        to_visit = int(table.visit_wait_minutes[drawn.profile] * own) // 1000
    target = target_minutes(dataset, drawn.profile, drawn.key[rows])
    return to_visit, target * treatment[drawn.profile] // 1000


def longest_wait_days(dataset: Dataset, table: ProfileTable, *, published: bool = False) -> Int64Array:
    """Return per profile how many days before the run a patient may be referred and still wait at its start.

    `published`: by the published waits, whatever locations gave of themselves.
    """
    longest = int(dataset.quantiles[TARGET_FACTOR][-1])
    visit_permille, treatment_permille = longest_permille(dataset, published=published)
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


@dataclass(frozen=True)
class Drawn:
    """Patients of one profile of whom is known only who they are, where they live and when they come."""

    profile: int
    key: UInt64Array
    area: Int16Array
    minute: Int64Array
    flow: Int8Array
    #: Expected cases per area and age band, by which their ages are drawn: float64[A, B].
    by_age: FloatArray

    def __len__(self) -> int:
        return len(self.key)

    def take(self, rows: npt.NDArray[np.int64]) -> Drawn:
        """Return the patients of these rows, in this order."""
        return dataclasses.replace(
            self,
            key=self.key[rows],
            area=self.area[rows],
            minute=self.minute[rows],
            flow=self.flow[rows],
        )


@dataclass(frozen=True)
class _Stream:
    """Acute or other patients of profiles (columns): how many come from each area, and in which part of a pattern."""

    acute: bool
    pattern: Pattern
    lower: Int64Array  # [profiles], cumulative weight of the pattern
    upper: Int64Array
    keys: UInt64Array  # [A, profiles]
    number: Int64Array


class Sampler:
    """Draws the patients of one replication, one profile at a time.

    The patients of a cell (area, profile) depend on no other cell: sampled alone or among all, they are the same.
    """

    def __init__(
        self,
        dataset: Dataset,
        calendar: Calendar,
        demand: ExpectedDemand,
        seed: int,
        replication: int,
        later: Sequence[LaterYear] = (),
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
        self._usual = self._streams()
        self._later = [(year, self._streams_of(year)) for year in later]

    def _streams(self) -> list[_Stream]:
        """Return who comes anyway: acute patients, all others, and those whom a location lets wait longer."""
        every = np.arange(len(self.dataset.profiles))
        end = np.full(len(every), self._days)
        first, published = -self._days_before, -self._published_before
        streams = [
            self._stream(every, self.demand.persons, acute, "", published, end) for acute in (True, False)
        ]
        if (first < published).any():
            # From a stream of their own: everybody else stays who he is.
            streams.append(self._stream(every, self.demand.persons, False, " earlier", first, published))
        return streams

    def _streams_of(self, year: LaterYear) -> list[_Stream]:
        """Return who comes in a later year besides who would come anyway, from streams of its own."""
        every = np.arange(len(self.dataset.profiles))
        first, until = np.full(len(every), year.first_day), np.full(len(every), year.until)
        persons, name = persons_of(self.dataset, year.more), f" year {year.number}"
        return [self._stream(every, persons, acute, name, first, until) for acute in (True, False)]

    def _stream(
        self,
        profiles: Int64Array,
        persons: FloatArray,
        acute: bool,
        name: str,
        first_day: Int64Array,
        until: Int64Array,
    ) -> _Stream:
        """Return how many acute or other patients of the profiles come on the days from `first_day` to `until`.

        `persons` float64[A, profiles] a year. Poisson per cell.
        """
        table = self._table
        care = table.pathway[profiles] == CARE_PATHWAY
        share = np.where(table.always_acute[profiles], 1.0, table.acute_permillion[profiles] / 1_000_000)
        share = np.where(care, share, 0.0)
        share = share if acute else 1.0 - share
        pattern = self._acute if acute else self._referral
        lower = pattern.at_day(np.maximum(first_day, 0) if acute else first_day)
        upper = pattern.at_day(until)
        mean = persons * share * ((upper - lower) / pattern.year)
        keys = words(self._keys[:, profiles], f"{'acute' if acute else 'elective'}{name}")
        return _Stream(
            acute, pattern, lower, upper, keys, poisson(mean, words(keys, "count"), self.dataset.normal)
        )

    def patients(self, profile: int, areas: BoolArray | None = None) -> Drawn:
        """Return the patients of a profile, of these areas (bool[A]) or of all, in no particular order.

        Elective patients from before the run are all here; `pathways.published_waits` tells who is left of them.
        """
        by_age = self.demand.by_age[:, profile]
        drawn = _together([self._draw(profile, stream, profile, by_age, areas) for stream in self._usual])
        return drawn.take(np.flatnonzero(self._comes(drawn))) if self._later else drawn

    def later_patients(self, profile: int, areas: BoolArray | None = None) -> Iterator[Drawn]:
        """Yield the patients of a profile who come besides in each later year; see `patients`."""
        for year, streams in self._later:
            by_age = year.more[:, profile]
            yield _together([self._draw(profile, stream, profile, by_age, areas) for stream in streams])

    def _comes(self, drawn: Drawn) -> BoolArray:
        """Return who of the first year's patients comes still where a later year has fewer: bool[n]."""
        comes = np.ones(len(drawn), np.bool_)
        for year, _ in self._later:
            fewer = year.fewer_permillion[:, drawn.profile]
            if not fewer.any():
                continue
            minute = drawn.minute // MINUTES_PER_DAY
            rows = np.flatnonzero((minute >= year.first_day) & (minute < year.until))
            key, area = drawn.key[rows], drawn.area[rows]
            comes[rows] = permillion(key, "fewer") >= fewer[area, age_bands(drawn.by_age, key, area)]
        return comes

    def extra_patients(self, profile: int, by_age: FloatArray, first_day: int, name: str) -> Drawn:
        """Return patients who come from a day on besides the others, from a stream of their own.

        `by_age` float64[A, B]: their expected cases a year x 1,000.
        """
        whole = np.zeros((len(by_age), len(self.dataset.profiles), by_age.shape[1]))
        whole[:, profile] = by_age
        own = np.array([profile])
        persons = persons_of(self.dataset, whole)[:, own]
        first, end = np.array([min(max(0, first_day), self._days)]), np.array([self._days])
        streams = [self._stream(own, persons, acute, f" {name}", first, end) for acute in (True, False)]
        return _together([self._draw(profile, stream, 0, by_age, None) for stream in streams])

    def _draw(
        self, profile: int, stream: _Stream, column: int, by_age: FloatArray, areas: BoolArray | None
    ) -> Drawn:
        """Draw the patients of a profile, which has this column in the stream; their moments by inversion."""
        number = stream.number[:, column]
        number = np.ascontiguousarray(number) if areas is None else np.where(areas, number, 0)
        total = int(number.sum())
        key, area, minute = np.empty(total, np.uint64), np.empty(total, np.int16), np.empty(total, np.int64)
        pattern, lower, upper = stream.pattern, int(stream.lower[column]), int(stream.upper[column])
        draw(
            np.ascontiguousarray(stream.keys[:, column]),
            number,
            name_hash("minute"),
            lower,
            np.uint64(upper - lower),
            pattern.bounds,
            pattern.minutes,
            pattern.guide,
            pattern.shift,
            key,
            area,
            minute,
        )
        flow = {"care": ACUTE if stream.acute else ELECTIVE, "sessions": SESSIONS, "visit": VISIT}[
            self.dataset.profiles[profile].pathway
        ]
        return Drawn(profile, key, area, minute, np.full(total, flow, np.int8), by_age)


def _together(parts: list[Drawn]) -> Drawn:
    """Return patients of one profile, one part after the other."""
    parts = [part for part in parts if len(part)] or parts[:1]
    if len(parts) == 1:
        return parts[0]
    return dataclasses.replace(
        parts[0],
        key=np.concatenate([part.key for part in parts]),
        area=np.concatenate([part.area for part in parts]),
        minute=np.concatenate([part.minute for part in parts]),
        flow=np.concatenate([part.flow for part in parts]),
    )


def age_bands(by_age: FloatArray, key: UInt64Array, area: Int16Array) -> Int8Array:
    """Return the age band of each patient, drawn by the shares of his area: per million, int8[n]."""
    cumulative = np.cumsum(by_age, axis=1)
    total = np.where(cumulative[:, -1:] > 0, cumulative[:, -1:], 1.0)
    steps = np.rint(cumulative[:, :-1] / total * 1_000_000).astype(np.int32)
    uniform = permillion(key, "age").astype(np.int32)
    band = np.zeros(len(key), np.int8)
    row = area.astype(np.intp)
    for column in range(steps.shape[1]):
        band += uniform >= steps[:, column].take(row)
    return band


def who_needs_ic(dataset: Dataset, profile: int, key: UInt64Array) -> BoolArray:
    """Return who of the patients of a profile needs an IC.

    Only who stays a night can be on it: its probability is per patient with an overnight stay or observation.
    """
    table = profile_table(dataset)
    needs_ic = np.zeros(len(key), np.bool_)
    if table.ic_permillion[profile] and table.pathway[profile] == CARE_PATHWAY:
        rows = np.flatnonzero(below_permillion(key, "ic", table.ic_permillion[profile]))
        stays = table.setting_cumulative[profile, OBSERVATION]
        needs_ic[rows] = below_permillion(key[rows], "setting", stays)
    return needs_ic


def describe(dataset: Dataset, drawn: Drawn) -> Patients:
    """Draw everything else about patients of one profile, who stay in their order."""
    profile, key, n = drawn.profile, drawn.key, len(drawn)
    table = profile_table(dataset)
    needs_ic = who_needs_ic(dataset, profile, key)
    uniform = permillion(key, "setting")
    setting = np.zeros(n, np.int8)
    for upper in table.setting_cumulative[profile, :OUTPATIENT].tolist():
        setting += uniform >= upper
    setting[needs_ic] = OVERNIGHT
    has_procedure = np.zeros(n, np.bool_)
    if table.pathway[profile] == CARE_PATHWAY:
        has_procedure = below_permillion(key, "procedure", table.procedure_permillion[profile])
    nights, procedure_minutes, ic_minutes = (
        _durations(dataset, profile, duration, key, who)
        for who, duration in zip((setting == OVERNIGHT, has_procedure, needs_ic), DURATIONS, strict=True)
    )
    specialty = np.full(n, table.specialty[profile], np.int16)
    visit_wait = np.where(drawn.flow == ELECTIVE, table.visit_wait_minutes[profile], 0).astype(np.int32)
    if table.pathway[profile] == VISIT_PATHWAY:
        shares = np.cumsum([s.first_visit_share for s in dataset.specialties])
        steps = np.rint(shares / shares[-1] * 2**32).astype(np.uint64)
        drawn_specialty = np.searchsorted(steps, words(key, "specialty") >> np.uint64(32), side="right")
        specialty = np.minimum(drawn_specialty, len(steps) - 1).astype(np.int16)
        visit_wait = specialty_wait_minutes(dataset)[specialty].astype(np.int32)
    return Patients(
        key=key,
        area=drawn.area,
        profile=np.full(n, profile, np.int16),
        age_band=age_bands(drawn.by_age, key, drawn.area),
        minute=drawn.minute,
        flow=drawn.flow,
        setting=setting,
        specialty=specialty,
        weight=np.full(n, table.weight[profile], np.int32),
        needs_ic=needs_ic,
        has_procedure=has_procedure,
        nights=nights,
        procedure_minutes=procedure_minutes,
        ic_minutes=ic_minutes,
        visit_wait_minutes=visit_wait,
        target_minutes=target_minutes(dataset, profile, key),
    )


def _durations(dataset: Dataset, profile: int, duration: str, key: UInt64Array, who: BoolArray) -> Int32Array:
    """Return a raw duration of each of those patients who have it, 0 of the others: int32[n]."""
    durations = np.zeros(len(key), np.int32)
    rows = np.flatnonzero(who)
    if len(rows):
        durations[rows] = quantile(dataset, profile, duration, words(key[rows], duration))
    return durations


#: Bits by which is sorted at once: the counts of so many values stay in the fastest memory.
_DIGIT = 11


def in_time(minute: Int64Array, key: UInt64Array, later: BoolArray | None = None) -> Int64Array:
    """Return the rows in order of (minute, key): int64[n]; those of `later` after all others."""
    if not len(minute):
        return np.zeros(0, np.int64)
    packed = minute - minute.min()
    if later is not None:
        packed += later * (packed.max() + 1)
    bits = max(1, int(packed.max()).bit_length())
    # All at once when there are enough of them: of parts in order, what is next to each other stays so.
    digit = bits if len(packed) >= 1 << bits else _DIGIT
    packed <<= 32
    packed |= np.arange(len(packed))
    return sort_rows(packed, np.empty_like(packed), np.ascontiguousarray(key), bits, digit)


def joined(parts: Iterable[Patients]) -> tuple[Patients, Int64Array]:
    """Return the patients of several tables in the order of `Patients`, and their rows in the tables one by one.

    Of an iterator each column is let go when it is joined, so that never two whole copies exist.
    """
    columns: dict[str, list[npt.NDArray[Any]]] = {field.name: [] for field in dataclasses.fields(Patients)}
    direct = []
    for part in parts:
        direct.append(~meets_queue(part))
        for name, column in columns.items():
            column.append(getattr(part, name))
        del part
    order = in_time(np.concatenate(columns["minute"]), np.concatenate(columns["key"]), np.concatenate(direct))
    # One buffer for all columns: fresh memory costs as much time as the copy.
    buffer = np.empty(8 * len(order), np.uint8)
    made = {}
    for name in tuple(columns):
        column = columns.pop(name)
        joint = buffer[: column[0].itemsize * len(order)].view(column[0].dtype)
        made[name] = np.concatenate(column, out=joint).take(order)
        column.clear()
        give_back(after=len(order))
    return Patients(**made), order


def by_profile(patients: Patients, rows: Int64Array) -> list[tuple[int, Int64Array]]:
    """Return each profile that occurs, and its places in `rows`; who live in one area together, which is fastest."""
    profiles = patients.profile[rows]
    order = np.lexsort((patients.area[rows], profiles))
    number = np.bincount(profiles)
    ends = np.cumsum(number)
    return [(int(p), order[ends[p] - number[p] : ends[p]]) for p in np.flatnonzero(number)]


def rows_of_profiles(patients: Patients, profiles: Sequence[int]) -> Mapping[int, Int64Array]:
    """Return the rows of each of these profiles: everybody is looked at once, however many profiles there are."""
    rows_of = {profile: np.zeros(0, np.int64) for profile in profiles}
    if rows_of:
        about = np.zeros(max(int(patients.profile.max(initial=0)), *profiles) + 1, np.bool_)
        about[list(profiles)] = True
        rows = np.flatnonzero(about[patients.profile])
        rows_of |= {profile: rows[places] for profile, places in by_profile(patients, rows)}
    return rows_of


def with_case_mix(dataset: Dataset, patients: Patients, baseline_location: Int16Array) -> Patients:
    """Return the patients with the durations of the type of hospital they go to in the baseline.

    Differences between hospital types are case mix: a stay, an operation and an IC need belong to the patient.
    Nights at least 1 for an overnight stay; an IC stay lies inside the stay: nights >= IC nights + 1.
    """
    kinds, permille = type_index(dataset)[baseline_location], case_mix_permille(dataset)

    def scaled(raw: Int32Array, duration: str, rows: Int64Array) -> Int64Array:
        factor = permille[kinds[rows], patients.profile[rows], DURATIONS.index(duration)]
        return np.asarray(raw[rows].astype(np.int64) * factor)

    overnight, on_ic = np.flatnonzero(patients.setting == OVERNIGHT), np.flatnonzero(patients.needs_ic)
    treated = np.flatnonzero(patients.has_procedure)
    nights, procedure, ic = (np.zeros(len(patients), np.int32) for _ in DURATIONS)
    night_scale = 1000 * 1000  # quantiles are thousandths of a night, factors thousandths of one
    raw_nights = scaled(patients.nights, "nights", overnight)
    nights[overnight] = np.maximum(1, (raw_nights + night_scale // 2) // night_scale)
    raw_minutes = scaled(patients.procedure_minutes, "procedure_minutes", treated)
    procedure[treated] = np.maximum(1, (raw_minutes + 500) // 1000)
    raw_minutes = scaled(patients.ic_minutes, "ic_minutes", on_ic)
    ic[on_ic] = np.maximum(1, (raw_minutes + 500) // 1000)
    # Who needs an IC stays overnight.
    nights[on_ic] = np.maximum(nights[on_ic], -(-ic[on_ic] // MINUTES_PER_DAY) + 1)
    return dataclasses.replace(patients, nights=nights, procedure_minutes=procedure, ic_minutes=ic)
