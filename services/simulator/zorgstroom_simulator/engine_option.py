"""``--engine``: how commands let a user choose, and what they say about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.text import Language, translate
from zorgstroom_simulator.engines.registry import AUTO, CHOICES
from zorgstroom_simulator.warm_up import COMPILE_SECONDS, is_kept, kept_in, warm_up

_Function = TypeVar("_Function", bound=Callable[..., Any])


def engine_option(function: _Function) -> _Function:
    """Add ``--engine``; the command receives what was asked as ``engine`` and gives it to `engine_named`."""
    option = click.option(
        "--engine", type=click.Choice(CHOICES), default=AUTO, show_default=True, help="cli.option.engine"
    )
    return option(function)


def ready(dataset: Dataset | str, lang: Language) -> None:
    """Have the machine code made where it is not kept yet, saying so: the processes that compute then read it.

    A dataset is loaded by its name only where that is needed.
    """
    if is_kept():
        return
    if kept_in() is None:
        click.echo(translate("engine.not_kept", lang), err=True)
        return
    click.echo(translate("engine.compiling", lang, seconds=COMPILE_SECONDS), err=True)
    warm_up(load_dataset(dataset) if isinstance(dataset, str) else dataset)
