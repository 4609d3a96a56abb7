"""Seconds and memory: of a function, and of a process of its own.

Processor time and wall time both, because a machine is never quite quiet. Memory is that of a process that did one
thing: the peak of a process that did several says nothing about each.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Result = TypeVar("Result")
#: A run that takes so long is not repeated.
ENOUGH_SECONDS = 5.0
#: Runs of which the median is taken; more than the least while all of them take less than so many seconds.
LEAST, MOST, SHORT_SECONDS = 3, 9, 1.0


@dataclass(frozen=True)
class Seconds:
    """What something took; processor time of all threads of this process."""

    wall: float
    cpu: float


def timed(work: Callable[[], Result]) -> tuple[Result, Seconds]:
    """Return what a function gives and what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, Seconds(time.perf_counter() - wall, time.process_time() - cpu)


def repeated(work: Callable[[], Result]) -> tuple[Result, Seconds]:
    """Return the last result and the medians of three runs; of more while that takes no second, of one that is long."""
    taken: list[Seconds] = []
    while True:
        result, seconds = timed(work)
        taken.append(seconds)
        spent = sum(each.wall for each in taken)
        enough = len(taken) >= LEAST and (spent > SHORT_SECONDS or len(taken) >= MOST)
        if enough or seconds.wall > ENOUGH_SECONDS:
            return result, median(taken)
        del result


def median(taken: list[Seconds]) -> Seconds:
    """Return the medians, of wall and of processor time."""
    return Seconds(
        statistics.median(seconds.wall for seconds in taken),
        statistics.median(seconds.cpu for seconds in taken),
    )


def in_process(function: Callable[..., dict[str, Any]], **arguments: object) -> dict[str, Any]:
    """Call a function of `benchmarks` in a process of its own; return what it gives and `peak_mb`, its memory.

    Arguments and what it gives are JSON. Raises CalledProcessError, after its words on stderr, if it fails.
    """
    name = f"{function.__module__}:{function.__name__}"
    command = [sys.executable, "-m", "benchmarks.process", name, json.dumps(arguments, default=str)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ)
    given: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return given
