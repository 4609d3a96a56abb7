"""Kept patients: the same numbers as simulated anew, simulated once, and no more of them than fit."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.scenario import Scenario
from zorgstroom.tables import table_digest
from zorgstroom_simulator import kept_today
from zorgstroom_simulator.experiment import (
    Experiment,
    ReplicationTables,
    combine,
    simulate_replication,
    simulate_under,
)
from zorgstroom_simulator.experiment import simulate_today as simulate
from zorgstroom_simulator.kept_today import KeptToday, size_of

pytestmark = pytest.mark.unit

DATASET = make_dataset()
PLANS: tuple[list[dict[str, object]], ...] = (
    [],
    [{"close": {"location": "ZUID"}}],
    [{"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"]}}],
)


def experiment(plan: int, *, weeks: int = 26, seed: int = 1) -> Experiment:
    document = {
        "zorgstroom": 1,
        "name": "Proef",
        "horizon": {"weeks": weeks, "warmup_weeks": 2},
        "actions": PLANS[plan],
    }
    return Experiment(DATASET, Scenario.model_validate(document), None, seed)


def digests(result: ReplicationTables) -> dict[str, str]:
    return {name: table_digest(table) for name, table in combine([result]).items()}


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every replication that is simulated as it is today."""
    numbers: list[int] = []

    def count(made: Experiment, replication: int, *, keep_side: bool) -> object:
        numbers.append(replication)
        return simulate(made, replication, keep_side=keep_side)

    monkeypatch.setattr(kept_today, "simulate_today", count)
    return numbers


def test_plans_share_one_simulation_of_today_and_differ_in_nothing_from_runs_of_their_own(
    simulated: list[int],
) -> None:
    kept = KeptToday(10**9)
    for plan in (0, 1, 2, 0):
        made = experiment(plan)
        assert digests(simulate_under(made, kept.of(made, 3))) == digests(simulate_replication(made, 3))
    assert simulated == [3]


@pytest.mark.parametrize("other", [{"weeks": 20}, {"seed": 2}])
def test_another_horizon_or_seed_has_patients_of_its_own(other: dict[str, int], simulated: list[int]) -> None:
    kept = KeptToday(10**9)
    kept.of(experiment(1), 0)
    kept.of(experiment(1, **other), 0)
    assert simulated == [0, 0]


def test_the_same_plan_on_other_figures_has_patients_of_its_own(simulated: list[int]) -> None:
    kept, made = KeptToday(10**9), experiment(1)
    kept.of(made, 0)
    kept.of(dataclasses.replace(made, dataset=dataclasses.replace(DATASET)), 0)
    assert simulated == [0, 0]


def test_threads_that_ask_at_the_same_time_get_the_same(simulated: list[int]) -> None:
    kept = KeptToday(10**9)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda plan: kept.of(experiment(plan), 0).patients, [1, 2, 1, 2]))
    assert simulated == [0]
    assert all(len(patients) == len(found[0]) for patients in found)


def test_threads_may_let_go_what_another_has_just_made() -> None:
    both_made = threading.Barrier(2, timeout=60)

    class Crowded(KeptToday):
        def _let_go(self) -> None:
            both_made.wait()
            super()._let_go()

    kept = Crowded(most_bytes=1)
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda replication: kept.of(experiment(1), replication), [0, 1]))
    assert [today.replication for today in found] == [0, 1]


def test_what_was_not_used_for_longest_is_let_go(simulated: list[int]) -> None:
    size = size_of(simulate(experiment(1), 0))
    kept = KeptToday(int(2.5 * size))
    for replication in (0, 1, 0, 2):
        kept.of(experiment(1), replication)
    assert simulated == [0, 1, 2]
    kept.of(experiment(1), 0)
    assert simulated == [0, 1, 2]
    kept.of(experiment(1), 1)
    assert simulated == [0, 1, 2, 1]
