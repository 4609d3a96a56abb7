"""Have one example plan computed by running services, with nothing but the standard library.

Usage: compute_example.py http://127.0.0.1:8000
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from typing import Any


def ask(address: str, body: dict[str, Any] | None = None) -> Any:
    """Return the JSON answer to a GET, or to a POST of `body`."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def main(base: str) -> None:
    """Request a run of the shortest example with changes, wait for it, and read its impact."""
    scenarios = ask(f"{base}/v1/scenarios")["items"]
    example = next(item for item in scenarios if item["slug"].startswith("02-"))
    run = ask(f"{base}/v1/runs", {"scenario_id": example["id"], "settings": {"replications": 1}})
    deadline = time.monotonic() + 600
    while run["state"] not in {"completed", "failed", "cancelled"}:
        assert time.monotonic() < deadline, f"not ready after 10 minutes: {run}"
        time.sleep(2)
        run = ask(f"{base}/v1/runs/{run['id']}")
    assert run["state"] == "completed", run
    assert ask(f"{base}/v1/runs/{run['id']}/impact")
    assert ask(f"{base}/v1/runs/{run['id']}/results")
    print(f"{run['name']}: {run['state']}, {run['done']} of {run['total']}")


if __name__ == "__main__":
    main(sys.argv[1])
