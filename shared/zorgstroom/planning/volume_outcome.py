"""Expected deaths by the yearly volume of a location: the national level, divided by a curve.

The curve of a profile (`Dataset.volume_outcome`) says how the risk goes along with volume. Its level is the national
mortality of the profile: it is laid such that today's expected volumes give exactly that. So the curve divides deaths
over locations and says what a change of volumes goes along with; it is an association and no cause, and for a named
hospital it says nothing. Whole numbers, so that it is the same everywhere.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

from zorgstroom.dataset.model import Dataset, Evidence, VolumeOutcome

#: The curve as it is thought to be, where the association is weakest, and where it is strongest.
BANDS = ("", "low", "high")
#: Evidence with which a curve is worth reckoning with.
COUNTED: tuple[Evidence, ...] = ("strong", "moderate", "no_association", "foreign")
MILLION = 1_000_000


def risk_permille(curve: VolumeOutcome, band: str, volume_permille: int) -> int:
    """Return the risk at a yearly volume (in thousandths of a patient), per mille of that at the highest volume.

    A straight line between the points of the curve, flat beyond its ends; rounded down.
    """
    risks = curve.permille[band]
    at = [volume * 1000 for volume in curve.volumes]
    if volume_permille <= at[0]:
        return risks[0]
    if volume_permille >= at[-1]:
        return risks[-1]
    right = bisect_right(at, volume_permille)
    left = right - 1
    share = volume_permille - at[left]
    return risks[left] + (risks[right] - risks[left]) * share // (at[right] - at[left])


@lru_cache(maxsize=4)
def counted_profiles(dataset: Dataset) -> tuple[int, ...]:
    """Return the positions of the profiles whose deaths are reckoned by volume."""
    known = _mortality(dataset)
    return tuple(
        index
        for index, profile in enumerate(dataset.profiles)
        if profile.id in known
        and profile.id in dataset.volume_outcome
        and dataset.volume_outcome[profile.id].evidence in COUNTED
        and dataset.expected_volume[:, index].any()
    )


@lru_cache(maxsize=4)
def _mortality(dataset: Dataset) -> dict[str, int]:
    """Return the national mortality of each profile that has one, per million patients."""
    return {
        figure.subject: round(figure.value * MILLION / 100)
        for figure in dataset.figures
        if figure.name == "mortality_percent_mean"
    }


@lru_cache(maxsize=4)
def _mean_risks(dataset: Dataset) -> dict[tuple[int, str], tuple[int, int]]:
    """Return today's mean risk by profile and band, as a fraction: sum of volume x risk per mille, and of volume."""
    found = {}
    for profile in counted_profiles(dataset):
        curve = dataset.volume_outcome[dataset.profiles[profile].id]
        volumes = [volume for volume in dataset.expected_volume[:, profile].tolist() if volume > 0]
        for band in BANDS:
            weighted = sum(volume * risk_permille(curve, band, volume) for volume in volumes)
            found[profile, band] = weighted, sum(volumes)
    return found


def deaths_millionths(dataset: Dataset, profile: int, band: str, patients: int, volume_permille: int) -> int:
    """Return the expected deaths among patients at a location with this yearly volume, in millionths, rounded down."""
    curve = dataset.volume_outcome[dataset.profiles[profile].id]
    weighted, volume = _mean_risks(dataset)[profile, band]
    level = _mortality(dataset)[curve.profile_id]
    return patients * level * risk_permille(curve, band, volume_permille) * volume // weighted
