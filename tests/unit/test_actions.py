"""What each kind of action does, with expected numbers worked out by hand on the small country.

NOORD (umc; region Noord) - 30 min - MIDDEN (topklinisch), POLI - 30 min - ZUID (algemeen; region Zuid). With
`NEAREST` everybody goes to the nearest hospital, so that a location's patients all live in its own area.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.patients import sample_patients
from tests.support.small_dataset import make_dataset, make_locations, make_profiles

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.check import CheckResult, check_scenario
from zorgstroom.planning.moving_capacity import with_moving_capacity
from zorgstroom.planning.plan import Plan, Steps, compile_plan, take_steps
from zorgstroom.planning.rounding import largest_remainder
from zorgstroom.text import LANGUAGES, catalogue
from zorgstroom_simulator.choice import apply_moves, choose

pytestmark = pytest.mark.unit

SMALL = make_dataset()
ZUID = Region("roaz", "Zuid")
NAMES = [location.id for location in SMALL.locations]


def country(volumes: Mapping[str, float] | None = None, **arguments: Any) -> Dataset:
    """Return the small country where everybody goes to the nearest provider of oesophagus, at all hospitals.

    `volumes`: oesophagus patients a year per location.
    """
    offers = SMALL.offers.copy()
    offers[:3, SMALL.profile_index["oesophagus"]] = True
    beta = {"beta_complex": 10.0, "beta_basic": 10.0, "beta_acute": 10.0}
    dataset = make_dataset(offers=offers, parameters=beta, **arguments)
    if volumes is None:
        return dataset
    expected = dataset.expected_volume.copy()
    column = dataset.profile_index["oesophagus"]
    expected[:, column] = [round(volumes.get(name, 0) * 1000) for name in NAMES]
    return dataclasses.replace(dataset, expected_volume=expected)


def scenario(*actions: dict[str, Any], **fields: Any) -> Scenario:
    return Scenario.model_validate({"zorgstroom": 1, "name": "Proef", "actions": list(actions), **fields})


def steps_of(*actions: dict[str, Any], dataset: Dataset = SMALL, **fields: Any) -> Steps:
    document = scenario(*actions, **fields)
    assert check_scenario(document, dataset, None).errors == []
    return take_steps(document, dataset, None)


def plan_of(*actions: dict[str, Any], dataset: Dataset = SMALL, **fields: Any) -> Plan:
    document = scenario(*actions, **fields)
    assert check_scenario(document, dataset, None).errors == []
    return compile_plan(document, dataset, None)


def check(
    *actions: dict[str, Any], dataset: Dataset = SMALL, run_region: Region | None = None, **fields: Any
) -> CheckResult:
    """Return what is found, after making sure that every text exists and can be filled in."""
    result = check_scenario(scenario(*actions, **fields), dataset, run_region)
    for problem in [*result.errors, *result.warnings]:
        for language in LANGUAGES:
            assert problem.key in catalogue(language)
            assert "{" not in problem.message(language)
    return result


def found(result: CheckResult) -> list[tuple[str, str]]:
    return [(problem.where.removeprefix("/actions/"), problem.key) for problem in result.errors]


def warned(result: CheckResult) -> list[tuple[str, str]]:
    return [(problem.where.removeprefix("/actions/"), problem.key) for problem in result.warnings]


def ids(mask: Any) -> list[str]:
    return [NAMES[row] for row in np.flatnonzero(mask)]


def concentrate(**fields: Any) -> dict[str, Any]:
    return {"concentrate": {"profiles": ["oesophagus"], "rule": "nearest", **fields}}


def volumes(steps: Steps, dataset: Dataset, profile: str = "oesophagus") -> dict[str, float]:
    """Return the expected patients a year per location at the end."""
    column = dataset.profile_index[profile]
    return dict(zip(NAMES, steps.end.flows[column].sum(axis=(0, 1)).tolist(), strict=True))


# The national method, step by step (SiRM, impact analysis of tranche 1)


def test_tranche_one_on_a_worked_example() -> None:
    """Step 1: the patients of who stops go to the nearest that stays. Step 2: who is short gets from the nearest.

    Of 1,000 inhabitants of 25-44, 45-64, 65-74 and 75+ there are 0.05, 0.4, 0.9 and 0.5 patients a year:
    NOORD 25 x 0.05 + 28 x 0.4 + 12 x 0.9 + 8 x 0.5 = 27.25, MIDDEN 32.9, ZUID 15.45. The norm is 30.
    """
    dataset = country(norm=30)
    steps = steps_of(concentrate(at=["NOORD", "MIDDEN"], top_up=True), dataset=dataset)
    first, second = steps.steps[0].moves
    # Step 1: ZUID stops; MIDDEN is nearer than NOORD (30 minutes against 60) and gets 15.45: 48.35.
    assert (ids(first.leaving), first.rule, first.share_permille) == (["ZUID"], "nearest", 1000)
    # Step 2: NOORD has 27.25 and is 2.75 short; MIDDEN has 18.35 more than the norm and gives 2.75 of 48.35:
    # 56.88 per mille, rounded up.
    assert (ids(second.leaving), ids(second.receivers), second.rule) == (["MIDDEN"], ["NOORD"], "directed")
    assert second.share_permille == 57
    assert second.shares_permille is not None
    assert second.shares_permille.tolist() == [1000, 0, 0, 0]
    moved = 48.35 * 0.057
    # The stored volumes are whole thousandths of a patient.
    assert volumes(steps, dataset) == pytest.approx(
        {"NOORD": 27.25 + moved, "MIDDEN": 48.35 - moved, "ZUID": 0, "POLI": 0}, abs=0.01
    )


def test_top_up_takes_from_the_next_nearest_when_the_nearest_has_too_little() -> None:
    """ZUID is 10 short of 20. MIDDEN, 30 minutes away, has 2 to spare: 90 per mille of 22. NOORD gives the rest."""
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 10})
    steps = steps_of(concentrate(profiles=["oesophagus", "hip"], at=["NOORD", "MIDDEN", "ZUID"], top_up=True),
                     dataset=country_with_norm_for_hip(dataset))  # fmt: skip
    moves = [move for move in steps.steps[0].moves if move.profile == dataset.profile_index["oesophagus"]]
    given = 22 * 0.090
    rest = 10 - given
    assert [(ids(move.leaving), ids(move.receivers)) for move in moves] == [
        (["MIDDEN"], ["ZUID"]),
        (["NOORD"], ["ZUID"]),
    ]
    assert [move.share_permille for move in moves] == [90, int(rest / 50 * 1000) + 1]
    after = volumes(steps, dataset)
    assert after["MIDDEN"] >= 20
    assert after["ZUID"] == pytest.approx(20, abs=0.06)
    assert after["ZUID"] >= 20


def country_with_norm_for_hip(dataset: Dataset) -> Dataset:
    """Return the country with a norm for hip that everybody meets, so that only oesophagus is topped up."""
    norm = dataclasses.replace(dataset.norms[0], id="hip", profile_id="hip", minimum=1)
    return dataclasses.replace(dataset, norms=(*dataset.norms, norm))


def test_top_up_helps_the_smallest_shortfall_first_and_stops_when_nobody_has_a_surplus() -> None:
    """NOORD has 4 to spare: MIDDEN, 2 short, gets them before ZUID, 5 short, which gets what is left."""
    dataset = country({"NOORD": 24, "MIDDEN": 18, "ZUID": 15})
    action = concentrate(at=["NOORD", "MIDDEN", "ZUID"], top_up=True)
    steps = steps_of(action, dataset=dataset)
    assert [ids(move.receivers) for move in steps.steps[0].moves] == [["MIDDEN"], ["ZUID"]]
    after = volumes(steps, dataset)
    assert after["NOORD"] == pytest.approx(20, abs=0.03)
    assert after["NOORD"] >= 20
    assert after["MIDDEN"] >= 20
    assert sum(after.values()) == pytest.approx(57)
    [problem] = [
        item for item in check(action, dataset=dataset).warnings if item.key == "scenario.still_below"
    ]
    assert (problem.params["locations"], problem.params["minimum"]) == ("ZUID", 20)


# Concentrating to a number


def test_the_smallest_below_the_minimum_stops_until_nobody_is_below_it() -> None:
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 10})
    steps = steps_of(concentrate(to_minimum=20), dataset=dataset)
    [move] = steps.steps[0].moves
    assert ids(move.leaving) == ["ZUID"]
    [kept] = steps.steps[0].kept
    assert [NAMES[row] for row in kept.locations] == ["NOORD", "MIDDEN"]
    # The patients of ZUID live nearest to MIDDEN.
    assert kept.patients_per_year == pytest.approx((50, 32))
    assert volumes(steps, dataset) == pytest.approx({"NOORD": 50, "MIDDEN": 32, "ZUID": 0, "POLI": 0})


def test_what_the_smallest_leaves_may_not_be_enough_for_the_next() -> None:
    """ZUID stops, MIDDEN then has 32, which is below 40: it stops too, and NOORD gets everybody."""
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 10})
    action = concentrate(to_minimum=40)
    steps = steps_of(action, dataset=dataset)
    assert ids(steps.steps[0].moves[0].leaving) == ["MIDDEN", "ZUID"]
    assert volumes(steps, dataset)["NOORD"] == pytest.approx(82)
    assert ("0/concentrate", "scenario.one_left") in warned(check(action, dataset=dataset))


def test_the_last_one_stays_also_below_the_minimum() -> None:
    dataset = country({"NOORD": 20, "MIDDEN": 20, "ZUID": 10})
    action = concentrate(to_minimum=100)
    steps = steps_of(action, dataset=dataset)
    # ZUID first (smallest); MIDDEN then has 30; NOORD, with 20, goes before it.
    assert ids(steps.steps[0].after.offers[:, 0]) == ["MIDDEN"]
    keys = [key for _, key in warned(check(action, dataset=dataset))]
    assert keys == ["scenario.still_below", "scenario.one_left"]


def test_of_equal_ones_the_first_by_id_stops() -> None:
    dataset = country({"NOORD": 20, "MIDDEN": 20, "ZUID": 50})
    steps = steps_of(concentrate(to_count=2), dataset=dataset)
    assert ids(steps.steps[0].moves[0].leaving) == ["MIDDEN"]


def test_to_the_norm_in_force() -> None:
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 10}, norm=25)
    steps = steps_of(concentrate(to_minimum="norm"), dataset=dataset)
    # ZUID stops, MIDDEN gets its patients and meets the norm with 32.
    assert ids(steps.steps[0].moves[0].leaving) == ["ZUID"]
    assert found(check(concentrate(profiles=["hip"], to_minimum="norm"))) == [
        ("0/concentrate/profiles/0", "scenario.no_norm")
    ]
    assert found(check(concentrate(profiles=["hip"], at=["NOORD"], top_up=True))) == [
        ("0/concentrate/profiles/0", "scenario.no_norm")
    ]


def test_to_a_count_within_a_region_leaves_others_alone() -> None:
    dataset = country({"NOORD": 5, "MIDDEN": 22, "ZUID": 10})
    steps = steps_of(concentrate(to_count=1, within={"roaz": "Zuid"}), dataset=dataset)
    assert ids(steps.steps[0].after.offers[:, 0]) == ["NOORD", "MIDDEN"]


def test_nobody_is_below_the_minimum() -> None:
    assert found(check(concentrate(to_minimum=1), dataset=country())) == [
        ("0/concentrate", "scenario.changes_nothing.concentrate_number")
    ]


def test_the_last_location_with_the_ic_that_is_needed_stays() -> None:
    locations = tuple(
        dataclasses.replace(site, ic_types=frozenset({"adult"}) if site.id == "ZUID" else frozenset())
        for site in make_locations()
    )
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 10}, locations=locations)
    steps = steps_of(concentrate(to_count=1), dataset=dataset)
    assert ids(steps.steps[0].after.offers[:, 0]) == ["ZUID"]


def test_an_action_works_on_what_earlier_ones_left() -> None:
    """MIDDEN is the smallest today, but not after ZUID's patients have come to it."""
    dataset = country({"NOORD": 25, "MIDDEN": 22, "ZUID": 10})
    close = {"close": {"location": "ZUID", "profiles": ["oesophagus"], "rule": "nearest"}}
    alone = steps_of(concentrate(to_count=1, within={"roaz": "Zuid"}), dataset=dataset)
    assert ids(alone.steps[0].moves[0].leaving) == ["ZUID"]
    both = steps_of(close, concentrate(to_count=1), dataset=dataset)
    assert ids(both.steps[1].moves[0].leaving) == ["NOORD"]


def test_patients_whom_two_actions_move_count_for_both_and_exist_once() -> None:
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 10})
    away = [{"close": {"location": name, "profiles": ["oesophagus"]}} for name in ("ZUID", "MIDDEN")]
    steps = steps_of(*away, dataset=dataset)
    taken = [step.transfers[0].leaving.sum() for step in steps.steps]
    # Everybody in Zuid prefers MIDDEN at 30 minutes to NOORD at 60, so all 10 leave twice.
    assert taken == pytest.approx([10, 22 + 10], rel=0.01)
    assert volumes(steps, dataset)["NOORD"] == pytest.approx(82)


def test_demand_factors_and_years_decide_which_location_is_the_smallest() -> None:
    dataset = country()
    older = {"demand_factors": [{"factor": 2, "within": {"roaz": "Noord"}}]}
    plain = steps_of(concentrate(to_count=2), dataset=dataset)
    more = steps_of(concentrate(to_count=2), dataset=dataset, horizon=older)
    assert more.steps[0].kept[0].patients_per_year[0] == pytest.approx(
        2 * plain.steps[0].kept[0].patients_per_year[0], rel=1e-3
    )


# Spreading


def spread(**fields: Any) -> dict[str, Any]:
    base = {"profiles": ["hip"], "from": {"types": ["umc", "topklinisch"]}, "to": {"types": ["algemeen"]}}
    return {"spread": {**base, **fields}}


def test_share_by_type_of_the_sender() -> None:
    plan = plan_of(spread(share={"by_type": {"umc": 0.4, "topklinisch": 0.1}}))
    assert [(ids(move.leaving), move.share_permille) for move in plan.moves] == [
        (["NOORD"], 400),
        (["MIDDEN"], 100),
    ]


def test_share_by_profile_and_part_of_the_acute_patients() -> None:
    share = {"by_profile": {"hip": 0.2, "pneumonia": 0.5}}
    plan = plan_of(spread(profiles=["hip", "pneumonia"], share=share, acute=0))
    assert [(move.share_permille, move.acute_permille) for move in plan.moves] == [(200, 0), (500, 0)]
    assert plan_of(spread(share=0.2)).moves[0].acute_permille is None


def test_expected_leaving_follows_the_part_of_acute_patients() -> None:
    """Pneumonia is all acute: when no acute patient moves, nobody does."""
    steps = steps_of(spread(profiles=["pneumonia"], share=0.5, acute=0))
    assert steps.steps[0].transfers[0].leaving.sum() == 0


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ({"by_type": {"umc": 0.4}}, [("share/by_type", "type_without_share")]),
        ({"by_type": {"umc": 0.4, "topklinisch": 0.1, "algemeen": 0.1}},
         [("share/by_type/algemeen", "share_without_type")]),
        ({"by_profile": {"knee": 0.1, "hip": 0.1}}, [("share/by_profile/knee", "share_without_profile")]),
        ({"by_profile": {"oesophagus": 0.1}},
         [("share/by_profile/oesophagus", "share_without_profile"),
          ("share/by_profile", "profile_without_share")]),
        ({"by_type": {"umc": 0.0001, "topklinisch": 0.1}}, [("share/by_type/umc", "share_too_small")]),
        (0.0001, [("share", "share_too_small")]),
    ],
)  # fmt: skip
def test_shares_that_do_not_fit_the_action(share: Any, expected: list[tuple[str, str]]) -> None:
    assert found(check(spread(share=share))) == [
        (f"0/spread/{place}", f"scenario.{key}") for place, key in expected
    ]


# Closing and opening


def test_closing_units_stops_the_care_that_needs_them() -> None:
    plan = plan_of({"close": {"location": "ZUID", "units": ["ed", "obstetrics"]}})
    assert [SMALL.profiles[move.profile].id for move in plan.moves] == ["pneumonia"]
    assert [(NAMES[change.location], change.unit, change.opens) for change in plan.units] == [
        ("ZUID", "ed", False),
        ("ZUID", "obstetrics", False),
    ]
    row, hip = SMALL.location_index["ZUID"], SMALL.profile_index["hip"]
    assert plan.offers[-1][1][row, hip]


def test_closing_everything_closes_its_units_too() -> None:
    plan = plan_of({"close": {"location": "ZUID"}})
    assert {change.unit for change in plan.units} == {"ed", "obstetrics"}
    assert plan_of({"close": {"location": "ZUID", "profiles": ["hip"]}}).units == ()


def without_ed(location: str) -> Dataset:
    locations = tuple(
        dataclasses.replace(site, ed="geen") if site.id == location else site for site in make_locations()
    )
    offers = SMALL.offers.copy()
    offers[SMALL.location_index[location], SMALL.profile_index["pneumonia"]] = False
    return make_dataset(locations=locations, offers=offers)


def test_opening_takes_those_who_prefer_it() -> None:
    dataset = without_ed("ZUID")
    action = {"open": {"location": "ZUID", "units": ["ed"], "profiles": ["pneumonia"]}}
    plan = plan_of(action, dataset=dataset)
    [move] = plan.moves
    assert (ids(move.leaving), ids(move.receivers)) == (["NOORD", "MIDDEN"], ["ZUID"])
    assert (move.rule, move.only_if_better, move.share_permille) == ("choice", True, 1000)
    assert [(NAMES[change.location], change.unit, change.opens) for change in plan.units] == [
        ("ZUID", "ed", True)
    ]


def test_opening_again_brings_back_as_many_as_closing_took() -> None:
    closing = {"close": {"location": "ZUID", "profiles": ["hip"]}}
    opening = {"open": {"location": "ZUID", "profiles": ["hip"], "start": "2025-07-01"}}
    steps = take_steps(scenario(closing, opening), SMALL, None)
    before = SMALL.expected_volume[:, SMALL.profile_index["hip"]] / 1000
    assert list(volumes(steps, SMALL, "hip").values()) == pytest.approx(before.tolist())


def test_units_of_the_same_or_an_earlier_action_count() -> None:
    dataset = without_ed("ZUID")
    care = {"open": {"location": "ZUID", "profiles": ["pneumonia"]}}
    unit = {"open": {"location": "ZUID", "units": ["ed"]}}
    assert found(check(care, dataset=dataset)) == [("0/open/profiles/0", "scenario.cannot_provide.ed")]
    assert found(check(unit, care, dataset=dataset)) == []
    moved = {"concentrate": {"profiles": ["pneumonia"], "at": ["ZUID", "MIDDEN"]}}
    assert ("0/concentrate/at/0", "scenario.cannot_provide.ed") in found(check(moved, dataset=dataset))
    assert found(check(unit, moved, dataset=dataset)) == []


def test_care_that_needs_a_closed_unit_cannot_start_there() -> None:
    closed = {"close": {"location": "ZUID", "units": ["ed"]}}
    care = {"open": {"location": "ZUID", "profiles": ["pneumonia"], "start": "2025-07-01"}}
    assert found(check(closed, care)) == [("1/open/profiles/0", "scenario.cannot_provide.ed")]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"close": {"location": "POLI", "units": ["ed"]}}, [("close/units/0", "unit_not_there.ed")]),
        ({"open": {"location": "POLI", "units": ["ed"]}}, [("open/units/0", "cannot_open_unit.ed")]),
        ({"open": {"location": "ZUID", "units": ["obstetrics"]}},
         [("open/units/0", "unit_already_there.obstetrics")]),
        ({"open": {"location": "ZUID", "profiles": ["hip"]}}, [("open", "changes_nothing.open")]),
        ({"open": {"location": "POLI", "profiles": ["hip"]}},
         [("open/profiles/0", "cannot_provide.clinic")]),
        ({"close": {"location": "ZUID", "units": ["ed", "ed"]}}, [("close/units/1", "named_twice")]),
    ],
)  # fmt: skip
def test_units_that_cannot_open_or_close(action: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(check(action)) == [(f"0/{place}", f"scenario.{key}") for place, key in expected]


def test_a_unit_without_the_care_that_uses_it() -> None:
    unit = {"open": {"location": "ZUID", "units": ["ed"]}}
    assert warned(check(unit, dataset=without_ed("ZUID"))) == [
        ("0/open/units/0", "scenario.unit_without_care.ed")
    ]


def test_opening_and_closing_the_same_thing() -> None:
    away = {"close": {"location": "ZUID", "profiles": ["oesophagus", "hip"]}}
    back = {"open": {"location": "ZUID", "profiles": ["oesophagus"]}}
    assert found(check(away, back)) == [("1/open", "scenario.closed_and_receiving")]
    later = {"open": {**back["open"], "start": "2025-07-01"}}
    assert ("1/open", "scenario.closed_and_receiving") in warned(check(away, later))


# Capacity that moves along


def capacities(plan: Plan, dataset: Dataset) -> dict[tuple[str, str], int]:
    """Return how much more or less each pool has at the end."""
    end = dict(dataset.capacities)
    for change in plan.capacities:
        end[NAMES[change.location], change.pool] = change.capacity
    return {
        place: size - dataset.capacities.get(place, 0)
        for place, size in end.items()
        if size != dataset.capacities.get(place, 0)
    }


def test_capacity_that_goes_along_by_hand() -> None:
    """All oesophagus patients of ZUID (26 a year) go to MIDDEN; the year has 250 working days and 364 days.

    Operations: 1 of 360 minutes + 15 change-over each; clinics: 99% are planned; the means of the shipped tables.
    """
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 26})
    action = concentrate(at=["NOORD", "MIDDEN"], capacity_follows=1)
    more = capacities(plan_of(action, dataset=dataset), dataset)
    days = int(Calendar(2025, 0, 52).working_days().sum())
    # Whole minutes, at least one, move the mean of the table by less than half a minute.
    assert more["ZUID", "or"] == pytest.approx(-26 * (360 + 15) / days * 1000, abs=26 * 0.5 / days * 1000)
    assert more["MIDDEN", "or"] == -more["ZUID", "or"]
    assert more["ZUID", "clinic:surgery"] == pytest.approx(-26 * 0.99 / days * 1000, abs=1)
    assert more["MIDDEN", "ward:surgical"] == -more["ZUID", "ward:surgical"] > 0
    assert {name for name, _ in more} == {"ZUID", "MIDDEN"}


@pytest.mark.parametrize("follows", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("staying", [0.0, 0.3, 1.0])
def test_what_arrives_is_what_leaves_without_the_staff_that_does_not_move(
    follows: float, staying: float
) -> None:
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 60})
    full = capacities(plan_of(concentrate(to_count=2, capacity_follows=1), dataset=dataset), dataset)
    action = concentrate(to_count=2, capacity_follows=follows, staff_not_moving=staying)
    more = capacities(plan_of(action, dataset=dataset), dataset)
    lost = {pool: -size for (name, pool), size in more.items() if size < 0}
    gained = {pool: size for (_, pool), size in more.items() if size > 0}
    assert lost
    for pool, amount in lost.items():
        everything = -min(size for (_, other), size in full.items() if other == pool)
        assert amount == pytest.approx(everything * follows, abs=1)
        assert gained.get(pool, 0) == pytest.approx(amount * (1 - staying), abs=0.5)


def test_capacity_moves_whole_months_after_the_action() -> None:
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 60})
    action = concentrate(to_count=2, capacity_follows=1, after_months=2, start="2025-01-31")
    plan = plan_of(action, dataset=dataset)
    # Day 0 is 18 November 2024; 31 January plus two months is 31 March.
    assert plan.moves[0].start_day == 74
    assert {change.start_day for change in plan.capacities} == {133}
    short = concentrate(to_count=2, capacity_follows=1, after_months=1, start="2025-01-31")
    # There is no 31 February.
    assert {change.start_day for change in plan_of(short, dataset=dataset).capacities} == {102}


def test_capacity_that_moves_later_meets_what_changed_meanwhile() -> None:
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 60})
    moving = concentrate(to_count=2, capacity_follows=1, after_months=3)
    alone = capacities(plan_of(moving, dataset=dataset), dataset)
    give = {"capacity": {"location": "MIDDEN", "pool": "or", "add": -5, "start": "2025-01-01"}}
    plan = plan_of(moving, give, dataset=dataset)
    assert [change.start_day for change in plan.capacities] == sorted(
        change.start_day for change in plan.capacities
    )
    both = capacities(plan, dataset)
    assert both["MIDDEN", "or"] == alone["MIDDEN", "or"] - 5000


def test_nobody_gives_more_capacity_than_there_is() -> None:
    dataset = country({"NOORD": 50, "MIDDEN": 60, "ZUID": 22})
    little = {**dataset.capacities, ("ZUID", "or"): 1000, ("ZUID", "ward:surgical"): 1}
    dataset = dataclasses.replace(dataset, capacities=little)
    more = capacities(plan_of(concentrate(to_count=2, capacity_follows=1), dataset=dataset), dataset)
    assert (more["ZUID", "or"], more["MIDDEN", "or"]) == (-1000, 1000)
    assert (more["ZUID", "ward:surgical"], more["MIDDEN", "ward:surgical"]) == (-1, 1)


def test_what_the_sender_lost_in_the_meantime_arrives_nowhere() -> None:
    """The operating rooms of ZUID close two months before theirs would have moved to MIDDEN; beds move all the same."""
    dataset = country({"NOORD": 50, "MIDDEN": 60, "ZUID": 22})
    moving = concentrate(to_count=2, capacity_follows=1, after_months=4)
    closing = {"capacity": {"location": "ZUID", "pool": "or", "set": 0, "start": "2025-02-03"}}
    alone, both = (
        capacities(plan_of(*actions, dataset=dataset), dataset) for actions in ([moving], [moving, closing])
    )
    assert alone["MIDDEN", "or"] > 0
    assert ("MIDDEN", "or") not in both
    assert both["ZUID", "or"] == -dataset.capacities["ZUID", "or"]
    beds = [place for place in alone if place[1].startswith("ward:")]
    assert beds
    assert [both[place] for place in beds] == [alone[place] for place in beds]


def test_a_pool_that_the_receiver_did_not_have_is_created() -> None:
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 60})
    without = {place: size for place, size in dataset.capacities.items() if place != ("MIDDEN", "or")}
    dataset = dataclasses.replace(dataset, capacities=without)
    action = {
        "close": {"location": "ZUID", "profiles": ["oesophagus"], "rule": "nearest", "capacity_follows": 1}
    }
    plan = plan_of(action, dataset=dataset)
    [made] = [c for c in plan.capacities if (NAMES[c.location], c.pool) == ("MIDDEN", "or")]
    assert made.capacity > 0


def test_warnings_on_capacity_that_does_not_move() -> None:
    dataset = country({"NOORD": 50, "MIDDEN": 22, "ZUID": 60})
    late = concentrate(to_count=2, capacity_follows=1, after_months=24)
    assert warned(check(late, dataset=dataset)) == [
        ("0/concentrate/after_months", "scenario.capacity_too_late")
    ]
    sessions = {"close": {"location": "ZUID", "profiles": ["dialysis"], "capacity_follows": 1}}
    assert warned(check(sessions)) == [("0/close/capacity_follows", "scenario.capacity_nothing_moves")]


def test_without_moving_patients_no_capacity_moves() -> None:
    dataset = country()
    steps = steps_of(concentrate(to_count=2), dataset=dataset)
    step = dataclasses.replace(steps.steps[0], moves=(), transfers=())
    action = scenario(concentrate(to_count=2, capacity_follows=1)).actions[0].concentrate
    assert action is not None
    setting: Any = None
    assert with_moving_capacity(action, step, setting) is step


# Workforce


def test_fewer_nurses_take_beds_and_day_places() -> None:
    beds = {(name, f"ward:{group}"): 10 for name in NAMES[:3] for group in ("surgical", "medical")}
    others = {(name, "day"): 4000 for name in NAMES[:3]} | {("NOORD", "or"): 7000}
    dataset = dataclasses.replace(SMALL, capacities=beds | others)
    action = {"workforce": {"profession": "ward_nurse", "percent": -5}}
    more = capacities(plan_of(action, dataset=dataset), dataset)
    # 60 beds less 3: 20 per location less 1; of two equal wards the first by name keeps its beds.
    assert more == {(name, "ward:surgical"): -1 for name in NAMES[:3]} | {
        (name, "day"): -200 for name in NAMES[:3]
    }


def test_the_total_of_small_units_is_right() -> None:
    """Three ICs of 6 beds: each alone would round 5.7 up to 6 and lose nothing."""
    dataset = dataclasses.replace(SMALL, capacities={(name, "ic:adult"): 6 for name in NAMES[:3]})
    more = capacities(
        plan_of({"workforce": {"profession": "ic_nurse", "percent": -5}}, dataset=dataset), dataset
    )
    assert list(more.values()) == [-1]


def test_a_profession_at_some_locations() -> None:
    staff = {"profession": "or_staff", "percent": 10}
    by_type = capacities(plan_of({"workforce": {**staff, "types": ["algemeen"]}}), SMALL)
    assert set(by_type) == {("ZUID", "or")}
    assert by_type["ZUID", "or"] == round(SMALL.capacities["ZUID", "or"] * 0.1)
    by_id = capacities(plan_of({"workforce": {**staff, "locations": ["ZUID"]}}), SMALL)
    assert by_id == by_type
    region = capacities(plan_of({"workforce": {**staff, "within": {"roaz": "Zuid"}}}), SMALL)
    assert {name for name, _ in region} == {"MIDDEN", "ZUID"}
    clinics = capacities(plan_of({"workforce": {"profession": "clinic_staff", "percent": -10}}), SMALL)
    assert {pool.split(":")[0] for _, pool in clinics} == {"clinic"}


def test_a_workforce_without_pools_changes_nothing() -> None:
    action = {"workforce": {"profession": "ic_nurse", "percent": -5, "locations": ["POLI"]}}
    assert found(check(action)) == [("0/workforce", "scenario.changes_nothing.workforce")]


# Demand and shared care


@pytest.mark.parametrize(("kind", "sign"), [("prevent", -1), ("replace", -1), ("grow", 1)])
def test_demand_of_some_ages_and_inhabitants(kind: str, sign: int) -> None:
    fields = {"profiles": ["hip"], kind: 0.2, "ages": ["75plus"], "within": {"roaz": "Zuid"}}
    steps = steps_of({"demand": fields})
    [change] = steps.steps[0].demand
    assert (change.kind, change.permille, SMALL.profiles[change.profile].id) == (kind, 200, "hip")
    assert change.areas.tolist() == [False, True, True]
    assert np.flatnonzero(change.ages).tolist() == [5]
    # Of the 12,000 + 6,000 inhabitants of 75 or older 12 in 1,000 come each year.
    assert steps.steps[0].demand_per_year == pytest.approx((sign * 0.2 * 18_000 * 12 / 1000,), rel=1e-3)


def test_the_scenario_s_region_is_that_of_a_demand_action() -> None:
    plan = plan_of({"demand": {"profiles": ["hip"], "grow": 0.1}}, region={"roaz": "Noord"})
    assert plan.demand[0].areas.tolist() == [True, False, False]


def test_less_demand_makes_a_location_the_smallest() -> None:
    dataset = country({"NOORD": 25, "MIDDEN": 30, "ZUID": 26})
    less = {"demand": {"profiles": ["oesophagus"], "prevent": 0.5, "within": {"roaz": "Zuid"}}}
    steps = steps_of(less, concentrate(to_count=2), dataset=dataset)
    assert ids(steps.steps[1].moves[0].leaving) == ["ZUID"]


def test_demand_of_nobody_and_both_ways() -> None:
    nobody = {"demand": {"profiles": ["hip"], "grow": 0.1, "ages": ["0_14"]}}
    assert found(check(nobody)) == [("0/demand", "scenario.changes_nothing.demand")]
    less = {"demand": {"profiles": ["hip"], "prevent": 0.1}}
    more = {"demand": {"profiles": ["hip"], "grow": 0.1, "ages": ["75plus"]}}
    assert warned(check(less, more)) == [("1/demand", "scenario.demand_both_ways")]
    assert warned(check({"demand": {**less["demand"], "ages": ["45_64"]}}, more)) == []
    replaced = {"demand": {"profiles": ["hip"], "replace": 0.1}}
    assert warned(check(less, replaced)) == []
    assert found(check({"demand": {"profiles": ["hip"], "grow": 0.0001}})) == [
        ("0/demand/grow", "scenario.share_too_small")
    ]


def with_contacts() -> Dataset:
    profiles = tuple(
        dataclasses.replace(profile, precare_contacts=2.0, aftercare_contacts=0.0)
        if profile.id == "oesophagus"
        else profile
        for profile in make_profiles()
    )
    return make_dataset(profiles=profiles)


def test_shared_care_of_contacts_that_there_are() -> None:
    dataset = with_contacts()
    [change] = plan_of({"shared_care": {"profiles": ["oesophagus"]}}, dataset=dataset).shared_care
    assert (change.before, change.after) == (True, False)
    assert ids(change.locations) == ["NOORD", "MIDDEN"]
    named = {"shared_care": {"profiles": ["oesophagus"], "locations": ["NOORD"]}}
    assert ids(plan_of(named, dataset=dataset).shared_care[0].locations) == ["NOORD"]
    after = {"shared_care": {"profiles": ["oesophagus"], "contacts": ["after"]}}
    assert found(check(after, dataset=dataset)) == [("0/shared_care", "scenario.changes_nothing.shared_care")]
    both = {"shared_care": {"profiles": ["oesophagus", "hip"]}}
    assert warned(check(both, dataset=dataset)) == [
        ("0/shared_care/profiles/1", "scenario.profile_unchanged")
    ]


# Names of the newer actions, and the region of the run


@pytest.mark.parametrize(
    ("action", "pointer", "key"),
    [
        ({"open": {"location": "ZUIT", "profiles": ["hip"]}}, "open/location", "unknown_location_near"),
        ({"demand": {"profiles": ["hipp"], "grow": 0.1}}, "demand/profiles/0", "unknown_profile_near"),
        ({"demand": {"profiles": ["hip"], "grow": 0.1, "within": {"roaz": "Zuit"}}}, "demand/within",
         "unknown_region_near"),
        ({"workforce": {"profession": "or_staff", "percent": 1, "locations": ["ZUIT"]}},
         "workforce/locations/0", "unknown_location_near"),
        ({"shared_care": {"profiles": ["hip"], "locations": ["ZUIT"]}}, "shared_care/locations/0",
         "unknown_location_near"),
        ({"shared_care": {"profiles": ["hip"], "contacts": ["after", "after"]}}, "shared_care/contacts/1",
         "named_twice"),
        ({"demand": {"profiles": ["hip"], "grow": 0.1, "ages": ["75plus", "75plus"]}}, "demand/ages/1",
         "named_twice"),
    ],
)  # fmt: skip
def test_unknown_names(action: dict[str, Any], pointer: str, key: str) -> None:
    assert found(check(action)) == [(f"0/{pointer}", f"scenario.{key}")]


def test_names_in_demand_factors() -> None:
    horizon = {"demand_year": 2050, "demand_factors": [{"factor": 1.1, "profiles": ["hipp"]}]}
    result = check(concentrate(at=["NOORD"]), horizon=horizon)
    assert [(problem.where, problem.key) for problem in result.errors] == [
        ("/horizon/demand_year", "scenario.unknown_year"),
        ("/horizon/demand_factors/0/profiles/0", "scenario.unknown_profile_near"),
    ]


@pytest.mark.parametrize(
    "action",
    [
        {"demand": {"profiles": ["hip"], "grow": 0.1, "within": {"roaz": "Zuid"}}},
        {"workforce": {"profession": "or_staff", "percent": 10, "within": {"roaz": "Zuid"}}},
        {"close": {"location": "ZUID", "units": ["obstetrics"]}},
        {"shared_care": {"profiles": ["oesophagus"], "locations": ["MIDDEN"]}},
    ],
)
def test_an_action_touches_only_its_own_region(action: dict[str, Any]) -> None:
    dataset = with_contacts()
    assert found(check(action, dataset=dataset, run_region=ZUID)) == []
    [untouched] = check(action, dataset=dataset, run_region=Region("roaz", "Noord")).errors
    assert untouched.key == "scenario.region_untouched"


def test_numbers_and_places_of_two_concentrations_of_one_profile_contradict() -> None:
    two = [concentrate(at=["NOORD"]), concentrate(to_count=1)]
    assert ("1/concentrate", "scenario.contradicts") in warned(check(*two, dataset=country()))


# Expected flows against the simulation of choice


@pytest.mark.parametrize(
    "action",
    [
        {"close": {"location": "MIDDEN", "profiles": ["hip"], "rule": "choice"}},
        {"close": {"location": "MIDDEN", "profiles": ["hip"], "rule": "nearest"}},
        {"concentrate": {"profiles": ["hip"], "at": ["NOORD", "ZUID"], "rule": "directed",
                         "shares": {"NOORD": 0.3, "ZUID": 0.7}}},
        {"spread": {"profiles": ["hip"], "from": {"locations": ["MIDDEN"]}, "to": {"locations": ["ZUID"]},
                    "share": 0.4}},
        {"open": {"location": "ZUID", "profiles": ["hip"]}},
    ],
)  # fmt: skip
def test_expected_flows_are_those_of_the_simulation(action: dict[str, Any]) -> None:
    hip, zuid = SMALL.profile_index["hip"], SMALL.location_index["ZUID"]
    # Nobody is as far from one as from the other.
    travel = SMALL.travel_hundredths.copy()
    travel[1, zuid] += 1
    dataset = dataclasses.replace(SMALL, travel_hundredths=travel)
    if "open" in action:
        offers = SMALL.offers.copy()
        offers[zuid, hip] = False
        dataset = make_dataset(offers=offers)
    steps = steps_of(action, dataset=dataset)
    patients = sample_patients(dataset, Calendar(2025, 0, 52), 1, 0)
    patients = patients.take(patients.profile == hip)
    before = choose(dataset, patients, np.arange(len(patients)), dataset.offers)
    after = apply_moves(dataset, patients, before, list(steps.steps[0].moves))
    expected = np.array(list(volumes(steps, dataset, "hip").values()))
    expected = expected / expected.sum() * len(patients)
    seen = np.bincount(after, minlength=len(NAMES))
    assert len(patients) > 1000
    assert np.all(np.abs(seen - expected) < 4 * np.sqrt(expected + 1))


# Rounding


def test_largest_remainder_keeps_the_total() -> None:
    assert largest_remainder([5.7, 5.7, 5.7]) == [6, 6, 5]
    assert largest_remainder([0.0, 0.0]) == [0, 0]
    # 7/6, 14/6 and 21/6: the largest remainder is that of the last.
    assert largest_remainder([1, 2, 3], 7) == [1, 2, 4]
    assert largest_remainder([0.1] * 10) == [1] + [0] * 9


# Any plan

#: A slow machine is no mistake.
untimed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
hospitals = st.sampled_from(NAMES[:3])
care = st.lists(st.sampled_from(["oesophagus", "hip", "pneumonia"]), min_size=1, max_size=2, unique=True)
shares = st.sampled_from([0.1, 0.25, 1.0])
moving = st.fixed_dictionaries(
    {"capacity_follows": shares}, optional={"after_months": st.integers(0, 14), "staff_not_moving": shares}
)
twice = st.one_of(
    moving,
    st.fixed_dictionaries({"capacity_follows": shares, "overlap_months": st.integers(1, 9)}),
    st.fixed_dictionaries({"capacity_follows": shares, "arrives_after_months": st.integers(1, 9)}),
)
ending = st.fixed_dictionaries(
    {"until": st.sampled_from(["2025-09-01", "2025-10-13", "2026-03-01"])},
    optional={"capacity_follows": shares},
)
rules = st.sampled_from(["choice", "nearest"])
any_action = st.one_of(
    st.builds(lambda names, n, rule, more: {"concentrate": {"profiles": names, "to_count": n, "rule": rule, **more}},
              care, st.integers(1, 3), rules, twice),
    st.builds(lambda n, rule: {"concentrate": {"profiles": ["oesophagus"], "to_minimum": n, "rule": rule,
                                               "top_up": True}}, st.integers(1, 60), rules),
    st.builds(lambda names, a, b, share, more: {"spread": {"profiles": names, "from": {"locations": [a]},
                                                           "to": {"locations": [b]}, "share": share, **more}},
              care, hospitals, hospitals, shares, moving),
    st.builds(lambda name, more: {"close": {"location": name, **more}}, hospitals, moving),
    st.builds(lambda name, rule, more: {"close": {"location": name, "rule": rule, **more}}, hospitals, rules, ending),
    st.builds(lambda name, more: {"close": {"location": name, "units": ["ed"], **more}}, hospitals, ending),
    st.builds(lambda name, more: {"capacity": {"location": name, "pool": "or", "percent": more, "until": "2025-11-03"}},
              hospitals, st.sampled_from([-100, -40, 50])),
    st.builds(lambda name: {"close": {"location": name, "units": ["ed"]}}, hospitals),
    st.builds(lambda name, names: {"open": {"location": name, "profiles": names}}, hospitals, care),
    st.builds(lambda names, kind, share: {"demand": {"profiles": names, kind: share}},
              care, st.sampled_from(["prevent", "replace", "grow"]), shares),
    st.builds(lambda who, percent, more: {"workforce": {"profession": who, "percent": percent, **more}},
              st.sampled_from(["ward_nurse", "or_staff"]), st.integers(-100, 100),
              st.sampled_from([{}, {"until": "2025-10-01"}])),
)  # fmt: skip
START = st.sampled_from([{}, {"start": "2025-03-31"}, {"start": "2025-08-15"}])
dated = st.builds(
    lambda action, start: {kind: {**fields, **start} for kind, fields in action.items()}, any_action, START
)


@untimed
@given(st.lists(dated, max_size=4))
def test_every_accepted_plan_is_sound(actions: list[dict[str, Any]]) -> None:
    """Nobody gets lost, everything keeps a provider, no pool goes below zero, days are in the run."""
    document = scenario(*actions)
    if check_scenario(document, SMALL, None).errors:
        return
    found = take_steps(document, SMALL, None)
    plan = compile_plan(document, SMALL, None)
    assert (plan.offers[-1][1].any(axis=0) == SMALL.offers.any(axis=0)).all()
    for step in found.steps:
        for move, transfer in zip(step.moves, step.transfers, strict=True):
            assert not (move.leaving & move.receivers).any()
            assert (transfer.leaving >= 0).all()
            assert not transfer.leaving[~move.leaving].any()
            assert not transfer.arriving[~move.receivers].any()
            persons = transfer.areas.sum()
            assert transfer.leaving.sum() == pytest.approx(persons) == transfer.arriving.sum()
    changed = {change.profile for change in plan.demand}
    for profile, flows in found.end.flows.items():
        assert flows.min() >= 0
        today = SMALL.expected_volume[:, profile].sum() / 1000
        assert profile in changed or flows.sum() == pytest.approx(today)
    assert all(change.capacity >= 0 for change in plan.capacities)
    days = [change.start_day for change in plan.capacities]
    assert days == sorted(days)
    assert all(0 <= day < 58 * 7 for day in days)


@untimed
@given(st.lists(dated, max_size=3), st.permutations(range(4)))
def test_the_order_of_the_table_of_locations_changes_nothing(
    actions: list[dict[str, Any]], order: list[int]
) -> None:
    document = scenario(*actions)
    other = make_dataset(locations=[SMALL.locations[row] for row in order])
    here, there = check_scenario(document, SMALL, None), check_scenario(document, other, None)
    assert [problem.key for problem in here.errors] == [problem.key for problem in there.errors]
    if here.errors:
        return
    one, two = compile_plan(document, SMALL, None), compile_plan(document, other, None)
    assert len(one.moves) == len(two.moves)
    for move, same in zip(one.moves, two.moves, strict=True):
        assert (move.leaving[order] == same.leaving).all()
        assert (move.receivers[order] == same.receivers).all()
        assert abs(move.share_permille - same.share_permille) <= 1
    ends = [
        {(dataset.locations[change.location].id, change.pool): change.capacity for change in plan.capacities}
        for dataset, plan in ((SMALL, one), (other, two))
    ]
    assert ends[0] == ends[1]
