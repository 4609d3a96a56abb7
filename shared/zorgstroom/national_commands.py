"""``zorgstroom national`` and ``import national``: the impact analysis of tranche 1, from the inputs its users had."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import DEFAULT_DATASET, load_dataset
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.national.beside import Run, beside_tables, read_run, write_scenario
from zorgstroom.national.case import Case
from zorgstroom.national.impact import HOURS_STEP, hours, to_step
from zorgstroom.national.outcome import Outcome, outcome_of
from zorgstroom.national.output import document_of, write_outcome
from zorgstroom.national.planned import planned_case
from zorgstroom.national.reading import read_cases
from zorgstroom.national.sheets import folded
from zorgstroom.national.tables import Table, tables
from zorgstroom.national.template import about_rows, template_csv, template_tables, template_xlsx
from zorgstroom.planning.check import check_scenario, check_unfinished
from zorgstroom.planning.plan import compile_plan
from zorgstroom.planning.regions import parse_region, region_of
from zorgstroom.reporting.impact import TextRef
from zorgstroom.reporting.national_beside import compare
from zorgstroom.reporting.national_section import beside_locations, planned_notes
from zorgstroom.reporting.readings import Readings
from zorgstroom.reporting.rendering import Names, render
from zorgstroom.scenario_file import PLAN_SUFFIXES, load_scenario_file
from zorgstroom.tables import write_atomically
from zorgstroom.text import Language, translate
from zorgstroom.text.columns import aligned
from zorgstroom.text.numbers import number, signed

_WORKBOOK = ".xlsx"


@click.group("national")
def national() -> None:
    """The national method of the impact analysis of tranche 1."""


@national.command("template", help="national.help.template")
@click.option("--out", type=click.Path(path_type=Path), help="national.option.template_out")
@click.option("--region", help="national.option.region")
@click.option("--example", is_flag=True, help="national.option.example")
@click.option("--own-areas", is_flag=True, help="national.option.own_areas")
@click.option("--dataset", default=DEFAULT_DATASET, show_default=True, help="national.option.dataset")
@click.option("--force", is_flag=True, help="national.option.force")
@language_option
def template_command(
    *,
    out: Path | None,
    region: str | None,
    example: bool,
    own_areas: bool,
    dataset: str,
    force: bool,
    lang: Language,
) -> None:
    """Make a workbook, or CSV files, to fill in."""
    data = load_dataset(dataset)
    inside = data.locations_in(parse_region(region, data)) if region else None
    chosen = [
        place.id
        for row, place in enumerate(data.locations)
        if place.role == "klinisch" and (inside is None or inside[row])
    ]
    name = translate("national.example.name", lang) if example else ""
    about = about_rows(name, lang, example=example)
    sheets = template_tables(data, chosen, lang, example=example, own_areas=own_areas)
    target = out or Path(translate("national.template.file", lang))
    files = {target: template_xlsx(sheets, about, lang)}
    if target.suffix.casefold() != _WORKBOOK:
        files = {target / item: content for item, content in template_csv(sheets, about, lang).items()}
    for path in files:
        if path.exists() and not force:
            raise InvalidInput([Problem("--out", "own.template.exists", {"path": str(path)})])
    try:
        for path, content in files.items():
            write_atomically(path, content)
    except OSError as error:
        params = {"folder": str(target), "reason": error.strerror or type(error).__name__}
        raise InvalidInput([Problem("--out", "own.not_writable", params)]) from None
    click.echo(translate("national.template.done", lang, path=target))
    click.echo(translate("national.template.next", lang, path=target, command="zorgstroom national run"))


@national.command("run", help="national.help.run")
@click.argument("figures", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="national.option.run_out")
@click.option("--dataset", default=DEFAULT_DATASET, show_default=True, help="national.option.dataset")
@click.option("--plan", "name", help="national.option.plan")
@click.option("--beside", type=click.Path(path_type=Path), help="national.option.beside")
@click.option("--scenario", type=click.Path(path_type=Path, dir_okay=False), help="national.option.scenario")
@click.option("--json", "as_json", is_flag=True, help="national.option.json")
@language_option
def run_command(
    *,
    figures: Path,
    out: Path | None,
    dataset: str,
    name: str | None,
    beside: Path | None,
    scenario: Path | None,
    as_json: bool,
    lang: Language,
) -> None:
    """Work out a filled-in template, or the plan of a scenario file."""
    outcomes, notes = _outcomes(figures, dataset, name)
    _require_one(outcomes, {"--beside": beside, "--scenario": scenario})
    if notes is not None and scenario is not None:
        raise InvalidInput([Problem("--scenario", "national.problem.is_plan")])
    simulated = None if beside is None else read_run(beside)
    if simulated is not None and simulated.confidential:
        outcomes = [_confidential(outcome) for outcome in outcomes]
    made = tables(outcomes, lang)
    names: Names = {item.id: {lang: item.name(lang)} for item in outcomes[0].case.norms}
    lines = tuple((render(note, lang, names),) for note in notes or ())
    made[0] = dataclasses.replace(made[0], rows=made[0].rows + lines)
    if simulated is not None:
        made += _beside(outcomes[0], simulated, lang)
    if out is not None:
        write_outcome(out, outcomes, made, lang)
    if as_json:
        click.echo(json.dumps(document_of(outcomes, made), ensure_ascii=False, indent=1))
    else:
        _show(outcomes, made, lang)
        if out is not None:
            click.echo(f"\n{translate('national.run.done', lang, folder=out)}")
    if scenario is not None:
        for line in write_scenario(outcomes[0], load_dataset(dataset), scenario, lang):
            click.echo(line, err=as_json)


def _outcomes(figures: Path, dataset: str, name: str | None) -> tuple[list[Outcome], list[TextRef] | None]:
    """Return the outcome of every plan of a workbook; or of a scenario file, with what of it is not in it."""
    if figures.suffix.casefold() not in PLAN_SUFFIXES:
        return [outcome_of(case) for case in _chosen(read_cases(figures, dataset), name)], None
    if name is not None:
        raise InvalidInput([Problem("--plan", "national.problem.is_plan")])
    outcome, notes = _of_scenario(figures, dataset)
    return [outcome], notes


def _require_one(outcomes: list[Outcome], options: Mapping[str, Path | None]) -> None:
    """Refuse what goes with one plan when there are several."""
    for option, value in options.items():
        if value is not None and len(outcomes) > 1:
            known = ", ".join(outcome.case.plan for outcome in outcomes)
            raise InvalidInput([Problem(option, "national.problem.which_plan", {"known": known})])


def _confidential(outcome: Outcome) -> Outcome:
    return dataclasses.replace(outcome, case=dataclasses.replace(outcome.case, confidential=True))


def _chosen(cases: list[Case], name: str | None) -> list[Case]:
    """Return the plan that is asked for, or all of a workbook."""
    if name is None:
        return cases
    found = [case for case in cases if folded(case.plan) == folded(name)]
    if not found:
        known = ", ".join(case.plan or "–" for case in cases)
        params = {"value": name, "known": known}
        raise InvalidInput([Problem("--plan", "national.problem.unknown_plan", params)])
    return found


def _of_scenario(path: Path, dataset: str) -> tuple[Outcome, list[TextRef]]:
    """Return the outcome for the plan of a scenario file, and what of the plan is not in it."""
    data = load_dataset(dataset)
    file = load_scenario_file(path, partial(check_unfinished, dataset=data))
    region = region_of(file.scenario.region)
    problems = check_scenario(file.scenario, data, region).errors
    if problems:
        raise InvalidInput(file.locate(problems))
    planned = planned_case(file.scenario, data, region, compile_plan(file.scenario, data, region))
    if not planned.case.norms:
        raise InvalidInput([Problem(str(path), "national.problem.plan_without_choice")])
    outcome = outcome_of(planned.case)
    return outcome, planned_notes(planned, outcome)


def _beside(outcome: Outcome, simulated: Run, lang: Language) -> list[Table]:
    """Return the tables with a run beside the method: per norm, and per location and profile."""
    made = beside_tables(outcome, simulated, lang)
    if simulated.flows is not None:
        readings = Readings(simulated.comparison)
        rows = compare(outcome, readings, simulated.flows, simulated.replications, simulated.weeks)
        made.append(beside_locations(rows, outcome, lang))
    return made


@click.group("import", help="national.help.import_group")
def import_group() -> None:
    """Bring in figures of others, in the form they have them in."""


@import_group.command("national", help="national.help.import")
@click.argument("figures", metavar="[FILE|DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--template", type=click.Path(path_type=Path), help="national.option.template_out")
@click.option("--region", help="national.option.region")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="national.option.run_out")
@click.option("--dataset", default=DEFAULT_DATASET, show_default=True, help="national.option.dataset")
@click.option("--force", is_flag=True, help="national.option.force")
@language_option
@click.pass_context
def import_national(
    ctx: click.Context,
    *,
    figures: Path | None,
    template: Path | None,
    region: str | None,
    out: Path | None,
    dataset: str,
    force: bool,
    lang: Language,
) -> None:
    """Make the template, or work out one that is filled in: the same as ``national template`` and ``national run``."""
    if (figures is None) == (template is None):
        raise InvalidInput([Problem("FILE, --template", "national.problem.file_or_template")])
    if figures is not None:
        ctx.invoke(run_command, figures=figures, out=out, dataset=dataset, lang=lang)
        return
    ctx.invoke(template_command, out=template, region=region, dataset=dataset, force=force, lang=lang)


def _show(outcomes: list[Outcome], made: list[Table], lang: Language) -> None:
    """Print who goes where, what it does to travel and staff, and what to know about it."""
    by_id = {table.id: table for table in made}
    first = outcomes[0].case
    click.echo(f"{translate('national.title', lang)}: {first.name}")
    if first.confidential:
        click.echo(f"{translate('report.confidential', lang).upper()}.")
    for outcome in outcomes:
        if outcome.case.plan:
            click.echo(f"\n{translate('national.column.plan', lang)}: {outcome.case.plan}")
        _show_norms(outcome, lang)
        _show_staff(outcome, lang)
    for name in ("plans", "beside_volumes", "beside_travel"):
        if name in by_id:
            click.echo(f"\n{translate(f'national.show.{name}', lang)}")
            _show_table(by_id[name], lang)
    click.echo()
    notes = [row[-1] for name in ("notes", "beside_notes") if name in by_id for row in by_id[name].rows]
    for note in dict.fromkeys(notes):
        click.echo(f"- {note}")


def _show_norms(outcome: Outcome, lang: Language) -> None:
    for item in outcome.norms:
        minimum = "–" if item.norm.minimum is None else number(float(item.norm.minimum), lang)
        click.echo(f"\n{translate('national.show.norm', lang, norm=item.norm.name(lang), minimum=minimum)}")
        heads = ("location", "choice", "before", "after_step_1", "after", "change")
        rows = [tuple(translate(f"national.column.{name}", lang) for name in heads)]
        for place, decision in item.decisions.items():
            numbers = (item.before[place], item.after_step_1[place], item.after[place])
            rows.append(
                (
                    outcome.case.places[place].id,
                    translate(f"national.choice.{decision.choice}", lang),
                    *(number(float(value), lang, 1) for value in numbers),
                    signed(float(numbers[2] - numbers[0]), lang, 1),
                )
            )
        for line in aligned(rows, (False, False, True, True, True, True)):
            click.echo(f"  {line}")


def _show_staff(outcome: Outcome, lang: Language) -> None:
    found = hours(outcome.effects)
    places = list(dict.fromkeys(place for place, _ in found))
    professions = list(dict.fromkeys(profession for _, profession in found))
    if not found:
        return
    click.echo(f"\n{translate('national.show.staff', lang)}")
    rows = [("", *(outcome.case.places[place].id for place in places))]
    for profession in professions:
        changes = (to_step(found[place, profession][0], HOURS_STEP) for place in places)
        name = translate(f"national.profession.{profession}", lang)
        rows.append((name, *(signed(value, lang) for value in changes)))
    for line in aligned(rows, (False, *(True for _ in places))):
        click.echo(f"  {line}")


def _show_table(table: Table, lang: Language) -> None:
    """Print a table without the codes of norms, and without rows of zeros only."""
    shown = [column for column, name in enumerate(table.columns) if name != "norm"]
    rows = [tuple(translate(f"national.column.{table.columns[column]}", lang) for column in shown)]
    for row in table.rows:
        if any(cell for cell in row if not isinstance(cell, str)):
            cells = [row[column] for column in shown]
            rows.append(
                tuple(cell if isinstance(cell, str) else number(float(cell or 0), lang, 1) for cell in cells)
            )
    is_text = [isinstance(table.rows[0][column], str) for column in shown] if table.rows else []
    for line in aligned(rows, [not text for text in is_text]):
        click.echo(f"  {line}")
