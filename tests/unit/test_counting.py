"""What is counted in one pass over all patients is what a count of one patient after the other gives.

Of a plan that closes a location half-way, so that places change in the run, and of journeys shuffled among patients,
which gives combinations no engine would.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.scenario import Scenario
from zorgstroom_simulator.engines import NEVER, Care, Journeys, Stage, State
from zorgstroom_simulator.experiment import Experiment, simulate_plan
from zorgstroom_simulator.pathways import ADM
from zorgstroom_simulator.pools import count_work
from zorgstroom_simulator.queues import Queues, clinic_queues, treatment_queues
from zorgstroom_simulator.rows import nearest_rank, nearest_ranks_of_counts
from zorgstroom_simulator.scope import Outcome
from zorgstroom_simulator.stays import stays_of
from zorgstroom_simulator.treatments import count_treatments

pytestmark = pytest.mark.unit

SCENARIO = {
    "zorgstroom": 1,
    "name": "x",
    "horizon": {"weeks": 4, "warmup_weeks": 1},
    "actions": [{"close": {"location": "ZUID", "start": "2025-01-18"}}],
}
EXPERIMENT = Experiment(make_dataset(), Scenario.model_validate(SCENARIO), None, 1, "compiled")
SCOPE = EXPERIMENT.scope


@pytest.fixture(scope="module")
def simulated() -> Outcome:
    outcome = simulate_plan(EXPERIMENT, 0)
    assert len(outcome.epochs) == 2
    return outcome


@pytest.fixture(scope="module", params=["simulated", "shuffled"])
def outcome(simulated: Outcome, request: pytest.FixtureRequest) -> Outcome:
    if request.param == "simulated":
        return simulated
    rng = np.random.default_rng(5)
    journeys, among = simulated.journeys, np.flatnonzero(simulated.journeys.location >= 0)
    shuffled = rng.permutation(among)
    columns: dict[str, Any] = {}
    for column in fields(Journeys):
        values = getattr(journeys, column.name)
        if isinstance(values, np.ndarray):
            columns[column.name] = values.copy()
            columns[column.name][among] = values[shuffled]
    return replace(simulated, journeys=replace(journeys, **columns))


def measured(minute: int) -> bool:
    return SCOPE.start <= minute < SCOPE.end


def test_treatments_by_place_and_stretch(outcome: Outcome) -> None:
    patients, journeys = outcome.patients, outcome.journeys
    changes = [0, 14, 21]
    found = count_treatments(SCOPE, outcome, np.array(changes, np.int64))
    cells: Counter[tuple[int, ...]] = Counter()
    number, nights, procedure, on_ic, ic_minutes = (Counter[tuple[int, ...]]() for _ in range(5))
    chosen = outcome.chosen_at(patients.minute, slice(None))
    for row in range(len(patients)):
        queued = row < outcome.queues
        minute = int(journeys.admission_minute[row] if queued else patients.minute[row])
        if not measured(minute):
            continue
        place = int(journeys.location[row] if queued else chosen[row])
        profile = int(patients.profile[row])
        stretch = max(number for number, day in enumerate(changes) if minute >= day * MINUTES_PER_DAY)
        cells[stretch, int(patients.area[row]), place, profile] += 1
        cell = place, profile, int(patients.flow[row]), int(patients.setting[row])
        number[cell] += 1
        nights[cell] += int(patients.nights[row])
        procedure[cell] += int(patients.procedure_minutes[row])
        on_ic[cell] += int(patients.needs_ic[row])
        ic_minutes[cell] += int(patients.ic_minutes[row]) * int(patients.needs_ic[row])
    columns = (found.cells.stretch, found.cells.area, found.cells.location, found.cells.profile)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == sorted(cells)
    assert found.cells.number.tolist() == [cells[place] for place in sorted(cells)]
    for amounts, counter in (
        (found.number, number),
        (found.nights, nights),
        (found.procedure_minutes, procedure),
        (found.ic_number, on_ic),
        (found.ic_minutes, ic_minutes),
    ):
        assert as_counter(amounts) == +counter


def as_counter(amounts: np.ndarray) -> Counter[tuple[int, ...]]:
    """Return what is not 0, by its place."""
    return Counter({tuple(place): int(amounts[tuple(place)]) for place in np.argwhere(amounts).tolist()})


@pytest.mark.parametrize("kind", ["clinics", "lists"])
def test_queues_as_counted_at_midnight(outcome: Outcome, kind: str) -> None:
    """The growth of a list is who is on it at 00:00 of the days of the last quarter, less those of the first."""
    table, journeys, patients = outcome.table, outcome.journeys, outcome.queued
    first, days = SCOPE.calendar.measured_from_day, SCOPE.calendar.days
    quarter = (days - first) // 4
    days_of = {1: range(days - quarter, days), -1: range(first, first + quarter)}
    change_over = outcome.network.rules.change_over_minutes
    sums = {name: Counter[tuple[int, ...]]() for name in COMPARED}
    found = clinic_queues(SCOPE, outcome) if kind == "clinics" else treatment_queues(SCOPE, outcome)
    for row in range(len(table)):
        if table.acute[row]:
            continue
        if kind == "clinics":
            waits = table.stage[row] in (Stage.ARRIVES, Stage.AWAITS_VISIT)
            joined, left, at = table.minute[row], journeys.visit_minute[row], journeys.visit_location[row]
            queue, weight, work = table.specialty[row], table.weight[row], table.weight[row]
        else:
            waits = journeys.list_minute[row] != NEVER and journeys.state[row] >= State.AWAITING_TREATMENT
            joined, left, at = (
                journeys.list_minute[row],
                journeys.admission_minute[row],
                journeys.location[row],
            )
            queue, weight, work = table.treatment_list[row], 1, table.procedure_minutes[row] + change_over
            work = 1 if queue == ADM else work
        if not waits:
            continue
        joined, left, at, queue, weight, work = map(int, (joined, left, at, queue, weight, work))
        since, until = max(joined, 0), SCOPE.end if left == NEVER else left
        for sign, of in days_of.items():
            for minute in (day * MINUTES_PER_DAY for day in of):
                if since <= minute < until:
                    place = int(outcome.chosen[row, int(minute >= outcome.epochs[1])])
                    sums["growth"][place, queue] += sign * weight
        if measured(since) and until > since:
            place = int(outcome.chosen[row, int(since >= outcome.epochs[1])])
            sums["joined"][place, queue] += 1
            sums["joined_weight"][place, queue] += weight
            sums["joined_work"][place, queue] += work
            sums["joined_squares"][place, queue] += work * work
        if measured(left):
            sums["through"][at, queue] += work
            sums["waited"][at, int(patients.profile[row])] += (left - joined) * weight
            sums["served"][at, int(patients.profile[row])] += weight
    assert all(sums.values())
    for name, counter in sums.items():
        expected = {place: amount for place, amount in counter.items() if amount}
        assert as_counter(getattr(found, name)) == expected, name


COMPARED = [field.name for field in fields(Queues) if field.name != "pools"]


def test_work_asked_and_used(outcome: Outcome) -> None:
    table, journeys, rules = outcome.table, outcome.journeys, outcome.network.rules
    found = count_work(SCOPE, outcome)
    sums = {field.name: Counter[tuple[int, ...]]() for field in fields(found)}
    for row in range(len(table)):
        listed = int(table.treatment_list[row])
        acute, care = bool(table.acute[row]), int(table.care[row])
        if listed == ADM:
            work = int(not acute and not table.visit_only[row])
        else:
            work = int(table.procedure_minutes[row])
            work += rules.change_over_minutes if work else 0
        at, sent = int(journeys.location[row]), int(outcome.first_choice[row])
        if measured(journeys.admission_minute[row]):
            sums["lists_used"][at, listed] += work
            sums["day_used"][at,] += care == Care.DAY_PLACE
        if not measured(table.minute[row]):
            continue
        sums["lists_asked"][sent, listed] += work
        sums["day_asked"][sent,] += care == Care.DAY_PLACE
        if not acute:
            sums["clinics_asked"][sent, int(table.specialty[row])] += int(table.weight[row])
        if care < Care.BED:
            continue
        ic_minutes = int(table.ic_minutes[row])
        begins = int(table.minute[row]) % MINUTES_PER_DAY if acute else rules.planning_minute
        stay = int(table.nights[row]) * MINUTES_PER_DAY + rules.discharge_minute - begins
        if table.ward_group[row] >= 0:
            ward = int(table.stay_minutes[row] or stay) - ic_minutes
            sums["wards_asked"][sent, int(table.ward_group[row])] += ward
        if table.ic_type[row] >= 0:
            sums["ics_asked"][sent, int(table.ic_type[row])] += ic_minutes
    for name, counter in sums.items():
        assert as_counter(getattr(found, name)) == +counter, name


def test_stays_are_those_of_the_census(simulated: Outcome) -> None:
    """In bed at 00:00 by the stays: as many as the engine counted, on wards and on ICs."""
    census = simulated.journeys.census
    for stays, counted in zip(stays_of(SCOPE, simulated), (census.wards, census.ics), strict=True):
        for day in range(SCOPE.calendar.days):
            minute = day * MINUTES_PER_DAY
            # Before anything happens at that minute.
            there = (stays.start < minute) & (stays.end >= minute)
            in_use = np.zeros(counted.shape[1:], np.int64)
            np.add.at(in_use, (stays.location[there], stays.kind[there]), 1)
            assert np.array_equal(in_use, counted[day])


VALUES = st.lists(
    st.tuples(st.integers(0, 100_000), st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=30
)


@settings(deadline=None)
@given(VALUES, st.integers(1, 100))
def test_percentiles_of_counts_are_those_of_the_values_written_out(
    rows: list[tuple[int, int, int]], percent: int
) -> None:
    values, counts, groups = (np.array(column) for column in zip(*rows, strict=True))
    found = nearest_ranks_of_counts(values, counts, groups, (percent, 100))
    for position, group in enumerate(sorted(set(groups.tolist()))):
        written_out = np.repeat(values[groups == group], counts[groups == group])
        for number, each in enumerate((percent, 100)):
            assert found[number, position] == nearest_rank(written_out, each)
