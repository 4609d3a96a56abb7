"""Make the derived tables of a dataset from its primary tables.

Deterministic: the same primary tables give the same derived ones. They are stored and versioned with the
dataset, so that a run reads integers and computes nothing whose last bit could differ between machines.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from zorgstroom.dataset import load_primary
from zorgstroom.dataset.model import TARGET_FACTOR, Dataset, Int32Array
from zorgstroom.dataset.travel_times import with_measured
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.planning.attraction import fit_attraction
from zorgstroom.planning.baseline import derive_capacities, derive_offers
from zorgstroom.planning.case_mix import IC, NIGHTS, case_mix_permille, night_table
from zorgstroom.planning.durations import gumbel_table, lognormal_quantiles, normal_table
from zorgstroom.planning.fit import Fit, report_fit
from zorgstroom.planning.own import apply_own
from zorgstroom.planning.travel import patient_hundredths, transfer_hundredths


def calibrate(folder: Path, year: int | None = None) -> tuple[Dataset, Fit]:
    """Derive everything from the primary tables in `folder`; writes nothing. See `derive`."""
    return derive(load_primary(folder), year)


def derive(primary: Dataset, year: int | None = None) -> tuple[Dataset, Fit]:
    """Derive everything from the facts of a dataset (`load_primary`), whatever it had derived before.

    `year` is the year of the population and of the working days, the base year if it is not given. Another year
    gives what its demand asks: a baseline at load 1.00 to hold against the figures of that year.
    """
    dataset = dataclasses.replace(
        primary,
        travel_hundredths=with_measured(
            patient_hundredths(primary, dict(primary.ferry_minutes)), primary.measured_travel
        ),
        transfer_hundredths=transfer_hundredths(primary),
        quantiles=duration_tables(primary),
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
