"""A sweep gives the same bytes wherever it is computed, whoever is killed and however often it is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.small_dataset import make_dataset
from tests.support.small_sweep import DIE, DIED, PREPARE

from zorgstroom_simulator.compute import Compute
from zorgstroom_simulator.compute_choice import open_compute
from zorgstroom_simulator.sweep.document import load_sweep
from zorgstroom_simulator.sweep.output import CSV, PARQUET, VARIANTS, Identity, finish
from zorgstroom_simulator.sweep.run import carry_out, missing
from zorgstroom_simulator.sweep.store import ResultStore
from zorgstroom_simulator.sweep.variants import make_variants
from zorgstroom_simulator.sweep.work import Job, Settings, blocks_of, files_in, jobs_of, work_on

pytestmark = pytest.mark.contract

DATASET = make_dataset()
SETTINGS = Settings(seed=3, engine="simpy", detail="headline")
REPLICATIONS = 2
SWEEP = """
zorgstroom: 1
name: Proef
scenario:
  region: {roaz: Zuid}
  horizon: {weeks: 4, warmup_weeks: 0}
  actions:
    - capacity: {location: ZUID, pool: or, percent: 10}
leave_out: {profile: hip}
"""


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sweep") / "sweep.yaml"
    path.write_text(SWEEP, encoding="utf-8")
    return path


def jobs(sweep: Path) -> list[Job]:
    found = make_variants(load_sweep(sweep), DATASET)
    return jobs_of(found.possible, REPLICATIONS, DATASET, SETTINGS)


def tables(sweep: Path, store: ResultStore) -> dict[str, bytes]:
    file = load_sweep(sweep)
    identity = Identity(file, DATASET, SETTINGS, REPLICATIONS, None, "processes", 0, "2026-01-01", 1.0)
    finish(make_variants(file, DATASET), store, identity, "nl")
    return {name: (store.folder / name).read_bytes() for name in (PARQUET, CSV, VARIANTS)}


@pytest.fixture(scope="module")
def expected(sweep: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The tables of a sweep done one result after the other, the last one first."""
    store = ResultStore(tmp_path_factory.mktemp("expected") / "out")
    work = work_on(DATASET)
    for job in reversed(jobs(sweep)):
        for _, block in blocks_of([job], DATASET, SETTINGS, 1):
            [file] = files_in(work(block))
            store.put(job.key, file)
    return tables(sweep, store)


# Processes of our own are killed in tests/e2e/test_sweep_command.py.
@pytest.fixture(params=["threads", "dask"])
def compute(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Compute]:
    on_cluster = request.param == "dask"
    if on_cluster:
        pytest.importorskip("distributed")
        (tmp_path / DIE).touch()
    workers = 1 if on_cluster else 2
    with closing(open_compute(request.param, PREPARE, str(tmp_path), workers)) as opened:
        yield opened
    assert (tmp_path / DIED).exists() == on_cluster


def test_every_compute_gives_the_same_bytes_also_when_a_worker_is_killed(
    compute: Compute, sweep: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    store = ResultStore(tmp_path / "out")
    wanted, steps = jobs(sweep), []
    # A third was done before: what is there is not done again.
    with_some = wanted[::3]
    work = work_on(DATASET)
    for job in with_some:
        for _, block in blocks_of([job], DATASET, SETTINGS, 1):
            store.put(job.key, files_in(work(block))[0])
    todo = missing(wanted, ResultStore(tmp_path / "out"))
    assert {job.key for job in todo} == {job.key for job in wanted} - {job.key for job in with_some}
    carry_out(todo, store, compute, 2, DATASET, SETTINGS, lambda: steps.append(1))
    assert len(steps) == len(todo)
    assert missing(wanted, store) == []
    assert tables(sweep, store) == expected


def test_a_block_has_variants_of_one_replication_and_every_job_is_in_one(sweep: Path) -> None:
    wanted = jobs(sweep)
    blocks = [part for part, _ in blocks_of(wanted, DATASET, SETTINGS, workers=8)]
    assert [job.key for part in blocks for job in part] == [job.key for job in wanted]
    assert all(len({(job.replication, job.today) for job in part}) == 1 for part in blocks)
    assert len(blocks) == 6
    assert [part[0].replication for part in blocks] == sorted(part[0].replication for part in blocks)
