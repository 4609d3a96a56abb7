"""``zorgstroom load``: the expected load of every pool under a plan, with an estimate of who waits; no simulation."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset_option import dataset_option
from zorgstroom.load_words import load_rows, pool_previews, table
from zorgstroom.planning.plan import calendar_of
from zorgstroom.planning.pool_estimates import FULL_LOAD, PoolLoad
from zorgstroom.possible_plan import possible_plan
from zorgstroom.text import Language, translate
from zorgstroom.text.columns import aligned
from zorgstroom.text.numbers import number

#: Rows shown unless all are asked for.
ROWS = 25


@click.command("load")
@click.argument("scenario", metavar="SCENARIO", type=click.Path(path_type=Path))
@click.option("--region")
@dataset_option
@click.option("--all", "everything", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@language_option
def load_command(
    scenario: Path, region: str | None, dataset: str, everything: bool, as_json: bool, lang: Language
) -> None:
    """Say before a run how full every pool becomes."""
    data = load_dataset(dataset)
    plan, chosen = possible_plan(scenario, region, data)
    loads, rows = load_rows(plan, data, chosen)
    if as_json:
        start = calendar_of(plan, data).start
        document = {
            "scenario": plan.name,
            "dataset": data.digest,
            "first_day": start.isoformat(),
            "days": [day.day for day in loads.days],
            "pools": [asdict(row) for row in pool_previews(rows)],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    shown = rows if everything else _telling(rows)
    click.echo(f"{plan.name}\n")
    if shown:
        click.echo("\n".join(aligned(table(shown, data, lang))))
    else:
        click.echo(translate("load.nothing", lang))
    if len(rows) > len(shown):
        left = number(len(rows) - len(shown), lang)
        click.echo("\n" + translate("load.left_out", lang, count=left))
    if already := sum((row.load_today or 0.0) > FULL_LOAD for row in rows):
        key = "load.already_full.one" if already == 1 else "load.already_full.many"
        click.echo("\n" + translate(key, lang, count=number(already, lang)))
    click.echo("\n" + translate("load.note", lang))


def _telling(rows: list[PoolLoad]) -> list[PoolLoad]:
    """Return the pools the plan changes; of a plan that changes none, the fullest."""
    return [row for row in rows if row.changes or row.made_too_full][:ROWS] or rows[:ROWS]
