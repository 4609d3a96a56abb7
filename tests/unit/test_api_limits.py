"""What one caller may ask, how long an answer may take, and what is refused before it costs anything."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Route
from tests.support.api import running_api, small_dataset

from zorgstroom_api.app import create_app
from zorgstroom_api.limits import Busy, HeavyWork
from zorgstroom_api.settings import ApiSettings

pytestmark = pytest.mark.unit

PROBLEM = "application/problem+json"
JSON = {"Content-Type": "application/json"}


def test_who_asks_too_much_waits_and_others_do_not(tmp_path: Path) -> None:
    with running_api(tmp_path, auth="keys", reads_per_minute=3, previews_per_minute=1) as api:
        answers = [api.client.get("/v1/runs") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["content-type"] == PROBLEM
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60
        assert api.client.get("/v1/health/live").status_code == 200
        previews = [api.client.post("/v1/scenarios/validate", json={}).status_code for _ in range(2)]
        assert previews == [200, 429]
        # A key that is not valid is no way round.
        wrong = api.client.get("/v1/runs", headers={"Authorization": "Bearer zs_1_2"})
        assert wrong.status_code == 429


def test_screens_on_this_machine_are_not_counted(tmp_path: Path) -> None:
    settings = ApiSettings(data_dir=tmp_path, poll_seconds=0.02, reads_per_minute=1)
    app = create_app(settings, lambda _name: small_dataset())
    for client, last in ((("127.0.0.1", 5000), 200), (("192.0.2.7", 5000), 429)):
        with TestClient(app, base_url="http://127.0.0.1:8000", client=client) as here:
            assert [here.get("/v1/runs").status_code for _ in range(3)][-1] == last


def test_an_answer_that_is_not_ready_in_time_is_a_problem(tmp_path: Path) -> None:
    settings = ApiSettings(data_dir=tmp_path, poll_seconds=0.02, request_timeout_seconds=0.05)
    app = create_app(settings, lambda _name: small_dataset())

    def slow(_request: object) -> None:
        time.sleep(0.2)
        raise ZeroDivisionError

    app.router.routes.append(Route("/v1/slow", slow))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        response = client.get("/v1/slow")
        assert (response.status_code, response.json()["code"]) == (503, "limits.took_too_long")
        assert response.headers["content-type"] == PROBLEM
        assert response.headers["retry-after"]


def test_heavy_work_does_not_pile_up() -> None:
    heavy = HeavyWork(1)
    done, refused = Event(), []

    def work() -> None:
        try:
            with heavy.slot():
                done.wait(5)
        except Busy as error:
            refused.append(error)

    threads = [Thread(target=work) for _ in range(8)]
    with ExitStack() as stack:
        for thread in threads:
            thread.start()
            stack.callback(thread.join)
        stack.callback(done.set)
        while len(refused) < 3:
            time.sleep(0.005)
    # One worked, four waited for their turn, three were sent away at once.
    assert len(refused) == 3


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b'{"settings": {"seed": 1, "seed": 2}}', "scenario.duplicate_key", "/settings/seed"),
        (b'{"scenario": {"name": "a\\u0000b"}}', "scenario.unreadable_character", "/scenario/name"),
        (b'{"scenario_id": "\\ud800"}', "scenario.unreadable_character", "/scenario_id"),
        (b'{"scenario_id": "\xff"}', "scenario.not_utf8", ""),
        (b'{"scenario_id": "x", "settings": {"seed": NaN}}', None, "/settings/seed"),
        (b'{"scenario_id": "x", "settings": {"seed": 1e999}}', None, "/settings/seed"),
        (b'{"scenario_id": "x", "settings": {"seed": ' + b"9" * 5000 + b"}}", None, None),
        (b'{"scenario_id": "x"', "scenario.json_syntax", ""),
    ],
)
def test_json_that_parsers_let_pass_is_refused_with_its_place(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, code: str | None, pointer: str | None
) -> None:
    client = _client(tmp_path_factory)
    response = client.post("/v1/runs", content=body, headers=JSON)
    assert (response.status_code, response.headers["content-type"]) == (400, PROBLEM), response.text
    if pointer is not None:
        [problem] = response.json()["problems"]
        assert problem["pointer"] == pointer
        assert code in (None, problem["code"])


_clients: list[Any] = []


def _client(factory: pytest.TempPathFactory) -> TestClient:
    """Return a client of an application whose background threads are not needed, made once."""
    if not _clients:
        settings = ApiSettings(data_dir=factory.mktemp("api"))
        app = create_app(settings, lambda _name: small_dataset())
        _clients.append(TestClient(app, base_url="http://127.0.0.1:8000"))
    client: TestClient = _clients[0]
    return client


def test_head_answers_like_get_without_the_body(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        run = api.completed_run()
        for address in (
            "/v1/scenarios",
            f"/v1/runs/{run}",
            f"/v1/runs/{run}/report",
            f"/v1/runs/{run}/results/flows?format=csv",
            f"/v1/runs/{run}/events",
            "/v1/openapi.json",
            "/v1/docs",
            "/v1/nowhere",
        ):
            head, full = api.client.head(address), api.client.get(address)
            assert (head.status_code, head.content) == (full.status_code, b""), address
            assert head.headers["content-type"] == full.headers["content-type"]
            assert head.headers.get("etag") == full.headers.get("etag")
        waiting = api.request_run(seed=5)
        assert api.client.head(f"/v1/runs/{waiting}/events").status_code == 200
        for method in ("PUT", "OPTIONS", "PATCH"):
            response = api.client.request(method, f"/v1/runs/{run}")
            assert (response.status_code, response.headers["content-type"]) == (405, PROBLEM)
            assert response.headers["allow"] == "DELETE, GET, HEAD"


def test_so_many_may_follow_and_who_leaves_makes_room(tmp_path: Path) -> None:
    with running_api(tmp_path, max_streams=1) as api:
        waiting, done = api.request_run(seed=5), api.completed_run()
        places = api.client.app.state.services.streams  # type: ignore[attr-defined]
        places.take()
        refused = api.client.get(f"/v1/runs/{waiting}/events")
        assert (refused.status_code, refused.headers["content-type"]) == (503, PROBLEM)
        places.give_back()
        # One that ends, and one whose reader leaves at once.
        for address in (f"/v1/runs/{done}/events", f"/v1/runs/{waiting}/events"):
            ask = api.client.get if done in address else api.client.head
            for _ in range(2):
                assert ask(address).status_code == 200


def test_a_language_nobody_here_speaks_falls_to_dutch(tmp_path_factory: pytest.TempPathFactory) -> None:
    client = _client(tmp_path_factory)
    answer = client.get("/v1/nowhere", headers={"Accept-Language": "fr-FR, tlh"})
    assert (answer.headers["content-language"], answer.json()["title"]) == ("nl", "Niet gevonden")
