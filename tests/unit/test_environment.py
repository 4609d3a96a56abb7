"""Kilometres and CO2 of the inhabitants' trips, calculated by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.support.small_dataset import make_dataset, make_profiles

from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.plan import Plan, SharedCare
from zorgstroom.planning.travel import patient_hectometres
from zorgstroom_simulator.contacts import contacts_around
from zorgstroom_simulator.demand import VISIT
from zorgstroom_simulator.environment import add_environment, car_travel
from zorgstroom_simulator.experiment import Experiment, simulate_baseline
from zorgstroom_simulator.measure import measure
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
OESOPHAGUS, DIALYSIS = (DATASET.profile_index[name] for name in ("oesophagus", "dialysis"))
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
    nothing = np.zeros(0, np.int64)
    visits = Cells(nothing, nothing, nothing, nothing, nothing)
    add_environment(made, SCOPE, car_travel(SCOPE, cells, visits, contacts_around(DATASET, cells, plan)))
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


def test_every_session_is_a_trip() -> None:
    found = driven((0, NOORD, DIALYSIS, 1))
    assert found["car_km", "dialysis", ""] == pytest.approx(2 * 156 * 2 * 3.6)


def test_first_visits_without_further_care_are_trips_too_each_simulated_one_ten() -> None:
    scenario = Scenario.model_validate(
        {"zorgstroom": 1, "name": "x", "horizon": {"weeks": 4, "warmup_weeks": 0}}
    )
    made = Experiment(DATASET, scenario, None, 1, "compiled")
    outcome = simulate_baseline(made, 0)
    ways, total = patient_hectometres(DATASET), 0
    for row in np.flatnonzero(outcome.queued.flow == VISIT).tolist():
        if 0 <= outcome.journeys.visit_minute[row] < 4 * 7 * 1440:
            total += 10 * 2 * ways[outcome.queued.area[row], outcome.journeys.visit_location[row]]
    assert total > 0
    table = measure(made.scope, outcome, "baseline", 0, None).to_pylist()
    found = [r for r in table if r["indicator"] == "car_km" and r["profile"] == "outpatient_first"]
    assert [row["total"] / row["count"] for row in found] == [pytest.approx(total * 52 / 4)]


def test_who_lives_outside_the_region_is_not_counted_and_shared_care_saves_the_way() -> None:
    assert driven((2, NOORD, OESOPHAGUS, 5)) == {}
    everywhere = np.ones(len(DATASET.locations), np.bool_)
    care = SharedCare(0, 0, OESOPHAGUS, everywhere, True, True)
    plan = Plan((), (), ((0, DATASET.offers),), shared_care=(care,))
    far, near = driven((0, MIDDEN, OESOPHAGUS, 1)), driven((0, MIDDEN, OESOPHAGUS, 1), plan=plan)
    way = patient_hectometres(DATASET)[0] / 10
    # Two contacts, there and back, twice as many a year.
    assert far["car_km", "", ""] - near["car_km", "", ""] == pytest.approx(8 * (way[MIDDEN] - way[NOORD]))
