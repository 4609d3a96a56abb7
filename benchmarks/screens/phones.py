"""How long a room waits that takes part in a workshop by telephone."""

from __future__ import annotations

import datetime as dt

from benchmarks.backbone.stack import cpu_seconds, resident_mb, running_stack
from benchmarks.bench import Bench
from benchmarks.report import Cell, Part, Target
from benchmarks.screens.crowd import percentile
from benchmarks.screens.telephones import Taken, Task, room
from zorgstroom.client import Client
from zorgstroom.workshop.documents import SessionPlan, Step

PHONES = 160
#: All begin within so many seconds: as people come in, and all at once.
CALMLY, AT_ONCE = 60.0, 4.0
STEP = Step(id="raad", kind="number", title="Hoeveel minuten reizen mensen langer?", unit="minuten")


def measure(bench: Bench) -> Part:
    """Have telephones take part in one session after the other."""
    with running_stack(bench.folder / "phones", bus="local") as stack:
        api = stack.api()
        base = f"http://127.0.0.1:{api.port}"
        # The first session finds everything cold, as in a room.
        calm, worked, answered = _session(base, api.pid, CALMLY)
        hurried, _, answered_at_once = _session(base, api.pid, AT_ONCE)
        memory = resident_mb(api.pid)
    rows: list[tuple[Cell, ...]] = []
    for taken, seconds in ((calm, CALMLY), (hurried, AT_ONCE)):
        when = f"all within {seconds:.0f} s"
        rows += [(f"{when}: {name}", *_row(values)) for name, values in taken.milliseconds.items()]
        rows.append((f"{when}: everything", *_row(_all(taken))))
    lost = len(calm.wrong) + len(hurried.wrong) + 2 * PHONES - answered - answered_at_once
    return Part(
        name="phones",
        title="Telephones in a workshop",
        about=f"{PHONES} telephones, each with its own connection and cookie, open the page, load what belongs to it, "
        "join, look every 2.5 to 3 s whether something changed, and answer 2 to 12 s later; the screen in the room "
        "looks too. The API keeps everything in SQLite. Telephones and API share the two cores. The calm room took "
        f"{worked:.1f} s of processor time of the API.",
        columns=("what", "times", "p50 (ms)", "p95 (ms)", "most (ms)"),
        rows=tuple(rows),
        targets=(
            Target(
                what=f"{PHONES} telephones that open and answer within {CALMLY:.0f} s: p95",
                unit="ms",
                kind="at most",
                wanted=300,
                measured=percentile(_all(calm), 0.95),
            ),
            Target(what="answers lost and pages not shown", unit="", kind="at most", wanted=0, measured=lost),
            Target(
                what="memory of the API after both", unit="MB", kind="at most", wanted=600, measured=memory
            ),
        ),
    )


def _session(base: str, pid: int, seconds: float) -> tuple[Taken, float, int]:
    """Return what a room met, the processor time of the API, and how many answers are there."""
    today = dt.datetime.now(dt.UTC).date()
    with Client(base) as client:
        made = client.create_session(SessionPlan(name="Een volle zaal", date=today, steps=[STEP]))
        facilitator = client.facilitate(made.code, made.secret)
        facilitator.steer(phase="live")
        before = cpu_seconds(pid)
        taken = room(Task(base, made.code, STEP.id, PHONES, seconds))
        return taken, cpu_seconds(pid) - before, facilitator.state().answers.get(STEP.id, 0)


def _all(taken: Taken) -> list[float]:
    return [value for values in taken.milliseconds.values() for value in values]


def _row(values: list[float]) -> tuple[Cell, ...]:
    return len(values), percentile(values, 0.5), percentile(values, 0.95), max(values)
