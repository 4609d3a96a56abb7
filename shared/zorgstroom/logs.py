"""What the services write down while they work: one set-up for all of them, as text or as JSON.

A line goes to standard error, where containers, systemd and `zorgstroom up` collect it. A line about a run
carries its id (`run_id`), a line written while a request is answered that of the request (`request_id`).
No line holds the network address of a visitor, and no line holds a password: what is secret in the settings is
struck out of the finished text, tracebacks included, as a last defence.
"""

from __future__ import annotations

import contextvars
import datetime as dt
import json
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from urllib.parse import unquote, unquote_plus

from pydantic import SecretStr
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from zorgstroom.settings import Settings

#: What takes the place of a secret.
STRUCK_OUT = "***"
TEXT_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s%(about)s"
#: The keys of a line of JSON, in this order.
JSON_FIELDS = {
    "time": "time",
    "levelname": "level",
    "service": "service",
    "name": "logger",
    "message": "message",
    "run_id": "run_id",
    "request_id": "request_id",
}
#: Loggers that tell every step, or where visitors come from, and what they and those below them must have to say
#: to be heard.
QUIET = {
    "alembic": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,
    "tornado.access": logging.CRITICAL,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
}

_run: contextvars.ContextVar[str | None] = contextvars.ContextVar("run_id", default=None)
_request: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)

#: Lines about a run begin with it: ``run 0123...: completed``.
_ABOUT_RUN = re.compile(r"\brun ([0-9a-f]{32})\b")
#: A password inside an address, and the secret part of an API key, whosever they are.
_PASSWORD_IN_URL = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+(?=@)", re.IGNORECASE)
_API_KEY = re.compile(r"\b(?P<before>zs_[A-Za-z0-9]+_)[A-Za-z0-9_-]+")
_PASSWORD_IN_DSN = re.compile(r"(?P<before>\bpassword=)[^\s&'\"]+", re.IGNORECASE)


@contextmanager
def about_run(run_id: str) -> Iterator[None]:
    """Give every line of this block, and of what it calls, the id of a run."""
    token = _run.set(run_id)
    try:
        yield
    finally:
        _run.reset(token)


@contextmanager
def about_request(request_id: str) -> Iterator[None]:
    """Give every line of this block, and of what it calls, the id of a request."""
    token = _request.set(request_id)
    try:
        yield
    finally:
        _request.reset(token)


def setup(settings: Settings, service: str) -> None:
    """Have this process log as the settings say; a second time replaces the first."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_About(service))
    handler.setFormatter(_Redacting(_formatter(settings), strike_out(secrets_of(settings))))
    root = logging.getLogger()
    for other in list(root.handlers):
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    logging.setLoggerClass(_Straight)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def secrets_of(settings: Settings) -> frozenset[str]:
    """Return every text in the settings that may never be shown."""
    found: set[str] = set()
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            text = value.get_secret_value()
            password = _password_of(text)
            found |= (
                {text} if password is None else {text, password, unquote(password), unquote_plus(password)}
            )
    return frozenset(text for text in found if text)


def strike_out(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that takes these secrets, and what looks like one, out of a text.

    >>> strike_out(["geheim"])("FATAL: geheim is wrong for kafka://me:x@host")
    'FATAL: *** is wrong for kafka://me:***@host'
    """
    # A secret can be written as Python writes it too, and all of that in JSON.
    written = {
        text for secret in secrets for text in (secret, repr(secret)[1:-1], repr(secret.encode())[2:-1])
    }
    spellings = written | {json.dumps(text, ensure_ascii=False)[1:-1] for text in written}
    # The longest first, so that no half stays.
    ordered = sorted(spellings, key=len, reverse=True)
    known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def clean(text: str) -> str:
        if known is not None:
            text = known.sub(STRUCK_OUT, text)
        for pattern in (_PASSWORD_IN_URL, _API_KEY, _PASSWORD_IN_DSN):
            text = pattern.sub(rf"\g<before>{STRUCK_OUT}", text)
        return text

    return clean


def _password_of(url: str) -> str | None:
    """Return the password as it is written inside an address, if there is one.

    Read by hand: an address that cannot be parsed must not bring its password into a log either.
    """
    _, scheme, rest = url.partition("://")
    user, at, _ = rest.rpartition("@")
    _, colon, password = user.partition(":")
    return password if scheme and at and colon else None


def _formatter(settings: Settings) -> logging.Formatter:
    if settings.log_format == "json":
        return JsonFormatter(
            list(JSON_FIELDS),
            rename_fields={old: new for old, new in JSON_FIELDS.items() if old != new},
            # Of the line as text only, and what uvicorn writes to a terminal.
            reserved_attrs=[*RESERVED_ATTRS, "about", "color_message"],
            json_ensure_ascii=False,
        )
    return logging.Formatter(TEXT_FORMAT)


class _Straight(logging.Logger):
    """A logger whose lines go to our handler only; Streamlit hangs one of its own on each of its loggers."""

    def callHandlers(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name it overrides
        """Hand the line to the handlers of the root."""
        for handler in logging.getLogger().handlers:
            if record.levelno >= handler.level:
                handler.handle(record)


class _About(logging.Filter):
    """Adds which service a line comes from, and which run and request it is about."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def filter(self, record: logging.LogRecord) -> bool:
        """Add them; return whether the line is to be written."""
        if any(
            record.levelno < level and (record.name == name or record.name.startswith(f"{name}."))
            for name, level in QUIET.items()
        ):
            return False
        found = _ABOUT_RUN.search(record.getMessage())
        run_id = getattr(record, "run_id", None) or _run.get() or (found[1] if found else None)
        request_id = _request.get()
        about = [] if found or run_id is None else [f"run {run_id}"]
        if request_id is not None:
            about.append(f"request {request_id}")
        record.__dict__ |= {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "service": self._service,
            "run_id": run_id,
            "request_id": request_id,
            "about": f" [{', '.join(about)}]" if about else "",
        }
        return True


class _Redacting(logging.Formatter):
    """Strikes secrets out of what another formatter made."""

    def __init__(self, inner: logging.Formatter, clean: Callable[[str], str]) -> None:
        super().__init__()
        self._inner = inner
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without secrets."""
        return self._clean(self._inner.format(record))


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    logging.getLogger("zorgstroom").critical("the process ends", exc_info=(kind, error, traceback))


def _log_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    name = arguments.thread.name if arguments.thread else "?"
    error = arguments.exc_value
    if error is not None:
        logging.getLogger("zorgstroom").error("thread %s ends", name, exc_info=error)
