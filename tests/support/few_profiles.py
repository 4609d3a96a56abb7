"""The shipped country with a few kinds of care: as real, and calibrated ten times as fast."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from zorgstroom.dataset.derived import write_derived
from zorgstroom.dataset.loading import dataset_folder, load_primary
from zorgstroom_simulator.calibrate import derive

#: Planned care with every kind of list, acute care with an IC, and care without queues.
KEPT = ("pancreas", "hip_replacement", "cataract", "acute_internal", "endoscopy_day", "outpatient_first")
_TABLES = ("profiles.csv", "profile_figures.csv", "norms.csv", "volume_outcome.csv", "dependencies.csv")


def few_profiles(folder: Path, kept: Sequence[str] = KEPT) -> Path:
    """Write a copy of the shipped dataset with these profiles only, calibrated; return its folder."""
    shutil.copytree(dataset_folder("nl2025"), folder)
    for name in _TABLES:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            header, rows = list(reader.fieldnames or ()), list(reader)
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header, lineterminator="\n")
            writer.writeheader()
            writer.writerows(row for row in rows if _profiles_of(row) <= {*kept})
    complete, fit = derive(load_primary(folder))
    write_derived(complete, folder, fit)
    return folder


def _profiles_of(row: Mapping[str, str]) -> set[str]:
    """Return the profiles that a row is about."""
    return set(filter(None, row.get("profile_id", row.get("profiles", "")).split(";")))
