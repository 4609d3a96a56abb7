"""What a run leaves behind: the four tables, the impact analysis and the manifest that leads back to them."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from zorgstroom import MODEL_VERSION
from zorgstroom.artefacts import ArtefactStore
from zorgstroom.dataset.model import Dataset
from zorgstroom.events.schemas import Artefact
from zorgstroom.planning.check import check_scenario
from zorgstroom.reporting import cross_check, wording
from zorgstroom.reporting.build import build_impact
from zorgstroom.reporting.impact import SCHEMA_VERSION as IMPACT_VERSION
from zorgstroom.reporting.impact import CrossCheck, Identity, Impact, TextRef, Warmup
from zorgstroom.reporting.warmup import sentence
from zorgstroom.scenario_file import scenario_digest
from zorgstroom.tables import SCHEMA_VERSION, canonical_digest, to_parquet
from zorgstroom_simulator.experiment import Experiment, ReplicationTables, combine
from zorgstroom_simulator.precision import Target, precision
from zorgstroom_simulator.settling import check_warmup

#: Name of the impact analysis among the artefacts.
IMPACT = "impact"


@dataclass(frozen=True)
class Outcome:
    """Everything a run leaves behind."""

    tables: dict[str, pa.Table]
    impact: Impact
    manifest: dict[str, Any]

    @property
    def confidential(self) -> bool:
        """Whether an organisation's confidential figures are in it."""
        return self.impact.identity.confidential


def make_outcome(
    experiment: Experiment,
    replications: Sequence[ReplicationTables],
    *,
    run_id: str,
    created: str,
    wall_seconds: float,
    peak_memory_mb: float | None = None,
    waterfall: pa.Table | None = None,
    resilience: pa.Table | None = None,
    target: Target | None = None,
    checked: CrossCheck | None = None,
    kept: int = 0,
) -> Outcome:
    """Put the replications of a run together.

    `created` is an ISO 8601 time, `peak_memory_mb` that of the largest process, where it is known; these,
    `run_id` and `wall_seconds` are the only things that differ when the same run is done again. `waterfall` is the
    table of what each part of the plan does, `resilience` that of what shocks do, where that was asked for;
    `target` the precision that was asked for; `checked` what the other engine gave, where that was asked for; `kept`
    how many of the replications were computed before, for another run, and kept.
    """
    tables = combine(replications)
    if waterfall is not None:
        tables["waterfall"] = waterfall
    if resilience is not None:
        tables["resilience"] = resilience
    dataset, region = experiment.dataset, experiment.region
    region_name = "" if region is None else f"{region.kind}:{region.name}"
    warnings = check_scenario(experiment.scenario, dataset, region).warnings
    ordered = sorted(replications, key=lambda result: result.replication)
    reached = precision([result.headline for result in ordered], target)
    warmup = check_warmup([result.daily for result in ordered], experiment.calendar)
    impact = build_impact(
        tables,
        dataset,
        experiment.scenario,
        region,
        Identity(
            run_id=run_id,
            region=region_name,
            dataset_id=dataset.id,
            dataset_version=dataset.version,
            dataset_digest=dataset.digest,
            model_version=MODEL_VERSION,
            engine=experiment.engine,
            seed=experiment.seed,
            replications=len(replications),
            demand_year=experiment.scenario.horizon.demand_year or dataset.base_year,
            weeks=experiment.scenario.horizon.weeks,
            created=created,
            confidential=dataset.confidential,
            own_figures=len(dataset.own),
            dataset_based_on=dataset.based_on,
        ),
        [
            *(wording.warning(problem, dataset) for problem in warnings),
            *_too_short(warmup),
            *_unequal(checked),
        ],
    ).model_copy(update={"precision": reached, "warmup": warmup, "cross_check": checked})
    manifest = {
        "run_id": run_id,
        "model_version": MODEL_VERSION,
        "dataset": described(dataset),
        "confidential": dataset.confidential,
        "scenario_digest": scenario_digest(experiment.scenario),
        "settings": {
            "replications": len(replications),
            "seed": experiment.seed,
            "region": region_name or None,
            "engine": experiment.engine,
        },
        "replications": {"computed": len(replications) - kept, "kept": kept},
        "precision": reached.model_dump(),
        "warmup": warmup.model_dump(),
        "cross_check": None if checked is None else {**checked.model_dump(), "equal": checked.equal},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": packages(),
        "created": created,
        "wall_seconds": round(wall_seconds, 3),
        "patients": sum(result.patients for result in replications),
        "events": sum(result.events for result in replications),
        "peak_memory_mb": peak_memory_mb,
        "table_digests": {name: canonical_digest(table) for name, table in tables.items()},
    }
    return Outcome(tables, impact, manifest)


def _too_short(warmup: Warmup) -> list[TextRef]:
    """Return a warning if beds were not filled yet when counting began."""
    line = sentence(warmup) if warmup.enough is False else None
    return [] if line is None else [line]


def _unequal(checked: CrossCheck | None) -> list[TextRef]:
    """Return a warning if the other engine gave something else."""
    return [] if checked is None or checked.equal else [cross_check.sentence(checked)]


def keep(outcome: Outcome, store: ArtefactStore) -> list[Artefact]:
    """Put tables and impact analysis in the artefact store; return where they are. Raises `Unavailable`."""
    artefacts = []
    for name, table in outcome.tables.items():
        content = to_parquet(table, confidential=outcome.confidential)
        key, sha256 = store.put(f"{name}.parquet", content)
        artefacts.append(
            Artefact(
                name=name,
                key=key,
                sha256=sha256,
                table_digest=outcome.manifest["table_digests"][name],
                rows=table.num_rows,
                bytes=len(content),
                schema_version=SCHEMA_VERSION,
            )
        )
    content = outcome.impact.model_dump_json().encode()
    key, sha256 = store.put(f"{IMPACT}.json", content)
    artefacts.append(
        Artefact(
            name=IMPACT,
            key=key,
            sha256=sha256,
            table_digest=hashlib.sha256(content).hexdigest(),
            rows=1,
            bytes=len(content),
            schema_version=IMPACT_VERSION,
        )
    )
    return artefacts


def described(dataset: Dataset) -> dict[str, Any]:
    """Return what a manifest says of a dataset."""
    return {
        "id": dataset.id,
        "version": dataset.version,
        "digest": dataset.digest,
        "based_on": dataset.based_on or None,
        "own_figures": len(dataset.own),
    }


@functools.cache
def packages() -> dict[str, str]:
    """Return every installed package with its version."""
    return {
        package.name: package.version
        for package in sorted(importlib.metadata.distributions(), key=lambda item: item.name.lower())
    }
