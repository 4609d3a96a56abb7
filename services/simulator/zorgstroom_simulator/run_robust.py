"""``zorgstroom run --robust``: says beforehand how long it takes, and shows how far it is."""

from __future__ import annotations

import click

from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_simulator.experiment import Experiment
from zorgstroom_simulator.outcome import Outcome
from zorgstroom_simulator.robust.robustness import Settings, expected_seconds, with_robustness
from zorgstroom_simulator.run_work import processes, progress

#: From so many seconds on the time is told in hours.
_HOUR = 3600


def robust_settings(draws: int | None, replications: int | None) -> Settings | None:
    """Return what is asked for, None for no draws; raises InvalidInput for years of draws that nobody asked for."""
    if draws is None:
        if replications is not None:
            raise InvalidInput([Problem("--robust-replications", "robust.without_draws")])
        return None
    return Settings(draws, replications or 1)


def announce(experiment: Experiment, settings: Settings, jobs: int | None, lang: Language) -> int:
    """Say before anything is simulated how long the draws will take; return how many processes do them."""
    computing = jobs or processes(experiment, settings.draws, lang)
    seconds = expected_seconds(experiment, settings, computing)
    if seconds < 1.5 * _HOUR:
        time = translate("run.robust_minutes", lang, n=number(max(1, round(seconds / 60)), lang))
    else:
        time = translate("run.robust_hours", lang, n=number(seconds / _HOUR, lang, 1))
    draws = number(settings.draws, lang)
    click.echo(translate("run.robust_start", lang, draws=draws, time=time), err=True)
    return computing


def robust(
    outcome: Outcome, experiment: Experiment, dataset: str, settings: Settings, jobs: int, lang: Language
) -> Outcome:
    """Return the outcome with how robust it is, after all draws are done."""
    with progress(settings.draws, lang, "run.robust") as step:
        return with_robustness(outcome, experiment, dataset, settings, jobs, step)
