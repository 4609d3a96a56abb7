"""The store on SQLite and on a real PostgreSQL: the same rows, the same guarantees."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from tests.support import sample_result

from zorgstroom.errors import Unavailable
from zorgstroom.events.codec import InvalidBusUrl
from zorgstroom.events.local import LocalCommandQueue, LocalEventLog
from zorgstroom.events.ports import BATCH_COMMANDS, COMMANDS, RESULTS, RUNS, LogEntry
from zorgstroom.events.schemas import (
    Artefact,
    Event,
    HeadlineIndicator,
    Payload,
    ReplicationCompleted,
    ResultPublished,
    RunAccepted,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunProgressed,
    RunRequested,
    RunSettings,
    make_event,
)
from zorgstroom_api.changes import Changes
from zorgstroom_api.dispatcher import AGAIN_AFTER, Dispatcher, dispatch
from zorgstroom_api.ingest import apply_batch, apply_events
from zorgstroom_api.outbox import OutboxRelay, enqueue, waiting
from zorgstroom_api.projector import Projector
from zorgstroom_api.reaper import LONGEST_GAP_SECONDS, Reaper
from zorgstroom_api.runs.places import Places
from zorgstroom_api.runs.recording import record, request_of
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.scenarios.repository import ScenarioRepository
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import upgrade
from zorgstroom_api.store.models import (
    ArtefactRow,
    Base,
    CursorRow,
    EarlyResultRow,
    HeadlineRow,
    HolderRow,
    OutboxRow,
    RemovedRow,
    ResultRow,
    RunRow,
    ScenarioRow,
)
from zorgstroom_api.turns import Limits

pytestmark = pytest.mark.contract

RUN = "0123456789abcdef"
#: What a replay must rebuild.
REBUILT = (ScenarioRow, HolderRow, RunRow, HeadlineRow, ResultRow, ArtefactRow, EarlyResultRow, RemovedRow)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    upgrade(database)
    yield database
    database.close()


def requested(attempt: int = 1) -> RunRequested:
    return RunRequested(
        scenario=dict(sample_result.PLAN),
        dataset_digest="d" * 64,
        settings=RunSettings(replications=2),
        attempt=attempt,
    )


def published(attempt: int = 1) -> ResultPublished:
    artefacts = [
        Artefact(name=name, key=f"aa/{name}", sha256="a" * 64, table_digest="b" * 64, rows=3, bytes=100)
        for name in ("impact", "flows")
    ]
    return ResultPublished(attempt=attempt, artefacts=artefacts, manifest={"model_version": "1", "seed": 1})


def replication(number: int, attempt: int = 1) -> ReplicationCompleted:
    indicators = [
        HeadlineIndicator(scenario=scenario, indicator="travel", total=100 * number + attempt, count=10)
        for scenario in ("baseline", "plan")
    ]
    return ReplicationCompleted(attempt=attempt, replication=number, indicators=indicators)


def complete_story() -> list[Payload]:
    return [
        requested(),
        RunAccepted(attempt=1, worker="one"),
        RunProgressed(attempt=1, done=1, total=2),
        replication(0),
        replication(1),
        RunProgressed(attempt=1, done=2, total=2),
        published(),
        RunCompleted(attempt=1, replications=2, wall_seconds=1.5),
    ]


def events_of(story: list[Payload], run_id: str = RUN) -> list[Event]:
    """Events a second apart, so that every moment can be told from every other."""
    start = dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.UTC)
    return [
        make_event(run_id, "test", payload).model_copy(update={"time": start + dt.timedelta(seconds=second)})
        for second, payload in enumerate(story)
    ]


def apply(database: Database, events: list[Event]) -> None:
    for event in events:
        with database.write() as session:
            apply_events(session, [event])


def run_row(database: Database, run_id: str = RUN) -> RunRow:
    with database.read() as session:
        return RunRepository(session).get(run_id)


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.read() as session:
        return {
            model.__tablename__: sorted(map(tuple, session.execute(select(*columns(model)))), key=repr)
            for model in REBUILT
        }


def columns(model: type[Base]) -> list[Any]:
    """What a replay must rebuild; which runs were given to the simulators is this service's own bookkeeping."""
    return [column for column in model.__table__.columns if column.name != "dispatched"]


def topic_of(event: Event) -> str:
    return RESULTS if isinstance(event.payload(), ResultPublished) else RUNS


# Tables


def test_migrations_give_the_tables_of_the_models(database: Database) -> None:
    with database.connection() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_and_at_once_is_harmless(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(3)]
    failures: list[BaseException] = []

    def migrate(database: Database) -> None:
        try:
            upgrade(database)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with databases[0].read() as session:
        assert session.scalars(select(func.count()).select_from(RunRow)).one() == 0
    for database in databases:
        database.close()


def test_moments_keep_their_microseconds_and_are_utc(database: Database) -> None:
    moment = dt.datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    with database.write() as session:
        row = ScenarioRepository(session).add(sample_result.scenario(), moment)
        identifier = row.id
    with database.read() as session:
        created = ScenarioRepository(session).get(identifier).created
    assert created == moment
    assert created.utcoffset() == dt.timedelta(0)


def test_what_the_schema_forbids_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(
            ArtefactRow(
                run_id="nowhere",
                name="x",
                key="k",
                sha256="",
                table_digest="",
                rows=0,
                bytes=0,
                schema_version=1,
            )
        )
    apply(database, events_of([requested()]))
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(text("UPDATE runs SET state = 'asleep'"))


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    def fail(session: Session) -> None:
        ScenarioRepository(session).add(sample_result.scenario(), dt.datetime.now(dt.UTC))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.write() as session:
        fail(session)
    assert everything(database)["scenarios"] == []


def test_no_writer_loses_to_another(database: Database) -> None:
    """Sixteen threads read a counter and write it back, 25 times each; deferred transactions lose most."""
    with database.write() as session:
        session.add(CursorRow(topic="counter", cursor="0"))
    failures: list[BaseException] = []

    def count() -> None:
        try:
            for _ in range(25):
                with database.write() as session:
                    row = session.get_one(CursorRow, "counter", with_for_update=True)
                    row.cursor = str(int(row.cursor) + 1)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=count) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.read() as session:
        assert session.get_one(CursorRow, "counter").cursor == "400"


def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}", f"postgresql+psycopg://nobody@/none?host={tmp_path}"):
        database = Database(url)
        with pytest.raises(Unavailable), database.read() as session:
            session.execute(text("SELECT 1"))
        database.close()


def test_sqlite_keeps_what_it_accepted_through_a_power_cut(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    upgrade(database)
    with database.read() as session:
        found = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
    database.close()


# Events into rows


def test_a_run_from_request_to_result(database: Database) -> None:
    events = events_of(complete_story())
    states = []
    for event in events:
        apply(database, [event])
        row = run_row(database)
        states.append((row.state, row.done))
    assert states == [
        ("queued", 0),
        ("running", 0),
        ("running", 1),
        ("running", 1),
        ("running", 1),
        ("running", 2),
        ("running", 2),
        ("completed", 2),
    ]
    row = run_row(database)
    assert (row.created, row.accepted, row.heartbeat, row.computed) == (
        events[0].time,
        events[1].time,
        events[5].time,
        events[7].time,
    )
    found = everything(database)
    assert [item[1:] for item in found["headline_indicators"]] == [
        (number, scenario, "travel", 100 * number + 1, 10)
        for number in (0, 1)
        for scenario in ("baseline", "plan")
    ]
    assert [item[1] for item in found["artefacts"]] == ["flows", "impact"]


def test_a_run_is_not_completed_before_its_results_are_known(database: Database) -> None:
    *before, results, completed = events_of(complete_story())
    apply(database, [*before, completed])
    assert run_row(database).state == "running"
    apply(database, [results])
    assert run_row(database).state == "completed"


def test_every_event_twice_is_the_same_as_once(database: Database) -> None:
    events = events_of(complete_story())
    apply(database, events)
    once = everything(database)
    apply(database, events)
    apply(database, [event for event in events for _ in (1, 2)])
    assert everything(database) == once


def test_the_first_result_stays(database: Database) -> None:
    apply(database, events_of(complete_story()))
    once = everything(database)
    again = [
        requested(2),
        RunAccepted(attempt=2, worker="two"),
        replication(0, attempt=2),
        published(attempt=2),
        RunCompleted(attempt=2, replications=2, wall_seconds=9.9),
    ]
    apply(database, events_of(again))
    assert {**everything(database), "runs": []} == {**once, "runs": []}
    row = run_row(database)
    assert (row.state, row.done, row.wall_seconds) == ("completed", 2, 1.5)


def test_a_later_attempt_replaces_an_earlier_one_and_old_news_changes_nothing(database: Database) -> None:
    apply(
        database,
        events_of(
            [requested(), RunAccepted(attempt=1, worker="one"), RunProgressed(attempt=1, done=1, total=2)]
        ),
    )
    apply(database, events_of([requested(2)]))
    row = run_row(database)
    assert (row.state, row.attempt, row.done, row.worker, row.heartbeat) == ("queued", 2, 0, "", None)
    apply(database, events_of([RunProgressed(attempt=1, done=2, total=2), RunFailed(attempt=1, key="x")]))
    assert (run_row(database).state, run_row(database).done) == ("queued", 0)


ENDINGS: list[Payload] = [
    RunFailed(attempt=1, key="error.one", params={"n": 1}),
    RunFailed(attempt=1, key="error.two", retriable=True),
    RunCancelled(attempt=1),
    RunCancelled(attempt=1),
    RunCompleted(attempt=1, replications=2, wall_seconds=1.0),
    published(),
    requested(2),
]


def test_the_outcome_does_not_depend_on_who_was_first(database: Database) -> None:
    """What this service decides stands elsewhere in the log than it was folded in; the rows must not differ."""
    begin = events_of([requested(), RunAccepted(attempt=1, worker="one")])
    for one, other in itertools.combinations(events_of(ENDINGS), 2):
        outcomes = []
        for order in ((one, other), (other, one)):
            with database.write() as session:
                for model in reversed(REBUILT):
                    session.execute(delete(model))
                for event in (*begin, *order):
                    apply_events(session, [event])
            outcomes.append(everything(database))
        assert outcomes[0] == outcomes[1], (one.payload(), other.payload())


def test_a_result_that_was_read_before_its_request_counts_when_the_run_was_asked_for_again_here(
    database: Database,
) -> None:
    """The tables are of before the fourth attempt, which somebody asks for again before the bus has been read."""
    apply(database, events_of([requested(), RunCancelled(attempt=1)]))
    apply(database, events_of([published(4)]))
    with database.write() as session:
        row = RunRepository(session).get(RUN, for_update=True)
        record(session, row, request_of(session, row, 4))
    last = RunCompleted(attempt=4, replications=2, wall_seconds=1.0)
    apply(database, events_of([requested(4), RunAccepted(attempt=4, worker="one"), last]))
    assert run_row(database).state == "completed"


def test_a_simulator_that_takes_up_a_cancelled_run_is_told_again_to_stop(database: Database) -> None:
    """It began after the cancellation was told; or the command lay on the topic of batches for long."""
    apply(database, events_of([requested(), RunCancelled(attempt=1), RunAccepted(attempt=1, worker="late")]))
    assert outbox(database) == [(COMMANDS, "cancellation-requested", 1)]
    # Who takes up the next attempt is left alone, and so is who had it before it was cancelled.
    apply(database, events_of([requested(4), RunAccepted(attempt=4, worker="one"), RunCancelled(attempt=4)]))
    assert len(outbox(database)) == 1


def test_events_of_an_unknown_run_are_passed_over(database: Database) -> None:
    apply(database, events_of([RunAccepted(attempt=1, worker="one")]))
    assert everything(database)["runs"] == []


def test_a_scenario_of_a_later_version_is_put_aside_and_does_not_stop_the_reading(
    database: Database, tmp_path: Path
) -> None:
    unreadable = requested().model_copy(update={"scenario": {"zorgstroom": 99, "name": "later"}})
    with closing(LocalEventLog(tmp_path / "bus.db")) as log:
        log.publish(RUNS, [*events_of([unreadable]), *events_of([requested()], run_id="other")])
        Projector(database, lambda: log, 0.0).step()
        (letter,) = log.dead_letters(10)
    assert "zorgstroom" in letter.reason
    assert run_row(database, "other").state == "queued"
    assert len(everything(database)["runs"]) == 1


# Reading the bus


def test_replaying_into_an_empty_database_gives_identical_rows(database: Database, tmp_path: Path) -> None:
    """Forty runs with restarts, failures and cancellations, folded in batches and in one go."""
    chance = random.Random(1)
    log = LocalEventLog(tmp_path / "bus.db")
    stories = {}
    for number in range(40):
        story: list[Payload] = [requested()]
        attempt = 1
        while chance.random() < 0.5 and attempt < 3:
            story += [
                RunAccepted(attempt=attempt, worker="w"),
                RunProgressed(attempt=attempt, done=1, total=2),
            ]
            attempt += 1
            story.append(requested(attempt))
        ending = chance.choice(["completed", "failed", "cancelled", "open"])
        story.append(RunAccepted(attempt=attempt, worker="v"))
        if ending == "completed":
            story += [replication(0, attempt), replication(1, attempt), published(attempt)]
            story.append(RunCompleted(attempt=attempt, replications=2, wall_seconds=1.0))
        elif ending == "failed":
            story.append(RunFailed(attempt=attempt, key="error.internal"))
        elif ending == "cancelled":
            story.append(RunCancelled(attempt=attempt))
        stories[f"run-{number:02}"] = events_of(story, f"run-{number:02}")
    while stories:
        run_id = chance.choice(sorted(stories))
        event = stories[run_id].pop(0)
        log.publish(topic_of(event), [event])
        if not stories[run_id]:
            del stories[run_id]
        if chance.random() < 0.1:
            Projector(database, lambda: log, 0.0).step()
    while read(log, database):
        pass
    live = everything(database)
    assert {row[7] for row in live["runs"]} == {"completed", "failed", "cancelled", "running"}

    with database.write() as session:
        for model in (CursorRow, *reversed(REBUILT)):
            session.execute(delete(model))
    while read(log, database):
        pass
    assert everything(database) == live
    log.close()


def read(log: LocalEventLog, database: Database) -> bool:
    """Read on until nothing is left; return whether there was anything."""
    before = cursors(database)
    Projector(database, lambda: log, 0.0).step()
    return cursors(database) != before


def cursors(database: Database) -> dict[str, str]:
    with database.read() as session:
        return {row.topic: row.cursor for row in session.scalars(select(CursorRow))}


def test_effects_and_cursor_are_written_together(database: Database) -> None:
    entries = [
        LogEntry(RUNS, event, str(place)) for place, event in enumerate(events_of([requested()]), start=1)
    ]

    def fail(session: Session) -> None:
        apply_batch(session, RUNS, None, entries)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.write() as session:
        fail(session)
    assert cursors(database) == {}
    assert everything(database)["runs"] == []
    with database.write() as session:
        apply_batch(session, RUNS, None, entries)
    assert cursors(database) == {RUNS: "1"}


def test_a_second_reader_does_not_go_back(database: Database) -> None:
    events = events_of(
        [requested(), RunAccepted(attempt=1, worker="one"), RunProgressed(attempt=1, done=1, total=2)]
    )
    entries = [LogEntry(RUNS, event, str(place)) for place, event in enumerate(events, start=1)]
    with database.write() as session:
        apply_batch(session, RUNS, None, entries)
    with database.write() as session:
        apply_batch(session, RUNS, None, entries[:1])
    assert cursors(database) == {RUNS: "3"}


# Sending to the bus


class Bus:
    """Opens the real local bus, or says that it is down."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.down = False

    def log(self) -> LocalEventLog:
        if self.down:
            raise Unavailable(what="bus")
        return LocalEventLog(self.path)

    def queue(self) -> LocalCommandQueue:
        if self.down:
            raise Unavailable(what="bus")
        return LocalCommandQueue(self.path, "simulators")


def test_nothing_is_lost_while_the_bus_is_down(database: Database, tmp_path: Path) -> None:
    bus = Bus(tmp_path / "bus.db")
    bus.down = True
    events = events_of([requested(), requested(2)])
    with database.write() as session:
        for event in events:
            enqueue(session, RUNS, event)
            enqueue(session, COMMANDS, event)
    relay = OutboxRelay(database, bus.queue, bus.log, 0.01)
    with pytest.raises(Unavailable):
        relay.step()
    with database.read() as session:
        assert len(waiting(session)) == 4
    bus.down = False
    relay.step()
    with database.read() as session:
        assert not waiting(session)
    relay.close()
    log = bus.log()
    assert [entry.event for entry in log.read(RUNS, None, 10, 0)] == events
    log.close()
    queue = bus.queue()
    taken = []
    while (delivery := queue.take(0)) is not None:
        taken.append(delivery.event)
        queue.accept(delivery)
    queue.close()
    assert taken == events


def test_what_can_never_be_sent_does_not_hold_up_the_rest(database: Database, tmp_path: Path) -> None:
    bus = Bus(tmp_path / "bus.db")
    huge = requested().model_copy(update={"owner": "x" * 1_100_000})
    events = events_of([huge, requested()])
    with database.write() as session:
        for event in events:
            enqueue(session, COMMANDS, event)
    relay = OutboxRelay(database, bus.queue, bus.log, 0.01)
    relay.step()
    relay.close()
    with database.read() as session:
        kept, told = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
    assert kept.event["id"] == events[0].id
    assert kept.refused
    with closing(bus.log()) as log:
        assert [entry.event for entry in log.read(COMMANDS, None, 10, 0)] == events[1:]
    # No simulator hears of this run, so it does not wait for one.
    apply(database, [events[1], Event.model_validate(told.event)])
    assert (told.topic, run_row(database).state) == (RUNS, "failed")
    assert run_row(database).error_key == "error.message_too_large"


def test_a_bus_whose_address_is_wrong_loses_nothing(database: Database, tmp_path: Path) -> None:
    """It can be put right; what waits is sent then."""

    def wrong() -> Any:
        raise InvalidBusUrl(url="x", reason="y")

    [event] = events_of([requested()])
    with database.write() as session:
        enqueue(session, RUNS, event)
    with pytest.raises(InvalidBusUrl):
        OutboxRelay(database, wrong, wrong, 0.01).step()
    bus = Bus(tmp_path / "bus.db")
    relay = OutboxRelay(database, bus.queue, bus.log, 0.01)
    relay.step()
    relay.close()
    with closing(bus.log()) as log:
        assert [entry.event for entry in log.read(RUNS, None, 10, 0)] == [event]


# Silence


class Clock:
    """A clock that is set by hand: seconds, as `time.monotonic` gives them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def listen(reaper: Reaper, clock: Clock, seconds: float) -> int:
    """Let so much time go by while the reaper looks every second; return how many runs it dealt with."""
    dealt_with = reaper.look()
    for _ in range(round(seconds)):
        clock.now += 1.0
        dealt_with += reaper.look()
    return dealt_with


def running(database: Database, attempt: int = 1, at: dt.datetime | None = None) -> None:
    story = events_of([requested(attempt), RunAccepted(attempt=attempt, worker="one")])
    apply(database, [event if at is None else event.model_copy(update={"time": at}) for event in story])


@pytest.fixture
def clock() -> Clock:
    return Clock()


def outbox(database: Database) -> list[tuple[str, str, int]]:
    with database.read() as session:
        rows = waiting(session)
    return [(row.topic, row.event["type"].split(".")[-2], row.event["data"]["attempt"]) for row in rows]


def test_a_silent_run_waits_for_another_turn(database: Database, clock: Clock) -> None:
    running(database)
    assert dispatch(database, Limits()) == 0
    reaper = Reaper(database, 30, clock)
    assert listen(reaper, clock, 29) == 0
    assert listen(reaper, clock, 3) == 1
    row = run_row(database)
    assert (row.state, row.attempt, row.dispatched) == ("queued", 2, None)
    assert outbox(database) == [(RUNS, "requested", 2)]
    assert listen(reaper, clock, 100) == 0
    assert dispatch(database, Limits()) == 1
    assert outbox(database)[1:] == [(COMMANDS, "requested", 2)]


@pytest.mark.parametrize("hours", [-1, 0, 1, 24 * 400])
def test_what_time_it_is_elsewhere_does_not_matter(database: Database, clock: Clock, hours: int) -> None:
    """The simulator's clock is wrong, or jumps: a run that speaks is left alone, a silent one is not."""
    jumped = dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)
    running(database, at=jumped)
    reaper = Reaper(database, 30, clock)
    for beat in range(1, 11):
        assert listen(reaper, clock, 20) == 0
        spoke = make_event(RUN, "test", RunProgressed(attempt=1, done=1, total=2))
        apply(database, [spoke.model_copy(update={"time": jumped + dt.timedelta(seconds=beat)})])
    assert listen(reaper, clock, 29) == 0
    assert listen(reaper, clock, 3) == 1


def test_a_clock_that_jumps_back_while_a_run_speaks_does_not_silence_it(
    database: Database, clock: Clock
) -> None:
    """Its signs of life look older than the last one for an hour; each is still a sign of life."""
    running(database)
    reaper = Reaper(database, 30, clock)
    last = run_row(database).heartbeat
    assert last is not None
    for beat in range(10):
        assert listen(reaper, clock, 20) == 0
        spoke = make_event(RUN, "test", RunProgressed(attempt=1, done=1, total=2))
        earlier = last - dt.timedelta(hours=1) + dt.timedelta(seconds=beat)
        apply(database, [spoke.model_copy(update={"time": earlier})])
    assert listen(reaper, clock, 20) == 0


def test_time_in_which_nobody_listened_does_not_count(database: Database, clock: Clock) -> None:
    running(database)
    reaper = Reaper(database, 30, clock)
    assert listen(reaper, clock, 20) == 0
    # This process stood still: what the simulator said meanwhile may be on its way.
    clock.now += 3600
    assert reaper.look() == 0
    assert listen(reaper, clock, 9 - LONGEST_GAP_SECONDS) == 0
    reaper.forget()
    assert listen(reaper, clock, 29) == 0
    assert listen(reaper, clock, 3) == 1


def test_of_two_processes_that_judge_at_once_one_asks_again(database: Database, clock: Clock) -> None:
    running(database)
    reapers = [Reaper(database, 30, clock) for _ in range(2)]
    for reaper in reapers:
        assert reaper.look() == 0
    for _ in range(29):
        clock.now += 1.0
        assert [reaper.look() for reaper in reapers] == [0, 0]
    clock.now += 5.0
    together = threading.Barrier(2)

    def look(reaper: Reaper) -> int:
        together.wait()
        return reaper.look()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(look, reapers)) == [0, 1]
    assert run_row(database).attempt == 2
    assert outbox(database) == [(RUNS, "requested", 2)]


def test_a_run_that_waits_is_left_alone(database: Database, clock: Clock) -> None:
    apply(database, events_of([requested()]))
    assert listen(Reaper(database, 1, clock), clock, 10) == 0


def test_after_three_attempts_a_silent_run_has_failed_with_its_reason(
    database: Database, clock: Clock
) -> None:
    running(database, attempt=3)
    assert listen(Reaper(database, 30, clock), clock, 33) == 1
    row = run_row(database)
    assert (row.state, row.error_key, row.error_params) == ("failed", "api.run_silent", {"attempts": 3})
    assert outbox(database) == [(RUNS, "failed", 3)]


def test_a_silent_run_that_was_to_stop_is_cancelled(database: Database, clock: Clock) -> None:
    running(database)
    with database.write() as session:
        runs = RunRepository(session)
        assert runs.request_cancellation(runs.get(RUN), dt.datetime.now(dt.UTC))
    assert listen(Reaper(database, 30, clock), clock, 33) == 1
    assert run_row(database).state == "cancelled"
    assert outbox(database) == [(RUNS, "cancelled", 1)]


@pytest.mark.parametrize(
    ("attempt", "retriable", "state"), [(1, True, "queued"), (1, False, "failed"), (3, True, "failed")]
)
def test_a_failure_is_tried_again_only_when_that_may_help(
    database: Database, clock: Clock, attempt: int, retriable: bool, state: str
) -> None:
    failure = RunFailed(attempt=attempt, key="error.unavailable", params={"what": "x"}, retriable=retriable)
    apply(database, events_of([requested(attempt), failure]))
    Reaper(database, 30, clock).look()
    assert run_row(database).state == state


def test_simulators_that_are_stopped_in_turn_fail_no_run(database: Database, clock: Clock) -> None:
    """As when several are renewed one after the other: a run that each gives back has not failed three times."""
    reaper = Reaper(database, 30, clock)
    apply(database, events_of([requested()]))
    for attempt in range(1, 6):
        given_back = RunFailed(attempt=attempt, key="simulator.stopped", retriable=True)
        apply(database, events_of([RunAccepted(attempt=attempt, worker="one"), given_back]))
        assert listen(reaper, clock, 5) == 1
        assert (run_row(database).state, run_row(database).attempt) == ("queued", attempt + 1)


def test_a_run_that_was_to_stop_and_is_given_back_is_cancelled(database: Database, clock: Clock) -> None:
    running(database)
    with database.write() as session:
        runs = RunRepository(session)
        assert runs.request_cancellation(runs.get(RUN), dt.datetime.now(dt.UTC))
    apply(database, events_of([RunFailed(attempt=1, key="simulator.stopped", retriable=True)]))
    reaper = Reaper(database, 30, clock)
    assert listen(reaper, clock, 5) == 1
    assert run_row(database).state == "cancelled"
    assert outbox(database) == [(RUNS, "cancelled", 1)]
    assert listen(reaper, clock, 5) == 0


# Turns


def ask(database: Database, run_id: str, second: int, **changes: Any) -> None:
    """Have a run asked for so many seconds after the first."""
    [event] = events_of([requested().model_copy(update=changes)], run_id)
    apply(database, [event.model_copy(update={"time": event.time + dt.timedelta(seconds=second)})])


def given(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(row.topic, row.event["subject"]) for row in waiting(session)]


def test_runs_are_given_in_turn_until_the_simulators_have_enough(database: Database) -> None:
    for number in range(6):
        ask(database, f"many-{number}", number, owner="many")
    ask(database, "one", 6, owner="one")
    ask(database, "batch", 0, owner="one", priority="batch")
    assert dispatch(database, Limits(in_transit=3)) == 4
    assert given(database) == [
        (COMMANDS, "many-0"),
        (COMMANDS, "one"),
        (COMMANDS, "many-1"),
        (BATCH_COMMANDS, "batch"),
    ]
    assert dispatch(database, Limits(in_transit=3)) == 0
    apply(database, events_of([RunAccepted(attempt=1, worker="one")], "many-0"))
    assert dispatch(database, Limits(in_transit=3)) == 1
    assert given(database)[-1] == (COMMANDS, "many-2")
    # Of each owner no more than so many, whoever is free.
    for number in range(1, 3):
        apply(database, events_of([RunAccepted(attempt=1, worker="one")], f"many-{number}"))
    assert dispatch(database, Limits(in_transit=3, per_owner=3)) == 0


def test_what_is_given_and_not_taken_up_is_given_again(database: Database) -> None:
    ask(database, RUN, 0)
    assert dispatch(database, Limits()) == 1
    with database.write() as session:
        row = RunRepository(session).get(RUN)
        assert row.dispatched is not None
        row.dispatched -= AGAIN_AFTER
    assert dispatch(database, Limits()) == 1
    assert dispatch(database, Limits()) == 0
    assert given(database) == [(COMMANDS, RUN)] * 2


def test_several_processes_give_every_run_once(database: Database) -> None:
    for number in range(12):
        ask(database, f"run-{number:02}", number, owner=f"owner {number % 3}")
    together = threading.Barrier(4)

    def give(_number: int) -> int:
        together.wait()
        return dispatch(database, Limits(in_transit=8, per_owner=2))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(give, range(4))) == 6
    assert sorted(given(database)) == [(COMMANDS, f"run-{number:02}") for number in range(6)]


def test_nothing_is_given_before_the_bus_has_been_read(database: Database) -> None:
    ask(database, RUN, 0)
    read_once = threading.Event()
    dispatcher = Dispatcher(database, Limits(), 0.01, ready=read_once.is_set)
    dispatcher.step()
    assert given(database) == []
    read_once.set()
    dispatcher.step()
    assert given(database) == [(COMMANDS, RUN)]


# Lists


def test_pages_of_runs_hold_every_run_once_newest_first(database: Database) -> None:
    for number in range(7):
        # Three at the same moment: the id decides.
        events = events_of([requested()], f"run-{number}")
        moment = events[0].time + dt.timedelta(seconds=number // 3)
        apply(database, [events[0].model_copy(update={"time": moment})])
    found: list[str] = []
    after = None
    with database.read() as session:
        while page := RunRepository(session).page(None, after, 2):
            found += [row.id for row, _name in page]
            after = (page[-1][0].created, page[-1][0].id)
        assert RunRepository(session).page("failed", None, 2) == []
    assert found == [f"run-{number}" for number in (6, 5, 4, 3, 2, 1, 0)]


def test_positions_are_those_of_the_turns(database: Database) -> None:
    for number in range(3):
        ask(database, f"many-{number}", number, owner="many")
    ask(database, "one", 3, owner="one")
    ask(database, "taken", 0, owner="many")
    apply(database, events_of([RunAccepted(attempt=1, worker="one")], "taken"))
    changes = Changes()
    places = Places(database, changes)
    runs = ("taken", "one", "many-0", "many-1", "many-2", "nowhere")
    assert [places.of(run) for run in runs] == [None, 1, 2, 3, 4, None]
    apply(database, events_of([RunCancelled(attempt=1)], "many-0"))
    changes.note()
    assert [places.of(run) for run in runs] == [None, 1, None, 2, 3, None]
