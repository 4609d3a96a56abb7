"""The API on a real Kafka broker: requests arrive, answers are read, a lost database is rebuilt."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.api import running_api, wait_until

pytestmark = pytest.mark.e2e


def test_a_run_goes_out_over_kafka_and_its_result_comes_back(tmp_path: Path, kafka_broker: str) -> None:
    bus_url = f"kafka://{kafka_broker}?prefix=api-{tmp_path.name}-"
    with running_api(tmp_path, bus_url=bus_url) as api:
        run_id = api.request_run(seed=5)
        wait_until(lambda: run_id in {command.subject for command in api.commands()})
        api.accept(run_id)
        api.complete(run_id)
        wait_until(lambda: api.client.get("/v1/health/ready").status_code == 200)
        before = api.client.get(f"/v1/runs/{run_id}").json()
        results = api.client.get(f"/v1/runs/{run_id}/results").json()
    for file in tmp_path.glob("zorgstroom.db*"):
        file.unlink()
    with running_api(tmp_path, bus_url=bus_url) as api:
        wait_until(lambda: api.client.get(f"/v1/runs/{run_id}").json().get("state") == "completed")
        assert api.client.get(f"/v1/runs/{run_id}").json() == before
        assert api.client.get(f"/v1/runs/{run_id}/results").json() == results
