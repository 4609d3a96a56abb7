"""Queueing theory against printed tables, direct sums, limits and second derivations."""

from __future__ import annotations

import cmath
import doctest
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zorgstroom.queueing import batch, formulas, markov
from zorgstroom.queueing.batch import daily_clinic
from zorgstroom.queueing.formulas import (
    Harmonic,
    allen_cunneen,
    cobham,
    cobham_mmc,
    erlang_b,
    erlang_c,
    halfin_whitt_wait,
    harmonic_constant,
    harmonic_exponential,
    mean_wait_mmc,
    mean_waits_in_series,
    pollaczek_khinchine,
    square_root_staffing,
    wait_tail_mmc,
)
from zorgstroom.queueing.markov import blocked_link, stationary_distribution, two_hospitals

pytestmark = pytest.mark.unit

servers = st.integers(1, 80)
loads = st.floats(0.01, 100)
below_one = st.floats(0.05, 0.97)


# Erlang B and C


@pytest.mark.parametrize(
    ("beds", "load", "lost"),
    # Any printed table of Erlang B, such as ITU-D, Teletraffic engineering handbook; 1% lost at 100 servers: 84.06.
    [
        (1, 1.0, 0.5),
        (2, 1.0, 0.2),
        (5, 3.0, 0.1101),
        (10, 5.0, 0.0184),
        (20, 12.03, 0.01),
        (100, 84.06, 0.01),
    ],
)
def test_erlang_b_gives_the_printed_tables(beds: int, load: float, lost: float) -> None:
    assert erlang_b(beds, load) == pytest.approx(lost, abs=6e-5)


@pytest.mark.parametrize(("beds", "load", "wait"), [(2, 1.0, 0.3333), (5, 4.0, 0.5541), (10, 8.0, 0.4092)])
def test_erlang_c_gives_the_printed_tables(beds: int, load: float, wait: float) -> None:
    assert erlang_c(beds, load) == pytest.approx(wait, abs=6e-5)


@given(st.integers(0, 40), st.floats(0.01, 40))
def test_erlang_b_is_the_last_term_of_the_truncated_poisson_distribution(beds: int, load: float) -> None:
    terms = [load**n / math.factorial(n) for n in range(beds + 1)]
    assert erlang_b(beds, load) == pytest.approx(terms[-1] / sum(terms), rel=1e-9)


@given(servers, loads, st.floats(0.01, 10))
def test_more_beds_lose_fewer_and_more_patients_lose_more(beds: int, load: float, more: float) -> None:
    assert erlang_b(beds + 1, load) < erlang_b(beds, load) < erlang_b(beds, load + more) < 1


@given(servers, below_one)
def test_waiting_is_likelier_than_being_lost_and_longer_at_a_higher_load(beds: int, full: float) -> None:
    load = beds * full
    assert erlang_b(beds, load) <= erlang_c(beds, load) < 1
    assert mean_wait_mmc(beds, load, 1.0) < mean_wait_mmc(beds, (load + beds) / 2, 1.0)
    assert wait_tail_mmc(beds, load, 1.0, 0.0) == erlang_c(beds, load)


@given(servers, below_one)
def test_the_mean_wait_is_the_area_under_its_tail(beds: int, full: float) -> None:
    rate = beds * (1 - full)
    width = 0.01 / rate
    tail = sum(wait_tail_mmc(beds, beds * full, 1.0, (step + 0.5) * width) for step in range(3000)) * width
    assert mean_wait_mmc(beds, beds * full, 1.0) == pytest.approx(tail, rel=1e-3)


# Other single stations


@given(below_one, st.floats(1, 5000))
def test_pollaczek_khinchine_meets_the_exponential_queue_and_halves_for_constant_service(
    full: float, mean: float
) -> None:
    exponential = pollaczek_khinchine(full / mean, mean, mean)
    assert exponential == pytest.approx(mean_wait_mmc(1, full, mean), rel=1e-9)
    assert pollaczek_khinchine(full / mean, mean, 0.0) == pytest.approx(exponential / 2, rel=1e-9)


@given(st.lists(st.tuples(st.floats(0.01, 0.3), st.floats(0.1, 2), st.floats(0, 3)), min_size=1, max_size=3))
def test_priorities_only_shift_waits_between_classes(classes: list[tuple[float, float, float]]) -> None:
    """Kleinrock's conservation law: the waits weighted by load are those of one queue without priorities."""
    utilisation, means, sds = (list(column) for column in zip(*classes, strict=True))
    rates = [load / mean for load, mean in zip(utilisation, means, strict=True)]
    waits = cobham(rates, means, sds)
    total = sum(rates)
    mean = sum(rate * one for rate, one in zip(rates, means, strict=True)) / total
    square = sum(rate * (one**2 + sd**2) for rate, one, sd in zip(rates, means, sds, strict=True)) / total
    together = pollaczek_khinchine(total, mean, math.sqrt(max(square - mean**2, 0)))
    weighted = sum(load * wait for load, wait in zip(utilisation, waits, strict=True)) / sum(utilisation)
    assert weighted == pytest.approx(together, rel=1e-6)
    assert waits == sorted(waits)


@given(servers, st.floats(0.05, 0.6), st.floats(0.05, 0.35))
def test_priorities_at_several_servers_keep_the_mean_wait(beds: int, first: float, second: float) -> None:
    waits = cobham_mmc(beds, [beds * first, beds * second], 60.0)
    mean = (first * waits[0] + second * waits[1]) / (first + second)
    assert mean == pytest.approx(mean_wait_mmc(beds, beds * (first + second), 60.0), rel=1e-9)
    assert waits[0] < waits[1]


def test_one_class_at_one_server_is_the_plain_queue() -> None:
    assert cobham_mmc(1, [0.7], 10.0) == pytest.approx(cobham([0.07], [10.0], [10.0]))
    assert cobham([0.07], [10.0], [10.0])[0] == pytest.approx(mean_wait_mmc(1, 0.7, 10.0))


@given(servers, below_one)
def test_allen_cunneen_is_exact_where_it_should_be(beds: int, full: float) -> None:
    assert allen_cunneen(beds, beds * full, 30.0) == pytest.approx(mean_wait_mmc(beds, beds * full, 30.0))
    constant = allen_cunneen(1, full, 30.0, service_scv=0.0)
    assert constant == pytest.approx(pollaczek_khinchine(full / 30, 30.0, 0.0))
    assert allen_cunneen(beds, beds * full, 30.0, arrival_scv=0.0, service_scv=0.0) == 0


def test_square_root_staffing_keeps_the_chance_of_waiting_at_any_size() -> None:
    chances = [erlang_c(square_root_staffing(load, 0.5), load) for load in (100, 400, 2500, 10_000)]
    assert chances == pytest.approx([halfin_whitt_wait(0.5)] * 4, rel=0.03)


def test_stations_in_series_each_wait_as_if_alone() -> None:
    assert mean_waits_in_series([1, 3], [0.5, 2.0], [10.0, 40.0]) == [
        mean_wait_mmc(1, 0.5, 10.0),
        mean_wait_mmc(3, 2.0, 40.0),
    ]


@given(st.floats(0.02, 0.9))
def test_varying_arrivals_are_followed_as_the_integral_says(part: float) -> None:
    """m(t) = integral of rate(t - u) P(S > u) du, added up in small steps; the period is 1."""
    step = part / 4000
    harmonic: Harmonic
    tail: Callable[[np.ndarray], np.ndarray]
    for harmonic, tail, until in (
        (harmonic_constant(1.0, part), np.ones_like, part),
        (harmonic_exponential(1.0, part), lambda u: np.exp(-u / part), 30 * part),
    ):
        u = np.arange(step / 2, until, step)
        wave = np.sum(np.exp(-2j * np.pi * u) * tail(u)) * step / part
        assert harmonic.amplitude == pytest.approx(abs(wave), rel=1e-4)
        assert harmonic.lag == pytest.approx(-cmath.phase(wave) / (2 * math.pi), rel=1e-3)


# Markov chains


@given(st.integers(1, 30), st.floats(0.1, 40))
def test_the_chain_of_a_loss_station_is_erlang_b(beds: int, load: float) -> None:
    chance = stationary_distribution(
        0, lambda n: [(n + 1, load if n < beds else 0.0), *([(n - 1, float(n))] if n else [])]
    )
    assert chance[beds] == pytest.approx(erlang_b(beds, load), rel=1e-6, abs=1e-12)
    assert sum(chance.values()) == pytest.approx(1)


two_loads = st.tuples(st.floats(0.5, 12), st.floats(0.5, 12))
two_sizes = st.tuples(st.integers(1, 8), st.integers(1, 8))


@settings(max_examples=40, deadline=None)
@given(two_sizes, two_loads, st.booleans())
def test_diversion_loses_nobody_twice(beds: tuple[int, int], load: tuple[float, float], mutual: bool) -> None:
    here = two_hospitals(beds, load, mutual=mutual)
    kept = sum(one * (1 - lost) for one, lost in zip(load, here.lost, strict=True))
    assert sum(here.occupied) == pytest.approx(kept, rel=1e-9)
    if not mutual:
        assert here.full[0] == pytest.approx(erlang_b(beds[0], load[0]), rel=1e-8)
        assert here.lost[0] + here.diverted[0] == pytest.approx(here.full[0])
    # Together they lose more than if all beds were one hospital, fewer than if each stood alone.
    lost_load = sum(one * lost for one, lost in zip(load, here.lost, strict=True))
    apart = sum(one * erlang_b(size, one) for size, one in zip(beds, load, strict=True))
    assert sum(load) * erlang_b(sum(beds), sum(load)) <= lost_load * (1 + 1e-9)
    if not mutual:
        assert lost_load <= apart * (1 + 1e-9)


def test_mutual_overflow_between_equal_hospitals_is_one_hospital() -> None:
    """Whoever comes finds a bed as long as either has one: the total is a single loss station."""
    here = two_hospitals((3, 5), (4.0, 2.0), mutual=True)
    assert here.lost == pytest.approx((erlang_b(8, 6.0),) * 2)
    assert two_hospitals((4, 4), (3.0, 3.0), mutual=True).diverted[0] == pytest.approx(
        two_hospitals((4, 4), (3.0, 3.0), mutual=True).diverted[1]
    )


@given(st.floats(0.05, 20))
def test_one_place_before_one_place_is_the_printed_solution(load: float) -> None:
    """Gross & Harris, Fundamentals of queueing theory: series queues with blocking, equal rates."""
    total = 3 * load**2 + 4 * load + 2
    link = blocked_link(1, 1, load, 1.0, 1.0)
    assert link.lost == pytest.approx((3 * load**2 + 2 * load) / total, rel=1e-9)
    # The place is kept while blocked with probability load^2 / total.
    assert link.mean_blocked_time * load * (1 - link.lost) == pytest.approx(load**2 / total, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(1, 6), st.floats(0.1, 3), st.floats(0.5, 4), st.floats(0.5, 4))
def test_what_goes_in_comes_out_of_a_blocked_link(
    first: int, second: int, rate: float, operation: float, care: float
) -> None:
    link = blocked_link(first, second, rate, operation, care)
    admitted = rate * (1 - link.lost)
    assert link.occupied[1] == pytest.approx(admitted * care, rel=1e-8)
    assert link.occupied[0] == pytest.approx(admitted * (operation + link.mean_blocked_time), rel=1e-8)
    assert link.lost >= erlang_b(first, rate * operation) * (1 - 1e-9)
    roomy = blocked_link(first, second + 60, rate, operation, care)
    assert roomy.lost == pytest.approx(erlang_b(first, rate * operation), rel=1e-6)
    assert roomy.blocked == pytest.approx(0, abs=1e-6)


def test_a_chain_that_depends_on_its_start_is_refused() -> None:
    with pytest.raises(ValueError, match="depends on where it starts"):
        stationary_distribution(0, lambda n: [(1, 1.0), (2, 1.0)] if n == 0 else [])


def test_a_chain_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markov, "MOST_STATES", 50)
    with pytest.raises(ValueError, match="more than 50 states"):
        stationary_distribution(0, lambda n: [(n + 1, 1.0)])


def test_a_negative_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 1 is negative"):
        stationary_distribution(0, lambda n: [(1, -1.0)])


# The clinic


def left_by_roots(mean: float, slots: int) -> float:
    """Mean left after a clinic from the roots of z^c = exp(m (z - 1)) inside the unit circle (Bailey 1954)."""
    total = 0.0 + 0.0j
    for k in range(1, slots):
        turn, root = cmath.exp(2j * math.pi * k / slots), 0j
        for _ in range(5000):
            root = turn * cmath.exp(mean * (root - 1) / slots)
        total += 1 / (1 - root)
    return total.real - (slots * (slots - 1) - mean**2) / (2 * (slots - mean))


@pytest.mark.parametrize(("mean", "slots"), [(0.5, 1), (0.9, 1), (2.7, 3), (10.8, 12), (11.4, 12), (3.0, 12)])
def test_the_clinic_gives_the_solution_by_roots(mean: float, slots: int) -> None:
    clinic = daily_clinic([mean], [slots])
    assert clinic.left_after[0] == pytest.approx(left_by_roots(mean, slots), rel=1e-8, abs=1e-11)
    assert clinic.mean_wait_days == pytest.approx(0.5 + clinic.left_after[0] / mean, rel=1e-9)


def test_a_week_of_equal_days_is_the_daily_clinic() -> None:
    week, day = daily_clinic([5.4] * 7, [6] * 7), daily_clinic([5.4], [6])
    assert week.left_after == pytest.approx(day.left_after * 7)
    assert week.mean_wait_days == pytest.approx(day.mean_wait_days)
    assert week.seen_at_first == pytest.approx(day.seen_at_first)


def test_a_clinic_every_other_day_waits_twice_as_long() -> None:
    every, other = daily_clinic([5.4], [6]), daily_clinic([2.7, 2.7], [6, 0])
    assert other.mean_wait_days == pytest.approx(2 * every.mean_wait_days)
    assert other.seen_at_first == pytest.approx(every.seen_at_first)
    assert other.left_after == pytest.approx((every.left_after[0], every.left_after[0] + 2.7))


def test_an_almost_empty_clinic_waits_for_its_hour_only() -> None:
    """Referrals on weekdays, clinic at 08:00 on weekdays: half a day, and two days more for Friday's after 08:00."""
    clinic = daily_clinic([0.001] * 5 + [0.0, 0.0], [20] * 5 + [0, 0])
    assert clinic.mean_wait_days == pytest.approx(0.5 + 2 * (16 / 24) / 5)
    assert clinic.seen_at_first == pytest.approx(1)


# What has no answer


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: erlang_b(-1, 1), "at least 0, found -1"),
        (lambda: erlang_b(3, -0.5), "load must be a number of at least 0, found -0.5"),
        (lambda: erlang_b(3, math.nan), "load must be a number of at least 0, found nan"),
        (lambda: erlang_c(3, 3), "load 3 must be below the number of servers 3"),
        (lambda: erlang_c(0, 0), "at least 1, found 0"),
        (lambda: mean_wait_mmc(3, 2, 0), "mean service must be a positive number, found 0"),
        (lambda: wait_tail_mmc(3, 2, 5, -1), "time must be a number of at least 0, found -1"),
        (lambda: pollaczek_khinchine(0.1, 10, 1), "no steady state"),
        (lambda: cobham([0.5, 0.6], [1, 1], [0, 0]), "load 1.1 must be below the number of servers 1"),
        (lambda: cobham_mmc(2, [1, 1], 1), "no steady state"),
        (lambda: mean_waits_in_series([1, 1], [0.5, 1.5], [1, 1]), "load 1.5 must be below"),
        (lambda: allen_cunneen(2, 1, 1, service_scv=-1), "coefficient of variation"),
        (lambda: halfin_whitt_wait(0), "margin must be a positive number"),
        (lambda: harmonic_constant(24, 24), "service 24 must be shorter than the period 24"),
        (lambda: two_hospitals((2, -1), (1, 1), mutual=True), "at least 0"),
        (lambda: blocked_link(1, 0, 1, 1, 1), "at least 1 place, found 1 and 0"),
        (lambda: blocked_link(1, 1, 0, 1, 1), "above 0"),
        (lambda: daily_clinic([6.0], [6]), "referrals 6 must be below the slots 6"),
        (lambda: daily_clinic([1.0, 1.0], [6]), "2 days of referrals but 1 days of slots"),
        (lambda: daily_clinic([-1.0], [6]), "at least 0"),
        (lambda: daily_clinic([0.0], [6]), "no referrals"),
        (lambda: daily_clinic([5.9999], [6]), "are likely"),
    ],
)
def test_what_has_no_answer_is_refused_with_the_reason(call: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        call()  # type: ignore[operator]


def test_every_formula_names_its_source() -> None:
    for module in (formulas, markov, batch):
        for name, function in vars(module).items():
            if callable(function) and getattr(function, "__module__", "") == module.__name__:
                documented = function.__doc__ or ""
                is_formula = not name.startswith("_") and not isinstance(function, type)
                assert "Source" in documented or not is_formula, f"{module.__name__}.{name}"


def test_examples_in_the_formulas_run() -> None:
    result = doctest.testmod(formulas)
    assert result.attempted
    assert not result.failed
