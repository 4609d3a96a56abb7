"""Drafts over HTTP: kept, changed by one at a time, forgotten; notes with versions; what is there today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import update
from tests.support import sample_result
from tests.support.api import Api, running_api

from zorgstroom_api.drafts.service import KEPT, tidy_drafts
from zorgstroom_api.store.database import Database
from zorgstroom_api.store.models import DraftRow

pytestmark = pytest.mark.unit

UNFINISHED = {"zorgstroom": 1, "name": "", "actions": [{"concentrate": {"profiles": [], "at": []}}]}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_api(tmp_path_factory.mktemp("drafts")) as running:
        yield running


def test_a_draft_need_not_be_finished_and_comes_back_as_it_was(api: Api) -> None:
    content = {"base": "0" * 64, "document": UNFINISHED, "past": [{"name": "eerst"}], "future": []}
    made = api.client.post("/v1/drafts", json=content)
    assert made.status_code == 201
    address = made.headers["Location"]
    found = api.client.get(address)
    assert {name: found.json()[name] for name in content} == content
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["ETag"] == made.headers["ETag"]
    assert api.client.delete(address).status_code == 204
    gone = api.client.get(address)
    assert gone.status_code == 404
    assert "30 dagen" in gone.json()["detail"]


def test_the_second_of_two_people_is_told_and_undoes_nothing(api: Api) -> None:
    made = api.client.post("/v1/drafts", json={"document": {"name": "samen"}})
    address, seen = made.headers["Location"], {"If-Match": made.headers["ETag"]}
    assert (
        api.client.put(address, json={"document": {"name": "eerste"}}, headers=seen).json()["revision"] == 2
    )
    refused = api.client.put(address, json={"document": {"name": "tweede"}}, headers=seen)
    assert refused.status_code == 412
    assert api.client.put(address, json={"document": {}}).status_code == 428
    assert api.client.get(address).json()["document"] == {"name": "eerste"}


def test_what_nobody_works_on_any_more_is_forgotten(api: Api) -> None:
    made = api.client.post("/v1/drafts", json={"document": UNFINISHED})
    database = Database(api.settings.resolved_database_url)
    with database.write() as session:
        long_ago = dt.datetime.now(dt.UTC) - KEPT - dt.timedelta(minutes=1)
        session.execute(update(DraftRow).where(DraftRow.id == made.json()["id"]).values(changed=long_ago))
    # Also before it is thrown away.
    assert api.client.get(made.headers["Location"]).status_code == 404
    young = api.client.post("/v1/drafts", json={"document": UNFINISHED}).headers["Location"]
    now = dt.datetime.now(dt.UTC)
    assert [tidy_drafts(database, now, dry_run=dry) for dry in (True, False, False)] == [1, 1, 0]
    database.close()
    assert api.client.get(young).status_code == 200


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"document": []}, "/document"),
        ({"base": "x" * 65, "document": {}}, "/base"),
        ({"document": {}, "past": [{}] * 31}, "/past"),
        ({"document": {}, "besides": 1}, "/besides"),
    ],
)
def test_what_is_no_draft_is_refused_by_field(api: Api, content: dict[str, object], pointer: str) -> None:
    refused = api.client.post("/v1/drafts", json=content)
    assert refused.status_code == 400
    assert [item["pointer"] for item in refused.json()["problems"]] == [pointer]


def test_without_a_key_nobody_keeps_a_draft_where_keys_are_asked_for(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_api(tmp_path_factory.mktemp("keys"), auth="keys") as guarded:
        editor = guarded.people({"Eva": "editor"})["Eva"]
        assert guarded.client.post("/v1/drafts", json={"document": {}}).status_code == 401
        made = guarded.client.post("/v1/drafts", json={"document": {}}, headers=editor)
        assert made.status_code == 201
        seen = {"If-Match": made.headers["ETag"]}
        refused = guarded.client.put(made.headers["Location"], json={"document": {}}, headers=seen)
        assert refused.status_code == 401


def test_a_version_has_a_note(api: Api) -> None:
    made = api.client.post("/v1/scenarios", json=dict(sample_result.PLAN))
    address, seen = made.headers["Location"], {"If-Match": made.headers["ETag"]}
    noted = api.client.patch(address, json={"note": "na overleg"}, headers=seen)
    assert noted.json()["note"] == "na overleg"
    assert noted.headers["ETag"] != made.headers["ETag"]
    assert api.client.get(f"{address}/versions").json()["items"][0]["note"] == "na overleg"
    refused = api.client.patch(address, json={"note": "x" * 501}, headers={"If-Match": noted.headers["ETag"]})
    assert refused.status_code == 400


def test_today_names_regions_capacity_and_expected_patients(api: Api) -> None:
    answer = api.client.get("/v1/datasets/small/today")
    today = answer.json()
    places = {row["location"]: row for row in today["locations"]}
    assert places["NOORD"]["regions"]["roaz"] == "Noord"
    assert today["pool_names"]["or"]["nl"] == "Operatiekamers"
    profiles = {item["id"]: item for item in api.client.get("/v1/datasets/small").json()["profiles"]}
    for row in today["locations"]:
        assert all(row["location"] in profiles[profile]["locations"] for profile in row["patients"])
    again = api.client.get("/v1/datasets/small/today", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
