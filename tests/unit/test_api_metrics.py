"""What can be seen of the service from outside: counts for Prometheus, numbers of requests, what is ready."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from tests.support import sample_result
from tests.support.api import Api, running_api, small_dataset, wait_until

from zorgstroom.dataset.model import Dataset
from zorgstroom_api.app import create_app
from zorgstroom_api.health.service import HealthService, database_fits
from zorgstroom_api.settings import ApiSettings
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.migrations import upgrade

pytestmark = pytest.mark.unit


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with running_api(tmp_path) as made:
        yield made


Sample = tuple[str, frozenset[tuple[str, str]]]


def samples(client: TestClient) -> dict[Sample, float]:
    """Every number on the page, read as Prometheus reads it."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def key(name: str, **labels: str) -> Sample:
    return name, frozenset(labels.items())


def test_requests_are_counted_by_the_template_of_their_address(api: Api) -> None:
    for address in ("/v1/runs/aaa", "/v1/runs/bbb", "/v1/nothing/here", "/v1/health/live", "/etc/passwd"):
        api.client.get(address)
    api.client.request("SPY", "/v1/runs")
    found = samples(api.client)
    name = "zorgstroom_api_requests_total"
    assert found[key(name, method="GET", route="/runs/{run_id}", status="404")] == 2
    assert found[key(name, method="GET", route="none", status="404")] == 2
    assert found[key(name, method="GET", route="/health/live", status="200")] == 1
    assert found[key(name, method="OTHER", route="/runs", status="405")] == 1
    count = key("zorgstroom_api_request_seconds_count", method="GET", route="/runs/{run_id}")
    assert found[count] == 2
    assert not any("aaa" in value for _, labels in found for _, value in labels)


def test_it_tells_where_the_runs_are_and_what_waits(api: Api) -> None:
    api.completed_run()
    api.request_run(seed=2)
    api.request_run(seed=3)
    wait_until(lambda: samples(api.client).get(key("zorgstroom_runs", state="completed")) == 1)
    wait_until(lambda: samples(api.client)[key("zorgstroom_projector_events_total")] >= 4)
    found = samples(api.client)
    assert found[key("zorgstroom_runs", state="queued")] == 2
    assert found[key("zorgstroom_runs", state="failed")] == 0
    assert found[key("zorgstroom_runs_waiting", priority="interactive")] == 2
    assert found[key("zorgstroom_runs_waiting", priority="batch")] == 0
    assert found[key("zorgstroom_up", part="database")] == 1
    assert found[key("zorgstroom_up", part="bus")] == 1
    assert found[key("zorgstroom_projector_lag_seconds")] == 0
    assert found[key("zorgstroom_outbox_refused")] == 0


def test_it_tells_that_the_bus_is_away_and_how_long_something_waits_for_it(tmp_path: Path) -> None:
    in_the_way = tmp_path / "bus"
    in_the_way.mkdir()
    settings = ApiSettings(data_dir=tmp_path, bus_url=f"local:{in_the_way}", poll_seconds=0.02)
    app = create_app(settings, lambda _name: small_dataset())
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        assert client.post("/v1/runs", json={"scenario": dict(sample_result.PLAN)}).is_success
        wait_until(lambda: samples(client).get(key("zorgstroom_outbox_oldest_seconds"), 0) > 0)
        found = samples(client)
    assert found[key("zorgstroom_outbox_events")] >= 1
    assert found[key("zorgstroom_up", part="bus")] == 0


def test_the_page_is_for_this_machine_or_an_administrator(tmp_path: Path) -> None:
    settings = ApiSettings(data_dir=tmp_path, auth="keys")
    app = create_app(settings, lambda _name: small_dataset())

    def status(client_host: str, **headers: str) -> int:
        client = TestClient(app, base_url="http://127.0.0.1:8000", client=(client_host, 5000))
        return int(client.get("/metrics", headers=headers).status_code)

    with TestClient(app, base_url="http://127.0.0.1:8000"):
        assert status("127.0.0.1") == 200
        assert status("::1") == 200
        assert status("10.0.0.7") == 403
        # A proxy on this machine asks for somebody else.
        assert status("127.0.0.1", **{"X-Forwarded-For": "10.0.0.7"}) == 403


def test_every_answer_carries_the_number_of_its_request(api: Api) -> None:
    given = api.client.get("/v1/runs/unknown", headers={"X-Request-Id": "proxy-42"})
    assert (given.status_code, given.headers["x-request-id"]) == (404, "proxy-42")
    first, second = (api.client.get("/v1/health/live").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert len(first) == 32
    for unfit in ("two words", "x" * 65, "a\u00e9"):
        headers = {"X-Request-Id": unfit.encode()}
        assert api.client.get("/v1/health/live", headers=headers).headers["x-request-id"] != unfit


def test_it_is_ready_only_when_the_dataset_is_read(tmp_path: Path) -> None:
    reading = threading.Event()

    def slow(_name: str) -> Dataset:
        reading.wait(30)
        return small_dataset()

    settings = ApiSettings(data_dir=tmp_path, poll_seconds=0.02)
    with TestClient(create_app(settings, slow), base_url="http://127.0.0.1:8000") as client:
        found = client.get("/v1/health/ready").json()
        assert found["checks"]["dataset"] == "failed"
        assert "dataset" in found["detail"]
        reading.set()
        wait_until(lambda: client.get("/v1/health/ready").status_code == 200)


def test_a_database_with_other_tables_does_not_fit(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'z.db'}")
    assert not database_fits(database)
    upgrade(database)
    assert database_fits(database)
    with database.connection() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    assert not database_fits(database)
    database.close()


def test_what_was_found_is_said_to_all_who_ask_at_once() -> None:
    asked: list[int] = []

    def check() -> bool:
        asked.append(1)
        return True

    health = HealthService({"database": check}, keep_seconds=60)
    assert [health.ready().checks for _ in range(20)] == [{"database": "ok"}] * 20
    assert len(asked) == 1
