"""Choice: shares as the logit says, and only the patients of a closing location move."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.support.small_dataset import make_dataset

from zorgstroom.domain.calendar import Calendar
from zorgstroom.planning.expected import UTILITY_SCALE, choice_shares, utility
from zorgstroom.planning.plan import Move, Plan
from zorgstroom_simulator.choice import apply_moves, choose, choose_under_plan, diversion_lists
from zorgstroom_simulator.demand import Patients, sample_patients

pytestmark = pytest.mark.unit

DATASET = make_dataset()
CALENDAR = Calendar(2025, 0, 52)
PROFILE = DATASET.profile_index["hip"]


def everyone() -> Patients:
    """All patients of the elective profile."""
    patients = sample_patients(DATASET, CALENDAR, 1, 0)
    return patients.take(patients.profile == PROFILE)


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
    assert gone.sum() == len(left) * 400 // 1000
    assert np.array_equal(some[left][gone], everybody[left][gone])
    travel = DATASET.travel_hundredths[patients.area[left]]
    extra = travel[np.arange(len(left)), everybody[left]] - travel[:, 1]
    if rule == "nearest":
        assert extra[gone].max() <= extra[~gone].min()
    assert extra[gone].mean() < extra[~gone].mean()


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
