"""Infinitely many beds and arrivals that rise and fall over the day: the number of patients follows, less and later.

The length of a wave that is observed with noise is on average a little longer than that of the wave: by the variance
over twice the length, here 0.1%, a fifth of the standard error.
"""

from __future__ import annotations

import math

import numpy as np

from zorgstroom.queueing.formulas import Harmonic, harmonic_constant, harmonic_exponential
from zorgstroom_simulator.systems import (
    DAY,
    Constant,
    Exponential,
    Location,
    System,
    Unplanned,
    VaryingPoisson,
    run,
)
from zorgstroom_simulator.systems.durations import Duration
from zorgstroom_simulator.verification.theory.case import FloatArray, Quantity, TheoryCase

PER_DAY, SWING, STAY = 120.0, 0.8, 300.0
#: The stay is a fifth of a day; after four days from empty less than e^-19 of the beginning is left.
WARM_UP_DAYS, MEASURED_DAYS = 4, 30


def cases() -> list[TheoryCase]:
    """Return one case for exponential and one for constant stays."""
    return [
        _case(
            "varying_exponential",
            Exponential(STAY),
            harmonic_exponential(DAY, STAY),
            "m(t) = L s (1 + A sin(wt - atan(ws)) / sqrt(1 + (ws)^2))",
            "Eick, Massey & Whitt (1993), Management Science 39(2)",
        ),
        _case(
            "varying_constant",
            Constant(STAY),
            harmonic_constant(DAY, STAY),
            "m(t) = L s (1 + A sin(w (t - s/2)) sin(ws/2) / (ws/2))",
            "Eick, Massey & Whitt (1993), Operations Research 41(4)",
        ),
    ]


def _rate(days: FloatArray) -> FloatArray:
    """Return patients a day: a wave with a period of a day, at its top at 06:00."""
    return np.asarray(PER_DAY * (1 + SWING * np.sin(2 * np.pi * days)))


def _case(case: str, stay: Duration, harmonic: Harmonic, formula: str, source: str) -> TheoryCase:
    system = System({"A": Location(units={"ward": None})})
    arrivals = VaryingPoisson(_rate, most=PER_DAY * (1 + SWING))
    flows = {"acute": Unplanned(at="A", route=["ward"], stay=[stay], arrivals=arrivals)}
    first, last = WARM_UP_DAYS * DAY, (WARM_UP_DAYS + MEASURED_DAYS) * DAY

    def observe(seed: int, replication: int, engine: str) -> list[float]:
        journeys = run(system, flows, days=last // DAY, seed=seed, replication=replication, engine=engine)
        start = journeys["start"].to_numpy().astype(np.float64)
        end = journeys["end"].fill_null(last).to_numpy().astype(np.float64)
        return wave(np.clip(start, first, last), np.clip(end, first, last), float(last - first))

    mean = PER_DAY * STAY / DAY
    return TheoryCase(
        id=case,
        formula=f"{formula}, L = {PER_DAY:g} a day, A = {SWING:g}, s = {STAY:g} min, w = 2 pi / day",
        source=source,
        quantities=(
            Quantity("present", "patients", mean),
            Quantity("amplitude", "patients", mean * SWING * harmonic.amplitude),
            Quantity("lag", "minutes", harmonic.lag),
        ),
        observe=observe,
    )


def wave(start: FloatArray, end: FloatArray, length: float) -> list[float]:
    """Return mean, amplitude and lag in minutes of the first harmonic of the number present over whole days.

    The number present is a sum of blocks from `start` to `end` (minutes), so its Fourier coefficients are sums of
    integrals of sine and cosine over the blocks: nothing is sampled.
    """
    turn = 2 * math.pi / DAY
    mean = float((end - start).sum()) / length
    sine = float((np.cos(turn * start) - np.cos(turn * end)).sum()) * 2 / (turn * length)
    cosine = float((np.sin(turn * end) - np.sin(turn * start)).sum()) * 2 / (turn * length)
    # sine x sin(wt) + cosine x cos(wt) = amplitude x sin(w (t - lag)).
    return [mean, math.hypot(sine, cosine), math.atan2(-cosine, sine) / turn]
