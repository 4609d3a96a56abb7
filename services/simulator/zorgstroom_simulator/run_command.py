"""``zorgstroom run``: a scenario file in, a folder with the impact analysis out; no services needed."""

from __future__ import annotations

import datetime as dt
import json
import signal
import time
import uuid
from functools import partial
from pathlib import Path

import click
from click.core import ParameterSource

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset_option import dataset_option
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.events.schemas import FEWEST_DRAWS, MOST_DRAWS
from zorgstroom.folders import new_folder
from zorgstroom.load_words import load_warnings
from zorgstroom.planning.check import check_scenario, check_unfinished
from zorgstroom.planning.plan import parse_region, region_of
from zorgstroom.report_files import forms_named, write_reports
from zorgstroom.reporting.cross_check import sentence
from zorgstroom.reporting.options import Options
from zorgstroom.reporting.rendering import render
from zorgstroom.scenario_file import load_scenario_file
from zorgstroom.text import Language, translate
from zorgstroom_simulator.engine_option import engine_option, ready
from zorgstroom_simulator.engines.registry import engine_named
from zorgstroom_simulator.experiment import Experiment
from zorgstroom_simulator.outcome import make_outcome
from zorgstroom_simulator.precision import DEFAULT_INDICATORS, INDICATORS, MOST, Target, parse_precision
from zorgstroom_simulator.resources import peak_memory_mb, require_memory
from zorgstroom_simulator.run_check import announce_check, check, cross_check_option
from zorgstroom_simulator.run_output import check_folder, manifest_of, show, show_speed, write
from zorgstroom_simulator.run_robust import announce, robust, robust_settings
from zorgstroom_simulator.run_work import processes, simulate, with_parts, with_shocks


@click.command("run")
@click.argument("scenario", metavar="SCENARIO", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--replications", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256))
@click.option("--region")
@dataset_option
@engine_option
@cross_check_option
@click.option("--precision", metavar="PERCENT")
@click.option("--precision-of", type=click.Choice(INDICATORS), multiple=True)
@click.option("--waterfall", is_flag=True)
@click.option("--stress", is_flag=True)
@click.option("--robust", "draws", type=click.IntRange(FEWEST_DRAWS, MOST_DRAWS))
@click.option("--robust-replications", type=click.IntRange(1, 100))
@click.option("--report", "report", metavar="FORMS")
@click.option("--json", "as_json", is_flag=True)
@language_option
@click.pass_context
def run_command(
    ctx: click.Context,
    *,
    scenario: Path,
    out: Path | None,
    replications: int,
    seed: int,
    jobs: int | None,
    region: str | None,
    dataset: str,
    engine: str,
    cross_check: int,
    precision: str | None,
    precision_of: tuple[str, ...],
    waterfall: bool,
    stress: bool,
    draws: int | None,
    robust_replications: int | None,
    report: str | None,
    as_json: bool,
    lang: Language,
) -> None:
    """Simulate a scenario against today and write the impact analysis."""
    target = _target(ctx, precision, precision_of)
    settings = robust_settings(draws, robust_replications)
    forms = () if report is None else forms_named("--report", report, lang)
    data = load_dataset(dataset)
    file = load_scenario_file(scenario, partial(check_unfinished, dataset=data))
    chosen = parse_region(region, data) if region else region_of(file.scenario.region)
    found = check_scenario(file.scenario, data, chosen)
    if found.errors:
        raise InvalidInput(file.locate(found.errors))
    warnings = [*found.warnings, *load_warnings(file.scenario, data, chosen)]
    for warning in file.locate(warnings):
        message = warning.message(lang)
        click.echo(translate("scenario.warning", lang, where=warning.where, message=message), err=True)
    folder = out or Path(f"{scenario.stem}-impact")
    check_folder(folder)
    # Stopping from outside cleans up like Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    engine = engine_named(engine)
    started = time.monotonic()
    experiment = Experiment(data, file.scenario, chosen, seed, engine)
    require_memory(experiment)
    ready(data, lang)
    computing = jobs or processes(experiment, replications if target is None else MOST, lang)
    drawing = announce(experiment, settings, jobs, lang) if settings else 0
    checking = announce_check(experiment, min(cross_check, replications), jobs, lang)
    results = simulate(experiment, dataset, replications, computing, lang, target)
    wall_seconds = time.monotonic() - started
    checked = check(experiment, dataset, results[:cross_check], checking, lang) if cross_check else None
    parts = with_parts(experiment, dataset, results, computing, lang) if waterfall else None
    shocks = with_shocks(experiment, dataset, len(results), computing, lang) if stress else None
    outcome = make_outcome(
        experiment,
        results,
        run_id=str(uuid.uuid4()),
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        wall_seconds=wall_seconds,
        peak_memory_mb=peak_memory_mb(),
        waterfall=parts,
        resilience=shocks,
        target=target,
        checked=checked,
    )
    if settings:
        outcome = robust(outcome, experiment, dataset, settings, drawing, lang)
    with new_folder(folder) as unfinished:
        write(outcome, file.scenario, unfinished, lang)
        if forms:
            write_reports(unfinished, unfinished, forms, lang, Options())
    if as_json:
        click.echo(json.dumps({"folder": str(folder), **manifest_of(outcome)}, ensure_ascii=False, indent=2))
    else:
        show(outcome.impact, lang)
        show_speed(outcome.manifest, time.monotonic() - started, lang)
        click.echo(translate("run.done", lang, folder=folder))
    if checked is not None:
        click.echo(render(sentence(checked), lang), err=True)
        if not checked.equal:
            ctx.exit(1)


def _target(ctx: click.Context, precision: str | None, indicators: tuple[str, ...]) -> Target | None:
    """Return the precision that is asked for; raises InvalidInput for what cannot be or does not go together."""
    if precision is None:
        if indicators:
            raise InvalidInput([Problem("--precision-of", "precision.without_target")])
        return None
    if ctx.get_parameter_source("replications") is not ParameterSource.DEFAULT:
        raise InvalidInput([Problem("--precision", "precision.with_replications")])
    return Target(parse_precision(precision), tuple(dict.fromkeys(indicators)) or DEFAULT_INDICATORS)
