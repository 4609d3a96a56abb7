"""The replications of ``zorgstroom run``: done by processes of our own, with a bar or a line now and then."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

import click
import pyarrow as pa

from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_simulator.blocks import PREPARE, block_of, decode
from zorgstroom_simulator.compute import LocalCompute
from zorgstroom_simulator.experiment import Experiment, ReplicationTables
from zorgstroom_simulator.precision import LEAST, MOST, Target
from zorgstroom_simulator.resources import jobs_that_fit
from zorgstroom_simulator.stress import simulate_stress, usual_shocks
from zorgstroom_simulator.waterfall import extra_runs, simulate_waterfall

#: Where there is no terminal for a bar, at most one line per so many seconds.
SECONDS_BETWEEN_LINES = 30


def simulate(
    experiment: Experiment,
    dataset: str,
    replications: int,
    jobs: int,
    lang: Language,
    target: Target | None = None,
    label_key: str = "run.progress",
) -> Sequence[ReplicationTables]:
    """Have replications done by `jobs` processes: so many, or with a target as many as it takes (5 to 100).

    With a target the first n replications decide whether they are enough; what other processes did beyond them
    is thrown away. So the number does not depend on `jobs`.
    """
    most = replications if target is None else MOST
    compute = LocalCompute(PREPARE, dataset, min(jobs, most))
    try:
        running: dict[Future[bytes], int] = {}
        done: dict[int, ReplicationTables] = {}
        ordered: list[ReplicationTables] = []
        with progress(most, lang, label_key) as step:
            while len(ordered) < most:
                while len(running) < jobs and len(running) + len(done) + len(ordered) < most:
                    replication = len(running) + len(done) + len(ordered)
                    running[compute.submit(block_of(experiment, [replication]))] = replication
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    replication = running.pop(future)
                    [done[replication]] = decode(future.result())
                    step()
                while len(ordered) in done:
                    ordered.append(done.pop(len(ordered)))
                    if (
                        target is not None
                        and len(ordered) >= LEAST
                        and target.reached([result.headline for result in ordered])
                    ):
                        return ordered
        return ordered
    finally:
        compute.close()


def with_parts(
    experiment: Experiment, dataset: str, results: Sequence[ReplicationTables], jobs: int, lang: Language
) -> pa.Table:
    """Have every part of the plan simulated alone; return what each does."""
    total = extra_runs(experiment.scenario, len(results))
    with progress(total, lang, "run.waterfall") as step:
        return simulate_waterfall(experiment, dataset, results, jobs, step)


def with_shocks(
    experiment: Experiment, dataset: str, replications: int, jobs: int, lang: Language
) -> pa.Table:
    """Have today and the plan simulated under the usual shocks; return what they do."""
    shocks = usual_shocks(experiment)
    with progress(replications, lang, "stress.progress") as step:
        return simulate_stress(experiment, shocks, dataset, replications, jobs, step)


def processes(experiment: Experiment, replications: int, lang: Language) -> int:
    """Return how many processes compute, saying so when memory allows fewer than there are cores."""
    jobs = jobs_that_fit(experiment, replications)
    if jobs.limited:
        each, free = (number(size / 2**30, lang, 1) for size in (jobs.bytes_each, jobs.bytes_free))
        key = "run.memory_one" if jobs.count == 1 else "run.memory"
        click.echo(translate(key, lang, jobs=jobs.count, wanted=jobs.wanted, each=each, free=free), err=True)
    return jobs.count


@contextlib.contextmanager
def progress(
    replications: int, lang: Language, label_key: str = "run.progress"
) -> Iterator[Callable[[], None]]:
    """Show how far it is: a bar on a terminal, elsewhere now and then a line; gives what to call per year."""
    started = shown = time.monotonic()
    label = translate(label_key, lang)
    done = 0
    on_terminal = sys.stderr.isatty()
    with click.progressbar(length=replications, label=label, file=sys.stderr, hidden=not on_terminal) as bar:
        bar.update(0)

        def step() -> None:
            nonlocal done, shown
            done += 1
            bar.update(1)
            now = time.monotonic()
            if not on_terminal and now - shown >= SECONDS_BETWEEN_LINES:
                shown = now
                seconds = number(now - started, lang)
                line = translate("run.progress_line", lang, done=done, total=replications, seconds=seconds)
                click.echo(line, err=True)

        yield step
