"""``zorgstroom compare``: result folders next to each other, if they answer the same question."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from zorgstroom.cli_options import language_option
from zorgstroom.comparable import BASELINE, NotComparable, question_of, require_same_question
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.reporting.compare_page import compare_page
from zorgstroom.reporting.impact import Estimate, Impact
from zorgstroom.reporting.side_by_side import Line, Result, different_baselines, key_of, side_by_side
from zorgstroom.reporting.views import Spread, Views, shown
from zorgstroom.scenario_file import load_scenario
from zorgstroom.tables import INDICATORS, write_atomically
from zorgstroom.text import Language, translate

#: Plans that still fit next to each other.
MOST = 8


@click.command("compare")
@click.argument("folders", metavar="FOLDER FOLDER...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True)
@language_option
@click.pass_context
def compare_command(
    ctx: click.Context, *, folders: tuple[Path, ...], out: Path | None, as_json: bool, lang: Language
) -> None:
    """Put the results of several plans next to each other."""
    names = [str(folder) for folder in dict.fromkeys(folders)]
    if not 2 <= len(names) <= MOST:
        raise InvalidInput([Problem("FOLDER", "compare.folders", {"found": len(names), "most": MOST})])
    results, questions = [], {}
    for name in names:
        result, questions[name] = _read(Path(name))
        results.append(result)
    try:
        require_same_question(questions)
        if (today := different_baselines(results)) is not None:
            raise NotComparable({BASELINE: dict(zip(names, today, strict=True))})
    except NotComparable as error:
        click.echo(translate("compare.refused", lang), err=True)
        for line in error.lines(lang):
            click.echo(f"- {line}", err=True)
        ctx.exit(1)
    lines = side_by_side(results)
    rows = _table(results, lines, lang)
    if out is not None:
        _write(out, compare_page(results, lines, rows, lang))
    if as_json:
        click.echo(json.dumps(_document(names, results, lines), ensure_ascii=False, indent=2))
        return
    for number, (name, result) in enumerate(zip(names, results, strict=True), start=1):
        click.echo(translate("compare.plan", lang, number=number, name=result.impact.name, folder=name))
    if any(result.impact.identity.confidential for result in results):
        click.echo(f"\n{translate('report.confidential', lang).upper()}.")
    click.echo()
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    click.echo(f"\n{translate('compare.note', lang)}")
    if out is not None:
        click.echo(translate("compare.written", lang, path=out))


def _write(path: Path, page: str) -> None:
    try:
        write_atomically(path, page.encode())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput([Problem("--out", "compare.cannot_write", {"reason": reason})]) from None


def _read(folder: Path) -> tuple[Result, dict[str, object]]:
    """Return a result and the question it answers; raises InvalidInput for a folder that is no result."""
    name = "impact.json"
    try:
        impact = Impact.model_validate_json((folder / name).read_bytes())
        name = "scenario.json"
        scenario = load_scenario(folder / name)
        name = "indicators.parquet"
        indicators = pq.read_table(folder / name).replace_schema_metadata(None)
    except (OSError, ValidationError, pa.ArrowException):
        raise InvalidInput([Problem(str(folder), "compare.no_result", {"file": name})]) from None
    if indicators.schema != INDICATORS:
        raise InvalidInput([Problem(str(folder), "compare.no_result", {"file": name})])
    return Result(impact, indicators), question_of(impact.identity, scenario.horizon)


def _table(results: Sequence[Result], lines: Sequence[Line], lang: Language) -> list[list[str]]:
    cells = [
        dict(
            zip(map(key_of, result.impact.headline), Views(result.impact, lang).headline().rows, strict=True)
        )
        for result in results
    ]
    heads = [translate("report.column.indicator", lang), translate("report.column.where", lang)]
    heads.append(translate("report.column.baseline", lang))
    for number in range(1, len(results) + 1):
        heads.append(translate("compare.column.plan", lang, number=number))
        if number > 1:
            heads.append(translate("compare.column.difference", lang, number=number))
    rows = [heads]
    for line in lines:
        key = key_of(line.row)
        first = cells[line.first][key]
        row = [shown(cell, lang) for cell in first[:3]]
        for number, found in enumerate(cells):
            row.append(shown(found[key][3] if key in found else None, lang))
            if number:
                row.append(shown(_difference(line.differences[number - 1], first[4]), lang))
        rows.append(row)
    return rows


def _difference(value: Estimate | None, like: object) -> Spread | None:
    """Return a difference in the form of the difference with today."""
    if value is None or not isinstance(like, Spread):
        return None
    clear = value.low is not None and value.high is not None and (value.low > 0 or value.high < 0)
    return Spread(value, like.decimals, like.share, difference=True, clear=clear)


def _document(names: Sequence[str], results: Sequence[Result], lines: Sequence[Line]) -> dict[str, object]:
    """Return the comparison as plain data; differences are those with the first folder."""

    def plain(value: Estimate | None) -> object:
        return None if value is None else value.model_dump()

    return {
        "folders": [
            {"folder": name, "name": result.impact.name} for name, result in zip(names, results, strict=True)
        ],
        "confidential": any(result.impact.identity.confidential for result in results),
        "indicators": [
            {
                **{
                    name: getattr(line.row, name)
                    for name in ("indicator", "location", "profile", "area", "pool", "band")
                },
                "baseline": plain(line.row.baseline),
                "plans": [plain(value) for value in line.plans],
                "differences": [None, *map(plain, line.differences)],
            }
            for line in lines
        ],
    }
