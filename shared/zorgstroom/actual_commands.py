"""``zorgstroom actual template`` and ``compare``: a plan beside what happened."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from zorgstroom.actual.comparing import Deviation, Progress, deviations, progress
from zorgstroom.actual.reading import read_realised
from zorgstroom.actual.result import Expected, read_result
from zorgstroom.actual.template import template_csv, template_rows, template_xlsx
from zorgstroom.cli_options import language_option
from zorgstroom.dataset import DEFAULT_DATASET, load_dataset
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.tables import write_atomically
from zorgstroom.text import Language, translate
from zorgstroom.text.columns import aligned
from zorgstroom.text.numbers import number, signed

_FORMATS = (".csv", ".xlsx")


@click.group("actual", help="cli.help.actual")
def actual() -> None:
    """A plan beside what happened."""


@actual.command("template", help="actual.help.template")
@click.argument("result", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="actual.option.out")
@click.option("--dataset", default=DEFAULT_DATASET, show_default=True, help="actual.option.dataset")
@click.option("--force", is_flag=True, help="actual.option.force")
@language_option
def template_command(*, result: Path, out: Path | None, dataset: str, force: bool, lang: Language) -> None:
    """Make a file to fill in: what the plan changes, year by year."""
    target = out or Path(translate("actual.template.file", lang))
    if target.suffix.casefold() not in _FORMATS:
        raise InvalidInput([Problem("--out", "actual.template.format", {"path": str(target)})])
    rows = template_rows(read_result(result, load_dataset(dataset)), lang)
    if len(rows) == 1:
        raise InvalidInput([Problem(str(result), "actual.template.nothing")])
    if target.exists() and not force:
        raise InvalidInput([Problem("--out", "own.template.exists", {"path": str(target)})])
    make = template_csv if target.suffix.casefold() == ".csv" else template_xlsx
    try:
        write_atomically(target, make(rows, lang))
    except OSError as error:
        params = {"folder": str(target), "reason": error.strerror or type(error).__name__}
        raise InvalidInput([Problem("--out", "own.not_writable", params)]) from None
    click.echo(translate("actual.template.done", lang, path=target, rows=number(len(rows) - 1, lang)))
    click.echo(translate("actual.template.next", lang, path=target, result=result))


@actual.command("compare", help="actual.help.compare")
@click.argument("result", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("volumes", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--dataset", default=DEFAULT_DATASET, show_default=True, help="actual.option.dataset")
@click.option("--json", "as_json", is_flag=True, help="actual.option.json")
@language_option
def compare_command(*, result: Path, volumes: Path, dataset: str, as_json: bool, lang: Language) -> None:
    """Put realised volumes beside what a result expected."""
    expected = read_result(result, load_dataset(dataset))
    found = read_realised(volumes, expected)
    lines, steps = deviations(expected, found), progress(expected, found)
    if as_json:
        click.echo(json.dumps(_document(expected, lines, steps), ensure_ascii=False, indent=2))
        return
    click.echo(f"{expected.impact.name}\n")
    if expected.impact.identity.confidential:
        click.echo(f"{translate('report.confidential', lang).upper()}.\n")
    for line in _deviation_lines(expected, lines, lang):
        click.echo(line)
    counts = Counter(line.standing for line in lines)
    click.echo()
    for standing in ("inside", "above", "below", "unclear", "no_range"):
        if counts[standing]:
            click.echo(translate(f"actual.count.{standing}", lang, count=number(counts[standing], lang)))
    if steps:
        click.echo(f"\n{translate('actual.progress', lang)}")
        for line in _progress_lines(expected, steps, lang):
            click.echo(line)
    click.echo(f"\n{translate('actual.note', lang)}")


def _deviation_lines(expected: Expected, lines: list[Deviation], lang: Language) -> list[str]:
    names = (
        "year",
        "location_name",
        "profile_name",
        "baseline",
        "plan",
        "range",
        "realised",
        "difference",
        "standing",
    )
    rows = [tuple(translate(f"actual.column.{name}", lang) for name in names)]
    for line in lines:
        place, profile, year = line.key
        between = "–" if line.low is None else translate("actual.range", lang, low=line.low, high=line.high)
        rows.append(
            (
                str(year),
                expected.dataset.locations[place].name,
                expected.dataset.profiles[profile].name(lang),
                number(line.baseline, lang),
                number(line.plan, lang),
                between,
                str(line.realised),
                signed(line.difference, lang),
                translate(f"actual.standing.{line.standing}", lang),
            )
        )
    return aligned(rows, (False, False, False, True, True, True, True, True, False))


def _progress_lines(expected: Expected, steps: list[Progress], lang: Language) -> list[str]:
    names = ("action", "year", "intended", "happened", "share", "told")
    rows = [tuple(translate(f"actual.column.{name}", lang) for name in names)]
    for step in steps:
        kind = expected.scenario.actions[step.action].kind
        share = translate("actual.percent", lang, percent=number(step.share * 100, lang))
        if step.share_low is not None and step.share_high is not None:
            ends = [number(end * 100, lang) for end in (step.share_low, step.share_high)]
            share = translate("actual.percent_range", lang, share=share, low=ends[0], high=ends[1])
        rows.append(
            (
                f"{step.action + 1} ({kind})",
                str(step.year),
                number(step.intended, lang),
                number(step.happened, lang),
                share,
                translate("actual.told", lang, told=step.told, of=step.of),
            )
        )
    return aligned(rows, (False, False, True, True, True, True))


def _document(expected: Expected, lines: list[Deviation], steps: list[Progress]) -> dict[str, Any]:
    dataset = expected.dataset
    return {
        "name": expected.impact.name,
        "run_id": expected.impact.identity.run_id,
        "confidential": expected.impact.identity.confidential,
        "replications": expected.impact.identity.replications,
        "volumes": [
            {
                "location": dataset.locations[line.key[0]].id,
                "profile": dataset.profiles[line.key[1]].id,
                "year": line.key[2],
                "baseline": round(line.baseline, 3),
                "plan": round(line.plan, 3),
                "low": line.low,
                "high": line.high,
                "realised": str(line.realised),
                "difference": round(line.difference, 3),
                "standing": line.standing,
            }
            for line in lines
        ],
        "progress": [
            {
                "action": step.action,
                "year": step.year,
                "intended": round(step.intended, 3),
                "happened": round(step.happened, 3),
                "share": round(step.share, 4),
                "share_low": None if step.share_low is None else round(step.share_low, 4),
                "share_high": None if step.share_high is None else round(step.share_high, 4),
                "volumes_told": step.told,
                "volumes": step.of,
            }
            for step in steps
        ],
    }
