"""Bytes of an event and back, and what can go wrong on the bus: the same for every adapter."""

from __future__ import annotations

import re

from pydantic import ValidationError

from zorgstroom.errors import Unavailable, ZorgstroomError
from zorgstroom.events.ports import MAX_EVENT_BYTES
from zorgstroom.events.schemas import PAYLOADS, Event

#: Longest reason of a dead letter, in characters.
MAX_REASON = 2000
_OUR_TYPE = re.compile(r"nl\.zorgstroom\.[a-z.-]+\.v[0-9]+")


class BusUnavailable(Unavailable):
    """The bus does not answer, or not in time."""

    key = "error.bus_unavailable"


class BusRefused(BusUnavailable):
    """The bus is there and refuses the connection; its text says what must be put right."""


class InvalidBusUrl(ZorgstroomError):
    """The address of the bus in the settings cannot be used."""

    key = "error.bus_url"


class MessageTooLarge(ZorgstroomError):
    """An event is larger than the bus carries; bulk belongs in the artefact store."""

    key = "error.message_too_large"
    http_status = 413


class InvalidCursor(ZorgstroomError):
    """A cursor was not made by this event log."""

    key = "error.invalid_cursor"
    http_status = 400


class Unreadable(Exception):
    """A message is not an event that this version can read; the text says why."""


def as_reason(text: str) -> str:
    """Return why a message is a dead letter as text that every bus can keep: bounded, and valid Unicode."""
    return text[:MAX_REASON].encode(errors="backslashreplace").decode()


def encode(event: Event) -> bytes:
    """Return the event as JSON; raises `MessageTooLarge`."""
    value = event.model_dump_json().encode()
    if len(value) > MAX_EVENT_BYTES:
        raise MessageTooLarge(kind=event.type, size=len(value), limit=MAX_EVENT_BYTES)
    return value


def decode(value: bytes | None) -> Event:
    """Return the event in a message, its payload checked; raises `Unreadable`."""
    if value is None:
        raise Unreadable("the message is empty")
    try:
        event = Event.model_validate_json(value)
        if event.type in PAYLOADS:
            event.payload()
            return event
    except ValidationError as error:
        mistakes = (f"{'.'.join(map(str, item['loc']))} {item['msg']}".strip() for item in error.errors())
        raise Unreadable(f"not a valid event: {'; '.join(mistakes)}") from error
    if _OUR_TYPE.fullmatch(event.type):
        raise Unreadable(f"made by a newer version: update this service (event type {event.type})")
    raise Unreadable(f"unknown event type {event.type[:200]!r}")
