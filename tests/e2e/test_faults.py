"""Broker, database and processes go away in the middle of things, with real ones of each: nothing is lost or doubled.

One stack serves all; every test leaves it complete, and looks at everything that was ever asked of it. What
one kill -9 does to a run is in `test_together` and `test_service`; what messages can do in
`test_faults_messages`, and clocks in `test_faults_clock`.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx
import pytest
from tests.support.kafka_broker import Broker, KafkaMissing
from tests.support.postgres import PostgresServer, own_server
from tests.support.services import ApiProcess, ServiceProcess
from tests.support.stack import SCENARIO, Stack, ask, run_of, settings_of

from zorgstroom.events.ports import RESULTS, RUNS
from zorgstroom.events.schemas import ResultPublished, RunAccepted, RunCompleted

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

#: How long the broker is away in the tests of every day; `make nightly` waits half a minute.
AWAY_SECONDS = 15.0


@dataclass
class Installation:
    """A stack with a broker and a database server of its own, and the runs it was ever asked for."""

    stack: Stack
    broker: Broker
    server: PostgresServer
    api: ApiProcess
    simulator: ServiceProcess
    #: Run and seed.
    runs: dict[str, int] = field(default_factory=dict)
    seeds: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    #: Runs that were given back, and so have a second attempt.
    again: set[str] = field(default_factory=set)

    def ask(self, engine: str = "auto", api: ApiProcess | None = None) -> str:
        """Ask for a run that was not asked for before."""
        seed = next(self.seeds)
        run_id = ask(api or self.api, seed, engine)
        self.runs[run_id] = seed
        return run_id

    def wait_for_progress(self, run_id: str) -> None:
        """Wait until the run is in the middle."""
        self.stack.wait_until(lambda: run_of(self.api, run_id).get("state") == "running")

    def assert_whole(self) -> None:
        """All runs were completed at the first attempt (but those given back), each once, with the right tables."""
        self.stack.wait_for_state(self.api, self.runs)
        self.stack.wait_until_read()
        self.stack.assert_results(self.runs)
        told = self.stack.told()
        for kind, topic in ((RunCompleted, RUNS), (ResultPublished, RESULTS)):
            events = [event for event in told[topic] if isinstance(event.payload(), kind)]
            # Sent twice it is still one event.
            assert len({event.id for event in events}) == len({event.subject for event in events})
            assert {event.subject for event in events} == set(self.runs)
        attempts = {run_id: run_of(self.api, run_id)["attempt"] for run_id in self.runs}
        assert {run_id for run_id, attempt in attempts.items() if attempt != 1} == self.again
        taken = {
            (event.subject, event.id) for event in told[RUNS] if isinstance(event.payload(), RunAccepted)
        }
        assert len(taken) == len(self.runs) + len(self.again), "something was computed twice"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("faults")
    with ExitStack() as opened:
        server = opened.enter_context(own_server())
        try:
            broker = Broker(folder / "kafka")
        except KafkaMissing as missing:
            pytest.skip(str(missing))
        opened.callback(broker.kill)
        broker.start()
        environment = {
            "ZORGSTROOM_BUS_URL": f"kafka://{broker.servers}",
            "ZORGSTROOM_DATABASE_URL": server.create_database(),
        }
        stack = Stack(folder, environment, opened)
        api = stack.start_api()
        yield Installation(stack, broker, server, api, stack.start_simulator())


def test_the_broker_is_away_while_requests_come_and_the_api_is_killed(installation: Installation) -> None:
    broker_away(installation, AWAY_SECONDS)


@pytest.mark.nightly
def test_the_broker_is_away_for_half_a_minute(installation: Installation) -> None:
    broker_away(installation, 30.0)


def broker_away(installation: Installation, seconds: float) -> None:
    """Everything asked for while there is no bus is accepted, kept, and done once there is one again."""
    going = installation.ask("simpy")
    installation.wait_for_progress(going)
    installation.broker.stop()
    stopped = time.monotonic()
    while time.monotonic() - stopped < seconds:
        run_id = installation.ask()
        assert run_of(installation.api, run_id)["state"] == "queued"
        time.sleep(seconds / 4)
    # Accepted, and not on the bus: only the database knows of them.
    installation.api.kill()
    installation.broker.start()
    installation.api = installation.stack.start_api()
    installation.assert_whole()
    assert installation.simulator.runs


@pytest.mark.parametrize("mode", ["fast", pytest.param("immediate", marks=pytest.mark.nightly)])
def test_the_database_is_restarted_while_requests_come(installation: Installation, mode: str) -> None:
    """Whoever asks meanwhile is told to come back; nothing accepted is lost, and no process has to be started again."""
    going = installation.ask("simpy")
    installation.wait_for_progress(going)
    seeds = [next(installation.seeds) for _ in range(3)]
    with asking(installation.api, seeds) as answers:
        wait_for(answers, HTTPStatus.ACCEPTED)
        installation.server.stop(mode)
        wait_for(answers, HTTPStatus.SERVICE_UNAVAILABLE)
        assert installation.api.client.get(f"/runs/{going}").status_code == 503
        live, ready = (installation.api.client.get(f"/health/{name}") for name in ("live", "ready"))
        assert (live.status_code, ready.status_code) == (200, 503)
        answers.clear()
        installation.server.start()
        wait_for(answers, HTTPStatus.ACCEPTED, HTTPStatus.OK)
        for answer in list(answers):
            assert answer.status_code in (200, 202, 503), answer.text
            if answer.status_code == 503:
                assert int(answer.headers["retry-after"]) > 0
                assert answer.headers["content-type"] == "application/problem+json"
    accepted = {
        answer.json()["id"]: answer.json()["settings"]["seed"] for answer in answers if answer.is_success
    }
    installation.runs |= accepted
    # Those that nobody was told of, for the connection was lost, are there as well or not at all.
    for seed in seeds:
        installation.runs[ask_again(installation.api, seed)] = seed
    installation.assert_whole()
    assert (installation.api.runs, installation.simulator.runs) == (True, True)


def test_two_apis_serve_at_once_and_one_is_killed(installation: Installation) -> None:
    first, other = installation.api, installation.stack.start_api()
    shared = installation.ask("simpy")
    # The same question to both at once is one run.
    assert ask_again(other, installation.runs[shared], "simpy") == shared
    asked = [installation.ask(api=api) for api in (first, other, first)]
    other.kill()
    asked.append(installation.ask())
    assert all(run_of(first, run_id)["state"] != "failed" for run_id in asked)
    installation.assert_whole()


def test_a_simulator_that_is_stopped_gives_its_run_to_another(installation: Installation) -> None:
    first = installation.simulator
    run_id = installation.ask("simpy")
    installation.wait_for_progress(run_id)
    installation.simulator = installation.stack.start_simulator()
    assert first.terminate() == 0
    installation.again.add(run_id)
    installation.assert_whole()


def ask_again(api: ApiProcess, seed: int, engine: str = "auto") -> str:
    """Ask for a run that may have been asked for before."""
    answer = api.client.post("/runs", json={"scenario": SCENARIO, "settings": settings_of(seed, engine)})
    assert answer.status_code in (200, 202), answer.text
    return str(answer.json()["id"])


@contextmanager
def asking(api: ApiProcess, seeds: list[int]) -> Iterator[list[httpx.Response]]:
    """Ask for the same few runs over and over in the background; gives the answers as they come."""
    answers: list[httpx.Response] = []
    done = threading.Event()

    def ask_on() -> None:
        for seed in itertools.cycle(seeds):
            if done.wait(0.05):
                return
            document = {"scenario": SCENARIO, "settings": settings_of(seed)}
            answers.append(api.client.post("/runs", json=document))

    thread = threading.Thread(target=ask_on)
    thread.start()
    try:
        yield answers
    finally:
        done.set()
        thread.join()


def wait_for(answers: list[httpx.Response], *states: HTTPStatus) -> None:
    """Wait until somebody got such an answer."""
    deadline = time.monotonic() + 60
    while not any(answer.status_code in states for answer in list(answers)):
        assert time.monotonic() < deadline, [answer.text for answer in answers[-3:]]
        time.sleep(0.05)
