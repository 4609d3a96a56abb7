"""Who lives too far from an emergency department or acute obstetrics: inhabitants, not patients.

An area is a point with inhabitants around it. Norms of 30 and 45 minutes are about the few who live furthest, so
the mean of an area says nothing: its inhabitants are spread over points around it, and each point takes the
nearest site.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache

import numpy as np

from zorgstroom.dataset.model import BoolArray, Dataset
from zorgstroom.planning.travel import (
    EARTH_RADIUS_KM,
    ZEEUWS_VLAANDEREN,
    FloatArray,
    free_flow_minutes,
)

#: Norms of the national accessibility figures (RIVM): minutes by ambulance to an emergency department, call and
#: departure included, and minutes by car to acute obstetrics.
ED_MINUTES = 45
OBSTETRICS_MINUTES = 30
#: Points per area: rings of equal numbers of inhabitants, and directions.
RINGS = 24
DIRECTIONS = 24


def emergency_sites(dataset: Dataset) -> BoolArray:
    """Return which locations have an emergency department day and night: bool[L]."""
    return np.array([location.ed == "24/7" for location in dataset.locations], dtype=np.bool_)


def obstetrics_sites(dataset: Dataset) -> BoolArray:
    """Return which locations have acute obstetrics: bool[L]."""
    return np.array([location.acute_obstetrics for location in dataset.locations], dtype=np.bool_)


def people_beyond(
    dataset: Dataset, sites: BoolArray, minutes: float, *, ambulance: bool, year: int | None = None
) -> FloatArray:
    """Return how many inhabitants of each area live more than `minutes` from the nearest site: float64[A].

    `sites` bool[L]. By ambulance: 0.71 x T + ferry + 19 minutes for call, departure and loading; by car:
    0.87 x T + ferry (parameters of the dataset, fitted to the RIVM figures of 2022). `year` is the year of the
    population, the base year if it is not given. Everybody, if there is no site.
    """
    people = dataset.population[dataset.base_year if year is None else year]
    inhabitants: FloatArray = people.sum(axis=1).astype(np.float64)
    if not sites.any():
        return inhabitants
    return inhabitants * _share_beyond(dataset, tuple(np.flatnonzero(sites).tolist()), minutes, ambulance)


def mean_km_to_nearest(dataset: Dataset, sites: BoolArray, year: int | None = None) -> float:
    """Return the mean distance of inhabitants to the nearest site, in km as the crow flies; `sites` bool[L].

    Inhabitants are spread over points around their area, as in `people_beyond`. Infinite, if there is no site.
    """
    if not sites.any():
        return math.inf
    people = dataset.population[dataset.base_year if year is None else year].sum(axis=1)
    north, east = _plane(dataset, tuple(np.flatnonzero(sites).tolist()))
    spread = np.array([area.spread_km for area in dataset.areas])
    mean = np.zeros(len(spread))
    unit_east, unit_north = _unit_points()
    for x, y in zip(unit_east, unit_north, strict=True):
        mean += np.hypot(east - (spread * x)[:, None], north - (spread * y)[:, None]).min(axis=1)
    return float((people * mean).sum() / (people.sum() * len(unit_east)))


def _plane(dataset: Dataset, sites: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
    """Return km north and east from each area to each of the sites, in a plane around the area: float64[A, sites]."""
    areas, chosen = dataset.areas, [dataset.locations[site] for site in sites]
    latitude = np.radians([area.latitude for area in areas])
    longitude = np.radians([area.longitude for area in areas])
    site_latitude = np.radians([site.latitude for site in chosen])
    site_longitude = np.radians([site.longitude for site in chosen])
    # Within 0.1% of the great circle at Dutch distances.
    north = EARTH_RADIUS_KM * (site_latitude[None, :] - latitude[:, None])
    middle = (site_latitude[None, :] + latitude[:, None]) / 2
    east = EARTH_RADIUS_KM * np.cos(middle) * (site_longitude[None, :] - longitude[:, None])
    return north, east


@lru_cache(maxsize=16)
def _share_beyond(dataset: Dataset, sites: tuple[int, ...], minutes: float, ambulance: bool) -> FloatArray:
    """Return which part of an area is further from the nearest of the sites (positions): float64[A].

    Remembered: every replication of a run asks the same.
    """
    return np.asarray((minutes_to_nearest(dataset, sites, ambulance) > minutes).mean(axis=1))


def minutes_to_nearest(dataset: Dataset, sites: tuple[int, ...], ambulance: bool) -> FloatArray:
    """Return minutes from points of equal weight in each area to their nearest site: float64[A, points].

    `sites` are positions of locations, at least one.
    """
    areas = dataset.areas
    chosen = [dataset.locations[site] for site in sites]
    if ambulance:
        scale, fixed = dataset.parameter("ambulance"), dataset.parameter("ambulance_fixed_minutes")
    else:
        scale, fixed = dataset.parameter("kappa_rivm_car"), 0.0
    north, east = _plane(dataset, sites)
    detour = dataset.parameter("zeeuws_vlaanderen_detour_minutes") * (
        np.array([[area.gemeente_id in ZEEUWS_VLAANDEREN] for area in areas])
        != np.array([[site.gemeente_id in ZEEUWS_VLAANDEREN for site in chosen]])
    )
    ferry = np.array([dataset.ferry_minutes.get(area.gemeente_id, 0.0) for area in areas])
    spread = np.array([area.spread_km for area in areas])
    access = np.array([[area.access_factor] for area in areas])
    unit_east, unit_north = _unit_points()

    def minutes_at(km: FloatArray) -> FloatArray:
        return np.asarray(free_flow_minutes(dataset, km) * access * scale + detour)

    # Sites that are not the nearest to any point of an area, wherever in its circle, are left out.
    radius = (spread * max(map(math.hypot, unit_east, unit_north)))[:, None]
    km = np.hypot(east, north)
    at_best = minutes_at(np.maximum(km - radius, 0))
    possible = at_best <= minutes_at(km + radius).min(axis=1, keepdims=True)
    near = np.argsort(np.where(possible, at_best, np.inf), axis=1)[:, : int(possible.sum(axis=1).max())]
    east, north, detour = (np.take_along_axis(values, near, axis=1) for values in (east, north, detour))
    nearest = np.empty((len(areas), len(unit_east)))
    for point, (x, y) in enumerate(zip(unit_east, unit_north, strict=True)):
        km = np.hypot(east - (spread * x)[:, None], north - (spread * y)[:, None])
        nearest[:, point] = minutes_at(km).min(axis=1)
    return np.asarray(nearest + ferry[:, None] + fixed)


@cache
def _unit_points() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return points of a round two-dimensional normal with root mean square distance 1: (east, north).

    Its distance from the middle has P(R > r) = exp(-r^2): rings at the midpoint quantiles, turned a little
    from ring to ring so that the directions do not line up.
    """
    points = [
        (math.sqrt(-math.log(1 - (ring + 0.5) / RINGS)), (turn + ring / RINGS) * 2 * math.pi / DIRECTIONS)
        for ring in range(RINGS)
        for turn in range(DIRECTIONS)
    ]
    return (
        tuple(radius * math.cos(angle) for radius, angle in points),
        tuple(radius * math.sin(angle) for radius, angle in points),
    )
