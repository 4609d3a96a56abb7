"""How quick the screens are: for one visitor with a browser, and for a room of people who work."""

from __future__ import annotations

import httpx
from tests.support.services import ApiProcess, ServiceProcess, free_port

from benchmarks.backbone.computed import completed, document, submit
from benchmarks.backbone.stack import Stack, cpu_seconds, resident_mb, running_stack, wait_until
from benchmarks.bench import Bench
from benchmarks.report import Cell, Part, Target
from benchmarks.screens.browsing import arriving, browser, previewing, walking
from benchmarks.screens.crowd import BUILDING, FIRST, READING, Found, Visit, crowd, percentile

#: The plans whose results are there, with the region they are of.
PLANS = ("02-slokdarm-pancreas-een-locatie", "04-concentreren-en-spreiden", "05-sluiting-locatie")
YEARS = 5
#: Pages of the menu, by their names there.
MENU = ("Regiobeeld", "Scenario maken", "Impact", "Vergelijken", "Verdieping", "Start")
ARRIVALS, ROUNDS, CHANGES = 20, 5, 30
VISITORS, THINK, SECONDS = 25, 12.0, 180.0
START_SECONDS = 60.0
_PLAN = {"s": PLANS[0], "taal": "nl"}
#: What who works looks at, and where a scenario is made.
READ = (
    Visit("impact", _PLAN),
    Visit("vergelijken", {"taal": "nl"}),
    Visit("verdieping", _PLAN),
    Visit("regiobeeld", _PLAN),
    Visit("mijn-gemeente", _PLAN),
    Visit("aannames", _PLAN),
)
BUILD = Visit("scenario", {"vanuit": PLANS[1], "taal": "nl"})
COLUMNS = ("what", "times", "p50 (ms)", "p95 (ms)", "most (ms)")


def measure(bench: Bench) -> Part:
    """Open, walk, change and share with a browser; then have 25 visitors work."""
    with running_stack(bench.folder / "screens", bus="local") as stack:
        api = with_results(stack)
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        shared = f"{base}/impact?s={PLANS[0]}&taal=nl"
        with browser() as started:
            screens = started_screens(stack, api, port)
            very_first = arriving(started, base)
            first_shared = arriving(started, shared)
            taken = {
                "first page, for who was never here": [arriving(started, base) for _ in range(ARRIVALS)],
                "shared link of a result": [arriving(started, shared) for _ in range(ARRIVALS)],
            }
            # Somebody was on every page before.
            walking(started, f"{base}/?s={PLANS[0]}", MENU, 1)
            taken["another page of the menu"] = walking(started, f"{base}/?s={PLANS[0]}", MENU, ROUNDS)
            taken["estimate after a changed lever"] = previewing(
                started,
                f"{base}/scenario?taal=nl&vanuit={PLANS[0]}",
                "Pas Concentreren 1 aan",
                "ZGT Almelo: nu",
                CHANGES,
            )
        before = cpu_seconds(screens.pid)
        room, most_mb = work(screens, base)
        cpu = cpu_seconds(screens.pid) - before
    return _part(very_first, first_shared, taken, room, most_mb, cpu)


def work(screens: ServiceProcess, base: str) -> tuple[Found, float]:
    """Have a room of visitors work; return what they met, and the memory of the screens at the end."""
    found = crowd(base, BUILD, READ, visitors=VISITORS, seconds=SECONDS, think=THINK)
    return found, resident_mb(screens.pid)


def with_results(stack: Stack) -> ApiProcess:
    """Start an API that has the results of the plans."""
    api = stack.api()
    simulator = stack.simulator(jobs=2)
    for slug in PLANS:
        completed(api, submit(api, document(slug), replications=YEARS))
    simulator.close()
    return api


def started_screens(stack: Stack, api: ApiProcess, port: int) -> ServiceProcess:
    """Start the screens and wait until they answer."""
    screens = stack.process(
        "ui", ZORGSTROOM_UI_PORT=str(port), ZORGSTROOM_API_URL=f"http://127.0.0.1:{api.port}"
    )
    wait_until(lambda: _answers(f"http://127.0.0.1:{port}"), START_SECONDS)
    return screens


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/_stcore/health", timeout=5).is_success
    except httpx.TransportError:
        return False


def _part(
    very_first: float,
    first_shared: float,
    taken: dict[str, list[float]],
    room: Found,
    most_mb: float,
    cpu: float,
) -> Part:
    names = {FIRST: "first page of a working session", BUILDING: "a choice changed", READING: "another page"}
    working = [value for values in room.milliseconds.values() for value in values]
    rows: list[tuple[Cell, ...]] = [
        ("very first page after the start", 1, very_first, very_first, very_first),
        ("very first result after the start", 1, first_shared, first_shared, first_shared),
        *(_row(what, values) for what, values in taken.items()),
        *(
            _row(f"{VISITORS} working sessions: {names[kind]}", values)
            for kind, values in room.milliseconds.items()
        ),
    ]
    link, page, estimate = (
        percentile(taken[what], 0.95)
        for what in ("shared link of a result", "another page of the menu", "estimate after a changed lever")
    )
    return Part(
        name="screens",
        title="The screens",
        about=f"The first lines are of one visitor in headless Chromium, until the page says it is complete; the "
        f"machine has two cores for browser, screens and API together. The {VISITORS} working sessions go on for "
        f"{SECONDS:.0f} s, each doing something every {THINK:.0f} s without a browser: half of them change a choice "
        f"of a scenario with its estimate, the others go from page to page. They took {cpu:.0f} s of processor time of "
        f"the screens, which then had {most_mb:.0f} MB in memory; dropped: {len(room.dropped)}; pages not shown: "
        f"{len(room.mistakes)}.",
        columns=COLUMNS,
        rows=tuple(rows),
        targets=(
            _target("first page after the start-up", very_first, 2000),
            _target("another page of the menu: p95", page, 1000),
            _target("estimate after a changed lever: p95", estimate, 1000),
            _target("shared link opens its result: p95", link, 2000),
            _target(f"{VISITORS} working sessions: p95", percentile(working, 0.95), 2000),
            Target(
                what=f"memory of the screens after {VISITORS} working sessions",
                unit="MB",
                kind="at most",
                wanted=600,
                measured=most_mb,
            ),
            Target(
                what="sessions dropped and pages not shown",
                unit="",
                kind="at most",
                wanted=0,
                measured=len(room.dropped) + len(room.mistakes),
            ),
        ),
    )


def _row(what: str, values: list[float]) -> tuple[Cell, ...]:
    if not values:
        return (what, 0, None, None, None)
    return (what, len(values), percentile(values, 0.5), percentile(values, 0.95), max(values))


def _target(what: str, milliseconds: float, wanted: int) -> Target:
    return Target(what=what, unit="ms", kind="at most", wanted=wanted, measured=milliseconds)
