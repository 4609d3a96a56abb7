"""``zorgstroom calibrate``: make the derived tables of a dataset again, and say how well that went."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import dataset_folder
from zorgstroom.dataset.derived import write_derived
from zorgstroom.planning.fit import LEVELS, Fit, FitLine
from zorgstroom.text import Language, translate
from zorgstroom.text.columns import aligned
from zorgstroom.text.numbers import number, percent, signed
from zorgstroom_simulator.calibrate import calibrate

#: Lines shown per level; all of them are in ``derived/fit.csv`` and in ``--json``.
SHOWN = 12


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
    write_derived(fitted, target, fit)
    if as_json:
        click.echo(json.dumps(_document(fit, target / "derived"), ensure_ascii=False))
        return
    for level in LEVELS:
        _show(level, fit, lang)
    click.echo(
        translate(
            "calibrate.done",
            lang,
            folder=target / "derived",
            offers=number(fit.offers, lang),
            deviation=percent(fit.worst_deviation, lang, 2),
        )
    )
    for text in _missed(fit, lang):
        click.echo(text)


def _document(fit: Fit, folder: Path) -> dict[str, object]:
    return {
        "folder": str(folder),
        "offers": fit.offers,
        "worst_deviation": fit.worst_deviation,
        "homeless_shares": fit.homeless_shares,
        "organisations_off_their_beds": [line.id for line in fit.off_beds],
        "not_reached": [asdict(line) | {"deviation": line.deviation} for line in fit.not_reached],
        "fit": [asdict(line) | {"deviation": line.deviation} for line in fit.lines],
    }


def _missed(fit: Fit, lang: Language) -> list[str]:
    """Say which targets were not reached: what was asked, what came of it, how far off, and why."""
    missed = fit.not_reached
    if not missed:
        return [translate("calibrate.all_reached", lang)]
    texts = [translate("calibrate.not_reached", lang, number=len(missed))]
    for line in missed:
        texts.append(
            translate(
                f"calibrate.missed.{line.measure}",
                lang,
                id=line.id,
                type=line.detail,
                known=percent(line.known, lang, 2),
                reached=percent(line.modelled, lang, 2),
                deviation=signed(100 * line.deviation, lang, 1) + "%",
            )
        )
    return texts


def _show(level: str, fit: Fit, lang: Language) -> None:
    """Print the worst lines of one level as a table."""
    lines = fit.level(level)[:SHOWN]
    if not lines:
        return
    names = ("id", "measure", "detail", "known", "modelled", "deviation", "fitted")
    click.echo(translate(f"calibrate.fit.level.{level}", lang))
    header = [translate(f"calibrate.fit.column.{name}", lang) for name in names]
    for text in aligned([header, *[_row(line, lang) for line in lines]]):
        click.echo(text)
    click.echo()


def _row(line: FitLine, lang: Language) -> list[str]:
    return [
        line.id,
        translate(f"calibrate.fit.measure.{line.measure}", lang),
        line.detail,
        percent(line.known, lang, 2),
        percent(line.modelled, lang, 2),
        signed(100 * line.deviation, lang, 1) + "%",
        translate(f"calibrate.fit.fitted.{line.fitted}", lang),
    ]
