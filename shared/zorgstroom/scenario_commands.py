"""``zorgstroom validate``: is this a good plan file, and what would it do, before anything is simulated."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset_option import dataset_option
from zorgstroom.domain.area import Region
from zorgstroom.domain.calendar import Calendar
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.planning.check import check_scenario, check_unfinished
from zorgstroom.planning.plan import (
    BED_POOLS,
    CapacityChange,
    Leaving,
    calendar_of,
    expected_leaving,
    parse_region,
    take_steps,
)
from zorgstroom.reporting.build import pool_names
from zorgstroom.scenario_file import ScenarioFile, load_scenario_file, schema_text
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import date, number

#: Groups of patients named per action; a closure has dozens.
MOST_LINES = 9


@dataclass(frozen=True)
class Checked:
    """One file with what was found."""

    path: Path
    file: ScenarioFile | None
    errors: Sequence[Problem]
    warnings: Sequence[Problem] = ()
    leaving: Sequence[Leaving] = ()
    capacities: Sequence[CapacityChange] = ()


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--region", help="cli.help.validate.region")
@dataset_option
@click.option("--json", "as_json", is_flag=True, help="cli.help.validate.json")
@click.option("--schema", is_flag=True, help="cli.help.validate.schema")
@language_option
@click.pass_context
def validate(
    ctx: click.Context,
    files: tuple[Path, ...],
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
    if as_json:
        click.echo(json.dumps([as_record(item, lang) for item in checked], ensure_ascii=False, indent=2))
    else:
        for item in checked:
            _show(item, data, lang)
    mistakes = sum(len(item.errors) for item in checked)
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
    return Checked(path, file, errors, warnings, expected_leaving(found, dataset), found.capacities)


def as_record(checked: Checked, language: Language) -> dict[str, Any]:
    """Return the outcome for one file as plain data."""
    return {
        "file": str(checked.path),
        "valid": not checked.errors,
        "problems": [_problem_record(problem, language) for problem in checked.errors],
        "warnings": [_problem_record(problem, language) for problem in checked.warnings],
        "leaving": [
            {
                "action": item.action,
                "profile": item.profile_id,
                "location": item.location_id,
                "patients_per_year": round(item.patients_per_year, 1),
            }
            for item in checked.leaving
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
    if checked.errors or checked.file is None:
        return
    click.echo(_valid_line(checked.file, language))
    for line in describe(checked, dataset, language):
        click.echo(line)


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


def describe(checked: Checked, dataset: Dataset, language: Language) -> list[str]:
    """Return what a plan does in words: who leaves where, and which capacity changes."""
    if checked.file is None or not checked.file.scenario.actions:
        return []
    scenario = checked.file.scenario
    calendar = calendar_of(scenario, dataset)
    lines: list[str] = []
    capacities = dict(dataset.capacities)
    for index, item in enumerate(scenario.actions):
        kind = translate(f"scenario.kind.{type(item.action).__name__.lower()}", language)
        start = _start_words(item.action.start, calendar, language)
        lines.append(translate("scenario.words.title", language, number=index + 1, kind=kind) + start)
        lines += _leaving_lines([row for row in checked.leaving if row.action == index], dataset, language)
        for change in checked.capacities:
            if change.action == index:
                lines.append(_capacity_line(change, capacities, dataset, language))
    return [*lines, translate("scenario.words.note", language)]


def _start_words(start: dt.date | None, calendar: Calendar, language: Language) -> str:
    """Return when an action starts, if it has a date within the period."""
    if start is None or calendar.day_of(start) <= 0:
        return ""
    return translate("scenario.words.start", language, date=date(start, language))


def _leaving_lines(rows: Sequence[Leaving], dataset: Dataset, language: Language) -> list[str]:
    """Return a line per group of leaving patients, the largest first, and their sum.

    First visits are counted apart: they are visits, and most of these people are never admitted.
    """
    ordered = sorted(rows, key=lambda row: (-row.patients_per_year, row.profile_id, row.location_id))
    patients = [row for row in ordered if not _is_visit(row, dataset)]
    visits = [row for row in ordered if _is_visit(row, dataset)]
    shown = len(patients) if len(patients) <= MOST_LINES + 1 else MOST_LINES
    lines = [_leaving_line(row, dataset, language) for row in patients[:shown]]
    if len(patients) > shown:
        rest = number(len(patients) - shown, language)
        lines.append(translate("scenario.words.more", language, count=rest))
    if len(patients) > 1:
        total = number(sum(row.patients_per_year for row in patients), language)
        lines.append(translate("scenario.words.total", language, patients=total))
    return lines + [_leaving_line(row, dataset, language) for row in visits]


def _is_visit(row: Leaving, dataset: Dataset) -> bool:
    """Return whether these are first visits and nothing more."""
    return dataset.profiles[dataset.profile_index[row.profile_id]].pathway == "visit"


def _leaving_line(row: Leaving, dataset: Dataset, language: Language) -> str:
    """Return how many leave one location."""
    key = "scenario.words.visits" if _is_visit(row, dataset) else "scenario.words.leave"
    if round(row.patients_per_year) < 1:
        key = "scenario.words.few"
    return translate(
        key,
        language,
        patients=number(row.patients_per_year, language),
        profile=dataset.profiles[dataset.profile_index[row.profile_id]].name(language),
        location=dataset.locations[dataset.location_index[row.location_id]].name,
    )


def _capacity_line(
    change: CapacityChange, capacities: dict[tuple[str, str], int], dataset: Dataset, language: Language
) -> str:
    """Return what a pool was and becomes, in the units people use; notes the new capacity."""
    location = dataset.locations[change.location]
    kind = change.pool.partition(":")[0]
    scale, decimals = (1, 0) if kind in BED_POOLS else (1000, 1)
    before = capacities[location.id, change.pool]
    capacities[location.id, change.pool] = change.capacity
    unit = {"ward": "beds", "ic": "beds", "day": "places", "adm": "admissions", "clinic": "visits"}
    return translate(
        "scenario.words.capacity",
        language,
        pool=pool_names(dataset, change.pool)[language],
        location=location.name,
        before=number(before / scale, language, decimals),
        after=number(change.capacity / scale, language, decimals),
        unit=translate(f"scenario.unit.{unit.get(kind, 'minutes')}", language),
    )
