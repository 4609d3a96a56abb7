"""All services together as real processes, on both buses and both databases: one is killed in mid-run.

Whatever dies, the run completes, with the tables that one process gives without any service or bus.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.support.kafka_broker import Broker
from tests.support.services import ApiProcess
from tests.support.stack import SCENARIO, Stack, run_of, wait_until

from zorgstroom.events.ports import RUNS, EventLog
from zorgstroom.events.schemas import RunCompleted
from zorgstroom.tables import SCHEMAS, table_digest

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

#: The engine that takes long enough to be killed in the middle.
SETTINGS = {"replications": 2, "seed": 11, "engine": "simpy"}


@pytest.fixture(scope="module")
def digests(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What ``zorgstroom run`` gives."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "plan.json").write_text(json.dumps(SCENARIO))
    numbers = [f"--{name}={number}" for name, number in SETTINGS.items()]
    done = subprocess.run(
        [sys.executable, "-m", "zorgstroom", "run", "plan.json", "--out=out", "--json", *numbers],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)["table_digests"]
    assert set(found) == set(SCHEMAS)
    return found


@pytest.fixture
def make_together(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Stack]]:
    with ExitStack() as opened:
        yield lambda environment: Stack(tmp_path, environment, opened)


# On the local bus, parts of it are in `test_service` and `test_api_process` every day.
@pytest.fixture(params=[pytest.param("local-sqlite", marks=pytest.mark.nightly), "kafka-postgresql"])
def together(
    request: pytest.FixtureRequest, make_together: Callable[[dict[str, str]], Stack], tmp_path: Path
) -> Stack:
    if request.param == "local-sqlite":
        return make_together({"ZORGSTROOM_BUS_URL": "local:"})
    servers = request.getfixturevalue("kafka_broker")
    return make_together(
        {
            "ZORGSTROOM_BUS_URL": f"kafka://{servers}?prefix={tmp_path.name}.",
            "ZORGSTROOM_DATABASE_URL": request.getfixturevalue("postgres_url"),
        }
    )


def start_run(api: ApiProcess) -> str:
    """Ask for the run, and return its id once a replication is done and another is not."""
    answer = api.client.post("/runs", json={"scenario": SCENARIO, "settings": SETTINGS})
    assert answer.status_code == 202, answer.text
    run_id = str(answer.json()["id"])
    wait_until(lambda: run_of(api, run_id)["done"] == 1)
    assert run_of(api, run_id)["state"] == "running"
    return run_id


def assert_completed(
    api: ApiProcess, run_id: str, attempt: int, digests: dict[str, str], folder: Path
) -> None:
    """The run is completed, and both what is said of its tables and the tables themselves are right."""
    wait_until(lambda: run_of(api, run_id)["state"] == "completed")
    run = run_of(api, run_id)
    assert (run["attempt"], run["done"], run["error"]) == (attempt, SETTINGS["replications"], None)
    listed = api.client.get(f"/runs/{run_id}/results").json()["artefacts"]
    assert {item["name"]: item["table_digest"] for item in listed if item["name"] in SCHEMAS} == digests
    for name, digest in digests.items():
        answer = api.client.get(
            f"/runs/{run_id}/results/{name}", headers={"Accept": "application/vnd.apache.parquet"}
        )
        file = folder / f"{name}.parquet"
        file.write_bytes(answer.content)
        assert table_digest(pq.read_table(file)) == digest
    assert api.client.get(f"/runs/{run_id}/impact").json()["identity"]["run_id"] == run_id


def completed_events(log: EventLog, run_id: str) -> int:
    """Return how often the bus says that the run is completed."""
    found, cursor = 0, None
    while entries := log.read(RUNS, cursor, 100, 0.5):
        cursor = entries[-1].cursor
        found += sum(
            entry.event.subject == run_id and isinstance(entry.event.payload(), RunCompleted)
            for entry in entries
        )
    return found


def test_kill_9_of_the_api_while_the_simulator_goes_on(
    together: Stack, digests: dict[str, str], tmp_path: Path
) -> None:
    api, simulator = together.start_api(), together.start_simulator()
    run_id = start_run(api)
    api.kill()
    log = together.open_log()
    assert completed_events(log, run_id) == 0, "killed too late to show anything"
    wait_until(lambda: completed_events(log, run_id) == 1)
    api = together.start_api()
    assert_completed(api, run_id, 1, digests, tmp_path)
    # The same question is answered from what is there.
    again = api.client.post("/runs", json={"scenario": SCENARIO, "settings": SETTINGS}).json()
    assert (again["id"], again["cached"], again["state"]) == (run_id, True, "completed")
    assert simulator.terminate() == 0


def test_kill_9_of_the_simulator_has_the_run_asked_for_again(
    together: Stack, digests: dict[str, str], tmp_path: Path
) -> None:
    # Longer than between two signs of life of a simulator, shorter than anybody would wait.
    api = together.start_api(ZORGSTROOM_HEARTBEAT_TIMEOUT_SECONDS="8")
    simulator = together.start_simulator()
    run_id = start_run(api)
    simulator.kill()
    together.start_simulator()
    assert_completed(api, run_id, 2, digests, tmp_path)


def test_kill_9_of_the_broker_is_waited_out_by_all(
    own_kafka_broker: Broker,
    make_together: Callable[[dict[str, str]], Stack],
    postgres_url: str,
    digests: dict[str, str],
    tmp_path: Path,
) -> None:
    together = make_together(
        {
            "ZORGSTROOM_BUS_URL": f"kafka://{own_kafka_broker.servers}",
            "ZORGSTROOM_DATABASE_URL": postgres_url,
        }
    )
    api, simulator = together.start_api(), together.start_simulator()
    run_id = start_run(api)
    own_kafka_broker.kill()
    # Asked for while there is no bus: kept, and sent when there is one again.
    other = api.client.post("/runs", json={"scenario": SCENARIO, "settings": {**SETTINGS, "seed": 12}}).json()
    own_kafka_broker.start()
    assert_completed(api, run_id, 1, digests, tmp_path)
    wait_until(lambda: run_of(api, other["id"])["state"] == "completed")
    assert (api.runs, simulator.runs) == (True, True)
