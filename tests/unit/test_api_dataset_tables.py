"""The tables of the shipped dataset over HTTP, with what they rest on; and those that are not given."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from tests.support.api import small_dataset

from zorgstroom.dataset import dataset_folder, load_dataset
from zorgstroom.dataset.model import Dataset
from zorgstroom_api.app import create_app
from zorgstroom_api.settings import ApiSettings

pytestmark = pytest.mark.unit

TABLES = "/v1/datasets/nl2025/tables"


def serving(folder: Path, dataset: Dataset) -> TestClient:
    settings = ApiSettings(data_dir=folder, poll_seconds=0.02)
    return TestClient(create_app(settings, lambda _name: dataset), base_url="http://127.0.0.1:8000")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with serving(tmp_path_factory.mktemp("api"), load_dataset("nl2025")) as made:
        yield made


def test_every_table_is_listed_with_its_sources(client: TestClient) -> None:
    found = client.get(TABLES).json()
    by_name = {item["name"]: item for item in found["items"]}
    norms = by_name["norms"]
    lines = (dataset_folder("nl2025") / "norms.csv").read_text("utf-8").splitlines()
    assert norms["rows"] == len(lines) - 1
    assert norms["sources"]
    assert not norms["calculated"]
    # Facts about a site name their source in a column of their own.
    assert by_name["locations"]["sources"]
    assert by_name["travel_hundredths"]["calculated"]
    assert "durations" not in by_name
    assert any("CC" in licence or "Creative" in licence for licence in found["licences"])


def test_a_table_comes_in_every_form_with_the_same_rows(client: TestClient) -> None:
    rows = client.get(f"{TABLES}/norms").json()
    count = len(rows["items"])
    dutch = client.get(f"{TABLES}/norms", params={"format": "csv", "lang": "nl"})
    english = client.get(f"{TABLES}/norms", params={"format": "csv", "lang": "en"})
    assert dutch.text.startswith("\ufeff")
    assert dutch.text.count(";") > english.text.count(";")
    parquet = pq.read_table(io.BytesIO(client.get(f"{TABLES}/norms", params={"format": "parquet"}).content))
    assert parquet.column_names == rows["columns"]
    assert parquet.num_rows == count
    excel = openpyxl.load_workbook(
        io.BytesIO(client.get(f"{TABLES}/norms", params={"format": "xlsx"}).content)
    )
    assert excel["norms"].max_row == count + 1
    assert 'filename="zorgstroom-nl2025-norms.csv"' in dutch.headers["content-disposition"]
    held = client.get(
        f"{TABLES}/norms", headers={"If-None-Match": client.get(f"{TABLES}/norms").headers["etag"]}
    )
    assert held.status_code == 304


@pytest.mark.parametrize("name", ["../../../pyproject.toml", "datapackage.json", "normen", "gumbel_values"])
def test_what_is_no_table_is_not_given(client: TestClient, name: str) -> None:
    answer = client.get(f"{TABLES}/{name.replace('/', '%2F')}")
    assert answer.status_code == 404


def test_the_nearest_table_is_named(client: TestClient) -> None:
    assert "norms?" in client.get(f"{TABLES}/normss", headers={"Accept-Language": "nl"}).json()["detail"]


def test_figures_of_an_organisation_are_listed_but_not_given(tmp_path: Path) -> None:
    secret = dataclasses.replace(load_dataset("nl2025"), confidential=True)
    with serving(tmp_path, secret) as client:
        listed = client.get(TABLES)
        assert listed.json()["confidential"]
        answer = client.get(f"{TABLES}/norms")
        assert answer.status_code == 403
        assert answer.json()["code"] == "datasets.confidential"


def test_a_dataset_that_came_from_elsewhere_has_no_tables_to_give(tmp_path: Path) -> None:
    with serving(tmp_path, small_dataset()) as client:
        assert client.get("/v1/datasets/small/tables").json()["items"] == []
        assert client.get("/v1/datasets/small/tables/norms").status_code == 404
        assert client.get(TABLES).status_code == 404
