"""Connections that never become a request are closed; those that are answered are not."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from tests.support.api import wait_until

from zorgstroom_api.commands import listen
from zorgstroom_api.connections import PatientProtocol

pytestmark = pytest.mark.unit

WHOLE = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"


class Hasty(PatientProtocol):
    patience = 0.5


async def slow(_request: Request) -> Response:
    """Answer after the patience of the server has ended many times."""
    await asyncio.sleep(1.8)
    return PlainTextResponse("done")


async def at_once(_request: Request) -> Response:
    return PlainTextResponse("no")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    yield from serving(Hasty)


@pytest.fixture(scope="module")
def patient_port() -> Iterator[int]:
    yield from serving(PatientProtocol)


def serving(protocol: type[PatientProtocol]) -> Iterator[int]:
    app = Starlette(routes=[Route("/slow", slow), Route("/", at_once, methods=["POST"])])
    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(app, http=protocol, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_until(lambda: server.started)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize(
    "beginning",
    [b"", b"GET / HTTP/1.1\r\nX-Slow: ", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"],
)
def test_who_never_finishes_a_request_is_sent_away(port: int, beginning: bytes) -> None:
    with closing(socket.create_connection(("127.0.0.1", port))) as connection:
        connection.settimeout(0.02)
        connection.sendall(beginning)
        for _ in range(1000):
            try:
                if not connection.recv(1000):
                    return
                continue
            except TimeoutError:
                pass
            except OSError:
                return
            try:
                connection.sendall(b"x" if beginning else b"")
            except OSError:
                return
        raise AssertionError("the connection is still open")


def test_headers_without_end_are_not_kept(patient_port: int) -> None:
    with closing(socket.create_connection(("127.0.0.1", patient_port), timeout=20)) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nX-Long: ")
        # Much more than the buffers of the two sides together would take.
        with pytest.raises(ConnectionError):
            connection.sendall(b"x" * 64_000_000)


def test_a_large_body_is_no_large_head(patient_port: int) -> None:
    with closing(socket.create_connection(("127.0.0.1", patient_port), timeout=20)) as connection:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n"
        connection.sendall(head + b"x" * 400_000)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


def test_who_waits_for_an_answer_gets_it(port: int) -> None:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as connection:
        for _ in range(2):
            connection.sendall(WHOLE)
            answer = b""
            while not answer.endswith(b"done"):
                piece = connection.recv(1000)
                assert piece, answer
                answer += piece
