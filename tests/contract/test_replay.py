"""Whatever is read when: the same two topics give the same rows, in any interleaving, in any batches.

Also when this service folds what it decides itself before it meets it on the bus, as it does while it lives.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from tests.support import sample_result

from zorgstroom.errors import Unavailable
from zorgstroom.events.local import LocalEventLog
from zorgstroom.events.ports import RESULTS, RUNS, LogEntry
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
    RunRemoved,
    RunRequested,
    RunSettings,
    make_event,
)
from zorgstroom_api.ingest import apply_batch, apply_events
from zorgstroom_api.projector import Projector
from zorgstroom_api.runs.lifecycle import next_round
from zorgstroom_api.runs.recording import remove
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import upgrade
from zorgstroom_api.store.models import (
    ArtefactRow,
    Base,
    CancellationRow,
    CursorRow,
    EarlyResultRow,
    HeadlineRow,
    RemovedRow,
    ResultRow,
    RunRow,
)

pytestmark = pytest.mark.contract

TABLES: tuple[type[Base], ...] = (RunRow, HeadlineRow, ResultRow, ArtefactRow, EarlyResultRow, RemovedRow)
START = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
#: What this service decides, and folds before it stands on the bus.
OWN = (RunRequested, RunRemoved)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    database = Database(url)
    upgrade(database)
    yield database
    database.close()


def requested(attempt: int, owner: str = "") -> RunRequested:
    return RunRequested(
        scenario=dict(sample_result.PLAN),
        dataset_digest="d" * 64,
        settings=RunSettings(replications=2),
        attempt=attempt,
        owner=owner,
    )


def published(attempt: int) -> ResultPublished:
    artefacts = [
        Artefact(name="impact", key=f"a{attempt}", sha256="a", table_digest="b", rows=1, bytes=attempt)
    ]
    return ResultPublished(attempt=attempt, artefacts=artefacts, manifest={"attempt": attempt})


def replication(number: int, attempt: int) -> ReplicationCompleted:
    item = HeadlineIndicator(scenario="plan", indicator="travel", total=attempt, count=number)
    return ReplicationCompleted(attempt=attempt, replication=number, indicators=[item])


def life(chance: random.Random, first: int) -> tuple[list[Payload], int]:
    """One life of a run from its first attempt on, with attempts that get lost; and its last attempt."""
    attempt = first
    story: list[Payload] = [requested(attempt, chance.choice(["", "anna"]))]
    late: list[Payload] = []
    while True:
        story += [
            RunAccepted(attempt=attempt, worker=f"w{attempt}"),
            RunProgressed(attempt=attempt, done=1, total=2),
        ]
        story.append(replication(0, attempt))
        if chance.random() < 0.6 or attempt >= first + 2:
            break
        # It went silent, and what it did in the end comes too late.
        late += [replication(1, attempt), published(attempt)]
        late.append(RunCompleted(attempt=attempt, replications=2, wall_seconds=float(attempt)))
        attempt += 1
        story.append(requested(attempt))
    ending = chance.choice(["completed", "completed", "failed", "cancelled", "open"])
    if ending == "completed":
        story += [replication(1, attempt), published(attempt)]
        story.append(RunCompleted(attempt=attempt, replications=2, wall_seconds=float(attempt)))
    elif ending == "failed":
        story.append(RunFailed(attempt=attempt, key="error.internal"))
    elif ending == "cancelled":
        story.append(RunCancelled(attempt=attempt))
    place = chance.randrange(len(story) + 1)
    return (story[:place] + late + story[place:] if chance.random() < 0.3 else story), attempt


def history(chance: random.Random) -> tuple[list[Event], list[Event]]:
    """What stands in the two topics about a few runs that are removed and asked for again."""
    stories: dict[str, list[Payload]] = {}
    for number in range(3):
        first, told = 1, list[Payload]()
        for _ in range(chance.choice([1, 2, 2, 3])):
            story, last = life(chance, first)
            told += [*story, RunRemoved(attempt=last, reason="retention")]
            first = next_round(last)
        if chance.random() < 0.7:
            story, _last = life(chance, first)
            told += story
        # Old news: sent twice, or told long after.
        for _ in range(chance.randrange(4)):
            old = chance.randrange(len(told))
            told.insert(chance.randrange(old, len(told)) + 1, told[old])
        stories[f"run-{number}"] = told
    runs: list[Event] = []
    results: list[Event] = []
    second = 0
    while stories:
        run_id = chance.choice(sorted(stories))
        payload = stories[run_id].pop(0)
        event = make_event(run_id, "test", payload)
        event = event.model_copy(update={"time": START + dt.timedelta(seconds=second)})
        second += 1
        (results if isinstance(payload, ResultPublished) else runs).append(event)
        if not stories[run_id]:
            del stories[run_id]
    return runs, results


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.read() as session:
        return {
            model.__tablename__: sorted(
                map(
                    tuple,
                    session.execute(
                        select(*(column for column in model.__table__.columns if column.name != "dispatched"))
                    ),
                ),
                key=repr,
            )
            for model in TABLES
        }


def empty(database: Database) -> None:
    with database.write() as session:
        models: tuple[type[Base], ...] = (CancellationRow, CursorRow, ArtefactRow, *TABLES)
        for model in models:
            session.execute(delete(model))


def one_by_one(database: Database, runs: Sequence[Event], results: Sequence[Event]) -> None:
    with database.write() as session:
        for event in (*runs, *results):
            apply_events(session, [event])


def shuffled(
    chance: random.Random, database: Database, runs: Sequence[Event], results: Sequence[Event]
) -> None:
    """Read on in either topic by turns, in batches of any size; fold what is decided here beforehand."""
    left = {RUNS: list(runs), RESULTS: list(results)}
    alive = chance.random() < 0.5
    while any(left.values()):
        topic = chance.choice([name for name in left if left[name]])
        size = chance.choice([1, 2, 5, 20])
        batch, left[topic] = left[topic][:size], left[topic][size:]
        with database.write() as session:
            apply_events(session, batch)
            if alive and left[RUNS] and isinstance(left[RUNS][0].payload(), OWN):
                apply_events(session, left[RUNS][:1])


@pytest.mark.parametrize(
    ("first", "seeds"), [(0, 3), pytest.param(100, 25, marks=pytest.mark.nightly, id="many")]
)
def test_any_order_of_reading_gives_the_same_rows(database: Database, first: int, seeds: int) -> None:
    kinds = set()
    for seed in range(first, first + seeds):
        chance = random.Random(seed)
        runs, results = history(chance)
        empty(database)
        one_by_one(database, runs, results)
        expected = rows(database)
        kinds |= {name for name in expected if expected[name]}
        for _ in range(3):
            empty(database)
            shuffled(chance, database, runs, results)
            assert rows(database) == expected, seed
    # The stories were worth telling.
    assert kinds == {model.__tablename__ for model in TABLES} - {"early_results"}


def test_a_removed_run_leaves_nothing_and_can_be_asked_for_again(database: Database) -> None:
    run_id = "run-1"
    story = [requested(1), RunAccepted(attempt=1, worker="one"), replication(0, 1), published(1)]
    events = [
        make_event(run_id, "test", item)
        for item in (*story, RunCompleted(attempt=1, replications=2, wall_seconds=1.0))
    ]
    one_by_one(database, events, [])
    with database.write() as session:
        runs = RunRepository(session)
        row = runs.get(run_id)
        assert row.state == "completed"
        runs.request_cancellation(row, START)
        remove(session, row, "retention")
    # Old news does not bring it back, not even half.
    one_by_one(database, events, [])
    assert {name for name, found in rows(database).items() if found} == {"removed_runs"}
    with database.read() as session:
        assert session.scalars(select(CancellationRow)).all() == []
        again = next_round(RunRepository(session).standing(run_id, "any", None).removed)
    one_by_one(database, [make_event(run_id, "test", requested(again))], [])
    with database.read() as session:
        assert RunRepository(session).get(run_id).state == "queued"


def entries_of(events: Sequence[Event]) -> list[LogEntry]:
    return [LogEntry(RUNS, event, str(place)) for place, event in enumerate(events, start=1)]


def test_two_projectors_at_once_count_everything_once(database: Database, tmp_path: Path) -> None:
    """Each on its own connection to the bus, as two API processes are; both go on to the end."""
    chance = random.Random(5)
    runs, results = history(chance)
    path = tmp_path / "bus.db"
    log = LocalEventLog(path)
    log.publish(RUNS, runs)
    log.publish(RESULTS, results)
    empty(database)
    one_by_one(database, runs, results)
    expected = rows(database)
    empty(database)
    failures: list[BaseException] = []
    together = threading.Barrier(2)

    def project(_number: int) -> None:
        projector = Projector(database, lambda: LocalEventLog(path), 0.01)
        together.wait()
        try:
            while not projector.caught_up:
                projector.step()
        except BaseException as error:
            failures.append(error)
        finally:
            projector.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(project, range(2)))
    assert failures == []
    assert rows(database) == expected
    log.close()


@pytest.mark.parametrize("place", [0, 3, 7])
def test_an_event_that_cannot_be_used_is_buried_and_passed_over(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """One event's effect always fails; the others around it have theirs, and reading goes on."""
    log = LocalEventLog(tmp_path / "bus.db")
    events = [make_event(f"run-{number}", "test", requested(1)) for number in range(8)]
    poison = make_event("poison", "test", requested(1))
    tried = []

    def refuse(self: RunRepository, added: Any) -> int:
        found = list(added)
        if any(row.id == poison.subject for row in found):
            tried.append(1)
            raise ValueError("no place for it")
        return original(self, found)

    original = RunRepository.add
    monkeypatch.setattr(RunRepository, "add", refuse)
    events.insert(place, poison)
    log.publish(RUNS, events)
    projector = Projector(database, lambda: log, 0.0)
    projector.step()
    with database.read() as session:
        found = set(session.scalars(select(RunRow.id)))
    assert found == {event.subject for event in events} - {poison.subject}
    # Once with the others, three times alone.
    assert len(tried) == 4
    [letter] = log.dead_letters(10)
    assert "no place for it" in letter.reason
    projector.step()
    assert projector.caught_up
    log.close()


def test_a_database_that_is_away_buries_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = LocalEventLog(tmp_path / "bus.db")
    log.publish(RUNS, [make_event("run-1", "test", requested(1))])
    projector = Projector(database, lambda: log, 0.0)

    def away(*_: object) -> int:
        raise Unavailable(what="database")

    with monkeypatch.context() as patched:
        patched.setattr(RunRepository, "add", away)
        for _ in range(5):
            with pytest.raises(Unavailable):
                projector.step()
    assert log.dead_letters(10) == []
    projector.step()
    assert len(rows(database)["runs"]) == 1
    log.close()


def test_effects_come_with_the_cursor_or_not_at_all(database: Database) -> None:
    events = [make_event(f"run-{number}", "test", requested(1)) for number in range(3)]
    with database.write() as session:
        assert apply_batch(session, RUNS, None, entries_of(events))
    with database.write() as session:
        # Somebody who still stands at the beginning changes nothing.
        assert not apply_batch(session, RUNS, None, entries_of(events[:1]))
    with database.read() as session:
        assert session.get_one(CursorRow, RUNS).cursor == "3"
