"""Choice: shares as the logit says, and only the patients of a closing location move."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.patients import sample_patients
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.calendar import Calendar
from zorgstroom.planning.expected import UTILITY_SCALE, choice_shares, utility
from zorgstroom.planning.plan import Move, Plan
from zorgstroom_simulator.choice import apply_moves, choose, choose_under_plan, diversion_lists
from zorgstroom_simulator.demand import ACUTE, Patients

pytestmark = pytest.mark.unit

DATASET = make_dataset()
CALENDAR = Calendar(2025, 0, 52)
PROFILE = DATASET.profile_index["hip"]


def everyone() -> Patients:
    """All patients of the elective profile."""
    patients = sample_patients(DATASET, CALENDAR, 1, 0)
    return patients.take(patients.profile == PROFILE)


def half_acute() -> Patients:
    """The same patients, every other one of them acute."""
    patients = everyone()
    flow = np.where(np.arange(len(patients)) % 2 == 0, ACUTE, patients.flow).astype(np.int8)
    return dataclasses.replace(patients, flow=flow)


def intensive() -> Patients:
    """Patients of the profile of which many need an IC."""
    patients = sample_patients(DATASET, CALENDAR, 1, 0)
    return patients.take(patients.profile == DATASET.profile_index["oesophagus"])


INTENSIVE = intensive()


def rows(patients: Patients) -> np.ndarray:
    return np.arange(len(patients))


def move(patients: Patients, **changes: object) -> Move:
    profile = int(patients.profile[0])
    leaving = np.array([False, True, False, False])
    made = Move(0, 0, profile, leaving, DATASET.offers[:, profile] & ~leaving, "choice", 1000, None)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def test_shares_follow_the_multinomial_logit() -> None:
    """With Gumbel taste the largest utility wins with probability exp(V) / sum exp(V) (McFadden 1974)."""
    patients = everyone()
    profile = int(patients.profile[0])
    offering = DATASET.offers[:, profile]
    location = choose(DATASET, patients, rows(patients), DATASET.offers)
    expected = choice_shares(
        utility(DATASET, profile, DATASET.travel_hundredths) / UTILITY_SCALE, offering[None, :]
    )
    for area in range(len(DATASET.areas)):
        here = location[patients.area == area]
        share = np.bincount(here, minlength=len(offering)) / len(here)
        assert np.all(np.abs(share - expected[area]) < 4 * np.sqrt(0.25 / len(here)))


def test_closing_moves_only_its_own_patients_and_reopening_brings_them_back() -> None:
    patients = everyone()
    before = choose(DATASET, patients, rows(patients), DATASET.offers)
    closed = DATASET.offers.copy()
    closed[1] = False
    after = choose(DATASET, patients, rows(patients), closed)
    moved = before != after
    assert moved.any()
    assert (before[moved] == 1).all()
    assert np.array_equal(apply_moves(DATASET, patients, before, [move(patients)]), after)
    assert np.array_equal(choose(DATASET, patients, rows(patients), DATASET.offers), before)


def test_adding_a_location_only_takes_patients_to_itself() -> None:
    patients = everyone()
    fewer = DATASET.offers.copy()
    fewer[2] = False
    before = choose(DATASET, patients, rows(patients), fewer)
    after = choose(DATASET, patients, rows(patients), DATASET.offers)
    assert (after[before != after] == 2).all()


def test_relabelling_the_rows_permutes_the_choice() -> None:
    order = [2, 0, 3, 1]
    other = make_dataset(locations=[DATASET.locations[row] for row in order])
    patients = everyone()
    here = choose(DATASET, patients, rows(patients), DATASET.offers)
    there = choose(other, patients, rows(patients), other.offers)
    assert [other.locations[row].id for row in there[:500]] == [
        DATASET.locations[row].id for row in here[:500]
    ]


def test_nearest_goes_to_the_nearest_receiver() -> None:
    patients = everyone()
    before = choose(DATASET, patients, rows(patients), DATASET.offers)
    after = apply_moves(DATASET, patients, before, [move(patients, rule="nearest")])
    left = before == 1
    able = np.flatnonzero(move(patients).receivers)
    travel = DATASET.travel_hundredths[patients.area]
    assert np.isin(after[left], able).all()
    assert np.array_equal(travel[left, after[left]], travel[left][:, able].min(axis=1))
    assert np.array_equal(after[~left], before[~left])


def test_directed_shares_and_partial_moves() -> None:
    patients = everyone()
    before = choose(DATASET, patients, rows(patients), DATASET.offers)
    shares = np.array([700, 0, 300, 0], np.int32)
    directed = move(patients, rule="directed", shares_permille=shares)
    after = apply_moves(DATASET, patients, before, [directed])
    left = np.flatnonzero(before == 1)
    assert (after[left] == 0).mean() == pytest.approx(0.7, abs=4 * np.sqrt(0.21 / len(left)))


@pytest.mark.parametrize("rule", ["nearest", "choice"])
def test_of_a_share_those_go_who_lose_least_by_it(rule: str) -> None:
    patients = everyone()
    before = choose(DATASET, patients, rows(patients), DATASET.offers)
    everybody = apply_moves(DATASET, patients, before, [move(patients, rule=rule)])
    some = apply_moves(DATASET, patients, before, [move(patients, rule=rule, share_permille=400)])
    left = np.flatnonzero(before == 1)
    gone = some[left] != 1
    assert gone.sum() == (len(left) * 400 + 500) // 1000
    assert np.array_equal(some[left][gone], everybody[left][gone])
    travel = DATASET.travel_hundredths[patients.area[left]]
    extra = travel[np.arange(len(left)), everybody[left]] - travel[:, 1]
    if rule == "nearest":
        assert extra[gone].max() <= extra[~gone].min()
    assert extra[gone].mean() < extra[~gone].mean()


@pytest.mark.parametrize("rule", ["nearest", "choice"])
def test_acute_patients_have_a_share_of_their_own(rule: str) -> None:
    patients = half_acute()
    before = choose(DATASET, patients, rows(patients), DATASET.offers)
    acute = patients.flow == ACUTE
    parted = move(patients, rule=rule, share_permille=600, acute_permille=100)
    after = apply_moves(DATASET, patients, before, [parted])
    for who, permille in ((acute, 100), (~acute, 600)):
        left = who & (before == 1)
        assert (after[left] != 1).sum() == (left.sum() * permille + 500) // 1000
    nobody = apply_moves(DATASET, patients, before, [dataclasses.replace(parted, acute_permille=0)])
    assert np.array_equal(nobody[acute], before[acute])
    together = dataclasses.replace(parted, acute_permille=None)
    moved = apply_moves(DATASET, patients, before, [together]) != before
    assert moved.sum() == ((before == 1).sum() * 600 + 500) // 1000


def test_a_location_that_opens_takes_only_who_prefers_it() -> None:
    """With one location less, and that one opened by a move: everybody is where he would be with all open."""
    patients = everyone()
    fewer = DATASET.offers.copy()
    fewer[2] = False
    before = choose(DATASET, patients, rows(patients), fewer)
    receivers = np.arange(len(DATASET.locations)) == 2
    for rule in ("choice", "nearest"):
        opening = move(patients, leaving=~receivers, receivers=receivers, rule=rule, only_if_better=True)
        after = apply_moves(DATASET, patients, before, [opening])
        assert np.array_equal(after, choose(DATASET, patients, rows(patients), DATASET.offers))


@pytest.mark.parametrize("rule", ["choice", "nearest"])
def test_closing_and_opening_again_brings_exactly_the_same_patients_back(rule: str) -> None:
    patients = everyone()
    before = choose(DATASET, patients, rows(patients), DATASET.offers)
    closed = np.arange(len(DATASET.locations)) == 1
    closing = move(patients, rule=rule)
    opening = move(
        patients, start_day=50, leaving=~closed, receivers=closed, rule="choice", only_if_better=True
    )
    plan = Plan((closing, opening), (), ((0, DATASET.offers),))
    _, location = choose_under_plan(DATASET, patients, before, plan)
    assert not (location[:, 0] == 1).any()
    assert np.array_equal(location[:, 1], before)


def test_a_second_directed_move_is_drawn_anew() -> None:
    """Who was sent to a location by a draw is not on one side of the next draw."""
    patients = everyone()
    start = np.full(len(patients), 1, np.int16)
    first = move(patients, rule="directed", shares_permille=np.array([500, 0, 500, 0], np.int32))
    leaving = np.array([True, False, False, False])
    second = dataclasses.replace(
        first,
        leaving=leaving,
        receivers=np.array([False, True, True, False]),
        shares_permille=np.array([0, 500, 500, 0], np.int32),
    )
    between = apply_moves(DATASET, patients, start, [first])
    after = apply_moves(DATASET, patients, start, [first, second])
    moved = after[between == 0]
    assert (moved == 1).mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / len(moved)))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda rule, leaving, receivers, share, acute, better: (
                rule,
                leaving,
                receivers,
                share,
                acute,
                better,
            ),
            st.sampled_from(["choice", "nearest", "directed"]),
            st.lists(st.booleans(), min_size=4, max_size=4),
            st.lists(st.booleans(), min_size=4, max_size=4),
            st.integers(0, 1000),
            st.none() | st.integers(0, 1000),
            st.booleans(),
        ),
        min_size=1,
        max_size=4,
    ),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_nobody_who_needs_an_ic_is_sent_where_it_is_not(
    moves: list[tuple[str, list[bool], list[bool], int, int | None, bool]], with_ic: list[bool]
) -> None:
    """Whatever moves, by whatever rule, and in the lists of next-best locations too."""
    with_ic[0] = True
    locations = [
        dataclasses.replace(location, ic_types=frozenset({"adult"} if has else ()))
        for location, has in zip(DATASET.locations, with_ic, strict=True)
    ]
    dataset = make_dataset(locations=locations, offers=np.ones_like(DATASET.offers))
    patients = INTENSIVE
    before = choose(dataset, patients, rows(patients), dataset.offers)
    profile = int(patients.profile[0])
    made = []
    for number, (rule, leaving, receivers, share, acute, better) in enumerate(moves):
        receiving = np.array(receivers) & ~np.array(leaving)
        shares = np.where(receiving, 1000 // max(1, int(receiving.sum())), 0).astype(np.int32)
        made.append(
            Move(
                number,
                number * 10,
                profile,
                np.array(leaving),
                receiving,
                rule,  # type: ignore[arg-type]
                share,
                shares if rule == "directed" else None,
                acute,
                better,
            )
        )
    _, location = choose_under_plan(dataset, patients, before, Plan(tuple(made), (), ((0, dataset.offers),)))
    needs = patients.needs_ic
    assert needs.any()
    assert np.array(with_ic)[location[needs]].all()
    lists = diversion_lists(dataset, patients, rows(patients), location[:, -1], dataset.offers)
    assert np.array(with_ic)[lists[needs][lists[needs] >= 0]].all()


def test_who_has_no_receiver_stays() -> None:
    patients = everyone()
    before = choose(DATASET, patients, rows(patients), DATASET.offers)
    nobody = np.zeros(len(DATASET.locations), np.bool_)
    assert np.array_equal(apply_moves(DATASET, patients, before, [move(patients, receivers=nobody)]), before)


def test_dated_moves_make_epochs() -> None:
    patients = everyone()
    before = choose(DATASET, patients, rows(patients), DATASET.offers)
    plan = Plan((move(patients, start_day=100),), (), ((0, DATASET.offers),))
    days, location = choose_under_plan(DATASET, patients, before, plan)
    assert days.tolist() == [0, 100]
    assert np.array_equal(location[:, 0], before)
    assert not (location[:, 1] == 1).any()


def test_diversion_lists_hold_the_next_best_within_reach() -> None:
    patients = everyone()
    first = choose(DATASET, patients, rows(patients), DATASET.offers)
    lists = diversion_lists(DATASET, patients, rows(patients), first, DATASET.offers)
    without = DATASET.offers.copy()
    for row in range(40):
        profile, area = int(patients.profile[row]), int(patients.area[row])
        found = [number for number in lists[row].tolist() if number >= 0]
        near = DATASET.travel_hundredths[area] <= 6000
        able = set(np.flatnonzero(DATASET.offers[:, profile] & near).tolist()) - {int(first[row])}
        assert set(found) == able
        if found:
            without[:] = DATASET.offers
            without[first[row]] = False
            without[~near] = False
            assert choose(DATASET, patients, np.array([row]), without)[0] == found[0]
