"""What this process counts for Prometheus, and the page that shows it.

Labels come from closed sets only (templates of addresses, states, priorities): no visitor can make a series.
What the store knows is asked when somebody looks, at most once a second.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, get_args

from fastapi import APIRouter, Request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    exposition,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from starlette.responses import Response

from zorgstroom import MODEL_VERSION, __version__
from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom.events.schemas import Priority
from zorgstroom_api.dependencies import Caller_, Service
from zorgstroom_api.settings import is_loopback
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import OutboxRow, RunRow, RunState

#: Media type of the page.
MEDIA_TYPE = exposition.CONTENT_TYPE_PLAIN_0_0_4
#: In seconds: around what is promised of a page (0.1, 0.2) and up to where a request is given up.
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
#: What the store said is shown again for so long.
KEEP_SECONDS = 1.0
#: Headers by which a proxy says that it asks for somebody else.
FORWARDED = ("forwarded", "x-forwarded-for")

router = APIRouter(include_in_schema=False)


class MayNotSee(ZorgstroomError):
    """The figures about the service are for who looks after it."""

    key = "metrics.refused"
    http_status = 403


@dataclass(frozen=True)
class Store:
    """What the store said, and when."""

    asked: float
    answers: bool = False
    runs: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    to_send: int = 0
    refused: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True)
class Bus:
    """How the reading of the bus goes; asked when somebody looks."""

    answers: Callable[[], bool]
    applied: Callable[[], int]
    lag_seconds: Callable[[], float]


class Metrics:
    """The counters of one application."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "zorgstroom_api_requests",
            "Requests answered, by template of the address",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "zorgstroom_api_request_seconds",
            "Time until the answer began",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self._registry.register(_Now(database, bus))

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer; `route` is a template, never the address a visitor typed."""
        if method not in METHODS:
            method = "OTHER"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def page(self) -> bytes:
        """Return everything in the text format of Prometheus."""
        return generate_latest(self._registry)


class _Now(Collector):
    """What is so at this moment."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._lock = threading.Lock()
        self._store = Store(asked=-KEEP_SECONDS)

    def describe(self) -> Iterable[Metric]:
        """Ask nothing of the database when this is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield one family after the other."""
        with self._lock:
            if time.monotonic() - self._store.asked >= KEEP_SECONDS:
                self._store = ask(self._database)
            store = self._store
        info = GaugeMetricFamily("zorgstroom_info", "Which version answers", labels=("version", "model"))
        info.add_metric((__version__, MODEL_VERSION), 1)
        yield info
        up = GaugeMetricFamily("zorgstroom_up", "Whether a part answers (1) or not (0)", labels=("part",))
        up.add_metric(("database",), store.answers)
        up.add_metric(("bus",), self._bus.answers())
        yield up
        yield CounterMetricFamily(
            "zorgstroom_projector_events", "Events read from the bus into the store", self._bus.applied()
        )
        yield GaugeMetricFamily(
            "zorgstroom_projector_lag_seconds",
            "Age of the newest event in the store while more waits to be read",
            self._bus.lag_seconds(),
        )
        if store.answers:
            yield from _families(store)


def ask(database: Database) -> Store:
    """Return what the store says now; a store that does not answer says nothing."""
    try:
        with database.read() as session:
            runs = {
                str(state): count
                for state, count in session.execute(select(RunRow.state, func.count()).group_by(RunRow.state))
            }
            queued = (
                select(RunRow.priority, func.count())
                .where(RunRow.state == "queued")
                .group_by(RunRow.priority)
            )
            waiting = {str(priority): count for priority, count in session.execute(queued)}
            to_send, oldest = session.execute(
                select(func.count(), func.min(OutboxRow.created)).where(OutboxRow.refused.is_(None))
            ).one()
            refused = session.scalars(select(func.count()).where(OutboxRow.refused.is_not(None))).one()
    except Unavailable:
        return Store(asked=time.monotonic())
    age = 0.0 if oldest is None else (dt.datetime.now(dt.UTC) - oldest).total_seconds()
    return Store(time.monotonic(), True, runs, waiting, to_send, refused, max(0.0, age))


def _families(store: Store) -> Iterator[Metric]:
    runs = GaugeMetricFamily("zorgstroom_runs", "Runs in the store", labels=("state",))
    for state in get_args(RunState):
        runs.add_metric((state,), store.runs.get(state, 0))
    yield runs
    waiting = GaugeMetricFamily("zorgstroom_runs_waiting", "Runs in the queue", labels=("priority",))
    for priority in get_args(Priority):
        waiting.add_metric((priority,), store.waiting.get(priority, 0))
    yield waiting
    yield GaugeMetricFamily("zorgstroom_outbox_events", "Events that must still go to the bus", store.to_send)
    yield GaugeMetricFamily(
        "zorgstroom_outbox_oldest_seconds", "How long the oldest of them waits", store.oldest_seconds
    )
    yield GaugeMetricFamily("zorgstroom_outbox_refused", "Events the bus will never take", store.refused)


@router.get("/metrics")
def get_metrics(request: Request, service: Service, caller: Caller_) -> Response:
    """Give the figures to this machine, or to an administrator. Raises `MayNotSee`."""
    direct = request.client is not None and not any(name in request.headers for name in FORWARDED)
    here = direct and request.client is not None and is_loopback(request.client.host)
    # Where nobody is kept apart, nobody is kept from this either.
    if service.settings.keys_needed and not here and caller.role != "admin":
        raise MayNotSee
    return Response(request.app.state.metrics.page(), media_type=MEDIA_TYPE)
