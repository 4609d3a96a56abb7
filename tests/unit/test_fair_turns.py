"""Owners share the processes equally."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zorgstroom_simulator.fair_turns import FairTurns, Turn

pytestmark = pytest.mark.unit

COSTS = st.floats(0.5, 20, allow_nan=False)


def serve(turns: FairTurns, waiting: list[Turn], work: float) -> dict[str, float]:
    """Do blocks in the order of their turns until so much is done; return what each owner had of it."""
    had: dict[str, float] = {}
    while waiting and sum(had.values()) < work:
        turn = min(waiting, key=lambda turn: turn.start)
        waiting.remove(turn)
        had[turn.owner] = had.get(turn.owner, 0.0) + turn.end - turn.start
        turns.done(turn)
    return had


@given(many=st.integers(20, 60), few=st.integers(20, 40), cost=COSTS, other=COSTS, part=st.floats(0.1, 1))
def test_owners_with_unequal_numbers_of_blocks_have_as_much_of_the_time_while_both_wait(
    many: int, few: int, cost: float, other: float, part: float
) -> None:
    turns = FairTurns()
    waiting = [turns.take("many", cost) for _ in range(many)] + [turns.take("few", other) for _ in range(few)]
    both = 2 * min(many * cost, few * other)
    had = serve(turns, waiting, part * both - cost - other)
    assert abs(had.get("many", 0) - had.get("few", 0)) <= cost + other + 1e-6


@given(st.integers(1, 50), st.integers(1, 50))
def test_who_was_idle_has_saved_up_nothing(before: int, after: int) -> None:
    turns = FairTurns()
    waiting = [turns.take("busy", 1.0) for _ in range(before + after)]
    serve(turns, waiting, before)
    waiting += [turns.take("late", 1.0) for _ in range(before + after)]
    had = serve(turns, waiting, after)
    assert abs(had.get("busy", 0) - had.get("late", 0)) <= 2


@given(st.integers(1, 30))
def test_after_a_pause_everybody_begins_again_as_equals(before: int) -> None:
    turns = FairTurns()
    serve(turns, [turns.take("busy", 1.0) for _ in range(before)], before)
    assert turns.take("busy", 1.0).start == turns.take("late", 1.0).start


@given(st.integers(1, 30), st.integers(1, 30))
def test_what_is_given_up_costs_nothing(kept: int, given_up: int) -> None:
    turns = FairTurns()
    own = [turns.take("one", 1.0) for _ in range(kept)]
    for turn in [turns.take("one", 1.0) for _ in range(given_up)]:
        turns.give_up(turn)
    assert turns.take("one", 1.0).start == own[-1].end


@given(st.lists(st.tuples(st.sampled_from("abc"), COSTS), min_size=1, max_size=40))
def test_turns_of_an_owner_do_not_overlap_and_come_in_order(asked: list[tuple[str, float]]) -> None:
    turns = FairTurns()
    taken = [turns.take(owner, cost) for owner, cost in asked]
    for owner in "abc":
        own = [turn for turn in taken if turn.owner == owner]
        assert all(first.end <= second.start for first, second in itertools.pairwise(own))
