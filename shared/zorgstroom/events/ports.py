"""The two narrow doors to the outside: a queue of commands and a log of events.

Neither knows partitions, offsets or brokers. ``local:`` is one SQLite file, ``kafka://`` is Kafka; both
pass the same contract tests. The simulation never depends on either.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from zorgstroom.events.schemas import Event

#: Topics of the log.
RUNS = "zorgstroom.runs"
RESULTS = "zorgstroom.results"
#: Interactive runs, and every cancellation.
COMMANDS = "zorgstroom.commands"
#: Runs nobody waits for; a topic of their own, so that a simulator can leave them and still take the others.
BATCH_COMMANDS = "zorgstroom.commands.batch"
DEADLETTERS = "zorgstroom.deadletters"
COMMAND_TOPICS = (COMMANDS, BATCH_COMMANDS)
TOPICS = (*COMMAND_TOPICS, RUNS, RESULTS)

#: Largest event in bytes: below the 1 MiB that a Kafka broker accepts by default, with room for the envelope.
MAX_EVENT_BYTES = 1_000_000
#: After so many bytes a reading ends, whatever its limit in events: what a reader must be able to hold.
READ_BYTES = 8 * MAX_EVENT_BYTES
#: A member of a group that has not called in for this long is taken for dead.
SESSION_SECONDS = 10.0


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
    #: The message as the adapter keeps it, for `EventLog.bury`.
    token: object = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class DeadLetter:
    """A message that could not be read or used: where it was, why, and its bytes as they came."""

    topic: str
    #: Place inside the topic, for the operator who looks it up.
    place: str
    reason: str
    value: bytes
    #: Key of the message, its run; None when it had none.
    key: str | None = None
    #: When it came among the dead letters; None when that was not noted yet (before version 2 of the local file).
    time: dt.datetime | None = None

    @property
    def name(self) -> str:
        """What an operator calls it by: topic and place."""
        return f"{self.topic}/{self.place}"


class CommandQueue(Protocol):
    """Commands to the simulators: each is delivered to one of them, at least once."""

    def publish(self, event: Event, topic: str = COMMANDS) -> None:
        """Store the command durably on a command topic; returns when it is safe.

        Raises `Unavailable`, `MessageTooLarge`.
        """

    def take(self, timeout_seconds: float, *, batch: bool = True) -> Delivery | None:
        """Return the next command for this member of the group, or None when none came in time.

        Commands of `COMMANDS` go before those of `BATCH_COMMANDS`, which are left alone unless `batch`.

        Must be called every few seconds (or `keep_alive` instead): it also keeps the membership alive.
        A message that cannot be read goes to the dead letters with its reason and is not returned.
        Raises `Unavailable`.
        """

    def reject(self, delivery: Delivery, reason: str) -> None:
        """Put a command that can be read but not obeyed in the dead letters, and accept it. Raises `Unavailable`."""

    def keep_alive(self) -> None:
        """Stay a member without taking anything, with the hands full. Raises `Unavailable`."""

    def accept(self, delivery: Delivery) -> None:
        """Mark the command as taken over: it is not delivered again after a restart. Raises `Unavailable`.

        A command that is taken but not accepted goes to another member when this one closes or dies.
        When that happened already, accepting has no effect: whoever has it now decides.
        """

    def close(self) -> None:
        """Leave the group and free everything."""


class EventLog(Protocol):
    """Facts, in order per run, kept for ever, readable from the beginning by anyone.

    Commands can be read here too (topic `COMMANDS`), by whoever must see all of them.
    """

    def publish(self, topic: str, events: Sequence[Event]) -> None:
        """Store the events durably, in order; returns when they are safe.

        Raises `MessageTooLarge` before anything is stored, or `Unavailable`: then some may be stored, and
        publishing them again is harmless, since readers know the ids. So it is with `MessageTooLarge` when the
        brokers are set to take less than `MAX_EVENT_BYTES`.
        """

    def read(self, topic: str, after: str | None, limit: int, timeout_seconds: float) -> Sequence[LogEntry]:
        """Return up to `limit` entries after the cursor (None: the beginning), waiting at most the timeout.

        The cursor of the last entry continues the reading, also in another process and after a restart.
        Fewer when they are large (`READ_BYTES`), yet at least one if there is one.
        A message that cannot be read goes to the dead letters with its reason and is skipped.
        Raises `Unavailable`; `InvalidCursor` when the cursor was not made by this log.
        """

    def end(self, topic: str) -> str:
        """Return the cursor after the last entry, to read what comes from now on. Raises `Unavailable`."""

    def behind(self, topic: str, after: str | None) -> int:
        """Return how many messages there are after the cursor. Raises `Unavailable`, `InvalidCursor`."""

    def bury(self, entry: LogEntry, reason: str) -> None:
        """Put an entry that could be read but not used in the dead letters. Raises `Unavailable`."""

    def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """Return the first messages that could not be read or used, each once. Raises `Unavailable`."""

    def resubmit(self, letter: DeadLetter) -> None:
        """Publish a dead letter again on its topic, under its own key, and take it off the dead letters.

        Raises `Unreadable` when it still cannot be read, and leaves it where it is; `Unavailable`.
        """

    def discard(self, letter: DeadLetter) -> None:
        """Take a dead letter off the dead letters for good; its message stays where it was. Raises `Unavailable`."""

    def close(self) -> None:
        """Free everything."""
