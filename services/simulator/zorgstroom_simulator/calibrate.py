"""Make the derived tables of a dataset from its primary tables.

Deterministic: the same primary tables give the same derived ones. They are stored and versioned with the
dataset, so that a run reads integers and computes nothing whose last bit could differ between machines.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset import load_primary
from zorgstroom.dataset.model import DURATIONS, TARGET_FACTOR, Dataset, Int32Array, Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import POOL_UNITS
from zorgstroom.planning.baseline import derive_capacities, derive_offers, fit_attraction
from zorgstroom.planning.durations import NIGHT_SCALE, gumbel_table, lognormal_quantiles, normal_table
from zorgstroom.planning.travel import patient_hundredths, transfer_hundredths
from zorgstroom.tables import write_atomically


@dataclass(frozen=True)
class Fit:
    """What calibration could and could not do."""

    offers: int
    homeless_shares: tuple[str, ...]
    #: Largest relative deviation of a hospital type's modelled volume from its known one, per profile.
    worst_deviation: float


def calibrate(folder: Path) -> tuple[Dataset, Fit]:
    """Derive everything from the primary tables in `folder`; writes nothing."""
    dataset = load_primary(folder)
    dataset = dataclasses.replace(
        dataset,
        travel_hundredths=patient_hundredths(dataset, dict(dataset.ferry_minutes)),
        transfer_hundredths=transfer_hundredths(dataset),
        quantiles=duration_tables(dataset),
        gumbel=gumbel_table(),
        normal=normal_table(),
    )
    offers = derive_offers(dataset)
    attraction, expected, homeless = fit_attraction(dataset, offers)
    capacities = derive_capacities(dataset, expected)
    fitted = dataclasses.replace(
        dataset,
        offers=offers,
        attraction=attraction,
        expected_volume=np.rint(expected.persons * 1000).astype(np.int64),
        capacities=capacities,
    )
    return fitted, Fit(int(offers.sum()), tuple(homeless), _worst_deviation(fitted, homeless))


def _worst_deviation(dataset: Dataset, homeless: Iterable[str]) -> float:
    skip = {item.split(":")[0] for item in homeless}
    worst = 0.0
    types = [location.type for location in dataset.locations]
    for index, profile in enumerate(dataset.profiles):
        total = dataset.expected_volume[:, index].sum()
        if profile.id in skip or total == 0:
            continue
        for kind, share in profile.type_shares.items():
            modelled = dataset.expected_volume[[t == kind for t in types], index].sum() / total
            worst = max(worst, abs(float(modelled) - share))
    return worst


def duration_tables(dataset: Dataset) -> dict[tuple[str, str], Int32Array]:
    """Return the quantile tables: nights (thousandths), procedure and IC minutes, and the target factor."""
    tables: dict[tuple[str, str], Int32Array] = {
        TARGET_FACTOR: lognormal_quantiles(1.0, dataset.parameter("target_cv"), 1000)
    }
    for p in dataset.profiles:
        moments = {
            "nights": (p.los_nights_mean, p.los_nights_sd, NIGHT_SCALE),
            "procedure_minutes": (p.procedure_minutes_mean, p.procedure_minutes_sd, 1),
            "ic_minutes": (p.ic_days_mean * MINUTES_PER_DAY, p.ic_days_sd * MINUTES_PER_DAY, 1),
        }
        for duration in DURATIONS:
            mean, sd, scale = moments[duration]
            if mean > 0:
                tables[p.id, duration] = lognormal_quantiles(mean, sd, scale)
    return tables


def write_derived(dataset: Dataset, folder: Path) -> None:
    """Write the derived tables into ``folder/derived``; each file is there whole or not at all."""
    derived = folder / "derived"
    location_ids = [location.id for location in dataset.locations]
    area_ids = [area.id for area in dataset.areas]
    _write_matrix(
        derived / "travel_hundredths.csv", "area_id", area_ids, location_ids, dataset.travel_hundredths
    )
    _write_matrix(
        derived / "transfer_hundredths.csv",
        "location_id",
        location_ids,
        location_ids,
        dataset.transfer_hundredths,
    )
    pairs = [
        (location_ids[row], dataset.profiles[column].id, row, column)
        for row, column in np.argwhere(dataset.offers).tolist()
    ]
    _write_rows(
        derived / "offers.csv",
        ("location_id", "profile_id", "basis"),
        ((location, profile, "assumed") for location, profile, _, _ in pairs),
    )
    _write_rows(
        derived / "attraction.csv",
        ("location_id", "profile_id", "attraction", "expected_volume_per_mille"),
        (
            (
                location,
                profile,
                int(dataset.attraction[row, column]),
                int(dataset.expected_volume[row, column]),
            )
            for location, profile, row, column in pairs
        ),
    )
    _write_rows(
        derived / "capacities.csv",
        ("location_id", "pool", "capacity", "unit", "basis", "confidence"),
        (
            (location, pool, capacity, POOL_UNITS[pool.split(":")[0]], "derived", "low")
            for (location, pool), capacity in sorted(dataset.capacities.items())
        ),
    )
    keys = sorted(dataset.quantiles)
    _write_rows(
        derived / "quantiles.csv",
        ("row", "profile_id", "duration"),
        ((i, *key) for i, key in enumerate(keys)),
    )
    _write_array(derived / "quantiles.npy", np.stack([dataset.quantiles[key] for key in keys]))
    _write_array(derived / "gumbel.npy", dataset.gumbel)
    _write_array(derived / "normal.npy", dataset.normal)


def _write_rows(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())


def _write_matrix(path: Path, corner: str, rows: list[str], columns: list[str], values: Int32Array) -> None:
    _write_rows(
        path,
        (corner, *columns),
        ((name, *line) for name, line in zip(rows, values.tolist(), strict=True)),
    )


def _write_array(path: Path, array: npt.NDArray[np.int32] | Int64Array) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_atomically(path, buffer.getvalue())
