"""What came out of a run, read from the artefact store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zorgstroom.artefacts import ArtefactStore
from zorgstroom.reporting.impact import Impact
from zorgstroom_api import PREFIX
from zorgstroom_api.results.headline import headline
from zorgstroom_api.results.repository import ResultRepository
from zorgstroom_api.results.schemas import ArtefactInfo, Headline, Results
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import ArtefactRow

IMPACT = "impact"


class ResultService:
    """What can be read of a result."""

    def __init__(self, database: Database, artefacts: ArtefactStore) -> None:
        self._database = database
        self._artefacts = artefacts

    def list(self, run_id: str) -> Results:
        """Return the parts of a result and the manifest. Raises `NotFound`."""
        with self._database.read() as session:
            results = ResultRepository(session)
            result = results.get(run_id)
            rows = results.artefacts(run_id)
        return Results(
            run_id=run_id,
            published=result.published,
            manifest=result.manifest,
            artefacts=[
                ArtefactInfo(
                    name=row.name,
                    rows=row.rows,
                    bytes=row.bytes,
                    sha256=row.sha256,
                    table_digest=row.table_digest,
                    schema_version=row.schema_version,
                    address=f"{PREFIX}/runs/{run_id}/{'' if row.name == IMPACT else 'results/'}{row.name}",
                )
                for row in rows
            ],
        )

    def headline(self, run_id: str) -> Headline:
        """Return the headline numbers so far. Raises `NotFound`."""
        with self._database.read() as session:
            run = RunRepository(session).get(run_id)
            return headline(run_id, run.settings["replications"], ResultRepository(session).headline(run_id))

    def find(self, run_id: str, name: str) -> tuple[ArtefactRow, Path]:
        """Return one part of a result and its file. Raises `NotFound`."""
        with self._database.read() as session:
            row = ResultRepository(session).artefact(run_id, name)
        return row, self._artefacts.path(row.key)

    def digests(self, run_ids: Sequence[str], name: str) -> Sequence[str]:
        """Return the SHA-256 of this part of every run. Raises `NotFound`."""
        with self._database.read() as session:
            results = ResultRepository(session)
            return [results.artefact(run_id, name).sha256 for run_id in run_ids]

    def impact(self, run_id: str) -> Impact:
        """Return the impact analysis. Raises `NotFound`."""
        return Impact.model_validate_json(self.find(run_id, IMPACT)[1].read_bytes())
