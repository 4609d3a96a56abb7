"""Travel time by car as a function of distance, water crossed on the way, and how well an area is connected.

minutes = (t0 + a1 min(d,10) + a2 min(max(d-10,0),12) + a3 max(d-22,0)) x access factor x kappa + ferry.
Fitted on free-flow routing times over OpenStreetMap; coefficients are parameters of the dataset. Inhabitants
live around their area's point: d is the root of the squared distance plus the squared spread of the area.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from zorgstroom.dataset.model import Dataset, Int32Array

FloatArray = npt.NDArray[np.float64]
EARTH_RADIUS_KM = 6371.0088
#: South of the Westerschelde: the straight line north crosses water that only one tunnel crosses.
ZEEUWS_VLAANDEREN = ("GM0677", "GM0715", "GM1714")


def great_circle_km(
    latitude_a: FloatArray, longitude_a: FloatArray, latitude_b: FloatArray, longitude_b: FloatArray
) -> FloatArray:
    """Return the distance between points in km (haversine), broadcasting its arguments."""
    phi_a, phi_b = np.radians(latitude_a), np.radians(latitude_b)
    half_phi = (phi_b - phi_a) / 2
    half_lambda = np.radians(longitude_b - longitude_a) / 2
    chord = np.sin(half_phi) ** 2 + np.cos(phi_a) * np.cos(phi_b) * np.sin(half_lambda) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(chord)))


def patient_hectometres(dataset: Dataset) -> Int32Array:
    """Return the way by road from each area to each location in units of 100 m: int32[A, L].

    The straight line, with the spread of inhabitants around the area's point, times the detour of roads. Not from the
    minutes: those hold parking, access and water, and measured times have no distance.
    """
    km = np.hypot(_straight_km(dataset), np.array([[area.spread_km] for area in dataset.areas]))
    return np.asarray(np.rint(km * dataset.parameter("road_detour_factor") * 10), dtype=np.int32)


def _straight_km(dataset: Dataset) -> FloatArray:
    """Return km in a straight line from each area's point to each location: float64[A, L]."""
    areas, locations = dataset.areas, dataset.locations
    return great_circle_km(
        np.array([[area.latitude] for area in areas]),
        np.array([[area.longitude] for area in areas]),
        np.array([[location.latitude for location in locations]]),
        np.array([[location.longitude for location in locations]]),
    )


def free_flow_minutes(dataset: Dataset, km: FloatArray) -> FloatArray:
    """Return minutes without traffic for a distance in km, before access factor and purpose."""
    p = dataset.parameter
    return np.asarray(
        p("t0")
        + p("a1") * np.minimum(km, 10)
        + p("a2") * np.clip(km - 10, 0, 12)
        + p("a3") * np.maximum(km - 22, 0)
    )


def patient_hundredths(dataset: Dataset, ferry_minutes: dict[str, float]) -> Int32Array:
    """Return minutes x 100 from each area to each location on the patient scale: int32[A, L]."""
    areas, locations = dataset.areas, dataset.locations
    km = _straight_km(dataset)
    spread = np.array([[area.spread_km] for area in areas])
    access = np.array([[area.access_factor] for area in areas])
    minutes = free_flow_minutes(dataset, np.hypot(km, spread)) * access * dataset.parameter("kappa_patient")
    ferry = np.array([[ferry_minutes.get(area.gemeente_id, 0.0)] for area in areas])
    south = np.array([[area.gemeente_id in ZEEUWS_VLAANDEREN] for area in areas])
    south_site = np.array([[location.gemeente_id in ZEEUWS_VLAANDEREN for location in locations]])
    detour = dataset.parameter("zeeuws_vlaanderen_detour_minutes") * (south != south_site)
    return np.asarray(np.rint((minutes + ferry + detour) * 100), dtype=np.int32)


def transfer_hundredths(dataset: Dataset) -> Int32Array:
    """Return minutes x 100 between locations by car: int32[L, L], zero on the diagonal."""
    locations = dataset.locations
    latitude = np.array([location.latitude for location in locations])
    longitude = np.array([location.longitude for location in locations])
    km = great_circle_km(latitude[:, None], longitude[:, None], latitude[None], longitude[None])
    south = np.array([location.gemeente_id in ZEEUWS_VLAANDEREN for location in locations])
    detour = dataset.parameter("zeeuws_vlaanderen_detour_minutes") * (south[:, None] != south[None])
    minutes = free_flow_minutes(dataset, km) * dataset.parameter("kappa_patient") + detour
    np.fill_diagonal(minutes, 0)
    return np.asarray(np.rint(minutes * 100), dtype=np.int32)
