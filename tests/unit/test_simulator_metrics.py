"""What the simulator shows for Prometheus."""

from __future__ import annotations

import socket

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from zorgstroom_simulator import metrics

pytestmark = pytest.mark.unit


def samples(port: int) -> dict[str, float]:
    page = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    return {
        sample.name + "".join(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def test_runs_blocks_and_kept_years_are_on_the_page() -> None:
    port = metrics.serve("127.0.0.1", 0)
    before = samples(port)
    metrics.runs_in_hand(3)
    metrics.block_done(0.3, replications=2)
    metrics.replications_kept(5)
    after = samples(port)
    assert after["zorgstroom_simulator_runs"] == 3
    grown = {name: after[name] - before[name] for name in after if name.startswith("zorgstroom")}
    assert grown["zorgstroom_simulator_block_seconds_count"] == 1
    assert grown["zorgstroom_simulator_block_seconds_bucket0.25"] == 0
    assert grown["zorgstroom_simulator_block_seconds_bucket0.5"] == 1
    assert grown["zorgstroom_simulator_replications_totalcomputed"] == 2
    assert grown["zorgstroom_simulator_replications_totalkept"] == 5
    assert after["process_resident_memory_bytes"] > 0


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(metrics.MetricsPortInUse, match=str(port)):
            metrics.serve("127.0.0.1", port)
