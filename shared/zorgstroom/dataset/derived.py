"""The derived tables of a dataset as files: the same for a calibration and for a dataset with own figures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Dataset, Int32Array
from zorgstroom.dataset.own.store import BASIS, capacity_marks, places_of
from zorgstroom.dataset.writing import write_table
from zorgstroom.domain.hospital import POOL_UNITS
from zorgstroom.planning.ability import able_mask
from zorgstroom.planning.fit import Fit
from zorgstroom.tables import write_atomically


def write_derived(dataset: Dataset, folder: Path, fit: Fit | None = None) -> None:
    """Write the derived tables into ``folder/derived``; each file is there whole or not at all.

    Without a `fit` the table of it stays as it is: own figures change nothing about how well the rest was fitted.
    """
    derived = folder / "derived"
    areas, locations = list(dataset.area_index), list(dataset.location_index)
    _write_matrix(derived / "travel_hundredths.csv", "area_id", areas, locations, dataset.travel_hundredths)
    _write_matrix(
        derived / "transfer_hundredths.csv", "location_id", locations, locations, dataset.transfer_hundredths
    )
    _write_places(dataset, derived)
    if fit is not None:
        _write_fit(fit, derived)
    keys = sorted(dataset.quantiles)
    write_table(
        derived / "quantiles.csv",
        ("row", "profile_id", "duration"),
        ((number, *key) for number, key in enumerate(keys)),
    )
    _write_array(derived / "quantiles.npy", np.stack([dataset.quantiles[key] for key in keys]))
    _write_array(derived / "gumbel.npy", dataset.gumbel)
    _write_array(derived / "normal.npy", dataset.normal)


def _write_places(dataset: Dataset, derived: Path) -> None:
    """Write who offers what, how attractive that is and what each place can do; own figures are marked."""
    own_offers, marks = places_of(dataset.own, "offers"), capacity_marks(dataset.own)
    # Who could start has an attraction too.
    able = np.stack([able_mask(dataset, profile) for profile in range(len(dataset.profiles))], axis=1)
    pairs = [
        (dataset.locations[row].id, dataset.profiles[column].id, row, column)
        for row, column in np.argwhere(dataset.offers | able).tolist()
    ]
    write_table(
        derived / "offers.csv",
        ("location_id", "profile_id", "basis"),
        (
            (location, profile, BASIS if (location, profile) in own_offers else "assumed")
            for location, profile, row, column in pairs
            if dataset.offers[row, column]
        ),
    )
    write_table(
        derived / "attraction.csv",
        ("location_id", "profile_id", "attraction", "expected_volume_per_mille"),
        (
            (location, profile, dataset.attraction[row, column], dataset.expected_volume[row, column])
            for location, profile, row, column in pairs
        ),
    )
    write_table(
        derived / "capacities.csv",
        ("location_id", "pool", "capacity", "unit", "basis", "confidence"),
        (
            (location, pool, capacity, POOL_UNITS[pool.partition(":")[0]], *marks(location, pool))
            for (location, pool), capacity in sorted(dataset.capacities.items())
        ),
    )


def _write_fit(fit: Fit, derived: Path) -> None:
    write_table(
        derived / "fit.csv",
        ("level", "id", "measure", "detail", "known", "modelled", "deviation", "fitted"),
        (
            (
                *(line.level, line.id, line.measure, line.detail),
                *(f"{line.known:.6f}", f"{line.modelled:.6f}", f"{line.deviation:.4f}", int(line.fitted)),
            )
            for line in fit.lines
        ),
    )


def _write_matrix(
    path: Path, corner: str, rows: Sequence[str], columns: Sequence[str], values: Int32Array
) -> None:
    write_table(
        path,
        (corner, *columns),
        ((name, *line) for name, line in zip(rows, values.tolist(), strict=True)),
    )


def _write_array(path: Path, array: npt.NDArray[np.integer]) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_atomically(path, buffer.getvalue())
