"""Baseline against plan: means over replications, 95% intervals, and the paired difference.

Both scenarios meet the same patients, so the interval of a difference comes from the differences per
replication, which vary far less than either scenario does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.tables import COMPARISON, canonical

FloatArray = npt.NDArray[np.float64]

KEYS = ("indicator", "location", "profile", "area", "pool", "band")
#: Below this number of replications no interval is given.
MIN_REPLICATIONS = 3

#: 97.5% quantiles of Student's t by degrees of freedom (Abramowitz & Stegun 1972, table 26.10).
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
_T_BEYOND = ((40, 2.021), (60, 2.000), (120, 1.980))


def student_t(degrees_of_freedom: int) -> float:
    """Return the 97.5% quantile of Student's t; between tabulated values that of the next lower degrees."""
    if degrees_of_freedom <= len(_T):
        return _T[degrees_of_freedom - 1]
    value = _T[-1]
    for degrees, quantile in _T_BEYOND:
        if degrees_of_freedom >= degrees:
            value = quantile
    return value


def compare(indicators: pa.Table) -> pa.Table:
    """Return the table of `zorgstroom.tables.COMPARISON` for one of `INDICATORS`, canonically sorted.

    A count that is missing in a replication is zero; a mean without observations is left out of the mean over
    replications, and out of the pairs. Sums run in order of replication: the same table, the same bytes.
    """
    numbers = sorted(set(indicators["replication"].to_pylist()))
    position = {number: index for index, number in enumerate(numbers)}
    values: dict[tuple[str, ...], FloatArray] = {}
    columns = [indicators[name].to_pylist() for name in KEYS]
    scenario = indicators["scenario"].to_pylist()
    replication = indicators["replication"].to_pylist()
    total, count = indicators["total"].to_pylist(), indicators["count"].to_pylist()
    for row, key in enumerate(zip(*columns, strict=True)):
        cell = values.get(key)
        if cell is None:
            empty = 0.0 if CATALOGUE[key[0]].empty_is_zero else np.nan
            cell = values[key] = np.full((2, len(numbers)), empty)
        if count[row]:
            value = total[row] / count[row] / CATALOGUE[key[0]].scale
            cell[0 if scenario[row] == "baseline" else 1, position[replication[row]]] = value
    rows = [_line(key, cell) for key, cell in values.items()]
    return canonical(pa.Table.from_pylist(rows, schema=COMPARISON))


def _line(key: tuple[str, ...], cell: FloatArray) -> dict[str, object]:
    baseline, plan = cell
    line: dict[str, object] = dict(zip(KEYS, key, strict=True))
    line["replications"] = int(np.isfinite(baseline).sum())
    for name, values in (("baseline", baseline), ("plan", plan), ("difference", plan - baseline)):
        mean, low, high = interval(values[np.isfinite(values)])
        if name != "difference" and low is not None and high is not None:
            lowest, highest = CATALOGUE[key[0]].bounds
            low, high = max(low, lowest), min(high, highest)
        line |= {name: mean, f"{name}_low": low, f"{name}_high": high}
    return line


def interval(values: FloatArray) -> tuple[float | None, float | None, float | None]:
    """Return mean and 95% interval of independent values; no interval below 3, no mean of none."""
    n = len(values)
    if n == 0:
        return None, None, None
    mean = _sum(values) / n
    if n < MIN_REPLICATIONS:
        return mean, None, None
    variance = _sum((values - mean) ** 2) / (n - 1)
    half = student_t(n - 1) * float(np.sqrt(variance / n))
    return mean, mean - half, mean + half


def _sum(values: FloatArray) -> float:
    """Sum from first to last: NumPy's own sum may associate differently on another processor."""
    total = 0.0
    for value in values.tolist():
        total += value
    return total
