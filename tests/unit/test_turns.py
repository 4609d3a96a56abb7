"""Whose turn it is: nobody starves, interactive first, limits kept, whatever order the runs are listed in."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zorgstroom.events.schemas import Priority
from zorgstroom_api.turns import Limits, Line, Turn, next_turns

pytestmark = pytest.mark.unit

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
OWNERS = ("", "anna", "bram", "coen")


def turn(number: int, owner: str, priority: Priority = "interactive", minute: int | None = None) -> Turn:
    asked = START + dt.timedelta(minutes=number if minute is None else minute)
    return Turn(f"run-{number:03}", owner, priority, asked)


@st.composite
def queues(draw: st.DrawFn) -> list[Turn]:
    described = st.tuples(
        st.sampled_from(OWNERS), st.sampled_from(["interactive", "batch"]), st.integers(0, 20)
    )
    return [
        turn(number, owner, "batch" if priority == "batch" else "interactive", minute)
        for number, (owner, priority, minute) in enumerate(draw(st.lists(described, max_size=40)))
    ]


IN_HAND = st.dictionaries(st.sampled_from(OWNERS), st.integers(0, 10))
IN_TRANSIT = st.fixed_dictionaries({"interactive": st.integers(0, 5), "batch": st.integers(0, 5)})
LIMITS = st.builds(Limits, st.integers(1, 5), st.integers(1, 9))


def test_one_run_of_another_goes_before_the_rest_of_many() -> None:
    waiting = [*(turn(number, "many") for number in range(10)), turn(10, "one")]
    chosen = next_turns(waiting, {}, {}, Limits(in_transit=3))
    assert [item.run_id for item in chosen] == ["run-000", "run-010", "run-001"]


def test_interactive_runs_go_before_batches_that_have_room_of_their_own() -> None:
    waiting = [turn(0, "anna", "batch"), turn(1, "anna"), turn(2, "bram"), turn(3, "bram", "batch")]
    assert [item.run_id for item in next_turns(waiting, {}, {}, Limits(in_transit=1))] == [
        "run-001",
        # Anna has one in hand by now, and so has nobody but her: Bram's batch goes first.
        "run-003",
    ]


def test_nothing_is_given_when_what_was_given_is_not_taken_up() -> None:
    waiting = [turn(0, "anna"), turn(1, "bram", "batch")]
    assert next_turns(waiting, {"interactive": 4, "batch": 4}, {}, Limits()) == []


@given(queues(), IN_TRANSIT, IN_HAND, LIMITS)
def test_the_limits_are_kept(
    waiting: list[Turn], in_transit: dict[Priority, int], in_hand: dict[str, int], limits: Limits
) -> None:
    chosen = next_turns(waiting, in_transit, in_hand, limits)
    assert len({item.run_id for item in chosen}) == len(chosen)
    for priority, count in Counter(item.priority for item in chosen).items():
        assert count + in_transit[priority] <= limits.in_transit
    for owner, count in Counter(item.owner for item in chosen).items():
        assert count + in_hand.get(owner, 0) <= limits.per_owner


@given(queues(), IN_TRANSIT, IN_HAND, LIMITS)
def test_whoever_is_passed_over_has_no_less_in_hand(
    waiting: list[Turn], in_transit: dict[Priority, int], in_hand: dict[str, int], limits: Limits
) -> None:
    """Each choice goes to the owner with the fewest in hand, of those to the oldest run: step by step."""
    hand = Counter(in_hand)
    chosen = next_turns(waiting, in_transit, in_hand, limits)
    left = list(waiting)
    for choice in chosen:
        rivals = [item for item in left if item.priority == choice.priority]
        assert choice == min(rivals, key=lambda item: (hand[item.owner], item.asked, item.run_id))
        hand[choice.owner] += 1
        left.remove(choice)
    priorities = [item.priority for item in chosen]
    assert priorities == sorted(priorities, reverse=True)


@given(queues(), IN_TRANSIT, IN_HAND, LIMITS, st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(
    waiting: list[Turn],
    in_transit: dict[Priority, int],
    in_hand: dict[str, int],
    limits: Limits,
    chance: random.Random,
) -> None:
    shuffled = list(waiting)
    chance.shuffle(shuffled)
    chosen = next_turns(waiting, in_transit, in_hand, limits)
    assert next_turns(shuffled, in_transit, in_hand, limits) == chosen
    one, other = Line([], waiting, in_hand), Line([], shuffled, in_hand)
    assert [one.place(item.run_id) for item in waiting] == [other.place(item.run_id) for item in waiting]


@given(queues(), LIMITS)
def test_nobody_starves(waiting: list[Turn], limits: Limits) -> None:
    """While the simulators go on, every run gets its turn, also under somebody who keeps asking."""
    left = {item.run_id: item for item in waiting}
    for step in range(3 * len(waiting) + 3):
        greedy = [turn(1000 + step * 5 + number, "greedy", minute=30 + step) for number in range(5)]
        chosen = next_turns([*left.values(), *greedy], {}, {}, limits)
        assert chosen
        for item in chosen:
            left.pop(item.run_id, None)
    assert not left


@given(queues(), IN_HAND)
def test_the_line_is_the_order_of_the_turns(waiting: list[Turn], in_hand: dict[str, int]) -> None:
    line = Line([], waiting, in_hand)
    everybody = next_turns(waiting, {}, in_hand, Limits(len(waiting) + 1, 1000))
    assert [line.place(item.run_id) for item in everybody] == list(range(1, len(waiting) + 1))


@given(st.lists(st.tuples(st.sampled_from(OWNERS)), min_size=1, max_size=20), IN_HAND)
def test_who_joins_stands_where_a_new_count_puts_him(
    owners: list[tuple[str]], in_hand: dict[str, int]
) -> None:
    turns = [turn(number, owner) for number, (owner,) in enumerate(owners)]
    line = Line([], turns[:-1], in_hand)
    line.add(turns[-1])
    line.add(turns[-1])
    counted = Line([], turns, in_hand)
    assert [line.place(item.run_id) for item in turns] == [counted.place(item.run_id) for item in turns]


def test_what_is_in_transit_stands_first_among_its_priority() -> None:
    line = Line(
        [turn(5, "anna"), turn(6, "anna", "batch")],
        [turn(0, "bram"), turn(1, "bram", "batch")],
        {"anna": 2},
    )
    found = {number: line.place(f"run-{number:03}") for number in (5, 0, 6, 1, 9)}
    assert found == {5: 1, 0: 2, 6: 3, 1: 4, 9: None}
