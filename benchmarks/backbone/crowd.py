"""Many clients at once, in a process of their own: ``python -m benchmarks.backbone.crowd`` reads a task as JSON."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import httpx


@dataclass(frozen=True)
class Request:
    """One request; of several, each client takes the next."""

    method: str
    path: str
    body: object = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answers:
    """What clients got: milliseconds of each answer, and how many of each status (0: none)."""

    milliseconds: tuple[float, ...]
    statuses: dict[str, int]
    seconds: float

    def percentile(self, part: float) -> float:
        """Return the milliseconds within which this part of the answers came."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def crowd(base: str, requests: Sequence[Request], *, clients: int, seconds: float, pause: float) -> Answers:
    """Have so many clients ask for so long, each waiting about `pause` seconds between an answer and the next request.

    The requests are dealt out in order, and again from the first when all are used.
    """
    task = {
        "base": base,
        "requests": [asdict(request) for request in requests],
        "clients": clients,
        "seconds": seconds,
        "pause": pause,
    }
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name if __spec__ else __name__],
        input=json.dumps(task),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    given = json.loads(done.stdout)
    return Answers(tuple(given["milliseconds"]), given["statuses"], given["seconds"])


async def _ask(task: dict[str, object]) -> Answers:
    requests = [Request(**item) for item in task["requests"]]  # type: ignore[attr-defined]
    seconds, pause = float(str(task["seconds"])), float(str(task["pause"]))
    taken: list[float] = []
    statuses: dict[str, int] = {}
    dealt = 0
    start = time.perf_counter()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=str(task["base"]), timeout=60.0, limits=limits) as client:

        async def one(number: int) -> None:
            nonlocal dealt
            own = random.Random(number)
            await asyncio.sleep(own.uniform(0, pause))
            while time.perf_counter() - start < seconds:
                request = requests[dealt % len(requests)]
                dealt += 1
                asked = time.perf_counter()
                try:
                    answer = await client.request(
                        request.method,
                        request.path,
                        json=request.body,
                        headers=dict(request.headers),
                    )
                    status = str(answer.status_code)
                except httpx.HTTPError:
                    status = "0"
                taken.append(1000 * (time.perf_counter() - asked))
                statuses[status] = statuses.get(status, 0) + 1
                await asyncio.sleep(own.uniform(0.5, 1.5) * pause)

        await asyncio.gather(*(one(number) for number in range(int(str(task["clients"])))))
    return Answers(tuple(taken), statuses, time.perf_counter() - start)


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_ask(json.load(sys.stdin))))))
