"""Working visitors of the screens at once: ``python -m benchmarks.screens.crowd`` reads a task as JSON.

Half of them build a scenario and change a choice each time; the others go from page to page.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from websockets.exceptions import WebSocketException

from benchmarks.screens.visitor import NotShown, Visitor, Widget, arrive

BUILDING, READING, FIRST = "a choice changed", "another page", "first page"


@dataclass(frozen=True)
class Visit:
    """A page with its address."""

    page: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """Milliseconds per kind of thing done, and what went wrong."""

    milliseconds: dict[str, list[float]]
    #: Sessions that ended before their time.
    dropped: list[str]
    #: Pages that were not shown.
    mistakes: list[str]


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value within which this part of the values is."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def crowd(
    base: str,
    build: Visit,
    read: Sequence[Visit],
    *,
    visitors: int,
    seconds: float,
    think: float,
    stay: float | None = None,
) -> Found:
    """Have so many visitors work for so long, each doing something about every `think` seconds.

    Who has been there for `stay` seconds leaves, and another comes.
    """
    task = {
        "base": base,
        "build": asdict(build),
        "read": [asdict(visit) for visit in read],
        "visitors": visitors,
        "seconds": seconds,
        "think": think,
        "stay": stay or seconds,
    }
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(task),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Found(**json.loads(done.stdout))


async def _all(task: dict[str, object]) -> Found:
    base = str(task["base"])
    seconds, think, stay = (float(str(task[name])) for name in ("seconds", "think", "stay"))
    build = Visit(**task["build"])  # type: ignore[arg-type]
    read = [Visit(**item) for item in task["read"]]  # type: ignore[attr-defined]
    found = Found({BUILDING: [], READING: [], FIRST: []}, [], [])
    until = time.monotonic() + seconds

    async def one(number: int) -> None:
        own = random.Random(number)
        await asyncio.sleep(own.uniform(0, think))
        builds = number % 2 == 0
        while (now := time.monotonic()) < until:
            try:
                visitor = await arrive(base)
                leaves = min(until, now + stay)
                await _work(visitor, own, [build] if builds else read, leaves, think, found, builds=builds)
            except (WebSocketException, OSError, TimeoutError) as error:
                found.dropped.append(f"{type(error).__name__}: {error}"[:200])
                await asyncio.sleep(think)

    await asyncio.gather(*(one(number) for number in range(int(str(task["visitors"])))))
    return found


async def _work(
    visitor: Visitor,
    own: random.Random,
    visits: Sequence[Visit],
    until: float,
    think: float,
    found: Found,
    *,
    builds: bool,
) -> None:
    turn = own.randrange(len(visits))
    kind = FIRST
    while time.monotonic() < until:
        try:
            if builds and kind != FIRST:
                taken = await _change(visitor, own)
            else:
                visit = visits[turn % len(visits)]
                taken = await visitor.open(visit.page, **visit.query)
                turn += 1
            found.milliseconds[kind].append(1000 * taken)
        except NotShown as error:
            found.mistakes.append(str(error)[:200])
        kind = BUILDING if builds else READING
        await asyncio.sleep(own.uniform(0.5, 1.5) * think)
    await visitor.socket.close()


async def _change(visitor: Visitor, own: random.Random) -> float:
    """Change one of the choices on the page that count at once."""
    free = [widget for widget in visitor.find("checkbox") if _counts_at_once(widget)]
    sliders = [widget for widget in visitor.find("slider") if _counts_at_once(widget)]
    if not free and not sliders:
        raise NotShown(f"{visitor.page}: nothing to change")
    chosen = own.choice(free + sliders)
    if chosen.kind == "checkbox":
        return await visitor.set(chosen, bool_value=bool(own.getrandbits(1)))
    steps = int((chosen.proto.max - chosen.proto.min) // chosen.proto.step)
    place = chosen.proto.min + chosen.proto.step * own.randint(0, steps)
    return await visitor.set(chosen, double_array_value={"data": [place]})


def _counts_at_once(widget: Widget) -> bool:
    return not widget.proto.form_id and not widget.proto.disabled


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_all(json.load(sys.stdin))))))
