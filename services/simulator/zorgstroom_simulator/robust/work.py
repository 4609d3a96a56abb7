"""One draw of a robustness run in a process of its own: another world, simulated without and with the plan.

A block says which draw; the process makes the draw's facts from the dataset's, derives the baseline from them and
simulates. The seed of the patients is the same in every draw: what differs between draws are the assumptions.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from zorgstroom.dataset.loading import dataset_folder, load_primary
from zorgstroom.domain.area import Region
from zorgstroom.domain.scenario import Scenario
from zorgstroom.planning.check import check_scenario
from zorgstroom.text import LANGUAGES
from zorgstroom_simulator.calibrate import derive
from zorgstroom_simulator.compute import Work
from zorgstroom_simulator.experiment import Experiment, simulate_replication
from zorgstroom_simulator.robust.conclusions import Measure, measured
from zorgstroom_simulator.robust.dimensions import dimensions
from zorgstroom_simulator.robust.hypercube import FloatArray, latin_hypercube
from zorgstroom_simulator.robust.perturbation import perturbed
from zorgstroom_simulator.unit_access import people

#: For `LocalCompute`.
PREPARE = f"{__name__}:prepare"


class DrawBlock(BaseModel):
    """One draw of one experiment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: dict[str, Any]
    #: (kind, name).
    region: tuple[str, str] | None
    seed: int
    engine: str
    draw: int
    draws: int
    replications: int
    #: Fields of `Measure`: what to give back.
    measures: tuple[tuple[str, str, str, str, str, str], ...]


@dataclasses.dataclass(frozen=True, eq=False)
class DrawResult:
    """What a draw gave: its measures, or why the plan cannot be carried out in it."""

    draw: int
    #: float64[measures, 2]: today and under the plan, means over simulated years; None where the plan is impossible.
    values: FloatArray | None
    #: In both languages.
    reason: dict[str, str]


def block_of(
    experiment: Experiment, measures: Sequence[Measure], draw: int, draws: int, replications: int
) -> bytes:
    """Return the block that computes one draw."""
    region = experiment.region
    block = DrawBlock(
        scenario=json.loads(experiment.scenario.canonical_json()),
        region=None if region is None else (region.kind, region.name),
        seed=experiment.seed,
        engine=experiment.engine,
        draw=draw,
        draws=draws,
        replications=replications,
        measures=tuple(dataclasses.astuple(measure) for measure in measures),
    )
    return block.model_dump_json().encode()


def prepare(dataset_name: str) -> Work:
    """Load the facts of the dataset once; return what computes draws of it."""
    folder = dataset_folder(dataset_name)
    primary = load_primary(folder)
    drawn = dimensions(folder, primary)
    names = tuple(item.name for item in drawn)

    def compute(content: bytes) -> bytes:
        block = DrawBlock.model_validate_json(content)
        positions = _hypercube(names, block.draws, block.seed)[block.draw]
        dataset, _ = derive(perturbed(primary, drawn, positions))
        experiment = Experiment(
            dataset=dataset,
            scenario=Scenario.model_validate(block.scenario),
            region=None if block.region is None else Region(*block.region),
            seed=block.seed,
            engine=block.engine,
        )
        result = json.dumps(_simulate(experiment, block)).encode()
        # What is kept of a dataset keeps all of it; nobody asks for that of a draw again.
        people.cache_clear()
        return result

    return compute


def decode(content: bytes) -> DrawResult:
    """Return the result in the bytes that a process gave back."""
    document = json.loads(content)
    values = document["values"]
    return DrawResult(
        draw=document["draw"],
        values=None if values is None else np.array(values, dtype=np.float64),
        reason=document["reason"],
    )


@lru_cache(maxsize=2)
def _hypercube(names: tuple[str, ...], draws: int, seed: int) -> FloatArray:
    return latin_hypercube(names, draws, seed)


def _simulate(experiment: Experiment, block: DrawBlock) -> dict[str, Any]:
    """Return a draw as a document: its values, or the reason why the plan is impossible in it."""
    errors = check_scenario(experiment.scenario, experiment.dataset, experiment.region).errors
    if errors:
        reason = {language: errors[0].message(language) for language in LANGUAGES}
        return {"draw": block.draw, "values": None, "reason": reason}
    numbers = range(block.replications)
    results = [simulate_replication(experiment, number) for number in numbers]
    values = measured(
        pa.concat_tables([result.indicators for result in results]),
        pa.concat_tables([result.flows for result in results]),
        [Measure(*fields) for fields in block.measures],
        numbers,
        experiment.scenario.horizon.weeks,
    )
    return {"draw": block.draw, "values": _means(values), "reason": {}}


def _means(values: FloatArray) -> list[list[float | None]]:
    """Return the means over simulated years of float64[measures, 2, years]; None where nothing was observed."""
    return [[_mean(side) for side in sides] for sides in values]


def _mean(values: FloatArray) -> float | None:
    seen = [value for value in values.tolist() if np.isfinite(value)]
    return sum(seen) / len(seen) if seen else None
