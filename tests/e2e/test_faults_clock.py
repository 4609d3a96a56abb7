"""Clocks that are an hour apart and jump in the middle of a run: nobody is taken for silent, and all numbers stay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.services import ApiProcess
from tests.support.shifted_clock import set_offset
from tests.support.stack import Stack, ask, run_of

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

HOUR = 3600.0


@pytest.fixture(params=["kafka", pytest.param("local", marks=pytest.mark.nightly)])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    environment = {"ZORGSTROOM_BUS_URL": "local:"}
    if request.param == "kafka":
        servers = request.getfixturevalue("kafka_broker")
        environment = {
            "ZORGSTROOM_BUS_URL": f"kafka://{servers}?prefix={tmp_path.name}.",
            "ZORGSTROOM_DATABASE_URL": request.getfixturevalue("postgres_url"),
        }
    with ExitStack() as opened:
        yield Stack(tmp_path, environment, opened)


def test_clocks_that_differ_and_jump_end_no_run(stack: Stack, tmp_path: Path) -> None:
    here, there = tmp_path / "clock-api", tmp_path / "clock-simulator"
    set_offset(here, 0.0)
    set_offset(there, HOUR)
    # The right time would be an hour of silence; no simulator is silent for so long.
    api = stack.start_api(clock=here, ZORGSTROOM_HEARTBEAT_TIMEOUT_SECONDS="20")
    stack.start_simulator(clock=there)
    runs = {}
    # Forward and back again, the one and the other: always an hour apart, or two.
    for seed, (ours, theirs) in enumerate([(HOUR, 0.0), (-HOUR, HOUR)], start=1):
        run_id = ask(api, seed, "simpy")
        runs[run_id] = seed
        wait_for_progress(stack, api, run_id)
        set_offset(here, ours)
        set_offset(there, theirs)
        stack.wait_for_state(api, [run_id])
        assert run_of(api, run_id)["attempt"] == 1
    # By our clock this cancellation is two hours older than the run that it is about.
    stopped = ask(api, 3, "simpy")
    wait_for_progress(stack, api, stopped)
    assert api.client.delete(f"/runs/{stopped}").status_code == 202
    stack.wait_for_state(api, [stopped], "cancelled")
    # And by the simulator's clock it is newer than the second request.
    set_offset(there, 2 * HOUR)
    assert ask(api, 3, "simpy") == stopped
    runs[stopped] = 3
    stack.wait_for_state(api, runs)
    stack.wait_until_read()
    stack.assert_results(runs)
    assert run_of(api, stopped)["attempt"] == 4


def wait_for_progress(stack: Stack, api: ApiProcess, run_id: str) -> None:
    stack.wait_until(lambda: run_of(api, run_id)["state"] == "running")
