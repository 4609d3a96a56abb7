"""Make the derived tables of a dataset from its primary tables.

Deterministic: the same primary tables give the same derived ones. They are stored and versioned with the
dataset, so that a run reads integers and computes nothing whose last bit could differ between machines.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset import load_primary
from zorgstroom.dataset.model import TARGET_FACTOR, Dataset, Int32Array, Int64Array
from zorgstroom.dataset.own.store import BASIS, capacity_marks, places_of
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import POOL_UNITS
from zorgstroom.planning.ability import able_mask
from zorgstroom.planning.attraction import fit_attraction
from zorgstroom.planning.baseline import derive_capacities, derive_offers
from zorgstroom.planning.case_mix import IC, NIGHTS, case_mix_permille, night_table
from zorgstroom.planning.durations import gumbel_table, lognormal_quantiles, normal_table
from zorgstroom.planning.fit import Fit, report_fit
from zorgstroom.planning.own import apply_own
from zorgstroom.planning.travel import patient_hundredths, transfer_hundredths
from zorgstroom.tables import write_atomically


def calibrate(folder: Path, year: int | None = None) -> tuple[Dataset, Fit]:
    """Derive everything from the primary tables in `folder`; writes nothing.

    `year` is the year of the population and of the working days, the base year if it is not given. Another year
    gives what its demand asks: a baseline at load 1.00 to hold against the figures of that year.
    """
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
    fitted = fit_attraction(dataset, offers, year)
    capacities = derive_capacities(dataset, fitted.expected, year)
    complete = dataclasses.replace(
        dataset,
        offers=offers,
        attraction=fitted.attraction,
        expected_volume=np.rint(fitted.expected.persons * 1000).astype(np.int64),
        capacities=capacities,
    )
    return apply_own(complete), report_fit(complete, fitted)


def duration_tables(dataset: Dataset) -> dict[tuple[str, str], Int32Array]:
    """Return the quantile tables: nights (thousandths), procedure and IC minutes, and the target factor.

    Nights are such that patients stay the published mean after rounding, case mix and IC.
    """
    tables: dict[tuple[str, str], Int32Array] = {
        TARGET_FACTOR: lognormal_quantiles(1.0, dataset.parameter("target_cv"), 1000)
    }
    case_mix = case_mix_permille(dataset)
    for index, p in enumerate(dataset.profiles):
        if p.procedure_minutes_mean > 0:
            tables[p.id, "procedure_minutes"] = lognormal_quantiles(
                p.procedure_minutes_mean, p.procedure_minutes_sd
            )
        ic_table = None
        if p.ic_days_mean > 0:
            ic_table = lognormal_quantiles(p.ic_days_mean * MINUTES_PER_DAY, p.ic_days_sd * MINUTES_PER_DAY)
            tables[p.id, "ic_minutes"] = ic_table
        if p.los_nights_mean > 0:
            in_use = ic_table if p.ic_type else None
            tables[p.id, "nights"] = night_table(p, case_mix[:, index, [NIGHTS, IC]], in_use)
    return tables


def write_derived(dataset: Dataset, fit: Fit, folder: Path) -> None:
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
    own_offers, marks = places_of(dataset.own, "offers"), capacity_marks(dataset.own)
    could_start = np.stack([able_mask(dataset, index) for index in range(len(dataset.profiles))], axis=1)
    pairs = [
        (location_ids[row], dataset.profiles[column].id, row, column)
        for row, column in np.argwhere(dataset.offers | could_start).tolist()
    ]
    _write_rows(
        derived / "offers.csv",
        ("location_id", "profile_id", "basis"),
        (
            (location, profile, BASIS if (location, profile) in own_offers else "assumed")
            for location, profile, row, column in pairs
            if dataset.offers[row, column]
        ),
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
            (location, pool, capacity, POOL_UNITS[pool.split(":")[0]], *marks(location, pool))
            for (location, pool), capacity in sorted(dataset.capacities.items())
        ),
    )
    _write_rows(
        derived / "fit.csv",
        ("level", "id", "measure", "detail", "known", "modelled", "deviation", "fitted"),
        (
            (
                line.level, line.id, line.measure, line.detail,
                f"{line.known:.6f}", f"{line.modelled:.6f}", f"{line.deviation:.4f}", int(line.fitted),
            )
            for line in fit.lines
        ),
    )  # fmt: skip
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
