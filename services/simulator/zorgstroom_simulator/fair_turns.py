"""Whose block is next: owners share the processes equally, whatever the number of blocks each has waiting.

Start-time fair queuing: every block gets a turn on a virtual clock when it is submitted. An owner's next turn begins
where his last one ended, but never before the clock, so that who was idle has saved up nothing. Blocks are done in the
order in which their turns begin.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Turn:
    """A stretch of the virtual clock, as long as its block costs."""

    owner: str
    start: float
    end: float


class FairTurns:
    """Hands out turns; hand each back when its block is done or given up."""

    def __init__(self) -> None:
        self._clock = 0.0
        self._open: dict[Turn, None] = {}
        #: Until where each owner has used what was his; only those ahead of the clock.
        self._used: dict[str, float] = {}

    def take(self, owner: str, cost: float) -> Turn:
        """Return the next turn of an owner for a block of this cost, in any unit that is the same for all."""
        self._advance()
        own = [turn.end for turn in self._open if turn.owner == owner]
        start = max(self._clock, self._used.get(owner, 0.0), *own[-1:])
        turn = Turn(owner, start, start + cost)
        self._open[turn] = None
        return turn

    def done(self, turn: Turn) -> None:
        """Note that the block of a turn is done."""
        del self._open[turn]
        self._used[turn.owner] = max(turn.end, self._used.get(turn.owner, 0.0))
        if not self._open:
            # Everybody had what he asked for: nobody is behind.
            self._clock = max(self._used.values())
            self._used.clear()

    def give_up(self, turn: Turn) -> None:
        """Take a turn back whose block is not done: the owner keeps what it would have cost."""
        del self._open[turn]

    def _advance(self) -> None:
        """Put the clock at the first turn that is not over."""
        self._clock = max(self._clock, min((turn.start for turn in self._open), default=self._clock))
        self._used = {owner: end for owner, end in self._used.items() if end > self._clock}
