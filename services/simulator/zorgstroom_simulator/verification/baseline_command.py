"""``zorgstroom verify baseline``: every published figure beside the model's, to read or to calculate with."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import DEFAULT_DATASET, dataset_folder
from zorgstroom.dataset.model import Dataset
from zorgstroom.planning.targets import Deviation, Target, Use, not_accepted, not_fitting
from zorgstroom.tables import write_atomically
from zorgstroom.text import Language, catalogue, translate
from zorgstroom.text.columns import aligned, markdown_table
from zorgstroom.text.numbers import number, percent, signed
from zorgstroom_simulator.engine_option import engine_option, ready
from zorgstroom_simulator.engines.registry import engine_named
from zorgstroom_simulator.verification.national import VALIDATION_YEAR, national


@click.command("baseline")
@click.option("--replications", type=click.IntRange(1, 1000), default=1, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True)
@click.option("--year", type=int, default=VALIDATION_YEAR, show_default=True)
@click.option("--weeks", type=click.IntRange(1, 104), default=52, show_default=True)
@engine_option
@click.option("--dataset", default=DEFAULT_DATASET, show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True)
@language_option
@click.pass_context
def verify_baseline(
    ctx: click.Context,
    *,
    replications: int,
    seed: int,
    jobs: int,
    year: int,
    weeks: int,
    engine: str,
    dataset: str,
    out: Path | None,
    as_json: bool,
    lang: Language,
) -> None:
    """Simulate the baseline, calibrated for the demand year, and print every deviation."""
    engine = engine_named(engine)
    ready(dataset, lang)
    label, hidden = translate("run.progress", lang), not sys.stderr.isatty()
    with click.progressbar(length=replications, label=label, file=sys.stderr, hidden=hidden) as bar:
        found = national(
            dataset_folder(dataset), year, seed, replications, jobs, weeks, lambda done: bar.update(1), engine
        )
    data, lines = found.dataset, found.lines
    outside = not_accepted(lines, found.targets)
    document = _document(data, year, seed, replications, weeks, lines, outside)
    if out is not None:
        write_atomically(out / "deviations.csv", _csv(lines))
        write_atomically(out / "deviations.json", _json(document))
        write_atomically(out / "deviations.md", _page(lines, data, lang).encode())
    if as_json:
        click.echo(_json(document).decode())
    else:
        for text in aligned(_table(lines, data, lang)):
            click.echo(text)
        click.echo()
        for target in _with_notes(lines):
            click.echo(f"{_name(target.id, lang)}: {target.note}")
        key = "verify.outside" if outside else "verify.all_inside"
        names = ", ".join(
            _name(line.target.id, lang) + (f" ({line.subject})" if line.subject else "") for line in outside
        )
        click.echo("\n" + translate(key, lang, number=len(outside), names=names))
        kinds: tuple[tuple[str, Use], ...] = (
            ("verify.informed_misses", "informed"),
            ("verify.misses", "held_back"),
        )
        for key, use in kinds:
            misses = not_fitting(lines, use)
            names = ", ".join(_name(line.target.id, lang) for line in misses)
            click.echo(translate(key, lang, number=len(misses), names=names or "-"))
        click.echo(translate("verify.tally", lang, **asdict(found.tally)))
    # What was held back, or only informed the model, says how well it predicts: a finding, no failure.
    if outside:
        ctx.exit(1)


def _document(
    dataset: Dataset,
    year: int,
    seed: int,
    replications: int,
    weeks: int,
    lines: Sequence[Deviation],
    outside: Sequence[Deviation],
) -> dict[str, object]:
    """Return everything as data, with what it was made from."""
    return {
        "dataset": {"id": dataset.id, "version": dataset.version, "primary_digest": dataset.digest},
        "demand_year": year,
        "seed": seed,
        "replications": replications,
        "weeks": weeks,
        "accepted": not outside,
        "deviations": [_row(line) for line in lines],
    }


def _row(line: Deviation) -> dict[str, object]:
    target = line.target
    return {
        "target": target.id,
        "subject": line.subject,
        "value": line.expected,
        "model": round(line.model, 4),
        "unit": target.unit,
        "deviation": round(line.deviation, 4),
        "tolerance": target.tolerance,
        "tolerance_kind": target.tolerance_kind,
        "low": None if line.low is None else round(line.low, 4),
        "high": None if line.high is None else round(line.high, 4),
        "verdict": line.verdict,
        "chance": round(line.chance, 4),
        "calibrated_on": target.calibrated_on,
        "used_for": target.used_for,
        "number": line.number,
        "year": target.year,
        "confidence": target.confidence,
        "source": target.source,
        "note": target.note,
    }


def _csv(lines: Sequence[Deviation]) -> bytes:
    text = io.StringIO()
    rows = [_row(line) for line in lines]
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["target"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _json(document: dict[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _table(lines: Sequence[Deviation], dataset: Dataset, lang: Language) -> list[list[str]]:
    """Return the table a reader sees, header first."""
    names = {profile.id: profile.name(lang) for profile in dataset.profiles}
    header = (
        "target", "subject", "value", "model", "interval", "deviation", "tolerance", "verdict", "calibrated_on",
    )  # fmt: skip
    rows = [[translate(f"verify.column.{name}", lang) for name in header]]
    for line in lines:
        target = line.target
        rows.append(
            [
                _name(target.id, lang),
                names.get(line.subject, line.subject),
                _figure(line.expected, lang),
                _figure(line.model, lang),
                _interval(line, lang),
                _deviation(line, lang),
                _tolerance(target, lang),
                translate(f"verify.verdict.{line.verdict}", lang),
                translate(f"verify.calibrated.{target.calibrated_on}", lang),
            ]
        )
    return rows


def _page(lines: Sequence[Deviation], dataset: Dataset, lang: Language) -> str:
    """Return every deviation and the notes in Markdown: first the country, then each target with its parts."""
    parts = [markdown_table(_table([line for line in lines if not line.subject], dataset, lang))]
    parts += [f"- **{_name(target.id, lang)}**: {target.note}\n" for target in _with_notes(lines)]
    for target in {line.target.id: line.target for line in lines if line.subject}.values():
        mine = [line for line in lines if line.target is target and line.subject]
        parts.append(f"\n## {_name(target.id, lang)}\n\n{markdown_table(_table(mine, dataset, lang))}")
    return parts[0] + "\n" + "".join(parts[1:])


def _name(target_id: str, lang: Language) -> str:
    """Return the name of a target; one of your own goes by its id."""
    key = f"target.{target_id}"
    return translate(key, lang) if key in catalogue(lang) else target_id


def _figure(value: float, lang: Language) -> str:
    return number(value, lang, 0 if abs(value) >= 1000 else 2)


def _interval(line: Deviation, lang: Language) -> str:
    if line.low is None or line.high is None:
        return ""
    return f"{_figure(line.low, lang)} - {_figure(line.high, lang)}"


def _deviation(line: Deviation, lang: Language) -> str:
    if line.target.tolerance_kind == "points":
        return signed(line.deviation, lang, 1)
    return signed(100 * line.deviation, lang, 1) + "%"


def _tolerance(target: Target, lang: Language) -> str:
    if target.tolerance_kind == "at_least":
        return translate("verify.at_least", lang)
    if target.tolerance is None:
        return ""
    points = target.tolerance_kind == "points"
    return "± " + (number(target.tolerance, lang, 1) if points else percent(target.tolerance, lang))


def _with_notes(lines: Sequence[Deviation]) -> list[Target]:
    """Return the targets shown that have a note, each once, in order."""
    return list({line.target.id: line.target for line in lines if line.target.note}.values())
