"""Every engine gives the same journeys, to the bit: on random networks with every rule, and on a real region."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.small_dataset import make_dataset

from zorgstroom.dataset import load_dataset
from zorgstroom.domain.scenario import Scenario
from zorgstroom_simulator.engines import (
    NEVER,
    CapacityStep,
    Care,
    Journeys,
    Network,
    NextFull,
    PatientTable,
    Rules,
    Stage,
    State,
    WhenFull,
)
from zorgstroom_simulator.engines.registry import ENGINES
from zorgstroom_simulator.experiment import Experiment, simulate_baseline, simulate_replication

pytestmark = pytest.mark.contract

DAY = 1440
WARDS, ICS, LISTS = 6, 3, 3
POOLS = (
    *("ward:surgical", "ward:medical", "ward:mother", "ic:adult", "or", "proc", "adm", "day"),
    *("clinic:0", "clinic:1"),
)


def random_network(rng: np.random.Generator, days: int) -> Network:
    """Return a few small locations: full, empty, closed to queues, changing; holidays among the working days."""
    places = int(rng.integers(1, 4))
    working = (np.arange(days + 60) % 7 < 5) & (rng.random(days + 60) > 0.1)
    working[-1] = True
    steps = [
        CapacityStep(
            int(rng.integers(0, days)),
            int(rng.integers(0, places)),
            str(rng.choice(POOLS)),
            int(rng.choice([0, 1, 2, 5, 400, 1500, 200_000])),
        )
        for _ in range(rng.integers(0, 6))
    ]
    network = Network(
        working_days=working,
        days=days,
        rules=Rules(
            look_ahead=int(rng.choice([1, 2, 60])),
            change_over_minutes=int(rng.choice([0, 15])),
            acute_reserve_permille=int(rng.choice([0, 50, 300])),
            acute_reserve_min=int(rng.integers(0, 2)),
            ic_reserve=int(rng.integers(0, 2)),
            outlier_permille=int(rng.choice([0, 100, 500])),
            diversion_delay_minutes=int(rng.choice([0, 45])),
            discharge_minute=660,
            day_turns_permille=1600,
            work_up_working_days=int(rng.choice([1, 2, 10])),
            when_full=WhenFull(int(rng.integers(0, 3))),
            next_full=NextFull(int(rng.integers(0, 3))),
        ),
        queued=rng.random(places) > 0.2,
        ward_beds=rng.integers(0, 6, (places, WARDS)),
        ic_beds=rng.integers(0, 3, (places, ICS)),
        day_places=rng.integers(0, 4, places),
        list_capacity=rng.choice([0, 300, 1000, 150_000, 480_333], (places, LISTS)),
        clinic_capacity=rng.choice([-1, 0, 400, 1000, 5000], (places, 2)),
        transfer_minutes=rng.integers(1, 90, (places, places)),
    )
    # A clinic without a queue gets none from a plan.
    changes = [
        step
        for step in sorted(steps, key=lambda step: step.day)
        if not step.pool.startswith("clinic")
        or network.clinic_capacity[step.location, int(step.pool[-1])] >= 0
    ]
    return dataclasses.replace(network, steps=tuple(changes))


def random_patients(rng: np.random.Generator, network: Network, number: int) -> PatientTable:
    """Return patients of every kind; many come, leave or are planned at the same minute."""
    places, days = len(network.queued), network.days
    # Whole hours, so that much happens at one minute.
    minute = np.sort(rng.integers(-20 * 24, days * 24 + 24, number)) * 60 - rng.integers(0, 2, number)
    minute.sort()
    before = minute < 0
    acute = ~before & (rng.random(number) < 0.5)
    care = rng.choice(np.array(Care), number, p=[0.2, 0.2, 0.35, 0.25])
    has_ic = care == Care.IC_THEN_BED
    stage = np.where(before, rng.integers(1, 4, number), np.where(rng.random(number) < 0.2, 3, 0))
    visit_only = ~acute & (stage < 2) & (rng.random(number) < 0.3)
    listed = stage == Stage.ON_LIST
    list_minute = np.where(
        listed, minute, np.where(stage == Stage.IN_WORK_UP, rng.integers(0, 10 * DAY, number), NEVER)
    )
    ic_minutes = np.where(has_ic, rng.integers(1, 4 * 24, number) * 30, 0)
    exact = rng.random(number) < 0.3
    epochs = np.array(sorted({0, *rng.integers(1, days + 2, rng.integers(0, 3)).tolist()})) * DAY
    wait = rng.choice([0, 1, 5 * DAY, 7 * DAY + 60, 20 * DAY], number)
    ward = np.where(care >= Care.BED, rng.integers(0, WARDS, number), -1)
    return PatientTable(
        minute=minute,
        acute=acute,
        visit_only=visit_only,
        stage=np.where(acute, 0, stage).astype(np.int8),
        epochs=epochs,
        location=rng.integers(0, places, (number, len(epochs))).astype(np.int16),
        diversions=rng.integers(-1, places, (number, 2)).astype(np.int16),
        specialty=rng.integers(0, 2, number).astype(np.int16),
        weight=np.where(visit_only, rng.choice([1, 10], number), 1).astype(np.int32),
        visit_due=minute + wait,
        visit_minute=np.where(stage >= Stage.IN_WORK_UP, minute, NEVER),
        list_minute=np.where(acute, NEVER, list_minute),
        target_minutes=rng.choice([1, 3 * DAY, 10 * DAY], number),
        treatment_list=rng.integers(0, LISTS, number).astype(np.int8),
        care=care.astype(np.int8),
        # Some leave from the IC.
        ward_group=np.where(has_ic & (rng.random(number) < 0.2), -1, ward).astype(np.int8),
        ic_type=np.where(has_ic, rng.integers(0, ICS, number), -1).astype(np.int8),
        urgency=rng.integers(0, 2, number).astype(np.int8),
        stay_minutes=np.where(exact, rng.integers(1, 60, number) * 60, 0).astype(np.int32),
        # Waiting for a ward must not outlast the nights.
        nights=(rng.integers(1, 5, number) + np.where(has_ic, 400, 0)).astype(np.int32),
        procedure_minutes=rng.choice([0, 45, 120, 700], number).astype(np.int32),
        ic_minutes=ic_minutes.astype(np.int32),
    )


def different(one: Journeys, other: Journeys) -> list[str]:
    """Return the columns that differ, with who differs first."""
    found = [
        f"{field.name}[{np.flatnonzero(getattr(one, field.name) != getattr(other, field.name))[0]}]"
        for field in dataclasses.fields(one)
        if field.name not in ("events", "census")
        and not np.array_equal(getattr(one, field.name), getattr(other, field.name))
    ]
    return found if found or one.census.equals(other.census) else ["census"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**63 - 1), number=st.integers(0, 150), days=st.integers(1, 60))
def test_engines_agree_on_every_journey_to_the_bit(seed: int, number: int, days: int) -> None:
    rng = np.random.default_rng(seed)
    network = random_network(rng, days)
    patients = random_patients(rng, network, number)
    reference = ENGINES["simpy"](patients, network)
    for name, engine in ENGINES.items():
        journeys = engine(patients, network)
        assert different(reference, journeys) == [], name
        assert journeys.equals(reference)
        assert journeys.events == reference.events


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**63 - 1))
def test_engines_agree_on_long_lists(seed: int) -> None:
    """Hundreds wait for one room, dozens join between two plannings, and lists move from one location to another."""
    rng = np.random.default_rng(seed)
    few = random_network(rng, 30)
    network = dataclasses.replace(
        few,
        queued=np.ones_like(few.queued),
        list_capacity=np.full_like(few.list_capacity, 200_000),
        clinic_capacity=np.full_like(few.clinic_capacity, 40_000),
    )
    patients = random_patients(rng, network, 3000)
    reference, journeys = ENGINES["simpy"](patients, network), ENGINES["compiled"](patients, network)
    assert reference.census.lists.max() > 100
    assert different(reference, journeys) == []
    assert journeys.events == reference.events


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_engines_agree_on_the_whole_country() -> None:
    """Every patient of a year as it is today: 10 million events, minutes in SimPy."""
    dataset = load_dataset()
    scenario = Scenario(zorgstroom=1, name="Nederland nu")
    sides = [
        simulate_baseline(Experiment(dataset, scenario, None, 1, name), 0) for name in ("compiled", "simpy")
    ]
    assert different(sides[0].journeys, sides[1].journeys) == []
    assert sides[0].journeys.events == sides[1].journeys.events > 10_000_000


def test_the_random_networks_reach_every_rule() -> None:
    """What never happens in them is not compared."""
    seen: set[str] = set()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        network = random_network(rng, 40)
        patients = random_patients(rng, network, 150)
        journeys = ENGINES["compiled"](patients, network)
        seen |= {State(state).name for state in np.unique(journeys.state)}
        seen |= {
            name
            for name, found in {
                "boarded": journeys.boarded,
                "outlier": journeys.outlier,
                "over": journeys.over_capacity,
                "diverted": journeys.diversion > 0,
                "line": journeys.census.ward_lines > 0,
                "ic line": journeys.census.ic_lines > 0,
                "list": journeys.census.lists > 3,
                "clinic": journeys.census.clinics > 3,
                "moved": (patients.location != patients.location[:, :1]).any(axis=1),
                "blocked": (journeys.ic_leave_minute == NEVER)
                & (patients.care == Care.IC_THEN_BED)
                & (journeys.state == State.IN_TREATMENT),
            }.items()
            if found.any()
        }
    assert seen >= {state.name for state in State}
    assert seen >= {
        "boarded",
        "outlier",
        "over",
        "diverted",
        "line",
        "ic line",
        "list",
        "clinic",
        "moved",
        "blocked",
    }


def test_engines_agree_on_a_plan_with_dates_in_a_small_country() -> None:
    plan = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "Proef",
            "horizon": {"weeks": 12, "warmup_weeks": 2},
            "actions": [
                {"close": {"location": "ZUID", "start": "2025-02-10"}},
                {"capacity": {"location": "MIDDEN", "pool": "or", "percent": 20, "start": "2025-03-03"}},
            ],
        }
    )
    tables = [
        simulate_replication(Experiment(make_dataset(), plan, None, 1, engine), 0)
        for engine in ("simpy", "compiled")
    ]
    assert tables[0].indicators.equals(tables[1].indicators)
    assert tables[0].flows.equals(tables[1].flows)
    assert tables[0].events == tables[1].events
