"""``zorgstroom design``: demands in, the best plan that meets them out, ready to be simulated."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset_option import dataset_option
from zorgstroom.folders import new_folder
from zorgstroom.planning.design.designing import design
from zorgstroom.planning.design.proposal import document_of, file_name, proposals
from zorgstroom.planning.design.request import load_request
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_simulator.design_output import check_folder, refusal, show, write
from zorgstroom_simulator.run_command import run_command


@click.command("design")
@click.argument("request_file", metavar="REQUEST", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--simulate", type=click.IntRange(1, 1000))
@dataset_option
@click.option("--json", "as_json", is_flag=True)
@language_option
@click.pass_context
def design_command(
    ctx: click.Context,
    *,
    request_file: Path,
    out: Path | None,
    simulate: int | None,
    dataset: str,
    as_json: bool,
    lang: Language,
) -> None:
    """Propose which locations should provide a kind of care."""
    started = time.monotonic()
    data = load_dataset(dataset)
    request = load_request(request_file, data)
    folder = out or Path(f"{request_file.stem}-design")
    check_folder(folder)
    found = design(request, data)
    if not found.plans:
        raise refusal(found, data)
    plans = proposals(found, data, lang)
    document = document_of(found, plans, data)
    with new_folder(folder) as unfinished:
        write(unfinished, document, plans, lang)
    if as_json and simulate is None:
        click.echo(json.dumps({"folder": str(folder), **document}, ensure_ascii=False, indent=2))
    elif not as_json:
        if data.confidential:
            click.echo(f"{translate('report.confidential', lang).upper()}.\n")
        show(found, plans, data, lang)
        seconds = number(time.monotonic() - started, lang, 1)
        click.echo(f"\n{translate('design.done', lang, folder=folder, seconds=seconds)}")
    if simulate is None:
        if not as_json:
            command = f"zorgstroom run {folder / file_name(0)}"
            click.echo(translate("design.simulate_with", lang, command=command))
        return
    ctx.invoke(
        run_command,
        scenario=folder / file_name(0),
        out=folder / "impact",
        replications=simulate,
        dataset=dataset,
        as_json=as_json,
        lang=lang,
    )
