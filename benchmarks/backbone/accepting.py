"""How long it takes to accept a run, with many clients who ask at once."""

from __future__ import annotations

from tests.support.stack import SCENARIO as PLAN

from benchmarks.backbone.crowd import Answers, Request, crowd
from benchmarks.backbone.stack import cpu_seconds, running_stack
from benchmarks.bench import Bench
from benchmarks.report import Cell, Part, Target

CLIENTS = 50
SECONDS, PAUSE = 30.0, 1.0
#: More than are asked for, so that each request is another run.
MOST = 40_000
COLUMNS = (
    "clients", "requests/s", "p50 ms", "p95 ms", "p99 ms", "longest ms", "API CPU ms per request", "other than 202",
)  # fmt: skip


def measure(bench: Bench) -> Part:
    """Ask for runs that are all different; nobody computes them."""
    with running_stack(bench.folder / "accepting") as stack:
        api = stack.api(ZORGSTROOM_MAX_QUEUED_RUNS=str(2 * MOST))
        scenario = api.client.post("/scenarios", json=PLAN).raise_for_status().json()["id"]
        requests = [
            Request(
                "POST", "/v1/runs", {"scenario_id": scenario, "settings": {"seed": seed, "replications": 1}}
            )
            for seed in range(MOST)
        ]
        base = f"http://127.0.0.1:{api.port}"
        # The first requests read what is then kept.
        crowd(base, requests[:50], clients=5, seconds=2.0, pause=0.2)
        rows: list[tuple[Cell, ...]] = []
        paced: Answers | None = None
        used = 50
        for words, pause in ((f"{CLIENTS}, one a second each", PAUSE), (f"{CLIENTS}, without pause", 0.0)):
            before = cpu_seconds(api.pid)
            answers = crowd(base, requests[used:], clients=CLIENTS, seconds=SECONDS, pause=pause)
            used += len(answers.milliseconds)
            cpu = cpu_seconds(api.pid) - before
            rows.append(row(words, answers, cpu, "202"))
            paced = paced or answers
        assert paced is not None
    return Part(
        name="accepting",
        title="Accepting runs",
        about="`POST /v1/runs`, each another run, on Kafka and PostgreSQL (which syncs every commit). "
        "A run is accepted when it is in the database. The clients are a process on the same machine.",
        columns=COLUMNS,
        rows=tuple(rows),
        targets=(
            Target(
                what=f"accept a run, {CLIENTS} clients: p95",
                unit="ms",
                kind="at most",
                wanted=50,
                measured=paced.percentile(0.95),
            ),
        ),
    )


def row(words: str, answers: Answers, cpu: float, expected: str) -> tuple[Cell, ...]:
    """Return a line of the table: what the clients got, and what it cost the API."""
    count = len(answers.milliseconds)
    return (
        words,
        count / answers.seconds,
        *(answers.percentile(part) for part in (0.5, 0.95, 0.99, 1.0)),
        1000 * cpu / count,
        count - answers.statuses.get(expected, 0),
    )
