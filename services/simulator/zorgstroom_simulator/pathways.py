"""From patients and choices to what the engine executes: due times, stages at the start, what a stay occupies.

The rules both engines share live here, so that an engine only executes queues.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Dataset, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar
from zorgstroom.domain.hospital import IC_TYPES, TREATMENT_LISTS, WARD_GROUPS
from zorgstroom.planning.plan import Plan
from zorgstroom_simulator.demand import (
    ACUTE,
    DAY,
    ELECTIVE,
    OBSERVATION,
    VISIT,
    Drawn,
    Int8Array,
    Int16Array,
    Patients,
    longest_waits,
    profile_table,
)
from zorgstroom_simulator.engines import NEVER, CapacityStep, Care, Network, PatientTable, Rules, Stage

ADM = TREATMENT_LISTS.index("adm")
#: Days after the run for which the calendar is known: work-up and waits may end there.
LOOK_BEYOND_DAYS = 2 * 364


def make_rules(dataset: Dataset) -> Rules:
    """Return the engine's rules from the dataset's parameters."""
    p = dataset.parameter
    return Rules(
        look_ahead=int(p("planner_look_ahead")),
        change_over_minutes=int(p("change_over_minutes")),
        acute_reserve_permille=round(p("acute_reserve_share") * 1000),
        acute_reserve_min=int(p("acute_reserve_min")),
        ic_reserve=int(p("ic_reserve")),
        outlier_permille=round(p("outlier_max_share") * 1000),
        diversion_delay_minutes=int(p("diversion_delay_minutes")),
        discharge_minute=int(p("discharge_minute")),
        day_turns_permille=round(p("day_turns") * 1000),
        work_up_working_days=int(p("work_up_days")),
    )


def make_network(dataset: Dataset, calendar: Calendar, queued: BoolArray, plan: Plan | None) -> Network:
    """Return the locations with their pools; `plan` adds its changes of capacity, on their days."""
    count = len(dataset.locations)
    ward = np.zeros((count, len(WARD_GROUPS)), np.int64)
    ic = np.zeros((count, len(IC_TYPES)), np.int64)
    day = np.zeros(count, np.int64)
    lists = np.zeros((count, len(TREATMENT_LISTS)), np.int64)
    clinic = np.full((count, len(dataset.specialties)), -1, np.int64)
    for (location_id, pool), capacity in dataset.capacities.items():
        row = dataset.location_index[location_id]
        kind, _, part = pool.partition(":")
        if kind == "ward":
            ward[row, [*WARD_GROUPS].index(part)] = capacity  # type: ignore[arg-type]
        elif kind == "ic":
            ic[row, [*IC_TYPES].index(part)] = capacity  # type: ignore[arg-type]
        elif kind == "day":
            day[row] = capacity
        elif kind == "clinic":
            clinic[row, dataset.specialty_index[part]] = capacity
        else:
            lists[row, [*TREATMENT_LISTS].index(kind)] = capacity  # type: ignore[arg-type]
    steps = tuple(
        CapacityStep(change.start_day, change.location, _engine_pool(dataset, change.pool), change.capacity)
        for change in (plan.capacities if plan else ())
    )
    return Network(
        working_days=calendar.working_days(after=LOOK_BEYOND_DAYS),
        days=calendar.days,
        rules=make_rules(dataset),
        queued=queued,
        ward_beds=ward,
        ic_beds=ic,
        day_places=day,
        list_capacity=lists,
        clinic_capacity=clinic,
        transfer_minutes=(dataset.transfer_hundredths.astype(np.int64) + 50) // 100,
        steps=steps,
    )


def _engine_pool(dataset: Dataset, pool: str) -> str:
    """Return the pool as engines know it: a clinic by the number of its specialty."""
    kind, _, part = pool.partition(":")
    return f"clinic:{dataset.specialty_index[part]}" if kind == "clinic" else pool


@dataclass(frozen=True)
class Waiting:
    """Waits and stages of the elective patients, by the published waits; the same under every scenario."""

    visit_due: Int64Array
    visit_minute: Int64Array
    list_minute: Int64Array
    stage: Int8Array
    #: False for who was referred before the run and treated before it.
    present: BoolArray


def published_waits(dataset: Dataset, calendar: Calendar, patients: Patients) -> Waiting:
    """Return when everybody is due, and where who was referred before the run is at minute 0.

    Before the run everything goes by the published waits: first visit after the wait of the profile (of the
    specialty for visits only), then work-up, then treatment after the patient's target. Who would be treated
    before minute 0 is not there any more; the others are the standing lists (L = lambda W, Little 1961).
    """
    n = len(patients)
    visit_due = patients.minute + patients.visit_wait_minutes
    past = np.flatnonzero(patients.minute < 0)
    past = past[(patients.flow[past] == VISIT) | (patients.flow[past] == ELECTIVE)]
    visits = patients.flow[past] == VISIT
    visit, listing, treated = _before_the_run(
        dataset, calendar, visit_due[past], patients.target_minutes[past], visits
    )
    visited, listed = visit < 0, listing < 0
    stage = np.full(n, int(Stage.ARRIVES), np.int8)
    stage[past] = np.select([listed, visited], [Stage.ON_LIST, Stage.IN_WORK_UP], Stage.AWAITS_VISIT)
    visit_minute, list_minute = np.full(n, NEVER), np.full(n, NEVER)
    worked_up = past[visited & ~visits]
    visit_minute[worked_up] = visit[visited & ~visits]
    list_minute[worked_up] = listing[visited & ~visits]
    present = np.ones(n, np.bool_)
    present[past] = ~treated
    return Waiting(
        visit_due=visit_due,
        visit_minute=visit_minute,
        list_minute=list_minute,
        stage=stage,
        present=present,
    )


def may_be_present(dataset: Dataset, calendar: Calendar, drawn: Drawn) -> BoolArray:
    """Return who may be in the run: who would not have been treated before it where waits are longest."""
    past = np.flatnonzero((drawn.minute < 0) & ((drawn.flow == VISIT) | (drawn.flow == ELECTIVE)))
    to_visit, target = longest_waits(dataset, drawn, past)
    visits = drawn.flow[past] == VISIT
    due = drawn.minute[past] + to_visit
    _, _, treated = _before_the_run(dataset, calendar, due, target, visits)
    present = np.ones(len(drawn), np.bool_)
    present[past] = ~treated
    return present


def _before_the_run(
    dataset: Dataset, calendar: Calendar, visit_due: Int64Array, target_minutes: Int64Array, visits: BoolArray
) -> tuple[Int64Array, Int64Array, BoolArray]:
    """Return for patients referred before the run when they were seen and listed, and who is treated by minute 0."""
    rules = make_rules(dataset)
    visit_day = (visit_due - rules.clinic_minute) // MINUTES_PER_DAY
    # Whole years, so that there are few calendars; and a week, so that everybody has a clinic before he is due.
    before = (max(0, -int(visit_day.min(initial=0))) // 364 + 1) * 364 + 7
    clinics, numbers = _clinic_days(calendar, before)
    # Before the run patients were seen at the last clinic before they were due: about the published wait on
    # average, and the queue at minute 0 is everybody who is due after it, lambda W.
    position = clinics[np.minimum(visit_day + before, len(clinics) - 1)]
    visit_minute = numbers[position] * MINUTES_PER_DAY + rules.clinic_minute
    worked_up = numbers[np.minimum(position + rules.work_up_working_days, len(numbers) - 1)]
    list_minute = worked_up * MINUTES_PER_DAY + rules.clinic_minute
    listed = (visit_minute < 0) & (list_minute < 0)
    treated = np.where(visits, visit_minute < 0, listed & (list_minute + target_minutes <= 0))
    return visit_minute, list_minute, treated


@lru_cache(maxsize=16)
def _clinic_days(calendar: Calendar, before: int) -> tuple[Int64Array, Int64Array]:
    """Return for each day from `before` days before the run which clinic was the last, and the days of the clinics."""
    working = calendar.working_days(before=before, after=LOOK_BEYOND_DAYS)
    return np.maximum(np.cumsum(working) - 1, 0), np.flatnonzero(working) - before


def engine_table(
    dataset: Dataset,
    patients: Patients,
    waiting: Waiting,
    epochs: Int64Array,
    location: npt.NDArray[np.int16],
    diversions: Int16Array,
) -> PatientTable:
    """Return the engine's table for patients who all meet queues; `epochs` are the minutes at which they start."""
    table = profile_table(dataset)
    acute = patients.flow == ACUTE
    inpatient = patients.setting <= OBSERVATION
    care = np.full(len(patients), int(Care.NOTHING), np.int8)
    care[patients.setting == DAY] = Care.DAY_PLACE
    care[inpatient] = Care.BED
    care[patients.needs_ic] = Care.IC_THEN_BED
    care[patients.flow == VISIT] = Care.NOTHING
    treatment_list = np.where(patients.has_procedure, table.procedure_list[patients.profile], ADM).astype(
        np.int8
    )
    if location.shape[1] > 1:
        # An acute patient goes where his profile is offered on the day he comes; column 0 is what engines read.
        epoch = np.searchsorted(epochs, patients.minute, side="right") - 1
        own = location[np.arange(len(patients)), np.maximum(epoch, 0)]
        location = np.where(acute[:, None], own[:, None], location)
    return PatientTable(
        minute=patients.minute,
        acute=acute,
        visit_only=patients.flow == VISIT,
        stage=waiting.stage,
        epochs=epochs,
        location=location,
        diversions=diversions,
        specialty=patients.specialty,
        weight=patients.weight,
        visit_due=waiting.visit_due,
        visit_minute=waiting.visit_minute,
        list_minute=waiting.list_minute,
        target_minutes=patients.target_minutes,
        treatment_list=treatment_list,
        care=care,
        ward_group=table.ward_group[patients.profile],
        ic_type=table.ic_type[patients.profile],
        urgency=np.zeros(len(patients), np.int8),
        stay_minutes=np.where(
            patients.setting == OBSERVATION, int(dataset.parameter("observation_minutes")), 0
        ).astype(np.int32),
        nights=patients.nights,
        procedure_minutes=np.where(treatment_list == ADM, 0, patients.procedure_minutes).astype(np.int32),
        ic_minutes=patients.ic_minutes,
    )
