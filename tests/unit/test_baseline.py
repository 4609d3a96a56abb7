"""The derived baseline: capacity stands where the patients really go."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.patients import sample_patients

from zorgstroom.dataset import load_dataset
from zorgstroom.domain.calendar import MINUTES_PER_DAY, Calendar
from zorgstroom.domain.hospital import IC_TYPES, ic_pool, ward_pool
from zorgstroom.planning.ability import needed_pools, obstacles
from zorgstroom_simulator.choice import choose
from zorgstroom_simulator.demand import OVERNIGHT, profile_table, with_case_mix

pytestmark = pytest.mark.unit

CALENDAR = Calendar(2025, 0, 52)


def test_beds_fit_the_patients_who_come_because_an_ic_is_there() -> None:
    """Who needs an IC of a kind few have comes from hospitals that offer the care without it.

    The sampled year fills the beds to about the target load, and the ward gets its patients back after the IC.
    """
    dataset = load_dataset()
    cells = np.zeros((len(dataset.areas), len(dataset.profiles)), np.bool_)
    children = [index for index, profile in enumerate(dataset.profiles) if profile.ward_group == "child"]
    assert {dataset.profiles[index].ic_type for index in children} >= {"picu", "nicu"}
    cells[:, children] = True
    patients = sample_patients(dataset, CALENDAR, 1, 0, cells)
    patients = patients.take(patients.minute >= 0)
    location = choose(dataset, patients, np.arange(len(patients)), dataset.offers)
    patients = with_case_mix(dataset, patients, location)
    ic_type = profile_table(dataset).ic_type[patients.profile]
    period = CALENDAR.days * MINUTES_PER_DAY
    ic_loads = {}
    for (name, pool), beds in dataset.capacities.items():
        for kind in ("picu", "nicu"):
            if pool == ic_pool(kind):
                mine = (location == dataset.location_index[name]) & (ic_type == IC_TYPES.index(kind))
                ic_loads[name, pool] = int(patients.ic_minutes[mine].sum()) / (beds * period)
    assert len(ic_loads) > 10
    assert max(ic_loads.values()) < 0.85, ic_loads

    stay = patients.nights.astype(np.int64) * MINUTES_PER_DAY + 660 - patients.ic_minutes
    stay -= patients.minute % MINUTES_PER_DAY
    on_ward = int(stay[patients.setting == OVERNIGHT].sum()) / period
    beds = sum(number for (_, pool), number in dataset.capacities.items() if pool == ward_pool("child"))
    # Small wards have more beds than the target load asks for; observations take a few per cent.
    assert 0.5 < on_ward / beds < 0.7


def test_what_a_location_could_start_has_a_pool_to_give_capacity_to() -> None:
    """A day hospital without endoscopy can be given it."""
    dataset = load_dataset()
    assert dataset.capacities["ZGT-HE", "proc"] == 0
    for location in dataset.locations:
        for profile in dataset.profiles:
            if not obstacles(location, profile):
                for pool in needed_pools(location, profile):
                    assert (location.id, pool) in dataset.capacities
