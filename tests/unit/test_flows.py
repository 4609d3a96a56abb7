"""Expected flows against simulated choice, where a part goes, some are acute, some need an IC and receivers start."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.support.patients import sample_patients
from tests.support.small_dataset import make_dataset, make_locations, make_profile

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.check import check_scenario
from zorgstroom.planning.plan import take_steps
from zorgstroom_simulator.choice import apply_moves, choose
from zorgstroom_simulator.demand import ACUTE

pytestmark = pytest.mark.unit

STENT = make_profile(
    "stent", acute_share=0.5, ic_type="adult", ic_probability=0.3, ic_days_mean=1.0, choice_class="complex"
)


def country(providers: tuple[bool, bool, bool], inhabitants: int = 60) -> Dataset:
    """Return the small country, so many times as large, with one profile and an IC at NOORD and ZUID only."""
    locations = tuple(
        dataclasses.replace(site, ic_types=frozenset({"adult"} if site.id in ("NOORD", "ZUID") else ()))
        for site in make_locations()
    )
    offers = np.array([[offered] for offered in (*providers, False)])
    dataset = make_dataset(profiles=[STENT], locations=locations, offers=offers)
    # Nobody is as far from one as from the other.
    travel = dataset.travel_hundredths + np.array([[0, 3, 7, 11]], np.int32)
    population = {year: people * inhabitants for year, people in dataset.population.items()}
    unknown = np.zeros_like(dataset.expected_volume)
    capacities = {place: amount * inhabitants for place, amount in dataset.capacities.items()}
    return dataclasses.replace(
        dataset,
        population=population,
        travel_hundredths=travel,
        expected_volume=unknown,
        capacities=capacities,
    )


def spread(**fields: Any) -> dict[str, Any]:
    to = {"locations": ["MIDDEN", "ZUID"]}
    return {"spread": {"profiles": ["stent"], "from": {"locations": ["NOORD"]}, "to": to, **fields}}


@pytest.mark.parametrize(
    ("providers", "action"),
    [
        ((True, True, False), spread(share=0.3, rule="choice")),
        ((True, True, True), spread(share=0.6, rule="choice")),
        ((True, False, False), spread(share=0.6, acute=0.1, rule="choice")),
        ((True, True, False), spread(share=0.6, acute=0, rule="nearest")),
        ((True, True, False), {"concentrate": {"profiles": ["stent"], "at": ["MIDDEN", "ZUID"]}}),
        ((True, True, False), {"open": {"location": "ZUID", "profiles": ["stent"]}}),
    ],
)
def test_expected_flows_are_those_of_simulated_choice(
    providers: tuple[bool, bool, bool], action: dict[str, Any]
) -> None:
    dataset = country(providers)
    document = Scenario.model_validate({"zorgstroom": 1, "name": "Proef", "actions": [action]})
    assert check_scenario(document, dataset, None).errors == []
    steps = take_steps(document, dataset, None)
    patients = sample_patients(dataset, Calendar(2025, 0, 52), 1, 0)
    patients = patients.take(patients.minute >= 0)
    before = choose(dataset, patients, np.arange(len(patients)), dataset.offers)
    after = apply_moves(dataset, patients, before, list(steps.steps[0].moves))
    assert len(patients) > 40_000
    assert (before != after).sum() > 1_000
    flows = steps.end.flows[0].sum(axis=1)
    for in_need in (0, 1):
        seen = np.bincount(after[patients.needs_ic == bool(in_need)], minlength=4)
        assert np.all(np.abs(seen - flows[in_need]) < 4 * np.sqrt(flows[in_need] + 1))


def capacity_at(dataset: Dataset, acute: dict[str, float]) -> tuple[int, int]:
    """Return first visits a working day (per mille) that leave NOORD, and elective patients a year that do."""
    action = spread(share=0.4, capacity_follows=1, **acute)
    document = Scenario.model_validate({"zorgstroom": 1, "name": "Proef", "actions": [action]})
    steps = take_steps(document, dataset, None)
    place = ("NOORD", "clinic:orthopaedics")
    moved = dataset.capacities[place] - steps.end.capacities[place]
    patients = sample_patients(dataset, Calendar(2025, 0, 52), 1, 0)
    patients = patients.take((patients.minute >= 0) & (patients.flow != ACUTE))
    before = choose(dataset, patients, np.arange(len(patients)), dataset.offers)
    after = apply_moves(dataset, patients, before, list(steps.steps[0].moves))
    return moved, int((before != after).sum())


@pytest.mark.parametrize("acute", [{}, {"acute": 0.0}, {"acute": 0.4}])
def test_capacity_follows_the_elective_patients_who_move(acute: dict[str, float]) -> None:
    """Who comes acutely has no first visit: when none of them moves, clinics move as much all the same."""
    dataset = country((True, True, True))
    moved, elective = capacity_at(dataset, acute)
    working_days = int(Calendar(2025, 0, 52).working_days().sum())
    assert elective > 1_000
    assert moved == pytest.approx(1000 * elective / working_days, rel=0.03)
