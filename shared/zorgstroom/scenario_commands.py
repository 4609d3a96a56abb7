"""``zorgstroom validate``: is this a good plan file, and what would it do, before anything is simulated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset_option import dataset_option
from zorgstroom.domain.area import Region
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.knock_on_words import knock_on_remarks
from zorgstroom.load_words import load_warnings
from zorgstroom.planning.check import check_scenario, check_unfinished
from zorgstroom.planning.plan import Steps, expected_leaving, parse_region, take_steps
from zorgstroom.scenario_file import ScenarioFile, load_scenario_file, schema_text
from zorgstroom.scenario_words import describe
from zorgstroom.scenarios_together import Together, put_together
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number


@dataclass(frozen=True)
class Checked:
    """One file with what was found."""

    path: Path
    file: ScenarioFile | None
    errors: Sequence[Problem]
    warnings: Sequence[Problem] = ()
    steps: Steps | None = None
    region: Region | None = None
    #: Questions about what else leans on what the plan moves: no mistakes.
    questions: Sequence[Problem] = ()


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--with", "others", multiple=True, type=click.Path(path_type=Path), help="cli.help.validate.with"
)
@click.option("--region", help="cli.help.validate.region")
@dataset_option
@click.option("--json", "as_json", is_flag=True, help="cli.help.validate.json")
@click.option("--schema", is_flag=True, help="cli.help.validate.schema")
@language_option
@click.pass_context
def validate(
    ctx: click.Context,
    files: tuple[Path, ...],
    others: tuple[Path, ...],
    region: str | None,
    dataset: str,
    as_json: bool,
    schema: bool,
    lang: Language,
) -> None:
    """Check scenario files and say what they would do."""
    if schema:
        click.echo(schema_text(), nl=False)
        return
    if not files:
        raise click.MissingParameter(ctx=ctx, param=ctx.command.params[0])
    data = load_dataset(dataset)
    chosen = parse_region(region, data) if region else None
    checked = [check_file(path, data, chosen) for path in files]
    also = [check_file(path, data, chosen) for path in others]
    between = _between(checked, also, data, chosen) if also else None
    if as_json:
        records = [as_record(item, data, lang) for item in checked]
        if between is not None:
            records = [record | {"together": _together_record(between, lang)} for record in records]
        click.echo(json.dumps(records, ensure_ascii=False, indent=2))
    else:
        for item in checked:
            _show(item, data, lang)
        if between is not None:
            _show_together(between, [*files, *others], lang)
    mistakes = sum(len(item.errors) for item in checked)
    mistakes += 0 if between is None else len(between.contradictions) + len(between.errors)
    if mistakes:
        key = "scenario.invalid.one" if mistakes == 1 else "scenario.invalid.many"
        click.echo(translate(key, lang, count=number(mistakes, lang)), err=True)
        ctx.exit(1)


def check_file(path: Path, dataset: Dataset, region: Region | None) -> Checked:
    """Read and judge one file; every mistake has its line."""
    try:
        file = load_scenario_file(path, partial(check_unfinished, dataset=dataset))
    except InvalidInput as error:
        return Checked(path, None, error.problems)
    result = check_scenario(file.scenario, dataset, region)
    errors, warnings = file.locate(result.errors), file.locate(result.warnings)
    if errors:
        return Checked(path, file, errors, warnings)
    found = take_steps(file.scenario, dataset, region)
    warnings += file.locate(load_warnings(file.scenario, dataset, region))
    return Checked(
        path, file, errors, warnings, found, region, knock_on_remarks(found, file.scenario, dataset)
    )


def _between(
    checked: Sequence[Checked], others: Sequence[Checked], dataset: Dataset, region: Region | None
) -> Together:
    """Return what contradicts between files; mistakes of `checked` alone are told with the file itself."""
    files = [item.file for item in (*checked, *others) if item.file is not None]
    if len(files) < len(checked) + len(others):
        return Together(None, [problem for item in others for problem in item.errors], (), ())
    found = put_together(files, "-", "", dataset, region)
    told = {(problem.where, problem.key) for item in checked for problem in item.errors}
    errors = [problem for problem in found.errors if (problem.where, problem.key) not in told]
    return replace(found, errors=errors)


def _together_record(between: Together, language: Language) -> dict[str, Any]:
    return {
        "problems": [_problem_record(problem, language) for problem in between.errors],
        "contradictions": [_problem_record(problem, language) for problem in between.contradictions],
        "warnings": [_problem_record(problem, language) for problem in between.warnings],
    }


def _show_together(between: Together, files: Sequence[Path], language: Language) -> None:
    """Write what contradicts to standard error, or that nothing does."""
    for problem in [*between.errors, *between.contradictions]:
        click.echo(problem.line(language), err=True)
    for problem in between.warnings:
        message = problem.message(language)
        click.echo(translate("scenario.warning", language, where=problem.where, message=message), err=True)
    if not (between.errors or between.contradictions or between.warnings):
        click.echo(translate("between.none", language, files=", ".join(map(str, files))))


def as_record(checked: Checked, dataset: Dataset, language: Language) -> dict[str, Any]:
    """Return the outcome for one file as plain data; expected numbers are patients (or visits) a year."""
    steps = () if checked.steps is None else checked.steps.steps
    leaving = [] if checked.steps is None else expected_leaving(checked.steps, dataset)
    return {
        "file": str(checked.path),
        "valid": not checked.errors,
        "problems": [_problem_record(problem, language) for problem in checked.errors],
        "warnings": [_problem_record(problem, language) for problem in checked.warnings],
        "questions": [_problem_record(problem, language) for problem in checked.questions],
        "origins": [] if checked.file is None else [origin.read.where for origin in checked.file.origins],
        "leaving": [
            {
                "action": item.action,
                "profile": item.profile_id,
                "location": item.location_id,
                "patients_per_year": round(item.patients_per_year, 1),
            }
            for item in leaving
        ],
        "staying": [
            {
                "action": step.action,
                "profile": dataset.profiles[kept.profile].id,
                "location": dataset.locations[row].id,
                "patients_per_year": round(patients, 1),
            }
            for step in steps
            for kept in step.kept
            for row, patients in zip(kept.locations, kept.patients_per_year, strict=True)
        ],
    }


def _problem_record(problem: Problem, language: Language) -> dict[str, str | None]:
    return {
        "where": problem.where,
        "pointer": problem.pointer,
        "key": problem.key,
        "message": problem.message(language),
    }


def _show(checked: Checked, dataset: Dataset, language: Language) -> None:
    """Write mistakes to standard error, and for a good file what it does to standard output."""
    for problem in checked.errors:
        click.echo(problem.line(language), err=True)
    for problem in checked.warnings:
        message = problem.message(language)
        click.echo(translate("scenario.warning", language, where=problem.where, message=message), err=True)
    if checked.errors or checked.file is None or checked.steps is None:
        return
    click.echo(_valid_line(checked.file, language))
    origins = [None if origin.base is None else origin.read.where for origin in checked.file.origins]
    scenario = checked.file.scenario
    for line in describe(scenario, origins, checked.steps, dataset, checked.region, language):
        click.echo(line)
    if checked.questions:
        click.echo(translate("knock_on.heading", language))
    for question in checked.questions:
        click.echo(f"    {question.message(language)}")


def _valid_line(file: ScenarioFile, language: Language) -> str:
    """Return the line for a good file."""
    scenario, count = file.scenario, len(file.scenario.actions)
    region = ""
    if scenario.region is not None:
        kind, name = scenario.region.kind_and_name()
        region = translate("scenario.valid.region", language, kind=kind, name=name)
    word = {0: "none", 1: "one"}.get(count, "many")
    actions = translate(f"scenario.valid.actions.{word}", language, count=number(count, language))
    return translate(
        "scenario.valid", language, where=file.where, name=scenario.name, region=region, actions=actions
    )
