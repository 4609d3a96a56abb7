"""Volume norms: which minimum holds for a profile in a year."""

from __future__ import annotations

from zorgstroom.dataset.model import Dataset, VolumeNorm


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
