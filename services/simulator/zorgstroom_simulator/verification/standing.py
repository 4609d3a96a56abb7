"""Figures of the calibrated baseline that no simulation is needed for, and in which there is no chance."""

from __future__ import annotations

import numpy as np

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.hospital import IC_TYPES, ic_pool
from zorgstroom.planning.access import (
    ED_MINUTES,
    OBSTETRICS_MINUTES,
    emergency_sites,
    mean_km_to_nearest,
    obstetrics_sites,
    people_beyond,
)
from zorgstroom.planning.targets import Observation
from zorgstroom_simulator.verification.travel import ROAD_DETOUR

#: Minutes by car to a hospital of the published figure.
HOSPITAL_MINUTES = 30
#: Words for IC types in the targets, in the order of `IC_TYPES`.
IC_WORDS = ("adult", "child", "newborn")


def standing_figures(dataset: Dataset, year: int) -> list[Observation]:
    """Return who lives how far from what in a year, and how many beds there are."""
    departments, units = emergency_sites(dataset), obstetrics_sites(dataset)
    hospitals = np.array([location.role == "klinisch" for location in dataset.locations])
    everybody = float(dataset.population[year].sum())
    # The norm of 45 minutes by ambulance is for both; the published figure by car is for obstetrics.
    far_from_ed = float(people_beyond(dataset, departments, ED_MINUTES, ambulance=True, year=year).sum())
    far_by_car = float(people_beyond(dataset, hospitals, HOSPITAL_MINUTES, ambulance=False, year=year).sum())
    values = {
        "people_beyond_45_ed": far_from_ed,
        "beyond_45_ed_2024": 100 * far_from_ed / everybody,
        "people_beyond_45_obstetrics": float(
            people_beyond(dataset, units, ED_MINUTES, ambulance=True, year=year).sum()
        ),
        "people_beyond_30_obstetrics": float(
            people_beyond(dataset, units, OBSTETRICS_MINUTES, ambulance=False, year=year).sum()
        ),
        "within_30_hospital": 100 * (1 - far_by_car / everybody),
        "nearest_hospital_km": ROAD_DETOUR * mean_km_to_nearest(dataset, hospitals, year),
        "staffed_beds": float(
            sum(beds for (_, pool), beds in dataset.capacities.items() if pool.startswith(("ward:", "ic:")))
        ),
        "ic_beds_adult": float(
            sum(beds for (_, pool), beds in dataset.capacities.items() if pool == ic_pool("adult"))
        ),
    }
    for word, kind in zip(IC_WORDS, IC_TYPES, strict=True):
        beds = dataset.capacities.get(("MUMC", ic_pool(kind)))
        if beds is not None:
            values[f"mumc_ic_beds_{word}"] = float(beds)
    return [Observation(target, "", value) for target, value in values.items()]
