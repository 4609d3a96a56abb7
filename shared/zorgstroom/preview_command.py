"""``zorgstroom preview``: what a plan is expected to do, beside today, within a moment; no simulation."""

from __future__ import annotations

from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset_option import dataset_option
from zorgstroom.possible_plan import possible_plan
from zorgstroom.preview_build import preview_document
from zorgstroom.preview_words import PreviewTable, preview_notes, preview_tables
from zorgstroom.text import Language, translate
from zorgstroom.text.columns import aligned
from zorgstroom.text.numbers import number

#: Rows of a table unless all are asked for.
ROWS = 15


@click.command("preview")
@click.argument("scenario", metavar="SCENARIO", type=click.Path(path_type=Path))
@click.option("--region")
@dataset_option
@click.option("--all", "everything", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@language_option
def preview_command(
    scenario: Path, region: str | None, dataset: str, everything: bool, as_json: bool, lang: Language
) -> None:
    """Say before a run what a plan is expected to do."""
    data = load_dataset(dataset)
    plan, chosen = possible_plan(scenario, region, data)
    document = preview_document(data, plan, chosen)
    if as_json:
        click.echo(document.model_dump_json(indent=2))
        return
    click.echo(translate("preview.title", lang, name=document.scenario))
    for table in preview_tables(document, lang):
        click.echo()
        _print(table, None if everything else ROWS, lang)
    click.echo()
    for note in preview_notes(document, lang):
        click.echo(note)


def _print(table: PreviewTable, most: int | None, language: Language) -> None:
    """Print a table, numbers to the right."""
    click.echo(table.caption)
    for line in aligned([table.headings, *table.rows[:most]], table.numeric):
        click.echo(f"  {line}")
    if most is not None and len(table.rows) > most:
        click.echo("  " + translate("preview.more", language, count=number(len(table.rows) - most, language)))
