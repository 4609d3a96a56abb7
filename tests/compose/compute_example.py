"""Have example plans computed by running services, with nothing but the standard library.

Usage: compute_example.py http://127.0.0.1:8000 [--seeds 1,2,3] [--screens]

Every seed is a run. All are asked for first and then followed by their progress streams, so that services can be
stopped and started in between; an answer that says "later" is asked for again. With https the certificate is checked
against the file that SSL_CERT_FILE names.
"""

from __future__ import annotations

import argparse
import http.client
import json
import time
import urllib.error
import urllib.request
from typing import Any

FINAL = {"completed", "failed", "cancelled"}
PATIENCE_SECONDS = 600


def ask(address: str, body: dict[str, Any] | None = None) -> Any:
    """Return the JSON answer to a GET, or to a POST of `body`; ask again while a service is away."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # The same request twice is one run, so that it can be asked again whatever became of it.
            if error.code not in {429, 502, 503, 504} or time.monotonic() > deadline:
                raise AssertionError(f"{address}: {error.code} {error.read()[:500]!r}") from error
        except (OSError, http.client.HTTPException):
            if time.monotonic() > deadline:
                raise
        time.sleep(1)


def follow(base: str, run_id: str) -> list[dict[str, Any]]:
    """Return the states of a run as its progress stream told them, the last one final."""
    seen: list[dict[str, Any]] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not seen or seen[-1]["state"] not in FINAL:
        assert time.monotonic() < deadline, f"not ready after {PATIENCE_SECONDS} s: {seen[-1:]}"
        try:
            with urllib.request.urlopen(f"{base}/v1/runs/{run_id}/events", timeout=60) as stream:
                for line in stream:
                    if line.startswith(b"data: {"):
                        seen.append(json.loads(line[6:]))
        except (OSError, http.client.HTTPException):
            time.sleep(1)
    return seen


def look_at_screens(base: str) -> None:
    """Read the page and one of its scripts; what is for operators alone is not passed on."""
    with urllib.request.urlopen(f"{base}/", timeout=30) as page:
        assert page.headers["Content-Type"].startswith("text/html")
        assert b"Zorgstroom" in page.read()
    for inside in ("/metrics", "/v1/../metrics", "//metrics"):
        assert status_of(base + inside) == 404, f"{inside} is passed on"


def status_of(address: str) -> int:
    """Return the status of the answer to a GET."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def main(base: str, seeds: list[int], screens: bool) -> None:
    """Request runs of the shortest example with changes, follow them, and read their impact."""
    if screens:
        look_at_screens(base)
    scenarios = ask(f"{base}/v1/scenarios")["items"]
    example = next(item for item in scenarios if item["slug"].startswith("02-"))
    runs = [
        ask(f"{base}/v1/runs", {"scenario_id": example["id"], "settings": {"replications": 1, "seed": seed}})
        for seed in seeds
    ]
    for run in runs:
        states = follow(base, run["id"])
        last = states[-1]
        assert last["state"] == "completed", last
        assert ask(f"{base}/v1/runs/{run['id']}/impact")
        assert ask(f"{base}/v1/runs/{run['id']}/results")
        print(
            f"{last['name']}: {last['state']}, {last['done']} of {last['total']}, {len(states)} steps",
            flush=True,
        )
    # A stream that was held back would have told all at the end.
    assert not screens or follow_began_before_the_end(base, example["id"])


def follow_began_before_the_end(base: str, scenario: str) -> bool:
    """Return whether the first step of a new run comes while the run is still going."""
    run = ask(f"{base}/v1/runs", {"scenario_id": scenario, "settings": {"replications": 2, "seed": 4711}})
    with urllib.request.urlopen(f"{base}/v1/runs/{run['id']}/events", timeout=60) as stream:
        for line in stream:
            if line.startswith(b"data: {"):
                state: str = json.loads(line[6:])["state"]
                return state not in FINAL
    return False


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--screens", action="store_true")
    given = parser.parse_args()
    main(given.base.rstrip("/"), [int(seed) for seed in given.seeds.split(",")], given.screens)
