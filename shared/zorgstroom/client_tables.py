"""The tables of a dataset: which there are, and their rows."""

from __future__ import annotations

from zorgstroom.client_base import Calls
from zorgstroom.client_depth import RowsPage
from zorgstroom.dataset_document import DatasetTables


class DatasetTableCalls(Calls):
    """Questions about the tables of the dataset in use."""

    def dataset_tables(self, dataset_id: str = "nl2025") -> DatasetTables:
        """Return the tables with their sources."""
        return DatasetTables.model_validate_json(self._get(f"/datasets/{dataset_id}/tables").content)

    def dataset_rows(self, table: str, dataset_id: str = "nl2025") -> RowsPage:
        """Return all rows of a table."""
        address = f"/datasets/{dataset_id}/tables/{table}"
        return RowsPage.model_validate_json(self._get(address, params={"format": "json"}).content)

    def dataset_file(self, table: str, media_type: str, dataset_id: str = "nl2025") -> bytes:
        """Return a table as a file: CSV, Excel or Parquet."""
        address = f"/datasets/{dataset_id}/tables/{table}"
        return self._get(address, headers={"Accept": media_type}).content
