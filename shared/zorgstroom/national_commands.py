"""``zorgstroom national template`` and ``run``: the impact analysis of tranche 1, from the inputs its users had."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import DEFAULT_DATASET, load_dataset
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.national.beside import beside_tables, read_run, write_scenario
from zorgstroom.national.impact import HOURS_STEP, hours, to_step
from zorgstroom.national.outcome import Outcome, outcome_of
from zorgstroom.national.output import document_of, write_outcome
from zorgstroom.national.reading import read_case
from zorgstroom.national.tables import Table, tables
from zorgstroom.national.template import about_rows, template_csv, template_tables, template_xlsx
from zorgstroom.planning.regions import parse_region
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
@click.option("--beside", type=click.Path(path_type=Path), help="national.option.beside")
@click.option("--scenario", type=click.Path(path_type=Path, dir_okay=False), help="national.option.scenario")
@click.option("--json", "as_json", is_flag=True, help="national.option.json")
@language_option
def run_command(
    *,
    figures: Path,
    out: Path | None,
    dataset: str,
    beside: Path | None,
    scenario: Path | None,
    as_json: bool,
    lang: Language,
) -> None:
    """Work out a filled-in template."""
    outcome = outcome_of(read_case(figures, dataset))
    simulated = None if beside is None else read_run(beside)
    if simulated is not None and simulated.confidential:
        outcome = dataclasses.replace(outcome, case=dataclasses.replace(outcome.case, confidential=True))
    made = tables(outcome, lang)
    if simulated is not None:
        made += beside_tables(outcome, simulated, lang)
    if out is not None:
        write_outcome(out, outcome, made, lang)
    if as_json:
        click.echo(json.dumps(document_of(outcome, made), ensure_ascii=False, indent=1))
    else:
        _show(outcome, made, lang)
        if out is not None:
            click.echo(f"\n{translate('national.run.done', lang, folder=out)}")
    if scenario is not None:
        for line in write_scenario(outcome, load_dataset(dataset), scenario, lang):
            click.echo(line, err=as_json)


def _show(outcome: Outcome, made: list[Table], lang: Language) -> None:
    """Print who goes where, what it does to travel and staff, and what to know about it."""
    by_id = {table.id: table for table in made}
    click.echo(f"{translate('national.title', lang)}: {outcome.case.name}")
    if outcome.case.confidential:
        click.echo(f"{translate('report.confidential', lang).upper()}.")
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
    _show_staff(outcome, lang)
    for name in ("beside_volumes", "beside_travel"):
        if name in by_id:
            click.echo(f"\n{translate(f'national.show.{name}', lang)}")
            _show_table(by_id[name], lang)
    click.echo()
    for name in ("notes", "beside_notes"):
        for row in by_id[name].rows if name in by_id else ():
            click.echo(f"- {row[0]}")


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
    """Print a table without its first column, the code of the norm, and without rows of zeros only."""
    rows = [tuple(translate(f"national.column.{name}", lang) for name in table.columns[1:])]
    for row in table.rows:
        if any(cell for cell in row if not isinstance(cell, str)):
            rows.append(
                tuple(
                    cell if isinstance(cell, str) else number(float(cell or 0), lang, 1) for cell in row[1:]
                )
            )
    is_text = [isinstance(cell, str) for cell in table.rows[0][1:]] if table.rows else []
    for line in aligned(rows, [not text for text in is_text]):
        click.echo(f"  {line}")
