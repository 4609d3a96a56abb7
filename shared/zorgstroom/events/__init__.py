"""Events and commands between the services: their schemas, two ports, and the adapters behind them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from zorgstroom.events.codec import InvalidBusUrl
from zorgstroom.events.local import LocalCommandQueue, LocalEventLog
from zorgstroom.events.ports import CommandQueue, EventLog
from zorgstroom.settings import Settings

if TYPE_CHECKING:
    from zorgstroom.events.kafka import KafkaAddress

__all__ = ["check_bus_url", "local_bus_file", "open_command_queue", "open_event_log", "quiet_kafka"]

LOCAL = "local:"


def open_command_queue(settings: Settings, group: str) -> CommandQueue:
    """Return the command queue that the settings name, for a member of `group`. Raises `InvalidBusUrl`."""
    if settings.bus_url.startswith(LOCAL):
        return LocalCommandQueue(_local_file(settings), group)
    address = _kafka_address(settings)
    from zorgstroom.events.kafka import KafkaCommandQueue  # noqa: PLC0415

    return KafkaCommandQueue(address, group)


def open_event_log(settings: Settings) -> EventLog:
    """Return the event log that the settings name. Raises `InvalidBusUrl`."""
    if settings.bus_url.startswith(LOCAL):
        return LocalEventLog(_local_file(settings))
    address = _kafka_address(settings)
    from zorgstroom.events.kafka import KafkaEventLog  # noqa: PLC0415

    return KafkaEventLog(address)


def local_bus_file(settings: Settings) -> Path | None:
    """Return the file that is the bus, or None when it is Kafka."""
    return _local_file(settings) if settings.bus_url.startswith(LOCAL) else None


def check_bus_url(settings: Settings) -> None:
    """Raise `InvalidBusUrl` if the address of the bus can never work; whether something answers is not asked."""
    if not settings.bus_url.startswith(LOCAL):
        _kafka_address(settings)


def quiet_kafka() -> None:
    """Keep kafka-python out of the log of a service.

    It reports every attempt of every client, ten lines a second while the brokers are away; what that means
    is raised as `Unavailable`, and logged once per attempt by who meets it.
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


def _local_file(settings: Settings) -> Path:
    """``local:`` is a file in the data folder, ``local:/some/file.db`` that file."""
    path = settings.bus_url.removeprefix(LOCAL)
    return Path(path) if path else settings.data_dir / "events.db"


def _kafka_address(settings: Settings) -> KafkaAddress:
    """Read the address; Kafka is imported only by who uses it."""
    if not settings.bus_url.startswith("kafka:"):
        raise InvalidBusUrl(url=settings.bus_url.split("?")[0], reason="unknown kind of bus")
    from zorgstroom.events.kafka import KafkaAddress  # noqa: PLC0415

    return KafkaAddress.parse(settings.bus_url, settings.kafka_username, settings.kafka_password)
