"""``zorgstroom verify``: try the model and say what does not fit; exit code 1 when something is not accepted.

Without a part it tries all of them and writes one report. `PARTS` can be tried alone, and ``pages`` makes the pages of
an earlier verification again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import DEFAULT_DATASET, dataset_folder
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.reporting.verification import (
    FILE_NAME,
    PARTS,
    PartName,
    Verification,
    read_verification,
    to_json,
)
from zorgstroom.reporting.verification_forms import forms
from zorgstroom.reporting.verification_views import VerificationViews
from zorgstroom.reporting.views import TableView, shown
from zorgstroom.tables import write_atomically
from zorgstroom.text import Language, translate
from zorgstroom.text.columns import aligned
from zorgstroom_simulator.engine_option import engine_option, ready
from zorgstroom_simulator.engines.registry import AUTO, engine_named
from zorgstroom_simulator.verification.baseline_command import verify_baseline
from zorgstroom_simulator.verification.national import VALIDATION_YEAR
from zorgstroom_simulator.verification.parts import FULL, QUICK, Effort, verify

_Function = TypeVar("_Function", bound=Callable[..., Any])
_SEED = click.IntRange(0, 2**63 - 1)
#: Numbers that belong to an effort, as options; None: as much as the effort says.
_EFFORT = ("replications", "weeks", "cases", "theory_replications")


def _options(*names: str) -> Callable[[_Function], _Function]:
    """Add the options of these names, and those that every part has."""
    known = {
        "replications": click.option(
            "--replications",
            type=click.IntRange(1, 1000),
            show_default=str(FULL.replications),
            help="cli.option.verify.replications",
        ),
        "weeks": click.option(
            "--weeks",
            type=click.IntRange(1, 104),
            show_default=str(FULL.weeks),
            help="cli.option.verify.weeks",
        ),
        "jobs": click.option(
            "--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="cli.option.verify.jobs"
        ),
        "year": click.option(
            "--year", type=int, default=VALIDATION_YEAR, show_default=True, help="cli.option.verify.year"
        ),
        "cases": click.option(
            "--cases",
            type=click.IntRange(1, 100_000),
            show_default=str(FULL.cases),
            help="cli.option.verify.cases",
        ),
        "theory_replications": click.option(
            "--theory-replications",
            type=click.IntRange(2, 100_000),
            show_default=str(FULL.theory_replications),
            help="cli.option.verify.theory_replications",
        ),
        "engine": engine_option,
        "seed": click.option(
            "--seed", type=_SEED, default=1, show_default=True, help="cli.option.verify.seed"
        ),
        "quick": click.option("--quick", is_flag=True, help="cli.option.verify.quick"),
        "dataset": click.option(
            "--dataset", default=DEFAULT_DATASET, show_default=True, help="cli.option.verify.dataset"
        ),
        "out": click.option(
            "--out", type=click.Path(path_type=Path, file_okay=False), help="cli.option.verify.out"
        ),
        "as_json": click.option("--json", "as_json", is_flag=True, help="cli.option.verify.as_json"),
    }

    def add(function: _Function) -> _Function:
        decorated = language_option(function)
        for name in reversed((*names, "seed", "quick", "dataset", "out", "as_json")):
            decorated = known[name](decorated)
        return decorated

    return add


@click.group("verify", invoke_without_command=True)
@_options("replications", "weeks", "jobs", "year", "cases", "theory_replications", "engine")
@click.pass_context
def verify_command(ctx: click.Context, /, **options: Any) -> None:
    """Hold the model against what is known."""
    if ctx.invoked_subcommand is None:
        _verify(ctx, PARTS, **options)
        return
    given = [name for name in options if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if given:
        names = ", ".join("--json" if name == "as_json" else f"--{name.replace('_', '-')}" for name in given)
        params = {"names": names, "part": ctx.invoked_subcommand}
        raise InvalidInput([Problem("zorgstroom verify", "verification.own_options", params)])


@click.command("theory")
@_options("theory_replications", "engine")
@click.pass_context
def theory(ctx: click.Context, /, **options: Any) -> None:
    """Hold the engine against formulas of queueing theory."""
    _verify(ctx, _only("theory"), **options)


@click.command("invariants")
@_options("cases", "engine")
@click.pass_context
def invariants(ctx: click.Context, /, **options: Any) -> None:
    """Try what must always hold on random systems and plans."""
    _verify(ctx, _only("invariants"), **options)


@click.command("trial")
@_options()
@click.pass_context
def trial(ctx: click.Context, /, **options: Any) -> None:
    """Calibrate on half of the known figures and predict the other half."""
    _verify(ctx, _only("trial"), **options)


@click.command("pages")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@language_option
def pages(folder: Path, lang: Language) -> None:
    """Make the pages again from a verification.json, without computing anything."""
    _write(folder, read_verification(folder / FILE_NAME), lang)


def _verify(
    ctx: click.Context,
    parts: Collection[PartName],
    *,
    seed: int,
    quick: bool,
    dataset: str,
    out: Path | None,
    as_json: bool,
    lang: Language,
    engine: str = AUTO,
    year: int = VALIDATION_YEAR,
    jobs: int = 1,
    **numbers: int | None,
) -> None:
    effort = _effort(quick, numbers)
    folder = dataset_folder(dataset).resolve()
    engine = engine_named(engine)
    ready(dataset, lang)
    document = verify(
        folder, parts, effort, seed=seed, engine=engine, year=year, jobs=jobs, progress=_progress(lang)
    )
    if out is not None:
        _write(out, document, lang)
    if as_json:
        click.echo(to_json(document).decode(), nl=False)
    else:
        for line in _lines(document, lang):
            click.echo(line)
    if document.failures():
        ctx.exit(1)


def _only(part: PartName) -> tuple[PartName, ...]:
    return (part,)


def _effort(quick: bool, numbers: dict[str, int | None]) -> Effort:
    given = {name: number for name in _EFFORT if (number := numbers.get(name)) is not None}
    return replace(QUICK if quick else FULL, **given)


def _write(out: Path, document: Verification, lang: Language) -> None:
    files = forms(document, lang)
    for name, content in files.items():
        write_atomically(out / name, content)
    click.echo(translate("verification.written", lang, folder=out, files=", ".join(files)), err=True)


def _progress(lang: Language) -> Callable[[PartName, int], Callable[[int], None]]:
    """Say on a terminal which part is being tried, and how far it is."""
    shows = sys.stderr.isatty()

    def begin(part: PartName, steps: int) -> Callable[[int], None]:
        name = translate(f"verification.progress.{part}", lang)

        def done(step: int) -> None:
            if shows and steps > 1:
                click.echo(f"{name}: {step}/{steps}", err=True)

        if shows:
            click.echo(f"{name} ...", err=True)
        return done

    return begin


def _lines(document: Verification, lang: Language) -> list[str]:
    """Return what a reader sees on a terminal: the table of a single part, the summary, and what does not fit."""
    views = VerificationViews(document, lang)
    lines = []
    if document.national is None:
        for tried, table in (
            (document.theory, views.theory_table),
            (document.invariants, views.invariants_table),
            (document.trial, views.trial_table),
        ):
            if tried is not None:
                lines += [*_columns(table(), lang), ""]
    lines += views.summary()
    misfits = views.misfits()
    if misfits:
        lines += [
            "",
            f"{translate('verification.heading.misfits', lang)}:",
            *(f"- {line}" for line in misfits),
        ]
    failures = document.failures()
    names = ", ".join(f"{part} {name}" for part, name in failures)
    key = "verification.failed" if failures else "verification.passed"
    return [*lines, "", translate(key, lang, number=len(failures), names=names)]


#: Columns of a table on a terminal that are left out: they are as long as a page is wide.
_LONG_COLUMNS = ("formula", "source", "failures")


def _columns(table: TableView, lang: Language) -> Sequence[str]:
    kept = [index for index, column in enumerate(table.columns) if column.id not in _LONG_COLUMNS]
    rows = [tuple(table.columns[index].header for index in kept)]
    rows += [tuple(shown(row[index], lang) for index in kept) for row in table.rows]
    return aligned(rows)


for _part in (theory, invariants, verify_baseline, trial, pages):
    verify_command.add_command(_part)
