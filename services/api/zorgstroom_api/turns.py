"""Whose turn it is: which waiting runs go to the simulators next.

Interactive runs go before batches; then the owner who has the fewest runs in hand; then the oldest run. So
somebody who asks for a thousand runs does not hold up somebody who asks for one. Pure: nothing is read or
written here.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zorgstroom.events.schemas import Priority

#: Each goes before the next.
PRIORITIES: Sequence[Priority] = ("interactive", "batch")


@dataclass(frozen=True)
class Turn:
    """A run that is asked for and that no simulator has taken up."""

    run_id: str
    owner: str
    priority: Priority
    asked: dt.datetime


@dataclass(frozen=True)
class Limits:
    """How many runs may be under way at once."""

    #: Given to the simulators and not taken up yet, of each priority: what is given can not be overtaken.
    in_transit: int = 4
    #: In hand of one owner: given to the simulators and not ended.
    per_owner: int = 8


def next_turns(
    waiting: Iterable[Turn], in_transit: Mapping[Priority, int], in_hand: Mapping[str, int], limits: Limits
) -> list[Turn]:
    """Return the runs to give to the simulators now, in order.

    `in_transit`: how many of each priority are given and not taken up; `in_hand`: how many each owner has.
    """
    hand = Counter(in_hand)
    chosen: list[Turn] = []
    for priority, ordered in _in_order(waiting):
        room = max(0, limits.in_transit - in_transit.get(priority, 0))
        ranked = sorted(_levels(ordered, hand), key=_rank)
        taken = [turn for level, turn in ranked if level < limits.per_owner][:room]
        hand.update(turn.owner for turn in taken)
        chosen += taken
    return chosen


class Line:
    """The order in which waiting runs are taken up, as things stand: who asks later may still go before.

    Runs that are in transit go before those of their priority that wait for their turn.
    """

    def __init__(
        self, in_transit: Iterable[Turn], waiting: Iterable[Turn], in_hand: Mapping[str, int]
    ) -> None:
        self._place_of: dict[str, tuple[object, ...]] = {}
        #: What each owner has in hand when all runs up to a priority have had their turn.
        self._in_hand = {priority: Counter(in_hand) for priority in PRIORITIES}
        for turn in in_transit:
            self._place_of[turn.run_id] = (PRIORITIES.index(turn.priority), False, 0, *_age(turn))
        for _, ordered in _in_order(waiting):
            for turn in ordered:
                self._rank(turn)
        self._order = sorted(self._place_of.values())

    def add(self, turn: Turn) -> None:
        """Have a run that is asked for now stand in the line."""
        if turn.run_id not in self._place_of:
            insort(self._order, self._rank(turn))

    def place(self, run_id: str) -> int | None:
        """Return the place of a run (1: next), None when it does not wait."""
        rank = self._place_of.get(run_id)
        return None if rank is None else bisect_left(self._order, rank) + 1

    def _rank(self, turn: Turn) -> tuple[object, ...]:
        number = PRIORITIES.index(turn.priority)
        level = self._in_hand[turn.priority][turn.owner]
        for priority in PRIORITIES[number:]:
            self._in_hand[priority][turn.owner] += 1
        self._place_of[turn.run_id] = rank = (number, True, level, *_age(turn))
        return rank


def _in_order(turns: Iterable[Turn]) -> list[tuple[Priority, list[Turn]]]:
    """Return the runs of each priority, oldest first."""
    found: dict[Priority, list[Turn]] = {priority: [] for priority in PRIORITIES}
    for turn in turns:
        found[turn.priority].append(turn)
    return [(priority, sorted(of_it, key=_age)) for priority, of_it in found.items()]


def _levels(ordered: Iterable[Turn], in_hand: Mapping[str, int]) -> Iterable[tuple[int, Turn]]:
    """Yield each run with what its owner has in hand once it is this run's turn.

    Giving a run to whoever has the fewest, over and over, is the same as going by this number.
    """
    before: Counter[str] = Counter(in_hand)
    for turn in ordered:
        yield before[turn.owner], turn
        before[turn.owner] += 1


def _age(turn: Turn) -> tuple[dt.datetime, str]:
    return turn.asked, turn.run_id


def _rank(leveled: tuple[int, Turn]) -> tuple[int, dt.datetime, str]:
    return leveled[0], *_age(leveled[1])
