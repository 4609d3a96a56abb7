"""A bare event loop: the times of a run that has been, put in an event list and taken out again in order, no rules.

What an engine with an event list of this kind cannot go below on this machine.
"""

from __future__ import annotations

import heapq
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from benchmarks.bench import Bench
from benchmarks.engines import SIZES
from benchmarks.inputs import read_input
from benchmarks.measuring import Seconds, in_process, repeated, timed
from benchmarks.report import Cell, Part
from zorgstroom.dataset.model import Int64Array
from zorgstroom.domain.calendar import MINUTES_PER_DAY
from zorgstroom_simulator.engines.registry import ENGINES

Int32Array = npt.NDArray[np.int32]
#: Marks the end of a patient's times.
_OVER = 2**31 - 1


def times_of(file: str) -> tuple[Int32Array, int]:
    """Return when something happened to each patient, ascending, then `_OVER`, int32[n, K]; and the end of the run."""
    given = read_input(file)
    journeys = ENGINES["compiled"](given.patients, given.network)
    end = given.network.days * MINUTES_PER_DAY
    columns: tuple[Int64Array, ...] = (
        given.patients.minute,
        journeys.visit_minute,
        journeys.list_minute,
        journeys.admission_minute,
        journeys.ic_leave_minute,
        journeys.discharge_minute,
    )
    happened = np.stack([np.where((c >= 0) & (c < end), c, _OVER) for c in columns], axis=1)
    # A day patient leaves at the minute he comes: one event.
    happened[:, 1:][happened[:, 1:] == happened[:, :-1]] = _OVER
    happened.sort(axis=1)
    first = np.argsort(happened[:, 0], kind="stable")
    over = np.full((len(happened), 1), _OVER, np.int64)
    return np.ascontiguousarray(np.hstack([happened[first], over]).astype(np.int32)), end


def heap_loop(times: list[list[int]]) -> int:
    """Take all events in order from a heap in Python; arrivals come from their sorted list. Return how many."""
    heap: list[tuple[int, int, int]] = []
    done = 0
    for patient, mine in enumerate(times):
        arrival = mine[0]
        while heap and heap[0][0] <= arrival:
            _, who, place = heap[0]
            following = times[who][place + 1]
            if following == _OVER:
                heapq.heappop(heap)
            else:
                heapq.heapreplace(heap, (following, who, place + 1))
            done += 1
        if arrival == _OVER:
            break
        done += 1
        if mine[1] != _OVER:
            heapq.heappush(heap, (mine[1], patient, 1))
    while heap:
        _, who, place = heap[0]
        following = times[who][place + 1]
        if following == _OVER:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, (following, who, place + 1))
        done += 1
    return done


@numba.njit(nogil=True)
def calendar_loop(times: Int32Array, end: int) -> int:
    """Take all events in order from a list per minute, compiled; return how many."""
    first = np.full(end, -1, np.int32)
    following = np.full(len(times), -1, np.int32)
    place = np.zeros(len(times), np.int8)
    arriving = done = 0
    for minute in range(end):
        while arriving < len(times) and times[arriving, 0] == minute:
            done += 1
            at = times[arriving, 1]
            place[arriving] = 1
            if at != _OVER:
                following[arriving] = first[at]
                first[at] = arriving
            arriving += 1
        while first[minute] != -1:
            who = first[minute]
            first[minute] = following[who]
            place[who] += 1
            done += 1
            at = times[who, place[who]]
            if at != _OVER:
                following[who] = first[at]
                first[at] = who
    return done


def bare(file: str, loop: str) -> dict[str, Any]:
    """Measure one loop on one input."""
    times, end = times_of(file)
    if loop == "heap":
        rows = times.tolist()
        done, seconds = timed(lambda: heap_loop(rows))
    else:
        calendar_loop(times[:1], end)
        done, seconds = repeated(lambda: int(calendar_loop(times, end)))
    assert done == int(np.count_nonzero(times != _OVER))
    return {"events": done, "seconds": vars(seconds)}


def measure(bench: Bench) -> Part:
    """Measure both loops."""
    asked = [("region", "heap"), ("region", "calendar"), ("national", "calendar")]
    if bench.full:
        asked.insert(2, ("national", "heap"))
    names = {"heap": "`heapq` in Python", "calendar": "compiled, a list per minute"}
    rows: list[tuple[Cell, ...]] = []
    for size, loop in asked:
        case = in_process(bare, file=bench.input(size), loop=loop)
        took = Seconds(**case["seconds"])
        rows.append(
            (
                f"{SIZES[size]}: {names[loop]}",
                case["events"],
                took.wall,
                took.cpu,
                took.cpu / case["events"] * 1e9,
            )
        )
    return Part(
        name="floor",
        title="A bare event loop",
        about=(
            "The practical floor: the times at which something happened in the runs above, put in an event list and "
            "taken out in order, without any rule or queue. First visits and admissions are counted too, which an "
            "engine does many at a time when the clinic or the planner starts."
        ),
        columns=("network and loop", "events", "wall s", "CPU s", "ns/event"),
        rows=tuple(rows),
    )
