"""The two narrow doors to the outside: a queue of commands and a log of events.

Neither knows partitions, offsets or brokers. ``local:`` is one SQLite file, ``kafka://`` is Kafka; both
pass the same contract tests. The simulation never depends on either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zorgstroom.events.schemas import Event

#: Topics of the log.
RUNS = "zorgstroom.runs"
RESULTS = "zorgstroom.results"
COMMANDS = "zorgstroom.commands"
DEADLETTERS = "zorgstroom.deadletters"


@dataclass(frozen=True)
class Delivery:
    """A command taken from the queue; hand it back to `CommandQueue.accept` when it is yours."""

    event: Event
    token: object


@dataclass(frozen=True)
class LogEntry:
    """An event read from the log with the cursor to continue after it."""

    topic: str
    event: Event
    cursor: str


class CommandQueue(Protocol):
    """Commands to the simulators: each is delivered to one of them, at least once."""

    def publish(self, event: Event) -> None:
        """Store the command durably; returns only when it is safe. Raises `Unavailable`."""

    def take(self, timeout_seconds: float) -> Delivery | None:
        """Return the next command for this member of the group, or None when none came in time.

        Must be called regularly (at least every few seconds): it also keeps the membership alive.
        A message that cannot be read goes to the dead letters with its reason and is not returned.
        """

    def accept(self, delivery: Delivery) -> None:
        """Mark the command as taken over: it is not delivered again after a restart."""

    def close(self) -> None:
        """Leave the group and free everything."""


class EventLog(Protocol):
    """Facts, in order per run, kept for ever, readable from the beginning by anyone."""

    def publish(self, topic: str, events: Sequence[Event]) -> None:
        """Store the events durably, in order; returns only when they are safe. Raises `Unavailable`."""

    def read(self, topic: str, after: str | None, limit: int, timeout_seconds: float) -> Sequence[LogEntry]:
        """Return up to `limit` entries after the cursor (None: from the beginning), waiting at most the timeout.

        The cursor of the last entry continues the reading, also in another process and after a restart.
        A message that cannot be read goes to the dead letters with its reason and is skipped.
        """

    def close(self) -> None:
        """Free everything."""
