"""Who goes how far, and who passes the nearest hospital: what no figure of the model was set with."""

from __future__ import annotations

import numpy as np

from zorgstroom.planning.attraction import organisation_index
from zorgstroom.planning.travel import great_circle_km
from zorgstroom_simulator.rows import nearest_rank
from zorgstroom_simulator.scope import Outcome, Scope
from zorgstroom_simulator.verification.admissions import Admissions, FloatArray
from zorgstroom_simulator.verification.sums import Sums

#: Kilometres by road per kilometre as the crow flies. Estimated from distances between Dutch cities (1.15 to 1.29,
#: low confidence); the model has minutes only, so this serves nothing but the comparison with published distances.
ROAD_DETOUR = 1.22
#: Care whose median distance is published, by its target.
MEDIANS = {"travel_oesophagus": "oesophagus", "travel_stomach": "stomach", "travel_pancreas": "pancreas"}
BYPASSES = {"bypass_orthopaedics": "orthopaedics", "bypass_neurosurgery": "neurosurgery"}
PROVINCES = {"outside_groningen": "Groningen", "outside_friesland": "Friesland"}


def count_travel(scope: Scope, outcome: Outcome, admitted: Admissions) -> Sums:
    """Return distances, bypassing of the nearest hospital and care outside the own province."""
    return {**_distances(scope, admitted), **_bypassing(scope, outcome), **_outside(scope, admitted)}


def _distances(scope: Scope, admitted: Admissions) -> Sums:
    dataset = scope.dataset
    km = road_km(scope)[admitted.area, admitted.location]
    sums: Sums = {}
    for target, name in MEDIANS.items():
        mine = km[admitted.profile == dataset.profile_index.get(name, -1)]
        metres = np.rint(mine * 1000).astype(np.int64)
        sums[target, ""] = (nearest_rank(metres, 50) / 1000, 1.0) if len(metres) else (0.0, 0.0)
    return sums


def road_km(scope: Scope) -> FloatArray:
    """Return kilometres by road from the inhabitants of each area to each location: float64[A, L]."""
    areas, locations = scope.dataset.areas, scope.dataset.locations
    km = great_circle_km(
        np.array([[area.latitude] for area in areas]),
        np.array([[area.longitude] for area in areas]),
        np.array([[location.latitude for location in locations]]),
        np.array([[location.longitude for location in locations]]),
    )
    spread = np.array([[area.spread_km] for area in areas])
    return np.asarray(ROAD_DETOUR * np.hypot(km, spread))


def _bypassing(scope: Scope, outcome: Outcome) -> Sums:
    """Share of first visits at another organisation than that of the nearest location seeing the specialty."""
    dataset, journeys, patients = scope.dataset, outcome.journeys, outcome.queued
    organisations = organisation_index(dataset)
    seen = np.flatnonzero(scope.within(journeys.visit_minute))
    sums: Sums = {}
    for target, name in BYPASSES.items():
        mine = seen[patients.specialty[seen] == dataset.specialty_index.get(name, -1)]
        if not len(mine):
            continue
        visited = journeys.visit_location[mine]
        open_to = np.unique(visited)
        nearest = open_to[dataset.travel_hundredths[:, open_to].argmin(axis=1)]
        passed = organisations[visited] != organisations[nearest[patients.area[mine]]]
        weight = patients.weight[mine].astype(np.float64)
        sums[target, ""] = 100 * float(weight[passed].sum()), float(weight.sum())
    return sums


def _outside(scope: Scope, admitted: Admissions) -> Sums:
    """Share of the admissions of a province's inhabitants outside the province."""
    home = np.array([area.province for area in scope.dataset.areas])[admitted.area]
    there = np.array([location.province for location in scope.dataset.locations])[admitted.location]
    sums: Sums = {}
    for target, province in PROVINCES.items():
        mine = home == province
        outside = admitted.number[mine & (there != province)]
        sums[target, ""] = 100 * float(outside.sum()), float(admitted.number[mine].sum())
    return sums
