"""Whether the screens grow when people come and go for a day: 24 hours, twenty times as fast."""

from __future__ import annotations

import math
import threading
import time

from tests.support.services import free_port

from benchmarks.backbone.stack import resident_mb, running_stack
from benchmarks.bench import Bench
from benchmarks.report import Cell, Part, Target
from benchmarks.screens.crowd import crowd, percentile
from benchmarks.screens.screens import BUILD, READ, THINK, started_screens, with_results

SPEED = 20.0
#: Hours of the day; without ``--full`` a working day.
DAY, WORKING_DAY = 24.0, 8.0
VISITORS, STAY_MINUTES = 5, 20.0
#: Memory is looked at so often, in minutes of the day.
EVERY_MINUTES = 5.0
#: A first part fills what is kept on purpose, such as results that were read.
FILLING = 0.25
MOST_GROWTH = 1.1


def measure(bench: Bench) -> Part:
    """Have visitors come, work and leave all day, and follow the memory of screens and API."""
    hours = DAY if bench.full else WORKING_DAY
    with running_stack(bench.folder / "soak", bus="local") as stack:
        api = with_results(stack)
        port = free_port()
        screens = started_screens(stack, api, port)
        taken: list[tuple[float, float, float]] = []
        over = threading.Event()
        begun = time.monotonic()

        def follow() -> None:
            while not over.is_set():
                hour = (time.monotonic() - begun) * SPEED / 3600
                taken.append((hour, resident_mb(screens.pid), resident_mb(api.pid)))
                over.wait(EVERY_MINUTES * 60 / SPEED)

        following = threading.Thread(target=follow)
        following.start()
        try:
            found = crowd(
                f"http://127.0.0.1:{port}",
                BUILD,
                READ,
                visitors=VISITORS,
                seconds=hours * 3600 / SPEED,
                think=THINK / SPEED,
                stay=STAY_MINUTES * 60 / SPEED,
            )
        finally:
            over.set()
            following.join()
    parts = 8
    rows: list[tuple[Cell, ...]] = []
    for number in range(parts):
        begin, end = number * hours / parts, (number + 1) * hours / parts
        within = [(ui, served) for hour, ui, served in taken if begin <= hour < end]
        rows.append((f"{begin:.0f} to {end:.0f}", *(max(values) for values in zip(*within, strict=True))))
    everything = [value for values in found.milliseconds.values() for value in values]
    count = f"{len(everything):,}"
    visits = math.ceil(hours * 60 / STAY_MINUTES) * VISITORS
    return Part(
        name="soak",
        title="A day of visitors",
        about=f"{VISITORS} visitors at a time for {hours:.0f} hours, {SPEED:.0f} times as fast: each does something "
        f"every {THINK:.0f} s, leaves after {STAY_MINUTES:.0f} minutes, and another comes. They did {count} "
        f"things in {visits} visits, p95 {percentile(everything, 0.95):.0f} ms; dropped: "
        f"{len(found.dropped)}; pages not shown: {len(found.mistakes)}. Memory is the most in each part of the day.",
        columns=("hours", "screens (MB)", "API (MB)"),
        rows=tuple(rows),
        targets=(
            *(
                Target(
                    what=f"memory of {whose}: end of the day against after the first quarter",
                    unit="x",
                    kind="at most",
                    wanted=MOST_GROWTH,
                    measured=_growth([(each[0], each[place]) for each in taken], hours),
                )
                for place, whose in ((1, "the screens"), (2, "the API"))
            ),
            Target(
                what="most memory of the screens",
                unit="MB",
                kind="at most",
                wanted=600,
                measured=max(each[1] for each in taken),
            ),
            Target(
                what="sessions dropped and pages not shown",
                unit="",
                kind="at most",
                wanted=0,
                measured=len(found.dropped) + len(found.mistakes),
            ),
        ),
    )


def _growth(memory: list[tuple[float, float]], hours: float) -> float:
    """Return the mean of the last eighth against that of the eighth after the first quarter."""
    eighth = hours / 8
    after = [size for hour, size in memory if FILLING * hours <= hour < FILLING * hours + eighth]
    last = [size for hour, size in memory if hour >= hours - eighth]
    return (sum(last) / len(last)) / (sum(after) / len(after))
