"""Case mix: patients of one hospital type stay longer than those of another, while the country's mean stands.

A published mean stay is a mean over all hospitals. The multipliers of the types say how their patients differ from
one another; per profile they are scaled so that their mean over the types' shares of the patients is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zorgstroom.dataset.model import DURATIONS, QUANTILE_POINTS, Dataset, Int32Array, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import HOSPITAL_TYPES
from zorgstroom.domain.profile import Profile
from zorgstroom.planning.durations import NIGHT_SCALE, lognormal_quantiles
from zorgstroom.planning.expected import FloatArray

NIGHTS, PROCEDURE, IC = (DURATIONS.index(name) for name in ("nights", "procedure_minutes", "ic_minutes"))
#: The search for a table of nights stops at this part of a night.
NIGHT_PRECISION = 0.0005


@lru_cache(maxsize=8)
def case_mix_permille(dataset: Dataset) -> Int64Array:
    """Return the multiplier of a duration by hospital type and profile: int64[type, P, duration], per mille.

    The mean over the profile's type shares is 1000. It depends on published shares only, never on offers: an
    extra hospital changes nobody's stay.
    """
    raw = np.array(
        [[dataset.case_mix.get((kind, name), 1000) for name in DURATIONS] for kind in HOSPITAL_TYPES],
        dtype=np.float64,
    )
    shares = np.array(
        [[profile.type_shares[kind] for kind in HOSPITAL_TYPES] for profile in dataset.profiles]
    )
    mean = shares @ raw / shares.sum(axis=1, keepdims=True)
    return np.asarray(np.rint(1000 * raw[:, None, :] / mean[None, :, :]), dtype=np.int64)


def whole_nights(table: Int32Array, permille: int) -> Int64Array:
    """Return nights of a stay without IC for each point of a table: max(1, floor(x + 0.5)), as in a run."""
    scale = NIGHT_SCALE * 1000
    return np.maximum(1, (table.astype(np.int64) * permille + scale // 2) // scale)


def scaled_minutes(table: Int32Array, permille: int) -> Int64Array:
    """Return minutes of an operation or IC stay for each point of a table: at least 1, as in a run."""
    return np.maximum(1, (table.astype(np.int64) * permille + 500) // 1000)


def mean_of_longest(first: Int64Array, second: Int64Array) -> float:
    """Return the mean of the larger of two independent whole numbers, each uniform over an array of them."""
    size = int(max(first.max(), second.max())) + 1
    below_first = np.cumsum(np.bincount(first, minlength=size)) / len(first)
    below_second = np.cumsum(np.bincount(second, minlength=size)) / len(second)
    return float((1 - below_first * below_second).sum())


@dataclass(frozen=True)
class Stays:
    """Mean durations by hospital type and profile, as in a run: float64[type, P]; an IC stay lies inside the stay."""

    nights: FloatArray
    nights_with_ic: FloatArray
    ic_minutes: FloatArray
    procedure_minutes: FloatArray


@lru_cache(maxsize=8)
def mean_stays(dataset: Dataset) -> Stays:
    """Return the mean durations that the tables of the dataset and its case mix give."""
    shape = (len(HOSPITAL_TYPES), len(dataset.profiles))
    stays = Stays(*(np.zeros(shape) for _ in range(4)))
    factors = case_mix_permille(dataset)
    none = np.zeros(QUANTILE_POINTS, dtype=np.int32)
    for index, profile in enumerate(dataset.profiles):
        tables = [dataset.quantiles.get((profile.id, name), none) for name in DURATIONS]
        for kind in range(len(HOSPITAL_TYPES)):
            permille = factors[kind, index].tolist()
            nights = whole_nights(tables[NIGHTS], permille[NIGHTS])
            ic = scaled_minutes(tables[IC], permille[IC])
            stays.nights[kind, index] = nights.mean()
            stays.nights_with_ic[kind, index] = mean_of_longest(nights, _nights_of_ic(ic))
            stays.ic_minutes[kind, index] = ic.mean()
            stays.procedure_minutes[kind, index] = scaled_minutes(
                tables[PROCEDURE], permille[PROCEDURE]
            ).mean()
    return stays


def _nights_of_ic(minutes: Int64Array) -> Int64Array:
    """Return the fewest nights of a stay with so many minutes on an IC."""
    return -(-minutes // MINUTES_PER_DAY) + 1


def night_table(profile: Profile, permille: Int64Array, ic_table: Int32Array | None) -> Int32Array:
    """Return the quantiles of nights (thousandths) with which patients stay the published mean.

    Rounding to whole nights, at least one, and the stay that lasts until after the IC lengthen short stays; the
    lognormal is scaled down for it, its coefficient of variation kept. `permille` int64[type] is the case mix of
    nights and IC minutes: int64[type, 2].
    """
    mean, sd = profile.los_nights_mean, profile.los_nights_sd
    settings = profile.setting_shares
    overnight, observed = settings["overnight"], settings["observation"]
    in_ic = profile.ic_probability if ic_table is not None else 0.0
    stays = overnight + observed * in_ic
    part_ic = (overnight + observed) * in_ic / stays if stays > 0 else 0.0

    def national(table: Int32Array) -> float:
        total = 0.0
        for kind, name in enumerate(HOSPITAL_TYPES):
            share = profile.type_shares[name]
            if share <= 0:
                continue
            nights = whole_nights(table, int(permille[kind, 0]))
            both = float(nights.mean()) * (1 - part_ic)
            if part_ic and ic_table is not None:
                ic = scaled_minutes(ic_table, int(permille[kind, 1]))
                both += mean_of_longest(nights, _nights_of_ic(ic)) * part_ic
            total += share * both
        return total / sum(profile.type_shares.values())

    low, high = 0.02, 2.0
    table = lognormal_quantiles(mean, sd, NIGHT_SCALE)
    for _ in range(40):
        found = national(table)
        if abs(found - mean) <= NIGHT_PRECISION:
            break
        # Where even one night each is too long, the shortest stays it is.
        factor = (low + high) / 2
        table = lognormal_quantiles(mean * factor, sd * factor, NIGHT_SCALE)
        if national(table) > mean:
            high = factor
        else:
            low = factor
    return table
