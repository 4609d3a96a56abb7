"""Random numbers belong to names and fit their distributions."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zorgstroom.planning.durations import gumbel_table, lognormal_quantiles, normal_table
from zorgstroom_simulator.randomness import (
    below_permillion,
    cell_keys,
    exp_minus,
    mix,
    name_hash,
    patient_keys,
    poisson,
    words,
)

pytestmark = pytest.mark.unit

KEYS = patient_keys(np.full(200_000, 7, np.uint64), np.arange(200_000))


def test_known_values_stay() -> None:
    """SplitMix64 from seed 0 (the reference sequence of the authors); every stored result rests on it."""
    assert mix(np.array([0], np.uint64))[0] == 0xE220A8397B1DCDAF
    assert name_hash("nights") == int(hashlib.sha256(b"nights").hexdigest()[:16], 16)
    assert words(np.array([1], np.uint64), "nights") == mix(np.array([1], np.uint64) ^ name_hash("nights"))


def test_cells_do_not_depend_on_their_position() -> None:
    here = cell_keys(1, 0, ["A", "B"], ["p", "q", "r"])
    there = cell_keys(1, 0, ["B"], ["r", "p"])
    assert there[0, 0] == here[1, 2]
    assert there[0, 1] == here[1, 0]
    assert cell_keys(1, 1, ["A"], ["p"])[0, 0] != here[0, 0]
    assert cell_keys(2, 0, ["A"], ["p"])[0, 0] != here[0, 0]


def test_variables_are_independent() -> None:
    one, other = (words(KEYS, name).astype(np.float64) / 2.0**64 for name in ("nights", "minute"))
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / math.sqrt(len(KEYS))
    assert abs(one.mean() - 0.5) < 4 * math.sqrt(1 / 12 / len(KEYS))


def test_thresholds_are_exact_at_the_ends() -> None:
    assert not below_permillion(KEYS, "acute", 0).any()
    assert below_permillion(KEYS, "acute", 1_000_000).all()
    assert below_permillion(KEYS, "acute", 250_000).mean() == pytest.approx(0.25, abs=0.005)


@given(st.floats(0, 64))
def test_exponential_without_exp(x: float) -> None:
    assert exp_minus(np.array([x]))[0] == pytest.approx(math.exp(-x), rel=1e-11)


@pytest.mark.parametrize("mean", [0.02, 0.7, 9.0, 63.0, 65.0, 900.0, 40_000.0])
def test_poisson_has_its_mean_and_variance(mean: float) -> None:
    drawn = poisson(np.full(len(KEYS), mean), words(KEYS, "count"), normal_table())
    error = math.sqrt(mean / len(KEYS))
    assert abs(drawn.mean() - mean) < 4 * error
    assert drawn.var() == pytest.approx(mean, rel=0.02)


def test_quantile_tables_keep_their_moments() -> None:
    table = lognormal_quantiles(6.3, 6.0, 1000)
    assert table.mean() / 1000 == pytest.approx(6.3, rel=1e-4)
    assert table.std() / 1000 == pytest.approx(6.0, rel=0.04)
    assert (np.diff(table) >= 0).all()
    assert not lognormal_quantiles(0, 1).any()
    # Mean of the standard Gumbel is Euler's constant.
    assert gumbel_table().mean() / 65536 == pytest.approx(0.5772, abs=0.001)
