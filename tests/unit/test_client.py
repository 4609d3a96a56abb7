"""The client against the real API, over a real socket; the simulator's part is played on the bus."""

from __future__ import annotations

import csv
import io
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import cast

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient
from tests.support import sample_result
from tests.support.api import Api, small_dataset, wait_until

from zorgstroom.client import Client, RunInfo
from zorgstroom.errors import Conflict, InvalidInput, NotFound, Unavailable
from zorgstroom.events import open_event_log
from zorgstroom.events.schemas import RunFailed, RunProgressed, RunSettings
from zorgstroom_api.app import create_app
from zorgstroom_api.commands import listen
from zorgstroom_api.settings import ApiSettings

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    settings = ApiSettings(data_dir=tmp_path_factory.mktemp("api"), poll_seconds=0.02)
    app = create_app(settings, lambda _name: small_dataset())
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_until(lambda: server.started)
    log = open_event_log(settings)
    with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}") as http:
        yield Api(cast(TestClient, http), settings, log)
    server.should_exit = True
    thread.join()
    log.close()


@pytest.fixture(scope="module")
def client(api: Api) -> Iterator[Client]:
    with Client(str(api.client.base_url), "nl") as client:
        yield client


@pytest.fixture(scope="module")
def finished(api: Api) -> str:
    return api.completed_run()


def test_a_service_that_works_says_so(api: Api, client: Client) -> None:
    wait_until(lambda: api.client.get("/v1/health/ready").is_success)
    assert client.health()["status"] == "ok"
    assert client.dataset("small")["digest"] == small_dataset().digest


def test_a_service_that_is_not_there_is_unavailable_in_the_language_of_the_client() -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with Client(address, "nl") as client, pytest.raises(Unavailable) as caught:
            client.scenarios()
    assert caught.value.message("nl") == "De rekendienst antwoordt nu niet. Probeer het later opnieuw."
    assert caught.value.retriable


def test_the_same_plan_has_the_same_id_as_yaml_and_as_document(client: Client) -> None:
    document = {"zorgstroom": 1, "name": "Alles blijft"}
    added = client.add_scenario(document)
    assert client.add_scenario("zorgstroom: 1\nname: Alles blijft\n").id == added.id
    assert client.scenario(added.id).document.name == "Alles blijft"
    assert added.id in {scenario.id for scenario in client.scenarios()}
    assert not added.example


def test_the_examples_come_first_and_by_their_short_names(client: Client) -> None:
    client.add_scenario({"zorgstroom": 1, "name": "Een eigen plan"})
    examples = client.examples()
    assert examples
    assert client.scenarios()[: len(examples)] == examples
    assert all(example.slug for example in examples)


def test_every_page_of_a_list_is_read(client: Client) -> None:
    added = {client.add_scenario({"zorgstroom": 1, "name": f"Plan {number}"}).id for number in range(105)}
    assert added <= {scenario.id for scenario in client.scenarios()}


def test_every_mistake_in_a_plan_is_named_with_its_place(client: Client) -> None:
    wrong = {"zorgstroom": 1, "name": "", "actions": [{"close": {"location": "NORD"}}]}
    with pytest.raises(InvalidInput) as caught:
        client.add_scenario(wrong)
    assert {problem.pointer for problem in caught.value.problems} >= {"/name"}
    assert all(problem.message("nl") for problem in caught.value.problems)


def test_what_does_not_exist_is_not_found_in_the_language_of_the_client(api: Api, client: Client) -> None:
    with pytest.raises(NotFound) as dutch:
        client.run("nergens")
    with Client(str(api.client.base_url), "en") as english, pytest.raises(NotFound) as in_english:
        english.run("nergens")
    assert "nergens" in dutch.value.message("nl")
    assert dutch.value.message("nl") != in_english.value.message("en")


@pytest.mark.parametrize("given", ["../admin/overview", "<b>x</b>", "..", "", "a?b=c", "%2e%2e"])
def test_what_is_no_id_never_becomes_another_address(client: Client, given: str) -> None:
    for ask in (client.run, client.scenario, client.impact):
        with pytest.raises(NotFound) as caught:
            ask(given)
        assert caught.value.message("nl") == f"'{given}' bestaat niet."


def test_the_same_request_gives_the_same_run(client: Client) -> None:
    plan = client.add_scenario(dict(sample_result.PLAN))
    settings = RunSettings(replications=4, seed=11)
    first, second = client.submit(plan.id, settings), client.submit(plan.id, settings)
    assert (first.id, first.cached, second.cached) == (second.id, False, True)
    assert client.submit(plan.id, RunSettings(replications=4, seed=12)).id != first.id
    assert first.id in {run.id for run in client.runs("queued")}


def test_progress_is_followed_until_the_run_has_ended(api: Api, client: Client) -> None:
    run_id = api.request_run(seed=21)
    seen: list[RunInfo] = []

    def follow(run: RunInfo) -> None:
        """Do the next thing a simulator does, each time the client has seen the one before."""
        seen.append(run)
        if run.state == "queued":
            api.accept(run_id)
        elif run.done == 1:
            api.say(run_id, RunProgressed(attempt=1, done=6, total=10))
        elif run.done == 6:
            api.say(run_id, RunFailed(attempt=1, key="error.internal"))

    ended = client.wait(run_id, follow)
    assert ended.state == "failed"
    assert ended.error == "Er ging iets mis in Zorgstroom zelf. De fout is vastgelegd."
    assert [run.done for run in seen if run.state == "running"] == [1, 6]


def test_waiting_has_an_end(api: Api, client: Client) -> None:
    with pytest.raises(Unavailable):
        client.wait(api.request_run(seed=22), timeout=0.0)


def test_a_run_that_waits_is_stopped(api: Api, client: Client) -> None:
    run_id = api.request_run(seed=23)
    client.cancel(run_id)
    run = client.run(run_id)
    assert run.cancellation_requested or run.state == "cancelled"


def test_the_impact_is_the_document_that_was_made(client: Client, finished: str) -> None:
    impact = client.impact(finished)
    assert impact.identity.run_id == finished
    assert impact.name == sample_result.PLAN["name"]


def test_tables_are_filtered_by_the_service(client: Client, finished: str) -> None:
    content = client.table(finished, "comparison", location="NOORD", indicator="load").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content), delimiter=csv.Sniffer().sniff(content).delimiter))
    assert {row["location"] for row in rows} == {"NOORD"}
    assert {row["pool"] for row in rows} == {"or", "ic:adult", "ward:surgical"}
    assert client.table(finished, "comparison", "application/vnd.apache.parquet")[:4] == b"PAR1"


def test_reports_come_in_the_language_asked_for(client: Client, finished: str) -> None:
    assert b'<html lang="nl"' in client.report(finished, "html")
    assert b'<html lang="en"' in client.report(finished, "html", "en")
    assert client.report(finished, "xlsx")[:2] == b"PK"


def test_runs_are_compared_only_when_that_does_not_mislead(api: Api, client: Client, finished: str) -> None:
    other = api.completed_run(seed=31)
    with pytest.raises(Conflict) as caught:
        client.compare([finished, other])
    assert "seed" in caught.value.message("nl")
    same = api.request_run(seed=1, replications=10, region=None)
    assert same == finished


def test_an_answer_of_a_newer_service_is_still_understood() -> None:
    known = {"id": "a", "scenario_id": "b", "name": "Plan", "state": "running"}
    newer = json.dumps({**known, "room": "a key of tomorrow"})
    assert RunInfo.model_validate_json(newer) == RunInfo.model_validate(known)


# What only other programs use


def test_a_table_comes_as_arrow_with_the_rows_asked_for(client: Client, finished: str) -> None:
    everything = client.frame(finished, "comparison")
    some = client.frame(client.run(finished), "comparison", location=["NOORD", "MIDDEN"])
    assert 0 < some.num_rows < everything.num_rows
    assert set(some["location"].to_pylist()) == {"NOORD", "MIDDEN"}
    assert some.schema.equals(everything.schema)


def test_what_came_out_is_listed_with_its_manifest(client: Client, finished: str) -> None:
    results = client.results(finished)
    assert results.manifest["run_id"] == finished
    assert {"comparison", "impact"} <= {part.name for part in results.artefacts}


def test_versions_status_and_removal(client: Client) -> None:
    first = client.add_scenario({"zorgstroom": 1, "name": "Eerste versie"})
    second = client.add_scenario({"zorgstroom": 1, "name": "Tweede versie"}, previous=first)
    assert [version.id for version in client.versions(first)] == [second.id, first.id]
    assert (second.version, second.series) == (2, first.id)
    settled = client.change_scenario(second, status="vastgesteld", visibility="public")
    assert (settled.status, settled.visibility) == ("vastgesteld", "public")
    assert second.id in {scenario.id for scenario in client.scenarios(q="tweede", status="vastgesteld")}
    client.remove_scenario(client.add_scenario({"zorgstroom": 1, "name": "Weg ermee"}))
    assert client.scenarios(q="Weg ermee") == []


def test_mistakes_in_a_document_are_told_without_keeping_it(client: Client) -> None:
    found = client.validate({"zorgstroom": 1, "name": "Fout", "actions": [{"close": {"location": "NORD"}}]})
    assert any("NOORD" in remark.message for remark in found.problems)
    assert client.validate("zorgstroom: 1\nname: Goed\n").problems == []


def test_a_batch_run_says_so(client: Client) -> None:
    scenario = client.add_scenario({"zorgstroom": 1, "name": "Voor vannacht"})
    run = client.submit(scenario, RunSettings(seed=77), priority="batch")
    assert run.priority == "batch"
    client.cancel(run)


def answering(*answers: httpx.Response) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    """A service that gives these answers, one after the other, and what it was asked."""
    waiting, asked = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return waiting.pop(0)

    return httpx.MockTransport(answer), asked


def test_a_busy_service_is_asked_again_when_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("zorgstroom.client.time.sleep", pauses.append)
    page = httpx.Response(200, json={"items": []})
    busy = [
        httpx.Response(code, headers={"Retry-After": after}) for code, after in ((429, "2"), (503, "9999"))
    ]
    transport, asked = answering(*busy, page)
    with Client(transport=transport, api_key="zs_ab_cd", owner="Bureau Één") as client:
        assert client.runs() == []
    assert pauses == [2.0, 10.0]
    assert asked[0].headers["authorization"] == "Bearer zs_ab_cd"
    assert dict(asked[0].headers.raw)[b"Zorgstroom-Owner"].decode() == "Bureau Één"


def test_a_service_that_stays_busy_is_unavailable_after_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zorgstroom.client.time.sleep", lambda _seconds: None)
    transport, asked = answering(*[httpx.Response(429) for _ in range(9)])
    with Client(transport=transport, retries=2) as client, pytest.raises(Unavailable):
        client.runs()
    assert len(asked) == 3


def test_the_package_gives_the_client_without_importing_it_before() -> None:
    script = (
        "import sys, zorgstroom\n"
        "assert not {'httpx', 'pydantic', 'zorgstroom.client'} & set(sys.modules)\n"
        "from zorgstroom import Client, RunSettings\n"
        "assert Client.__module__ == 'zorgstroom.client'\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
