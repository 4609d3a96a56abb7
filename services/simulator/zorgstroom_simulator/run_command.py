"""``zorgstroom run``: a scenario file in, a folder with the impact analysis out; no services needed."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from functools import partial
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset_option import dataset_option
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.folders import new_folder
from zorgstroom.geo.boundaries import fetched_boundaries
from zorgstroom.planning.check import check_scenario, check_unfinished
from zorgstroom.planning.plan import parse_region, region_of
from zorgstroom.reporting.excel import render_xlsx
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.rendering import render
from zorgstroom.reporting.views import Views, shown, translator
from zorgstroom.scenario_file import load_scenario_file
from zorgstroom.settings import Settings
from zorgstroom.tables import to_parquet
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_simulator.blocks import PREPARE, block_of, decode
from zorgstroom_simulator.compute import LocalCompute
from zorgstroom_simulator.engines.registry import ENGINES
from zorgstroom_simulator.experiment import Experiment, ReplicationTables
from zorgstroom_simulator.outcome import Outcome, make_outcome
from zorgstroom_simulator.resources import jobs_that_fit, peak_memory_mb
from zorgstroom_simulator.waterfall import extra_runs, simulate_waterfall

#: The plan as it was computed: with what it is based on, in one document that `zorgstroom run` reads again.
SCENARIO = "scenario.json"
#: Where there is no terminal for a bar, at most one line per so many seconds.
SECONDS_BETWEEN_LINES = 30


@click.command("run")
@click.argument("scenario", metavar="SCENARIO", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--replications", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256))
@click.option("--region")
@dataset_option
@click.option("--engine", type=click.Choice(sorted(ENGINES)), default="simpy", show_default=True)
@click.option("--waterfall", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@language_option
def run_command(
    *,
    scenario: Path,
    out: Path | None,
    replications: int,
    seed: int,
    jobs: int | None,
    region: str | None,
    dataset: str,
    engine: str,
    waterfall: bool,
    as_json: bool,
    lang: Language,
) -> None:
    """Simulate a scenario against today and write the impact analysis."""
    data = load_dataset(dataset)
    file = load_scenario_file(scenario, partial(check_unfinished, dataset=data))
    chosen = parse_region(region, data) if region else region_of(file.scenario.region)
    found = check_scenario(file.scenario, data, chosen)
    if found.errors:
        raise InvalidInput(file.locate(found.errors))
    for warning in file.locate(found.warnings):
        message = warning.message(lang)
        click.echo(translate("scenario.warning", lang, where=warning.where, message=message), err=True)
    folder = out or Path(f"{scenario.stem}-impact")
    _check_folder(folder)
    # Stopping from outside cleans up like Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    experiment = Experiment(data, file.scenario, chosen, seed, engine)
    processes = jobs or _jobs(experiment, replications, lang)
    results = _simulate(experiment, dataset, replications, processes, lang)
    wall_seconds = time.monotonic() - started
    parts = _waterfall(experiment, dataset, results, processes, lang) if waterfall else None
    outcome = make_outcome(
        experiment,
        results,
        run_id=str(uuid.uuid4()),
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        wall_seconds=wall_seconds,
        peak_memory_mb=peak_memory_mb(),
        waterfall=parts,
    )
    with new_folder(folder) as unfinished:
        _write(outcome, file.scenario, unfinished, lang)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), **_manifest(outcome)}, ensure_ascii=False, indent=2))
    else:
        _show(outcome.impact, lang)
        _show_speed(outcome.manifest, time.monotonic() - started, lang)
        click.echo(translate("run.done", lang, folder=folder))


def _jobs(experiment: Experiment, replications: int, lang: Language) -> int:
    """Return how many processes compute, saying so when memory allows fewer than there are cores."""
    jobs = jobs_that_fit(experiment, replications)
    if jobs.limited:
        each, free = (number(size / 2**30, lang, 1) for size in (jobs.bytes_each, jobs.bytes_free))
        key = "run.memory_one" if jobs.count == 1 else "run.memory"
        click.echo(translate(key, lang, jobs=jobs.count, wanted=jobs.wanted, each=each, free=free), err=True)
    return jobs.count


def _show_speed(manifest: Mapping[str, Any], seconds: float, lang: Language) -> None:
    """Print how long it took, how fast that is, and in how much memory.

    The seconds are of everything; the speed is that of the simulation, which the report does not slow down.
    """
    simulating = max(manifest["wall_seconds"], 0.001)
    click.echo(
        translate(
            "run.speed",
            lang,
            seconds=number(seconds, lang),
            patients=number(manifest["patients"], lang),
            patients_per_second=number(manifest["patients"] / simulating, lang),
            events=number(manifest["events"] / simulating, lang),
            memory=number(manifest["peak_memory_mb"], lang),
        )
    )


def _check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be made, or that holds anything else than an older result of this command."""
    params = {"folder": str(folder)}
    if folder.exists() and not (folder / "manifest.json").exists() and any(folder.iterdir()):
        raise InvalidInput([Problem("--out", "run.folder_not_ours", params)])
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder.parent):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(
            [Problem("--out", "run.folder_not_writable", params | {"reason": reason})]
        ) from None


def _simulate(
    experiment: Experiment, dataset: str, replications: int, jobs: int, lang: Language
) -> Sequence[ReplicationTables]:
    """Have every replication done by `jobs` processes, with a progress bar on a terminal."""
    compute = LocalCompute(PREPARE, dataset, min(jobs, replications))
    try:
        futures = [compute.submit(block_of(experiment, [replication])) for replication in range(replications)]
        results: list[ReplicationTables] = []
        with _progress(replications, lang) as step:
            for future in as_completed(futures):
                results += decode(future.result())
                step()
        return sorted(results, key=lambda result: result.replication)
    finally:
        compute.close()


def _waterfall(
    experiment: Experiment, dataset: str, results: Sequence[ReplicationTables], jobs: int, lang: Language
) -> pa.Table:
    """Have every part of the plan simulated alone; return what each does."""
    total = extra_runs(experiment.scenario, len(results))
    with _progress(total, lang, "run.waterfall") as step:
        return simulate_waterfall(experiment, dataset, results, jobs, step)


@contextlib.contextmanager
def _progress(
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


def _manifest(outcome: Outcome) -> dict[str, Any]:
    """Return the manifest of the folder: that of the run, and the file the plan is in."""
    return {"scenario": SCENARIO, **outcome.manifest}


def _write(outcome: Outcome, scenario: Scenario, folder: Path, lang: Language) -> None:
    """Write report, workbook, document, tables, the plan itself and manifest."""
    writers: dict[str, Callable[[], bytes]] = {
        "impact.html": lambda: render_html(
            outcome.impact, lang, fetched_boundaries(Settings().data_dir)
        ).encode(),
        "impact.xlsx": lambda: render_xlsx(outcome.impact, lang),
        "impact.json": lambda: outcome.impact.model_dump_json(indent=1).encode(),
        **{
            f"{name}.parquet": partial(to_parquet, table, confidential=outcome.confidential)
            for name, table in outcome.tables.items()
        },
        SCENARIO: lambda: _indented(json.loads(scenario.canonical_json())),
        "manifest.json": lambda: _indented(_manifest(outcome)),
    }
    for name, content in writers.items():
        (folder / name).write_bytes(content())


def _indented(document: Any) -> bytes:
    """Return a JSON document people can read too."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _show(impact: Impact, lang: Language) -> None:
    """Print the summary and the table of headline indicators."""
    click.echo(f"\n{impact.name}\n")
    if impact.identity.confidential:
        text = translator(lang)
        click.echo(f"{text('report.confidential').upper()}. {text('report.confidential_note')}\n")
    for position, sentence in enumerate(impact.summary, start=1):
        click.echo(f"{position}. {render(sentence, lang, impact.names)}")
    view = Views(impact, lang).headline()
    rows = [
        [column.header for column in view.columns],
        *[[shown(cell, lang) for cell in row] for row in view.rows],
    ]
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    click.echo()
    for row in rows:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    click.echo()
