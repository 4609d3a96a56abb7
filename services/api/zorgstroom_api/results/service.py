"""What came out of a run, read from the artefact store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from zorgstroom.artefacts import ArtefactStore
from zorgstroom.dataset.model import Dataset
from zorgstroom.reporting.impact import Impact
from zorgstroom_api import PREFIX
from zorgstroom_api.results.headline import headline
from zorgstroom_api.results.repository import ResultRepository
from zorgstroom_api.results.schemas import ArtefactInfo, Headline, Results
from zorgstroom_api.runs.repository import RunRepository
from zorgstroom_api.store.database import Database

IMPACT = "impact"


@dataclass(frozen=True)
class ResultPart:
    """One part of a result, and where it is."""

    sha256: str
    path: Path
    #: There are confidential figures of an organisation behind it.
    confidential: bool


class ResultService:
    """What can be read of a result."""

    def __init__(
        self, database: Database, artefacts: ArtefactStore, load_dataset: Callable[[], Dataset]
    ) -> None:
        self._database = database
        self._artefacts = artefacts
        self._load_dataset = load_dataset

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
            results = ResultRepository(session)
            found = headline(run_id, run.settings["replications"], results.headline(run_id))
            confidential = results.confidential(run_id)
        if not confidential:
            # While it is computed nobody but the dataset says so.
            dataset = self._load_dataset()
            confidential = dataset.confidential and dataset.digest == run.dataset_digest
        return found.model_copy(update={"confidential": confidential})

    def find(self, run_id: str, name: str) -> ResultPart:
        """Return one part of a result. Raises `NotFound`."""
        with self._database.read() as session:
            row, confidential = ResultRepository(session).artefact(run_id, name)
        return ResultPart(row.sha256, self._artefacts.path(row.key), confidential)

    def digests(self, run_ids: Sequence[str], name: str) -> Sequence[str]:
        """Return the SHA-256 of this part of every run. Raises `NotFound`."""
        with self._database.read() as session:
            results = ResultRepository(session)
            return [results.artefact(run_id, name)[0].sha256 for run_id in run_ids]

    def impact(self, run_id: str) -> Impact:
        """Return the impact analysis. Raises `NotFound`."""
        return Impact.model_validate_json(self.find(run_id, IMPACT).path.read_bytes())
