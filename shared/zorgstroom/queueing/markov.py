"""Exact steady states of small networks: a Markov chain in continuous time, solved as a linear system."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

S = TypeVar("S", bound=Hashable)
#: A matrix of this many rows and columns takes 200 MB and half a minute.
MOST_STATES = 5_000


def stationary_distribution(start: S, moves: Callable[[S], Iterable[tuple[S, float]]]) -> dict[S, float]:
    """Return the long-run probability of every state that can be reached from `start`.

    `moves(state)` gives (next state, rate) pairs. Solves pi Q = 0, sum pi = 1 (Kolmogorov's balance equations).
    Source: Norris (1997), Markov Chains, section 3.5.
    Raises ValueError for a negative rate, for more than `MOST_STATES` states, and for a chain whose long run
    depends on where it started.
    """
    index, rates = _explore(start, moves)
    generator = np.zeros((len(index), len(index)))
    for (here, there), rate in rates.items():
        generator[here, there] += rate
        generator[here, here] -= rate
    # The balance equations sum to zero: the first is replaced by "all probabilities sum to 1".
    equations = generator.T.copy()
    equations[0] = 1.0
    ones = np.zeros(len(index))
    ones[0] = 1.0
    try:
        solution = np.linalg.solve(equations, ones)
    except np.linalg.LinAlgError:
        solution = np.full(len(index), np.nan)
    if not (
        np.allclose(solution @ generator, 0, atol=1e-9 * np.abs(generator).max()) and (solution > -1e-9).all()
    ):
        raise ValueError("the chain has no single steady state: its long run depends on where it starts")
    return {state: float(solution[number]) for state, number in index.items()}


def _explore(
    start: S, moves: Callable[[S], Iterable[tuple[S, float]]]
) -> tuple[dict[S, int], dict[tuple[int, int], float]]:
    """Return the states that can be reached, numbered in the order they are found, and the rates between them."""
    index = {start: 0}
    rates: dict[tuple[int, int], float] = {}
    found = [start]
    for state in found:
        for following, rate in moves(state):
            if rate < 0:
                raise ValueError(f"the rate from {state} to {following} is negative: {rate:g}")
            if rate == 0 or following == state:
                continue
            if following not in index:
                index[following] = len(index)
                found.append(following)
            if len(index) > MOST_STATES:
                raise ValueError(f"the chain has more than {MOST_STATES} states")
            pair = index[state], index[following]
            rates[pair] = rates.get(pair, 0.0) + rate
    return index, rates


@dataclass(frozen=True)
class TwoHospitals:
    """Steady state of two loss stations where patients of one may be sent to the other; a pair is (A, B)."""

    #: Probability that all beds of A, of B, and of both at once are occupied.
    full: tuple[float, float]
    both_full: float
    #: Part of the patients of each who are sent to the other, and who are lost.
    diverted: tuple[float, float]
    lost: tuple[float, float]
    #: Mean number of occupied beds.
    occupied: tuple[float, float]


def two_hospitals(beds: tuple[int, int], loads: tuple[float, float], *, mutual: bool) -> TwoHospitals:
    """Return the steady state of two hospitals with exponential stays of one mean: A diverts to B.

    A patient who finds A full goes to B and is lost if B is full too. A patient of B who finds B full is lost, or,
    if `mutual`, goes to A and is lost if A is full too. State (patients in A, patients in B); an arrival sees the
    steady state (PASTA: Wolff 1982, Operations Research 30(2)). No product form exists; the chain is solved exactly.
    Source of the model: Wilkinson (1956), Bell System Technical Journal 35(2), overflow between loss stations; for
    intensive care Litvak et al. (2008), European Journal of Operational Research 185(3).
    Raises ValueError for negative beds or loads.
    """
    (beds_a, beds_b), (load_a, load_b) = beds, loads
    if min(beds) < 0 or min(loads) < 0:
        raise ValueError(f"beds and loads must be at least 0, found {beds} and {loads}")

    def moves(state: tuple[int, int]) -> Iterable[tuple[tuple[int, int], float]]:
        a, b = state
        if a < beds_a:
            yield (a + 1, b), load_a + (load_b if mutual and b == beds_b else 0)
        if b < beds_b:
            yield (a, b + 1), load_b + (load_a if a == beds_a else 0)
        if a > 0:
            yield (a - 1, b), a
        if b > 0:
            yield (a, b - 1), b

    chance = stationary_distribution((0, 0), moves)
    full_a = sum(p for (a, _), p in chance.items() if a == beds_a)
    full_b = sum(p for (_, b), p in chance.items() if b == beds_b)
    both = chance.get((beds_a, beds_b), 0.0)
    return TwoHospitals(
        full=(full_a, full_b),
        both_full=both,
        diverted=(full_a - both, full_b - both if mutual else 0.0),
        lost=(both, both if mutual else full_b),
        occupied=(sum(a * p for (a, _), p in chance.items()), sum(b * p for (_, b), p in chance.items())),
    )


@dataclass(frozen=True)
class BlockedLink:
    """Steady state of a first unit whose patients keep their place while the second unit is full."""

    #: Part of the patients who find the first unit full and are lost.
    lost: float
    #: Part of those admitted who, when done at the first unit, find the second full.
    blocked: float
    #: Mean time that a place of the first unit is kept by a blocked patient, over everybody admitted.
    mean_blocked_time: float
    #: Mean number of occupied places in the first unit (blocked included) and in the second.
    occupied: tuple[float, float]


def blocked_link(
    first: int, second: int, arrival_rate: float, mean_first: float, mean_second: float
) -> BlockedLink:
    """Return the steady state of an operating theatre and the intensive care behind it, with blocking.

    A patient who finds all `first` places taken is lost. Whoever is done there and finds all `second` places taken
    keeps the first place until one is free, first come first served. Poisson arrivals, exponential times. State
    (being served in the first unit, in the second, blocked); solved exactly. Source of the model: the OT-ICU link
    of Van Dijk & Kortbeek (2009), Queueing Systems 63, who give bounds for such links; blocking after service:
    Avi-Itzhak & Yadin (1965), Management Science 11(5).
    Raises ValueError for a unit without places, a negative rate or a time that is not positive.
    """
    if min(first, second) < 1:
        raise ValueError(f"each unit needs at least 1 place, found {first} and {second}")
    if arrival_rate <= 0 or min(mean_first, mean_second) <= 0:
        raise ValueError("the arrival rate and the mean times must be above 0")

    def moves(state: tuple[int, int, int]) -> Iterable[tuple[tuple[int, int, int], float]]:
        served, cared, blocked = state
        if served + blocked < first:
            yield (served + 1, cared, blocked), arrival_rate
        if served > 0:
            done = (served - 1, cared + 1, 0) if cared < second else (served - 1, cared, blocked + 1)
            yield done, served / mean_first
        if cared > 0:
            left = (served, cared, blocked - 1) if blocked else (served, cared - 1, 0)
            yield left, cared / mean_second

    chance = stationary_distribution((0, 0, 0), moves)
    lost = sum(p for (s, _, k), p in chance.items() if s + k == first)
    admitted = arrival_rate * (1 - lost)
    blocked_now = sum(k * p for (_, _, k), p in chance.items())
    finish_full = sum(s / mean_first * p for (s, c, _), p in chance.items() if c == second)
    return BlockedLink(
        lost=lost,
        blocked=finish_full / admitted,
        mean_blocked_time=blocked_now / admitted,
        occupied=(
            sum((s + k) * p for (s, _, k), p in chance.items()),
            sum(c * p for (_, c, _), p in chance.items()),
        ),
    )
