"""Randomness keyed by name: every number belongs to a (seed, replication, area, profile, patient, variable).

One function, `mix`, the finaliser of SplitMix64 (Steele, Lea & Flood 2014), turns a key into 64 random bits.
A patient's key comes from his cell and his rank in it; each of his variables is the mix of his key and the
hash of the variable's name; his taste for a location the mix of his key and the hash of the location's id.
Nothing depends on order of execution, so scenarios meet the same patients and any number of processes gives
the same bytes. Only integers decide: no logarithm or exponential is taken at run time, because their last
bits differ between processors.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from zorgstroom_simulator.machine_code import compiled

UInt64Array = npt.NDArray[np.uint64]

#: Weyl increment of SplitMix64: 2^64 / golden ratio.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@lru_cache(maxsize=4096)
def name_hash(name: str) -> np.uint64:
    """Return the first eight bytes of the SHA-256 of a name."""
    return np.uint64(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))


def name_hashes(names: list[str]) -> UInt64Array:
    """Return `name_hash` of each name: uint64[n]."""
    return np.array([name_hash(name) for name in names], dtype=np.uint64)


def _splitmix(key: Any) -> Any:
    """Return 64 well-mixed bits of a key, a uint64 or an array of them (SplitMix64 finaliser)."""
    z = key + GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


#: The same function, for compiled loops.
splitmix = compiled(_splitmix)


def mix(key: UInt64Array) -> UInt64Array:
    """Return 64 well-mixed bits for each key (SplitMix64 finaliser)."""
    with np.errstate(over="ignore"):
        return np.asarray(_splitmix(key))


def cell_keys(seed: int, replication: int, area_ids: list[str], profile_ids: list[str]) -> UInt64Array:
    """Return the key of each cell: uint64[A, P]."""
    root = name_hash(f"seed {seed} replication {replication}")
    by_profile = mix(name_hashes(profile_ids) ^ root)
    return mix(by_profile[None, :] ^ name_hashes(area_ids)[:, None])


def patient_keys(cells: UInt64Array, ranks: npt.NDArray[np.int64]) -> UInt64Array:
    """Return the key of the patient of each rank in his cell: uint64[n]."""
    with np.errstate(over="ignore"):
        return mix(cells + ranks.astype(np.uint64) * GOLDEN)


def words(keys: UInt64Array, variable: str) -> UInt64Array:
    """Return 64 random bits of a named variable for each key."""
    return mix(keys ^ name_hash(variable))


def permillion(keys: UInt64Array, variable: str) -> npt.NDArray[np.int64]:
    """Return a whole number for each key, uniform from 0 to 999,999."""
    uniform = ((words(keys, variable) >> np.uint64(32)) * np.uint64(1_000_000)) >> np.uint64(32)
    return uniform.astype(np.int64)


def below_permillion(keys: UInt64Array, variable: str, threshold: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return whether the variable, uniform over a million, lies below the threshold (0 to 1,000,000)."""
    return np.asarray(permillion(keys, variable) < np.asarray(threshold))


def exp_minus(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return exp(-x) for x >= 0 by halving and a Taylor sum: only +, x and /, so equal on every processor."""
    halvings = 12
    y = -x / 2.0**halvings
    term = np.ones_like(y)
    total = np.ones_like(y)
    for k in range(1, 12):
        term = term * y / k
        total = total + term
    for _ in range(halvings):
        total = total * total
    return total


def poisson(
    mean: npt.NDArray[np.float64], bits: UInt64Array, normal: npt.NDArray[np.int32]
) -> npt.NDArray[np.int64]:
    """Return a Poisson number for each mean from 64 random bits.

    Up to a mean of 64 by exact inversion of the distribution function. Above it the Cornish-Fisher expansion
    mean + sqrt(mean) z + (z^2 - 1) / 6 of the shipped normal quantiles, rounded (error of the distribution
    function below 0.1%; Johnson, Kemp & Kotz 2005, 4.6).
    """
    uniform = (bits >> np.uint64(11)).astype(np.float64) / 2.0**53
    small = mean <= 64.0
    counts = np.zeros(mean.shape, dtype=np.int64)
    mean_small, uniform_small = mean[small], uniform[small]
    probability = exp_minus(mean_small)
    cumulative = probability.copy()
    found = np.zeros(mean_small.shape, dtype=np.int64)
    higher = np.flatnonzero(uniform_small > cumulative)
    for k in range(1, 200):
        if not len(higher):
            break
        found[higher] = k
        probability[higher] = probability[higher] * mean_small[higher] / k
        cumulative[higher] = cumulative[higher] + probability[higher]
        higher = higher[uniform_small[higher] > cumulative[higher]]
    counts[small] = found
    mean_large = mean[~small]
    z = normal[(bits[~small] >> np.uint64(48)).astype(np.int64)] / 65536.0
    large = np.floor(mean_large + np.sqrt(mean_large) * z + (z * z - 1.0) / 6.0 + 0.5)
    counts[~small] = np.maximum(large, 0).astype(np.int64)
    return counts
