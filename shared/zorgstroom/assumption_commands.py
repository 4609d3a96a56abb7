"""``zorgstroom dataset assumptions``: the numbered register of everything that goes into the model."""

from __future__ import annotations

import json
from pathlib import Path

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import DEFAULT_DATASET, dataset_folder, load_dataset
from zorgstroom.reporting.assumption_page import register_page, register_record
from zorgstroom.reporting.assumptions import register, register_csv
from zorgstroom.tables import write_atomically
from zorgstroom.text import Language, translate

#: Of the files, without ending.
NAME = "assumptions"


@click.command()
@click.argument("folder", metavar="[DIR]", default=DEFAULT_DATASET)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="dataset.help.json")
@click.option("--csv", "as_csv", is_flag=True)
@language_option
def assumptions(folder: str, *, out: Path | None, as_json: bool, as_csv: bool, lang: Language) -> None:
    """Number every figure that goes into the model: value, range, source, and where it is used."""
    data = load_dataset(folder)
    entries = register(dataset_folder(folder))
    page, table = register_page(data, entries, lang), register_csv(data, entries)
    if out is not None:
        files = {f"{NAME}.md": page.encode(), f"{NAME}.csv": table}
        for name, content in files.items():
            write_atomically(out / name, content)
        click.echo(translate("register.written", lang, folder=out, files=", ".join(files)), err=True)
    if as_json:
        click.echo(json.dumps(register_record(data, entries, lang), ensure_ascii=False, indent=1))
    elif as_csv:
        click.echo(table.decode(), nl=False)
    elif out is None:
        click.echo(page, nl=False)
