"""The simulator as a process of its own, on the local bus and on Kafka, killed at bad moments."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.kafka_broker import Broker
from tests.support.simulator_bench import (
    REGION,
    REPLICATIONS,
    SLOW,
    Bench,
    assert_gone,
    assert_results,
    children_of,
    scenario_document,
)

from zorgstroom.events.schemas import (
    ReplicationCompleted,
    ResultPublished,
    RunAccepted,
    RunCancellationRequested,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunProgressed,
    RunSettings,
    make_event,
)
from zorgstroom.text import catalogue

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

#: A run that is still going when it is stopped, also on a fast machine or when the test waits long.
LONG = RunSettings(replications=100, seed=7, region=f"{REGION.kind}:{REGION.name}")


@pytest.fixture(params=["local", "kafka"])
def bench(request: pytest.FixtureRequest, make_bench: Callable[[str], Bench], tmp_path: Path) -> Bench:
    if request.param == "local":
        return make_bench("local:")
    return make_bench(f"kafka://{request.getfixturevalue('kafka_broker')}?prefix={tmp_path.name}.")


def test_a_run_gives_the_tables_of_the_model_and_tells_how_far_it_is(
    bench: Bench, digests: dict[str, str]
) -> None:
    simulator = bench.start()
    checked = SLOW.model_copy(update={"engine": "auto", "cross_check": 1})
    event = bench.request("run-1", settings=checked)
    bench.queue.publish(event)  # the same command once more
    assert_results(bench, "run-1", digests)
    [result] = bench.said(ResultPublished, "run-1")
    assert result.manifest["settings"]["engine"] == "compiled"
    assert result.manifest["cross_check"]["equal"] is True
    assert [accepted.attempt for accepted in bench.said(RunAccepted, "run-1")] == [1]
    done = [replication.replication for replication in bench.said(ReplicationCompleted, "run-1")]
    assert sorted(done) == list(range(REPLICATIONS))
    assert all(replication.indicators for replication in bench.said(ReplicationCompleted, "run-1"))
    progress = [(said.done, said.total) for said in bench.said(RunProgressed, "run-1")]
    assert progress[0] == (0, REPLICATIONS + 1)
    assert progress == sorted(progress)
    kinds = [event.type for event in bench.events if event.subject == "run-1" and ".run." in event.type]
    assert "accepted" in kinds[0]
    assert "completed" in kinds[-1]
    # Nothing more comes of the second command.
    for _ in range(5):
        bench.listen()
    assert len(bench.said(ResultPublished, "run-1")) == len(bench.said(RunCompleted, "run-1")) == 1
    simulator.send_signal(signal.SIGTERM)
    assert simulator.wait(20) == 0


def test_kill_9_of_the_simulator_loses_nothing(bench: Bench, digests: dict[str, str]) -> None:
    first = bench.start()
    bench.request("run-1")
    bench.wait_for(ReplicationCompleted, "run-1")
    computing = children_of(first)
    assert computing
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert_gone(computing)
    bench.start()
    bench.request("run-1", attempt=2)
    assert_results(bench, "run-1", digests)
    assert bench.said(RunCompleted, "run-1")[0].attempt == 2
    # What was done twice is the same event.
    ids = bench.ids("replication.completed", "run-1")
    assert len(ids) > REPLICATIONS
    assert len(set(ids)) == REPLICATIONS


def test_kill_9_of_a_computing_process_is_not_noticed(local_bench: Bench, digests: dict[str, str]) -> None:
    bench = local_bench
    simulator = bench.start()
    bench.request("run-1")
    bench.wait_for(RunProgressed, "run-1")
    os.kill(children_of(simulator)[0], signal.SIGKILL)
    assert_results(bench, "run-1", digests)
    assert bench.said(RunCompleted, "run-1")[0].attempt == 1
    assert "died" in bench.story()


def test_an_ordinary_stop_gives_the_run_back_and_leaves_no_process(local_bench: Bench) -> None:
    bench = local_bench
    simulator = bench.start()
    bench.request("run-1", settings=LONG)
    bench.wait_for(RunProgressed, "run-1")
    computing = children_of(simulator)
    checked = [sys.executable, "-m", "zorgstroom", "simulator", "--check", "--lang", "en"]
    environment = {**os.environ, "ZORGSTROOM_DATA_DIR": str(bench.settings.data_dir)}
    assert subprocess.run(checked, env=environment, check=False).returncode == 0
    simulator.send_signal(signal.SIGTERM)
    assert simulator.wait(20) == 0
    assert_gone(computing)
    (failed,) = bench.wait_for(RunFailed, "run-1")
    assert (failed.key, failed.retriable, failed.attempt) == ("simulator.stopped", True, 1)
    stopped = subprocess.run(checked, env=environment, check=False, capture_output=True, text=True)
    assert stopped.returncode == 1
    assert "does not work" in stopped.stderr


def test_a_cancelled_run_stops_within_seconds_and_can_be_asked_for_again(local_bench: Bench) -> None:
    bench = local_bench
    simulator = bench.start()
    bench.request("run-1", settings=LONG)
    bench.wait_for(RunProgressed, "run-1")
    computing = children_of(simulator)
    assert len(computing) == 2
    bench.queue.publish(make_event("run-1", "/test", RunCancellationRequested()))
    bench.wait_for(RunCancelled, "run-1")
    assert_gone(computing)
    done = len(bench.said(ReplicationCompleted, "run-1"))
    assert done < 100
    # The old cancellation does not count for a new attempt.
    one = RunSettings(replications=1, seed=7, region=f"{REGION.kind}:{REGION.name}")
    bench.request("run-1", attempt=4, settings=one)
    assert bench.wait_for(RunCompleted, "run-1")[0].attempt == 4
    assert len(bench.said(ReplicationCompleted, "run-1")) == done + 1


def test_what_cannot_be_computed_is_said_and_the_rest_goes_on(local_bench: Bench) -> None:
    bench = local_bench
    bench.start()
    document = scenario_document(bench.dataset)
    bench.request("other-dataset", dataset_digest="0" * 64)
    bench.request("no-scenario", scenario={**document, "zorgstroom": 2})
    bench.request("no-region", settings=RunSettings(replications=1, region="roaz:Atlantis"))
    action = {"concentrate": {"profiles": ["hip_replacment"], "at": ["NOWHERE"]}}
    bench.request("no-hospital", scenario={**document, "actions": [action]})
    for run_id in ("other-dataset", "no-scenario", "no-region", "no-hospital"):
        (failed,) = bench.wait_for(RunFailed, run_id)
        assert not failed.retriable
        for language in ("nl", "en"):
            assert catalogue(language)[failed.key].format(**failed.params)
    bench.request("good", settings=RunSettings(replications=1, region=f"{REGION.kind}:{REGION.name}"))
    bench.wait_for(RunCompleted, "good")


def test_kill_9_of_the_broker_in_the_middle_of_a_run_loses_nothing(
    own_kafka_broker: Broker, make_bench: Callable[[str], Bench], digests: dict[str, str]
) -> None:
    bench = make_bench(f"kafka://{own_kafka_broker.servers}")
    simulator = bench.start()
    bench.request("run-1")
    bench.wait_for(RunProgressed, "run-1")
    own_kafka_broker.kill()
    own_kafka_broker.start()
    assert_results(bench, "run-1", digests)
    assert bench.said(RunCompleted, "run-1")[0].attempt == 1
    # Told to stop while the broker is away, it cannot say so, and does not wait for it either.
    own_kafka_broker.kill()
    simulator.send_signal(signal.SIGTERM)
    simulator.wait(20)
