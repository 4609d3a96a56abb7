"""Blocks of a sweep: one replication of several variants that share its patients, as bytes to and from a worker.

Work goes in order of replication, so that a worker samples the patients of a replication once for many variants. What
comes back are the finished files of the result store, each named by a key that says everything the result depends on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from zorgstroom import MODEL_VERSION
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import ZorgstroomError
from zorgstroom.indicators.catalogue import CATALOGUE
from zorgstroom.planning.plan import Plan, compile_plan
from zorgstroom.tables import INDICATORS
from zorgstroom_simulator.experiment import (
    Experiment,
    ReplicationTables,
    simulate_under,
    today_key,
    with_plan,
)
from zorgstroom_simulator.kept_today import KEPT_BYTES, KeptToday
from zorgstroom_simulator.resources import expected_patients
from zorgstroom_simulator.sweep.variants import MAX_VARIANTS, Variant

#: For a `Compute`.
PREPARE = f"{__name__}:prepare"
#: Which rows are kept: those of the headline indicators, or all (see `_rows`).
Detail = Literal["headline", "all"]
#: A worker should answer about so often: what is lost when it dies, and how long stopping may take.
SECONDS_PER_BLOCK = 5.0
#: About what one side of a simulated year takes per patient (`benchmarks/README.md`): for the size of blocks only.
_SECONDS_PER_PATIENT = {"compiled": 1e-6, "simpy": 4e-5}
#: What the kept patients of a simulated year take, with room to spare.
_BYTES_PER_PATIENT = 72
#: Kept beside the headline indicators, for the summary. Another list makes other results: then raise the number.
_ALSO, _ROWS_KEPT = ("travel_over_45",), 2
#: In the metadata of a result.
KEY, PATIENTS, EVENTS = b"zorgstroom_sweep_key", b"zorgstroom_patients", b"zorgstroom_events"


class OtherWorker(ZorgstroomError):
    """A worker has another version or another dataset: what it computes does not belong in this sweep."""

    key = "sweep.other_worker"


class Part(BaseModel):
    """One variant of a block."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    scenario: dict[str, Any]
    #: (kind, name).
    region: tuple[str, str] | None


class SweepBlock(BaseModel):
    """One replication of several variants with the same patients."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model_version: str
    dataset_digest: str
    seed: int
    engine: str
    replication: int
    detail: Detail
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Settings:
    """What all variants of a sweep have in common."""

    seed: int
    engine: str
    detail: Detail


@dataclass(frozen=True)
class Job:
    """One replication of one variant: what one file of the store holds."""

    variant: Variant
    replication: int
    key: str
    #: Jobs with the same name meet the same patients.
    today: str


def jobs_of(
    variants: Sequence[Variant], replications: int, dataset: Dataset, settings: Settings
) -> list[Job]:
    """Return what is to be simulated, in order of replication; two variants that say the same are done once."""
    found: dict[str, Job] = {}
    todays = [today_key(experiment_of(variant, dataset, settings)) for variant in variants]
    documents = [_document(variant.scenario) for variant in variants]
    for replication in range(replications):
        for variant, document, today in zip(variants, documents, todays, strict=True):
            key = _key(document, variant.region, replication, dataset, settings)
            found.setdefault(key, Job(variant, replication, key, today))
    return list(found.values())


def keys_of(variant: Variant, replications: int, dataset: Dataset, settings: Settings) -> list[str]:
    """Return the keys of the replications of a variant, in order."""
    document = _document(variant.scenario)
    return [_key(document, variant.region, number, dataset, settings) for number in range(replications)]


def experiment_of(variant: Variant, dataset: Dataset, settings: Settings) -> Experiment:
    """Return the experiment that simulates a variant."""
    return Experiment(dataset, variant.scenario, variant.region, settings.seed, settings.engine)


def blocks_of(
    jobs: Sequence[Job], dataset: Dataset, settings: Settings, workers: int
) -> Iterator[tuple[list[Job], bytes]]:
    """Yield the blocks in which workers do jobs, in order of replication: the jobs, and the block as bytes."""
    most = max(1, -(-len(jobs) // workers))
    groups: dict[tuple[int, str], list[Job]] = {}
    for job in jobs:
        groups.setdefault((job.replication, job.today), []).append(job)
    sizes: dict[str, int] = {}
    for (replication, today), group in groups.items():
        if today not in sizes:
            experiment = experiment_of(group[0].variant, dataset, settings)
            seconds = expected_patients(experiment) * _SECONDS_PER_PATIENT[settings.engine]
            sizes[today] = max(1, int(SECONDS_PER_BLOCK / max(seconds, 1e-3)))
        size = min(sizes[today], most)
        for start in range(0, len(group), size):
            part = group[start : start + size]
            yield part, _block(part, replication, dataset, settings)


def setup_of(dataset_name: str, largest: Experiment) -> str:
    """Return what `prepare` needs: the dataset, and how much memory the patients it keeps may take.

    That is enough for one simulated year of the largest variant.
    """
    kept = max(KEPT_BYTES, expected_patients(largest) * _BYTES_PER_PATIENT)
    return json.dumps({"dataset": dataset_name, "kept": kept})


def prepare(setup: str) -> Callable[[bytes], bytes]:
    """Load the dataset once; return what computes blocks on it."""
    document = json.loads(setup)
    return work_on(load_dataset(document["dataset"]), document["kept"])


def work_on(dataset: Dataset, kept_bytes: int = KEPT_BYTES) -> Callable[[bytes], bytes]:
    """Return what computes blocks on a dataset; it keeps patients and plans for the next block."""
    kept = KeptToday(kept_bytes)

    @lru_cache(maxsize=MAX_VARIANTS)
    def plan_of(scenario: str, region: Region | None) -> Plan:
        return compile_plan(Scenario.model_validate_json(scenario), dataset, region)

    def experiment_of_part(part: Part, block: SweepBlock) -> Experiment:
        region = None if part.region is None else Region(*part.region)
        scenario = Scenario.model_validate(part.scenario)
        experiment = Experiment(dataset, scenario, region, block.seed, block.engine)
        return with_plan(experiment, plan_of(json.dumps(part.scenario), region))

    def work(content: bytes) -> bytes:
        block = SweepBlock.model_validate_json(content)
        _check_worker(block, dataset)
        files = []
        for part in block.parts:
            experiment = experiment_of_part(part, block)
            tables = simulate_under(experiment, kept.of(experiment, block.replication))
            files.append(_file(part.key, _rows(tables.indicators, block.detail), tables))
        lengths = [len(file).to_bytes(8, "little") for file in files]
        return b"".join([len(files).to_bytes(4, "little"), *lengths, *files])

    return work


def files_in(content: bytes) -> list[bytes]:
    """Return the files in what a worker gave back, in the order of the jobs of its block."""
    count = int.from_bytes(content[:4], "little")
    position, files = 4 + 8 * count, []
    for number in range(count):
        length = int.from_bytes(content[4 + 8 * number : 12 + 8 * number], "little")
        files.append(content[position : position + length])
        position += length
    return files


def _document(scenario: Scenario) -> dict[str, Any]:
    """Return what a scenario says that can make a difference: its name and description do not."""
    document: dict[str, Any] = json.loads(scenario.canonical_json())
    return document | {"name": "-", "description": ""}


def _key(
    document: Mapping[str, Any],
    region: Region | None,
    replication: int,
    dataset: Dataset,
    settings: Settings,
) -> str:
    """Return the name of a result: equal if and only if everything it depends on is."""
    parts = {
        "scenario": document,
        "region": None if region is None else [region.kind, region.name],
        "replication": replication,
        "seed": settings.seed,
        "engine": settings.engine,
        "detail": settings.detail,
        "rows": _ROWS_KEPT,
        "dataset": dataset.digest,
        "model": MODEL_VERSION,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _block(jobs: Sequence[Job], replication: int, dataset: Dataset, settings: Settings) -> bytes:
    parts = [
        Part(
            key=job.key,
            scenario=_document(job.variant.scenario),
            region=None if job.variant.region is None else (job.variant.region.kind, job.variant.region.name),
        )
        for job in jobs
    ]
    block = SweepBlock(
        model_version=MODEL_VERSION,
        dataset_digest=dataset.digest,
        seed=settings.seed,
        engine=settings.engine,
        replication=replication,
        detail=settings.detail,
        parts=tuple(parts),
    )
    return block.model_dump_json().encode()


def _check_worker(block: SweepBlock, dataset: Dataset) -> None:
    """Refuse a block of another version or another dataset; raises OtherWorker."""
    for what, asked, here in (
        ("version", block.model_version, MODEL_VERSION),
        ("dataset", block.dataset_digest, dataset.digest),
    ):
        if asked != here:
            raise OtherWorker(f"sweep.other_worker.{what}", asked=asked, here=here)


def _rows(indicators: pa.Table, detail: Detail) -> pa.Table:
    """Return the rows to keep: all, or those of the headline indicators, not by area nor by several things at once.

    Capacity is the exception: it is that of a location.
    """
    if detail == "all":
        return indicators
    headline = pa.array([item.id for item in CATALOGUE.values() if item.headline or item.id in _ALSO])
    mask = pc.is_in(indicators["indicator"], headline)
    for level in ("area", "band"):
        mask = pc.and_(mask, pc.equal(indicators[level], ""))
    by_location, by_profile = (pc.not_equal(indicators[level], "") for level in ("location", "profile"))
    return indicators.filter(pc.and_not(mask, pc.and_(by_location, by_profile)))


def _file(key: str, rows: pa.Table, tables: ReplicationTables) -> bytes:
    """Return a result as an Arrow file that says of what it is the result."""
    metadata = {
        KEY: key.encode(),
        PATIENTS: str(tables.patients).encode(),
        EVENTS: str(tables.events).encode(),
    }
    schema = INDICATORS.with_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(rows.replace_schema_metadata(metadata).combine_chunks())
    return bytes(sink.getvalue().to_pybytes())
