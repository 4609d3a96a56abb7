"""The clinics of the engine against a slow reimplementation that is plainly the rule: every day, everybody compared."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.engine_case import network, patients

from zorgstroom_simulator.engines import NEVER, CapacityStep, Care, Stage, simpy_engine

pytestmark = pytest.mark.theory

DAY, DAYS, CLINICS, OPENS = 1440, 35, 3, 480


class Case(NamedTuple):
    """Referrals, waits and weights; where each goes from each of the days on; capacity (-1: no queue) and its steps."""

    minute: list[int]
    wait: list[int]
    weight: list[int]
    days: list[int]
    location: list[list[int]]
    capacity: list[int]
    steps: list[tuple[int, int, int]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    n = draw(st.integers(1, 25))

    def each(values: st.SearchStrategy[int], size: int = n) -> list[int]:
        return draw(st.lists(values, min_size=size, max_size=size))

    days = sorted({0, *draw(st.sets(st.integers(1, 30), max_size=3))})
    capacity = each(st.sampled_from([-1, 0, 300, 1000, 2500, 7000]), CLINICS)
    step = st.tuples(st.integers(0, 33), st.integers(0, 2), st.sampled_from([0, 500, 4000]))
    return Case(
        minute=sorted(each(st.integers(-20 * DAY, 20 * DAY))),
        wait=each(st.sampled_from([0, 1, 5 * DAY + 77, 7 * DAY, 14 * DAY])),
        weight=each(st.sampled_from([1, 10])),
        days=days,
        location=[each(st.integers(0, 2), len(days)) for _ in range(n)],
        capacity=capacity,
        steps=[one for one in draw(st.lists(step, max_size=4)) if capacity[one[1]] >= 0],
    )


def opening(minute: int) -> int:
    """Return the first minute at which clinics open that is not before this one."""
    day = minute // DAY + (minute % DAY > OPENS)
    while day % 7 >= 5:
        day += 1
    return day * DAY + OPENS


def slow(case: Case) -> list[tuple[int, int]]:
    """Return when and where each is seen."""
    everybody = range(len(case.minute))
    seen = [(NEVER, -1)] * len(everybody)
    at: dict[int, int] = {}
    #: Who waits for a date where nobody queues.
    dates: dict[int, int] = {}
    capacity, balance, fraction = list(case.capacity), [0] * CLINICS, [0] * CLINICS
    for day in range(DAYS):
        epoch = sum(start <= day for start in case.days) - 1
        for when, clinic, size in case.steps:
            if when == day:
                capacity[clinic] = size

        def go(patient: int, now: int, epoch: int = epoch) -> None:
            at[patient] = case.location[patient][epoch]
            if capacity[at[patient]] >= 0:
                dates.pop(patient, None)
            else:
                due = case.minute[patient] + case.wait[patient]
                dates.setdefault(patient, opening(max(due, now + 1)))

        for patient in everybody:
            waits = patient in at and seen[patient][1] < 0
            if (waits and at[patient] != case.location[patient][epoch]) or (
                day == 0 and case.minute[patient] < 0
            ):
                go(patient, day * DAY)
        opens = day * DAY + OPENS
        for patient in everybody:
            if day * DAY <= case.minute[patient] < opens:
                go(patient, case.minute[patient])
        for clinic in range(CLINICS if day % 7 < 5 else 0):
            if capacity[clinic] < 0:
                continue
            total = fraction[clinic] + capacity[clinic]
            balance[clinic] = min(balance[clinic], 0) + total // 1000
            fraction[clinic] = total % 1000
            while balance[clinic] > 0:
                queue = [p for p in everybody if seen[p][1] < 0 and at.get(p) == clinic]
                if not queue:
                    break
                # The largest part of his wait; then who was due first; then by number.
                late = {p: opens - case.minute[p] - case.wait[p] for p in queue}
                chosen = min(queue, key=lambda p: (-Fraction(late[p], max(case.wait[p], 1)), -late[p], p))
                seen[chosen] = opens, clinic
                balance[clinic] -= case.weight[chosen]
        for patient, date in list(dates.items()):
            if date == opens and seen[patient][1] < 0:
                seen[patient] = opens, at[patient]
        for patient in everybody:
            if opens <= case.minute[patient] < (day + 1) * DAY:
                go(patient, case.minute[patient])
    return seen


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_clinics_see_whom_the_rule_says(case: Case) -> None:
    minute = np.array(case.minute)
    table = patients(
        minute,
        acute=False,
        visit_only=True,
        care=Care.NOTHING,
        weight=case.weight,
        visit_due=minute + np.array(case.wait),
        stage=np.where(minute < 0, Stage.AWAITS_VISIT, Stage.ARRIVES),
        location=np.array(case.location),
        epochs=np.array(case.days) * DAY,
    )
    steps = tuple(CapacityStep(day, clinic, "clinic:0", size) for day, clinic, size in case.steps)
    here = network(CLINICS, DAYS, clinic_capacity=np.array(case.capacity)[:, None], steps=steps)
    journeys = simpy_engine.run(table, here)
    found = list(zip(journeys.visit_minute.tolist(), journeys.visit_location.tolist(), strict=True))
    assert found == slow(case)
