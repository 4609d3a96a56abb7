"""Workshops on SQLite and on a real PostgreSQL: many telephones at once, closing in between, deletion and backup."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import select
from tests.support.api import small_dataset
from tests.support.session import make_plan

from zorgstroom.workshop.documents import (
    ROLES,
    Answer,
    Feedback,
    Hands,
    NewNote,
    NewSession,
    Role,
    Steering,
)
from zorgstroom.workshop.results import FEWEST
from zorgstroom_api.backup.restoring import restore_backup
from zorgstroom_api.backup.writing import write_backup
from zorgstroom_api.identity import Caller
from zorgstroom_api.sessions.codes import new_token
from zorgstroom_api.sessions.room import Room, RoundIsClosed
from zorgstroom_api.sessions.service import Facilitating, SessionService
from zorgstroom_api.settings import ApiSettings
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import upgrade
from zorgstroom_api.store.models import Base

pytestmark = pytest.mark.contract

WHO = Caller(name="eva", role="editor", keyed=True)
TABLES = ("sessions", "session_steps", "session_participants", "session_answers", "session_notes")


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
    with closing(database):
        yield database


def service_of(database: Database) -> SessionService:
    return SessionService(database, small_dataset)


def made(database: Database) -> tuple[NewSession, Facilitating]:
    """Return a session that is at its first question."""
    service = service_of(database)
    session = service.create(make_plan(), WHO)
    asking = Facilitating(Caller(name="", role="reader", keyed=False), session.secret)
    service.steer(session.code, asking, Steering(phase="live", step=1))
    return session, asking


def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    with database.read() as session:
        for name in TABLES:
            table = Base.metadata.tables[name]
            query = select(table).order_by(*table.primary_key.columns)
            found[name] = [dict(row) for row in session.execute(query).mappings()]
    return found


def test_a_room_that_answers_at_once_loses_nothing_and_counts_nobody_twice(database: Database) -> None:
    session, asking = made(database)
    room = Room(database)

    def take_part(number: int) -> None:
        token = f"token-{number}"
        for _ in range(2):
            room.join(session.code, token, ROLES[number % len(ROLES)])
            room.answer(session.code, token, "raad", Answer(role="other", number=number))

    with ThreadPoolExecutor(16) as pool:
        # Each twice, as from two windows or through a bad network.
        list(pool.map(take_part, [*range(20), *range(20)]))
    state = service_of(database).state(session.code, asking)
    assert (state.participants, state.answers) == (20, {"raad": 20})
    service_of(database).steer(session.code, asking, Steering(close="raad"))
    [results] = service_of(database).outcome(session.code, asking).results
    assert results.numbers == list(range(20))


def test_no_answer_comes_into_a_round_that_was_closed(database: Database) -> None:
    session, asking = made(database)
    room, service = Room(database), service_of(database)
    tokens = [new_token() for _ in range(30)]
    for token in tokens:
        room.join(session.code, token, "resident")
    refused = []

    def answer(token: str) -> None:
        try:
            room.answer(session.code, token, "raad", Answer(role="resident", number=1))
        except RoundIsClosed:
            refused.append(token)

    with ThreadPoolExecutor(8) as pool:
        first = pool.map(answer, tokens[:15])
        closing_it = pool.submit(service.steer, session.code, asking, Steering(close="raad"))
        second = pool.map(answer, tokens[15:])
        closed_at = closing_it.result().answers.get("raad", 0)
        list(first)
        list(second)
    assert service.state(session.code, asking).answers.get("raad", 0) == closed_at == 30 - len(refused)


answers_by_role = st.lists(st.tuples(st.sampled_from(ROLES), st.integers(0, 200)), min_size=1, max_size=16)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=answers_by_role)
def test_nothing_that_is_told_is_about_fewer_than_five_of_a_role(
    database: Database, people: list[tuple[Role, int]]
) -> None:
    session, asking = made(database)
    room, service = Room(database), service_of(database)
    for number, (role, value) in enumerate(people):
        room.join(session.code, f"token-{number}", role)
        # What the telephone claims to be does not count.
        room.answer(session.code, f"token-{number}", "raad", Answer(role="other", number=value))
    assert service.outcome(session.code, asking).results == []
    service.steer(session.code, asking, Steering(step=2))
    before = service.outcome(session.code, asking)
    service.delete_answers(session.code, asking)
    after = service.outcome(session.code, asking)
    assert after.results[0] == before.results[0]
    for outcome in (before, after):
        [results] = [item for item in outcome.results if item.step == "raad"]
        assert results.answers == len(people)
        if results.groups:
            assert sum(group.count for group in results.groups) == len(people)
            assert all(group.count >= FEWEST for group in results.groups)
            named = [role for group in results.groups for role in group.roles]
            assert len(named) == len(set(named))
        if len(outcome.roles) > 1:
            assert all(group.count >= FEWEST for group in outcome.roles)


def test_no_row_leads_from_one_answer_of_somebody_to_another(database: Database) -> None:
    session, asking = made(database)
    room, service = Room(database), service_of(database)
    token = new_token()
    room.join(session.code, token, "insurer")
    room.answer(session.code, token, "raad", Answer(role="other", number=3))
    service.steer(session.code, asking, Steering(step=4))
    room.answer(session.code, token, "peiling", Answer(role="other", ranking=[0], worry="Te ver."))
    rows = everything(database)
    mine = [row for row in rows["session_answers"] if row["session_code"] == session.code]
    keys = {row["key"] for row in mine} | {
        row["key"] for row in rows["session_participants"] if row["session_code"] == session.code
    }
    assert len(mine) == 2
    assert len(keys) == 3
    assert token not in str(rows)
    # No moment, no address, no device: nothing but these.
    assert set(mine[0]) == {"session_code", "step", "key", "answer"}
    assert {name for row in mine for name in row["answer"]} == {"role", "number", "ranking", "worry"}


def test_a_backup_holds_sessions_and_answers(database: Database, database_url: str, tmp_path: Path) -> None:
    session, asking = made(database)
    room, service = Room(database), service_of(database)
    room.join(session.code, "token", "insurer")
    room.answer(session.code, "token", "raad", Answer(role="other", number=3))
    service.add_note(session.code, asking, NewNote(kind="open", text="Wie betaalt?"))
    service.count_hands(session.code, asking, Hands(step="peiling", counts=[1, 2]))
    service.give_feedback(session.code, asking, Feedback(step="raad", status="partly"))
    here = ApiSettings(data_dir=tmp_path / "here", database_url=SecretStr(database_url))
    write_backup(here, database, tmp_path / "backup.zip")
    there = ApiSettings(data_dir=tmp_path / "there")
    with closing(Database(there.resolved_database_url)) as other:
        upgrade(other)
        restore_backup(there, other, tmp_path / "backup.zip")
        assert everything(other) == everything(database)
        state = service_of(other).state(session.code, asking)
        assert state.answers == {"raad": 1}
        # It goes on where it was.
        Room(other).answer(session.code, "token", "raad", Answer(role="other", number=4))
        assert service_of(other).state(session.code, asking).answers == {"raad": 1}
        service_of(other).add_note(session.code, asking, NewNote(kind="open", text="En wie nog meer?"))


def test_what_is_removed_is_gone(database: Database) -> None:
    session, asking = made(database)
    room, service = Room(database), service_of(database)
    room.join(session.code, "token", "insurer")
    room.answer(session.code, "token", "raad", Answer(role="other", number=3))
    service.add_note(session.code, asking, NewNote(kind="open", text="Wie betaalt?"))
    service.remove(session.code, asking)
    rows = everything(database)
    assert session.code not in {row["code"] for row in rows.pop("sessions")}
    for table, found in rows.items():
        assert session.code not in {row["session_code"] for row in found}, table


def test_a_session_lasts_as_long_as_the_moments_say(database: Database) -> None:
    session, asking = made(database)
    state = service_of(database).state(session.code, asking)
    assert state.answers_kept_until == dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
