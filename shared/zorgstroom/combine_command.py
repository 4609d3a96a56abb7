"""``zorgstroom combine``: plans that were made apart, such as one per region, as one plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset_option import dataset_option
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.planning.combining import Combined
from zorgstroom.scenario_file import ScenarioFile, load_scenario_file
from zorgstroom.scenario_writing import scenario_text
from zorgstroom.scenarios_together import put_together, short_names
from zorgstroom.tables import write_atomically
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number

#: First words of a file this command wrote, in every language: such a file may be written again.
MARK = "zorgstroom combine"
#: Longest name and description of a scenario.
MAX_NAME, MAX_DESCRIPTION = 120, 2000


@click.command("combine")
@click.argument("files", metavar="FILE FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", required=True, help="cli.help.combine.name")
@click.option("--description", default="", help="cli.help.combine.description")
@click.option("--out", type=click.Path(path_type=Path), help="cli.help.combine.out")
@click.option("--anyway", is_flag=True, help="cli.help.combine.anyway")
@dataset_option
@language_option
def combine_command(
    files: tuple[Path, ...],
    name: str,
    description: str,
    out: Path | None,
    anyway: bool,
    dataset: str,
    lang: Language,
) -> None:
    """Put plans together; refuse those that contradict each other."""
    if len(files) < 2:
        raise InvalidInput([Problem("", "combine.two_files")])
    _check_words(name, description)
    _check_out(out, files)
    read = _read(files)
    data = load_dataset(dataset)
    about = description or _description(read, lang)
    found = put_together(read, name, about, data)
    refused = not anyway and bool(found.contradictions)
    for problem in [*([] if refused else found.contradictions), *found.warnings]:
        _warn(problem, lang)
    if refused:
        raise InvalidInput([*found.contradictions, Problem("", "combine.refused")])
    if found.errors or found.combined is None:
        raise InvalidInput(found.errors)
    text = _text(found.combined, read, lang)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        write_atomically(out, text.encode())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        params = {"file": str(out), "reason": reason}
        raise InvalidInput([Problem("--out", "combine.out_not_writable", params)]) from None
    plans, count = number(len(read), lang), number(len(found.combined.scenario.actions), lang)
    click.echo(translate("combine.written", lang, file=out, plans=plans, count=count))


def _warn(problem: Problem, language: Language) -> None:
    message = problem.message(language)
    click.echo(translate("scenario.warning", language, where=problem.where, message=message), err=True)


def _read(files: Sequence[Path]) -> list[ScenarioFile]:
    """Return the files; raises InvalidInput with the mistakes of all."""
    read: list[ScenarioFile] = []
    problems: list[Problem] = []
    for path in files:
        try:
            read.append(load_scenario_file(path))
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return read


def _check_words(name: str, description: str) -> None:
    """Refuse a name or description that no scenario may have."""
    problems = []
    if not name.strip():
        problems.append(Problem("--name", "scenario.empty_text", {"name": "name"}))
    for field, words, limit in (("name", name, MAX_NAME), ("description", description, MAX_DESCRIPTION)):
        if len(words) > limit:
            problems.append(Problem(f"--{field}", "scenario.long_text", {"name": field, "limit": limit}))
    if problems:
        raise InvalidInput(problems)


def _check_out(out: Path | None, files: Sequence[Path]) -> None:
    """Refuse a file of another kind, and to write over anything but an older result of this command."""
    if out is None:
        return
    if out.suffix not in (".yaml", ".yml"):
        raise InvalidInput([Problem("--out", "combine.out_suffix", {"file": str(out)})])
    if not out.exists():
        return
    ours = False
    if out.is_file() and out.resolve() not in {path.resolve() for path in files}:
        with out.open(encoding="utf-8", errors="replace") as file:
            ours = MARK in file.readline()
    if not ours:
        raise InvalidInput([Problem("--out", "combine.out_exists", {"file": str(out)})])


def _description(files: Sequence[ScenarioFile], language: Language) -> str:
    names = "; ".join(
        f"{file.scenario.name} ({short})" for file, short in zip(files, short_names(files), strict=True)
    )
    return translate("combine.description", language, plans=names)[:MAX_DESCRIPTION]


def _text(combined: Combined, files: Sequence[ScenarioFile], language: Language) -> str:
    """Return the plan as a file, with above every action where it comes from."""
    names = short_names(files)
    comments = [
        translate("combine.from", language, file=names[plan], n=position + 1)
        for plan, position in combined.origins
    ]
    return scenario_text(combined.scenario, f"{MARK}: {', '.join(names)}", comments)
