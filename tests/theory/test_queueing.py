"""The engine against queueing theory, within 3.5 standard errors over independent replications."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from tests.support.engine_case import RULES, network, patients

from zorgstroom_simulator.engines import NEVER, Care, WhenFull, simpy_engine

pytestmark = pytest.mark.theory

REPLICATIONS = 12
DAYS = 400
WARM_UP = 20 * 1440


def erlang_b(servers: int, load: float) -> float:
    """Probability that all servers are busy: M/G/c/c (Erlang 1917), by the usual recursion."""
    blocked = 1.0
    for c in range(1, servers + 1):
        blocked = load * blocked / (c + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Probability of waiting: M/M/c (Erlang 1917)."""
    blocked = erlang_b(servers, load)
    return blocked / (1 - load / servers * (1 - blocked))


def arrivals(rng: np.random.Generator, per_day: float) -> np.ndarray:
    """Poisson arrivals in whole minutes over the horizon."""
    count = rng.poisson(per_day * DAYS)
    return np.sort(rng.integers(0, DAYS * 1440, count))


def within(observed: list[float], expected: float) -> bool:
    error = np.std(observed, ddof=1) / math.sqrt(len(observed))
    return bool(abs(np.mean(observed) - expected) < 3.5 * error)


def durations(rng: np.random.Generator, shape: str, mean: float, n: int) -> np.ndarray:
    """Whole minutes with this mean: at least 1, so rounding up of a shifted draw keeps the mean."""
    if shape == "constant":
        return np.full(n, round(mean))
    if shape == "exponential":
        return np.ceil(rng.exponential(mean - 0.5, n)).astype(int)
    sigma = 1.2
    return np.ceil(rng.lognormal(math.log(mean - 0.5) - sigma**2 / 2, sigma, n)).astype(int)


@pytest.mark.parametrize("shape", ["constant", "exponential", "lognormal"])
def test_erlang_b_and_its_insensitivity(shape: str) -> None:
    """IC of 6 beds offered 4.5 erlang; who finds it full goes to a hospital that always has room."""
    beds, load, mean = 6, 4.5, 2000.0
    refused = []
    for seed in range(REPLICATIONS):
        rng = np.random.default_rng(seed)
        minute = arrivals(rng, load / mean * 1440)
        table = patients(
            minute,
            care=Care.IC_THEN_BED,
            ic_type=0,
            ic_minutes=durations(rng, shape, mean, len(minute)),
            nights=1,
            diversions=[1],
        )
        here = network(2, DAYS, queued=np.array([True, False]), ic_beds=np.array([[beds, 0, 0], [0, 0, 0]]))
        journeys = simpy_engine.run(table, here)
        counted = minute >= WARM_UP
        refused.append(float((journeys.diversion[counted] > 0).mean()))
        assert not journeys.boarded.any()
    assert within(refused, erlang_b(beds, load))


def test_erlang_c_wait_and_its_tail() -> None:
    """IC of 5 beds offered 4 erlang of exponential stays, first come first served, nobody sent away."""
    beds, load, mean = 5, 4.0, 1000.0
    rules = dataclasses.replace(RULES, when_full=WhenFull.WAIT)
    waited, mean_wait, long_wait = [], [], []
    tail = 600
    for seed in range(REPLICATIONS):
        rng = np.random.default_rng(seed)
        minute = arrivals(rng, load / mean * 1440)
        table = patients(
            minute,
            care=Care.IC_THEN_BED,
            ic_type=0,
            ic_minutes=durations(rng, "exponential", mean, len(minute)),
        )
        journeys = simpy_engine.run(table, network(1, DAYS, rules, ic_beds=np.array([[beds, 0, 0]])))
        counted = (minute >= WARM_UP) & (journeys.admission_minute != NEVER) & (minute < (DAYS - 10) * 1440)
        wait = (journeys.admission_minute - minute)[counted]
        waited.append(float((wait > 0).mean()))
        mean_wait.append(float(wait.mean()))
        long_wait.append(float((wait > tail).mean()))
    probability = erlang_c(beds, load)
    rate = (beds - load) / mean
    assert within(waited, probability)
    assert within(mean_wait, probability / rate)
    assert within(long_wait, probability * math.exp(-rate * tail))


def test_little_on_the_waiting_list() -> None:
    """L = lambda W on a planned list at 96% of its budget (Little 1961), counted day by day."""
    rng = np.random.default_rng(1)
    minute = arrivals(rng, 4.0)
    minute = minute[(minute // 1440) % 7 < 5]
    table = patients(
        minute,
        acute=False,
        visit_due=minute,
        care=Care.NOTHING,
        procedure_minutes=rng.integers(20, 160, len(minute)),
    )
    here = network(1, DAYS, list_capacity=np.array([[440_000, 0, 0]]))
    journeys = simpy_engine.run(table, here)
    listed = (journeys.list_minute != NEVER) & (journeys.list_minute < DAYS * 1440)
    start, stop = journeys.list_minute[listed], journeys.admission_minute[listed]
    stop = np.where(stop == NEVER, DAYS * 1440, stop)
    moments = np.arange(WARM_UP, DAYS * 1440, 60)
    length = np.searchsorted(np.sort(start), moments, "right") - np.searchsorted(
        np.sort(stop), moments, "right"
    )
    inside = np.clip(stop, WARM_UP, None) - np.clip(start, WARM_UP, None)
    assert length.mean() > 1
    assert length.mean() == pytest.approx(inside.sum() / (DAYS * 1440 - WARM_UP), rel=0.01)
