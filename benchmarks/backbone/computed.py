"""Runs that are done, to look at."""

from __future__ import annotations

import json
from typing import Any

from tests.support.services import ApiProcess

from benchmarks.backbone.stack import wait_until
from zorgstroom.scenario_file import example_scenarios, load_scenario

DONE_SECONDS = 600.0


def document(slug: str) -> dict[str, Any]:
    """Return an example plan as it is sent."""
    path = next(item.path for item in example_scenarios() if item.slug == slug)
    found: dict[str, Any] = json.loads(load_scenario(path).canonical_json())
    return found


def submit(api: ApiProcess, plan: dict[str, Any], owner: str = "", **more: Any) -> str:
    """Ask for a run; `more` are its settings, and its priority. Return its id."""
    priority = more.pop("priority", "interactive")
    headers = {"Zorgstroom-Owner": owner} if owner else {}
    body = {"scenario": plan, "settings": more, "priority": priority}
    answer = api.client.post("/runs", json=body, headers=headers).raise_for_status()
    return str(answer.json()["id"])


def state(api: ApiProcess, run_id: str) -> dict[str, Any]:
    """Return where a run stands."""
    found: dict[str, Any] = api.client.get(f"/runs/{run_id}").raise_for_status().json()
    return found


def completed(api: ApiProcess, run_id: str, seconds: float = DONE_SECONDS) -> dict[str, Any]:
    """Wait until a run is completed. Raises RuntimeError if it ends otherwise, TimeoutError."""
    wait_until(lambda: state(api, run_id)["state"] not in ("queued", "running"), seconds, 0.1)
    found = state(api, run_id)
    if found["state"] != "completed":
        raise RuntimeError(f"the run is {found['state']}: {found['error']}")
    return found
