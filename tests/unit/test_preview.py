"""The preview: nobody is lost or made, nothing without a plan, and right where it can be worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
from tests.support.small_dataset import in_persons, make_dataset, make_profile

from zorgstroom.dataset import load_dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.indicators.catalogue import TRAVEL_BANDS
from zorgstroom.load_words import load_rows
from zorgstroom.planning.norms import chance_of_at_least
from zorgstroom.planning.preview import Preview, preview
from zorgstroom.planning.redistribution import redistribution
from zorgstroom.planning.sides import Side
from zorgstroom.planning.waiting_lists import WaitingList
from zorgstroom.preview_build import LONGEST, preview_document
from zorgstroom.scenario_file import example_scenarios, parse_scenario

pytestmark = pytest.mark.unit

DATASET = in_persons(make_dataset())
#: One kind of planned care with an operation, so that every number can be worked out.
HIPS = make_dataset(profiles=[make_profile()])
CLOSE = {"close": {"location": "ZUID"}}


def scenario(*actions: Mapping[str, object], **horizon: object) -> Scenario:
    return Scenario.model_validate(
        {"zorgstroom": 1, "name": "Proef", "horizon": horizon, "actions": list(actions)}
    )


def example(number: int) -> Scenario:
    return parse_scenario(example_scenarios()[number - 1].text, "example")


def change(side: Side[float]) -> float:
    return side.plan - side.today


def waiting(found: Preview, location: str, kind: str, pool: str = "") -> WaitingList:
    [row] = [row for row in found.lists if (row.location, row.kind, row.pool) == (location, kind, pool)]
    return row


def sides_of(found: Preview) -> list[Side[float]]:
    """Return every pair of numbers of a preview."""
    travel = [found.travel, *found.travel_by_profile.values()]
    sides = [side for row in travel for side in (row.patients, row.minutes, row.over_30, row.over_45)]
    for volume in found.volumes:
        sides += [volume.patients, volume.treated]
        sides += [volume.norm_chance] if volume.norm_chance else []
    sides += [side for row in found.lists for side in (row.at_start, row.after_year, row.growth)]
    return [*sides, Side(*map(float, found.too_full)), *([found.at_norm] if found.at_norm else [])]


@pytest.mark.parametrize("region", [None, Region("roaz", "Euregio")])
def test_without_a_plan_nothing_differs_at_all(region: Region | None) -> None:
    found = preview(load_dataset("nl2025"), scenario(), region)
    assert len(sides_of(found)) > 40
    assert {change(side) for side in sides_of(found)} == {0.0}
    assert (found.streams, found.pools, found.movers.patients) == ((), (), 0.0)
    assert found.movers.extra_minutes is None
    assert all(row.weeks.today == row.weeks.plan for row in found.lists)


def test_what_leaves_a_location_arrives_elsewhere_and_only_its_own_patients_move() -> None:
    found = preview(DATASET, scenario(CLOSE), None)
    assert {stream.source for stream in found.streams} == {"ZUID"}
    assert "ZUID" not in {stream.destination for stream in found.streams}
    moved = sum(stream.patients for stream in found.streams)
    assert moved > 50
    assert moved == pytest.approx(found.movers.patients, rel=0.001)
    for profile in {row.profile for row in found.volumes}:
        rows = [row for row in found.volumes if row.profile == profile]
        left = -sum(change(row.patients) for row in rows if row.location == "ZUID")
        gone = sum(stream.patients for stream in found.streams if stream.profile == profile)
        assert sum(change(row.patients) for row in rows) == pytest.approx(0.0, abs=0.2)
        assert gone == pytest.approx(left, abs=0.2)
        for row in rows:
            arrived = sum(
                stream.patients
                for stream in found.streams
                if (stream.profile, stream.destination) == (profile, row.location)
            )
            if row.location != "ZUID":
                assert change(row.patients) == pytest.approx(arrived, abs=0.2)


@pytest.mark.parametrize("number", [2, 4, 5, 11, 13])
def test_extra_minutes_of_who_move_are_all_that_changes_in_travel(number: int) -> None:
    found = preview(load_dataset("nl2025"), example(number), None)
    movers, travel = found.movers, found.travel
    assert movers.extra_minutes is not None
    together = travel.patients.plan * travel.minutes.plan - travel.patients.today * travel.minutes.today
    assert movers.patients * movers.extra_minutes == pytest.approx(together, rel=1e-6)
    assert [label for label, _ in movers.bands] == [label for label, _ in TRAVEL_BANDS]
    assert sum(number for _, number in movers.bands) == pytest.approx(movers.patients)


def test_every_person_is_in_exactly_one_stream() -> None:
    """On random flows: rows sum to who left, columns to who came, and nobody goes to where he was."""
    numbers = np.random.default_rng(1)
    before, after = numbers.exponential(1.0, (2, 2, 30, 8)) * (numbers.random((2, 2, 30, 8)) < 0.6)
    after *= before.sum(axis=2, keepdims=True) / after.sum(axis=2, keepdims=True)
    travel = numbers.integers(0, 9000, (30, 8)).astype(np.int32)
    found = redistribution(before, after, travel, np.ones(30, np.bool_))
    difference = after - before
    assert found.pairs.sum(axis=1) == pytest.approx(np.maximum(-difference, 0).sum(axis=(0, 1)))
    assert found.pairs.sum(axis=0) == pytest.approx(np.maximum(difference, 0).sum(axis=(0, 1)))
    assert np.trace(found.pairs) == 0.0
    assert found.movers == pytest.approx(found.pairs.sum())
    assert found.bands.sum() == pytest.approx(found.movers)
    assert found.extra_minutes == pytest.approx((difference * travel).sum() / 100)
    nobody = redistribution(before, after, travel, np.zeros(30, np.bool_))
    assert (nobody.movers, nobody.bands.sum()) == (0.0, 0.0)
    assert np.array_equal(nobody.pairs, found.pairs)


def test_extra_travel_is_put_in_the_bands_of_the_report() -> None:
    bounds = [low for _, low in TRAVEL_BANDS[1:]]
    for low, high in pairwise([*bounds, 6000]):
        for extra in {low, high - 1}:
            travel = np.array([[10_000, 10_000 + extra]], np.int32)
            before, after = np.array([[[1.0, 0.0]], [[0.0, 0.0]]]), np.array([[[0.0, 1.0]], [[0.0, 0.0]]])
            found = redistribution(before, after, travel, np.array([True]))
            assert found.bands[1 + bounds.index(low)] == 1.0
    assert redistribution(after, before, travel, np.array([True])).bands[0] == 1.0


def test_a_part_that_moves_is_that_part() -> None:
    spread = {
        "spread": {
            "profiles": ["hip"],
            "from": {"locations": ["NOORD"]},
            "to": {"locations": ["ZUID"]},
            "share": 0.1,
            "rule": "nearest",
        }
    }
    found = preview(HIPS, scenario(spread), None)
    rows = {row.location: row for row in found.volumes}
    assert rows["NOORD"].patients.plan == pytest.approx(0.9 * rows["NOORD"].patients.today)
    [stream] = found.streams
    assert (stream.source, stream.destination) == ("NOORD", "ZUID")
    assert stream.patients == pytest.approx(0.1 * rows["NOORD"].patients.today)


def test_fewer_patients_are_fewer_and_nobody_is_said_to_move() -> None:
    found = preview(HIPS, scenario({"demand": {"profiles": ["hip"], "prevent": 0.1}}), None)
    assert found.streams == ()
    assert found.movers.patients == pytest.approx(0.0, abs=1e-6)
    for row in found.volumes:
        assert row.patients.plan == pytest.approx(0.9 * row.patients.today)
    assert change(found.travel.minutes) == pytest.approx(0.0, abs=1e-9)


def test_a_region_counts_its_own_inhabitants_and_locations() -> None:
    whole = preview(DATASET, scenario(CLOSE), None)
    north = preview(DATASET, scenario(CLOSE), Region("roaz", "Noord"))
    assert north.travel.patients.today < whole.travel.patients.today
    assert north.movers.patients < whole.movers.patients
    assert {row.location for row in north.volumes} <= {"NOORD"}
    assert {row.location for row in north.pools} <= {"NOORD"}
    assert all("NOORD" in (row.source, row.destination) for row in north.streams)
    own = scenario(CLOSE).model_copy(
        update={
            "region": Scenario.model_validate(
                {"zorgstroom": 1, "name": "x", "region": {"roaz": "Noord"}}
            ).region
        }
    )
    assert preview(DATASET, own, None).travel == north.travel


def test_a_norm_is_met_by_the_expected_number_and_by_chance() -> None:
    assert chance_of_at_least(np.array([2.0]), 1)[0] == pytest.approx(1 - math.exp(-2))
    assert chance_of_at_least(np.array([3.0]), 3)[0] == pytest.approx(1 - math.exp(-3) * (1 + 3 + 4.5))
    assert chance_of_at_least(np.array([0.0, 5000.0]), 20) == pytest.approx([0.0, 1.0])
    assert chance_of_at_least(np.array([4.0]), 0)[0] == 1.0
    found = preview(load_dataset("nl2025"), example(2), None)
    rows = {(row.location, row.profile): row for row in found.volumes}
    left, kept = rows["ZGT-AL", "pancreas"], rows["MST", "pancreas"]
    assert left.norm_met == Side(True, False)
    assert left.norm_chance is not None
    assert left.norm_chance.plan == 0.0
    assert kept.norm_met is not None
    assert kept.norm_met.plan
    assert found.at_norm is not None
    assert 0.8 < found.at_norm.today < found.at_norm.plan <= 1.0


def test_a_room_with_a_fifth_less_time_lets_the_list_grow_by_who_does_not_fit() -> None:
    less = scenario({"capacity": {"location": "NOORD", "pool": "or", "percent": -20}})
    found = preview(HIPS, less, None)
    row = waiting(found, "NOORD", "treatment", "or")
    patients = next(item.patients.today for item in found.volumes if item.location == "NOORD")
    assert row.grows == Side(False, True)
    assert row.weeks.plan is None
    [pool] = [item for item in found.pools if item.pool == "or"]
    assert pool.load_today is not None
    possible = patients / pool.load_today
    # Who waits for the clinic comes as well, because it has room to spare.
    coming = patients - waiting(found, "NOORD", "first_visit").growth.today
    assert coming > patients
    assert row.growth.plan == pytest.approx(coming - 0.8 * possible, rel=1e-3)
    assert row.growth.today == pytest.approx(max(coming - possible, -row.at_start.today), rel=1e-6)
    treated = next(item.treated for item in found.volumes if item.location == "NOORD")
    assert treated.plan == pytest.approx(0.8 * possible, rel=1e-3)
    assert change(row.at_start) == 0.0


def test_a_clinic_that_is_too_full_lengthens_its_own_list_and_shortens_the_one_behind_it() -> None:
    half = scenario({"capacity": {"location": "NOORD", "pool": "clinic:orthopaedics", "percent": -50}})
    found = preview(HIPS, half, None)
    clinic = waiting(found, "NOORD", "first_visit", "clinic:orthopaedics")
    rooms = waiting(found, "NOORD", "treatment", "or")
    patients = next(item.patients.today for item in found.volumes if item.location == "NOORD")
    assert clinic.grows.plan
    pools = {item.pool: item for item in found.pools}
    load = pools["clinic:orthopaedics"].load_today
    assert load is not None
    assert clinic.growth.plan == pytest.approx(patients * (1 - 0.5 / load), rel=1e-6)
    assert not rooms.grows.plan
    # The room goes on until nobody waits any more.
    assert rooms.after_year.plan == 0.0 < rooms.after_year.today < rooms.at_start.today
    both = scenario(
        {"capacity": {"location": "NOORD", "pool": "clinic:orthopaedics", "percent": -50}},
        {"capacity": {"location": "NOORD", "pool": "or", "percent": -20}},
    )
    [pool] = [row for row in preview(HIPS, both, None).pools if row.pool == "or"]
    assert pool.made_too_full
    assert pool.estimate_plan.outlook == "held_back"


def test_load_and_preview_say_the_same_of_every_pool() -> None:
    dataset, plan = load_dataset("nl2025"), example(5)
    rows = load_rows(plan, dataset, None)[1]
    found = preview(dataset, plan, None)
    assert list(found.pools) == [row for row in rows if row.changes]
    assert len(found.pools) > 30
    for item in found.lists:
        row = next((row for row in rows if (row.location, row.pool) == (item.location, item.pool)), None)
        if row is not None and item.grows.plan:
            assert row.estimate_plan.growth_per_week == pytest.approx(item.growth.plan / 52)


def test_another_plan_in_between_changes_nothing() -> None:
    dataset = load_dataset("nl2025")
    first = preview_document(dataset, example(5), None)
    preview_document(dataset, example(4), None)
    grown = scenario(demand_factors=[{"factor": 1.1}])
    assert preview(dataset, grown, None).travel.patients.today == pytest.approx(
        1.1 * preview(dataset, scenario(), None).travel.patients.today
    )
    assert preview_document(dataset, example(5), None) == first


def test_the_document_names_all_it_mentions_and_says_how_much_it_leaves_out() -> None:
    dataset = load_dataset("nl2025")
    document = preview_document(dataset, scenario({"close": {"location": "UMCU-AZU"}}), None)
    assert len(document.streams) == len(document.volumes) == LONGEST
    assert document.left_out > 0
    shown = [stream.patients for stream in document.streams]
    assert shown == sorted(shown, reverse=True)
    mentioned = {row.location for rows in (document.volumes, document.lists, document.pools) for row in rows}
    mentioned |= {row.pool for rows in (document.lists, document.pools) for row in rows}
    mentioned |= {
        row.profile for rows in (document.streams, document.volumes, document.travel) for row in rows
    }
    mentioned |= {name for row in document.streams for name in (row.source, row.destination)}
    assert mentioned - {""} == set(document.names)
    assert {part.confidence for part in document.parts.values()} == {"medium", "low"}
