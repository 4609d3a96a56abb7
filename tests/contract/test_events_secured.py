"""The bus over TLS, with and without a login, and what a wrong setting says."""

from __future__ import annotations

import logging
import time
import uuid
from contextlib import closing

import pytest
from tests.support.kafka_broker import PASSWORD, USERNAME, Broker, free_ports

from zorgstroom.errors import Unavailable
from zorgstroom.events import open_command_queue, open_event_log
from zorgstroom.events.codec import BusRefused
from zorgstroom.events.ports import RUNS
from zorgstroom.events.schemas import RunCancellationRequested, RunProgressed, make_event
from zorgstroom.settings import Settings

pytestmark = pytest.mark.contract

PATIENCE_SECONDS = 40.0


def settings_of(broker: Broker, way: str, password: str = PASSWORD, ca: str = "ca.pem") -> Settings:
    """Return the settings to reach the broker by a way: plain, SSL, SCRAM-SHA-512, PLAIN."""
    prefix = f"t{uuid.uuid4().hex[:8]}."
    trust = f"cafile={broker.folder / ca}&prefix={prefix}"
    if way == "plain":
        return Settings(bus_url=f"kafka://{broker.tls_servers}?prefix={prefix}")
    if way == "SSL":
        return Settings(bus_url=f"kafka://{broker.tls_servers}?security=SSL&{trust}")
    return Settings.model_validate(
        {
            "bus_url": f"kafka://{broker.login_servers}?security=SASL_SSL&mechanism={way}&{trust}",
            "kafka_username": USERNAME,
            "kafka_password": password,
        }
    )


@pytest.mark.parametrize("way", ["SSL", "SCRAM-SHA-512", "PLAIN"])
def test_commands_and_events_go_over_a_secured_connection(secured_kafka_broker: Broker, way: str) -> None:
    settings = settings_of(secured_kafka_broker, way)
    event = make_event("run-1", "/test", RunProgressed(attempt=1, done=1, total=2))
    command = make_event("run-1", "/test", RunCancellationRequested(attempt=1))
    with (
        closing(open_event_log(settings)) as log,
        closing(open_command_queue(settings, "simulators")) as queue,
    ):
        log.publish(RUNS, [event])
        queue.publish(command)
        assert [entry.event for entry in log.read(RUNS, None, 10, PATIENCE_SECONDS)] == [event]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (delivery := queue.take(1.0)) is None:
            assert time.monotonic() < deadline
        assert delivery.event == command
        queue.accept(delivery)


@pytest.mark.parametrize(
    ("way", "wrong", "says"),
    [
        ("SSL", {"ca": "other-ca.pem"}, "The certificate of the event bus at .* cannot be trusted"),
        ("SSL", {"ca": "nowhere.pem"}, "certificate file .* cannot be read .*cafile"),
        ("SCRAM-SHA-512", {"password": "not-the-password"}, "does not let Zorgstroom in.*SCRAM-SHA-512"),
        ("PLAIN", {"password": "not-the-password"}, "does not let Zorgstroom in.*PLAIN"),
        ("SCRAM-SHA-256", {}, "does not let Zorgstroom in.*SCRAM-SHA-256"),
        ("plain", {}, "wants a secured connection.*security=SSL"),
    ],
)
def test_a_refused_connection_says_what_to_put_right(
    secured_kafka_broker: Broker,
    way: str,
    wrong: dict[str, str],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("zorgstroom.events.kafka.CONNECT_SECONDS", 1.0)
    caplog.set_level(logging.DEBUG)
    settings = settings_of(secured_kafka_broker, way, **wrong)
    with (
        closing(open_event_log(settings)) as log,
        pytest.raises(BusRefused, match=says) as caught,
    ):
        log.read(RUNS, None, 1, 0.1)
    told = f"{caught.value} {caught.value.message('nl')} {caught.value.__cause__} {caplog.text}"
    assert PASSWORD not in told
    assert "not-the-password" not in told


def test_a_broker_that_is_away_is_not_one_that_refuses(
    secured_kafka_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zorgstroom.events.kafka.CONNECT_SECONDS", 1.0)
    (port,) = free_ports(1)
    url = f"kafka://127.0.0.1:{port}?security=SSL&cafile={secured_kafka_broker.folder / 'ca.pem'}"
    with closing(open_event_log(Settings(bus_url=url))) as log, pytest.raises(Unavailable) as caught:
        log.read(RUNS, None, 1, 0.1)
    assert not isinstance(caught.value, BusRefused)
