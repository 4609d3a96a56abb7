"""Rules about what leans on what: each fires where the plan brings it about, and nowhere else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom import cli
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import FIRES, Dependency, Fires
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.dependencies import Situation, expected_situations, knock_on
from zorgstroom.planning.plan import baseline_flows, plan_of_steps, take_steps
from zorgstroom.planning.sides import Side
from zorgstroom.text import LANGUAGES, catalogue

pytestmark = pytest.mark.unit

SMALL = make_dataset()
OESOPHAGUS, HIP, PNEUMONIA = 0, 1, 2
NOORD, MIDDEN, ZUID = 0, 1, 2


def rule(fires: Fires, threshold: float = 0, unit: str = "", *profiles: str) -> Dependency:
    return Dependency("rule", fires, unit, profiles, threshold, "", "assumed", "low", "S1", "")


def situation() -> Situation:
    """400 oesophagus (85% on IC), 520 hips and 1,000 pneumonias (5%) at every hospital, nothing at the clinic."""
    volumes = np.zeros((4, 5))
    volumes[:3, :3] = 400, 520, 1000
    return Situation(
        volumes,
        volumes > 0,
        np.array([True, True, True, False]),
        np.array([True, True, True, False]),
        beds(8, 8, 8, 0),
    )


def beds(
    *adult: int, picu: tuple[int, ...] = (0, 0, 0, 0)
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """IC beds by type, for adults and for children, at each location."""
    return {"adult": np.array(adult), "picu": np.array(picu), "nicu": np.zeros(4, np.int64)}


def without(location: int, *profiles: int) -> Situation:
    """The same when a location stops these profiles."""
    made = situation()
    made.volumes[location, list(profiles)] = 0
    return dataclasses.replace(made, offers=made.volumes > 0)


def fired(dependency: Dependency, after: Situation) -> list[tuple[str, float, float, str]]:
    dataset = dataclasses.replace(SMALL, dependencies=(dependency,))
    return [
        (item.location, round(item.today, 6), round(item.plan, 6), item.specialty)
        for item in knock_on(dataset, Side(situation(), after))
    ]


def test_an_ic_that_loses_what_fills_it() -> None:
    after = without(MIDDEN, OESOPHAGUS)
    # 0.85 x 400 + 0.05 x 1,000 admissions, of which the 50 of pneumonia stay.
    found = fired(rule("ic_share_lost", 0.5), after)
    assert found == [("MIDDEN", 390, 50, "")]
    assert fired(rule("ic_share_lost", 0.9), after) == []
    assert [name for name, *_ in fired(rule("ic_admissions_below", 60), after)] == ["MIDDEN"]
    assert fired(rule("ic_admissions_below", 40), after) == []
    # One that loses all but keeps its beds too; without beds there is no IC to fill.
    empty = without(MIDDEN, OESOPHAGUS, PNEUMONIA)
    assert [name for name, *_ in fired(rule("ic_share_lost", 0.5), empty)] == ["MIDDEN"]
    closed = dataclasses.replace(empty, ic_beds=beds(8, 0, 8, 0))
    assert fired(rule("ic_share_lost", 0.5), closed) == []


def test_an_ic_of_another_type_counts_its_own_patients() -> None:
    profiles = tuple(
        dataclasses.replace(profile, ic_type="picu") if number == OESOPHAGUS else profile
        for number, profile in enumerate(SMALL.profiles)
    )
    dependency = rule("ic_share_lost", 0.5, "picu")
    dataset = dataclasses.replace(SMALL, profiles=profiles, dependencies=(dependency,))
    today, plan = (
        dataclasses.replace(side, ic_beds=beds(8, 8, 8, 0, picu=(0, 6, 0, 0)))
        for side in (situation(), without(MIDDEN, OESOPHAGUS))
    )
    # 0.85 x 400 children; the adults of pneumonia are on another IC.
    [found] = knock_on(dataset, Side(today, plan))
    assert (found.location, round(found.today, 6), found.plan) == ("MIDDEN", 340, 0)


def test_a_unit_that_stays_open_without_an_ic() -> None:
    gone = dataclasses.replace(situation(), ic_beds=beds(0, 8, 8, 0))
    assert fired(rule("unit_without_ic", 0, "ed"), gone) == [("NOORD", 8, 0, "")]
    # Not where the unit closes too, nor where there never was one.
    closed = dataclasses.replace(gone, ed=np.array([False, True, True, False]))
    assert fired(rule("unit_without_ic", 0, "ed"), closed) == []


def test_units_and_the_care_behind_them() -> None:
    needs = rule("unit_without_profiles", 0, "ed", "pneumonia", "oesophagus")
    assert fired(needs, without(ZUID, PNEUMONIA)) == []
    assert fired(needs, without(ZUID, PNEUMONIA, OESOPHAGUS)) == [("ZUID", 1, 0, "")]
    feeds = rule("profiles_without_unit", 0, "obstetrics", "hip")
    closed = dataclasses.replace(situation(), obstetrics=np.array([True, False, True, False]))
    assert fired(feeds, closed) == [("MIDDEN", 1, 0, "")]
    assert fired(feeds, dataclasses.replace(closed, offers=without(MIDDEN, HIP).offers)) == []


def test_rotas_and_training() -> None:
    after = without(NOORD, OESOPHAGUS)
    # Surgery keeps nothing of its 400; a rota that has gone altogether is no small rota.
    assert fired(rule("operations_per_week_below", 5), after) == []
    assert fired(rule("specialty_share_lost", 0.2), after) == [("NOORD", 400, 0, "surgery")]
    fewer = situation()
    fewer.volumes[NOORD, HIP] = 104
    assert fired(rule("operations_per_week_below", 5), fewer) == [("NOORD", 10, 2, "orthopaedics")]
    assert fired(rule("profiles_share_lost", 0.25, "", "hip", "oesophagus"), fewer) == [
        ("NOORD", 920, 504, "")
    ]
    assert fired(rule("profiles_below", 800, "", "hip", "oesophagus"), fewer) == [("NOORD", 920, 504, "")]


@pytest.mark.parametrize("fires", FIRES)
def test_nothing_fires_without_a_change_nor_at_a_location_that_stops_altogether(fires: Fires) -> None:
    unit = "ed" if "unit" in fires else ""
    dependency = rule(fires, 0.1, unit, "hip", "oesophagus", "pneumonia")
    assert fired(dependency, situation()) == []
    stopped = without(ZUID, OESOPHAGUS, HIP, PNEUMONIA)
    assert fired(dependency, dataclasses.replace(stopped, ic_beds=beds(8, 8, 0, 0))) == []


def test_every_shipped_rule_has_its_words_and_its_source() -> None:
    dataset = load_dataset()
    known = {source.id for source in dataset.sources}
    for item in dataset.dependencies:
        assert item.source
        assert set(item.source.split(";")) <= known
        for language in LANGUAGES:
            assert {f"knock_on.{item.id}", f"knock_on.{item.id}.name"} <= set(catalogue(language))


def test_expected_volumes_under_a_plan_keep_everybody_and_a_closed_unit_is_closed() -> None:
    scenario = Scenario.model_validate(
        {
            "zorgstroom": 1,
            "name": "x",
            "actions": [
                {"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"]}},
                {"close": {"location": "ZUID", "units": ["ed"]}},
            ],
        }
    )
    today, plan = expected(scenario)
    assert plan.volumes.sum() == pytest.approx(today.volumes.sum(), rel=1e-3)
    assert today.volumes[MIDDEN, OESOPHAGUS] > 1
    assert plan.volumes[MIDDEN, OESOPHAGUS] == pytest.approx(0, abs=1e-6)
    assert today.ed.tolist() == [True, True, True, False]
    assert not plan.ed[ZUID]


def expected(scenario: Scenario) -> Side[Situation]:
    steps = take_steps(scenario, SMALL, None)
    plan, baseline = plan_of_steps(steps, SMALL), baseline_flows(scenario, SMALL)
    return expected_situations(SMALL, plan, steps, baseline)


def test_today_is_told_at_the_demand_of_the_plan() -> None:
    """Of half again as much care a fifth leaves: that is a fifth, not three tenths."""
    factor = {"profiles": ["hip"], "factor": 1.5}
    move = {
        "spread": {
            "profiles": ["hip"],
            "from": {"locations": ["NOORD"]},
            "to": {"locations": ["ZUID"]},
            "share": 0.2,
        }
    }
    plain = {"zorgstroom": 1, "name": "x", "actions": [move]}
    grown = plain | {"horizon": {"demand_factors": [factor]}}
    sides = [expected(Scenario.model_validate(document)) for document in (plain, grown)]
    one, more = (side.today.volumes[NOORD, HIP] for side in sides)
    assert more == pytest.approx(1.5 * one)
    for side in sides:
        lost = 1 - side.plan.volumes[NOORD, HIP] / side.today.volumes[NOORD, HIP]
        assert lost == pytest.approx(0.2, abs=0.01)


def test_validate_asks_what_leans_on_an_emergency_department_that_closes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = "examples/scenarios/11-sluiting-seh-verloskunde.yaml"
    assert cli.run(["validate", path, "--lang", "nl"]) == 0
    said = capsys.readouterr()
    # Questions are no warnings.
    assert "IC" not in said.err
    remarks = said.out
    assert "Bij SKB Winterswijk: een groot deel van de patiënten van deze IC gaat weg." in remarks
    assert "volgens vuistregels" in remarks
