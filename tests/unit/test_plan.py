"""What actions do to the small country (see `support.small_dataset`), and which plans are refused.

NOORD (umc; region Noord) - 30 min - MIDDEN (topklinisch), POLI - 30 min - ZUID (algemeen; region Zuid).
Oesophagus is done at NOORD and MIDDEN; the rest at all three hospitals; POLI only sees first visits.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.small_dataset import make_dataset, make_locations

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Count, InvalidInput, Problem
from zorgstroom.planning.ability import obstacles
from zorgstroom.planning.check import CheckResult, check_scenario, check_unfinished
from zorgstroom.planning.plan import Leaving, Plan, compile_plan, expected_leaving, take_steps
from zorgstroom.planning.regions import parse_region
from zorgstroom.planning.state import shares_permille
from zorgstroom.text import LANGUAGES, catalogue

pytestmark = pytest.mark.unit

#: A slow machine is no mistake.
untimed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SMALL = make_dataset()
ZUID = Region("roaz", "Zuid")


def scenario(*actions: dict[str, Any], **fields: Any) -> Scenario:
    return Scenario.model_validate({"zorgstroom": 1, "name": "Proef", "actions": list(actions), **fields})


def plan_of(
    *actions: dict[str, Any], dataset: Dataset = SMALL, run_region: Region | None = None, **fields: Any
) -> Plan:
    document = scenario(*actions, **fields)
    assert check_scenario(document, dataset, run_region).errors == []
    return compile_plan(document, dataset, run_region)


def check(
    *actions: dict[str, Any], dataset: Dataset = SMALL, run_region: Region | None = None, **fields: Any
) -> CheckResult:
    """Return what is found, after making sure that every text exists in both languages."""
    result = check_scenario(scenario(*actions, **fields), dataset, run_region)
    for problem in [*result.errors, *result.warnings]:
        for language in LANGUAGES:
            assert problem.key in catalogue(language)
            assert problem.message(language)
    return result


def leaving_of(*actions: dict[str, Any], **fields: Any) -> list[Leaving]:
    return expected_leaving(take_steps(scenario(*actions, **fields), SMALL, None), SMALL)


def found(result: CheckResult) -> list[tuple[str, str]]:
    return [(problem.where, problem.key) for problem in result.errors]


def warned(result: CheckResult) -> list[tuple[str, str]]:
    return [(problem.where, problem.key) for problem in result.warnings]


def ids(mask: Any) -> list[str]:
    return [SMALL.locations[row].id for row in np.flatnonzero(mask)]


def concentrate(**fields: Any) -> dict[str, Any]:
    return {"concentrate": {"profiles": ["oesophagus"], "at": ["NOORD"], **fields}}


def spread(**fields: Any) -> dict[str, Any]:
    base = {
        "profiles": ["hip"],
        "from": {"types": ["topklinisch"]},
        "to": {"locations": ["ZUID"]},
        "share": 0.3,
    }
    return {"spread": {**base, **fields}}


def close(location: str, **fields: Any) -> dict[str, Any]:
    return {"close": {"location": location, **fields}}


def capacity(**fields: Any) -> dict[str, Any]:
    return {"capacity": {"location": "ZUID", "pool": "ward:surgical", **fields}}


# What actions do


def test_no_actions_change_nothing() -> None:
    plan = plan_of()
    assert plan.moves == ()
    assert plan.capacities == ()
    [(day, offers)] = plan.offers
    assert day == 0
    assert (offers == SMALL.offers).all()


def test_concentrate_stops_all_others_in_the_country() -> None:
    [move] = plan_of(concentrate()).moves
    assert ids(move.leaving) == ["MIDDEN"]
    assert ids(move.receivers) == ["NOORD"]
    assert (move.rule, move.share_permille, move.start_day, move.shares_permille) == ("choice", 1000, 0, None)


def test_concentrate_within_a_region_leaves_others_alone() -> None:
    plan = plan_of(
        {"concentrate": {"profiles": ["hip"], "at": ["MIDDEN"], "rule": "choice", "within": {"roaz": "Zuid"}}}
    )
    [move] = plan.moves
    assert ids(move.leaving) == ["ZUID"]
    assert ids(move.receivers) == ["NOORD", "MIDDEN"], (
        "patients may also choose a provider outside the region"
    )
    hip = SMALL.profile_index["hip"]
    assert ids(plan.offers[-1][1][:, hip]) == ["NOORD", "MIDDEN"]


def test_rule_nearest_receives_only_at_the_named_locations() -> None:
    action = {"profiles": ["hip"], "at": ["MIDDEN"], "rule": "nearest", "within": {"roaz": "Zuid"}}
    [move] = plan_of({"concentrate": action}).moves
    assert ids(move.receivers) == ["MIDDEN"]


@pytest.mark.parametrize("place", ["action", "scenario", "run"])
def test_region_of_action_then_scenario_then_run(place: str) -> None:
    zuid = {"roaz": "Zuid"}
    action = {"profiles": ["hip"], "at": ["MIDDEN"], **({"within": zuid} if place == "action" else {})}
    noord = Region("roaz", "Noord")
    plan = plan_of(
        {"concentrate": action},
        run_region=ZUID if place == "run" else noord,
        region=zuid if place == "scenario" else None,
    )
    assert ids(plan.moves[0].leaving) == ["ZUID"]


def test_named_location_starts_to_offer() -> None:
    plan = plan_of(concentrate(at=["ZUID"]))
    column = SMALL.profile_index["oesophagus"]
    assert ids(plan.offers[-1][1][:, column]) == ["ZUID"]
    assert ids(plan.moves[0].leaving) == ["NOORD", "MIDDEN"]


def test_directed_shares_per_mille_sum_to_thousand() -> None:
    action = {
        "profiles": ["oesophagus"],
        "at": ["NOORD", "ZUID"],
        "rule": "directed",
        "shares": {"NOORD": 0.333, "ZUID": 0.667},
    }
    [move] = plan_of({"concentrate": action}).moves
    assert move.shares_permille is not None
    assert move.shares_permille.tolist() == [333, 0, 667, 0]


@untimed
@given(st.lists(st.floats(1e-3, 1), min_size=1, max_size=4))
def test_rounded_shares_always_sum_to_thousand(weights: list[float]) -> None:
    names = [location.id for location in SMALL.locations]
    shares = shares_permille(dict(zip(names, weights, strict=False)), SMALL)
    assert shares.sum() == 1000
    for row, weight in enumerate(weights):
        assert abs(shares[row] - weight / sum(weights) * 1000) < 1


def test_spread_moves_a_share_and_stops_nobody() -> None:
    plan = plan_of(spread())
    [move] = plan.moves
    assert ids(move.leaving) == ["MIDDEN"]
    assert ids(move.receivers) == ["ZUID"]
    assert (move.share_permille, move.rule) == (300, "nearest")
    assert (plan.offers[-1][1] == SMALL.offers).all()


def test_spread_by_type_starts_only_who_is_able() -> None:
    """POLI is topklinisch too, but an outpatient clinic cannot operate."""
    offers = SMALL.offers.copy()
    hip = SMALL.profile_index["hip"]
    offers[SMALL.location_index["MIDDEN"], hip] = False
    dataset = dataclasses.replace(SMALL, offers=offers)
    action = spread(**{"from": {"types": ["umc"]}, "to": {"types": ["topklinisch"]}})
    plan = plan_of(action, dataset=dataset)
    assert ids(plan.moves[0].receivers) == ["MIDDEN"]
    assert ids(plan.offers[-1][1][:, hip]) == ["NOORD", "MIDDEN", "ZUID"]


def test_close_moves_every_profile_of_one_location() -> None:
    plan = plan_of(close("ZUID"))
    assert {SMALL.profiles[move.profile].id for move in plan.moves} == {
        "hip",
        "pneumonia",
        "dialysis",
        "outpatient_first",
    }
    assert all(ids(move.leaving) == ["ZUID"] for move in plan.moves)
    assert all("ZUID" not in ids(move.receivers) for move in plan.moves)
    assert not plan.offers[-1][1][SMALL.location_index["ZUID"]].any()


@pytest.mark.parametrize(("change", "factor", "extra"), [("add", 1, 3), ("set", 0, 3), ("percent", 1.03, 0)])
def test_capacity_of_beds_is_in_whole_beds(change: str, factor: float, extra: int) -> None:
    dataset = dataclasses.replace(SMALL, capacities={**SMALL.capacities, ("ZUID", "ward:surgical"): 50})
    [made] = plan_of(capacity(**{change: 3}), dataset=dataset).capacities
    # 50 x 1.03 = 51.5 beds: halves go up.
    assert made.capacity == int(50 * factor + extra + 0.5)
    assert (made.pool, SMALL.locations[made.location].id) == ("ward:surgical", "ZUID")


def test_capacity_of_rooms_is_stored_per_mille() -> None:
    [made] = plan_of(capacity(pool="or", set=480.5)).capacities
    assert made.capacity == 480_500


def test_actions_build_on_each_other_in_order_of_their_dates() -> None:
    plan = plan_of(
        close("MIDDEN", profiles=["oesophagus"], start="2025-07-01"),
        {"capacity": {"location": "ZUID", "pool": "or", "set": 100, "start": "2025-03-03"}},
        {"capacity": {"location": "ZUID", "pool": "or", "percent": 10, "start": "2025-07-01"}},
    )
    # Day 0 is six weeks before Monday 30 December 2024.
    assert [(change.start_day, change.capacity) for change in plan.capacities] == [
        (105, 100_000),
        (225, 110_000),
    ]
    assert [day for day, _ in plan.offers] == [0, 105, 225]
    column = SMALL.profile_index["oesophagus"]
    assert [ids(offers[:, column]) for _, offers in plan.offers] == [["NOORD", "MIDDEN"]] * 2 + [["NOORD"]]


def test_date_before_the_run_counts_from_its_beginning() -> None:
    document = scenario(concentrate(start="2020-01-01"))
    assert compile_plan(document, SMALL, None).moves[0].start_day == 0
    assert warned(check(concentrate(start="2020-01-01"))) == [
        ("/actions/0/concentrate/start", "scenario.before_run")
    ]


def test_expected_leaving_is_the_volume_of_today_times_the_share() -> None:
    hip, middle = SMALL.profile_index["hip"], SMALL.location_index["MIDDEN"]
    [leaving] = leaving_of(spread())
    assert leaving.patients_per_year == pytest.approx(SMALL.expected_volume[middle, hip] / 1000 * 0.3)


def test_expected_leaving_counts_visits_that_one_patient_stands_for() -> None:
    column, row = SMALL.profile_index["outpatient_first"], SMALL.location_index["POLI"]
    [leaving] = leaving_of(close("POLI"))
    assert leaving.patients_per_year == pytest.approx(SMALL.expected_volume[row, column] / 1000 * 10)


@untimed
@given(
    st.lists(
        st.one_of(
            st.builds(
                lambda at, profile, rule: concentrate(at=[at], profiles=[profile], rule=rule),
                st.sampled_from(["NOORD", "MIDDEN", "ZUID"]),
                st.sampled_from(["oesophagus", "hip", "pneumonia"]),
                st.sampled_from(["choice", "nearest"]),
            ),
            st.builds(close, st.sampled_from(["NOORD", "MIDDEN", "ZUID", "POLI"])),
            st.builds(lambda share: spread(share=share), st.floats(0.01, 1)),
        ),
        max_size=4,
    )
)
def test_every_accepted_plan_leaves_everyone_a_provider(actions: list[dict[str, Any]]) -> None:
    document = scenario(*actions)
    if check_scenario(document, SMALL, None).errors:
        return
    plan = compile_plan(document, SMALL, None)
    assert (plan.offers[-1][1].any(axis=0) == SMALL.offers.any(axis=0)).all()
    for move in plan.moves:
        assert move.leaving.any()
        assert move.receivers.any()
        assert not (move.leaving & move.receivers).any()


# Who is able to provide what


@pytest.mark.parametrize(
    ("location", "profile", "expected"),
    [
        ("POLI", "outpatient_first", ()),
        ("POLI", "hip", ("clinic",)),
        ("ZUID", "pneumonia", ()),
        ("ZUID", "oesophagus", ()),
    ],
)
def test_obstacles(location: str, profile: str, expected: tuple[str, ...]) -> None:
    site = SMALL.locations[SMALL.location_index[location]]
    assert obstacles(site, SMALL.profiles[SMALL.profile_index[profile]]) == expected


def test_obstacles_of_a_day_hospital_and_of_missing_facilities() -> None:
    site = dataclasses.replace(make_locations()[2], role="deels", ed="geen", acute_obstetrics=False)
    profiles = {profile.id: profile for profile in SMALL.profiles}
    assert obstacles(site, profiles["dialysis"]) == ()
    assert obstacles(site, profiles["hip"]) == ("ward",)
    assert obstacles(site, profiles["pneumonia"]) == ("ward", "ed")
    needy = dataclasses.replace(profiles["dialysis"], needs=frozenset({"trauma", "cardiac", "obstetrics"}))
    assert obstacles(site, needy) == ("cardiac", "obstetrics", "trauma")


# Plans that are refused, each mistake at its own field


@pytest.mark.parametrize(
    ("action", "pointer", "key", "suggestion"),
    [
        (concentrate(at=["NORD"]), "/actions/0/concentrate/at/0", "unknown_location_near", "NOORD"),
        (concentrate(at=["UMC Noord"]), "/actions/0/concentrate/at/0", "unknown_location_near", "NOORD"),
        (concentrate(at=["qqqq"]), "/actions/0/concentrate/at/0", "unknown_location", None),
        (concentrate(profiles=["slokdarmresectie"]), "/actions/0/concentrate/profiles/0",
         "unknown_profile_near", "oesophagus"),
        (concentrate(within={"roaz": "Zui"}), "/actions/0/concentrate/within", "unknown_region_near", "Zuid"),
        (spread(**{"from": {"locations": ["MIDEN"]}}), "/actions/0/spread/from/locations/0",
         "unknown_location_near", "MIDDEN"),
        (close("ZUIT"), "/actions/0/close/location", "unknown_location_near", "ZUID"),
        (capacity(pool="ward:surgery", add=1), "/actions/0/capacity/pool",
         "unknown_pool_near", "ward:surgical"),
    ],
)  # fmt: skip
def test_unknown_name_with_nearest_known(
    action: dict[str, Any], pointer: str, key: str, suggestion: str | None
) -> None:
    [problem] = check(action).errors
    assert (problem.where, problem.pointer, problem.key) == (pointer, pointer, f"scenario.{key}")
    assert problem.params.get("suggestion") == suggestion


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ([concentrate(at=["NOORD", "MIDDEN"])], [("concentrate", "changes_nothing.concentrate")]),
        ([spread(**{"from": {"types": ["categoraal"]}})], [("spread", "changes_nothing.spread")]),
        ([close("POLI", profiles=["hip"])], [("close", "changes_nothing.close")]),
        ([capacity(add=0)], [("capacity", "changes_nothing.capacity")]),
        ([capacity(percent=0)], [("capacity", "changes_nothing.capacity")]),
        ([capacity(add=-1000)], [("capacity", "capacity_negative")]),
        ([spread(share=0.0001)], [("spread/share", "share_too_small")]),
        ([concentrate(at=["NOORD", "NOORD"])], [("concentrate/at/1", "named_twice")]),
        ([concentrate(start="2026-06-01")], [("concentrate/start", "after_horizon")]),
        ([concentrate(profiles=["hip"], at=["POLI"])], [("concentrate/at/0", "cannot_provide.clinic")]),
        ([concentrate(profiles=["pneumonia"], at=["POLI"])],
         [("concentrate/at/0", "cannot_provide.clinic"), ("concentrate", "no_ic")]),
        ([spread(to={"locations": ["POLI"]})],
         [("spread/to/locations/0", "cannot_provide.clinic"), ("spread", "no_receiver")]),
        ([concentrate(at=["NOORD", "ZUID"], rule="directed", shares={"NOORD": 0.5, "ZUID": 0.4})],
         [("concentrate/shares", "shares_sum")]),
        ([concentrate(at=["NOORD"], rule="directed", shares={"ZUID": 1})],
         [("concentrate/shares/ZUID", "share_not_in_at"), ("concentrate/at/0", "at_without_share")]),
        ([concentrate(at=["NOORD", "MIDDEN"], rule="directed", shares={"NOORD": 0.9999, "MIDDEN": 0.0001})],
         [("concentrate/shares/MIDDEN", "share_too_small")]),
    ],
)  # fmt: skip
def test_impossible_plans_are_named(actions: list[dict[str, Any]], expected: list[tuple[str, str]]) -> None:
    assert found(check(*actions)) == [
        (f"/actions/0/{pointer}", f"scenario.{key}") for pointer, key in expected
    ]


def test_profile_left_without_any_provider() -> None:
    result = check(close("NOORD", profiles=["oesophagus"]), close("MIDDEN", profiles=["oesophagus"]))
    assert found(result) == [("/actions/1/close", "scenario.no_provider")]


def test_no_receiver_with_the_ic_that_may_be_needed() -> None:
    locations = tuple(
        dataclasses.replace(location, ic_types=frozenset()) if location.id == "ZUID" else location
        for location in make_locations()
    )
    dataset = make_dataset(locations=locations)
    result = check(concentrate(at=["ZUID"]), dataset=dataset)
    assert found(result) == [("/actions/0/concentrate", "scenario.no_ic")]
    assert warned(result) == [("/actions/0/concentrate/at/0", "scenario.starts_without_ic")]


def test_who_starts_care_without_the_capacity_for_it_is_named() -> None:
    """Without beds patients would wait for ever; a plan may give them, also on another day."""
    none = {**SMALL.capacities, ("ZUID", "or"): 0}
    dataset = dataclasses.replace(SMALL, capacities=none)
    start = {"concentrate": {"profiles": ["oesophagus"], "at": ["ZUID"]}}
    found = warned(check(start, dataset=dataset))
    assert ("/actions/0/concentrate", "scenario.starts_without_capacity") in found
    give = {"capacity": {"location": "ZUID", "pool": "or", "add": 300}}
    found = warned(check(start, give, dataset=dataset))
    assert "scenario.starts_without_capacity" not in [key for _, key in found]


def test_out_of_reach_counts_the_inhabitants_who_lose_it() -> None:
    travel = SMALL.travel_hundredths.copy()
    travel[2, SMALL.location_index["NOORD"]] = 12_001
    dataset = dataclasses.replace(SMALL, travel_hundredths=travel)
    [problem] = check(concentrate(), dataset=dataset).errors
    assert (problem.where, problem.key) == ("/actions/0/concentrate", "scenario.out_of_reach")
    assert problem.params["people"] == 7_000 + 5_000 + 11_000 + 14_000 + 7_000 + 6_000
    travel[2, SMALL.location_index["NOORD"]] = 12_000
    assert check(concentrate(), dataset=dataset).errors == []


def test_out_of_reach_is_about_the_region_of_the_run() -> None:
    travel = SMALL.travel_hundredths.copy()
    travel[2, SMALL.location_index["NOORD"]] = 12_001
    dataset = dataclasses.replace(SMALL, travel_hundredths=travel)
    action = concentrate(within={"roaz": "Zuid"})
    assert check(action, dataset=dataset, run_region=Region("roaz", "Noord")).errors == []
    assert found(check(action, dataset=dataset, run_region=ZUID)) == [
        ("/actions/0/concentrate", "scenario.out_of_reach")
    ]


def test_growing_distance_to_acute_care_counts_the_inhabitants_with_a_thousands_separator() -> None:
    """Who lives in Zuid is 60 minutes from the next location when it may only be NOORD."""
    away = [close(name, profiles=["pneumonia"]) for name in ("MIDDEN", "ZUID")]
    [problem] = [item for item in check(*away).warnings if item.key == "scenario.acute_further"]
    assert (problem.where, problem.params["profiles"]) == ("/actions/1/close", "pneumonia")
    assert problem.params["people"] == 7_000 + 5_000 + 11_000 + 14_000 + 7_000 + 6_000
    assert " 50.000 inwoners " in problem.message("nl")
    assert " 50,000 more inhabitants " in problem.message("en")
    noord = check(*away, run_region=Region("roaz", "Noord"), region={"roaz": "Zuid"})
    assert "scenario.acute_further" not in [key for _, key in warned(noord)]


def test_planned_care_may_be_further_than_acute_care() -> None:
    away = [close(name, profiles=["hip"]) for name in ("MIDDEN", "ZUID")]
    assert "scenario.acute_further" not in [key for _, key in warned(check(*away))]


def test_only_counts_get_a_thousands_separator() -> None:
    text = {"people": Count(12_345), "minutes": 12_345, "profiles": "x"}
    assert "12.345 inwoners bij die meer dan 12345 minuten" in Problem(
        "", "scenario.acute_further", text
    ).message("nl")


def test_patients_who_leave_a_location_outside_the_region_of_the_run_are_not_all_calculated() -> None:
    """Who lives outside and goes outside today is no patient of a run of the region."""
    close = {"close": {"location": "NOORD", "profiles": ["oesophagus"]}}
    key = ("/actions/0/close", "scenario.leaves_outside_region")
    assert key in warned(check(close, run_region=ZUID))
    assert key not in warned(check(close, run_region=Region("roaz", "Noord")))
    assert key not in warned(check(close))


UNTOUCHED = ("region", "scenario.region_untouched")
NOORD = Region("roaz", "Noord")


def test_a_plan_that_hardly_touches_the_region_of_the_run_is_warned_about() -> None:
    """Of 100,000 inhabitants an hour away, less than one a year comes to ZUID."""
    result = check(close("ZUID", profiles=["pneumonia"]), run_region=NOORD)
    assert (found(result), UNTOUCHED in warned(result)) == ([], True)
    [problem] = [item for item in result.warnings if item.key == "scenario.region_untouched"]
    assert problem.message("nl") == "Geen enkele maatregel raakt de regio van de berekening (Noord)."


def test_a_run_in_which_nothing_can_change_is_a_mistake() -> None:
    travel = SMALL.travel_hundredths.copy()
    travel[0, SMALL.location_index["ZUID"]] = 30_000
    far = dataclasses.replace(SMALL, travel_hundredths=travel)
    away = close("ZUID", profiles=["pneumonia"])
    assert found(check(away, dataset=far, run_region=NOORD)) == [UNTOUCHED]
    assert found(check(away, dataset=far, region={"roaz": "Noord"})) == [
        ("/region", "scenario.region_untouched")
    ]
    assert found(check(away, dataset=far)) == []
    assert found(check(capacity(add=2), run_region=NOORD)) == [UNTOUCHED]
    assert found(check(run_region=NOORD)) == [], "a plan without actions is today"


@pytest.mark.parametrize(
    "action",
    [
        close("NOORD", profiles=["pneumonia"]),
        close("MIDDEN", profiles=["pneumonia"]),
        concentrate(within={"roaz": "Zuid"}),
        {"capacity": {"location": "NOORD", "pool": "ward:surgical", "add": 2}},
    ],
    ids=["leaving", "inhabitants elsewhere", "receiving", "capacity"],
)
def test_what_touches_the_region_of_the_run(action: dict[str, Any]) -> None:
    result = check(action, run_region=NOORD)
    assert found(result) == []
    assert UNTOUCHED not in warned(result)


def test_region_without_a_location() -> None:
    areas = (*SMALL.areas[:2], dataclasses.replace(SMALL.areas[2], ggd="Leeg", gemeente_id="GM0009"))
    dataset = dataclasses.replace(SMALL, areas=(*areas, SMALL.areas[2]))
    assert found(check(region={"ggd": "Leeg"}, dataset=dataset)) == [
        ("/region", "scenario.region_without_location")
    ]


def test_unknown_region_of_the_run_hides_no_mistakes_and_invents_none() -> None:
    result = check(concentrate(), close("ZUIT"), run_region=Region("roaz", "Zuit"))
    assert found(result) == [
        ("region", "scenario.unknown_region_near"),
        ("/actions/1/close/location", "scenario.unknown_location_near"),
    ]


def test_mistakes_of_all_actions_at_once() -> None:
    result = check(
        concentrate(at=["NORD"], profiles=["oesofagus"]),
        capacity(pool="beds", add=1),
        close("POLI", profiles=["hip"]),
        horizon={"demand_year": 2050},
        region={"roaz": "Zuid"},
    )
    assert found(result) == [
        ("/horizon/demand_year", "scenario.unknown_year"),
        ("/actions/0/concentrate/profiles/0", "scenario.unknown_profile_near"),
        ("/actions/0/concentrate/at/0", "scenario.unknown_location_near"),
        ("/actions/1/capacity/pool", "scenario.unknown_pool"),
        ("/actions/2/close", "scenario.changes_nothing.close"),
    ]


def test_location_both_closed_and_receiving() -> None:
    pair = [close("NOORD"), concentrate(at=["NOORD"])]
    assert ("/actions/1/concentrate", "scenario.closed_and_receiving") in found(check(*pair))
    later = [concentrate(), close("NOORD", profiles=["hip"])]
    assert found(check(*later)) == []


def test_actions_against_each_other_are_warned_about() -> None:
    result = check(concentrate(at=["MIDDEN"]), concentrate(at=["NOORD"]))
    assert warned(result) == [("/actions/1/concentrate", "scenario.contradicts")]
    back = spread(**{"from": {"locations": ["ZUID"]}, "to": {"types": ["topklinisch"]}})
    assert warned(check(spread(), back)) == [("/actions/1/spread", "scenario.contradicts")]
    result = check(capacity(add=1), capacity(add=2))
    assert warned(result) == [("/actions/1/capacity", "scenario.capacity_twice")]


def test_profile_that_stays_as_it_is_is_warned_about() -> None:
    result = check(concentrate(profiles=["oesophagus", "hip"], at=["NOORD", "ZUID", "MIDDEN"], within=None))
    assert found(result) == [("/actions/0/concentrate", "scenario.changes_nothing.concentrate")]
    result = check(close("ZUID", profiles=["hip", "oesophagus"]))
    assert warned(result) == [("/actions/0/close/profiles/1", "scenario.profile_unchanged")]


def test_region_from_the_command_line() -> None:
    assert parse_region("roaz:Zuid", SMALL) == ZUID
    for text, key in (
        ("Zuid", "region_form"),
        ("land:Zuid", "region_form"),
        ("roaz:Zuit", "unknown_region_near"),
    ):
        with pytest.raises(InvalidInput) as caught:
            parse_region(text, SMALL)
        assert [problem.key for problem in caught.value.problems] == [f"scenario.{key}"]


def test_unknown_names_are_named_although_the_shape_is_wrong() -> None:
    """What has the right form is checked; nothing else makes it fall over."""
    document = {
        "region": {"roaz": "Nergens"},
        "actions": [
            {"concentrate": {"profiles": ["hipp"], "at": ["MIDEN"], "rul": 1, "within": {"roaz": 3}}},
            {"capacity": {"location": "ZUIT", "pool": "or", "add": 1, "percent": 2}},
            {
                "spread": {
                    "profiles": "hip",
                    "from": {"locations": ["NOORD", 7]},
                    "to": {"locations": ["ZIUD"]},
                }
            },
            "close",
        ],
    }
    found = {problem.pointer for problem in check_unfinished(document, SMALL)}
    assert found == {
        "/region",
        "/actions/0/concentrate/profiles/0",
        "/actions/0/concentrate/at/0",
        "/actions/1/capacity/location",
        "/actions/2/spread/to/locations/0",
    }
    nonsense: object
    for nonsense in (None, 3, [], {"actions": 3}, {"actions": [None, {"close": 1}]}, {"region": []}):
        assert check_unfinished(nonsense, SMALL) == []
