"""Refuses what no engine can simulate, before any does: one place, so that every engine gives the same errors.

Engines know no mistakes: compiled code would write where it may not. Everything that is wrong is named, a column by the
first row that is out of its range.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom.domain.hospital import IC_TYPES, TREATMENT_LISTS, WARD_GROUPS, ic_pool, ward_pool
from zorgstroom.errors import Amount, Count, InvalidInput, Problem
from zorgstroom_simulator.engines import CapacityStep, Care, Network, PatientTable, Stage
from zorgstroom_simulator.machine import free_memory

#: What a patient's number, a minute, a day and a count must fit in.
LARGEST = int(np.iinfo(np.int32).max)
#: Most patients: one number less than fits, and one that means nobody.
MOST_PATIENTS = LARGEST - 1
#: Longest horizon whose every minute fits.
MOST_DAYS = LARGEST // MINUTES_PER_DAY
#: Most per mille a day: multiplied by the days of a horizon it still fits 64 bits.
MOST_PERMILLE = 10**15
#: Beds may be without end: more than patients can be numbered.
MOST_BEDS = 2**31
#: What the journey of a patient and his places in lists and calendar take in the compiled engine, which takes least:
#: 155 bytes measured with 2 million patients of whom half is planned, less where nobody is.
PATIENT_BYTES = 140
_FLAGS = ("acute", "visit_only")
_TABLES = ("location", "diversions")


def check_input(patients: PatientTable, network: Network) -> None:
    """Raise InvalidInput, naming every mistake, if the patients or the network are none an engine can work with."""
    problems = [*_size(patients, network)]
    # What is too large, or of another shape, cannot be looked at any further.
    if not problems:
        problems = [*_shapes(patients, network)]
    if not problems:
        problems = [*_network(network), *_patients(patients, network)]
    if not problems:
        problems = [*_memory(patients, network)]
    if problems:
        raise InvalidInput(problems)


def bytes_needed(patients: int, network: Network) -> int:
    """Return the memory that any engine takes at least, besides its input: journeys, counts at midnight, a calendar."""
    places, specialties = network.clinic_capacity.shape
    units = network.ward_beds.shape[1] + network.ic_beds.shape[1]
    counts = (network.days + 1) * places * (len(TREATMENT_LISTS) + specialties + 2 * units) * 4
    calendar = network.days * (3 * MINUTES_PER_DAY + 2) * 4
    return int(PATIENT_BYTES * patients + counts + calendar)


def _memory(patients: PatientTable, network: Network) -> Iterator[Problem]:
    needed, free = bytes_needed(len(patients), network), free_memory()
    if needed > free:
        fixed = bytes_needed(0, network)
        params = {
            "number": Count(len(patients)),
            "days": Count(network.days),
            "needed": Amount(round(needed / 2**30, 1)),
            "free": Amount(round(free / 2**30, 1)),
            "most": Count(max(0, (free - fixed) // PATIENT_BYTES)),
        }
        yield Problem("patients", "engine.memory", params)


def _size(patients: PatientTable, network: Network) -> Iterator[Problem]:
    if len(patients) > MOST_PATIENTS:
        params = {"number": Count(len(patients)), "most": Count(MOST_PATIENTS)}
        yield Problem("patients", "engine.too_many_patients", params)
    if not 1 <= network.days <= MOST_DAYS:
        yield Problem("network.days", "engine.days", {"value": Count(network.days), "most": Count(MOST_DAYS)})


def _shapes(patients: PatientTable, network: Network) -> Iterator[Problem]:
    """Columns are whole numbers, one per patient; tables of the network have a row per location."""
    n, places = len(patients), len(network.queued)
    for name in (*_ranges(network), *_FLAGS, "minute", "visit_minute", "list_minute"):
        column: np.ndarray = getattr(patients, name)
        dimensions = 2 if name in _TABLES else 1
        if column.ndim != dimensions or len(column) != n:
            params = {"shape": "×".join(map(str, column.shape)), "rows": Count(n)}
            yield Problem(f"patients.{name}", "engine.shape", params)
        elif column.dtype.kind not in ("b" if name in _FLAGS else "iu"):
            yield Problem(f"patients.{name}", "engine.kind", {"kind": str(column.dtype)})
    epochs = patients.epochs
    whole = epochs.ndim == 1 and len(epochs) > 0 and epochs.dtype.kind in "iu"
    if not whole or epochs[0] != 0 or (epochs % MINUTES_PER_DAY).any() or (np.diff(epochs) <= 0).any():
        yield Problem("patients.epochs", "engine.epochs")
    elif patients.location.ndim == 2 and patients.location.shape[1] != len(epochs):
        params = {"columns": patients.location.shape[1], "epochs": len(epochs)}
        yield Problem("patients.location", "engine.epoch_columns", params)
    for name, columns in (
        ("ward_beds", len(WARD_GROUPS) if network.steps else None),
        ("ic_beds", len(IC_TYPES) if network.steps else None),
        ("list_capacity", len(TREATMENT_LISTS)),
        ("clinic_capacity", None),
        ("transfer_minutes", places),
    ):
        table: np.ndarray = getattr(network, name)
        fits = table.ndim == 2 and len(table) == places and columns in (None, table.shape[-1])
        if not fits or table.dtype.kind not in "iu":
            params = {"shape": "×".join(map(str, table.shape)), "rows": Count(places)}
            yield Problem(f"network.{name}", "engine.shape", params)
    if network.day_places.shape != (places,):
        params = {"shape": "×".join(map(str, network.day_places.shape)), "rows": Count(places)}
        yield Problem("network.day_places", "engine.shape", params)
    if len(network.working_days) < network.days or not network.working_days.any():
        yield Problem("network.working_days", "engine.working_days", {"days": Count(network.days)})


def _network(network: Network) -> Iterator[Problem]:
    for name, least, most in (
        ("ward_beds", 0, MOST_BEDS),
        ("ic_beds", 0, MOST_BEDS),
        ("day_places", 0, MOST_PERMILLE),
        ("list_capacity", 0, MOST_PERMILLE),
        ("clinic_capacity", -1, MOST_PERMILLE),
        ("transfer_minutes", 0, LARGEST),
    ):
        yield from _within(f"network.{name}", getattr(network, name), least, most)
    for name, value in vars(network.rules).items():
        if not 0 <= value <= LARGEST:
            params = {"value": int(value), "most": Count(LARGEST)}
            yield Problem(f"network.rules.{name}", "engine.value", params)
    for number, step in enumerate(network.steps):
        yield from _step(f"network.steps[{number}]", step, network)


def _step(where: str, step: CapacityStep, network: Network) -> Iterator[Problem]:
    clinics = [f"clinic:{number}" for number in range(network.clinic_capacity.shape[1])]
    beds = [*map(ward_pool, WARD_GROUPS), *map(ic_pool, IC_TYPES)]
    known = [*beds, *TREATMENT_LISTS, "day", *clinics]
    if step.pool not in known:
        yield Problem(f"{where}.pool", "engine.pool", {"pool": step.pool, "known": ", ".join(known)})
    most = MOST_BEDS if step.pool in beds else MOST_PERMILLE
    for name, value, last in (
        ("day", step.day, LARGEST),
        ("location", step.location, len(network.queued) - 1),
        ("capacity", step.capacity, most),
    ):
        if not 0 <= value <= last:
            yield Problem(f"{where}.{name}", "engine.value", {"value": value, "most": Count(last)})


def _patients(patients: PatientTable, network: Network) -> Iterator[Problem]:
    found = [
        problem
        for name, (least, most) in _ranges(network).items()
        for problem in _within(f"patients.{name}", getattr(patients, name), least, most)
    ]
    yield from found
    later = np.flatnonzero(patients.minute[1:] < patients.minute[:-1])
    if len(later):
        yield Problem("patients.minute", "engine.order", {"row": int(later[0]) + 1})
    yield from _within("patients.minute", patients.minute, -LARGEST, LARGEST)
    if found:
        return
    care = patients.care
    for name, needs in (("ward_group", care == Care.BED), ("ic_type", care == Care.IC_THEN_BED)):
        without = np.flatnonzero(needs & (getattr(patients, name) < 0))
        if len(without):
            yield Problem(f"patients.{name}", "engine.no_unit", {"row": int(without[0])})
    # Acute patients have no date at which they are due.
    planned = np.flatnonzero(~patients.acute)
    due = patients.visit_due[planned]
    if len(due) and (int(due.min()) < -LARGEST or int(due.max()) > LARGEST):
        yield from _within("patients.visit_due", due, -LARGEST, LARGEST, planned)


def _ranges(network: Network) -> dict[str, tuple[int, int]]:
    """Return the least and most of every column that has a range."""
    places = len(network.queued)
    return {
        "stage": (0, len(Stage) - 1),
        "location": (0, places - 1),
        "diversions": (-1, places - 1),
        "specialty": (0, network.clinic_capacity.shape[1] - 1),
        "weight": (0, LARGEST),
        "target_minutes": (0, LARGEST),
        "treatment_list": (0, len(TREATMENT_LISTS) - 1),
        "care": (0, len(Care) - 1),
        "ward_group": (-1, network.ward_beds.shape[1] - 1),
        "ic_type": (-1, network.ic_beds.shape[1] - 1),
        "urgency": (-128, 127),
        "stay_minutes": (0, LARGEST),
        # The night of the last discharge is a minute too.
        "nights": (0, MOST_DAYS),
        "procedure_minutes": (0, LARGEST),
        "ic_minutes": (0, LARGEST),
    }


def _within(
    where: str, column: np.ndarray, least: int, most: int, rows: np.ndarray | None = None
) -> Iterator[Problem]:
    """Name the first row, if any, with a number below the least or above the most."""
    if not column.size or (int(column.min()) >= least and int(column.max()) <= most):
        return
    outside = np.argwhere((column < least) | (column > most))[0]
    row = int(outside[0])
    params = {
        "row": row if rows is None else int(rows[row]),
        "value": int(column[tuple(outside)]),
        "least": Count(least),
        "most": Count(most),
    }
    yield Problem(where, "engine.range", params)
