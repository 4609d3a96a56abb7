"""``zorgstroom dataset travel``: a dataset in which travel times that a user measured win over the function."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import DEFAULT_DATASET, dataset_folder, load_dataset, load_primary
from zorgstroom.dataset.checking import check_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset.own.numbers import parse_date
from zorgstroom.dataset.own.sheets import MAX_TEXT
from zorgstroom.dataset.travel_file import read_travel
from zorgstroom.dataset.travel_making import write_travel_tables
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.new_dataset import calibrate_folder, new_folder
from zorgstroom.planning.travel import patient_hundredths
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number, percent
from zorgstroom.text.spreadsheet import harmless

#: Mean own minutes over those of the function: outside these another unit or scale is likely.
USUAL_RATIO = (0.6, 1.7)


@dataclass(frozen=True)
class _Compared:
    """Mean minutes over the pairs given: measured and by the function."""

    measured: float
    function: float

    @property
    def unusual(self) -> bool:
        low, high = USUAL_RATIO
        return not low * self.function <= self.measured <= high * self.function


@click.command("travel")
@click.argument("table", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--base", default=DEFAULT_DATASET, show_default=True)
@click.option("--source", default="")
@click.option("--date", default="")
@click.option("--json", "as_json", is_flag=True, help="dataset.help.json")
@language_option
def travel(
    *, table: Path, out: Path, base: str, source: str, date: str, as_json: bool, lang: Language
) -> None:
    """Make a dataset in which measured travel times win over the fitted function."""
    title, year = _source(table, source, date)
    base_folder = dataset_folder(base)
    base_data = load_primary(base_folder)
    _require_plain(base_data)
    with new_folder(out) as unfinished:
        given = read_travel(table, base_data.areas, base_data.locations)
        write_travel_tables(base_folder, given, title, year, unfinished)
        click.echo(translate("measured_travel.calibrating", lang, pairs=number(len(given), lang)), err=True)
        calibrate_folder(unfinished)
        problems = check_dataset(unfinished)
        if problems:
            raise InvalidInput(problems)
    made = load_dataset(out)
    compared = _compare(made)
    if compared.unusual:
        line = translate("measured_travel.unusual", lang, **_means(compared, lang))
        click.echo(translate("dataset.warning", lang, line=line), err=True)
    if as_json:
        record = {
            "folder": str(out),
            "dataset": made.id,
            "digest": made.digest,
            **(travel_record(made) or {}),
        }
        record |= {"mean_minutes": round(compared.measured, 2), "mean_function": round(compared.function, 2)}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return
    click.echo(translate("measured_travel.done", lang, folder=out))
    for line in [
        *travel_summary(made, lang),
        translate("measured_travel.compared", lang, **_means(compared, lang)),
    ]:
        click.echo(line)
    click.echo(translate("measured_travel.next", lang, folder=out))


def travel_record(data: Dataset) -> dict[str, Any] | None:
    """Return which travel times of a dataset were measured, as plain data; None: none."""
    measured = data.measured_travel
    if measured is None:
        return None
    return {
        "pairs": measured.hundredths.size,
        "measured": measured.pairs,
        "by_function": measured.hundredths.size - measured.pairs,
        "source": _titles(data),
    }


def travel_summary(data: Dataset, lang: Language) -> Iterator[str]:
    """Yield how many travel times were measured and where they come from; nothing if none were."""
    measured = data.measured_travel
    if measured is None:
        return
    yield translate(
        "measured_travel.summary",
        lang,
        measured=number(measured.pairs, lang),
        pairs=number(measured.hundredths.size, lang),
        share=percent(measured.share, lang, 2),
        function=number(measured.hundredths.size - measured.pairs, lang),
    )
    yield translate("measured_travel.source", lang, source=_titles(data))


def _titles(data: Dataset) -> str:
    titles = {source.id: source.title for source in data.sources}
    ids = () if data.measured_travel is None else data.measured_travel.sources
    return "; ".join(titles.get(name, name) for name in ids)


def _source(table: Path, source: str, date: str) -> tuple[str, str]:
    """Return title and year of the source. Raises InvalidInput for what is no date."""
    day = parse_date(date) if date.strip() else ""
    if day is None:
        raise InvalidInput([Problem("--date", "own.not_date", {"field": "--date", "value": date})])
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in source).split())
    title = harmless(words[:MAX_TEXT]) or f"Own travel times: {table.name}"
    return ", ".join(part for part in (title, day) if part), day[:4]


def _require_plain(base: Dataset) -> None:
    """Refuse a base with own figures, which follow from its travel times, or with measured ones already."""
    if base.own:
        raise InvalidInput([Problem("--base", "measured_travel.base_has_own", {"base": base.based_on})])
    if base.measured_travel is not None:
        raise InvalidInput([Problem("--base", "measured_travel.base_has_travel")])


def _compare(data: Dataset) -> _Compared:
    assert data.measured_travel is not None
    hundredths = data.measured_travel.hundredths
    there = hundredths >= 0
    function = patient_hundredths(data, dict(data.ferry_minutes))
    return _Compared(float(np.mean(hundredths[there])) / 100, float(np.mean(function[there])) / 100)


def _means(compared: _Compared, lang: Language) -> dict[str, str]:
    return {
        "measured": number(compared.measured, lang, 1),
        "function": number(compared.function, lang, 1),
    }
