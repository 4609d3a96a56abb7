"""``zorgstroom sweep``: many variants of one scenario on the same patients, as one table; no services needed."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import signal
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from types import FrameType

import click

from zorgstroom.cli_options import language_option
from zorgstroom.dataset import load_dataset, shipped_datasets
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset_option import dataset_option
from zorgstroom.planning.check import check_unfinished
from zorgstroom.planning.plan import parse_region
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number
from zorgstroom_simulator.compute_choice import NAMES, check_compute, open_compute, workers_of
from zorgstroom_simulator.engine_option import engine_option, ready
from zorgstroom_simulator.engines.registry import engine_named
from zorgstroom_simulator.resources import expected_patients, require_memory
from zorgstroom_simulator.run_work import processes, progress
from zorgstroom_simulator.sweep.document import load_sweep
from zorgstroom_simulator.sweep.output import Identity, finish
from zorgstroom_simulator.sweep.run import carry_out, missing
from zorgstroom_simulator.sweep.show import show
from zorgstroom_simulator.sweep.store import ResultStore
from zorgstroom_simulator.sweep.variants import Variants, make_variants
from zorgstroom_simulator.sweep.work import PREPARE, Job, Settings, experiment_of, jobs_of, setup_of

#: What a command ends with when Ctrl-C or SIGTERM stopped it.
INTERRUPTED, TERMINATED = 130, 143


class _Terminated(KeyboardInterrupt):
    """SIGTERM: cleans up like Ctrl-C does."""


@click.command("sweep")
@click.argument("sweep", metavar="SWEEP", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--replications", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True)
@click.option("--indicators", type=click.Choice(["headline", "all"]), default="headline", show_default=True)
@click.option("--compute", metavar="COMPUTE", default="processes", show_default=True)
@click.option("--jobs", type=click.IntRange(1, 256))
@click.option("--region")
@dataset_option
@engine_option
@click.option("--json", "as_json", is_flag=True)
@language_option
@click.pass_context
def sweep_command(
    ctx: click.Context,
    *,
    sweep: Path,
    out: Path | None,
    replications: int,
    seed: int,
    indicators: str,
    compute: str,
    jobs: int | None,
    region: str | None,
    dataset: str,
    engine: str,
    as_json: bool,
    lang: Language,
) -> None:
    """Simulate many variants of a scenario and put what they do in one table."""
    started = time.monotonic()
    check_compute(compute, "--compute")
    data = load_dataset(dataset)
    if dataset not in shipped_datasets() and Path(dataset).exists():
        # A worker of a cluster starts somewhere else.
        dataset = str(Path(dataset).resolve())
    file = load_sweep(sweep, partial(check_unfinished, dataset=data))
    found = make_variants(file, data, parse_region(region, data) if region else None)
    store = ResultStore(out or Path(f"{sweep.stem}-sweep"))
    settings = Settings(seed, engine_named(engine), "all" if indicators == "all" else "headline")
    ready(data, lang)
    wanted = jobs_of(found.possible, replications, data, settings)
    todo = missing(wanted, store)
    _announce(found, wanted, todo, store, lang)
    try:
        with _stopped_by_sigterm():
            if todo:
                _simulate(todo, store, compute, jobs, dataset, data, settings, lang)
            identity = Identity(
                file=file,
                dataset=data,
                settings=settings,
                replications=replications,
                region=region,
                compute=compute,
                computed=len(todo),
                created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                wall_seconds=time.monotonic() - started,
            )
            outcomes, manifest = finish(found, store, identity, lang)
    except KeyboardInterrupt as stop:
        _kept(wanted, store, lang)
        ctx.exit(TERMINATED if isinstance(stop, _Terminated) else INTERRUPTED)
    except Exception:
        if len(missing(wanted, store)) < len(wanted):
            _kept(wanted, store, lang)
        raise
    if as_json:
        click.echo(json.dumps({"folder": str(store.folder), **manifest}, ensure_ascii=False, indent=2))
        return
    if data.confidential:
        click.echo(f"\n{translate('report.confidential', lang).upper()}.")
    profile = identity.profile
    whose = None if profile is None else data.profiles[data.profile_index[profile]].name(lang)
    show(found, outcomes, whose, lang)
    seconds = number(time.monotonic() - started, lang, 1)
    click.echo(f"\n{translate('sweep.done', lang, folder=store.folder, seconds=seconds)}")
    click.echo(translate("sweep.summary.done", lang, folder=store.folder))


def _announce(
    found: Variants, wanted: Sequence[Job], todo: Sequence[Job], store: ResultStore, lang: Language
) -> None:
    """Say how much there is to do, and what of it was done before."""
    counts = {
        "variants": number(len(found.variants), lang),
        "impossible": number(len(found.variants) - len(found.possible), lang),
        "years": number(len(wanted), lang),
        "done": number(len(wanted) - len(todo), lang),
    }
    click.echo(translate("sweep.size", lang, **counts), err=True)
    if len(found.possible) < len(found.variants):
        click.echo(translate("sweep.impossible", lang, **counts), err=True)
    if len(todo) < len(wanted):
        click.echo(translate("sweep.resumed", lang, **counts), err=True)
    if store.refused:
        names = ", ".join(path.name for path in store.refused[:3])
        count = number(len(store.refused), lang)
        click.echo(translate("sweep.refused", lang, count=count, folder=store.folder, names=names), err=True)


def _simulate(
    todo: Sequence[Job],
    store: ResultStore,
    compute: str,
    jobs: int | None,
    dataset: str,
    data: Dataset,
    settings: Settings,
    lang: Language,
) -> None:
    """Have what is missing simulated and kept."""
    variants = list({job.variant.number: job.variant for job in todo}.values())
    largest = max((experiment_of(variant, data, settings) for variant in variants), key=expected_patients)
    own = compute in NAMES
    if own:
        require_memory(largest)
    count = (jobs or processes(largest, len(todo), lang)) if own else 1
    opened = open_compute(compute, PREPARE, setup_of(dataset, largest), min(count, len(todo)))
    try:
        with progress(len(todo), lang, "sweep.progress") as step:
            carry_out(todo, store, opened, workers_of(opened, count), data, settings, step)
    finally:
        opened.close()


def _kept(wanted: Sequence[Job], store: ResultStore, lang: Language) -> None:
    """Say what stays of a sweep that stopped, and how to go on."""
    done = number(len(wanted) - len(missing(wanted, store)), lang)
    years = number(len(wanted), lang)
    click.echo(translate("sweep.kept", lang, done=done, years=years, folder=store.folder), err=True)


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
