"""Blocks of replications as bytes: what a computing process gets, and what it gives back.

A block says of which dataset it is, which the process has loaded, and carries the scenario document; results are
Arrow streams behind a short JSON header.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from zorgstroom import MODEL_VERSION
from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.errors import Conflict
from zorgstroom.events.schemas import HeadlineIndicator
from zorgstroom_simulator.daily import from_lists
from zorgstroom_simulator.experiment import (
    Experiment,
    ReplicationTables,
    simulate_replication,
    simulate_under,
)
from zorgstroom_simulator.kept_today import KeptToday

#: For `LocalCompute`.
PREPARE = f"{__name__}:prepare"
_TABLES = ("indicators", "flows", "conservation")
#: Only of runs of several years, and only when asked for.
_OPTIONAL = ("years", "journeys")


class Block(BaseModel):
    """Replications of one experiment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: Who does it must be of this version, or tables would differ.
    model_version: str
    dataset_digest: str
    scenario: dict[str, Any]
    #: (kind, name).
    region: tuple[str, str] | None
    seed: int
    engine: str
    replications: tuple[int, ...]
    #: The journey of every patient too.
    journeys: bool = False


def block_of(experiment: Experiment, replications: Iterable[int], *, journeys: bool = False) -> bytes:
    """Return the block that computes these replications of an experiment, with every patient's journey or without."""
    region = experiment.region
    block = Block(
        model_version=MODEL_VERSION,
        dataset_digest=experiment.dataset.digest,
        scenario=json.loads(experiment.scenario.canonical_json()),
        region=None if region is None else (region.kind, region.name),
        seed=experiment.seed,
        engine=experiment.engine,
        replications=tuple(replications),
        journeys=journeys,
    )
    return block.model_dump_json().encode()


def prepare(dataset_name: str) -> Callable[[bytes], bytes]:
    """Load the dataset once; return what computes blocks on it."""
    return work_on(load_dataset(dataset_name))


def work_on(dataset: Dataset) -> Callable[[bytes], bytes]:
    """Return what computes blocks on a dataset; it keeps patients for the next plan for the same region."""
    kept = KeptToday()
    return lambda block: _compute(dataset, Block.model_validate_json(block), kept)


def _compute(dataset: Dataset, block: Block, kept: KeptToday) -> bytes:
    experiment = experiment_of(dataset, block)
    if block.journeys:
        # What is kept of today is without them.
        return encode(
            simulate_replication(experiment, replication, journeys=True) for replication in block.replications
        )
    return encode(
        simulate_under(experiment, kept.of(experiment, replication)) for replication in block.replications
    )


def experiment_of(dataset: Dataset, block: Block) -> Experiment:
    """Return the experiment that a block is part of.

    Raises Conflict if it is of another dataset, whose files may have changed between the start of one process and the
    next, or of another version of the model, which a worker of a cluster may have.
    """
    if block.model_version != MODEL_VERSION:
        raise Conflict("simulator.other_version", own=MODEL_VERSION, asked=block.model_version)
    if block.dataset_digest != dataset.digest:
        own, asked = dataset.digest[:12], block.dataset_digest[:12]
        raise Conflict("simulator.other_dataset", dataset=dataset.id, own=own, asked=asked)
    return Experiment(
        dataset=dataset,
        scenario=Scenario.model_validate(block.scenario),
        region=None if block.region is None else Region(*block.region),
        seed=block.seed,
        engine=block.engine,
    )


def encode(results: Iterable[ReplicationTables]) -> bytes:
    """Return replications as bytes: length of the header, header, Arrow streams."""
    header: list[dict[str, Any]] = []
    streams: list[bytes] = []
    for result in results:
        tables = {name: _stream(getattr(result, name)) for name in _TABLES}
        tables |= {name: _stream(table) for name in _OPTIONAL if (table := getattr(result, name)) is not None}
        streams += tables.values()
        header.append(
            {
                "replication": result.replication,
                "headline": [item.model_dump(mode="json") for item in result.headline],
                "daily": result.daily.as_lists(),
                "patients": result.patients,
                "events": result.events,
                "lengths": {name: len(table) for name, table in tables.items()},
            }
        )
    encoded = json.dumps(header).encode()
    return b"".join([len(encoded).to_bytes(8, "little"), encoded, *streams])


def decode(content: bytes) -> Sequence[ReplicationTables]:
    """Return the replications in the bytes that `encode` made."""
    view = memoryview(content)
    position = 8 + int.from_bytes(view[:8], "little")
    results = []
    for item in json.loads(bytes(view[8:position])):
        tables = {}
        for name, length in item["lengths"].items():
            with pa.ipc.open_stream(pa.py_buffer(view[position : position + length])) as reader:
                tables[name] = reader.read_all()
            position += length
        results.append(
            ReplicationTables(
                replication=item["replication"],
                headline=tuple(map(HeadlineIndicator.model_validate, item["headline"])),
                daily=from_lists(item["daily"]),
                patients=item["patients"],
                events=item["events"],
                **tables,
            )
        )
    return results


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())
