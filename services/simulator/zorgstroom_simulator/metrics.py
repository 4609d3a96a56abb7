"""What the simulator counts for Prometheus; shown on `ZORGSTROOM_METRICS_PORT` when that is set."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    start_http_server,
)

from zorgstroom.errors import ZorgstroomError

_registry = CollectorRegistry()
ProcessCollector(registry=_registry)
_runs = Gauge("zorgstroom_simulator_runs", "Runs in hand", registry=_registry)
_blocks = Histogram(
    "zorgstroom_simulator_block_seconds",
    "Time from handing a block to the compute until it was done, its place in the line included",
    buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
    registry=_registry,
)
_replications = Counter(
    "zorgstroom_simulator_replications",
    "Simulated years of runs, by where they came from",
    ("source",),
    registry=_registry,
)
for _source in ("computed", "kept"):
    _replications.labels(_source)


class MetricsPortInUse(ZorgstroomError):
    """The figures cannot be shown there."""

    key = "metrics.cannot_listen"


def runs_in_hand(count: int) -> None:
    """Note how many runs this simulator works on."""
    _runs.set(count)


def block_done(seconds: float, replications: int = 1) -> None:
    """Count a block that was computed, and the simulated years in it."""
    _blocks.observe(seconds)
    _replications.labels("computed").inc(replications)


def replications_kept(count: int) -> None:
    """Count simulated years that did not have to be computed, because they were kept."""
    _replications.labels("kept").inc(count)


def serve(host: str, port: int) -> int:
    """Show the figures at ``http://host:port/metrics``; return the port. Raises `MetricsPortInUse`."""
    try:
        server, _ = start_http_server(port, host, _registry)
    except OSError as error:
        raise MetricsPortInUse(host=host, port=str(port), reason=error.strerror or str(error)) from error
    return int(server.server_port)
