"""How long a workshop waits: ``python -m benchmarks.service_latency [--replications N] [--jobs N]``.

Real processes: an API and a simulator on the local bus, in a folder of their own. A first plan for a region is
computed, so that the simulator has its patients; then forms of a second plan are asked for, one after the other, and
what happens when is written down, from the request on.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zorgstroom.client import Client
from zorgstroom.errors import ZorgstroomError
from zorgstroom.events import open_event_log
from zorgstroom.events.ports import RESULTS, RUNS
from zorgstroom.events.schemas import RunSettings
from zorgstroom.planning.comparison import MIN_REPLICATIONS
from zorgstroom.scenario_file import example_scenarios, load_scenario
from zorgstroom.settings import Settings

READY_SECONDS, DONE_SECONDS = 120.0, 300.0
#: The plan computed first, and the one that is changed.
FIRST, CHANGED = "02-", "04-"
#: From so many simulated years on there is an interval.
INTERVAL = MIN_REPLICATIONS


@dataclass(frozen=True)
class Moments:
    """Seconds from the request, as a reader of the API sees them; the last two as the simulator said them."""

    answered: float
    accepted: float
    first_interval: float
    completed: float
    impact: float
    simulated: float
    put_together: float


def main() -> None:
    """Print a line per plan, the first of which finds nothing kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service_latency", description=__doc__)
    parser.add_argument("--replications", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--plans", type=int, default=4, help="plans after the first")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zorgstroom-latency-") as folder:
        measured = measure(Path(folder), asked.replications, asked.jobs, asked.plans)
    print(json.dumps([{name: round(value, 2) for name, value in vars(line).items()} for line in measured]))


def measure(folder: Path, replications: int, jobs: int, plans: int) -> list[Moments]:
    """Return the moments of the first plan and of so many changed ones."""
    api_port = _free_port()
    settings = Settings(data_dir=folder, bus_url="local:", api_port=api_port, api_url=None)
    environment = {
        **os.environ,
        "ZORGSTROOM_DATA_DIR": str(folder),
        "ZORGSTROOM_BUS_URL": "local:",
        "ZORGSTROOM_API_PORT": str(api_port),
    }
    with ExitStack() as opened:
        opened.enter_context(_service(folder, environment, "api"))
        opened.enter_context(_service(folder, environment, "simulator", "--jobs", str(jobs)))
        client = opened.enter_context(Client(f"http://127.0.0.1:{api_port}"))
        _wait_until_ready(client, environment)
        scenarios = [_document(FIRST), *(_variant(_document(CHANGED), number) for number in range(plans))]
        settings_of_run = RunSettings(replications=replications)
        return [_moments(client, settings, document, settings_of_run) for document in scenarios]


def _moments(
    client: Client, settings: Settings, document: dict[str, Any], run_settings: RunSettings
) -> Moments:
    scenario = client.add_scenario(document)
    started, clock = time.monotonic(), time.time()
    run = client.submit(scenario.id, run_settings)
    seen = {"answered": time.monotonic() - started}
    for moment in client.progress(run.id, timeout=DONE_SECONDS):
        now = time.monotonic() - started
        if moment.state != "queued":
            seen.setdefault("accepted", now)
        if moment.done >= INTERVAL:
            seen.setdefault("first_interval", now)
        if moment.state == "completed":
            seen["completed"] = now
    if "completed" not in seen:
        raise RuntimeError(f"the run is {moment.state}: {moment.error}")
    client.impact(run.id)
    with closing(open_event_log(settings)) as log:
        entries = [*log.read(RUNS, None, 100_000, 0.0), *log.read(RESULTS, None, 100_000, 0.0)]
    events = [entry.event for entry in entries if entry.event.subject == run.id]
    last = {event.type.split(".")[2:4][0]: event.time.timestamp() - clock for event in events}
    return Moments(
        **seen,
        impact=time.monotonic() - started,
        simulated=last["replication"],
        put_together=last["result"],
    )


def _document(prefix: str) -> dict[str, Any]:
    path = next(item.path for item in example_scenarios() if item.slug.startswith(prefix))
    document: dict[str, Any] = json.loads(load_scenario(path).canonical_json())
    return document


def _variant(document: dict[str, Any], number: int) -> dict[str, Any]:
    """Return another plan: a little more of the first care that is spread."""
    changed: dict[str, Any] = json.loads(json.dumps(document))
    changed["name"] = f"{changed['name']} {number}"
    spread = next(item["spread"] for item in changed["actions"] if "spread" in item)
    spread["share"] = round(spread["share"] + 0.01 * number, 3)
    return changed


@contextmanager
def _service(folder: Path, environment: dict[str, str], name: str, *options: str) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "zorgstroom", name, *options],
            env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield
        except BaseException:
            print((folder / f"{name}.log").read_text(), file=sys.stderr)
            raise
        finally:
            process.terminate()
            process.wait()


def _wait_until_ready(client: Client, environment: dict[str, str]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    check = [sys.executable, "-m", "zorgstroom", "simulator", "--check"]
    while True:
        try:
            client.health()
            if subprocess.run(check, env=environment, capture_output=True, check=False).returncode == 0:
                return
        except ZorgstroomError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError("the services are not ready")
        time.sleep(0.5)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
