"""Kilometres and CO2 of the inhabitants' trips, calculated by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.support.small_dataset import make_dataset, make_profiles

from zorgstroom.domain.calendar import Calendar
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.plan import Plan, SharedCare
from zorgstroom.planning.travel import patient_hectometres
from zorgstroom_simulator.contacts import contacts_around
from zorgstroom_simulator.environment import add_environment, car_travel
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.scope import Cells, Scope

pytestmark = pytest.mark.unit

DATASET = make_dataset(
    profiles=[
        dataclasses.replace(item, precare_contacts=2.0, aftercare_contacts=0.0, centre_contacts=0.0)
        if item.id == "oesophagus"
        else item
        for item in make_profiles()
    ]
)
OESOPHAGUS, DIALYSIS, VISIT = (
    DATASET.profile_index[name] for name in ("oesophagus", "dialysis", "outpatient_first")
)
NOORD, MIDDEN = DATASET.location_index["NOORD"], DATASET.location_index["MIDDEN"]
SCOPE = Scope(
    DATASET,
    Calendar(2025, 0, 26),
    np.array([True, True, False]),
    np.ones(len(DATASET.locations), np.bool_),
)


def driven(*rows: tuple[int, int, int, int], plan: Plan | None = None) -> dict[tuple[str, str, str], float]:
    """{(indicator, profile, area): a year} of so many treatments (area, location, profile, number)."""
    area, location, profile, number = np.array(rows, np.int64).T
    made = Rows(DATASET)
    cells = Cells(area, location, profile, np.zeros_like(area), number)
    add_environment(made, SCOPE, car_travel(SCOPE, cells, contacts_around(DATASET, cells, plan)))
    return {
        (row["indicator"], row["profile"], row["area"]): row["total"]
        / row["count"]
        / CATALOGUE[row["indicator"]].scale
        for row in made.table("plan", 0).to_pylist()
    }


def test_the_way_by_road_is_the_straight_line_with_the_spread_times_the_detour() -> None:
    # Noordstad's own hospital stands on its point: 3 km of spread x 1.2; Middenstad is 0.4 degrees of latitude away.
    ways = patient_hectometres(DATASET)
    assert ways[0, NOORD] == 36
    straight = 6371.0088 * np.pi / 180 * 0.4
    assert ways[0, MIDDEN] == round(float(np.hypot(straight, 3.0)) * 12)
    assert ways.dtype == np.int32


def test_a_treatment_is_a_trip_there_and_back_and_so_is_every_contact() -> None:
    # Ten operations in half a year at 3.6 km, each with two contacts there: 20 a year x 3 trips x 2 x 3.6 km.
    found = driven((0, NOORD, OESOPHAGUS, 10))
    assert found["car_km", "", ""] == found["car_km", "oesophagus", ""] == 20 * 3 * 2 * 3.6
    assert found["car_km", "", "GM0001"] == found["car_km", "", ""]
    # 0.2 kg a kilometre.
    assert found["car_co2", "", ""] == pytest.approx(20 * 3 * 2 * 3.6 * 0.2)


def test_sessions_are_a_trip_each_and_a_simulated_visit_stands_for_ten() -> None:
    found = driven((0, NOORD, DIALYSIS, 1), (0, NOORD, VISIT, 3))
    assert found["car_km", "dialysis", ""] == pytest.approx(2 * 156 * 2 * 3.6)
    assert found["car_km", "outpatient_first", ""] == pytest.approx(2 * 3 * 10 * 2 * 3.6)


def test_who_lives_outside_the_region_is_not_counted_and_shared_care_saves_the_way() -> None:
    assert driven((2, NOORD, OESOPHAGUS, 5)) == {}
    everywhere = np.ones(len(DATASET.locations), np.bool_)
    care = SharedCare(0, 0, OESOPHAGUS, everywhere, True, True)
    plan = Plan((), (), ((0, DATASET.offers),), shared_care=(care,))
    far, near = driven((0, MIDDEN, OESOPHAGUS, 1)), driven((0, MIDDEN, OESOPHAGUS, 1), plan=plan)
    way = patient_hectometres(DATASET)[0] / 10
    # Two contacts, there and back, twice as many a year.
    assert far["car_km", "", ""] - near["car_km", "", ""] == pytest.approx(8 * (way[MIDDEN] - way[NOORD]))
