"""A long queue of two owners: does every run end, and does the one with few wait for the one with many?"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from tests.support.stack import SCENARIO as PLAN

from benchmarks.backbone.computed import submit
from benchmarks.backbone.stack import resident_mb, running_stack
from benchmarks.bench import Bench
from benchmarks.report import Cell, Part, Target

#: Runs of each owner; the second comes when the first has asked for everything.
MANY, FEW = 900, 100
#: A fifth of it without ``--full``.
SHARE = 5
MOST_SECONDS, LOOK_SECONDS = 3600.0, 2.0


def measure(bench: Bench) -> Part:
    """Ask for all runs at once, as batches, and watch them end."""
    many, few = (MANY, FEW) if bench.full else (MANY // SHARE, FEW // SHARE)
    with running_stack(bench.folder / "draining") as stack:
        api = stack.api(ZORGSTROOM_MAX_QUEUED_RUNS="2000")
        stack.simulator(jobs=2)
        memory = [resident_mb(api.pid)]
        started = time.monotonic()
        for number in range(many):
            submit(api, PLAN, owner="many", priority="batch", replications=1, seed=number)
        for number in range(few):
            submit(api, PLAN, owner="few", priority="batch", replications=1, seed=10_000 + number)
        asked = time.monotonic() - started
        states: Counter[str] = Counter()
        while states["completed"] < many + few:
            if time.monotonic() - started > MOST_SECONDS or states["failed"]:
                raise RuntimeError(f"the queue does not drain: {dict(states)}")
            time.sleep(LOOK_SECONDS)
            states = Counter(run["state"] for run in _runs(api.client))
            memory.append(resident_mb(api.pid))
        seconds = time.monotonic() - started
        runs = sorted(_runs(api.client), key=lambda run: str(run["ended"]))
    order = ["few" if run["settings"]["seed"] >= 10_000 else "many" for run in runs]
    last = max(place for place, owner in enumerate(order, 1) if owner == "few")
    # Those that ended while somebody could still ask are not counted.
    waited = order[order.index("few") : last]
    share = waited.count("few") / len(waited)
    half = memory[len(memory) // 2 :]
    growth = max(half) / memory[len(memory) // 2]
    rows: list[tuple[Cell, ...]] = [
        ("runs asked for", many + few),
        ("runs completed", len(order)),
        ("runs twice", len(order) - len({run["id"] for run in runs})),
        ("seconds to ask for all", asked),
        ("seconds until all were completed", seconds),
        ("runs per minute", 60 * len(order) / seconds),
        ("place at which the last of the few ended", last),
        ("share of the few until then", share),
        ("memory of the API after starting, MB", memory[0]),
        ("halfway, MB", memory[len(memory) // 2]),
        ("most after that, MB", max(half)),
    ]
    return Part(
        name="draining",
        title="A long queue of two owners",
        about=f"One owner asks for {many} runs and then another for {few}, all as batches, on Kafka and PostgreSQL; "
        "one simulator with two processes. Fair is a share of a half for each as long as both wait.",
        columns=("what", "measured"),
        rows=tuple(rows),
        targets=(
            Target(
                what="queued runs lost", unit="", kind="at most", wanted=0, measured=many + few - len(order)
            ),
            Target(
                what="share of the owner with few runs while both wait",
                unit="",
                kind="at least",
                wanted=0.4,
                measured=share,
            ),
            Target(
                what="memory of the API in the second half of the queue",
                unit="times",
                kind="at most",
                wanted=1.05,
                measured=growth,
            ),
        ),
    )


def _runs(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 1000}
    while True:
        page = client.get("/runs", params=query).raise_for_status().json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]
