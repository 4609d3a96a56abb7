"""The reverse proxy in front of a real API and real screens: one origin, with TLS.

The proxy is the program itself with deploy/proxy/Caddyfile, from the tools of `make compose-check`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.support.services import START_SECONDS, ApiProcess, ServiceProcess, free_port, running_api_process

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".venv-tools" / "bin"
SCENARIO = {"zorgstroom": 1, "name": "Alles zoals nu", "region": {"roaz": "Limburg"}, "actions": []}


@dataclass(frozen=True)
class Origin:
    """The address of visitors, and what trusts its certificate."""

    address: str
    port: int
    tls: ssl.SSLContext
    client: httpx.Client
    api: ApiProcess
    log: Path


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    caddy = shutil.which("caddy", path=f"{TOOLS}{os.pathsep}{os.environ.get('PATH', '')}")
    if caddy is None:
        pytest.skip("no Caddy here: make compose-check installs it")
    folder = tmp_path_factory.mktemp("proxy")
    ui_port, port, health_port = free_port(), free_port(), free_port()
    (folder / "ui").mkdir()
    with running_api_process(folder, {"ZORGSTROOM_UI_PORT": str(ui_port)}) as api:
        screens = ServiceProcess(
            folder / "ui",
            {"ZORGSTROOM_API_URL": f"http://127.0.0.1:{api.port}"},
            "ui",
            *("--port", str(ui_port)),
        )
        log = folder / "proxy.log"
        with log.open("wb") as output:
            proxy = subprocess.Popen(
                [caddy, "run", "--adapter", "caddyfile", "--config", ROOT / "deploy" / "proxy" / "Caddyfile"],
                env={
                    **os.environ,
                    "XDG_DATA_HOME": str(folder),
                    "XDG_CONFIG_HOME": str(folder),
                    "PROXY_HTTPS_PORT": str(port),
                    "PROXY_HEALTH_PORT": str(health_port),
                    "PROXY_API": f"127.0.0.1:{api.port}",
                    "PROXY_UI": f"127.0.0.1:{ui_port}",
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            authority = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
            _wait(authority.exists, log)
            _wait(lambda: httpx.get(f"http://127.0.0.1:{health_port}/health").status_code == 200, log)
            tls = ssl.create_default_context(cafile=str(authority))
            address = f"https://localhost:{port}"
            with httpx.Client(base_url=address, verify=tls, timeout=30) as client:
                _wait(lambda: client.get("/_stcore/health").status_code == 200, log)
                yield Origin(address, port, tls, client, api, log)
        finally:
            proxy.kill()
            proxy.wait()
            screens.close()


def _wait(ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if ready():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def test_screens_and_api_are_at_one_address(origin: Origin) -> None:
    page = origin.client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "Zorgstroom" in page.text
    assert origin.client.get("/v1/health/ready").status_code == 200
    for answer in (page, origin.client.get("/v1/scenarios")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["permissions-policy"]
        assert "server" not in answer.headers
        assert "via" not in answer.headers
    # What the services say of themselves is left as it is.
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "same-origin"
    assert origin.client.get("/v1/scenarios").headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    ["/metrics", "//metrics", "/v1/../metrics", "/%6detrics", "/v1/%2e%2e/metrics", "/_stcore/metrics"],
)
def test_what_is_for_operators_stays_inside(origin: Origin, path: str) -> None:
    # Sent as it is: a client would tidy the path first.
    answer = _raw(
        origin, f"GET {path} HTTP/1.1\r\nHost: localhost:{origin.port}\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith("HTTP/1.1 404"), answer
    assert "# HELP" not in answer


def test_a_write_from_the_own_pages_is_taken_and_from_other_pages_refused(origin: Origin) -> None:
    def write(headers: dict[str, str]) -> int:
        return origin.client.post("/v1/scenarios", json=SCENARIO, headers=headers).status_code

    assert write({}) == 201
    assert write({"Origin": origin.address}) in (200, 201)
    assert write({"Origin": "https://elsewhere.example"}) == 403
    # Another name than the proxy's own reaches no service at all.
    assert origin.client.get("/v1/scenarios", headers={"Host": "elsewhere.example"}).content == b""


def test_the_next_page_is_over_tls_too(origin: Origin) -> None:
    link = origin.client.get("/v1/scenarios", params={"limit": 1}).links["next"]["url"]
    assert str(origin.client.base_url.join(link)).startswith(origin.address + "/v1/scenarios")
    assert origin.client.get(link).status_code == 200


def test_progress_comes_as_it_happens(origin: Origin) -> None:
    # Nobody computes here: the stream stays open, so a proxy that waits for its end would tell nothing.
    run = origin.client.post("/v1/runs", json={"scenario": SCENARIO}).json()
    with origin.client.stream("GET", f"/v1/runs/{run['id']}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        first = next(line for line in stream.iter_lines() if line.startswith("data: {"))
    assert json.loads(first.removeprefix("data: "))["state"] == "queued"


def test_the_screens_keep_their_websocket_for_their_own_pages(origin: Origin) -> None:
    def open_from(page: str) -> str:
        return _raw(
            origin,
            "GET /_stcore/stream HTTP/1.1\r\n"
            f"Host: localhost:{origin.port}\r\nOrigin: {page}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        ).splitlines()[0]

    assert open_from(origin.address) == "HTTP/1.1 101 Switching Protocols"
    # A name that looks like it is another.
    assert open_from(f"https://localhost.example:{origin.port}").startswith("HTTP/1.1 403")


def test_what_is_too_large_is_refused(origin: Origin) -> None:
    assert origin.client.post("/v1/scenarios", content=b" " * 3_000_000).status_code == 413
    # The API says why, where the proxy lets it through.
    refused = origin.client.post("/v1/scenarios", content=b" " * 1_600_000)
    assert refused.status_code == 413
    assert refused.headers["content-type"] == "application/problem+json"
    assert origin.client.get("/", headers={"X-Filler": "x" * 60_000}).status_code == 431


def test_the_log_of_the_proxy_tells_no_visitor(origin: Origin) -> None:
    """Last in this file: the API is gone after it."""
    origin.api.kill()
    answer = origin.client.get("/v1/scenarios", params={"cursor": "what-somebody-asked"})
    assert answer.status_code == 502
    log = origin.log.read_text()
    assert "connection refused" in log
    assert "what-somebody-asked" not in log
    assert "remote_ip" not in log
    assert "client_ip" not in log


def _raw(origin: Origin, request: str) -> str:
    """Send these bytes and return the first part of the answer."""
    with (
        socket.create_connection(("127.0.0.1", origin.port), timeout=30) as plain,
        origin.tls.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.sendall(request.encode())
        return secure.recv(65536).decode(errors="replace")
