"""What ``zorgstroom run`` leaves behind: the folder with the result, and the summary on the screen."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.geo.boundaries import fetched_boundaries
from zorgstroom.reporting import warmup
from zorgstroom.reporting.excel import render_xlsx
from zorgstroom.reporting.html import render_html
from zorgstroom.reporting.impact import Impact
from zorgstroom.reporting.precision import sentence
from zorgstroom.reporting.rendering import render
from zorgstroom.reporting.views import TableView, Views, shown, translator
from zorgstroom.settings import Settings
from zorgstroom.tables import to_parquet
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_simulator.outcome import Outcome

#: The plan as it was computed: with what it is based on, in one document that `zorgstroom run` reads again.
SCENARIO = "scenario.json"


def check_folder(folder: Path) -> None:
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


def manifest_of(outcome: Outcome) -> dict[str, Any]:
    """Return the manifest of the folder: that of the run, and the file the plan is in."""
    return {"scenario": SCENARIO, **outcome.manifest}


def write(outcome: Outcome, scenario: Scenario, folder: Path, lang: Language) -> None:
    """Write report, workbook, document, tables, the plan itself and manifest."""
    writers: dict[str, Callable[[], bytes]] = {
        "impact.html": lambda: render_html(
            outcome.impact, lang, fetched_boundaries(Settings().data_dir)
        ).encode(),
        "impact.xlsx": lambda: render_xlsx(outcome.impact, lang, manifest_of(outcome)),
        "impact.json": lambda: outcome.impact.model_dump_json(indent=1).encode(),
        **{
            f"{name}.parquet": partial(to_parquet, table, confidential=outcome.confidential)
            for name, table in outcome.tables.items()
        },
        SCENARIO: lambda: _indented(json.loads(scenario.canonical_json())),
        "manifest.json": lambda: _indented(manifest_of(outcome)),
    }
    for name, content in writers.items():
        (folder / name).write_bytes(content())


def _indented(document: Any) -> bytes:
    """Return a JSON document people can read too."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def show(impact: Impact, lang: Language) -> None:
    """Print the summary and the table of headline indicators."""
    click.echo(f"\n{impact.name}\n")
    if impact.identity.confidential:
        text = translator(lang)
        click.echo(f"{text('report.confidential').upper()}. {text('report.confidential_note')}\n")
    for position, line in enumerate(impact.summary, start=1):
        click.echo(f"{position}. {render(line, lang, impact.names)}")
    _print(Views(impact, lang).headline(), lang)
    _show_precision(impact, lang)
    settled = None if impact.warmup is None else warmup.sentence(impact.warmup)
    if settled is not None:
        click.echo(render(settled, lang, impact.names))


def _show_precision(impact: Impact, lang: Language) -> None:
    """Print how precise the outcome is; per indicator where a precision was asked for."""
    found = impact.precision
    line = None if found is None else sentence(found)
    if found is None or line is None:
        return
    click.echo(render(line, lang, impact.names))
    if found.target is not None:
        _print(Views(impact, lang).precision(), lang)


def _print(view: TableView, lang: Language) -> None:
    rows = [
        [column.header for column in view.columns],
        *[[shown(cell, lang) for cell in row] for row in view.rows],
    ]
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    click.echo()
    for row in rows:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    click.echo()


def show_speed(manifest: Mapping[str, Any], seconds: float, lang: Language) -> None:
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
