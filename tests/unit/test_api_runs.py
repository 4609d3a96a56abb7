"""Runs over HTTP: asked for once, followed, cancelled, asked for again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from tests.support import sample_result
from tests.support.api import Api, running_api, wait_until

from zorgstroom.events.schemas import (
    RunAccepted,
    RunCancellationRequested,
    RunCancelled,
    RunFailed,
    RunProgressed,
    RunRequested,
    RunSettings,
)
from zorgstroom.scenario_file import scenario_digest
from zorgstroom_api.settings import ApiSettings

pytestmark = pytest.mark.unit


def has_attempt(api: Api, run_id: str, attempt: int) -> bool:
    return bool(api.client.get(f"/v1/runs/{run_id}").json()["attempt"] == attempt)


def has_commands(api: Api, count: int) -> bool:
    return len(api.commands()) == count


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with running_api(tmp_path) as api:
        yield api


def test_a_request_becomes_a_command_with_all_a_simulator_needs(api: Api) -> None:
    body = {"scenario": dict(sample_result.PLAN), "settings": {"replications": 3, "seed": 7}}
    response = api.client.post("/v1/runs", json=body)
    run = response.json()
    assert response.status_code == 202
    assert response.headers["location"] == f"/v1/runs/{run['id']}"
    assert (run["state"], run["position"], run["cached"], run["total"]) == ("queued", 1, False, 3)
    assert run["name"] == sample_result.PLAN["name"]
    wait_until(lambda: bool(api.commands()))
    [command] = api.commands()
    payload = command.payload()
    assert isinstance(payload, RunRequested)
    assert command.subject == run["id"]
    assert payload.settings == RunSettings(replications=3, seed=7, region=None, engine="auto")
    assert payload.dataset_digest == "0" * 64
    assert payload.scenario["name"] == sample_result.PLAN["name"]


def test_the_same_request_is_the_same_run_and_says_so(api: Api) -> None:
    first = api.request_run(seed=7)
    again = api.client.post("/v1/runs", json={"scenario": dict(sample_result.PLAN), "settings": {"seed": 7}})
    assert again.status_code == 202
    assert (again.json()["id"], again.json()["cached"]) == (first, True)
    scenario_id = scenario_digest(sample_result.scenario())
    by_id = api.client.post("/v1/runs", json={"scenario_id": scenario_id, "settings": {"seed": 7}}).json()
    assert (by_id["id"], by_id["cached"]) == (first, True)
    assert api.request_run(seed=8) != first
    wait_until(lambda: len(api.commands()) == 2)
    api.complete(first)
    done = api.client.post("/v1/runs", json={"scenario_id": scenario_id, "settings": {"seed": 7}})
    assert (done.status_code, done.json()["cached"]) == (200, True)
    assert len(api.commands()) == 2


@pytest.mark.parametrize(
    "besides", [{"waterfall": True}, {"stress": True}, {"draws": 20}, {"journeys": True}]
)
def test_what_is_asked_for_besides_is_another_run_and_not_asking_is_the_same(
    api: Api, besides: dict[str, object]
) -> None:
    plain = api.request_run(replications=3)
    asked = api.request_run(replications=3, **besides)
    refused = {name: None if name == "draws" else False for name in besides}
    assert asked != plain
    assert api.request_run(replications=3, **refused) == plain


def test_too_few_other_assumptions_are_refused_at_their_field(api: Api) -> None:
    body = {"scenario": dict(sample_result.PLAN), "settings": {"draws": 5}}
    answer = api.client.post("/v1/runs", json=body)
    assert answer.status_code == 400
    [problem] = answer.json()["problems"]
    assert problem["pointer"] == "/settings/draws"
    assert problem["message"] == "Dit moet 10 of meer zijn."


def test_asking_at_the_same_time_gives_one_run(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: api.request_run(seed=3), range(16)))
    assert len(found) == 1
    wait_until(lambda: len(api.commands()) == 1)


def test_the_region_in_effect_decides_not_where_it_was_said(api: Api) -> None:
    named = {**sample_result.PLAN, "region": {"roaz": "Noord"}, "actions": []}
    own = api.client.post("/v1/runs", json={"scenario": named}).json()
    spelled = api.client.post(
        "/v1/runs", json={"scenario": named, "settings": {"region": "roaz:Noord"}}
    ).json()
    assert own["settings"]["region"] == "roaz:Noord"
    assert own["id"] == spelled["id"]


def test_progress_position_and_completion(api: Api) -> None:
    first, second = api.request_run(seed=1), api.request_run(seed=2)
    assert [api.client.get(f"/v1/runs/{run}").json()["position"] for run in (first, second)] == [1, 2]
    api.accept(first)
    wait_until(lambda: api.client.get(f"/v1/runs/{first}").json()["done"] == 1)
    assert [api.client.get(f"/v1/runs/{run}").json()["position"] for run in (first, second)] == [None, 1]
    api.complete(first)
    run = api.client.get(f"/v1/runs/{first}").json()
    assert (run["done"], run["total"], run["wall_seconds"]) == (10, 10, 2.5)
    assert run["ended"] is not None


def test_a_waiting_run_is_cancelled_at_once_and_can_be_asked_for_again(api: Api) -> None:
    run_id = api.request_run()
    wait_until(lambda: len(api.commands()) == 1)
    response = api.client.delete(f"/v1/runs/{run_id}")
    assert (response.status_code, response.json()["state"]) == (202, "cancelled")
    wait_until(lambda: len(api.commands()) == 2)
    stop = api.commands()[1].payload()
    assert isinstance(stop, RunCancellationRequested)
    assert stop.attempt == 1
    again = api.client.post("/v1/runs", json={"scenario": dict(sample_result.PLAN)}).json()
    assert (again["id"], again["state"], again["attempt"]) == (run_id, "queued", 4)
    assert (again["cached"], again["cancellation_requested"]) == (False, False)
    wait_until(lambda: len(api.commands()) == 3)
    api.accept(run_id, attempt=4)


def test_a_run_that_waits_for_its_turn_is_cancelled_without_a_command(tmp_path: Path) -> None:
    with running_api(tmp_path, max_runs_per_owner=1) as api:
        first, second = api.request_run(seed=1), api.request_run(seed=2)
        wait_until(lambda: len(api.commands()) == 1)
        assert api.client.delete(f"/v1/runs/{second}").json()["state"] == "cancelled"
        third = api.request_run(seed=3)
        api.complete(first)
        wait_until(lambda: len(api.commands()) == 2)
        assert [command.subject for command in api.commands()] == [first, third]


def test_a_batch_waits_for_interactive_runs_until_somebody_waits_for_it(tmp_path: Path) -> None:
    with running_api(tmp_path, max_runs_per_owner=1) as api:
        first = api.request_run(seed=1)
        wait_until(lambda: len(api.commands()) == 1)

        def ask(seed: int, priority: str) -> dict[str, object]:
            body = {"scenario": dict(sample_result.PLAN), "settings": {"seed": seed}, "priority": priority}
            found: dict[str, object] = api.client.post("/v1/runs", json=body).json()
            return found

        batch, interactive = ask(2, "batch"), ask(3, "interactive")
        assert (batch["position"], batch["priority"]) == (2, "batch")
        assert interactive["position"] == 2
        hurried = ask(2, "interactive")
        assert (hurried["id"], hurried["priority"], hurried["cached"]) == (batch["id"], "interactive", True)
        wait_until(lambda: api.client.get(f"/v1/runs/{batch['id']}").json()["position"] == 2)
        assert api.client.get(f"/v1/runs/{interactive['id']}").json()["position"] == 3
        # The other way round nobody is put back.
        assert ask(2, "batch")["priority"] == "interactive"
        api.complete(first)
        wait_until(lambda: len(api.commands()) == 2)
        assert api.commands()[1].subject == batch["id"]


def test_a_running_run_stops_when_its_simulator_says_so(api: Api) -> None:
    run_id = api.request_run()
    wait_until(lambda: len(api.commands()) == 1)
    api.accept(run_id)
    asked = api.client.delete(f"/v1/runs/{run_id}").json()
    assert (asked["state"], asked["cancellation_requested"]) == ("running", True)
    api.client.delete(f"/v1/runs/{run_id}")
    api.say(run_id, RunCancelled(attempt=1))
    api.wait_for_state(run_id, "cancelled")
    wait_until(lambda: len(api.commands()) == 2)


def test_cancelling_a_completed_run_changes_nothing(api: Api) -> None:
    run_id = api.completed_run()
    response = api.client.delete(f"/v1/runs/{run_id}")
    assert (response.status_code, response.json()["state"]) == (202, "completed")
    assert not response.json()["cancellation_requested"]


def test_a_failed_run_says_why_in_the_readers_language(api: Api) -> None:
    run_id = api.request_run()
    api.say(run_id, RunFailed(attempt=1, key="error.conservation", params={"detail": "1 + 1"}))
    api.wait_for_state(run_id, "failed")
    dutch = api.client.get(f"/v1/runs/{run_id}").json()["error"]
    english = api.client.get(f"/v1/runs/{run_id}", headers={"Accept-Language": "en-GB"}).json()["error"]
    assert "patiënten" in dutch
    assert "patients" in english
    assert api.client.get(f"/v1/runs/{run_id}").json()["error_code"] == "error.conservation"


def test_a_silent_simulator_is_replaced(tmp_path: Path) -> None:
    with running_api(tmp_path, heartbeat_timeout_seconds=0.3) as api:
        run_id = api.request_run()
        for attempt in (1, 2, 3):
            wait_until(partial(has_commands, api, attempt))
            api.say(run_id, RunAccepted(attempt=attempt, worker="dies"))
            api.wait_for_state(run_id, "queued" if attempt < 3 else "failed")
            if attempt < 3:
                wait_until(partial(has_attempt, api, run_id, attempt + 1))
        requests = [command.payload() for command in api.commands()]
        assert [payload.attempt for payload in requests if isinstance(payload, RunRequested)] == [1, 2, 3]
        assert api.client.get(f"/v1/runs/{run_id}").json()["error_code"] == "api.run_silent"


def test_lists_come_in_pages_and_can_be_filtered(api: Api) -> None:
    runs = [api.request_run(seed=seed) for seed in range(5)]
    api.accept(runs[2])
    found, address = [], "/v1/runs?limit=2"
    while address:
        response = api.client.get(address)
        found += [run["id"] for run in response.json()["items"]]
        cursor = response.json()["next_cursor"]
        assert ("next" in response.links) == (cursor is not None)
        address = response.links["next"]["url"] if cursor else ""
    assert found == runs[::-1]
    running = api.client.get("/v1/runs", params={"state": "running"}).json()["items"]
    assert [run["id"] for run in running] == [runs[2]]


def test_too_long_a_queue_refuses_more(tmp_path: Path) -> None:
    with running_api(tmp_path, max_queued_runs=2) as api:
        first, _second = api.request_run(seed=1), api.request_run(seed=2)
        refused = api.client.post(
            "/v1/runs", json={"scenario": dict(sample_result.PLAN), "settings": {"seed": 3}}
        )
        assert refused.status_code == 429
        assert refused.headers["retry-after"]
        assert api.request_run(seed=1) == first


def read_stream(text: str) -> list[dict[str, str]]:
    events = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in events]


def test_the_stream_of_a_run_tells_every_step_and_ends(api: Api) -> None:
    run_id = api.request_run()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(api.client.get, f"/v1/runs/{run_id}/events")
        api.accept(run_id)
        api.say(run_id, RunProgressed(attempt=1, done=5, total=10))
        wait_until(lambda: api.client.get(f"/v1/runs/{run_id}").json()["done"] == 5)
        api.complete(run_id)
        response = reading.result(timeout=20)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    events = read_stream(response.text)
    last = json.loads(events[-1]["data"])
    assert {event["event"] for event in events} == {"run"}
    assert (last["state"], last["done"]) == ("completed", 10)
    assert len({event["id"] for event in events}) == len(events)
    again = api.client.get(f"/v1/runs/{run_id}/events", headers={"Last-Event-ID": events[0]["id"]})
    assert [event["id"] for event in read_stream(again.text)] == [events[-1]["id"]]
    known = api.client.get(f"/v1/runs/{run_id}/events", headers={"Last-Event-ID": events[-1]["id"]})
    assert known.status_code == 204


def test_a_quiet_stream_shows_that_it_lives(tmp_path: Path) -> None:
    with running_api(tmp_path, stream_heartbeat_seconds=0.05) as api:
        run_id = api.request_run()
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(api.client.get, f"/v1/runs/{run_id}/events")
            # Long enough for some signs of life between two steps of the run.
            time.sleep(0.5)
            api.complete(run_id)
            assert ": heartbeat\n\n" in reading.result(timeout=20).text
    assert ApiSettings().stream_heartbeat_seconds == 15


def test_unknown_runs_do_not_exist(api: Api) -> None:
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/events"),
        ("GET", "/impact"),
        ("GET", "/results"),
    ):
        response = api.client.request(method, f"/v1/runs/nowhere{path}")
        assert (response.status_code, response.json()["code"]) == (404, "api.run_not_found")


def test_after_a_restart_everything_is_still_there(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        run_id = api.completed_run()
        before = api.client.get(f"/v1/runs/{run_id}").json()
    with running_api(tmp_path) as api:
        assert api.client.get(f"/v1/runs/{run_id}").json() == before


def test_a_lost_database_is_rebuilt_from_the_bus(tmp_path: Path) -> None:
    with running_api(tmp_path) as api:
        run_id = api.completed_run()
        stopped = api.request_run(seed=2)
        api.client.delete(f"/v1/runs/{stopped}")
        wait_until(lambda: api.has_fact(stopped, RunCancelled))
        before = [api.client.get(f"/v1/runs/{run}").json() for run in (run_id, stopped)]
        results = api.client.get(f"/v1/runs/{run_id}/results").json()
    for file in tmp_path.glob("zorgstroom.db*"):
        file.unlink()
    with running_api(tmp_path) as api:
        wait_until(lambda: api.client.get(f"/v1/runs/{stopped}").json().get("state") == "cancelled")
        api.wait_for_state(run_id, "completed")
        after = [api.client.get(f"/v1/runs/{run}").json() for run in (run_id, stopped)]
        # Who asked to stop is kept by this service alone.
        assert [{**run, "cancellation_requested": None} for run in after] == [
            {**run, "cancellation_requested": None} for run in before
        ]
        assert api.client.get(f"/v1/runs/{run_id}/results").json() == results
