"""What the browser tests work with: services as processes, and a visitor who notices everything."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import ConsoleMessage, Page, Request, Response, TimeoutError

from zorgstroom.client import Client, RunInfo, ScenarioDetail

START_SECONDS = 90.0
#: Simulated years of the plans in the stack: the fewest that give intervals.
REPLICATIONS = 3
SCREENSHOTS = Path(__file__).parents[1] / "browser" / "screenshots"
#: The last three keep the browser itself from calling home.
BROWSER_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: Lets a page show every piece of a drawing before the next arrives, as now and then on a slow device: what is
#: thrown away and made anew in between is so every time, and not only when it happens to be seen.
PIECE_BY_PIECE = """(() => {
  const listen = WebSocket.prototype.addEventListener;
  WebSocket.prototype.addEventListener = function (type, heard, options) {
    if (type !== "message") return listen.call(this, type, heard, options);
    const waiting = [];
    const next = () => {
      heard.call(this, waiting[0]);
      waiting.shift();
      if (waiting.length) setTimeout(next, PAUSE);
    };
    listen.call(this, type, (piece) => waiting.push(piece) === 1 && setTimeout(next, PAUSE), options);
  };
})();""".replace("PAUSE", "5")

#: Remembers the fields of a page, each by what it is called and the place with a key that it is in.
REMEMBER_FIELDS = """() => {
  window.nameOfField = (field) => {
    const called = field.getAttribute("aria-label") || field.closest("label")?.innerText || field.id;
    const place = field.closest("[class*=st-key-]")?.className.toString().match(/st-key-[^ ]+/)?.[0];
    return `${called} (${place})`;
  };
  const fields = [...document.querySelectorAll(".stMain input, .stMain textarea")];
  window.rememberedFields = fields.map((field) => [field, window.nameOfField(field)]);
}"""
#: Names the remembered fields that are still there, but as another field.
MADE_ANEW = """() => {
  const fields = [...document.querySelectorAll(".stMain input, .stMain textarea")];
  const there = new Set(fields.map(window.nameOfField));
  const gone = window.rememberedFields.filter(([field]) => !field.isConnected);
  return gone.map(([, name]) => name).filter((name) => there.has(name));
}"""


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def service(name: str, folder: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Run one service until the end of the block; its output is in the file that comes back."""
    output = folder / f"{name}.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "zorgstroom", name],
            env={**os.environ, **environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield output
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_answering(address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            if httpx.get(address, timeout=5.0).is_success:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, f"{address} does not answer:\n{log.read_text()[-3000:]}"
        time.sleep(0.1)


@dataclass
class Stack:
    """The running product, with two calculated plans."""

    address: str
    client: Client
    plans: list[ScenarioDetail] = field(default_factory=list)
    runs: list[RunInfo] = field(default_factory=list)


@dataclass(frozen=True)
class LonelyScreens:
    """Screens without an API, and what it takes to start one for them."""

    address: str
    folder: Path
    environment: Mapping[str, str]

    @contextmanager
    def with_api(self) -> Iterator[None]:
        """Let the API be there until the end of the block."""
        with service("api", self.folder, self.environment):
            yield


def chromium() -> str | None:
    """Return where the browser is, or None."""
    given = os.environ.get("CHROMIUM")
    if given:
        return given
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Visitor:
    """A browser window that remembers every request and every complaint of the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._on_request)
        page.on("response", self._on_response)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            self.elsewhere.append(request.url)

    def _on_response(self, response: Response) -> None:
        # Streamlit looks for its own address from the deepest folder up; the misses are part of that.
        searching = "/_stcore/" in response.url and not urlsplit(response.url).path.startswith("/_stcore/")
        if response.status >= 400 and not searching:
            self.complaints.append(f"{response.status} {response.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        # Answers of 400 and higher are judged above, where their address is known.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def open(self, address: str) -> None:
        """Open an address and wait until the page is complete."""
        self.page.goto(address)
        self.wait_until_complete()

    def wait_until_complete(self) -> None:
        try:
            self.page.wait_for_selector("footer", timeout=60_000)
            self.page.wait_for_selector(
                "[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000
            )
        except TimeoutError as error:
            shown = self.page.locator("body").inner_text()
            raise AssertionError(f"{self.page.url} is not complete: {self.complaints}\n{shown}") from error

    @contextmanager
    def keeping_fields(self) -> Iterator[None]:
        """Do something after which every field that is still there is the same field to the browser.

        Who was typing in one that is made anew would lose the words and the place.
        """
        self.wait_until_complete()
        self.page.evaluate(REMEMBER_FIELDS)
        yield
        self.wait_until_complete()
        anew = self.page.evaluate(MADE_ANEW)
        assert anew == [], f"made anew: {anew}"

    def heading(self) -> str:
        """Return the heading of the page."""
        return self.page.locator("h1:visible").inner_text()

    def language(self) -> str:
        """Return the language the page says it is in."""
        return str(self.page.evaluate("document.documentElement.lang"))

    def screenshot(self, name: str) -> None:
        """Keep a picture of the whole page, to be looked at by people."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.evaluate("document.activeElement?.blur()")
        height = self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        size = self.page.viewport_size or {"width": 1280, "height": 900}
        self.page.set_viewport_size({"width": size["width"], "height": min(int(height) + 40, 16_000)})
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
        self.page.set_viewport_size(size)
