"""Expected values without patients: how much care an area asks for, and where it would go.

Pure functions on arrays; axes A areas, L locations, P profiles. Used to derive the baseline and for
instant estimates. A simulated patient depends on one of them only, `persons_per_year`, which therefore uses
nothing but additions, products and quotients in a fixed order: the same bits on every processor.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import BoolArray, Dataset, Int32Array
from zorgstroom.domain.profile import Profile

FloatArray = npt.NDArray[np.float64]

#: Scale of attractions and taste noise: one unit of utility is 65536.
UTILITY_SCALE = 65536


def persons_per_year(dataset: Dataset, year: int) -> FloatArray:
    """Return the expected number of persons a year who need each profile: float64[A, P].

    Rates count sessions; a person comes for `sessions_per_person` of them. First visits are divided by
    the weight of a simulated patient.
    """
    rates = np.array([profile.rate_per_1000 for profile in dataset.profiles], dtype=np.float64)
    divisor = np.array([profile.sessions_per_person * profile.weight for profile in dataset.profiles])
    population = dataset.population[year].astype(np.float64)
    # A matrix product would leave the order of the sum, and so its last bit, to the processor's linear algebra.
    persons = np.zeros((len(dataset.areas), len(dataset.profiles)))
    for band in range(population.shape[1]):
        persons = persons + population[:, band, None] * rates[None, :, band]
    return np.asarray(persons / 1000.0 / divisor)


def beta_milli(dataset: Dataset, profile: Profile) -> int:
    """Return the disutility of a minute of travel in thousandths, by the profile's choice class."""
    return round(dataset.parameter(f"beta_{profile.choice_class}") * 1000)


def utility(dataset: Dataset, profile_index: int, travel_hundredths: Int32Array) -> npt.NDArray[np.int64]:
    """Return attraction - beta x minutes at scale 65536, in integers: int64 of the shape of `travel_hundredths`.

    The last axis of `travel_hundredths` is L. beta in thousandths times hundredths of minutes is 1e5 per unit.
    """
    beta = beta_milli(dataset, dataset.profiles[profile_index])
    disutility = travel_hundredths.astype(np.int64) * (beta * UTILITY_SCALE) // 100_000
    return np.asarray(dataset.attraction[:, profile_index].astype(np.int64) - disutility)


def choice_shares(utilities: FloatArray, offering: BoolArray) -> FloatArray:
    """Return multinomial logit shares over offering locations: float64[A, L]; rows sum to 1 (0 if none offers).

    With Gumbel noise the largest utility wins with exactly these probabilities (McFadden 1974).
    """
    masked = np.where(offering, utilities, -np.inf)
    best = masked.max(axis=1, keepdims=True, initial=-np.inf)
    if not offering.any():
        return np.zeros_like(utilities)
    weights = np.exp(masked - best)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
