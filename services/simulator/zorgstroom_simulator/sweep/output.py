"""What a sweep leaves behind when it is complete: the tables, the summary, what was asked, and the manifest.

The manifest comes last and goes first: where it stands, it is about the tables beside it.
"""

from __future__ import annotations

import hashlib
import json
import platform
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from zorgstroom import MODEL_VERSION
from zorgstroom.dataset.model import Dataset
from zorgstroom.errors import InvalidInput, Problem
from zorgstroom.scenario_file import scenario_digest
from zorgstroom.text import Language
from zorgstroom_simulator.outcome import described, packages
from zorgstroom_simulator.resources import peak_memory_mb
from zorgstroom_simulator.sweep.document import SweepFile
from zorgstroom_simulator.sweep.results import csv_of, sweep_tables, variants_table, write_tables
from zorgstroom_simulator.sweep.show import Outcomes, outcomes_of
from zorgstroom_simulator.sweep.store import ResultStore
from zorgstroom_simulator.sweep.summarising import Gatherer, files_of
from zorgstroom_simulator.sweep.variants import Variants
from zorgstroom_simulator.sweep.work import EVENTS, PATIENTS, Settings, keys_of

MANIFEST, ASKED = "manifest.json", "sweep.json"
TABLE = "sweep"
PARQUET, CSV, VARIANTS = f"{TABLE}.parquet", f"{TABLE}.csv", "variants.csv"


@dataclass(frozen=True)
class Identity:
    """What was asked and how it was computed: for the manifest."""

    file: SweepFile
    dataset: Dataset
    settings: Settings
    replications: int
    #: As it was asked, such as ``roaz:Limburg``; None: that of the scenario.
    region: str | None
    compute: str
    #: Simulated years that this command made; the others were there.
    computed: int
    created: str
    wall_seconds: float

    @property
    def profile(self) -> str | None:
        """The one profile that the sweep is about, if there is one."""
        sweep = self.file.sweep
        named = list(sweep.norm_steps or ())
        if sweep.left_out is not None and sweep.left_out.profile is not None:
            named.append(sweep.left_out.profile)
        return named[0] if len(named) == 1 else None


def finish(
    found: Variants, store: ResultStore, identity: Identity, language: Language
) -> tuple[dict[int, Outcomes], dict[str, Any]]:
    """Write everything; return the outcomes of the possible variants by their number, and the manifest.

    The summary is in a language, the tables are not. Raises InvalidInput if something cannot be written, or if a result
    is gone again.
    """
    reader = _Reader(found, store, identity)
    gatherer = Gatherer(found, identity.dataset, identity.profile)
    outcomes: dict[int, Outcomes] = {}

    def indicators_of(position: int) -> pa.Table:
        table = reader.indicators(position)
        gatherer.take(found.variants[position], table)
        return table

    def noted() -> Iterator[pa.Table]:
        for variant, table in zip(found.variants, sweep_tables(found, indicators_of), strict=True):
            if variant.possible:
                outcomes[variant.number] = outcomes_of(table, identity.profile or "")
            yield table

    store.forget(MANIFEST)
    confidential = identity.dataset.confidential
    with store.writing(), tempfile.TemporaryDirectory(prefix=".tables-", dir=store.folder) as unfinished:
        made = {name: Path(unfinished) / name for name in (PARQUET, CSV)}
        write_tables(noted(), made[PARQUET], made[CSV], confidential=confidential)
        digests = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in made.items()}
        for name, path in made.items():
            path.replace(store.folder / name)
    others = {
        VARIANTS: csv_of(variants_table(found)),
        ASKED: _indented(
            {
                "sweep": identity.file.document.value,
                "base": json.loads(identity.file.base.canonical_json()),
            }
        ),
    }
    summary = gatherer.summary(identity.file.sweep.name, identity.replications)
    for name, content in (others | files_of(summary, language, identity.dataset)).items():
        store.write(name, content)
        digests[name] = hashlib.sha256(content).hexdigest()
    manifest = _manifest(found, identity, digests, reader)
    store.write(MANIFEST, _indented(manifest))
    return outcomes, manifest


class _Reader:
    """Reads the results of a variant, and counts what they are made of."""

    def __init__(self, found: Variants, store: ResultStore, identity: Identity) -> None:
        self._found, self._store, self._identity = found, store, identity
        self.patients = self.events = 0

    def indicators(self, position: int) -> pa.Table:
        """Return all replications of the variant at a position."""
        identity = self._identity
        variant = self._found.variants[position]
        tables = []
        for key in keys_of(variant, identity.replications, identity.dataset, identity.settings):
            table = self._store.get(key)
            if table is None:
                params = {"folder": str(self._store.folder), "number": variant.number}
                raise InvalidInput([Problem("--out", "sweep.result_gone", params)])
            self.patients += int(table.schema.metadata[PATIENTS])
            self.events += int(table.schema.metadata[EVENTS])
            tables.append(table.replace_schema_metadata(None))
        return pa.concat_tables(tables)


def _manifest(
    found: Variants, identity: Identity, digests: dict[str, str], reader: _Reader
) -> dict[str, Any]:
    dataset, settings = identity.dataset, identity.settings
    return {
        "sweep": identity.file.sweep.name,
        "model_version": MODEL_VERSION,
        "dataset": described(dataset),
        "confidential": dataset.confidential,
        "base_digest": scenario_digest(identity.file.base),
        "settings": {
            "replications": identity.replications,
            "seed": settings.seed,
            "region": identity.region,
            "engine": settings.engine,
            "indicators": settings.detail,
            "compute": identity.compute,
        },
        "variants": len(found.variants),
        "not_possible": len(found.variants) - len(found.possible),
        "computed_years": identity.computed,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": packages(),
        "created": identity.created,
        "wall_seconds": round(identity.wall_seconds, 3),
        "patients": reader.patients,
        "events": reader.events,
        "peak_memory_mb": peak_memory_mb(),
        "file_digests": digests,
    }


def _indented(document: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
