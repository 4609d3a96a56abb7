"""``zorgstroom calibrate``: make the derived tables of a dataset again."""

from __future__ import annotations

import json
from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import dataset_folder
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number, percent
from zorgstroom_simulator.calibrate import calibrate, write_derived


@click.command("calibrate")
@click.argument("dataset", default="nl2025")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True)
@language_option
def calibrate_command(*, dataset: str, out: Path | None, as_json: bool, lang: Language) -> None:
    """Derive offers, attraction, capacities, travel times and durations from the primary tables."""
    folder = dataset_folder(dataset)
    fitted, fit = calibrate(folder)
    target = out or folder
    write_derived(fitted, fit, target)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "folder": str(target / "derived"),
                    "offers": fit.offers,
                    "worst_deviation": fit.worst_deviation,
                    "homeless_shares": fit.homeless_shares,
                }
            )
        )
        return
    click.echo(
        translate(
            "calibrate.done",
            lang,
            folder=target / "derived",
            offers=number(fit.offers, lang),
            deviation=percent(fit.worst_deviation, lang, 2),
        )
    )
    for share in fit.homeless_shares:
        profile, _, kind = share.partition(":")
        click.echo(translate("calibrate.homeless", lang, profile=profile, type=kind))
