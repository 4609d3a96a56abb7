"""A clinic that sees its patients at one hour of the day: arrivals by chance, service in batches, solved exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
#: Probability that may be lost by leaving out very long queues.
LEFT_OUT = 1e-13
#: Longest queue that is solved; 0.995 full with 20 slots a day needs 3,000.
LONGEST = 4_000


@dataclass(frozen=True)
class ClinicQueue:
    """Steady state of a clinic's queue."""

    #: Mean time from referral to the clinic at which the patient is seen, in days, parts of a day included.
    mean_wait_days: float
    #: Part of the patients who are seen at the first clinic after their referral.
    seen_at_first: float
    #: Mean number still waiting just after a clinic, for each day of the period (a day without slots: after its hour).
    left_after: tuple[float, ...]


def daily_clinic(referrals: Sequence[float], slots: Sequence[int], hour: float = 8.0) -> ClinicQueue:
    """Return the steady state of a clinic that sees at most `slots` patients at one hour of each day.

    `referrals` and `slots` are one period, such as one day or the seven of a week: the mean number of referrals of
    each day (Poisson, even over the day) and the slots at `hour` of it. First come first served; a slot that
    nobody waits for is lost. Left after a clinic: L' = max(L + A - c, 0), with A the referrals since the clinic
    before. The chain over one period is solved; the mean wait follows by Little from the mean number waiting over time.
    Source: Bailey (1954), J. Royal Statistical Society B 16(1), On queueing processes with bulk service; Little (1961),
    Operations Research 9(3).
    Raises ValueError for unequal lengths, a negative number, an hour outside the day, referrals not below the slots,
    and a queue too long to solve.
    """
    _check(referrals, slots, hour)
    days = len(slots)
    before = hour / 24
    after = 1 - before
    # Referrals between the clinic's hour of the day before and that of this day, in two parts of constant rate.
    evening = [after * referrals[day - 1] for day in range(days)]
    morning = [before * referrals[day] for day in range(days)]
    size = _longest_queue(sum(referrals), sum(slots)) + sum(slots)
    steps = [_step(evening[day] + morning[day], slots[day], size) for day in range(days)]
    period = np.eye(size + 1)
    for step in steps:
        period = period @ step
    after_clinic = [_fixed_point(period) @ steps[0]]
    for step in steps[1:]:
        after_clinic.append(after_clinic[-1] @ step)
    means = [float(one @ np.arange(size + 1)) for one in after_clinic]
    # From one clinic's hour to the next: who was left, and those who came in the meantime from when they came.
    waiting_days = sum(
        means[day - 1] + evening[day] * (after / 2 + before) + morning[day] * before / 2
        for day in range(days)
    )
    arrived = [late + early for late, early in zip(evening, morning, strict=True)]
    return ClinicQueue(
        mean_wait_days=waiting_days / sum(referrals),
        seen_at_first=_seen_at_first(after_clinic, arrived, slots),
        left_after=tuple(means),
    )


def _check(referrals: Sequence[float], slots: Sequence[int], hour: float) -> None:
    if len(referrals) != len(slots) or not slots:
        raise ValueError(f"{len(referrals)} days of referrals but {len(slots)} days of slots")
    if min(referrals) < 0 or min(slots) < 0 or not 0 <= hour < 24:
        raise ValueError("referrals and slots must be at least 0 and the hour at least 0 and below 24")
    if sum(referrals) >= sum(slots):
        raise ValueError(
            f"referrals {sum(referrals):g} must be below the slots {sum(slots)}: there is no steady state"
        )
    if sum(referrals) == 0:
        raise ValueError("there are no referrals")


def _longest_queue(referrals: float, slots: int) -> int:
    """Return a length beyond which a queue is found with probability `LEFT_OUT`.

    The queue falls off as z^-n with z > 1 the root of z^c = exp(m (z - 1)); with several days in the period this holds
    from period to period, and what may be added within one is added by the caller.
    """
    low, high = 0.0, 1.0
    while slots * high > referrals * math.expm1(high):
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if slots * middle > referrals * math.expm1(middle) else (low, middle)
    length = math.ceil(-math.log(LEFT_OUT) / high) + math.ceil(10 * math.sqrt(referrals) + referrals)
    if length > LONGEST:
        raise ValueError(
            f"queues of more than {LONGEST} are likely at {referrals:g} referrals and {slots} slots"
        )
    return length


def _poisson(mean: float, most: int) -> FloatArray:
    """Return the probabilities of 0 to `most` referrals: float64[most + 1]; the last takes what is beyond."""
    counts = np.arange(most + 1)
    if mean == 0:
        return np.where(counts == 0, 1.0, 0.0)
    chance: FloatArray = np.exp(counts * math.log(mean) - mean - [math.lgamma(n + 1) for n in counts])
    chance[-1] += max(0.0, 1 - chance.sum())
    return chance


def _step(mean: float, slots: int, size: int) -> FloatArray:
    """Return the probability of going from n left after a clinic to m left after the next: float64[size+1, size+1]."""
    chance = _poisson(mean, size + slots)
    step = np.zeros((size + 1, size + 1))
    for left in range(size + 1):
        following = np.clip(left + np.arange(len(chance)) - slots, 0, size)
        step[left] = np.bincount(following, weights=chance, minlength=size + 1)
    return step


def _fixed_point(step: FloatArray) -> FloatArray:
    """Return the distribution that a step leaves as it is: pi P = pi, sum pi = 1."""
    equations = step.T - np.eye(len(step))
    equations[0] = 1.0
    ones = np.zeros(len(step))
    ones[0] = 1.0
    return np.asarray(np.linalg.solve(equations, ones))


def _seen_at_first(after: list[FloatArray], arrived: list[float], slots: Sequence[int]) -> float:
    """Return which part of the referrals is seen at the first clinic after them.

    `after`: the distribution of who is left after each day's hour; `arrived`: referrals in the day up to that hour.
    """
    days = len(slots)
    clinics = [day for day in range(days) if slots[day] > 0]
    seen = 0.0
    for position, day in enumerate(clinics):
        before = clinics[position - 1]
        since = sum(arrived[(day - back) % days] for back in range((day - before - 1) % days + 1))
        chance = _poisson(since, len(after[before]))
        counts = np.arange(len(chance))
        expected = np.array([np.minimum(counts, room) @ chance for room in range(slots[day] + 1)])
        room = np.clip(slots[day] - np.arange(len(after[before])), 0, None)
        seen += float(after[before] @ expected[room])
    return seen / sum(arrived)
