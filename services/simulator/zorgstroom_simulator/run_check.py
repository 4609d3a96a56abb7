"""``zorgstroom run --cross-check``: says beforehand how long it takes, and shows how far it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from zorgstroom.events.schemas import MOST_CROSS_CHECKED
from zorgstroom.reporting.impact import CrossCheck
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_simulator.cross_check import cross_check, expected_seconds, with_other_engine
from zorgstroom_simulator.experiment import Experiment, ReplicationTables
from zorgstroom_simulator.run_work import processes, simulate

_Function = TypeVar("_Function", bound=Callable[..., Any])
#: From so many seconds on the time is told in minutes.
_MINUTES = 90


def cross_check_option(function: _Function) -> _Function:
    """Add ``--cross-check``; the command receives how many replications, 0 for none."""
    option = click.option(
        "--cross-check", type=click.IntRange(0, MOST_CROSS_CHECKED), default=0, help="cli.option.cross_check"
    )
    return option(function)


def announce_check(experiment: Experiment, replications: int, jobs: int | None, lang: Language) -> int:
    """Say before anything is simulated how long the check will take; return how many processes do it."""
    if not replications:
        return 0
    other = with_other_engine(experiment)
    computing = jobs or processes(other, replications, lang)
    seconds = expected_seconds(experiment, replications, computing)
    if seconds < _MINUTES:
        whole = max(1, round(seconds))
        one = ".one" if whole == 1 else ""
        time = translate(f"cross_check.seconds{one}", lang, n=number(whole, lang))
    else:
        time = translate("cross_check.minutes", lang, n=number(round(seconds / 60), lang))
    years = "cross_check.years" if replications != 1 else "cross_check.years.one"
    params = {"replications": translate(years, lang, n=replications), "engine": other.engine, "time": time}
    click.echo(translate("cross_check.start", lang, **params), err=True)
    return computing


def check(
    experiment: Experiment, dataset: str, ours: Sequence[ReplicationTables], jobs: int, lang: Language
) -> CrossCheck:
    """Have the first replications done again by the other engine; return what that showed."""
    other = with_other_engine(experiment)
    theirs = simulate(other, dataset, len(ours), jobs, lang, label_key="cross_check.progress")
    return cross_check(experiment.engine, ours, theirs)
