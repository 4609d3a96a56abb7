"""Networks and patients small enough to write down, for trying an engine by hand or against a formula."""

from __future__ import annotations

import dataclasses

import numpy as np

from zorgstroom.domain.hospital import IC_TYPES, TREATMENT_LISTS, WARD_GROUPS
from zorgstroom_simulator.engines import NEVER, Care, Network, PatientTable, Rules, Stage

RULES = Rules(
    look_ahead=60,
    change_over_minutes=15,
    acute_reserve_permille=50,
    acute_reserve_min=1,
    ic_reserve=1,
    outlier_permille=100,
    diversion_delay_minutes=45,
    discharge_minute=660,
    day_turns_permille=1600,
    work_up_working_days=10,
)
#: A pool that never fills.
PLENTY = 10_000_000


def network(locations: int = 1, days: int = 28, rules: Rules = RULES, **changes: object) -> Network:
    """Return locations with plenty of everything, open on weekdays; `changes` replaces whole fields."""
    made = Network(
        working_days=np.arange(days + 400) % 7 < 5,
        days=days,
        rules=rules,
        queued=np.ones(locations, np.bool_),
        ward_beds=np.full((locations, len(WARD_GROUPS)), PLENTY),
        ic_beds=np.full((locations, len(IC_TYPES)), PLENTY),
        day_places=np.full(locations, PLENTY),
        list_capacity=np.full((locations, len(TREATMENT_LISTS)), PLENTY),
        clinic_capacity=np.full((locations, 1), PLENTY),
        transfer_minutes=np.full((locations, locations), 30),
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def patients(minute: list[int] | np.ndarray, **columns: object) -> PatientTable:
    """Return patients who arrive at these minutes (ascending): acute, surgical, one night; name what differs.

    A column is given as one value for all or as a list; `location` as (n,) or (n, epochs).
    """
    n = len(minute)
    defaults: dict[str, tuple[object, type]] = {
        "acute": (True, np.bool_),
        "visit_only": (False, np.bool_),
        "stage": (Stage.ARRIVES, np.int8),
        "specialty": (0, np.int16),
        "weight": (1, np.int32),
        "visit_due": (0, np.int64),
        "visit_minute": (NEVER, np.int64),
        "list_minute": (NEVER, np.int64),
        "target_minutes": (0, np.int64),
        "treatment_list": (0, np.int8),
        "care": (Care.BED, np.int8),
        "ward_group": (0, np.int8),
        "ic_type": (-1, np.int8),
        "urgency": (0, np.int8),
        "stay_minutes": (0, np.int32),
        "nights": (1, np.int32),
        "procedure_minutes": (0, np.int32),
        "ic_minutes": (0, np.int32),
    }
    made: dict[str, object] = {
        name: np.broadcast_to(np.asarray(columns.pop(name, value), dtype=kind), (n,)).copy()
        for name, (value, kind) in defaults.items()
    }
    location = np.asarray(columns.pop("location", 0), dtype=np.int16)
    made["location"] = location if location.ndim == 2 else np.broadcast_to(location, (n,))[:, None].copy()
    diversions = np.asarray(columns.pop("diversions", [-1]), dtype=np.int16)
    made["diversions"] = np.broadcast_to(diversions, (n, diversions.shape[-1])).copy()
    made["epochs"] = np.asarray(columns.pop("epochs", [0]), dtype=np.int64)
    assert not columns, f"unknown columns {sorted(columns)}"
    return PatientTable(minute=np.asarray(minute, dtype=np.int64), **made)  # type: ignore[arg-type]
