"""Requests that one database takes and another refuses get the same answer on both."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from tests.support.api import running_api

pytestmark = pytest.mark.e2e


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'zorgstroom.db'}"
    return str(request.getfixturevalue("postgres_url"))


def cursor(moment: str, identifier: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([moment, identifier]).encode()).decode()


def test_what_no_id_can_be_is_not_found(tmp_path: Path, database_url: str) -> None:
    """PostgreSQL refuses the character NUL, and every database half characters."""
    with running_api(tmp_path, database_url=database_url) as api:
        for path in ("runs/%00", "runs/%00/events", "runs/a%00b/impact", "runs/%00/report", "scenarios/%00"):
            assert api.client.get(f"/v1/{path}").status_code == 404, path
        assert api.client.delete("/v1/runs/%00").status_code == 404
        # In a body it is refused before anything is asked.
        assert api.client.post("/v1/runs", json={"scenario_id": "\0"}).status_code == 400
        assert api.client.get("/v1/comparisons?run=%00&run=a").status_code == 404
        now = "2026-01-01T00:00:00+00:00"
        for page in (cursor(now, "\0"), cursor(now, "\ud800"), cursor("0001-01-01T00:00:00+14:00", "a")):
            answer = api.client.get("/v1/runs", params={"cursor": page})
            assert (answer.status_code, answer.json()["code"]) == (400, "error.invalid_input")
        assert api.client.get("/v1/runs", params={"cursor": cursor(now, "a")}).status_code == 200
