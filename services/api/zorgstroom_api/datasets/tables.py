"""The tables of the dataset in use, as its description lists them, and each of them as a file."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
from pydantic import BaseModel, Field

from zorgstroom.dataset import dataset_folder
from zorgstroom.dataset.model import Dataset
from zorgstroom.dataset_document import DatasetTables, TableInfo
from zorgstroom.errors import NotAllowed, NotFound, ZorgstroomError, nearest_known
from zorgstroom_api.datasets.service import DatasetService
from zorgstroom_api.results.tables import TableFile

_DESCRIPTION = "datapackage.json"


class ConfidentialDataset(NotAllowed):
    """The figures of an organisation leave its installation only as outcomes that carry the mark."""

    key = "datasets.confidential"
    http_status = 403


class _Description(BaseModel):
    """What is used of ``datapackage.json``."""

    name: str
    version: str
    created: str = ""
    licenses: list[dict[str, str]] = Field(default=[])
    resources: list[dict[str, Any]] = Field(default=[])


class DatasetTableService:
    """Reads the folder the dataset came from; `name` is a shipped dataset or a folder."""

    def __init__(self, name: str, datasets: DatasetService) -> None:
        self._name = name
        self._datasets = datasets
        self._made: dict[str, DatasetTables] = {}

    def list(self, dataset_id: str) -> DatasetTables:
        """Return the tables. Raises `NotFound`, `DatasetUnreadable`."""
        dataset = self._known(dataset_id)
        if dataset.digest not in self._made:
            self._made = {dataset.digest: self._describe(dataset)}
        return self._made[dataset.digest]

    @contextmanager
    def open(self, dataset_id: str, name: str) -> Iterator[TableFile]:
        """Give one table, to be read until the end of the block. Raises `NotFound`, `ConfidentialDataset`."""
        dataset, found = self._known(dataset_id), self._description(dataset_id)
        if dataset.confidential:
            raise ConfidentialDataset
        paths = _paths(found)
        if name not in paths:
            near = nearest_known(name, paths)
            key = "datasets.no_table_near" if near else "datasets.no_table"
            raise NotFound(key, name=name, known=", ".join(paths), nearest=near or "")
        table = _read(dataset_folder(self._name) / paths[name])
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            pq.write_table(table, file.name)
            yield TableFile(Path(file.name), {})

    def _known(self, dataset_id: str) -> Dataset:
        # Says that it is not there in the words of the other addresses.
        self._datasets.info(dataset_id)
        return self._datasets.load()

    def _description(self, dataset_id: str) -> _Description:
        """Return the description of the folder; an empty one where the dataset did not come from it."""
        try:
            content = (dataset_folder(self._name) / _DESCRIPTION).read_text("utf-8")
            found = _Description.model_validate(json.loads(content))
        except (OSError, ValueError, ZorgstroomError):
            found = _Description(name="", version="")
        return found if found.name == dataset_id else _Description(name=dataset_id, version="")

    def _describe(self, dataset: Dataset) -> DatasetTables:
        found = self._description(dataset.id)
        folder = dataset_folder(self._name)
        titles = {source.id: f"{source.publisher}: {source.title}" for source in dataset.sources}
        licences = {source.id: source.licence for source in dataset.sources}
        items = []
        for name, path in _paths(found).items():
            rows, named = _rows_and_sources(folder / path)
            described: Mapping[str, Any] = next(item for item in found.resources if item["name"] == name)
            items.append(
                TableInfo(
                    name=name,
                    title=str(described.get("title", name)),
                    description=str(described.get("description", "")),
                    rows=rows,
                    bytes=(folder / path).stat().st_size,
                    calculated="/" in path,
                    sources=sorted({titles[item] for item in named if item in titles}),
                    licences=sorted({licences[item] for item in named if licences.get(item)}),
                )
            )
        return DatasetTables(
            dataset=dataset.id,
            version=dataset.version,
            created=found.created,
            licences=[item.get("title", item.get("name", "")) for item in found.licenses],
            items=items,
            confidential=dataset.confidential,
        )


def _paths(found: _Description) -> dict[str, str]:
    return {
        str(item["name"]): str(item["path"])
        for item in found.resources
        if str(item.get("path", "")).endswith(".csv")
    }


def _read(path: Path) -> pa.Table:
    """Return a table with numbers and texts; a day stays the text it is, in every form."""
    table = pcsv.read_csv(path)
    fields = [
        pa.field(field.name, pa.string()) if pa.types.is_temporal(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _rows_and_sources(path: Path) -> tuple[int, set[str]]:
    """Return how many rows a table has, and the sources that these name."""
    table = _read(path)
    columns = [name for name in table.column_names if name == "source" or name.endswith("_source")]
    named = {str(value) for name in columns for value in table[name].unique().to_pylist() if value}
    return table.num_rows, {part.strip() for value in named for part in value.split(";")}
