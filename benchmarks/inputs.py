"""What engines get, made once and kept in a folder, so that every measurement has the same patients.

Three sizes of real networks: a region, half the country, and the country. Part of the country means whole regions
with their locations and who goes there, not a sample of the patients: queues are as long as they are.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from zorgstroom.dataset import load_dataset
from zorgstroom.dataset.model import BoolArray
from zorgstroom.planning.plan import region_of
from zorgstroom.scenario_file import example_scenarios, load_scenario
from zorgstroom_simulator.engines import Network, PatientTable
from zorgstroom_simulator.experiment import Experiment, simulate_baseline

#: The examples that are measured, by what they are called in the tables.
EXAMPLES = {"region": "02-slokdarm-pancreas-een-locatie", "national": "09-long-60-per-locatie"}


@dataclass(frozen=True)
class EngineInput:
    """Patients with queues and the network they meet."""

    patients: PatientTable
    network: Network


def example(slug: str, engine: str = "compiled", seed: int = 1) -> Experiment:
    """Return the experiment of an example plan."""
    scenario = next(load_scenario(item.path) for item in example_scenarios() if item.slug == slug)
    return Experiment(load_dataset(), scenario, region_of(scenario.region), seed, engine)


def keep_input(size: str, folder: str) -> dict[str, Any]:
    """Write the engine input of a size (`EXAMPLES`) as it is today, replication 0; return its file."""
    outcome = simulate_baseline(example(EXAMPLES[size]), 0)
    return write_input(EngineInput(outcome.table, outcome.network), Path(folder, f"{size}.pickle"))


def keep_half(national: str, folder: str) -> dict[str, Any]:
    """Write half of the country; return its file."""
    given = read_input(national)
    return write_input(part_of(given, 0.5), Path(folder, "half.pickle"))


def write_input(given: EngineInput, file: Path) -> dict[str, Any]:
    """Write an engine input; return its file."""
    with file.open("wb") as stream:
        pickle.dump(given, stream, protocol=5)
    return {"file": str(file)}


def read_input(file: str | Path) -> EngineInput:
    """Read what `write_input` wrote in this run of the measurements."""
    with Path(file).open("rb") as stream:
        given = pickle.load(stream)
    assert isinstance(given, EngineInput)
    return given


def part_of(given: EngineInput, share: float) -> EngineInput:
    """Return the locations that have about this share of the patients, and those patients.

    The other locations have no queue: who is sent there finds a bed, as from a region.
    """
    inside = locations_with(given.patients, share)
    patients, network = given.patients, given.network
    rows = np.flatnonzero(inside[patients.location[:, 0]])
    columns = {
        field.name: np.ascontiguousarray(getattr(patients, field.name)[rows])
        for field in fields(patients)
        if field.name != "epochs"
    }
    table = PatientTable(epochs=patients.epochs, **columns)
    return EngineInput(table, replace(network, queued=network.queued & inside))


def locations_with(patients: PatientTable, share: float) -> BoolArray:
    """Return locations, region by region, that together have about this share of the patients; bool[L]."""
    locations = load_dataset().locations
    per_location = np.bincount(patients.location[:, 0], minlength=len(locations))
    wanted, have = share * len(patients), 0
    chosen = np.zeros(len(locations), np.bool_)
    for row in sorted(range(len(locations)), key=lambda row: (locations[row].roaz, row)):
        if have + per_location[row] / 2 <= wanted:
            chosen[row] = True
            have += int(per_location[row])
    return chosen
