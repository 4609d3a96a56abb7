"""Contacts around a treatment, near home where care is shared; and who lives far from an ED."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from tests.support.experiments import under
from tests.support.small_dataset import make_dataset, make_profiles

from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.plan import Plan, SharedCare, UnitChange
from zorgstroom.planning.travel import patient_hectometres
from zorgstroom_simulator.contacts import add_contacts, contacts_around, shared_care_days
from zorgstroom_simulator.experiment import Experiment, simulate_replication
from zorgstroom_simulator.rows import Rows
from zorgstroom_simulator.scope import Cells, Scope
from zorgstroom_simulator.unit_access import add_unit_access

pytestmark = pytest.mark.unit

DATASET = make_dataset(
    profiles=[
        dataclasses.replace(item, precare_contacts=2.0, aftercare_contacts=1.5, centre_contacts=0.5)
        for item in make_profiles()
    ]
)
OESOPHAGUS = DATASET.profile_index["oesophagus"]
NOORD, MIDDEN, ZUID, POLI = (DATASET.location_index[name] for name in ("NOORD", "MIDDEN", "ZUID", "POLI"))
SCOPE = Scope(
    DATASET,
    Calendar(2025, 0, 52),
    np.ones(len(DATASET.areas), np.bool_),
    np.ones(len(DATASET.locations), np.bool_),
)
EMPTY = Plan((), (), ((0, DATASET.offers),))


def cells(*rows: tuple[int, int, int, int]) -> Cells:
    """Ten treatments for each (area, location, profile, stretch)."""
    columns = np.array(rows, np.int64).T
    return Cells(columns[0], columns[1], columns[2], columns[3], np.full(len(rows), 10, np.int64))


def sharing(**changes: object) -> SharedCare:
    made = SharedCare(0, 0, OESOPHAGUS, np.ones(len(DATASET.locations), np.bool_), True, True)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def counted(made: Cells, plan: Plan | None) -> list[dict[str, object]]:
    rows = Rows(DATASET)
    add_contacts(rows, SCOPE, contacts_around(DATASET, made, plan), plan)
    return list(rows.table("plan", 0).to_pylist())


def contacts(made: Cells, plan: Plan | None) -> dict[str, float]:
    """Contacts a year by location."""
    return {
        str(row["location"]): row["total"] / row["count"]  # type: ignore[operator]
        for row in counted(made, plan)
        if row["indicator"] == "contacts"
    }


def travel(made: Cells, plan: Plan | None) -> float:
    """Mean minutes of all contacts."""
    (row,) = [
        row
        for row in counted(made, plan)
        if row["indicator"] == "contact_travel" and not row["area"] and not row["profile"]
    ]
    return row["total"] / row["count"] / 100  # type: ignore[operator, no-any-return]


def test_contacts_are_where_the_treatment_is() -> None:
    treated = cells((2, NOORD, OESOPHAGUS, 0))
    assert contacts(treated, None) == {"": 40.0, "NOORD": 40.0}
    assert travel(treated, None) == 60.0


def test_shared_contacts_are_at_the_nearest_clinic_of_the_specialty() -> None:
    """Inhabitants of the south, treated in the north: 3.5 of 4 contacts at ten minutes, half at sixty."""
    treated = cells((2, NOORD, OESOPHAGUS, 0))
    plan = dataclasses.replace(EMPTY, shared_care=(sharing(),))
    assert contacts(treated, plan) == {"": 40.0, "NOORD": 5.0, "ZUID": 35.0}
    assert travel(treated, plan) == pytest.approx((3.5 * 10 + 0.5 * 60) / 4)


def test_shared_contacts_are_handed_over_and_received_and_save_the_way_there_and_back() -> None:
    """35 contacts of inhabitants of the south are at ten minutes instead of sixty."""
    plan = dataclasses.replace(EMPTY, shared_care=(sharing(),))
    rows = counted(cells((2, NOORD, OESOPHAGUS, 0), (0, NOORD, OESOPHAGUS, 0)), plan)
    found = {
        (row["indicator"], row["location"], row["area"]): row["total"] / row["count"]  # type: ignore[operator]
        for row in rows
        if not row["profile"]
    }
    assert found["contacts_handed_over", "NOORD", ""] == 35
    assert found["contacts_received", "ZUID", ""] == 35
    assert found["contacts_nearby", "", "GM0003"] == found["contacts_nearby", "", ""] == 35
    assert found["contact_hours_saved", "", "GM0003"] / 6000 == pytest.approx(35 * 2 * 50 / 60)
    way = patient_hectometres(DATASET)[2]
    assert found["contact_km_saved", "", "GM0003"] == 35 * 2 * (way[NOORD] - way[ZUID])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(True, False, {"NOORD": 20.0, "ZUID": 20.0}), (False, True, {"NOORD": 25.0, "ZUID": 15.0})],
)
def test_before_and_after_are_shared_apart(before: bool, after: bool, expected: dict[str, float]) -> None:
    plan = dataclasses.replace(EMPTY, shared_care=(sharing(before=before, after=after),))
    assert contacts(cells((2, NOORD, OESOPHAGUS, 0)), plan) == {"": 40.0} | expected


def test_only_of_the_named_hospitals_and_from_the_day_on() -> None:
    only_noord = np.arange(len(DATASET.locations)) == NOORD
    plan = dataclasses.replace(EMPTY, shared_care=(sharing(locations=only_noord, start_day=90),))
    assert shared_care_days(plan).tolist() == [0, 90]
    treated = cells((2, NOORD, OESOPHAGUS, 0), (2, NOORD, OESOPHAGUS, 1), (2, MIDDEN, OESOPHAGUS, 1))
    assert contacts(treated, plan) == {"": 120.0, "NOORD": 45.0, "MIDDEN": 40.0, "ZUID": 35.0}


def test_a_closed_location_has_no_clinic() -> None:
    closed = DATASET.offers.copy()
    closed[ZUID] = False
    plan = Plan((), (), ((0, closed),), shared_care=(sharing(),))
    found = contacts(cells((2, NOORD, OESOPHAGUS, 0)), plan)
    assert found == {"": 40.0, "NOORD": 5.0, "MIDDEN": 35.0}


def test_sharing_changes_contacts_and_nothing_else() -> None:
    scenario = Scenario.model_validate(
        {"zorgstroom": 1, "name": "x", "horizon": {"weeks": 8, "warmup_weeks": 1}}
    )
    made = under(Experiment(DATASET, scenario, None, 1), dataclasses.replace(EMPTY, shared_care=(sharing(),)))
    result = simulate_replication(made, 0)
    changed = {row["indicator"] for row in _difference(result.indicators.to_pylist())}
    about_contacts = {"contacts", "contact_travel", "contacts_handed_over", "contacts_received"}
    saved = {"contacts_nearby", "contact_hours_saved", "contact_km_saved"}
    # Visits are work of the specialist who is there, have a price, and are a trip.
    follows = {
        "car_km",
        "car_co2",
        "travel_cost",
        "reference_cost",
        "staff_operating_specialist",
        "staff_fte",
    }
    assert changed == about_contacts | saved | follows
    assert result.flows.num_rows == 0


def _difference(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Return the rows that one of the two scenarios has and the other has not."""
    sides: dict[str, list[dict[str, object]]] = {"baseline": [], "plan": []}
    for row in rows:
        sides[str(row["scenario"])].append({name: value for name, value in row.items() if name != "scenario"})
    one, other = ({tuple(row.items()) for row in side} for side in sides.values())
    return [dict(row) for row in one ^ other]


def beyond(plan: Plan | None) -> dict[str, float]:
    rows = Rows(DATASET)
    add_unit_access(rows, SCOPE, plan)
    return {
        f"{row['indicator']} {row['area']}": row["total"] / row["count"]
        for row in rows.table("plan", 0).to_pylist()
    }


def test_closing_an_emergency_department_leaves_more_people_far_away() -> None:
    """All three close: everybody is beyond 45 minutes; for half of the year: half of them on average."""
    today = beyond(None)
    closing = [UnitChange(0, 182, number, "ed", False) for number in (NOORD, MIDDEN, ZUID)]
    halfway = beyond(dataclasses.replace(EMPTY, units=tuple(closing)))
    inhabitants = int(DATASET.population[2025].sum())
    now = today["beyond_45_ed "]
    assert now < inhabitants
    assert halfway["beyond_45_ed "] == pytest.approx((now + inhabitants) / 2)
    areas = [value for name, value in halfway.items() if name.startswith("beyond_45_ed GM")]
    assert sum(areas) == pytest.approx(halfway["beyond_45_ed "])
    assert halfway["beyond_30_obstetrics "] == today["beyond_30_obstetrics "]


def test_closing_and_opening_a_unit_again_is_no_change() -> None:
    back = (UnitChange(0, 0, ZUID, "obstetrics", False), UnitChange(1, 0, ZUID, "obstetrics", True))
    assert beyond(dataclasses.replace(EMPTY, units=back)) == beyond(None)
