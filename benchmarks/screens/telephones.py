"""Telephones that take part in a workshop, in a process of their own: what is asked, when, and how long it took.

Each has its own connection and cookie: it opens the page, loads what belongs to it, joins, looks every few seconds
whether something changed as the script of the page does, and answers. The screen in the room looks too. What is timed
is every answer of the service, a form until its next page is there.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field

import httpx

#: Between two looks of a telephone, as in `live.js`; and of somebody who thinks before he answers.
LOOK_SECONDS = (2.5, 3.0)
THINK_SECONDS = (2.0, 12.0)
#: How long a telephone stays after its answer.
STAY_SECONDS = 15.0
ROLES = ("resident", "municipality", "hospital", "insurer", "professional", "other")


@dataclass(frozen=True)
class Task:
    """A room: where, with which code, at which question, how many, and within how many seconds all begin."""

    base: str
    code: str
    step: str
    phones: int
    seconds: float


@dataclass
class Taken:
    """Milliseconds by what was asked, and what went wrong."""

    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def room(task: Task) -> Taken:
    """Have telephones take part, and return what they met."""
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(asdict(task)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Taken(**json.loads(done.stdout))


async def _room(task: Task) -> Taken:
    taken, draw = Taken(), random.Random(1)
    screen = asyncio.create_task(_screen(task, taken))
    begins = [draw.uniform(0, task.seconds) for _ in range(task.phones)]
    await asyncio.gather(*(_phone(task, moment, random.Random(moment), taken) for moment in begins))
    screen.cancel()
    with suppress(asyncio.CancelledError):
        await screen
    return taken


async def _phone(task: Task, begins: float, draw: random.Random, taken: Taken) -> None:
    """Take part once, from the code on the screen to some time after the answer."""
    await asyncio.sleep(begins)
    async with httpx.AsyncClient(
        base_url=task.base, headers={"Origin": task.base}, timeout=30.0, follow_redirects=True
    ) as browser:
        address = f"/m/{task.code}"
        page = await _timed(browser, taken, "open the page", "GET", address)
        for file in re.findall(r'"(/m/(?:style\.css|live\.js)[^"]*)"', page):
            await _timed(browser, taken, "its style and script", "GET", file)
        await asyncio.sleep(draw.uniform(1, 4))
        await _timed(browser, taken, "join", "POST", f"{address}/meedoen", rol=draw.choice(ROLES))
        watching = asyncio.create_task(_watch(browser, f"{address}/stand", draw, taken))
        await asyncio.sleep(draw.uniform(*THINK_SECONDS))
        fields = {"stap": task.step, "getal": str(draw.randrange(61)), "doe": "verstuur"}
        await _timed(browser, taken, "answer", "POST", f"{address}/antwoord", **fields)
        await asyncio.sleep(STAY_SECONDS)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def _watch(browser: httpx.AsyncClient, address: str, draw: random.Random, taken: Taken) -> None:
    while True:
        await asyncio.sleep(draw.uniform(*LOOK_SECONDS))
        await _timed(browser, taken, "look whether something changed", "GET", address)


async def _screen(task: Task, taken: Taken) -> None:
    """Look as the screen in the room does, which shows every answer that comes in."""
    async with httpx.AsyncClient(base_url=task.base, timeout=30.0) as browser:
        seen, address = "", f"/beamer/{task.code}"
        while True:
            now = await _timed(browser, taken, "look whether something changed", "GET", f"{address}/stand")
            if now != seen:
                await _timed(browser, taken, "the screen in the room", "GET", address)
                seen = now
            await asyncio.sleep(LOOK_SECONDS[0])


async def _timed(
    browser: httpx.AsyncClient, taken: Taken, name: str, method: str, path: str, **fields: str
) -> str:
    """Return the page that comes of it."""
    started = time.perf_counter()
    try:
        answer = await browser.request(method, path, data=fields or None)
    except httpx.HTTPError as error:
        taken.wrong.append(f"{name}: {type(error).__name__}")
        return ""
    taken.milliseconds.setdefault(name, []).append(1000 * (time.perf_counter() - started))
    if answer.status_code != 200:
        taken.wrong.append(f"{name}: {answer.status_code}")
    return answer.text


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_room(Task(**json.load(sys.stdin)))))))
