"""How long it takes to read results while runs are computed."""

from __future__ import annotations

from tests.support.services import ApiProcess

from benchmarks.backbone.accepting import COLUMNS, PAUSE, row
from benchmarks.backbone.computed import completed, document, state, submit
from benchmarks.backbone.crowd import Answers, Request, crowd
from benchmarks.backbone.stack import cpu_seconds, running_stack
from benchmarks.bench import Bench
from benchmarks.report import Cell, Part, Target

CLIENTS = 20
SECONDS = 20.0
#: The plans whose results are read; for one region, so that they can be compared.
READ = ("02-slokdarm-pancreas-een-locatie", "04-concentreren-en-spreiden")
REGION, YEARS = "roaz:Limburg", 5
#: Runs that go on meanwhile, and simulated years of each: more than can be done in the time.
BUSY, BUSY_YEARS = 4, 400
PAGE, FIRST_PAGES = 1000, 8
TABLES = ("indicators", "comparison", "flows")


def measure(bench: Bench) -> Part:
    """Read pages of every large table, and a comparison, while four runs are computed on the other core."""
    with running_stack(bench.folder / "reading") as stack:
        api = stack.api()
        stack.simulator(jobs=1)
        runs = [submit(api, document(slug), region=REGION, replications=YEARS) for slug in READ]
        for run in runs:
            completed(api, run)
        busy = [
            submit(
                api,
                document(READ[1]),
                owner=f"busy {seed}",
                region=REGION,
                seed=seed,
                replications=BUSY_YEARS,
            )
            for seed in range(2, 2 + BUSY)
        ]
        pages = [Request("GET", path) for run in runs for table in TABLES for path in _pages(api, run, table)]
        both = "&".join(f"run={run}" for run in runs)
        asked: dict[str, list[Request]] = {
            f"pages of {PAGE} rows": pages,
            "comparison of two runs": [Request("GET", f"/v1/comparisons?{both}")],
            "impact document, whole": [Request("GET", f"/v1/runs/{run}/impact") for run in runs],
            "where a run stands": [Request("GET", f"/v1/runs/{run}") for run in busy],
        }
        rows: list[tuple[Cell, ...]] = []
        found: dict[str, Answers] = {}
        base = f"http://127.0.0.1:{api.port}"
        for words, requests in asked.items():
            crowd(base, requests, clients=2, seconds=2.0, pause=0.1)
            before = cpu_seconds(api.pid)
            answers = crowd(base, requests, clients=CLIENTS, seconds=SECONDS, pause=PAUSE)
            rows.append(row(words, answers, cpu_seconds(api.pid) - before, "200"))
            found[words] = answers
        still = sum(state(api, run)["state"] in ("running", "queued") for run in busy)
        if still != BUSY:
            raise RuntimeError(f"only {still} of {BUSY} runs were still going on")
    page, comparison, *_ = found.values()
    return Part(
        name="reading",
        title="Reading results while runs go on",
        about=f"{CLIENTS} clients, each about one request a second, on Kafka and PostgreSQL; meanwhile {BUSY} runs of "
        "a region are computed by one process. The machine has two cores for all of it, clients included.",
        columns=("what", *COLUMNS[1:-1], "other than 200"),
        rows=tuple(rows),
        targets=(
            Target(
                what=f"a page of a result table, {CLIENTS} clients, runs going on: p95",
                unit="ms",
                kind="at most",
                wanted=200,
                measured=page.percentile(0.95),
            ),
            Target(
                what="a comparison again: p95",
                unit="ms",
                kind="at most",
                wanted=100,
                measured=comparison.percentile(0.95),
            ),
        ),
    )


def _pages(api: ApiProcess, run: str, table: str) -> list[str]:
    """Return the addresses of the first pages of a table."""
    path = f"/v1/runs/{run}/results/{table}?limit={PAGE}"
    found = [path]
    while len(found) < FIRST_PAGES:
        cursor = api.client.get(found[-1].removeprefix("/v1")).raise_for_status().json()["next_cursor"]
        if cursor is None:
            break
        found.append(f"{path}&cursor={cursor}")
    return found
