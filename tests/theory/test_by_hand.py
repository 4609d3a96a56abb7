"""Networks worked out by hand, to the minute. Day 0 is a Monday; 07:00 is the planner, 08:00 the clinic."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.support.engine_case import RULES, network, patients

from zorgstroom_simulator.engines import NEVER, CapacityStep, Care, Stage, State, simpy_engine

pytestmark = pytest.mark.theory

DAY = 1440


def at(day: int, hour: int, minute: int = 0) -> int:
    return day * DAY + hour * 60 + minute


def beds(*rows: int) -> np.ndarray:
    """Surgical beds per location; no others."""
    return np.array([[row, 0, 0, 0, 0, 0] for row in rows])


def test_acute_bed_then_diversion_then_boarding() -> None:
    """One bed here, one at the neighbour 30 minutes away. Discharge at 11:00 makes room at that very minute."""
    table = patients([at(0, 10), at(0, 12), at(0, 13), at(1, 11)], diversions=[1], nights=[1, 2, 1, 1])
    journeys = simpy_engine.run(table, network(2, 7, ward_beds=beds(1, 1)))
    assert journeys.location.tolist() == [0, 1, 0, 0]
    assert journeys.diversion.tolist() == [0, 1, 0, 0]
    assert journeys.boarded.tolist() == [False, False, True, False]
    # The bed elsewhere is held at once; the patient is there after 30 minutes' drive and 45 minutes' delay.
    assert journeys.bed_minute.tolist() == [at(0, 10), at(0, 12), at(0, 13), at(1, 11)]
    assert journeys.admission_minute.tolist() == [at(0, 10), at(0, 13, 15), at(0, 13), at(1, 11)]
    assert journeys.discharge_minute.tolist() == [at(1, 11), at(2, 11), at(1, 11), at(2, 11)]
    assert (journeys.state == State.DONE).all()


def test_outlier_bed_before_diversion() -> None:
    """A surgical patient lies on the medical ward (10% of 10 beds: one at most), the next is diverted."""
    wards = np.array([[0, 10, 0, 0, 0, 0], [5, 0, 0, 0, 0, 0]])
    table = patients([at(0, 10), at(0, 11)], diversions=[1])
    journeys = simpy_engine.run(table, network(2, 7, ward_beds=wards))
    assert journeys.outlier.tolist() == [True, False]
    assert journeys.ward_group.tolist() == [1, 0]
    assert journeys.location.tolist() == [0, 1]


def test_mother_and_child_never_lie_elsewhere() -> None:
    """A mother finds her ward full: no outlier bed, no list of others, so she is boarded."""
    wards = np.array([[10, 10, 10, 10, 0, 10]])
    journeys = simpy_engine.run(patients([at(0, 10)], ward_group=4), network(1, 7, ward_beds=wards))
    assert journeys.boarded.tolist() == [True]
    assert journeys.ward_group.tolist() == [4]


def test_planned_patient_from_referral_to_discharge() -> None:
    """Referred Monday 09:30, due in a week: seen Monday 08:00, ten working days of work-up, operated the next day.

    Seen on day 7, on the list on day 21 at 08:00; that day's planning (07:00) is over, so day 22; two nights.
    """
    table = patients(
        [at(0, 9, 30)],
        acute=False,
        visit_due=at(0, 9, 30) + 6 * DAY,
        nights=2,
        procedure_minutes=90,
    )
    journeys = simpy_engine.run(table, network(1, 35, clinic_capacity=np.array([[-1]])))
    assert journeys.visit_minute.tolist() == [at(7, 8)]
    assert journeys.list_minute.tolist() == [at(21, 8)]
    assert journeys.admission_minute.tolist() == [at(22, 7)]
    assert journeys.discharge_minute.tolist() == [at(24, 11)]


def listed(n: int, **columns: object):  # type: ignore[no-untyped-def]
    """Patients who are on the treatment list when the run starts, in order of due time."""
    return patients(
        [-1] * n,
        acute=False,
        stage=Stage.ON_LIST,
        visit_minute=-2,
        list_minute=-1,
        target_minutes=np.arange(n) + 2,
        care=columns.pop("care", Care.NOTHING),
        **columns,
    )


def test_planner_fills_the_day_and_carries_a_debt() -> None:
    """Budget 200 minutes a day; operations of 85, 120, 85 and 300 with 15 minutes' change-over.

    Monday: 100, then 135 does not fit, 100 does. Tuesday: 135; then 315 is longer than a day and not first.
    Wednesday: 315 is first, a debt of 115 stays. Thursday 85 minutes are left.
    """
    table = listed(5, procedure_minutes=[85, 120, 85, 300, 70])
    journeys = simpy_engine.run(table, network(1, 7, list_capacity=np.array([[200_000, 0, 0]])))
    assert journeys.admission_minute.tolist() == [at(0, 7), at(1, 7), at(0, 7), at(2, 7), at(3, 7)]


def test_minutes_that_fit_nobody_are_kept_for_the_next_day() -> None:
    """Budget 200 a day, operations of 120 + 15: one on Monday and 65 left, so 265 on Tuesday, for one and 130 left,
    and 330 on Wednesday for two and 60 left. On Friday the list is empty: what is over then is lost."""
    table = listed(6, procedure_minutes=120)
    journeys = simpy_engine.run(table, network(1, 14, list_capacity=np.array([[200_000, 0, 0]])))
    days = (journeys.admission_minute // DAY).tolist()
    assert days == [0, 1, 2, 2, 3, 4]


def test_minutes_nobody_waits_for_are_lost() -> None:
    """Nobody is on the list on Monday, Tuesday has its own 200 minutes and no more: one operation of two."""
    table = patients(
        [-1, -1], acute=False, stage=Stage.IN_WORK_UP, visit_minute=-2, list_minute=at(0, 8),
        target_minutes=1, care=Care.NOTHING, procedure_minutes=120,
    )  # fmt: skip
    journeys = simpy_engine.run(table, network(1, 7, list_capacity=np.array([[200_000, 0, 0]])))
    assert (journeys.admission_minute // DAY).tolist() == [1, 2]


def test_clinic_sees_who_waited_longest_for_his_wait() -> None:
    """One slot a day. Three patients with a wait of ten days and one with a wait of two, referred later.

    At 08:00 of day 0 the first has waited 10.3 of 10 days and the urgent one 1.3 of 2: the first goes. On day 1
    the second has waited 10.3 of 10 and the urgent one 2.3 of 2: now he comes before the second, who was due
    before him.
    """
    referred = [at(-10, 0), at(-9, 0), at(-8, 0), at(-1, 0)]
    table = patients(
        referred,
        acute=False,
        visit_only=True,
        stage=Stage.AWAITS_VISIT,
        care=Care.NOTHING,
        visit_due=np.array(referred) + np.array([10, 10, 10, 2]) * DAY,
    )
    journeys = simpy_engine.run(table, network(1, 7, clinic_capacity=np.array([[1000]])))
    assert journeys.visit_minute.tolist() == [at(0, 8), at(2, 8), at(3, 8), at(1, 8)]


def test_acute_operations_come_off_the_next_planning() -> None:
    """An acute operation of 85 + 15 minutes at Monday 10:00 leaves 100 of Tuesday's 200 minutes."""
    planned = listed(4, procedure_minutes=85)
    acute = patients([at(0, 10)], procedure_minutes=85)
    table = dataclasses.replace(
        planned,
        **{
            f.name: np.concatenate([getattr(planned, f.name), getattr(acute, f.name)])
            for f in dataclasses.fields(planned)
            if f.name != "epochs"
        },
    )
    journeys = simpy_engine.run(table, network(1, 7, list_capacity=np.array([[200_000, 0, 0]])))
    assert journeys.admission_minute.tolist() == [at(0, 7), at(0, 7), at(1, 7), at(2, 7), at(0, 10)]


def test_planned_admission_leaves_the_acute_reserve() -> None:
    """Three beds, one kept for acute patients: two planned admissions on Monday, two more after 11:00 discharge."""
    table = listed(4, care=Care.BED, procedure_minutes=10)
    journeys = simpy_engine.run(table, network(1, 7, ward_beds=beds(3)))
    # Monday's patients leave Tuesday 11:00, after Tuesday's planning: the next go in on Wednesday.
    assert journeys.admission_minute.tolist() == [at(0, 7), at(0, 7), at(2, 7), at(2, 7)]


def test_look_ahead_counts_skipped_entries_only() -> None:
    """With a look-ahead of 2 the planner passes two that do not fit and admits nobody behind a third."""
    rules = dataclasses.replace(RULES, look_ahead=2)
    table = listed(5, procedure_minutes=[85, 150, 160, 85, 85])
    journeys = simpy_engine.run(table, network(1, 1, rules, list_capacity=np.array([[200_000, 0, 0]])))
    assert journeys.admission_minute.tolist() == [at(0, 7), NEVER, NEVER, NEVER, NEVER]


def test_fractions_of_capacity_carry_over() -> None:
    """0.4 planned admissions a day: one on the third working day, one on the fifth."""
    table = listed(3, treatment_list=2)
    journeys = simpy_engine.run(table, network(1, 7, list_capacity=np.array([[0, 0, 400]])))
    assert journeys.admission_minute.tolist() == [at(2, 7), at(4, 7), NEVER]


def test_clinic_sees_by_due_time_and_weight() -> None:
    """Four visits a day; one simulated patient stands for 3 visits: a debt of nothing, then of two."""
    table = patients(
        [at(0, 0, 1), at(0, 0, 2), at(0, 0, 3)],
        acute=False,
        visit_only=True,
        weight=3,
        visit_due=[300, 200, 100],
    )
    journeys = simpy_engine.run(table, network(1, 7, clinic_capacity=np.array([[4_000]])))
    # Monday 4: the third (1 left), the second (debt 2); Tuesday 4 - 2: the first.
    assert journeys.visit_minute.tolist() == [at(1, 8), at(0, 8), at(0, 8)]


def test_ic_then_ward_above_capacity() -> None:
    """After 30 hours on the IC the only ward bed is taken: the patient gets one above capacity, and is counted."""
    table = patients(
        [at(0, 6), at(1, 9)],
        care=[Care.IC_THEN_BED, Care.BED],
        ic_type=[0, -1],
        ic_minutes=[30 * 60, 0],
        nights=[3, 1],
    )
    journeys = simpy_engine.run(table, network(1, 7, ward_beds=beds(1), ic_beds=np.array([[1, 0, 0]])))
    assert journeys.ic_leave_minute.tolist()[0] == at(1, 12)
    assert journeys.over_capacity.tolist() == [True, False]
    assert journeys.discharge_minute.tolist() == [at(3, 11), at(2, 11)]


def test_a_closed_location_hands_its_waiting_list_over_with_due_times() -> None:
    """From Wednesday on everybody goes to location 1; its own patient was due later and is overtaken."""
    table = patients(
        [-1, -1],
        acute=False,
        stage=Stage.ON_LIST,
        visit_minute=-2,
        list_minute=-1,
        target_minutes=[10, 20],
        care=Care.NOTHING,
        procedure_minutes=85,
        epochs=[0, 2 * DAY],
        location=np.array([[0, 1], [1, 1]]),
    )
    here = network(
        2,
        7,
        list_capacity=np.array([[0, 0, 0], [0, 0, 0]]),
        steps=(CapacityStep(2, 1, "or", 100_000),),
    )
    journeys = simpy_engine.run(table, here)
    assert journeys.location.tolist() == [1, 1]
    assert journeys.admission_minute.tolist() == [at(2, 7), at(3, 7)]


def test_who_waits_for_a_date_goes_along_on_the_day_of_the_plan() -> None:
    """No queue at location 0. On Wednesday everybody joins the queues of location 1: at once, not when due.

    One waits for his first visit, one for treatment. Only location 1 has room to see people before they are due.
    """
    table = patients(
        [-2, -1],
        acute=False,
        visit_only=[True, False],
        stage=[Stage.AWAITS_VISIT, Stage.ON_LIST],
        visit_due=20 * DAY,
        visit_minute=[NEVER, -2],
        list_minute=[NEVER, -1],
        target_minutes=20 * DAY,
        care=Care.NOTHING,
        epochs=[0, 2 * DAY],
        location=np.array([[0, 1], [0, 1]]),
    )
    here = network(2, 28, queued=np.array([False, True]))
    journeys = simpy_engine.run(table, here)
    assert journeys.visit_minute.tolist() == [at(2, 8), -2]
    assert journeys.admission_minute.tolist()[1] == at(2, 7)
    assert journeys.visit_location.tolist()[0] == journeys.location.tolist()[1] == 1


def test_outside_the_region_nobody_waits_longer_than_due() -> None:
    """A location without queues treats on the first working day that is not before the due time."""
    table = patients([at(4, 12)], acute=False, visit_due=at(4, 12), care=Care.BED, target_minutes=DAY)
    here = network(1, 35, queued=np.array([False]), ward_beds=beds(0), list_capacity=np.zeros((1, 3), int))
    journeys = simpy_engine.run(table, here)
    # Friday 12:00 -> Monday 08:00; ten working days -> Monday day 21; due Tuesday 08:00 -> Wednesday 07:00.
    assert journeys.visit_minute.tolist() == [at(7, 8)]
    assert journeys.list_minute.tolist() == [at(21, 8)]
    assert journeys.admission_minute.tolist() == [at(23, 7)]


def test_more_capacity_from_a_day_on() -> None:
    """Nobody is admitted before the plan adds a bed on Thursday."""
    table = listed(1, care=Care.BED)
    here = network(1, 7, ward_beds=beds(1), steps=(CapacityStep(3, 0, "ward:surgical", 2),))
    journeys = simpy_engine.run(table, here)
    assert journeys.admission_minute.tolist() == [at(3, 7)]
