"""``zorgstroom stress``: today and a plan under a peak, fewer nurses and an outage, on the same patients."""

from __future__ import annotations

import json
import signal
from functools import partial
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from zorgstroom import MODEL_VERSION
from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset.reading import unknown_value
from zorgstroom.dataset_option import dataset_option
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.folders import new_folder
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.check import check_scenario, check_unfinished
from zorgstroom.planning.plan import parse_region, region_of
from zorgstroom.reporting.impact import TextRef
from zorgstroom.reporting.rendering import Names, render
from zorgstroom.reporting.resilience import Broken, ShockLine, broken, sentences, shock_lines, shock_name
from zorgstroom.reporting.views import Spread, shown
from zorgstroom.scenario_file import load_scenario_file
from zorgstroom.tables import table_digest, to_parquet
from zorgstroom.text import LANGUAGES, Language, translate
from zorgstroom.text.columns import aligned
from zorgstroom.text.numbers import percent
from zorgstroom_simulator.engine_option import engine_option, ready
from zorgstroom_simulator.engines.registry import engine_named
from zorgstroom_simulator.experiment import Experiment
from zorgstroom_simulator.resources import require_memory
from zorgstroom_simulator.run_work import processes, progress
from zorgstroom_simulator.stress import (
    USUAL_LOSS,
    USUAL_PEAK,
    Shock,
    fewer_nurses,
    outage,
    peak,
    simulate_stress,
    weakest_spot,
)

TABLE, MANIFEST = "resilience.parquet", "manifest.json"


@click.command("stress")
@click.argument("scenario", metavar="SCENARIO", type=click.Path(path_type=Path))
@click.option(
    "--peak", "more", type=click.IntRange(0, 200), metavar="PERCENT", default=USUAL_PEAK, show_default=True
)
@click.option(
    "--nurses", type=click.IntRange(0, 100), metavar="PERCENT", default=USUAL_LOSS, show_default=True
)
@click.option("--outage", "failing", multiple=True, metavar="LOCATION")
@click.option("--no-outage", is_flag=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--replications", type=click.IntRange(1, 1000), default=5, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256))
@click.option("--region")
@dataset_option
@engine_option
@click.option("--json", "as_json", is_flag=True)
@language_option
def stress_command(
    *,
    scenario: Path,
    more: int,
    nurses: int,
    failing: tuple[str, ...],
    no_outage: bool,
    out: Path | None,
    replications: int,
    seed: int,
    jobs: int | None,
    region: str | None,
    dataset: str,
    engine: str,
    as_json: bool,
    lang: Language,
) -> None:
    """Simulate today and a plan under shocks and say who bears them."""
    data = load_dataset(dataset)
    file = load_scenario_file(scenario, partial(check_unfinished, dataset=data))
    chosen = parse_region(region, data) if region else region_of(file.scenario.region)
    found = check_scenario(file.scenario, data, chosen)
    if found.errors:
        raise InvalidInput(file.locate(found.errors))
    if out is not None:
        _check_folder(out)
    # Stopping from outside cleans up like Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    experiment = Experiment(data, file.scenario, chosen, seed, engine_named(engine))
    shocks = _shocks(experiment, more, nurses, () if no_outage else failing or (weakest_spot(experiment),))
    require_memory(experiment)
    ready(data, lang)
    names: Names = {item.id: dict.fromkeys(LANGUAGES, item.name) for item in data.locations}
    if not as_json:
        for shock in shocks:
            click.echo(_about(shock, more, nurses, lang, names), err=True)
    with progress(replications, lang, "stress.progress") as step:
        computing = jobs or processes(experiment, replications, lang)
        table = simulate_stress(experiment, shocks, dataset, replications, computing, step)
    lines, broke = shock_lines(table), broken(table)
    manifest = _manifest(experiment, replications, shocks, table)
    if out is not None:
        _write(out, table, manifest, confidential=data.confidential)
    if as_json:
        click.echo(json.dumps(_record(manifest, lines, broke), ensure_ascii=False, indent=2))
        return
    if data.confidential:
        click.echo(f"\n{translate('report.confidential', lang).upper()}.")
    click.echo()
    for text in aligned(_rows(lines, names, lang)):
        click.echo(text)
    click.echo()
    for sentence in sentences(table):
        click.echo(render(sentence, lang, names))
    click.echo(translate("stress.broken_means", lang))
    if out is not None:
        click.echo(translate("stress.written", lang, folder=out))


def _shocks(experiment: Experiment, more: int, nurses: int, failing: tuple[str, ...]) -> list[Shock]:
    """Return what is to go wrong; raises InvalidInput for an unknown location, or for nothing at all."""
    data = experiment.dataset
    beds = {
        place for (place, pool), capacity in data.capacities.items() if pool.startswith("ward:") and capacity
    }
    inside = {
        location.id
        for location, here in zip(data.locations, experiment.scope.locations, strict=True)
        if here and location.id in beds
    }
    unknown = [unknown_value("--outage", "location", name, inside) for name in failing if name not in inside]
    if unknown:
        raise InvalidInput(unknown)
    shocks = [
        *([peak(data, more / 100)] if more else []),
        *([fewer_nurses(nurses / 100)] if nurses else []),
        *(outage(data, experiment.calendar, name) for name in dict.fromkeys(failing)),
    ]
    if not shocks:
        raise InvalidInput([Problem("--peak, --nurses, --outage", "stress.nothing")])
    return shocks


def _about(shock: Shock, more: int, nurses: int, lang: Language, names: Names) -> str:
    kind, _, location = shock.id.partition(":")
    share = percent({"peak": more, "nurses": nurses}.get(kind, 0) / 100, lang)
    words = {"location": names[location][lang]} if location else {"percent": share}
    return translate(f"stress.about.{kind}", lang, **words)


COLUMNS = (
    "stress_shock",
    "stress_outcome",
    "stress_today",
    "stress_added_today",
    "stress_added_plan",
    "stress_difference",
)


def _rows(lines: list[ShockLine], names: Names, lang: Language) -> list[list[str]]:
    """Return the headings and the lines as text."""
    rows = [[translate(f"report.column.{name}", lang) for name in COLUMNS]]
    for line in lines:
        indicator = CATALOGUE[line.indicator]
        unit = translate(f"unit.{indicator.unit}", lang)
        name = f"{translate(f'indicator.{line.indicator}', lang)} ({unit})"
        cells = [
            Spread(line.today, decimals=indicator.decimals),
            *(
                Spread(value, decimals=indicator.decimals, difference=True)
                for value in (line.added_today, line.added_plan, line.difference)
            ),
        ]
        rows.append(
            [_said(shock_name(line.shock), names, lang), name, *(shown(cell, lang) for cell in cells)]
        )
    return rows


def _said(text: TextRef, names: Names, lang: Language) -> str:
    return render(text, lang, names)


def _manifest(
    experiment: Experiment, replications: int, shocks: list[Shock], table: pa.Table
) -> dict[str, Any]:
    """Return what leads back to this result: the same settings give the same table."""
    dataset: Dataset = experiment.dataset
    return {
        "model_version": MODEL_VERSION,
        "dataset": {"id": dataset.id, "version": dataset.version, "digest": dataset.digest},
        "confidential": dataset.confidential,
        "scenario": json.loads(experiment.scenario.canonical_json()),
        "region": None if experiment.region is None else str(experiment.region),
        "seed": experiment.seed,
        "engine": experiment.engine,
        "replications": replications,
        "shocks": {
            shock.id: [item.model_dump(mode="json", exclude_none=True) for item in shock.actions]
            for shock in shocks
        },
        "table": table_digest(table),
    }


def _record(manifest: dict[str, Any], lines: list[ShockLine], broke: list[Broken]) -> dict[str, Any]:
    return {
        **manifest,
        "lines": [
            {
                "shock": line.shock,
                "indicator": line.indicator,
                **{
                    name: getattr(line, name).model_dump()
                    for name in ("today", "added_today", "added_plan", "difference")
                },
            }
            for line in lines
        ],
        "broken": [{**vars(item), "added": item.added.model_dump()} for item in broke],
    }


def _check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything else than an older result of this command."""
    if folder.exists() and any(folder.iterdir()) and not (folder / TABLE).exists():
        raise InvalidInput([Problem("--out", "run.folder_not_ours", {"folder": str(folder)})])


def _write(folder: Path, table: pa.Table, manifest: dict[str, Any], *, confidential: bool) -> None:
    with new_folder(folder) as unfinished:
        (unfinished / TABLE).write_bytes(to_parquet(table, confidential=confidential))
        (unfinished / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", "utf-8")
