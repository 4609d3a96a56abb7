"""Places, assumptions and weeks over HTTP: what is told, in which form, and what is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from tests.support import sample_result
from tests.support.api import Api, running_api

from zorgstroom.dataset import load_dataset
from zorgstroom_api.app import create_app
from zorgstroom_api.settings import ApiSettings

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("places")) as running:
        yield running


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The API on the dataset that comes with the product: the small country has no folder with a register."""
    settings = ApiSettings(data_dir=tmp_path_factory.mktemp("shipped"))
    app = create_app(settings, load_dataset)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        yield client


def test_an_area_tells_how_far_acute_care_and_its_usual_hospital_are(api: Api) -> None:
    answer = api.client.get("/v1/datasets/small/areas")
    north, middle, south = answer.json()["items"]
    assert (north["name"], north["inhabitants"], north["ages"]["75plus"]) == ("Noordstad", 100_000, 8_000)
    assert (middle["emergency"]["location"], middle["emergency"]["minutes"]) == ("MIDDEN", 10.0)
    assert south["usual"]["location"] in {"ZUID", "MIDDEN"}
    assert {item["ses_fifth"] for item in (north, middle, south)} <= {1, 2, 3, 4, 5}
    again = api.client.get("/v1/datasets/small/areas", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_areas_come_in_pages_and_as_a_file_of_the_region_that_was_asked_for(api: Api) -> None:
    first = api.client.get("/v1/datasets/small/areas?limit=2").json()
    second = api.client.get(f"/v1/datasets/small/areas?limit=2&cursor={first['next_cursor']}").json()
    assert [item["id"] for item in first["items"] + second["items"]] == ["GM0001", "GM0002", "GM0003"]
    assert second["next_cursor"] is None
    region = f"province:{first['items'][0]['regions']['province']}"
    text = api.client.get(f"/v1/datasets/small/areas?region={region}&format=csv&lang=en").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["area"] == "GM0001"
    assert rows[0]["inhabitants"] == "100000"


@pytest.mark.parametrize(
    ("address", "status", "word"),
    [
        ("/v1/datasets/small/areas?region=Noord", 400, "query:region"),
        ("/v1/datasets/small/demand?region=roaz:Nergens", 400, "query:region"),
        ("/v1/datasets/small/areas?format=doc", 406, "json, csv, xlsx"),
        ("/v1/datasets/ander/areas", 404, "small"),
        ("/v1/datasets/small/assumptions", 404, "small"),
        ("/v1/runs/{run}/places/GM9999", 404, "GM9999"),
        ("/v1/runs/{run}/week", 404, "journeys"),
    ],
)
def test_what_is_not_there_is_named(api: Api, run: str, address: str, status: int, word: str) -> None:
    answer = api.client.get(address.format(run=run))
    assert answer.status_code == status
    assert word in answer.text


@pytest.fixture(scope="module")
def run(api: Api) -> str:
    return api.completed_run()


def test_demand_grows_with_the_inhabitants_of_each_age(api: Api) -> None:
    years = api.client.get("/v1/datasets/small/demand").json()["items"]
    assert years[0]["inhabitants"]["75plus"] == 26_000
    assert all(set(item["patients"]) == set(item["inhabitants"]) for item in years)
    assert years[0]["patients"]["75plus"] > 0


def test_a_place_is_told_where_its_people_go_and_small_groups_are_not_counted(api: Api, run: str) -> None:
    south = api.client.get(f"/v1/runs/{run}/places/GM0003").json()
    (care,) = south["changed"]
    assert care["profile"] == "oesophagus"
    assert care["extra_minutes"]["mean"] == pytest.approx(sample_result.MOVED["GM0003"][1])
    assert care["moved"]["mean"] == pytest.approx(sample_result.MOVED["GM0003"][0] + 0.5)
    assert care["minutes_plan"] - care["minutes_today"] == pytest.approx(30)
    assert south["emergency"]["today"] == south["emergency"]["plan"]
    north = api.client.get(f"/v1/runs/{run}/places/GM0001").json()["changed"][0]
    # Five patients a year are too few to be told.
    assert (north["moved"], north["moved_share"]) == (None, None)


def test_every_assumption_has_a_number_and_is_opened_by_it(shipped: TestClient) -> None:
    register = shipped.get("/v1/datasets/nl2025/assumptions").json()
    assert len({item["number"] for item in register["items"]}) == len(register["items"]) > 100
    assert register["draws"] is None
    assert all(item["influence"] is None for item in register["items"])
    hip = next(item for item in register["items"] if item["figure"] == "los_nights_mean")
    opened = shipped.get(f"/v1/datasets/nl2025/assumptions/{hip['number']}").json()
    assert len(opened["items"]) == hip["figures"]
    assert all(figure["name"]["nl"] for figure in opened["items"])
    missing = shipped.get("/v1/datasets/nl2025/assumptions/A-999")
    assert missing.status_code == 404
    assert "A-" in missing.json()["detail"]


def test_the_register_as_a_file_holds_every_single_figure(shipped: TestClient) -> None:
    text = shipped.get("/v1/datasets/nl2025/assumptions?format=csv&lang=en").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) > 1000
    assert rows[0]["id"] == "A-001"
