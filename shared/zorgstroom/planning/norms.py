"""Volume norms: which minimum holds for a profile in a year, and the chance that a year reaches it."""

from __future__ import annotations

import numpy as np

from zorgstroom.dataset.model import Dataset, VolumeNorm
from zorgstroom.planning.expected import FloatArray


def norm_in_force(dataset: Dataset, profile: str, year: int) -> VolumeNorm | None:
    """Return the norm of a profile that is in force at some moment of the year, the newest if several are."""
    valid = [
        norm
        for norm in dataset.norms
        if norm.profile_id == profile
        and norm.status == "in_force"
        and norm.valid_from <= f"{year}-12-31"
        and (not norm.valid_to or norm.valid_to >= f"{year}-01-01")
    ]
    return max(valid, key=lambda norm: norm.valid_from, default=None)


def norm_to_judge_by(dataset: Dataset, profile: str, year: int) -> VolumeNorm | None:
    """Return the norm in force, and an announced one only when none is."""
    announced = [n for n in dataset.norms if n.profile_id == profile and n.status == "announced"]
    return norm_in_force(dataset, profile, year) or next(iter(announced), None)


def chance_of_at_least(expected: FloatArray, minimum: int) -> FloatArray:
    """Return the chance that a year has at least `minimum` patients when so many are expected: of the same shape.

    Arrivals are a Poisson process, so their number in a year is a Poisson number.
    """
    if minimum <= 0:
        return np.ones(expected.shape)
    numbers = np.arange(minimum)
    factorials = np.cumsum(np.log(np.maximum(numbers, 1)))
    rates = np.maximum(expected, 1e-12)[..., None]
    below = np.exp(numbers * np.log(rates) - rates - factorials).sum(axis=-1)
    return np.asarray(np.clip(1.0 - below, 0.0, 1.0))
