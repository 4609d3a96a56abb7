"""What one visitor with a browser waits for: the first page, another page, a shared link."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright
from tests.support.browser import BROWSER_OPTIONS, chromium

_READY = "[data-testid=stApp][data-test-script-state=notRunning]"
_SECONDS = 60_000
#: The estimate on the page where scenarios are made: what stands under its heading, null while that is drawn.
_ESTIMATE = """() => {
  let block = document.getElementById("uitkomst")?.closest("[data-testid=stElementContainer]");
  if (!block) return null;
  const texts = [];
  while ((block = block.nextElementSibling)) texts.push(block.innerText);
  return texts.join("|");
}"""


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the browser of this machine. Raises RuntimeError where there is none."""
    program = chromium()
    if program is None:
        raise RuntimeError("no browser here: install chromium, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=BROWSER_OPTIONS)
        yield started
        started.close()


def arriving(started: Browser, address: str) -> float:
    """Return the milliseconds until somebody who was never here can use the page at an address."""
    context = started.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    _complete(page)
    taken = 1000 * (time.perf_counter() - begun)
    context.close()
    return taken


def walking(started: Browser, base: str, names: Sequence[str], rounds: int) -> list[float]:
    """Return the milliseconds of each change to a page of the menu, by its name there."""
    context = started.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(base)
    _complete(page)
    taken = []
    for _ in range(rounds):
        for name in names:
            before = page.locator("h1").first.inner_text()
            begun = time.perf_counter()
            page.get_by_role("link", name=name, exact=True).first.click()
            page.wait_for_function(
                "before => { const h = document.querySelector('h1'); return h && h.innerText !== before; }",
                arg=before,
                timeout=_SECONDS,
            )
            _complete(page)
            taken.append(1000 * (time.perf_counter() - begun))
    context.close()
    return taken


def previewing(started: Browser, address: str, open_choice: str, lever: str, changes: int) -> list[float]:
    """Return the milliseconds from each change of a lever until the estimate beside it is another.

    `open_choice` is the text of what opens the lever, `lever` the beginning of its own.
    """
    context = started.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    _complete(page)
    page.get_by_text(open_choice, exact=True).click()
    choice = page.get_by_text(lever).first
    choice.wait_for()
    _complete(page)
    taken = []
    for _ in range(changes):
        before = page.evaluate(_ESTIMATE)
        begun = time.perf_counter()
        choice.click()
        page.wait_for_function(
            f"before => {{ const now = ({_ESTIMATE})(); return now !== null && now !== before; }}",
            arg=before,
            timeout=_SECONDS,
        )
        taken.append(1000 * (time.perf_counter() - begun))
        _complete(page)
    context.close()
    return taken


def _complete(page: Page) -> None:
    page.wait_for_selector("footer", timeout=_SECONDS)
    page.wait_for_selector(_READY, timeout=_SECONDS)
