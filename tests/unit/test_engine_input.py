"""What no engine can simulate is refused by every engine with the same words, before anything is compiled or done."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import engine_case

from zorgstroom.errors import InvalidInput
from zorgstroom.text import LANGUAGES
from zorgstroom_simulator.engines import (
    NEVER,
    CapacityStep,
    Care,
    Journeys,
    Network,
    PatientTable,
    Stage,
    compiled_engine,
    input,
)
from zorgstroom_simulator.engines.input import (
    EARLIEST,
    LARGEST,
    MOST_DAYS,
    MOST_PATIENTS,
    bytes_needed,
    check_input,
)
from zorgstroom_simulator.engines.registry import ENGINES

pytestmark = pytest.mark.unit

PATIENTS = engine_case.patients(
    [0, 60, 90, 5000], acute=[True, False, True, False], visit_due=[0, 60, 0, 9000]
)
NETWORK = engine_case.network(locations=2, days=14)
#: Of each column, what is below and above what is allowed in this network.
OUTSIDE = {
    "stage": (-1, 4),
    "location": (-1, 2),
    "diversions": (-2, 2),
    "specialty": (-1, 1),
    "weight": (-1, None),
    "target_minutes": (-1, 2**31),
    "treatment_list": (-1, 3),
    "care": (-1, 4),
    "ward_group": (-2, 6),
    "ic_type": (-2, 3),
    "stay_minutes": (-1, None),
    "nights": (-1, MOST_DAYS + 1),
    "procedure_minutes": (-1, None),
    "ic_minutes": (-1, None),
}


def refusals(patients: PatientTable, network: Network) -> list[str]:
    """Return what the engines say, which must be the same, in English."""
    said = []
    for engine in ENGINES.values():
        with pytest.raises(InvalidInput) as refused:
            engine(patients, network)
        said.append([problem.line("en") for problem in refused.value.problems])
        assert all(problem.message(language) for problem in refused.value.problems for language in LANGUAGES)
    assert said[0] == said[1]
    return said[0]


@pytest.fixture(autouse=True)
def _nothing_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(*_: object) -> Journeys:
        raise AssertionError("the engine began")

    monkeypatch.setattr(compiled_engine, "run", compiled)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_number_out_of_range_is_named_with_its_row_and_what_is_allowed(data: st.DataObject) -> None:
    wrong = data.draw(st.lists(st.sampled_from(sorted(OUTSIDE)), min_size=1, max_size=3, unique=True))
    row = data.draw(st.integers(0, len(PATIENTS) - 1))
    changes = {}
    for name in wrong:
        low, high = OUTSIDE[name]
        column = getattr(PATIENTS, name).copy()
        column[row] = low if high is None or data.draw(st.booleans()) else high
        changes[name] = column
    said = refusals(dataclasses.replace(PATIENTS, **changes), NETWORK)
    assert {line.partition(":")[0] for line in said} == {f"patients.{name}" for name in wrong}
    assert all(f"Row {row}: " in line and "allowed is" in line for line in said)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: dataclasses.replace(table, minute=table.minute[::-1].copy()), "in order of arrival"),
        (lambda table: dataclasses.replace(table, minute=table.minute + 2**31), "allowed is"),
        (lambda table: dataclasses.replace(table, weight=table.weight[:2]), "4 rows are needed"),
        (lambda table: dataclasses.replace(table, nights=table.nights + 0.5), "whole numbers are needed"),
        (lambda table: dataclasses.replace(table, epochs=np.array([0, 90])), "at 00:00 of a day"),
        (
            lambda table: dataclasses.replace(table, epochs=np.array([0, 1440])),
            "1 columns of locations for 2",
        ),
        (
            lambda table: dataclasses.replace(table, ward_group=np.full(4, -1, np.int8)),
            "does not say in which unit",
        ),
        (lambda table: dataclasses.replace(table, visit_due=table.visit_due + 2**32), "Row 1: "),
    ],
)
def test_a_table_that_cannot_be_is_refused(
    change: Callable[[PatientTable], PatientTable], words: str
) -> None:
    [line] = refusals(change(PATIENTS), NETWORK)
    assert words in line


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        ({"days": MOST_DAYS + 1}, "network.days", "allowed is 1 to 1,491,308"),
        ({"days": 500}, "network.working_days", "at least the 500 days"),
        ({"ward_beds": np.full((1, 6), 5)}, "network.ward_beds", "2 rows are needed"),
        ({"list_capacity": np.full((2, 3), -1)}, "network.list_capacity", "Row 0: -1"),
        ({"steps": (CapacityStep(3, 0, "wards", 2),)}, "network.steps[0].pool", "There is no capacity wards"),
        ({"steps": (CapacityStep(3, 2, "or", 2),)}, "network.steps[0].location", "0 to 1."),
        (
            {"rules": dataclasses.replace(engine_case.RULES, look_ahead=-1)},
            "network.rules.look_ahead",
            "-1 is not possible",
        ),
        (
            {"rules": dataclasses.replace(engine_case.RULES, clinic_minute=1440)},
            "network.rules.clinic_minute",
            "allowed is 0 to 1,439",
        ),
        (
            {"rules": dataclasses.replace(engine_case.RULES, clinic_minute=419)},
            "network.rules.clinic_minute",
            "planning comes before the clinics",
        ),
        # Work-up after the last working day would end on it, in the past.
        ({"working_days": np.arange(400) < 14}, "network.working_days", "a working day after them"),
        # Mixing wards are known by number.
        ({"ward_beds": np.full((2, 1), 5)}, "network.ward_beds", "2 rows are needed"),
        (
            {
                "rules": dataclasses.replace(engine_case.RULES, day_turns_permille=2000),
                "day_places": np.full(2, 10**15),
            },
            "network.day_places",
            "allowed is 0 to 500,000,000,000,000",
        ),
    ],
)
def test_a_network_that_cannot_be_is_refused(change: dict[str, object], where: str, words: str) -> None:
    [line] = refusals(PATIENTS, dataclasses.replace(NETWORK, **change))  # type: ignore[arg-type]
    assert line.startswith(f"{where}: ")
    assert words in line


BEFORE = engine_case.patients([-60], acute=False, stage=Stage.IN_WORK_UP, list_minute=0)
ON_IC = engine_case.patients([60], care=Care.IC_THEN_BED, ic_type=0, ic_minutes=1440, nights=2)


@pytest.mark.parametrize(
    ("table", "column", "wrong", "right"),
    [
        # Who is in work-up at the start joins the list during the run; nobody joins at a minute without end.
        (BEFORE, "list_minute", -1, 0),
        (BEFORE, "list_minute", int(NEVER), LARGEST),
        (dataclasses.replace(BEFORE, stage=np.array([3], np.int8)), "list_minute", int(NEVER), EARLIEST),
        # Only planned patients come before the run.
        (BEFORE, "acute", True, False),
        # So late times another's wait does not fit 64 bits.
        (BEFORE, "minute", EARLIEST - 1, EARLIEST),
        (BEFORE, "visit_due", EARLIEST - 1, EARLIEST),
        # Nobody leaves at the minute he comes, or before.
        (ON_IC, "ic_minutes", 0, 1),
        (ON_IC, "nights", 1, 2),
        (ON_IC, "ic_minutes", 2 * 1440 - 779, 2 * 1440 - 780),
        (engine_case.patients([60]), "nights", 0, 1),
    ],
)
def test_times_that_no_engine_can_keep_are_refused_and_the_nearest_is_not(
    table: PatientTable, column: str, wrong: int, right: int
) -> None:
    def with_value(value: int) -> PatientTable:
        return dataclasses.replace(table, **{column: np.full_like(getattr(table, column), value)})

    refusals(with_value(wrong), NETWORK)
    check_input(with_value(right), NETWORK)


def test_more_patients_than_can_be_numbered_are_refused_with_how_many_can() -> None:
    # One value in memory, seen as many: a table of that length takes no memory here.
    many = np.broadcast_to(np.zeros(1, np.int64), (MOST_PATIENTS + 1,))
    [line] = refusals(dataclasses.replace(PATIENTS, minute=many), NETWORK)
    assert "2,147,483,647 patients; at most 2,147,483,646" in line


def test_what_does_not_fit_in_memory_is_refused_with_what_would(monkeypatch: pytest.MonkeyPatch) -> None:
    room = bytes_needed(1000, NETWORK)
    many = engine_case.patients(np.zeros(2000, np.int64))
    monkeypatch.setattr(input, "free_memory", lambda: room)
    [line] = refusals(many, NETWORK)
    assert "2,000 patients over 14 days" in line
    assert "About 1,000 patients fit." in line
    monkeypatch.setattr(input, "free_memory", lambda: bytes_needed(2000, NETWORK))
    check_input(many, NETWORK)


def test_what_can_be_simulated_is_let_through() -> None:
    check_input(PATIENTS, NETWORK)
    check_input(engine_case.patients([]), NETWORK)
