"""The option ``--dataset`` (or ``--data``): a dataset by name or folder, or own figures still to be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from zorgstroom.cli_options import default_language
from zorgstroom.dataset import DEFAULT_DATASET
from zorgstroom.dataset.own.importing import usable_dataset
from zorgstroom.text import Language, translate

_Function = TypeVar("_Function", bound=Callable[..., Any])


def dataset_option(function: _Function) -> _Function:
    """Add ``--dataset`` and ``--data``; the command receives a name or folder to load as ``dataset: str``.

    Own figures (a workbook or a folder of CSV files) are put into the default dataset, in a folder that is
    there as long as the command runs. Raises InvalidInput with every mistake in them.
    """
    option = click.option(
        "--dataset",
        "--data",
        "dataset",
        default=DEFAULT_DATASET,
        show_default=True,
        callback=_usable,
        help="cli.option.own_dataset",
    )
    return option(function)


def _usable(context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if context.resilient_parsing:
        return value
    name, warnings = context.with_resource(usable_dataset(value))
    language: Language = context.find_root().obj or default_language()
    for warning in warnings:
        click.echo(translate("dataset.warning", language, line=warning.line(language)), err=True)
    return name
