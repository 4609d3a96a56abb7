"""What is on the bus comes twice, from the beginning again, or is no message at all: the tables stay what they are."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from kafka import KafkaProducer
from tests.support.postgres import own_server
from tests.support.services import ApiProcess, ServiceProcess
from tests.support.stack import SCENARIO, Stack, ask, run_of, settings_of

from zorgstroom.events.ports import RUNS, TOPICS, DeadLetter
from zorgstroom.events.schemas import (
    Event,
    Payload,
    RunAccepted,
    RunFailed,
    RunProgressed,
    RunRequested,
    RunSettings,
    make_event,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass
class Installation:
    """A stack that has done two runs, and its topics."""

    stack: Stack
    servers: str
    prefix: str
    new_database: Callable[[], str]
    api: ApiProcess
    simulator: ServiceProcess
    #: Run and seed.
    runs: dict[str, int] = field(default_factory=dict)

    def ask(self) -> str:
        """Have a run done that was not done before."""
        seed = len(self.runs) + 1
        run_id = ask(self.api, seed)
        self.runs[run_id] = seed
        self.stack.wait_for_state(self.api, [run_id])
        self.stack.wait_until_read()
        return run_id

    def taken(self) -> int:
        """Return how often a simulator has taken a run."""
        return len(
            {event.id for event in self.stack.told()[RUNS] if isinstance(event.payload(), RunAccepted)}
        )

    def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Put bytes on topics, as any program may that reaches the broker."""
        with closing(KafkaProducer(bootstrap_servers=self.servers)) as producer:
            for number, (topic, value) in enumerate(messages):
                producer.send(self.prefix + topic, key=str(number).encode(), value=value).get(30)

    def dead_letters(self) -> Sequence[DeadLetter]:
        """Return what could not be read or used."""
        with closing(self.stack.open_log()) as log:
            return log.dead_letters(1000)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, kafka_broker: str) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("messages")
    prefix = f"{folder.name}-messages."
    with ExitStack() as opened:
        server = opened.enter_context(own_server())
        environment = {
            "ZORGSTROOM_BUS_URL": f"kafka://{kafka_broker}?prefix={prefix}",
            "ZORGSTROOM_DATABASE_URL": server.create_database(),
        }
        stack = Stack(folder, environment, opened)
        made = Installation(
            stack, kafka_broker, prefix, server.create_database, stack.start_api(), stack.start_simulator()
        )
        made.ask()
        made.ask()
        made.stack.assert_results(made.runs)
        yield made


def test_messages_that_come_twice_change_nothing(installation: Installation) -> None:
    stack, before, taken = installation.stack, installation.stack.rows(), installation.taken()
    told = stack.told()
    with closing(stack.open_log()) as log:
        for topic, events in told.items():
            log.publish(topic, events)
    stack.wait_until_read()
    assert stack.rows() == before
    # Commands that came twice were waiting before this one.
    installation.ask()
    assert installation.taken() == taken + 1
    stack.assert_results(installation.runs)


def test_messages_from_the_beginning_fill_an_empty_database_with_the_same(installation: Installation) -> None:
    stack, before, taken = installation.stack, installation.stack.rows(), installation.taken()
    assert installation.api.terminate() in (0, -signal.SIGTERM)
    stack.environment["ZORGSTROOM_DATABASE_URL"] = installation.new_database()
    installation.api = stack.start_api()
    stack.wait_until_read()
    assert stack.rows() == before
    # Nothing is computed again, also when it is asked for again.
    for run_id, seed in installation.runs.items():
        question = {"scenario": SCENARIO, "settings": settings_of(seed)}
        answer = installation.api.client.post("/runs", json=question)
        assert (answer.status_code, answer.json()["id"]) == (200, run_id)
    installation.ask()
    assert installation.taken() == taken + 1
    stack.assert_results(installation.runs)


def unreadable() -> list[bytes]:
    """Return what is no message that this version can read."""
    good = made_by_simulator(RunProgressed(attempt=1, done=1, total=2))
    newer = {**good, "type": "nl.zorgstroom.run.progressed.v99", "data": {"percent": 50}}
    later = {**good, "type": "nl.zorgstroom.run.paused.v1", "data": {}}
    return [
        b"\xff\x00{{{ not JSON",
        b"",
        b'{"valid": "JSON, and no event"}',
        json.dumps({**good, "data": {"attempt": "first", "done": None}}).encode(),
        json.dumps(newer).encode(),
        json.dumps(later).encode(),
    ]


def made_by_simulator(payload: Payload, run_id: str = "run-of-nobody") -> dict[str, Any]:
    """Return an event as it goes over the bus."""
    return make_event(run_id, "/test", payload).model_dump(mode="json")


def test_what_cannot_be_read_or_used_is_put_aside_with_its_reason(installation: Installation) -> None:
    """On every topic at once; whatever stands behind it in the same partition is dealt with."""
    stack, before = installation.stack, installation.stack.rows()
    known = next(iter(installation.runs))
    # Valid events that no database takes, or that say what no plan can say.
    unusable = [
        made_by_simulator(RunFailed(attempt=9, key="half \ud83d", params={}), known),
        made_by_simulator(RunAccepted(attempt=9, worker="nul \0"), known),
        made_by_simulator(RunProgressed(attempt=2**70, done=2**70, total=2**70), known),
        made_by_simulator(
            RunRequested(scenario={"zorgstroom": 7}, dataset_digest="0" * 64, settings=RunSettings()),
            "other-plan",
        ),
    ]
    aside = len(installation.dead_letters())
    installation.publish([(topic, value) for topic in TOPICS for value in unreadable()])
    # The first of these is no valid UTF-8 when it is written, which JSON can hide in an escape.
    installation.publish([(RUNS, json.dumps(event).encode()) for event in unusable])
    installation.publish([(topic, json.dumps(unusable[-1]).encode()) for topic in TOPICS if topic != RUNS])
    installation.ask()
    stack.wait_until_read()
    assert {name: rows & before[name] for name, rows in stack.rows().items()} == before
    stack.assert_results(installation.runs)
    assert (installation.api.runs, installation.simulator.runs) == (True, True)
    expected = len(TOPICS) * len(unreadable()) + len(unusable)
    stack.wait_until(lambda: len(installation.dead_letters()) - aside >= expected)
    letters = installation.dead_letters()[aside:]
    assert {letter.topic for letter in letters} == set(TOPICS)
    assert all(letter.reason for letter in letters)
    # A message of a newer version says so, and is kept as it came, to be read after an update.
    newer = [letter for letter in letters if b"v99" in letter.value]
    assert len(newer) == len(TOPICS)
    assert all("newer version" in letter.reason for letter in newer)
    # Put aside once by every reader: the queue of the simulator, its log, and that of the API.
    assert stack.story().count("goes to the dead letters") <= 3 * len(letters)
    listed = stack.command("deadletters", "list", "--lang", "en")
    assert "newer version" in listed
    assert all(topic in listed for topic in TOPICS)
    assert isinstance(Event.model_validate(unusable[1]).payload(), RunAccepted)


@pytest.mark.nightly
def test_a_simulator_that_knows_nothing_of_it_computes_a_command_again_with_the_same_tables(
    installation: Installation,
) -> None:
    """After a restart a command that comes twice cannot be known; what it gives is what there was."""
    stack = installation.stack
    assert installation.simulator.terminate() == 0
    commands = [
        event
        for events in stack.told().values()
        for event in events
        if isinstance(event.payload(), RunRequested)
    ]
    with closing(stack.open_log()) as log:
        log.publish(TOPICS[0], commands)
    installation.simulator = stack.start_simulator()
    new = installation.ask()
    stack.wait_until_read()
    assert run_of(installation.api, new)["state"] == "completed"
    stack.assert_results(installation.runs)
