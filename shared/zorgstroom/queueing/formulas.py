"""Closed formulas and recursions for single stations, for stations in series and for varying arrivals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


def erlang_b(servers: int, load: float) -> float:
    """Return the probability that an arrival finds all servers busy and is lost: M/G/c/c.

    B(0) = 1, B(c) = a B(c-1) / (c + a B(c-1)). Whatever the distribution of the service (insensitivity).
    Source: Erlang (1917), Elektroteknikeren 13; insensitivity: Sevastyanov (1957), Theory Probab. Appl. 2.
    Raises ValueError for a negative number of servers or load.

    >>> round(erlang_b(10, 5), 4)
    0.0184
    """
    _check_servers(servers, least=0)
    _check_not_negative("load", load)
    lost = 1.0
    for server in range(1, servers + 1):
        lost = load * lost / (server + load * lost)
    return lost


def erlang_c(servers: int, load: float) -> float:
    """Return the probability that an arrival has to wait: M/M/c.

    C = B / (1 - (a/c)(1 - B)), B = Erlang B. Source: Erlang (1917), Elektroteknikeren 13.
    Raises ValueError if the load is not below the number of servers.

    >>> round(erlang_c(1, 0.7), 4)
    0.7
    """
    _check_stable(servers, load)
    lost = erlang_b(servers, load)
    return lost / (1 - load / servers * (1 - lost))


def mean_wait_mmc(servers: int, load: float, mean_service: float) -> float:
    """Return the mean wait of everybody, those who do not wait included: M/M/c, in the unit of `mean_service`.

    W = C s / (c - a). Source: Erlang (1917). Raises ValueError if the load is not below the number of servers.
    """
    _check_positive("mean service", mean_service)
    return erlang_c(servers, load) * mean_service / (servers - load)


def wait_tail_mmc(servers: int, load: float, mean_service: float, longer_than: float) -> float:
    """Return the probability of waiting longer than a time: M/M/c, first come first served.

    P(W > t) = C exp(-(c - a) t / s). Source: Erlang (1917); Kleinrock (1975), Queueing Systems I, section 3.5.
    Raises ValueError if the load is not below the number of servers.
    """
    _check_positive("mean service", mean_service)
    _check_not_negative("time", longer_than)
    return erlang_c(servers, load) * math.exp(-(servers - load) * longer_than / mean_service)


def pollaczek_khinchine(arrival_rate: float, mean_service: float, sd_service: float) -> float:
    """Return the mean wait at a single server with any distribution of service: M/G/1 (Pollaczek-Khinchine).

    W = lambda E[S^2] / (2 (1 - rho)). Source: Pollaczek (1930), Mathematische Zeitschrift 32; Khintchine (1932),
    Mat. Sbornik 39. Raises ValueError if the load is not below 1.
    """
    _check_positive("mean service", mean_service)
    _check_not_negative("standard deviation of the service", sd_service)
    load = arrival_rate * mean_service
    _check_stable(1, load)
    return arrival_rate * (mean_service**2 + sd_service**2) / (2 * (1 - load))


def cobham(
    arrival_rates: Sequence[float], mean_services: Sequence[float], sd_services: Sequence[float]
) -> list[float]:
    """Return the mean wait of each class, most urgent first: M/G/1, nobody's service is broken off.

    W_k = W_0 / ((1 - s_{k-1}) (1 - s_k)), W_0 = sum lambda_i E[S_i^2] / 2, s_k = load of classes 1 to k.
    Source: Cobham (1954), Operations Research 2(1). Raises ValueError if the load is not below 1.
    """
    loads = [rate * mean for rate, mean in zip(arrival_rates, mean_services, strict=True)]
    _check_stable(1, sum(loads))
    remaining = sum(
        rate * (mean**2 + sd**2) / 2
        for rate, mean, sd in zip(arrival_rates, mean_services, sd_services, strict=True)
    )
    return _by_priority(remaining, loads)


def cobham_mmc(servers: int, loads: Sequence[float], mean_service: float) -> list[float]:
    """Return the mean wait of each class, most urgent first: M/M/c, one mean service, nothing is broken off.

    W_k = W_0 / ((1 - s_{k-1}) (1 - s_k)), W_0 = C s / c, s_k = utilisation by classes 1 to k.
    Source: Cobham (1954), Operations Research 2(1). Raises ValueError if the load is not below the servers.
    """
    _check_positive("mean service", mean_service)
    remaining = erlang_c(servers, sum(loads)) * mean_service / servers
    return _by_priority(remaining, [load / servers for load in loads])


def mean_waits_in_series(
    servers: Sequence[int], loads: Sequence[float], services: Sequence[float]
) -> list[float]:
    """Return the mean wait at each of several M/M/c stations in series with room to wait between them.

    What leaves a station in equilibrium is a Poisson process again, so that each is an M/M/c of its own.
    Source: Burke (1956), Operations Research 4(6); Jackson (1957), Operations Research 5(4).
    Raises ValueError if a load is not below its servers.
    """
    return [
        mean_wait_mmc(count, load, service)
        for count, load, service in zip(servers, loads, services, strict=True)
    ]


def allen_cunneen(
    servers: int, load: float, mean_service: float, *, arrival_scv: float = 1.0, service_scv: float = 1.0
) -> float:
    """Return the approximate mean wait with any distribution of arrivals and of service: G/G/c (Allen-Cunneen).

    W = (ca^2 + cs^2) / 2 x C s / (c - a), with the squared coefficients of variation of the times between arrivals
    and of the service. Exact for M/M/c and M/G/1; elsewhere an approximation, good near full load.
    Source: Allen (1990), Probability, Statistics and Queueing Theory, 2nd edition, section 5.6 (after Cunneen).
    Raises ValueError if the load is not below the number of servers.
    """
    _check_not_negative("squared coefficient of variation", min(arrival_scv, service_scv))
    return (arrival_scv + service_scv) / 2 * mean_wait_mmc(servers, load, mean_service)


def square_root_staffing(load: float, margin: float) -> int:
    """Return the servers that give about the same quality at any size: the load and `margin` times its root.

    c = ceil(a + beta sqrt(a)). Source: Halfin & Whitt (1981), Operations Research 29(3).
    """
    _check_not_negative("load", load)
    return math.ceil(load + margin * math.sqrt(load))


def halfin_whitt_wait(margin: float) -> float:
    """Return the probability of waiting in a large system staffed with `margin` times the root of its load.

    P(W > 0) = 1 / (1 + beta Phi(beta) / phi(beta)). Source: Halfin & Whitt (1981), Operations Research 29(3).
    Raises ValueError if the margin is not above 0: the load is then not below the servers.
    """
    _check_positive("margin", margin)
    density = math.exp(-(margin**2) / 2) / math.sqrt(2 * math.pi)
    below = (1 + math.erf(margin / math.sqrt(2))) / 2
    return 1 / (1 + margin * below / density)


@dataclass(frozen=True)
class Harmonic:
    """How a number of patients follows a sinusoidal rate of arrival, relative to its mean and to the rate."""

    #: Relative amplitude of the number of patients for a relative amplitude 1 of the rate.
    amplitude: float
    #: How much later than the rate the number of patients is at its top, in the unit of the period.
    lag: float


def harmonic_exponential(period: float, mean_service: float) -> Harmonic:
    """Return how the number present follows sinusoidal arrivals: M_t/G/infinity, exponential service.

    Rate L (1 + A sin wt), then mean number L s (1 + A sin(wt - atan(ws)) / sqrt(1 + w^2 s^2)), w = 2 pi / period.
    Source: Eick, Massey & Whitt (1993), Management Science 39(2), M_t/G/infinity queues with sinusoidal rates.
    """
    _check_positive("period", period)
    _check_positive("mean service", mean_service)
    frequency = 2 * math.pi / period
    turned = frequency * mean_service
    return Harmonic(amplitude=1 / math.hypot(1, turned), lag=math.atan(turned) / frequency)


def harmonic_constant(period: float, service: float) -> Harmonic:
    """Return how the number present follows sinusoidal arrivals: M_t/D/infinity, constant service.

    Rate L (1 + A sin wt), then mean number L s (1 + A sin(w (t - s/2)) sin(ws/2) / (ws/2)), w = 2 pi / period.
    Source: Eick, Massey & Whitt (1993), Operations Research 41(4), The physics of the M_t/G/infinity queue.
    Raises ValueError for a service as long as the period or longer, where the wave dies out or turns over.
    """
    _check_positive("period", period)
    _check_positive("service", service)
    if service >= period:
        raise ValueError(f"service {service:g} must be shorter than the period {period:g}")
    half_turn = math.pi * service / period
    return Harmonic(amplitude=math.sin(half_turn) / half_turn, lag=service / 2)


def _by_priority(remaining: float, utilisations: Sequence[float]) -> list[float]:
    """Return Cobham's waits from what an arrival finds still to be served and the utilisation by each class."""
    waits, busy = [], 0.0
    for utilisation in utilisations:
        waits.append(remaining / ((1 - busy) * (1 - busy - utilisation)))
        busy += utilisation
    return waits


def _check_servers(servers: int, least: int) -> None:
    if servers < least:
        raise ValueError(f"the number of servers must be at least {least}, found {servers}")


def _check_stable(servers: int, load: float) -> None:
    _check_servers(servers, least=1)
    _check_not_negative("load", load)
    if load >= servers:
        raise ValueError(
            f"load {load:g} must be below the number of servers {servers}: there is no steady state"
        )


def _check_positive(what: str, value: float) -> None:
    if not value > 0 or math.isinf(value):
        raise ValueError(f"{what} must be a positive number, found {value:g}")


def _check_not_negative(what: str, value: float) -> None:
    if not value >= 0 or math.isinf(value):
        raise ValueError(f"{what} must be a number of at least 0, found {value:g}")
