"""One suite against every implementation of the command queue and the event log."""

from __future__ import annotations

import json
import logging
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.kafka_broker import Broker, free_ports

from zorgstroom.errors import Unavailable
from zorgstroom.events import open_command_queue, open_event_log
from zorgstroom.events.codec import InvalidBusUrl, InvalidCursor, MessageTooLarge, Unreadable
from zorgstroom.events.local import LocalCommandQueue
from zorgstroom.events.ports import (
    BATCH_COMMANDS,
    COMMANDS,
    RESULTS,
    RUNS,
    SESSION_SECONDS,
    CommandQueue,
    DeadLetter,
    Delivery,
    EventLog,
    LogEntry,
)
from zorgstroom.events.schemas import (
    Event,
    RunCancellationRequested,
    RunFailed,
    RunProgressed,
    RunRequested,
    RunSettings,
    make_event,
)
from zorgstroom.settings import Settings

pytestmark = pytest.mark.contract

#: Longer than a member may be silent, with room for a slow machine.
PATIENCE_SECONDS = 40.0


@dataclass
class Bus:
    """One empty bus, and everything opened on it."""

    settings: Settings
    opened: ExitStack

    def queue(self, group: str = "simulators") -> CommandQueue:
        return self.opened.enter_context(closing(open_command_queue(self.settings, group)))

    def log(self) -> EventLog:
        return self.opened.enter_context(closing(open_event_log(self.settings)))

    def put_raw(self, topic: str, value: bytes) -> None:
        """Put bytes on a topic as another program might."""
        if self.settings.bus_url == "local:":
            with closing(sqlite3.connect(self.settings.data_dir / "events.db", timeout=30)) as connection:
                connection.execute(
                    "INSERT INTO messages (topic, key, value) VALUES (?, ?, ?)", (topic, "someone", value)
                )
                connection.commit()
        else:
            from kafka import KafkaProducer

            from zorgstroom.events.kafka import KafkaAddress

            address = KafkaAddress.parse(self.settings.bus_url)
            producer = KafkaProducer(**address.client())
            producer.send(address.topic(topic), key=b"someone", value=value).get(timeout=20)
            producer.close()


@pytest.fixture
def make_bus(tmp_path: Path) -> Iterator[Callable[[str], Bus]]:
    with ExitStack() as opened:
        yield lambda url: Bus(Settings(data_dir=tmp_path, bus_url=url), opened)


@pytest.fixture(params=["local", "kafka"])
def bus(request: pytest.FixtureRequest, make_bus: Callable[[str], Bus]) -> Bus:
    if request.param == "local":
        return make_bus("local:")
    servers = request.getfixturevalue("kafka_broker")
    return make_bus(f"kafka://{servers}?prefix=t{uuid.uuid4().hex[:8]}.")


def requested(run_id: str, name: str = "plan") -> Event:
    payload = RunRequested(scenario={"name": name}, dataset_digest="d", settings=RunSettings())
    return make_event(run_id, "/test", payload)


def progressed(run_id: str, done: int) -> Event:
    return make_event(run_id, "/test", RunProgressed(attempt=1, done=done, total=100))


def take(queue: CommandQueue) -> Delivery:
    """Take the next command, however long the group needs to settle."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        delivery = queue.take(1.0)
        if delivery is not None:
            return delivery
    pytest.fail("no command came")


def read_all(
    log: EventLog, topic: str, count: int, after: str | None = None, limit: int = 100
) -> list[LogEntry]:
    """Read on until `count` entries have come."""
    entries: list[LogEntry] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(entries) < count and time.monotonic() < deadline:
        page = log.read(topic, after, limit, 1.0)
        assert len(page) <= limit
        entries += page
        after = entries[-1].cursor if entries else after
    return entries


def ids(entries: Sequence[LogEntry]) -> list[str]:
    return [entry.event.id for entry in entries]


def test_a_command_is_taken_as_it_was_published(bus: Bus) -> None:
    queue = bus.queue()
    event = requested("run-1", "Oesofagus in één huis — ’s-Gravenhage 🏥")
    queue.publish(event)
    delivery = take(queue)
    assert delivery.event == event
    queue.accept(delivery)
    assert queue.take(0.2) is None


def test_an_accepted_command_does_not_come_back_and_an_unaccepted_one_does(bus: Bus) -> None:
    first = bus.queue()
    accepted, unaccepted = requested("run-1"), requested("run-2")
    first.publish(accepted)
    first.accept(take(first))
    first.publish(unaccepted)
    assert take(first).event == unaccepted
    first.close()
    second = bus.queue()
    again = take(second)
    assert again.event == unaccepted
    second.accept(again)
    second.close()
    assert bus.queue().take(2.0) is None


def test_commands_of_one_run_come_in_order(bus: Bus) -> None:
    queue = bus.queue()
    events = [
        requested("run-1"),
        make_event("run-1", "/test", RunCancellationRequested()),
        requested("run-1"),
    ]
    for event in events:
        queue.publish(event)
    taken = []
    for _ in events:
        delivery = take(queue)
        queue.accept(delivery)
        taken.append(delivery.event)
    assert taken == events


def test_accepting_a_later_command_does_not_accept_an_earlier_one(bus: Bus) -> None:
    first = bus.queue()
    events = {event.id: event for event in (requested(f"run-{number}") for number in range(8))}
    for event in events.values():
        first.publish(event)
    taken = [take(first) for _ in events]
    for delivery in taken[1:]:
        first.accept(delivery)
    first.close()
    assert take(bus.queue()).event == taken[0].event


def test_two_members_share_the_commands_and_none_comes_twice(bus: Bus) -> None:
    members = {"first": bus.queue(), "second": bus.queue()}
    # Both must be members before the commands come: a change of membership may deliver again.
    rounds = 0
    met: set[str] = set()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while met < set(members) and time.monotonic() < deadline:
        before = [requested(f"before-{rounds}-{number}") for number in range(16)]
        rounds += 1
        met |= {name for name, ids in _shared_out(members, before).items() if ids}
    assert met == set(members)
    events = [requested(f"run-{number}") for number in range(30)]
    taken = _shared_out(members, events)
    assert sorted(taken["first"] + taken["second"]) == sorted(event.id for event in events)
    assert taken["first"]
    assert taken["second"]


def _shared_out(members: Mapping[str, CommandQueue], events: Sequence[Event]) -> dict[str, list[str]]:
    """Publish commands and let members take them in turn; return what each of them took, in ids."""
    for event in events:
        members["first"].publish(event)
    missing = {event.id for event in events}
    taken: dict[str, list[str]] = {name: [] for name in members}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while missing and time.monotonic() < deadline:
        for name, queue in members.items():
            delivery = queue.take(0.2)
            if delivery is not None:
                queue.accept(delivery)
                taken[name].append(delivery.event.id)
                missing.discard(delivery.event.id)
    # One that comes twice may come after all that had to come.
    for name, queue in members.items():
        while (delivery := queue.take(0.5)) is not None:
            queue.accept(delivery)
            taken[name].append(delivery.event.id)
    return taken


def test_a_newcomer_gets_its_share_while_the_others_are_busy(bus: Bus) -> None:
    busy, newcomer = bus.queue(), bus.queue()
    busy.publish(requested("long"))
    held = take(busy)
    with _keeping_alive(busy):
        assert len(_take_some(newcomer, 3)) == 3
    busy.accept(held)


def test_a_group_with_a_busy_member_comes_to_rest(
    make_bus: Callable[[str], Bus], kafka_broker: str, caplog: pytest.LogCaptureFixture
) -> None:
    bus = make_bus(f"kafka://{kafka_broker}?prefix=t{uuid.uuid4().hex[:8]}.")
    busy, newcomer = bus.queue(), bus.queue()
    busy.publish(requested("long"))
    take(busy)
    caplog.set_level(logging.INFO, "kafka.coordinator")

    def joins() -> int:
        return sum("(Re-)joining" in message for message in caplog.messages)

    with _keeping_alive(busy):
        assert _take_some(newcomer, 1)
        # What was still under way when the first command came.
        _take_some(newcomer, 100, seconds=SESSION_SECONDS / 5)
        before = joins()
        _take_some(newcomer, 100, seconds=3 * SESSION_SECONDS / 5)
        assert before > 0
        assert joins() == before


def test_members_that_only_look_now_and_then_get_their_share(bus: Bus) -> None:
    # Every answer of the broker comes between two looks.
    members = {"first": bus.queue(), "second": bus.queue()}
    met: set[str] = set()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while met < set(members) and time.monotonic() < deadline:
        for _ in members:
            members["first"].publish(requested(f"run-{uuid.uuid4().hex}"))
        for name, queue in members.items():
            delivery = queue.take(0.0)
            if delivery is not None:
                queue.accept(delivery)
                met.add(name)
        time.sleep(0.2)
    assert met == set(members)


@contextmanager
def _keeping_alive(queue: CommandQueue) -> Iterator[None]:
    """Do what a simulator does that computes: it says now and then that it is there, and takes nothing."""
    done = threading.Event()

    def stay() -> None:
        while not done.wait(0.3):
            queue.keep_alive()

    thread = threading.Thread(target=stay)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _take_some(queue: CommandQueue, count: int, seconds: float = PATIENCE_SECONDS) -> list[str]:
    """Publish commands until so many came to this member, or the time is over; return of which runs."""
    taken: list[str] = []
    deadline = time.monotonic() + seconds
    while len(taken) < count and time.monotonic() < deadline:
        queue.publish(requested(f"run-{uuid.uuid4().hex}"))
        delivery = queue.take(0.3)
        if delivery is not None:
            queue.accept(delivery)
            taken.append(delivery.event.subject)
    return taken


def test_what_was_read_ahead_is_not_lost_when_another_member_comes_and_goes(bus: Bus) -> None:
    first = bus.queue()
    events = [requested(f"run-{number}") for number in range(24)]
    for event in events:
        first.publish(event)
    seen = {take(first).event.id}
    second = bus.queue()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(seen) < 16 and time.monotonic() < deadline:
        for queue in (first, second):
            delivery = queue.take(0.2)
            if delivery is not None:
                queue.accept(delivery)
                seen.add(delivery.event.id)
    second.close()
    while len(seen) < len(events) and time.monotonic() < deadline:
        delivery = first.take(0.5)
        if delivery is not None:
            first.accept(delivery)
            seen.add(delivery.event.id)
    assert seen == {event.id for event in events}


def test_interactive_goes_before_batch_which_can_be_left_alone(bus: Bus) -> None:
    queue = bus.queue()
    batch = [requested(f"batch-{number}") for number in range(3)]
    for event in batch:
        queue.publish(event, BATCH_COMMANDS)
    assert queue.take(1.0, batch=False) is None
    first = take(queue)
    assert first.event in batch
    # Its cancellation does not wait for a batch that nobody takes, nor for the other batches read ahead.
    cancelled = next(event for event in batch if event != first.event)
    cancellation = make_event(cancelled.subject, "/test", RunCancellationRequested(attempt=1))
    interactive = requested("run-1")
    queue.publish(cancellation)
    queue.publish(interactive)
    taken = [queue.take(PATIENCE_SECONDS, batch=False) for _ in range(2)]
    assert {delivery.event.id for delivery in taken if delivery} == {cancellation.id, interactive.id}
    assert queue.take(0.3, batch=False) is None
    rest = [take(queue) for _ in range(2)]
    assert {delivery.event.id for delivery in [first, *rest]} == {event.id for event in batch}
    queue.accept(first)


def test_every_group_gets_every_command(bus: Bus) -> None:
    event = requested("run-1")
    bus.queue("simulators").publish(event)
    assert take(bus.queue("simulators")).event == event
    assert take(bus.queue("watchers")).event == event


def test_a_busy_member_keeps_its_place_and_takes_later(bus: Bus) -> None:
    queue = bus.queue()
    assert queue.take(1.0) is None
    event = requested("run-1")
    queue.publish(event)
    for _ in range(20):
        queue.keep_alive()
        time.sleep(0.05)
    delivery = take(queue)
    assert delivery.event == event
    queue.accept(delivery)


CHILD = """
import sys, time
from pathlib import Path
from zorgstroom.events import open_command_queue
from zorgstroom.settings import Settings
queue = open_command_queue(Settings(data_dir=Path(sys.argv[1]), bus_url=sys.argv[2]), "simulators")
delivery = None
while delivery is None:
    delivery = queue.take(1.0)
print(delivery.event.id, flush=True)
time.sleep(600)
"""


def test_a_command_in_the_hands_of_a_killed_process_goes_to_another(bus: Bus) -> None:
    queue = bus.queue()
    event = requested("run-1")
    queue.publish(event)
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(bus.settings.data_dir), bus.settings.bus_url],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == event.id
        assert queue.take(1.0) is None
        child.send_signal(signal.SIGKILL)
    assert take(queue).event == event


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_setting_the_clock_takes_no_command_from_the_living_and_keeps_none_of_the_dead(
    jump: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.db"
    with (
        closing(LocalCommandQueue(path, "simulators", session_seconds=1.5)) as living,
        closing(LocalCommandQueue(path, "simulators", session_seconds=1.5)) as other,
    ):
        mine, dead = requested("run-1"), requested("run-2")
        living.publish(mine)
        assert take(living).event == mine
        living.publish(dead)
        settings = [str(tmp_path), "local:"]
        with subprocess.Popen([sys.executable, "-c", CHILD, *settings], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline().decode().strip() == dead.id
            true_time = time.time
            monkeypatch.setattr(time, "time", lambda: true_time() + jump)
            living.keep_alive()
            assert other.take(0.2) is None
            child.kill()
        deadline = time.monotonic() + PATIENCE_SECONDS
        delivery = None
        while delivery is None and time.monotonic() < deadline:
            living.keep_alive()
            delivery = other.take(0.2)
        assert delivery is not None
        assert delivery.event == dead
        assert other.take(0.2) is None


def test_members_of_before_a_restart_of_the_machine_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The monotonic clock starts again then: who was seen later than now is no member any more."""
    path = tmp_path / "events.db"
    event = requested("run-1")
    with closing(LocalCommandQueue(path, "simulators")) as before:
        before.publish(event)
        true_time = time.monotonic
        with monkeypatch.context() as later:
            later.setattr("zorgstroom.events.local.time.monotonic", lambda: true_time() + 1e6)
            assert take(before).event == event
        with closing(LocalCommandQueue(path, "simulators")) as after:
            assert take(after).event == event


#: A file as the first release made it: one event, one dead letter, one command taken, one accepted.
FIRST_RELEASE = """
CREATE TABLE messages (place INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, key TEXT NOT NULL,
                       value BLOB NOT NULL);
CREATE INDEX messages_by_topic ON messages (topic, place);
CREATE TABLE dead_letters (place INTEGER PRIMARY KEY REFERENCES messages (place), reason TEXT NOT NULL);
CREATE TABLE members (member TEXT PRIMARY KEY, seen REAL NOT NULL);
CREATE TABLE open_commands (team TEXT NOT NULL, place INTEGER NOT NULL, key TEXT NOT NULL, member TEXT,
                            PRIMARY KEY (team, place)) WITHOUT ROWID;
CREATE TABLE teams (team TEXT PRIMARY KEY, read_until INTEGER NOT NULL);
PRAGMA user_version=1;
INSERT INTO dead_letters VALUES (2, 'not json');
INSERT INTO members VALUES ('gone', 1790000000.0);
INSERT INTO open_commands VALUES ('simulators', 4, 'run-2', 'gone');
INSERT INTO teams VALUES ('simulators', 4);
"""


def test_a_file_of_the_first_release_goes_on(tmp_path: Path, make_bus: Callable[[str], Bus]) -> None:
    event, accepted, taken = progressed("run-1", 1), requested("run-1"), requested("run-2")
    with closing(sqlite3.connect(tmp_path / "events.db")) as connection:
        connection.executescript(FIRST_RELEASE)
        for topic, key, value in [
            (RUNS, "run-1", event.model_dump_json().encode()),
            (RUNS, "someone", b"not json"),
            (COMMANDS, "run-1", accepted.model_dump_json().encode()),
            (COMMANDS, "run-2", taken.model_dump_json().encode()),
        ]:
            connection.execute(
                "INSERT INTO messages (topic, key, value) VALUES (?, ?, ?)", (topic, key, value)
            )
        connection.commit()
    bus = make_bus("local:")
    log, queue = bus.log(), bus.queue()
    assert ids(read_all(log, RUNS, 1)) == [event.id]
    (letter,) = log.dead_letters(10)
    assert (letter.value, letter.time) == (b"not json", None)
    delivery = take(queue)
    assert delivery.event == taken
    queue.accept(delivery)
    later = requested("run-3")
    queue.publish(later, BATCH_COMMANDS)
    assert take(queue).event == later


def test_the_log_gives_everything_back_in_order_per_run(bus: Bus) -> None:
    log = bus.log()
    events = [progressed(f"run-{number % 5}", number) for number in range(60)]
    log.publish(RUNS, events[:20])
    for event in events[20:]:
        log.publish(RUNS, [event])
    entries = read_all(bus.log(), RUNS, len(events), limit=7)
    assert sorted(ids(entries)) == sorted(event.id for event in events)
    for run in range(5):
        of_run = [entry.event for entry in entries if entry.event.subject == f"run-{run}"]
        assert of_run == events[run::5]


def test_reading_goes_on_after_a_cursor_in_another_log_object(bus: Bus) -> None:
    events = [progressed(f"run-{number}", number) for number in range(20)]
    log = bus.log()
    log.publish(RUNS, events[:15])
    # From one reading: events of different runs come in any order.
    first = log.read(RUNS, None, 5, 5.0)
    seen, cursor = ids(first), first[-1].cursor
    log.close()
    again = bus.log()
    again.publish(RUNS, events[15:])
    rest = ids(read_all(again, RUNS, 20 - len(seen), after=cursor))
    assert sorted(seen + rest) == sorted(event.id for event in events)
    # And from the beginning, everything again.
    assert sorted(ids(read_all(again, RUNS, 20))) == sorted(event.id for event in events)


def test_reading_from_the_end_gives_only_what_comes_later(bus: Bus) -> None:
    log = bus.log()
    log.publish(RUNS, [progressed(f"run-{number}", 1) for number in range(10)])
    end = log.end(RUNS)
    assert log.read(RUNS, end, 10, 0.5) == []
    assert (log.behind(RUNS, None), log.behind(RUNS, end)) == (10, 0)
    later = progressed("run-3", 2)
    log.publish(RUNS, [later])
    assert log.behind(RUNS, end) == 1
    assert ids(read_all(log, RUNS, 1, after=end)) == [later.id]


def test_topics_are_apart_and_commands_can_be_watched(bus: Bus) -> None:
    log, queue = bus.log(), bus.queue()
    run, result, command = progressed("run-1", 1), progressed("run-1", 2), requested("run-1")
    log.publish(RUNS, [run])
    log.publish(RESULTS, [result])
    queue.publish(command)
    assert [ids(read_all(log, topic, 1)) for topic in (RUNS, RESULTS, COMMANDS)] == [
        [run.id],
        [result.id],
        [command.id],
    ]


def test_a_reader_that_waits_gets_what_is_published_meanwhile(bus: Bus) -> None:
    log, writer = bus.log(), bus.log()
    assert log.read(RUNS, None, 10, 0.3) == []
    event = progressed("run-1", 1)
    writer.publish(RUNS, [event])
    assert ids(read_all(log, RUNS, 1)) == [event.id]


def unreadable_values() -> list[bytes]:
    good = requested("run-1").model_dump()
    wrong: list[dict[str, object]] = [
        {"type": "nl.zorgstroom.run.requested.v9"},
        {"type": "com.example.other"},
        {"data": {"scenario": 3}},
        {"data": []},
        {"subject": 1},
        {"specversion": "2.0"},
        {"time": 1e300},
        {"type": None},
    ]
    return [
        b"\xff\x00 not json",
        b'{"specversion": "1.0"}',
        b"",
        b"null",
        b"[" * 100_000,
        json.dumps(good, default=str).encode().replace(b'"plan"', b'{"a":' * 5000 + b"1" + b"}" * 5000),
        json.dumps(good, default=str).encode().replace(b'"plan"', b"9" * 50_000),
        json.dumps(good, default=str).encode().replace(b'"plan"', b'"\\ud800"'),
        json.dumps(good, default=str).encode("utf-16"),
        *(json.dumps(good | change, default=str).encode() for change in wrong),
    ]


def test_what_a_newer_version_adds_is_ignored_and_what_it_invents_is_told_apart(bus: Bus) -> None:
    log = bus.log()
    assert log.read(RUNS, None, 1, 0.1) == []
    event = progressed("run-1", 1)
    document = event.model_dump(mode="json")
    added = document | {"traceparent": "00-1", "data": document["data"] | {"later": {"deep": [1]}}}
    bus.put_raw(RUNS, json.dumps(added).encode())
    invented = document | {"type": "nl.zorgstroom.run.completed.v9"}
    bus.put_raw(RUNS, json.dumps(invented).encode())
    (entry,) = read_all(log, RUNS, 1)
    assert entry.event.payload() == event.payload()
    log.read(RUNS, entry.cursor, 10, 0.5)
    (letter,) = letters_of(log, 1)
    assert letter.reason.startswith("made by a newer version: update this service")
    assert "nl.zorgstroom.run.completed.v9" in letter.reason


def test_unreadable_messages_go_to_the_dead_letters_once_with_their_bytes(bus: Bus) -> None:
    log, queue = bus.log(), bus.queue()
    good_event, good_command = progressed("run-1", 1), requested("run-1")
    assert queue.take(0.1) is None
    assert log.read(RUNS, None, 1, 0.1) == []
    values = unreadable_values()
    for value in values:
        bus.put_raw(RUNS, value)
        bus.put_raw(COMMANDS, value)
    log.publish(RUNS, [good_event])
    queue.publish(good_command)
    assert ids(read_all(log, RUNS, 1)) == [good_event.id]
    read_all(bus.log(), RUNS, 1)
    assert take(queue).event == good_command
    # Partitions are read in any order: read on, so that every message has been met.
    while log.read(RUNS, None, 100, 1.0) and len(log.dead_letters(100)) < 2 * len(values):
        queue.take(0.2)
    letters = log.dead_letters(100)
    for topic in (RUNS, COMMANDS):
        found = sorted(letter.value for letter in letters if letter.topic == topic)
        assert found == sorted(values)
    assert all(letter.reason and letter.place for letter in letters)
    assert any("nl.zorgstroom.run.requested.v9" in letter.reason for letter in letters)
    assert len(log.dead_letters(3)) == 3


def letters_of(log: EventLog, count: int) -> Sequence[DeadLetter]:
    """Return the dead letters when there are `count` of them."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(letters := log.dead_letters(100)) != count and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(letters) == count, [letter.name for letter in letters]
    return letters


def test_what_cannot_be_used_is_buried_as_it_came_and_comes_back_on_request(bus: Bus) -> None:
    log, queue = bus.log(), bus.queue()
    event, command = progressed("run-1", 1), requested("run-2")
    # Another program may send more than we keep: the dead letter is what came.
    assert log.read(RUNS, None, 1, 0.1) == []
    came = event.model_dump_json().replace('{"specversion"', '{"later": 1, "specversion"').encode()
    bus.put_raw(RUNS, came)
    queue.publish(command, BATCH_COMMANDS)
    (entry,) = read_all(log, RUNS, 1)
    log.bury(entry, "no such run")
    log.bury(entry, "no such run")
    # The reason is another program's text too.
    queue.reject(take(queue), "broken \ud800" + "x" * 5000)
    assert queue.take(0.2) is None
    letters = {letter.topic: letter for letter in letters_of(log, 2)}
    assert (letters[RUNS].value, letters[RUNS].reason) == (came, "no such run")
    assert letters[BATCH_COMMANDS].key == "run-2"
    assert letters[BATCH_COMMANDS].reason.startswith("broken")
    for letter in letters.values():
        assert letter.time is not None
        assert abs((letter.time - event.time).total_seconds()) < 600
    log.resubmit(letters[RUNS])
    log.resubmit(letters[BATCH_COMMANDS])
    again = take(queue)
    assert again.event == command
    queue.accept(again)
    (entry, copy) = read_all(bus.log(), RUNS, 2)
    assert entry.event == copy.event == event
    letters_of(bus.log(), 0)


def test_a_dead_letter_that_still_cannot_be_read_stays_until_it_is_discarded(bus: Bus) -> None:
    log, queue = bus.log(), bus.queue()
    assert log.read(RUNS, None, 1, 0.1) == []
    for value in (b"not json", b""):
        bus.put_raw(RUNS, value)
    log.publish(RUNS, [progressed("run-1", 1)])
    log.publish(RUNS, [progressed("someone", 1)])
    read_all(log, RUNS, 2)
    letters = letters_of(log, 2)
    with pytest.raises(Unreadable):
        log.resubmit(letters[0])
    assert letters_of(log, 2) == letters
    log.discard(letters[0])
    assert letters_of(bus.log(), 1) == [letters[1]]
    log.discard(letters[1])
    letters_of(log, 0)
    assert queue.take(0.1) is None


def test_an_event_that_is_too_large_is_refused_before_anything_is_stored(bus: Bus) -> None:
    log, queue = bus.log(), bus.queue()
    good = progressed("run-1", 1)
    large = make_event("run-1", "/test", RunFailed(attempt=1, key="x" * 1_100_000))
    with pytest.raises(MessageTooLarge, match="at most 1000000 bytes"):
        log.publish(RUNS, [good, large])
    with pytest.raises(MessageTooLarge):
        queue.publish(requested("run-1", "x" * 1_100_000))
    nearly = make_event("run-1", "/test", RunFailed(attempt=1, key="x" * 990_000))
    log.publish(RUNS, [nearly])
    assert ids(read_all(log, RUNS, 1)) == [nearly.id]
    # Many of them are read in parts that fit in memory.
    log.publish(RESULTS, [nearly] * 12)
    entries: list[LogEntry] = []
    while len(entries) < 12:
        page = log.read(RESULTS, entries[-1].cursor if entries else None, 100, PATIENCE_SECONDS)
        assert 1 <= len(page) <= 9
        entries += page


@pytest.mark.parametrize("cursor", ["", "x", "1;DROP TABLE messages", "-1", "9" * 30, "99.1", "0.-1", "0.5-"])
def test_a_cursor_of_somebody_else_is_refused(bus: Bus, cursor: str) -> None:
    log = bus.log()
    log.publish(RUNS, [progressed("run-1", 1)])
    with pytest.raises(InvalidCursor):
        log.read(RUNS, cursor, 10, 0.1)


WRITER = """
import sys
from pathlib import Path
from zorgstroom.events import open_event_log
from zorgstroom.events.ports import RUNS
from zorgstroom.events.schemas import RunProgressed, make_event
from zorgstroom.settings import Settings
log = open_event_log(Settings(data_dir=Path(sys.argv[1]), bus_url=sys.argv[2]))
for number in range(int(sys.argv[4])):
    log.publish(RUNS, [make_event(sys.argv[3], "/test", RunProgressed(attempt=1, done=number, total=1))])
    print(number, flush=True)
"""


def start_writer(bus: Bus, run_id: str, count: int) -> subprocess.Popen[str]:
    arguments = [str(bus.settings.data_dir), bus.settings.bus_url, run_id, str(count)]
    return subprocess.Popen([sys.executable, "-c", WRITER, *arguments], stdout=subprocess.PIPE, text=True)


def test_processes_that_start_together_write_one_log(bus: Bus) -> None:
    writers = [start_writer(bus, f"run-{number}", 20) for number in range(3)]
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    entries = read_all(bus.log(), RUNS, 60)
    for number in range(3):
        done = [entry.event.data["done"] for entry in entries if entry.event.subject == f"run-{number}"]
        assert done == list(range(20))


def test_what_was_published_survives_kill_9_of_the_publisher(bus: Bus) -> None:
    with start_writer(bus, "run-1", 10**6) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) == 50:
                break
        writer.send_signal(signal.SIGKILL)
        confirmed = [50, *(int(line) for line in writer.stdout.read().split("\n")[:-1])][-1]
    done = [entry.event.data["done"] for entry in read_all(bus.log(), RUNS, confirmed + 1)]
    assert done[: confirmed + 1] == list(range(confirmed + 1))


def test_a_file_that_was_lost_is_read_from_its_beginning(
    tmp_path: Path, make_bus: Callable[[str], Bus]
) -> None:
    """What was read of the file before says nothing about the one that is made in its place."""
    before = make_bus(f"local:{tmp_path / 'one.db'}").log()
    before.publish(RUNS, [progressed("run-1", done) for done in range(5)])
    cursor = before.end(RUNS)
    after = make_bus(f"local:{tmp_path / 'two.db'}").log()
    assert after.read(RUNS, cursor, 10, 0.0) == []
    after.publish(RUNS, [progressed("run-1", 7)])
    assert after.behind(RUNS, cursor) == 1
    assert [entry.event.data["done"] for entry in after.read(RUNS, cursor, 10, 0.0)] == [7]


def test_a_read_only_or_broken_place_says_unavailable(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(b"this is no database, whatever its name" * 100)
    with pytest.raises(Unavailable, match=r"events\.db"):
        open_event_log(Settings(data_dir=tmp_path))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("rabbit://host", "unknown kind"),
        ("kafka://", "no broker"),
        ("kafka://user:secret@host:9092", "ZORGSTROOM_KAFKA_PASSWORD"),
        ("kafka://host:9092?security=MAYBE", "security is not one of"),
        ("kafka://host:9092?security=SASL_SSL", "are not set"),
        ("kafka://host:9092?securty=SSL", "unknown option securty"),
    ],
)
def test_a_wrong_address_is_named_without_its_password(url: str, reason: str) -> None:
    with pytest.raises(InvalidBusUrl, match=reason) as caught:
        open_event_log(Settings(bus_url=url))
    assert "secret" not in str(caught.value)


def test_security_options_reach_the_client_and_stay_out_of_texts() -> None:
    from zorgstroom.events.kafka import KafkaAddress

    settings = Settings.model_validate({"kafka_username": "zorg", "kafka_password": "geheim-woord"})
    address = KafkaAddress.parse(
        "kafka://a:9092,b:9092?security=SASL_SSL&mechanism=PLAIN&cafile=/ca.pem",
        settings.kafka_username,
        settings.kafka_password,
    )
    client = address.client()
    assert client["bootstrap_servers"] == ["a:9092", "b:9092"]
    assert client["security_protocol"] == "SASL_SSL"
    assert client["ssl_cafile"] == "/ca.pem"
    assert client["sasl_mechanism"] == "PLAIN"
    assert client["sasl_plain_password"] == "geheim-woord"
    assert "geheim-woord" not in f"{address!r} {settings!r}"


def test_without_a_broker_the_bus_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zorgstroom.events.kafka.CONNECT_SECONDS", 1.0)
    (port,) = free_ports(1)
    with closing(open_event_log(Settings(bus_url=f"kafka://127.0.0.1:{port}"))) as log:
        with pytest.raises(Unavailable):
            log.publish(RUNS, [progressed("run-1", 1)])
        with pytest.raises(Unavailable):
            log.read(RUNS, None, 1, 0.1)


def test_a_restart_of_the_broker_loses_nothing(
    own_kafka_broker: Broker, make_bus: Callable[[str], Bus]
) -> None:
    bus = make_bus(f"kafka://{own_kafka_broker.servers}")
    log, queue = bus.log(), bus.queue()
    published = [progressed("run-1", 0)]
    log.publish(RUNS, published)
    queue.publish(requested("run-0"))
    queue.accept(take(queue))
    # The same objects go on, after an ordinary stop and after a power cut.
    for number, end in enumerate([own_kafka_broker.stop, own_kafka_broker.kill], start=1):
        assert ids(read_all(log, RUNS, number)) == [event.id for event in published]
        end()
        assert queue.take(0.5) is None
        # Silence of the bus must not be taken for silence of those who speak on it.
        with pytest.raises(Unavailable):
            read_all(log, RUNS, number + 1)
        own_kafka_broker.start()
        published.append(progressed("run-1", number))
        log.publish(RUNS, published[-1:])
        command = requested(f"run-{number}")
        queue.publish(command)
        delivery = take(queue)
        assert delivery.event == command
        queue.accept(delivery)
    assert ids(read_all(log, RUNS, 3)) == [event.id for event in published]


def test_a_producer_that_met_an_error_for_good_is_replaced(
    kafka_broker: str, make_bus: Callable[[str], Bus]
) -> None:
    """The broker refuses a message larger than the topic takes; the next one must go through."""
    from kafka import KafkaAdminClient
    from kafka.admin import ConfigResource, ConfigResourceType

    prefix = f"t{uuid.uuid4().hex[:8]}."
    log = make_bus(f"kafka://{kafka_broker}?prefix={prefix}").log()
    log.publish(RUNS, [progressed("run-1", 1)])
    admin = KafkaAdminClient(bootstrap_servers=kafka_broker)
    topic = ConfigResource(ConfigResourceType.TOPIC, prefix + RUNS, {"max.message.bytes": "5000"})
    admin.alter_configs([topic])
    admin.close()
    # To say that the bus is away would have it tried for ever, and hold up everything after it.
    with pytest.raises(MessageTooLarge, match=r"max\.message\.bytes"):
        log.publish(RUNS, [make_event("run-1", "/test", RunFailed(attempt=1, key="x" * 10_000))])
    log.publish(RUNS, [progressed("run-1", 2)])
    assert [entry.event.data["done"] for entry in read_all(log, RUNS, 2)] == [1, 2]
