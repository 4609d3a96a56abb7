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
#: Earliest minute, a thousand years before the run: how late somebody is times another's wait still fits 64 bits.
EARLIEST = -(LARGEST // 4)
#: Largest numbers of a unit, and of a place or specialty, that fit their columns.
LAST_UNIT, LAST_PLACE = int(np.iinfo(np.int8).max), int(np.iinfo(np.int16).max)
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
    # A step names a unit, and mixing wards are known by their number.
    mixes = network.rules.outlier_permille > 0
    for name, columns in (
        ("ward_beds", len(WARD_GROUPS) if network.steps or mixes else None),
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
    # What falls outside the calendar happens on its last working day: that must not be in the run.
    if not network.working_days[network.days :].any():
        yield Problem("network.working_days", "engine.working_days", {"days": Count(network.days)})


def _network(network: Network) -> Iterator[Problem]:
    for name, least, most in (
        ("ward_beds", 0, MOST_BEDS),
        ("ic_beds", 0, MOST_BEDS),
        ("day_places", 0, _most_day_places(network)),
        ("list_capacity", 0, MOST_PERMILLE),
        ("clinic_capacity", -1, MOST_PERMILLE),
        ("transfer_minutes", 0, LARGEST),
    ):
        yield from _within(f"network.{name}", getattr(network, name), least, most)
    for name, value in vars(network.rules).items():
        most = MINUTES_PER_DAY - 1 if name in ("planning_minute", "clinic_minute") else LARGEST
        if not 0 <= value <= most:
            params = {"value": int(value), "most": Count(most)}
            yield Problem(f"network.rules.{name}", "engine.value", params)
    if network.rules.clinic_minute < network.rules.planning_minute:
        yield Problem("network.rules.clinic_minute", "engine.clinic_first")
    for number, step in enumerate(network.steps):
        yield from _step(f"network.steps[{number}]", step, network)


def _step(where: str, step: CapacityStep, network: Network) -> Iterator[Problem]:
    clinics = [f"clinic:{number}" for number in range(network.clinic_capacity.shape[1])]
    beds = [*map(ward_pool, WARD_GROUPS), *map(ic_pool, IC_TYPES)]
    known = [*beds, *TREATMENT_LISTS, "day", *clinics]
    if step.pool not in known:
        yield Problem(f"{where}.pool", "engine.pool", {"pool": step.pool, "known": ", ".join(known)})
    most = MOST_BEDS if step.pool in beds else MOST_PERMILLE
    if step.pool == "day":
        most = _most_day_places(network)
    for name, value, last in (
        ("day", step.day, LARGEST),
        ("location", step.location, len(network.queued) - 1),
        ("capacity", step.capacity, most),
    ):
        if not 0 <= value <= last:
            yield Problem(f"{where}.{name}", "engine.value", {"value": value, "most": Count(last)})


def _most_day_places(network: Network) -> int:
    """Return how many day places, used several times a day, still fit."""
    return MOST_PERMILLE * 1000 // max(network.rules.day_turns_permille, 1000)


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
    yield from _within("patients.minute", patients.minute, EARLIEST, LARGEST)
    if not found and not len(later):
        yield from _times(patients)
        yield from _stays(patients, network)


def _times(patients: PatientTable) -> Iterator[Problem]:
    """When planned patients are due, and where those who come before the run are at its start."""
    acute, stage = patients.acute, patients.stage
    before = np.arange(len(patients)) < np.searchsorted(patients.minute, 0)
    rows = np.flatnonzero(acute & before)
    yield from _within("patients.minute", patients.minute[rows], 0, LARGEST, rows)
    # Acute patients have no date at which they are due.
    rows = np.flatnonzero(~acute)
    yield from _within("patients.visit_due", patients.visit_due[rows], EARLIEST, LARGEST, rows)
    works_up = before & (stage == Stage.IN_WORK_UP)
    listed = (stage == Stage.ON_LIST) | (before & (stage != Stage.AWAITS_VISIT))
    for who, least in ((works_up, 0), (listed & ~works_up, EARLIEST)):
        rows = np.flatnonzero(who & ~acute)
        yield from _within("patients.list_minute", patients.list_minute[rows], least, LARGEST, rows)


def _stays(patients: PatientTable, network: Network) -> Iterator[Problem]:
    """Who needs a unit says which, and leaves it after he came: no engine goes back in time."""
    care = patients.care
    ic = care == Care.IC_THEN_BED
    for name, needs in (("ward_group", care == Care.BED), ("ic_type", ic)):
        without = np.flatnonzero(needs & (getattr(patients, name) < 0))
        if len(without):
            yield Problem(f"patients.{name}", "engine.no_unit", {"row": int(without[0])})
    rows = np.flatnonzero(ic)
    yield from _within("patients.ic_minutes", patients.ic_minutes[rows], 1, LARGEST, rows)
    rows = np.flatnonzero((care >= Care.BED) & (patients.ward_group >= 0) & (patients.stay_minutes == 0))
    # Whatever the minute of admission, the hour of discharge after the last night is after it and after the IC.
    longest = np.where(ic[rows], patients.ic_minutes[rows].astype(np.int64), 0) + MINUTES_PER_DAY
    least = -(-(longest - network.rules.discharge_minute) // MINUTES_PER_DAY)
    short = np.flatnonzero(patients.nights[rows] < least)
    if len(short):
        row, needed = int(rows[short[0]]), int(least[short[0]])
        params = {"row": row, "value": int(patients.nights[row]), "least": needed, "most": Count(MOST_DAYS)}
        yield Problem("patients.nights", "engine.range", params)


def _ranges(network: Network) -> dict[str, tuple[int, int]]:
    """Return the least and most of every column that has a range."""
    places = len(network.queued)
    return {
        "stage": (0, len(Stage) - 1),
        "location": (0, min(places - 1, LAST_PLACE)),
        "diversions": (-1, min(places - 1, LAST_PLACE)),
        "specialty": (0, min(network.clinic_capacity.shape[1] - 1, LAST_PLACE)),
        "weight": (0, LARGEST),
        "target_minutes": (0, LARGEST),
        "treatment_list": (0, len(TREATMENT_LISTS) - 1),
        "care": (0, len(Care) - 1),
        "ward_group": (-1, min(network.ward_beds.shape[1] - 1, LAST_UNIT)),
        "ic_type": (-1, min(network.ic_beds.shape[1] - 1, LAST_UNIT)),
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
